"""What becomes of a text after it was taken, and what is told of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Reports:
    """How texts leave, arrive and are reported. `Reports()` is a network in good order."""

    told: bool = True
    """Status reports are sent at all."""
    final: str = "delivered"
    """delivered, undelivered or failed."""
    error_code: str | None = None
    """Of a text that did not arrive: 30003 ... 30008."""
    arrives: bool = True
    """False with `delivered` is a lie: no telephone ever got it."""
    leaves_after_s: float = 0.0
    """In the carrier's queue; a text that stays longer than its validity is dropped."""
    delay_s: float = 0.0
    """Before the first report."""
    apart_s: float = 0.0
    """Between reports; 0 sends all of them at once, each in its own thread."""
    times: int = 1
    """Each report is repeated."""
    shuffled: bool = False
    early: bool = False
    """The first reports leave before the request to send is answered."""
    lost: float = 0.0
    """The share of reports that never come."""
    seed: int = 0

    @property
    def in_good_order(self) -> bool:
        """However long it takes between reports."""
        return replace(self, apart_s=0.0, seed=0) == Reports()

    @property
    def of_calls_in_good_order(self) -> bool:
        """What a call comes to is not drawn here, only how it is told."""
        told = Reports(times=self.times, shuffled=self.shuffled, lost=self.lost)
        return replace(told, delay_s=self.delay_s) == Reports()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


SILENT = Reports(told=False)
