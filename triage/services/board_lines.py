"""A dispatch in one line: who is asked, who comes, what is missing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from triage.domain.lifecycle import (
    GONE,
    ON_SITE,
    TAKEN,
    WANTED,
    DispatchState,
    PageKind,
    PageState,
    SlotState,
)
from triage.domain.role_words import member_name, role_name
from triage.domain.transfers import TransferState
from triage.domain.words import Spoken, listed, msgid
from triage.services.charges import is_charge
from triage.services.listed_dispatches import (
    ListedDispatch,
    ListedPage,
    ListedSlot,
    ListedTransfer,
)
from triage.storage.dispatches import Dispatch, Page, Slot, Transfer

BY_RULES = ("assessment", "default_route")
"""Why a dispatch was opened, where no person has chosen it."""


@dataclass(frozen=True)
class Ask:
    """Somebody who is being asked, and until when."""

    unit: str
    role: str
    answer_by: datetime
    page_id: UUID
    to_ring: bool
    """Their text has not left: ask them by telephone."""


@dataclass(frozen=True)
class Coming:
    """Somebody who has a slot."""

    unit: str
    role: str
    state: SlotState
    eta_at: datetime | None
    slot_id: UUID
    relief: str | None = None
    """`asked` while somebody is sought who relieves them, `none` while nobody is left to ask."""
    hushed: bool = False
    """A silent alarm keeps the desk from ringing, texting and reaching them by radio."""
    also_at: Sequence[str] = ()
    """The codes of other calls where they are on scene too (services/two_places.py)."""


@dataclass(frozen=True)
class DispatchLine:
    """One response owed to a call, as the board says it."""

    response: str
    reached_by: str
    state: DispatchState
    since: datetime
    within_min: int
    """So soon somebody is to be there, by the level."""
    by_rules: bool
    """The rules have sent it, not a person."""
    late: bool
    """A hand-over that nobody confirmed in time."""
    asked: Sequence[Ask] = ()
    coming: Sequence[Coming] = ()
    cleared: Sequence[Coming] = ()
    """Who had a place and is done."""
    missing_roles: Sequence[str] = ()
    incomplete: bool = False
    """Nobody has one of its places, a relief's aside: somebody is sought, or nobody is left."""
    rest_roles: Sequence[str] = ()
    """Where one of the team has cleared: the roles of those who have a place and are not done, or
    are sought."""
    unit: str | None = None
    cad_number: str | None = None
    transfer: Transfer | ListedTransfer | None = None
    """The newest try to hand the caller over to a line."""

    def without(self, hidden: Collection[UUID]) -> "DispatchLine":
        """As if nobody had these places yet."""
        coming = [one for one in self.coming if one.slot_id not in hidden]
        cleared = [one for one in self.cleared if one.slot_id not in hidden]
        if len(coming) + len(cleared) == len(self.coming) + len(self.cleared):
            return self
        return replace(self, state=DispatchState.SEEKING, coming=coming, cleared=cleared)

    @property
    def rings(self) -> bool:
        """A line rings, or somebody of it is there: a person is at work."""
        running = {TransferState.RINGING, TransferState.COUNSELOR}
        return self.transfer is not None and self.transfer.state in running

    @property
    def to_ring(self) -> Sequence[str]:
        """Who is asked by a text that has not left."""
        roles = {one.unit: one.role for one in self.asked if one.to_ring}
        return [member_name(unit, role) for unit, role in roles.items()]

    @property
    def hushed(self) -> Sequence[str]:
        """Who comes and may not be asked anything, see `Coming.hushed`."""
        return [member_name(one.unit, one.role) for one in self.coming if one.hushed]

    @property
    def unrelieved(self) -> Sequence[str]:
        """Who wants to be relieved while nobody is left to ask."""
        return [one.unit for one in self.coming if one.relief == "none"]

    @property
    def half(self) -> bool:
        """Does somebody come, while nobody is left to ask for the rest of the team?"""
        return self.state is DispatchState.UNFILLED and bool(self.coming)

    @property
    def half_says(self) -> str:
        """That it is half, and whether others are asked all the same."""
        if self.all_hands:
            return msgid("HALF A TEAM, all hands are asked")
        return msgid("HALF A TEAM, nobody left to ask")

    @property
    def doing(self) -> DispatchState | SlotState:
        """The one word for what stands now: who has stepped back is not on the way, who drives
        the person to a hospital is not on scene."""
        states = {one.state for one in self.coming}
        if self.state is DispatchState.EN_ROUTE and SlotState.STAGED in states:
            return SlotState.STAGED
        if self.state is DispatchState.ON_SCENE and SlotState.ON_SCENE not in states:
            return SlotState.TRANSPORTING
        return self.state

    @property
    def part_there(self) -> Spoken | None:
        """Who is there and who still comes, where that is only a part of the team."""
        there = [one.role for one in self.coming if one.state in ON_SITE]
        coming = [one.role for one in self.coming if one.state not in ON_SITE]
        if self.state is not DispatchState.ON_SCENE or not (there and coming):
            return None
        return msgid(
            "%(there)s on scene, %(coming)s coming",
            there=listed(", ", map(role_name, there)),
            coming=listed(", ", map(role_name, coming)),
        )

    @property
    def in_charge(self) -> str | None:
        """The supervisor's unit that has taken charge of finding somebody."""
        return self.charge.team.name if self.charge else None

    charge: Page | ListedPage | None = None
    """The page by which a supervisor has taken charge."""
    all_hands: int = 0
    """How many are asked at the same time because no team was left."""
    turning: str | None = None
    """The team that is asked to turn and come here."""
    call_back_at: datetime | None = None
    diverted_at: datetime | None = None
    stalled: bool = False
    """It has not moved on since a look found that it stands still."""
    not_needed_at: datetime | None = None
    left_unsafe_at: datetime | None = None
    """When a team of it last left because it was not safe."""


def line_of(
    dispatch: Dispatch | ListedDispatch,
    late_since: datetime,
    not_left: Collection[UUID] = (),
    unasked: Collection[UUID] = (),
    also_at: Mapping[UUID, Sequence[str]] = MappingProxyType({}),
) -> DispatchLine:
    """late_since -- hand-overs older than this are late, whether or not a worker wrote it.
    not_left -- pages whose text has not left. unasked -- see `silences.places`; also_at
    -- see `two_places.standing`."""
    to_ring = {key for key in not_left if key not in unasked}
    slots = [slot for slot in dispatch.slots if slot.state not in GONE]
    asked = [
        Ask(page.team.name, slot.role, page.answer_by, page.id, page.id in to_ring)
        for slot in slots
        if slot.state is SlotState.PAGED
        for page in slot.pages
        if page.state is PageState.OPEN and page.kind is PageKind.TEAM
    ]
    open_pages = [p for slot in slots for p in slot.pages if p.state is PageState.OPEN]
    return DispatchLine(
        response=dispatch.response,
        reached_by=dispatch.reached_by,
        state=dispatch.state,
        since=dispatch.created_at,
        within_min=dispatch.within_min,
        by_rules=dispatch.why in BY_RULES,
        late=is_late(dispatch, late_since),
        asked=asked,
        coming=[
            replace(_coming(slot, unasked), also_at=also_at.get(slot.id, ()))
            for slot in slots
            if slot.state in TAKEN
        ],
        cleared=[_coming(slot, unasked) for slot in slots if slot.state is SlotState.CLEARED],
        missing_roles=[slot.role for slot in slots if _is_missing(slot)],
        incomplete=any(slot.state in WANTED and slot.relieves is None for slot in slots),
        rest_roles=_rest_roles(slots),
        unit=next((slot.unit for slot in slots if slot.unit), None),
        cad_number=dispatch.cad_number,
        transfer=dispatch.transfer,
        charge=next((p for slot in dispatch.slots for p in slot.pages if is_charge(p)), None),
        all_hands=dispatch.all_hands if dispatch.state is DispatchState.UNFILLED else 0,
        turning=next((p.team.name for p in open_pages if p.kind is PageKind.DIVERT), None),
        call_back_at=dispatch.call_back_at,
        diverted_at=dispatch.diverted_at,
        stalled=dispatch.stalled_in is dispatch.state,
        not_needed_at=dispatch.not_needed_at,
        left_unsafe_at=_left_unsafe_at(dispatch),
    )


def _coming(slot: Slot | ListedSlot, unasked: Collection[UUID]) -> Coming:
    who = slot.team.name if slot.team else slot.unit or ""
    hushed = slot.id in unasked
    return Coming(who, slot.role, slot.state, slot.eta_at, slot.id, _relief(slot), hushed)


def hushed(lines: Iterable[DispatchLine]) -> frozenset[str]:
    """The teams of whoever is on the way or there and may not be asked anything."""
    return frozenset(one.unit for line in lines for one in line.coming if one.hushed)


def _left_unsafe_at(dispatch: Dispatch | ListedDispatch) -> datetime | None:
    left = [slot for slot in dispatch.slots if slot.state is SlotState.WITHDRAWN]
    return max((slot.heard_at or dispatch.created_at for slot in left), default=None)


def _is_missing(slot: Slot | ListedSlot) -> bool:
    return slot.state is SlotState.UNFILLED and slot.relieves is None


def _rest_roles(slots: Sequence[Slot | ListedSlot]) -> Sequence[str]:
    places = [slot for slot in slots if slot.relieves is None]
    rest = [slot.role for slot in places if slot.state is not SlotState.CLEARED]
    return rest if len(rest) < len(places) else ()


def nobody_is_needed(
    dispatched: Iterable[Dispatch | DispatchLine], assessed_at: datetime | None
) -> bool:
    """Was all that was begun cancelled because nobody is needed, and nothing was learned since?"""
    ended = [one.not_needed_at for one in dispatched]
    return bool(ended) and all(
        at is not None and (assessed_at is None or assessed_at <= at) for at in ended
    )


def lacks_somebody(lines: Sequence[DispatchLine], no_longer: Collection[str]) -> bool:
    """Is nobody left to ask for what is still wanted? What the rules would not send any more is
    not the loudest while others come; half a team that goes there is.

    no_longer -- responses that are not recommended any more.
    """
    unfilled = [line for line in lines if line.state is DispatchState.UNFILLED]
    return any(not is_outdone(line, lines, no_longer) for line in unfilled)


def is_outdone(
    line: DispatchLine, lines: Sequence[DispatchLine], no_longer: Collection[str]
) -> bool:
    """Is it not recommended any more, nobody of it comes, and others do?"""
    others_come = any(one.coming for one in lines if one.response not in no_longer)
    return line.response in no_longer and not line.half and others_come


def is_late(dispatch: Dispatch | ListedDispatch, late_since: datetime) -> bool:
    """Has a person not done in time what is theirs to do?"""
    if dispatch.state is not DispatchState.HAND_OVER:
        return False
    transfer = dispatch.transfer
    if transfer is None:
        return dispatch.created_at <= late_since
    if transfer.state is TransferState.COUNSELOR:
        return transfer.late_at is not None
    return transfer.state is TransferState.OFFERED and transfer.created_at <= late_since


def _relief(slot: Slot | ListedSlot) -> str | None:
    sought = next((one for one in slot.dispatch.slots if one.relieves is slot), None)
    if sought is None:
        return None
    return "none" if sought.state is SlotState.UNFILLED else "asked"
