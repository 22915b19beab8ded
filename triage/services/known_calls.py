"""What we know already of a place or a number while a call about it is being typed.

Places and numbers are found by equal blind indexes: none is opened to look for it. Only where the
open calls of the last half hour lie is opened, to find those near by.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, union

from triage.domain.codes import NO_CALL
from triage.domain.gazetteer import Place, metres_between
from triage.domain.lifecycle import CallState, DispatchState
from triage.domain.words import msgid
from triage.services import assessments, hazard_notes
from triage.services.centre import Centre
from triage.services.places import place_index
from triage.storage.audit import AuditEntry
from triage.storage.calls import OPEN_CALL, Call, Caller
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.sealed import blind_index
from triage.storage.unit_of_work import UnitOfWork

SAME_HOURS = 6
"""An open call older than this is no duplicate any more."""
NEAR_MIN = 30
"""So young is a call near by, or of the same zone, that may be the same incident."""
NEAR_M = 200
"""Two callers name one incident from both ends of a block."""
MONTH, QUARTER = timedelta(days=30), timedelta(days=90)
MOST, LISTED, MOST_NEAR, MOST_YOUNG = 200, 5, 2, 50
UNSAFE = 3
"""The verdict "unsafe without police" of VERDICTS."""
_WHY = {
    "same number": msgid("same number"),
    "same place": msgid("same place"),
    "same zone": msgid("same zone"),
    "near": msgid("near by"),
}
EVENT = "call.shown_beside"


@dataclass(frozen=True)
class Alike:
    """An open call that may be the one that is being typed."""

    call: Call
    why: str
    """"same number", "same place", "near" or "same zone"."""
    is_loose: bool = False
    """Only in the same zone, or near by and routine: hardly the incident that somebody else rings
    about now."""

    @property
    def why_words(self) -> str:
        return _WHY.get(self.why) or self.why


@dataclass(frozen=True)
class Earlier:
    """A call of before, in codes."""

    call: Call
    responses: Sequence[str]
    verdicts: Sequence[int]


@dataclass(frozen=True)
class Known:
    alike: Sequence[Alike] = ()
    earlier: Sequence[Earlier] = ()
    in_month: int = 0
    in_quarter: int = 0
    unsafe_at: datetime | None = None
    """When a team last found such a call unsafe without police."""
    notes: Sequence[hazard_notes.Shown] = ()

    @property
    def calls(self) -> list[Call]:
        """Those of which something is shown."""
        return [*(one.call for one in self.alike), *(one.call for one in self.earlier)]

    def __bool__(self) -> bool:
        return bool(self.alike or self.earlier or self.in_quarter or self.notes)


def known(
    uow: UnitOfWork,
    centre: Centre,
    said: str,
    place: Place | None,
    zone: str | None,
    number: str | None,
    position: tuple[float, float] | None = None,
) -> Known:
    """What is known. place -- as the gazetteer found it; number -- E.164; position -- degrees of
    latitude and longitude, where a telephone or another system told it."""
    places = {place_index(said), place_index(place.name) if place else None} - {None}
    numbers = {blind_index("phone", number)} if number else set()
    before = _calls(uow, places, numbers)
    open_ids = {call.id for call in before if _is_open(call)}
    since = uow.now - timedelta(hours=SAME_HOURS)
    same = [call for call in before if call.id in open_ids and call.received_at > since]
    by_number = _of_numbers(uow, [call.id for call in same], numbers)
    alike = [Alike(c, "same number" if c.id in by_number else "same place") for c in same]
    counted = [c for c in before if c.id not in open_ids and c.disposition not in NO_CALL]
    verdicts = _verdicts(uow, [call.id for call in counted])
    return Known(
        alike=alike or _young(uow, centre, zone, position or (place.position if place else None)),
        earlier=_earlier(uow, counted[:LISTED], verdicts),
        in_month=sum(call.received_at > uow.now - MONTH for call in counted),
        in_quarter=len(counted),
        unsafe_at=max(
            (c.received_at for c in counted if UNSAFE in verdicts.get(c.id, ())), default=None
        ),
        notes=hazard_notes.about(uow, places, numbers),
    )


def _is_open(call: Call) -> bool:
    return call.state in {CallState.OPEN, CallState.ASKING}


def _calls(
    uow: UnitOfWork, places: Collection[bytes | None], numbers: Collection[bytes]
) -> list[Call]:
    """The calls of these places and numbers in the last months, the newest first.

    Each source is bounded in time by itself: of who rings often, most calls are long past.
    """
    since, sources = uow.now - QUARTER, []
    if numbers:
        rang = select(Caller.call_id).where(Caller.created_at > since)
        sources.append(rang.where(Caller.phone_index.in_(numbers)))
    if places:
        of_place = select(Call.id).where(Call.received_at > since)
        sources.append(of_place.where(Call.location_index.in_(places)))
        sources.append(of_place.where(Call.found_index.in_(places)))
    if not sources:
        return []
    found = union(*sources).subquery()
    return list(
        uow.session.scalars(
            select(Call)
            .where(
                Call.id.in_(select(found.c[0])),
                Call.received_at > since,
                Call.state != CallState.REPLAYED,
            )
            .order_by(Call.received_at.desc())
            .limit(MOST)
        )
    )


def _of_numbers(uow: UnitOfWork, calls: Collection[UUID], numbers: Collection[bytes]) -> set[UUID]:
    if not calls or not numbers:
        return set()
    theirs = select(Caller.call_id).where(
        Caller.call_id.in_(calls), Caller.phone_index.in_(numbers)
    )
    return set(uow.session.scalars(theirs))


def _young(
    uow: UnitOfWork, centre: Centre, zone: str | None, position: tuple[float, float] | None
) -> list[Alike]:
    """Young open calls near by, the nearest first, else those of the zone: shown only where
    nothing fits better."""
    young = select(Call).where(OPEN_CALL, Call.received_at > uow.now - timedelta(minutes=NEAR_MIN))
    young = young.order_by(Call.received_at.desc())
    if position:
        calls = uow.session.scalars(young.limit(MOST_YOUNG)).all()
        if near := sorted(_near(calls, position), key=lambda one: one[0]):
            found = [call for _, call in near[:MOST_NEAR]]
            return [Alike(c, "near", assessments.is_routine(uow, centre, c)) for c in found]
    if zone is None:
        return []
    of_zone = uow.session.scalars(young.where(Call.zone == zone).limit(MOST_NEAR))
    return [Alike(call, "same zone", is_loose=True) for call in of_zone]


def _near(calls: Sequence[Call], position: tuple[float, float]) -> Iterator[tuple[float, Call]]:
    for call in calls:
        if call.position and (away_m := metres_between(position, call.position)) <= NEAR_M:
            yield away_m, call


def _verdicts(uow: UnitOfWork, calls: Collection[UUID]) -> dict[UUID, list[int]]:
    if not calls:
        return {}
    rows = uow.session.execute(
        select(Dispatch.call_id, func.coalesce(Page.verdict, 0))
        .join(Slot, Slot.dispatch_id == Dispatch.id)
        .join(Page, Page.slot_id == Slot.id)
        .where(Dispatch.call_id.in_(calls), Page.verdict.is_not(None))
    )
    found: dict[UUID, list[int]] = {}
    for call, verdict in rows:
        found.setdefault(call, []).append(verdict)
    return found


def _earlier(
    uow: UnitOfWork, calls: Sequence[Call], verdicts: dict[UUID, list[int]]
) -> list[Earlier]:
    if not calls:
        return []
    sent = responses_of(uow, [call.id for call in calls])
    return [Earlier(call, sent.get(call.id, ()), verdicts.get(call.id, ())) for call in calls]


def responses_of(uow: UnitOfWork, calls: Collection[UUID]) -> Mapping[UUID, Sequence[str]]:
    """Who was sent, by call, each once and in the order of sending."""
    if not calls:
        return {}
    rows = uow.session.execute(
        select(Dispatch.call_id, Dispatch.response)
        .where(Dispatch.call_id.in_(calls), Dispatch.state != DispatchState.CANCELLED)
        .order_by(Dispatch.created_at)
    )
    sent: dict[UUID, dict[str, None]] = {}
    for call, response in rows:
        sent.setdefault(call, {})[response] = None
    return {call: list(responses) for call, responses in sent.items()}


def not_noted(
    uow: UnitOfWork, actor: str, calls: Collection[UUID], within: timedelta, event: str = EVENT
) -> set[UUID]:
    """Those of the calls that this person was not shown in the time just past."""
    noted = uow.session.scalars(
        select(AuditEntry.call_id).where(
            AuditEntry.call_id.in_(calls),
            AuditEntry.event == event,
            AuditEntry.actor == actor,
            AuditEntry.created_at > uow.now - within,
        )
    )
    return set(calls) - set(noted)


def note_shown(
    uow: UnitOfWork, calls: Collection[UUID], within: timedelta, event: str = EVENT
) -> None:
    """Somebody was shown something of these calls: audited once for each spell of looking."""
    for key in sorted(not_noted(uow, uow.actor, calls, within, event)) if calls else ():
        uow.audit(event, uow.get(Call, key))
