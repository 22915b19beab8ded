"""Which calls of the board are shown, and in which order. It stands in the address, so that it
survives a reload and can be sent to a colleague; a call to which nobody comes is always shown, and
one with a silent alarm is, above the others."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from flask import request

from triage.domain.lifecycle import DispatchState
from triage.domain.words import msgid
from triage.services.boards import Loudness, Row
from triage.services.centre import Centre
from triage.storage.calls import MOST_LISTED, MOST_LOOKED_THROUGH

SORTS = {
    "loudest": msgid("loudest first"),
    "oldest": msgid("oldest first"),
    "level": msgid("most urgent level first"),
}
SHOWN = {
    "": msgid("all calls"),
    "waiting": msgid("nobody has accepted"),
    "moving": msgid("somebody comes or is there"),
    "task": msgid("something to do for the desk"),
}
_TASKS = (Loudness.HAND_OVER_LATE, Loudness.RING, Loudness.NOT_SENT, Loudness.HAND_OVER)
_TAKEN = frozenset(
    {
        DispatchState.ACCEPTED,
        DispatchState.EN_ROUTE,
        DispatchState.ON_SCENE,
        DispatchState.HANDED_OVER,
    }
)
NO_ZONE = "none"


@dataclass(frozen=True)
class BoardChoice:
    zone: str = ""
    """A zone of the gazetteer, or `none` for calls without one."""
    show: str = ""
    sort: str = "loudest"

    @property
    def is_all(self) -> bool:
        return not (self.zone or self.show)

    @property
    def most(self) -> int:
        """How many calls have to be looked at for it: the oldest are what a board lists."""
        picks = self.zone or self.show or self.sort == "level"
        return MOST_LOOKED_THROUGH if picks else MOST_LISTED

    def of(self, rows: Iterable[Row]) -> list[Row]:
        chosen = [row for row in rows if _is_always_shown(row) or self._fits(row)]
        if self.sort in _ORDERS:
            chosen.sort(key=_ORDERS[self.sort])
        return sorted(chosen, key=lambda row: not row.silent)

    def _fits(self, row: Row) -> bool:
        if self.zone and (row.call.zone or NO_ZONE) != self.zone:
            return False
        taken = any(line.state in _TAKEN for line in row.lines)
        if self.show == "waiting":
            return not taken
        if self.show == "moving":
            return taken
        return self.show != "task" or row.loudness in _TASKS or bool(row.not_sent)


def _is_always_shown(row: Row) -> bool:
    return row.silent or row.loudness is Loudness.NOBODY


def _level(row: Row) -> int:
    return row.decision.urgency.rank if row.decision else 0


_ORDERS: dict[str, Callable[[Row], tuple[object, ...]]] = {
    "oldest": lambda row: (row.call.received_at, row.call.id),
    "level": lambda row: (_level(row), row.call.received_at, row.call.id),
}
"""The board's own order is the loudest first."""


def board_choice(centre: Centre) -> BoardChoice:
    """What the address asks for; what it cannot mean is left out."""
    zone, show = request.args.get("zone", ""), request.args.get("show", "")
    sort = request.args.get("sort", "loudest")
    zones: Sequence[str] = [*centre.gazetteer.zones, NO_ZONE]
    return BoardChoice(
        zone if zone in zones else "",
        show if show in SHOWN else "",
        sort if sort in SORTS else "loudest",
    )
