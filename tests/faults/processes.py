"""The service's processes, forked from a warm parent that has loaded everything already.

The parent has one thread and no database connection, so that a child is as good as a process
that was started by hand: it opens its own. A child begins where the command line would.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import time_machine
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

import triage.app
from tests.faults.points import Strike, arm
from tests.faults.rehearsal import rehearse
from triage.app import build_context, create_app
from triage.context import AppContext
from triage.entrypoints.cli import main
from triage.settings import read_settings

START_S = 15.0
_PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """One process."""

    role: str
    pid: int
    ended: int | None = None
    """Its exit status, minus the signal if one ended it."""

    def alive(self) -> bool:
        if self.ended is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.ended = os.waitstatus_to_exitcode(status)
        return self.ended is None

    def signal(self, number: int) -> None:
        if self.alive():
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGKILL)
        self.wait()

    def wait(self, within_s: float = START_S) -> int | None:
        deadline = time.monotonic() + within_s
        while self.alive() and time.monotonic() < deadline:
            time.sleep(0.005)
        return self.ended


@dataclass
class Processes:
    """All processes of one service on one database."""

    loaded: Loaded
    environ: Mapping[str, str]
    port: int
    folder: Path
    running: list[Child] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "processes.log"

    def web(self, strikes: Sequence[Strike] = ()) -> Child:
        """Start a web process; use `until_served` before speaking with it."""
        return self._fork("web", lambda: _serve(self.loaded, self.port), strikes)

    def worker(self, strikes: Sequence[Strike] = (), ahead_s: float = 0) -> Child:
        """Start `triage worker`. ahead_s -- what its machine's clock is wrong by."""
        return self._fork("worker", lambda: _work(self.loaded, ahead_s), strikes)

    def alive(self, role: str) -> list[Child]:
        return [child for child in self.running if child.role == role and child.alive()]

    def until_served(self, supervise: Callable[[], None]) -> None:
        """Until the web process answers. It may be struck even as it answers this: whatever has
        ended is started again, as always."""
        deadline = time.monotonic() + START_S
        while True:
            supervise()
            try:
                with urlopen(f"{self.url}/livez", timeout=5):
                    return
            except HTTPError as error:
                error.close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise AssertionError(f"no web process:\n{self.tail()}") from None
                time.sleep(0.01)

    def struck(self) -> list[tuple[float, int, str, str]]:
        """What befell them: instant, process, killed or stopped, and the fault's name."""
        file = self.folder / "strikes"
        lines = file.read_text().splitlines() if file.exists() else []
        parts = (line.split(" ", 3) for line in lines)
        return [(float(at), int(pid), does, fault) for at, pid, does, fault in parts]

    def wake(self) -> None:
        """Let all that were stopped go on."""
        for child in self.running:
            child.signal(signal.SIGCONT)

    def kill_all(self) -> None:
        for child in self.running:
            child.kill()

    def tail(self, lines: int = 30) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def _fork(self, role: str, run: Callable[[], None], strikes: Sequence[Strike]) -> Child:
        gc.freeze()  # what the parent made is not to be collected, or closed, by a child
        pid = os.fork()
        if pid:
            child = Child(role, pid)
            self.running.append(child)
            return child
        try:
            # The kernel ends a child whose parent was ended without a chance to clean up.
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            os.environ.clear()
            os.environ.update(self.environ)
            log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(log, 1)
            os.dup2(log, 2)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            strikes_log = os.open(self.folder / "strikes", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            arm([strike for strike in strikes if strike.role == role], strikes_log)
            run()
            os._exit(0)
        except SystemExit as ended:
            if isinstance(ended.code, str):
                os.write(2, ended.code.encode() + b"\n")
            os._exit(ended.code if isinstance(ended.code, int) else 1)
        except BaseException:
            os.write(2, traceback.format_exc().encode())
            os._exit(1)


@dataclass(frozen=True)
class Loaded:
    """What the parent has made for all children: settings, rules, routes; no connection."""

    context: AppContext
    app: Flask

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Loaded:
        """Load everything, and do once what children will do, so that nothing is compiled
        or imported twice. The database of `environ` is written to."""
        context = build_context(read_settings(environ))
        loaded = cls(context, create_app(context))
        rehearse(context, loaded.app)
        context.database.engine.dispose()
        deadline = time.monotonic() + START_S
        while (busy := _busy_threads()) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not busy, f"children of a process with threads are not whole: {busy}"
        return loaded


def _busy_threads() -> list[str]:
    """Threads that a fork could catch with a lock in hand. Those that look after commits and after
    servers sleep between two looks, and each process begins its own."""
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if name not in {"MainThread", "commits", "silent_servers"}]


def _serve(loaded: Loaded, port: int) -> None:
    class Handler(WSGIRequestHandler):
        protocol_version = "HTTP/1.0"  # a connection for each request, as a retry makes it

        def log(self, *_: object) -> None:
            pass

    server = make_server("127.0.0.1", port, loaded.app, True, request_handler=Handler)
    server.serve_forever()


def _work(loaded: Loaded, ahead_s: float) -> None:
    if ahead_s:
        time_machine.travel(timedelta(seconds=ahead_s), tick=True).start()
    triage.app.build_context = lambda *_: loaded.context
    triage.app.check_database = lambda _: None
    sys.argv = ["triage", "worker", "--no-restart"]
    main()
