"""An upgrade of the tables that is killed: at each of its statements and commits, one after the
other, or at some of them.

    python -m tests.faults.upgrades KIND FOLDER [--seeds 1-8]

By seeds, of the newest migrations; without, all of every migration. Prints one line for each
death; exit status 1 where something did not hold. A process of its own, because one with threads
must not fork.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import event

from tests.faults.points import Strike, arm
from tests.faults.schemas import Stand, stand_of
from tests.servers import PostgresServer, start_postgresql
from tests.typical_calls import UNARMED
from tests.world import World, prepared_template, settings_for
from triage.app import build_context, check_database
from triage.settings import SettingsError
from triage.storage import migration
from triage.storage.engine import open_engine

NEWEST = 8
"""Migrations that seeds draw from."""
POINTS = ("statement", "before_commit", "after_commit")


@dataclass
class Databases:
    """Copies of one that has calls and teams in it."""

    kind: str
    folder: Path
    server: PostgresServer | None = None

    def url(self, name: str) -> str:
        if self.server is not None:
            return self.server.url(name)
        return f"sqlite:///{self.folder / name}.sqlite"

    def copy(self, name: str, to: str) -> str:
        if self.server is not None:
            self.server.drop(to)
            return self.server.create(to, template=name)
        for old in self.folder.glob(f"{to}.sqlite*"):
            old.unlink()
        shutil.copyfile(self.folder / f"{name}.sqlite", self.folder / f"{to}.sqlite")
        return self.url(to)


def revisions() -> list[str]:
    script = ScriptDirectory(str(migration.FOLDER))
    return [one.revision for one in script.walk_revisions()][::-1]


def holds_nobody_up(revision: str) -> bool:
    """Does it make indexes on PostgreSQL while calls are taken, and so not in one transaction?"""
    (file,) = (migration.FOLDER / "versions").glob(f"{revision}_*.py")
    return "autocommit_block" in file.read_text()


def in_a_child(work: Callable[[], object]) -> int:
    """Its exit status, minus the signal that ended it."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    try:
        work()
        os._exit(0)
    except SettingsError:
        os._exit(2)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def furnish(url: str, folder: Path) -> None:
    prepared_template(url)
    world = World.open(url, folder)
    world.team("MCT 1", ("co_responder", "mobile_crisis"), calls_at_once=9)
    for _ in range(3):
        world.call(UNARMED)
    world.settle()
    world.context.database.engine.dispose()


def upgraded(url: str, to: str, strike: Strike | None = None) -> int:
    def work() -> None:
        if strike is not None:
            arm([strike], os.open(os.devnull, os.O_WRONLY))
        migration.upgrade(open_engine(url), to)

    return in_a_child(work)


@dataclass
class Step:
    """One migration, on a database that has what its release before had."""

    databases: Databases
    before: str
    after: str

    def deaths(self) -> Iterator[tuple[str, int]]:
        counted = self._counted()
        return ((point, n) for point in POINTS for n in range(1, counted[point] + 1))

    @cache  # noqa: B019 -- a handful for the life of one process
    def _counted(self) -> dict[str, int]:
        """How often an upgrade that nobody kills comes to each point."""
        url, file = self.databases.copy(self.before, "counted"), self.databases.folder / "counted"

        def work() -> None:
            engine, counted = open_engine(url), dict.fromkeys(POINTS, 0)

            def count(point: str) -> None:
                counted[point] += 1

            event.listen(engine, "before_cursor_execute", lambda *_: count("statement"))
            event.listen(engine, "commit", lambda *_: count("before_commit"))
            migration.upgrade(engine, self.after)
            file.write_text(f"{counted['statement']} {counted['before_commit']}")

        assert in_a_child(work) == 0
        statements, commits = map(int, file.read_text().split())
        return {"statement": statements, "before_commit": commits, "after_commit": commits}

    @cache  # noqa: B019
    def _whole(self) -> tuple[Stand, Stand]:
        url = self.databases.copy(self.before, "whole")
        before = stand_of(url)
        assert upgraded(url, self.after) == 0
        return before, stand_of(url)

    def die(self, point: str, nth: int) -> list[str]:
        """What did not hold."""
        before, after = self._whole()
        url = self.databases.copy(self.before, "struck")
        ended = upgraded(url, self.after, Strike("the upgrade", "cli", point, nth))
        if ended != -signal.SIGKILL:
            return [f"it was not killed, but ended with {ended}"]
        wrong, stands = [], stand_of(url)
        open_work = self.databases.kind == "postgresql" and holds_nobody_up(self.after)
        if not (stands.lies_between(before, after) if open_work else stands in {before, after}):
            wrong.append("neither the old schema stands nor the new one")
        if self.starts(url) != (stands.revision == revisions()[-1]):
            wrong.append("this release does not start on its tables, or does on others")
        if upgraded(url, self.after) != 0:
            wrong.append("upgrading again failed")
        elif stand_of(url) != after:
            wrong.append("upgrading again made something else than an upgrade that nobody killed")
        return wrong

    def starts(self, url: str) -> bool:
        """Does a process of this release?"""
        settings = settings_for(url, self.databases.folder)
        return in_a_child(lambda: check_database(build_context(settings))) == 0

    def __hash__(self) -> int:
        return hash(self.after)


def steps(databases: Databases, newest: int | None) -> list[Step]:
    """Of every migration, or the newest so many; makes the database that each begins with."""
    made, known = [], revisions()[::-1]
    for after, before in list(pairwise(known))[:newest]:
        lower = partial(migration.downgrade, open_engine(databases.copy(after, before)), before)
        assert in_a_child(lower) == 0, before
        made.append(Step(databases, before, after))
    return made


def drawn(found: list[Step], first: int, last: int) -> Iterator[tuple[Step, str, int]]:
    """One death by seed, of the newest migration at every second one."""
    for seed in range(first, last + 1):
        chance = random.Random(seed)
        step = found[0] if seed % 2 else chance.choice(found)
        yield (step, *chance.choice(list(step.deaths())))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.upgrades", description=__doc__)
    parser.add_argument("kind", choices=("sqlite", "postgresql"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", help="first-last")
    asked = parser.parse_args()
    server = start_postgresql(asked.folder) if asked.kind == "postgresql" else None
    databases = Databases(asked.kind, asked.folder, server)
    newest = revisions()[-1]
    if server:
        server.create(newest)
    assert in_a_child(lambda: furnish(databases.url(newest), asked.folder)) == 0
    found, failed, tried = steps(databases, NEWEST if asked.seeds else None), 0, 0
    if asked.seeds:
        first, last = map(int, asked.seeds.split("-"))
        deaths = drawn(found, first, last)
    else:
        deaths = ((step, *death) for step in found for death in step.deaths())
    for step, point, nth in deaths:
        wrong = step.die(point, nth)
        tried += 1
        failed += bool(wrong)
        print(f"{step.after} {point} {nth}: {'; '.join(wrong) or 'held'}", flush=True)
    print(f"{asked.kind}: {tried} deaths, {failed} not held")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
