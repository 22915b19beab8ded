"""The demo: the real service on SQLite, with invented people and simulated telephones."""

import fcntl
import http.client
import json
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from triage.context import AppContext
from triage.domain.errors import Refused
from triage.entrypoints import demo_town
from triage.settings import ROOT, fresh_key

START_LIMIT_S = 60
STOP_LIMIT_S = 12
WORKING = ("worker", "watch")
"""The processes beside the web; the watcher comes when there is something to watch."""
OWN_IN_TRAINING = ("TRIAGE_CONFIG", "TRIAGE_RULES")
LETTERS = "abcdefghjkmnpqrstuvwxyz"
"""Told apart on a screen; digits alone, which chance also makes of hexadecimals, are refused."""
Process = subprocess.Popen[bytes]


@dataclass
class Demo:
    """One demo in one folder: what is done in it is kept until the folder is deleted."""

    folder: Path
    port: int
    environ: Mapping[str, str]
    prepared: Callable[[dict[str, str]], AppContext]
    training: bool = False
    """With the centre's own settings and rules where they are named, and scripted callers."""
    kept: dict[str, Any] = field(default_factory=dict)
    """Keys, passwords and the API token, made at the first start."""
    _stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self) -> int:
        """Run until interrupted. Returns the exit status."""
        if self._port_is_taken():
            told = f"Port {self.port} is in use. Choose another: PORT={self.port + 1} make demo"
            click.echo(told, err=True)
            return 1
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / "demo.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                click.echo("The demo of this folder runs already: stop it first.", err=True)
                return 1
            return self._run_alone()

    def _run_alone(self) -> int:
        ignored = sorted(filter(_has_no_say, self.environ))
        if self.training:
            ignored = [name for name in ignored if name not in OWN_IN_TRAINING]
        if ignored:
            click.echo(f"The demo uses its own settings and ignores {', '.join(ignored)}.")
        self._keep_secrets()
        demo_town.settle(
            self.prepared(self._environment()),
            self.kept,
        )
        self._write("demo_secrets.json", self.kept)
        self._write("demo.json", self._for_programs())
        # Noted, not raised: a process that has just started and is not entered would stay behind.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        children: dict[str, Process] = {}
        try:
            children["web"] = self._start("serve", "--bind", f"127.0.0.1:{self.port}")
            children["worker"] = self._start("worker")
            return self._watch(children)
        finally:
            _stop(children)

    def _environment(self) -> dict[str, str]:
        made = _environment(self.folder, self.base_url, self.kept, self.environ)
        if not self.training:
            return made
        own = {name: self.environ[name] for name in OWN_IN_TRAINING if name in self.environ}
        return {**made, **own, "TRIAGE_TRAINING": "true", "TRIAGE_ENVIRONMENT": "training"}

    def _port_is_taken(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _keep_secrets(self) -> None:
        """Without the keys of an older demo its database cannot be opened: it is made anew."""
        file = self.folder / "demo_secrets.json"
        if file.exists():
            self.kept = json.loads(file.read_text())
            return
        for old in self.folder.glob("demo*.sqlite*"):
            old.unlink()
        self.kept = {
            "secret_key": secrets.token_urlsafe(48),
            "data_key": fresh_key("demo1"),
            "index_key": fresh_key("demo1"),
            "passwords": {
                username: _password() for username in (*demo_town.ACCOUNTS, demo_town.COLLEAGUE[0])
            },
            "api_token": None,
        }
        self._write("demo_secrets.json", self.kept)

    def _for_programs(self) -> dict[str, Any]:
        return {
            "base_url": self.base_url,
            "api_token": self.kept["api_token"],
            "users": [
                {"role": role, "name": username, "password": password}
                for role, username, password in self._people()
            ],
            "simulator": {
                "messages": f"{self.base_url}/simulator/messages",
                "replies": f"{self.base_url}/simulator/replies",
            },
        }

    def _people(self) -> list[tuple[str, str, str]]:
        """Who signs in: role, name and password."""
        roles = {username: role for username, (_, role) in demo_town.ACCOUNTS.items()}
        roles[demo_town.COLLEAGUE[0]] = "clinician"
        known = self.kept["passwords"]  # an older demo has no colleague
        return [(role, name, known[name]) for name, role in roles.items() if name in known]

    def _write(self, name: str, content: dict[str, Any]) -> None:
        file = self.folder / name
        file.touch(mode=0o600)
        file.write_text(json.dumps(content, indent=2) + "\n")

    def _start(self, *arguments: str) -> Process:
        command = [sys.executable, "-m", "triage.entrypoints.cli", *arguments]
        # A session of its own: Ctrl-C reaches us first, and we stop it in order.
        return subprocess.Popen(
            command,
            env=self._environment(),
            cwd=ROOT,
            start_new_session=True,
        )

    def _watch(self, children: dict[str, Process]) -> int:
        """A worker or watcher that dies is started again; without the web the demo ends."""
        if not self._answers(children["web"]):
            if self._stopping.is_set():
                return 0
            click.echo("The service did not start; see the message above.", err=True)
            return 1
        click.echo(self._welcome())
        while children["web"].poll() is None and not self._stopping.is_set():
            for name in WORKING:
                if name not in children or children[name].poll() is not None:
                    children[name] = self._start(name)
            self._stopping.wait(0.5)
        return 0 if self._stopping.is_set() else children["web"].returncode or 1

    def _answers(self, web: Process) -> bool:
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline and web.poll() is None and not self._stopping.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
            try:
                connection.request("GET", "/readyz")
                if connection.getresponse().status == http.client.OK:
                    return True
            except OSError:
                time.sleep(0.1)
            finally:
                connection.close()
        return False

    def _to_try(self) -> str:
        if self.training:
            return f"""  Learn here:
    1. Sign in as the dispatcher, open Training and answer a caller:  {self.base_url}/training
    2. Take the call in another window:  {self.base_url}/intake
    3. Answer as the team:  {self.base_url}/simulator
    4. Compare your call with the rules:  {self.base_url}/training
"""
        return f"""  Try this:
    1. Sign in as the dispatcher and take a call:  {self.base_url}/intake
       Place "Fifth Street Bridge", a few words, then answer with the number keys.
    2. Send the team (Ctrl+Enter) and answer as the clinician:  {self.base_url}/simulator
    3. Watch the board move:  {self.base_url}/board
    4. Find the follow-up waiting:  {self.base_url}/follow-ups
    5. Swap a shift:  {self.base_url}/shifts
       Offer one as clinician, take it as clinician2, agree as supervisor.
"""

    def _welcome(self) -> str:
        people = "\n".join(
            f"    {role:14} {username:14} {password}" for role, username, password in self._people()
        )
        return f"""
  Crisis call triage runs at {self.base_url} with invented people; nothing leaves this machine.

    role           sign in as     password
{people}

{self._to_try()}
  A program finds all this in {self.folder}/demo.json. Stop with Ctrl-C; what you did is kept.
"""


def _password() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(16))


def environment_of(folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """What a command needs to act on the demo in this folder. Raises Refused without one."""
    try:
        kept = json.loads((folder / "demo_secrets.json").read_text())
        base_url = json.loads((folder / "demo.json").read_text())["base_url"]
    except FileNotFoundError:
        raise Refused("there is no demo yet: run `make demo` first") from None
    return _environment(folder, base_url, kept, environ)


def _environment(
    folder: Path, base_url: str, kept: Mapping[str, Any], environ: Mapping[str, str]
) -> dict[str, str]:
    ours = {
        "TRIAGE_DATABASE_URL": f"sqlite:///{folder / 'demo.sqlite'}",
        "TRIAGE_SECRET_KEY": kept["secret_key"],
        "TRIAGE_DATA_KEY": kept["data_key"],
        "TRIAGE_INDEX_KEY": kept["index_key"],
        "TRIAGE_PUBLIC_URL": base_url,
        "TRIAGE_SMS": "simulator",
        "TRIAGE_SIMULATOR_FILE": str(folder / "demo_phones.sqlite"),
        "TRIAGE_DOWNTIME_FOLDER": str(folder),
        "TRIAGE_DEMO": "true",
    }
    others = {name: v for name, v in environ.items() if not _has_no_say(name)}
    return others | ours


def _has_no_say(name: str) -> bool:
    """What an operator has set for the real service."""
    return name.startswith(("TRIAGE_", "TWILIO_"))


def _stop(children: dict[str, Process]) -> None:
    for child in children.values():
        if child.poll() is None:
            child.terminate()
    for child in children.values():
        try:
            child.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            child.kill()
