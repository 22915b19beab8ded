"""Telephones stop ringing for an alarm that somebody has taken: also those that ring already."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import structlog

from triage.context import AppContext
from triage.entrypoints.worker.told import described
from triage.services import alarm_rings

log = structlog.get_logger("triage.worker")


@runtime_checkable
class StopsRinging(Protocol):
    """A telephone network that takes a call back while nobody has answered it."""

    def stop_ringing(self, provider_id: str) -> None: ...


@dataclass
class Hush:
    """Each process asks once for each call. To ask again, as after a restart, does no harm."""

    context: AppContext
    _asked: set[str] = field(default_factory=set)

    def work(self, go_on: Callable[[], bool]) -> None:
        phone = self.context.phone
        if not isinstance(phone, StopsRinging):
            return
        with self.context.reading() as uow:
            ringing = set(alarm_rings.ringing_still(uow))
        self._asked &= ringing  # the others ring no more
        for call in sorted(ringing - self._asked):
            if not go_on():
                return
            self._asked.add(call)
            try:
                phone.stop_ringing(call)
            except Exception as error:  # it rings on, as long as it would have
                log.warning("a telephone rings on for a taken alarm", **described(error))
