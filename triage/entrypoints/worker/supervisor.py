"""A small parent that starts a worker, and another at once when it dies.

It has loaded and checked everything, and opens no connection: a child is a fork of it and works
within a fraction of a second. What else could go wrong with it, it does not do.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial

import structlog

from triage.context import AppContext
from triage.entrypoints.worker.process import FINISH_WITHIN_S, run
from triage.entrypoints.worker.told import described

_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
_TOO_SOON_S = 1.0
"""A child that lived no longer is not followed at once: something is wrong that takes time."""
_KILL_AFTER_S = FINISH_WITHIN_S + 2

log = structlog.get_logger("triage.worker")


def supervise(context: AppContext) -> None:
    """Keep one worker running until SIGTERM or SIGINT, and pass that on to it."""
    context.database.engine.dispose()  # a connection must not be shared by two processes
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # they are taken in turn, none in between
    while True:
        began = time.monotonic()
        child, tie = _start(context)
        status = _ended(child)
        if status is None:
            _stop(child)
            return
        os.close(tie)
        log.critical("the worker died, another is started", status=status)
        if time.monotonic() - began < _TOO_SOON_S and _told_to_stop(within_s=_TOO_SOON_S):
            return


def _start(context: AppContext) -> tuple[int, int]:
    """The child's number, and our end of a pipe that closes when we die, however that happens."""
    childs_end, ours = os.pipe()
    child = os.fork()
    if child:
        os.close(childs_end)
        return child, ours
    os.close(ours)
    status = 1
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        run(context, partial(_when_closed, childs_end))
        status = 0
    except Exception as error:
        log.critical("the worker failed", **described(error))
    finally:
        os._exit(status)


def _when_closed(pipe: int, act: Callable[[], None]) -> None:
    def wait() -> None:
        os.read(pipe, 1)
        act()

    threading.Thread(target=wait, name="orphan", daemon=True).start()


def _ended(child: int) -> int | None:
    """How the child ended, by itself; None as soon as we are told to stop."""
    while not _told_to_stop(within_s=5):
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
    return None


def _told_to_stop(within_s: float) -> bool:
    caught = signal.sigtimedwait(_SIGNALS, within_s)
    return caught is not None and caught.si_signo != signal.SIGCHLD


def _stop(child: int) -> None:
    os.kill(child, signal.SIGTERM)
    deadline = time.monotonic() + _KILL_AFTER_S
    while time.monotonic() < deadline:
        if os.waitpid(child, os.WNOHANG)[0]:
            return
        signal.sigtimedwait({signal.SIGCHLD}, 0.2)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
