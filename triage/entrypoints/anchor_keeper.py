"""Looks each minute whether the ends of the audit trail are where they were, and writes them down.

Part of the watcher. Without a folder for it they are remembered while the watcher runs.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from triage.domain.audit_chains import Anchors, DamagedAnchors, Head
from triage.domain.findings import Finding
from triage.services import audit_trail
from triage.storage.unit_of_work import UnitOfWork

EVERY_S = 50.0
"""With the watcher's own rounds, within a minute."""

log = structlog.get_logger("triage.audit_trail")


@dataclass
class AnchorKeeper:
    anchors: Anchors | None
    steady: Callable[[], float] = time.monotonic
    """Seconds of a clock that is never set."""
    _looked: float | None = None
    _remembered: Mapping[int, Head] = field(default_factory=dict)
    _found: list[Finding] = field(default_factory=list)

    def look(self, uow: UnitOfWork) -> list[Finding]:
        """What was found last; anew where that is a while ago."""
        now = self.steady()
        if self._looked is None or now - self._looked >= EVERY_S:
            self._looked, self._found = now, self._compare(uow)
        return self._found

    def _compare(self, uow: UnitOfWork) -> list[Finding]:
        try:
            before = self._before()
            found = list(audit_trail.look(uow, before))
            if not found:  # else what was written down stays what is asked for
                self._remembered = audit_trail.ends(uow)
                if self.anchors:
                    self.anchors.write(uow.now, self._remembered)
        except DamagedAnchors as error:
            log.error("the anchors are damaged", why=str(error))
            return [Finding("audit_trail", 1, None)]
        except OSError as error:
            log.error("the anchors cannot be written", error=type(error).__name__)
            return [Finding("anchors", 1, None)]
        if found:
            log.critical("the audit trail is not what was written down")
        return found

    def _before(self) -> Mapping[int, Head]:
        if self.anchors is None:
            return self._remembered
        last = self.anchors.last()
        return last.heads if last else {}
