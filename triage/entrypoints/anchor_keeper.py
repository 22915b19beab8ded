"""Looks each minute whether the ends of the audit trail are where they were, and writes them down.

A thread of the watcher: a folder on another machine may hang, and whether paging works must be
looked at all the same. Without a folder the ends are remembered while the watcher runs.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from triage.context import AppContext
from triage.domain.audit_chains import DamagedAnchors, Head
from triage.domain.findings import Finding
from triage.services import audit_trail

ACTOR = "watcher"
EVERY_S = 50.0
"""With the watcher's own rounds, within a minute."""
HANGS_AFTER_S = 150.0
"""Two looks that did not come to an end: the folder hangs, or the database does."""

log = structlog.get_logger("triage.audit_trail")


@dataclass
class AnchorKeeper:
    context: AppContext
    stopping: threading.Event
    steady: Callable[[], float] = time.monotonic
    """Seconds of a clock that is never set."""
    _looked: float = field(init=False)
    """When a look came to an end last."""
    _remembered: Mapping[int, Head] = field(default_factory=dict)
    _found: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._looked = self.steady()

    def start(self) -> None:
        threading.Thread(target=self._keep, daemon=True, name="anchors").start()

    def _keep(self) -> None:
        while not self.stopping.is_set():
            self.once()
            self.stopping.wait(EVERY_S)

    def look(self) -> list[Finding]:
        """What was found last, and whether that is too long ago."""
        age_s = self.steady() - self._looked
        if age_s > HANGS_AFTER_S and self.context.anchors is not None:
            return [*self._found, Finding("anchors", 1, round(age_s, 1))]
        return self._found

    def once(self) -> None:
        """Compare, and write down what is there if that is in order; else what was written down
        before stays what is asked for. Into a folder that lacks what was written down
        nothing is written: it may be that of a share that is not mounted."""
        try:
            now, ends, self._found = self._compared()
            if not any(one.code == "audit_trail" for one in self._found):
                self._remembered = ends
            if not self._found and self.context.anchors:
                self.context.anchors.write(now, ends)
                self.context.do(ACTOR, lambda uow: audit_trail.note_anchored(uow, ends))
        except DamagedAnchors as error:
            log.error("the anchors are damaged", why=str(error))
            self._found = [Finding("audit_trail", 1, None)]
        except OSError as error:
            log.error("the anchors cannot be written", error=type(error).__name__)
            self._found = [Finding("anchors", 1, None)]
        except Exception as error:  # the database may be away: its own findings tell
            log.error("the audit trail was not looked at", error=type(error).__name__)
            return
        self._looked = self.steady()

    def _compared(self) -> tuple[datetime, Mapping[int, Head], list[Finding]]:
        folder = self.context.anchors
        last = folder.last() if folder else None
        with self.context.reading() as uow:
            found = list(audit_trail.look(uow, last.heads if last else self._remembered))
            if folder is not None:
                found += audit_trail.fewer_anchors(uow, last)
            for one in found:
                log.critical("the audit trail is not what was written down", finding=one.code)
            return uow.now, audit_trail.ends(uow), found
