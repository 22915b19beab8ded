"""Two releases beside each other: each a folder of its own, whose processes know nothing of the
other's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.in_a_process import ROOT
from tests.faults.upgrades import revisions
from tests.servers import free_port

_PARTS = ("triage", "migrations", "config", "rules", "tests", "wsgi.py", "pyproject.toml")
_EXPANDS = '''"""What a release adds with others at work: a table, columns, an index."""

import sqlalchemy as sa
from alembic import op

revision = "{after}"
down_revision = "{before}"


def upgrade() -> None:
    op.create_table("added", sa.Column("id", sa.Uuid(), primary_key=True))
    op.add_column("dispatch", sa.Column("added", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("call", sa.Column("added", sa.String(), nullable=True))
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.create_index("ix_call_added", "call", ["added"], postgresql_concurrently=True)
'''
_FURNISH = """
import sys
from pathlib import Path
from tests.world import World, prepared_template
url, folder = sys.argv[1], Path(sys.argv[2])
prepared_template(url)
world = World.open(url, folder)
for number in range(20):
    world.team(f"CIT {number}", ("co_responder", "mobile_crisis"), calls_at_once=100_000)
world.account("dispatcher", "dispatcher")
print(world.token())
"""


@dataclass
class Release:
    """One folder of code."""

    name: str
    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "triage.entrypoints.cli", *words]

    def settings(self) -> dict[str, str]:
        """Its own code before anything else that is installed."""
        return {**self.environ, "PYTHONPATH": str(self.folder)}

    def start(self, log: Path, *words: str) -> subprocess.Popen[bytes]:
        with log.open("ab") as lines:
            return subprocess.Popen(
                self.command(*words),
                cwd=self.folder,
                env=self.settings(),
                stdout=lines,
                stderr=lines,
            )

    def run(self, *words: str) -> str:
        return self._output(self.command(*words))

    def furnish(self, url: str, folder: Path) -> str:
        """Its tables, teams that are never too busy, a dispatcher; returns a token for the API."""
        told = self._output([sys.executable, "-c", _FURNISH, url, str(folder)])
        return told.split()[-1]

    def _output(self, command: Sequence[str]) -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.settings(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{self.name}: {done.stderr[-3000:]}"
        return done.stdout


def this_one() -> Release:
    return Release("this release", ROOT)


def one_after(folder: Path) -> Release:
    """This release with a migration more, which adds and takes nothing away."""
    for part in _PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, folder / part)
    newest = revisions()[-1]
    added = f"{int(newest) + 1:04}"
    file = folder / "migrations" / "versions" / f"{added}_added.py"
    file.write_text(_EXPANDS.format(after=added, before=newest))
    return Release("the release after", folder)


def of_commit(commit: str, folder: Path) -> Release:
    """What stood in the history. Raises CalledProcessError where it does not reach so far."""
    archive = subprocess.run(
        ["git", "archive", commit], cwd=ROOT, capture_output=True, check=True
    ).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    release = Release(f"commit {commit}", folder)
    release.environ |= {"PATH": os.environ["PATH"]}
    release._output([sys.executable, "assets/build.py"])
    return release


@dataclass
class Machine:
    """One of those behind the proxy, with what runs there."""

    release: Release
    log: Path
    port: int = field(default_factory=free_port)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, what: str) -> None:
        words = {"serve": ("serve", "--bind", f"127.0.0.1:{self.port}", "--processes", "1")}
        command = words.get(what, (what,))
        self.running[what] = self.release.start(self.log, *command)

    def end(self, what: str) -> int:
        """As a supervisor does; returns its exit status."""
        process = self.running[what]
        process.terminate()
        return process.wait(60)
