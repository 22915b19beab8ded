"""A dispatch, its slots, the pages that fill them, and the transfers to a telephone line."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from triage.domain.codes import NOT_NEEDED
from triage.domain.escalation import HIGHEST
from triage.domain.lifecycle import (
    PAGE_MOVES,
    SLOT_MOVES,
    TAKEN,
    WANTED,
    DispatchState,
    PageKind,
    PageState,
    SlotState,
    check_move,
)
from triage.domain.transfers import TRANSFER_MOVES, TransferState
from triage.storage.base import LiveRow, TypedLine, only
from triage.storage.calls import Call, last_digits
from triage.storage.teams import Responder, Team

_ACCEPTED = text("state = 'accepted' AND kind <> 'supervisor'")
_BUSY = text("state IN ('paged', 'accepted', 'en_route', 'staged', 'on_scene', 'transporting')")
_WAITS = text("state = 'unfilled'")
_UNRELIEVED = text("state = 'unfilled' AND replaces_id IS NOT NULL")
_RUNNING = text("state IN ('offered', 'ringing', 'counselor')")
_UNFINISHED = text("state NOT IN ('cleared', 'cancelled')")
_CALLS_BACK = text("call_back_at IS NOT NULL")
_NUMBERED = text("cad_number IS NOT NULL")
_ASKS = text("state = 'open'")
UNFINISHED_DISPATCH = text("dispatch.state NOT IN ('cleared', 'cancelled')")
UNFILLED_DISPATCH = text("dispatch.state = 'unfilled'")
BUSY_SLOT = text(
    "slot.state IN ('paged', 'accepted', 'en_route', 'staged', 'on_scene', 'transporting')"
)
UNRELIEVED_SLOT = text("slot.state = 'unfilled' AND slot.replaces_id IS NOT NULL")
OPEN_PAGE = text("page.state = 'open'")
"""For queries: see OPEN_CALL."""


class Dispatch(LiveRow):
    """One response owed to one call."""

    __tablename__ = "dispatch"
    __table_args__ = (
        Index(
            "ix_dispatch_unfinished",
            "call_id",
            **only(_UNFINISHED),
        ),
        Index(
            "ix_dispatch_waiting",
            "level_rank",
            "created_at",
            **only(_WAITS),
        ),
        Index(
            "ix_dispatch_call_back",
            "level_rank",
            "call_back_at",
            **only(_CALLS_BACK),
        ),
        Index(
            "ix_dispatch_cad_tail",
            text(last_digits("cad_number")),
            **only(_NUMBERED),
        ),
    )

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"), index=True)
    response: Mapped[str]
    reached_by: Mapped[str]
    """`page` (our teams), `cad` (a hand-over task) or `transfer` (of the caller)."""
    state: Mapped[DispatchState]
    why: Mapped[str]
    """`assessment`, `override`, `by_hand` or `default_route`."""
    level_label: Mapped[str]
    level_rank: Mapped[int]
    within_min: Mapped[int]
    answer_within_min: Mapped[int]
    """How long each page may go unanswered."""
    late_at: Mapped[datetime | None]
    """When the hand-over task went unconfirmed for too long; of a team of ours, since when the desk
    is to ask what keeps it."""
    confirmed_at: Mapped[datetime | None]
    cad_number: Mapped[str | None] = mapped_column(TypedLine)
    cause: Mapped[str | None]
    """While nobody is left to ask: why, a code of CAUSES."""
    stalled_in: Mapped[DispatchState | None]
    """The state in which it stood still for too long when somebody last looked after it."""
    policy_id: Mapped[UUID | None] = mapped_column(ForeignKey("escalation_policy.id"))
    """The escalation policy it began under, or has since it was raised; None for the default."""
    escalated: Mapped[int] = mapped_column(default=0, server_default="0")
    """Steps done since nobody was left to ask."""
    call_back_at: Mapped[datetime | None]
    """Since when the caller should be called back, because they still wait for a team."""
    diverted_at: Mapped[datetime | None]
    """When its team was sent to a more urgent call, until somebody has it again."""
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]

    call: Mapped[Call] = relationship()
    slots: Mapped[list["Slot"]] = relationship(
        order_by="Slot.position, Slot.id", back_populates="dispatch"
    )
    transfers: Mapped[list["Transfer"]] = relationship(
        order_by="Transfer.number", back_populates="dispatch"
    )

    @property
    def is_half(self) -> bool:
        """Does somebody come, while nobody is left to ask for the rest of the team?"""
        taken = any(slot.state in TAKEN for slot in self.slots)
        return taken and self.state is DispatchState.UNFILLED

    @property
    def all_hands(self) -> int:
        """How many are asked at the same time because no team was left."""
        pages = (page for slot in self.slots for page in slot.pages)
        return sum(p.state is PageState.OPEN and p.kind is PageKind.ALL_HANDS for p in pages)

    @property
    def not_needed_at(self) -> datetime | None:
        """When it was cancelled because nobody was needed any more."""
        return self.ended_at if self.end_reason == NOT_NEEDED else None

    @property
    def transfer(self) -> "Transfer | None":
        """The newest try to hand the caller over to a line."""
        if self.reached_by != "transfer":
            return None
        return self.transfers[-1] if self.transfers else None


class Slot(LiveRow):
    """One place in the team that answers a dispatch."""

    __tablename__ = "slot"
    __table_args__ = (
        Index("ix_slot_busy", "team_id", **only(_BUSY)),
        Index(
            "ix_slot_unrelieved",
            "dispatch_id",
            **only(_UNRELIEVED),
        ),
    )

    dispatch_id: Mapped[UUID] = mapped_column(ForeignKey("dispatch.id"), index=True)
    position: Mapped[int]
    role: Mapped[str]
    state: Mapped[SlotState]
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("team.id"))
    """The team that has it, or is asked; kept when it was passed over."""
    responder_id: Mapped[UUID | None] = mapped_column(ForeignKey("responder.id"))
    unit: Mapped[str | None]
    """The unit as said by radio, where no responder of ours has it."""
    eta_at: Mapped[datetime | None]
    replaces_id: Mapped[UUID | None]
    """The slot of the same dispatch whose team this one takes over from, or is to. No foreign
    key: both belong to the dispatch."""
    relief_asked_at: Mapped[datetime | None]
    """Since when the team that has it wants to be relieved; it stays until somebody accepts."""
    heard_at: Mapped[datetime | None]
    """When whoever has it last told us anything, on the way or on scene."""

    dispatch: Mapped[Dispatch] = relationship(back_populates="slots")
    team: Mapped[Team | None] = relationship()
    responder: Mapped[Responder | None] = relationship()
    pages: Mapped[list["Page"]] = relationship(order_by="Page.number", back_populates="slot")

    def move_to(self, state: SlotState) -> None:
        self.state = check_move(SLOT_MOVES, self.state, state)

    @property
    def asked(self) -> list["Page"]:
        """By which teams were asked since it was opened. What they were asked in the round before
        stays theirs to answer."""
        since = self.created_at
        return [p for p in self.pages if p.kind is PageKind.TEAM and p.created_at >= since]

    @property
    def newest_pages(self) -> list["Page"]:
        """Of each who was asked, the latest: they may have been asked in several rounds."""
        return list({page.responder_id: page for page in self.pages}.values())

    @property
    def next_number(self) -> int:
        """Of the next page: above all others, for some came along from an earlier round."""
        return max((page.number for page in self.pages), default=0) + 1

    @property
    def predecessor(self) -> "Slot | None":
        """The slot in whose place this one is."""
        if self.replaces_id is None:
            return None
        return next((one for one in self.dispatch.slots if one.id == self.replaces_id), None)

    @property
    def relieves(self) -> "Slot | None":
        """The slot whose team has the place until somebody says yes for this one."""
        old = self.predecessor
        return old if old is not None and old.state in TAKEN and self.state in WANTED else None

    @property
    def rank(self) -> int:
        """How urgently somebody is sought for it: 1, whatever the level, where a team had to
        leave and nobody is there any more."""
        old = self.predecessor
        left = old is not None and old.state is SlotState.WITHDRAWN
        return HIGHEST if left else self.dispatch.level_rank


class Page(LiveRow):
    """One alert to one responder for one slot."""

    __tablename__ = "page"
    __table_args__ = (
        Index(
            "uq_page_one_accepted",
            "slot_id",
            unique=True,
            **only(_ACCEPTED),
        ),
        Index("ix_page_responder", "responder_id", "created_at"),
        Index("ix_page_open", "responder_id", **only(_ASKS)),
    )

    slot_id: Mapped[UUID] = mapped_column(ForeignKey("slot.id"), index=True)
    number: Mapped[int]
    team_id: Mapped[UUID] = mapped_column(ForeignKey("team.id"))
    responder_id: Mapped[UUID] = mapped_column(ForeignKey("responder.id"))
    state: Mapped[PageState]
    answer_by: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_through: Mapped[str | None]
    """`text`, `voice`, `radio`, `telephone` or `screen`."""
    kind: Mapped[PageKind] = mapped_column(default=PageKind.TEAM, server_default="team")
    instead_of_id: Mapped[UUID | None]
    """The slot that is left for this one, where the page asks for that. No foreign key: a page
    belongs to one slot."""
    verdict: Mapped[int | None]
    """After clearing: 1 right team, 2 not needed, 3 unsafe without police, 4 too late."""

    slot: Mapped[Slot] = relationship(back_populates="pages")
    team: Mapped[Team] = relationship()
    responder: Mapped[Responder] = relationship()

    def move_to(self, state: PageState) -> None:
        self.state = check_move(PAGE_MOVES, self.state, state)

    @property
    def is_from_before(self) -> bool:
        """Was it asked in an earlier round, and came along to the slot of this one?"""
        return self.created_at < self.slot.created_at

    def counts_since(self, since: datetime) -> bool:
        """Was it asked, or declined, since a round began?"""
        declined_at = self.answered_at if self.state is PageState.DECLINED else None
        return max(self.created_at, declined_at or self.created_at) >= since


class Transfer(LiveRow):
    """One try to hand a caller over to a line. The next try is a row of its own."""

    __tablename__ = "transfer"
    __table_args__ = (
        Index(
            "uq_transfer_running",
            "dispatch_id",
            unique=True,
            **only(_RUNNING),
        ),
        Index("uq_transfer_number", "dispatch_id", "number", unique=True),
        Index("ix_transfer_created_at", "created_at"),
    )

    dispatch_id: Mapped[UUID] = mapped_column(ForeignKey("dispatch.id"))
    number: Mapped[int]
    """1 for the first try for its dispatch."""
    state: Mapped[TransferState]
    due_at: Mapped[datetime | None]
    """When the step that it is in has lasted too long; None when it is over."""
    line: Mapped[str | None]
    """Which line was rung, where it was written down."""
    ringing_at: Mapped[datetime | None]
    counselor_at: Mapped[datetime | None]
    to_counselor_s: Mapped[int | None]
    """From the offer to somebody on the line."""
    late_at: Mapped[datetime | None]
    """When the caller was not released for too long after a counselor had answered."""
    released_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When it was refused, not answered, dropped or cancelled."""
    refusal: Mapped[str | None]
    """A code of REFUSALS."""

    dispatch: Mapped[Dispatch] = relationship(back_populates="transfers")

    def move_to(self, state: TransferState) -> None:
        self.state = check_move(TRANSFER_MOVES, self.state, state)

    @property
    def changed_at(self) -> datetime:
        """Since when it is in its state."""
        times = (self.created_at, self.ringing_at, self.counselor_at, self.released_at)
        return max(at for at in (*times, self.ended_at) if at is not None)
