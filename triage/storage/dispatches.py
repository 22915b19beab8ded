"""A dispatch, its slots, and the pages that fill them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from triage.domain.lifecycle import (
    PAGE_MOVES,
    SLOT_MOVES,
    DispatchState,
    PageKind,
    PageState,
    SlotState,
    check_move,
)
from triage.storage.base import LiveRow
from triage.storage.calls import Call
from triage.storage.teams import Responder, Team

_ACCEPTED = text("state = 'accepted' AND kind <> 'supervisor'")
_BUSY = text("state IN ('paged', 'accepted', 'en_route', 'staged', 'on_scene', 'transporting')")
_ALARMED = text("help_at IS NOT NULL AND help_taken_at IS NULL")
_WAITS = text("state = 'unfilled'")
_UNFINISHED = text("state NOT IN ('cleared', 'cancelled')")


class Dispatch(LiveRow):
    """One response owed to one call."""

    __tablename__ = "dispatch"
    __table_args__ = (
        Index(
            "ix_dispatch_unfinished",
            "call_id",
            sqlite_where=_UNFINISHED,
            postgresql_where=_UNFINISHED,
        ),
        Index(
            "ix_dispatch_waiting",
            "level_rank",
            "created_at",
            sqlite_where=_WAITS,
            postgresql_where=_WAITS,
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
    """When the hand-over task went unconfirmed for too long."""
    confirmed_at: Mapped[datetime | None]
    cad_number: Mapped[str | None]
    cause: Mapped[str | None]
    """While nobody is left to ask: why, a code of CAUSES."""
    stalled_in: Mapped[DispatchState | None]
    """The state in which it stood still for too long when somebody last looked after it."""
    policy_id: Mapped[UUID | None] = mapped_column(ForeignKey("escalation_policy.id"))
    """The escalation policy it began under; None for the default."""
    escalated: Mapped[int] = mapped_column(default=0, server_default="0")
    """Steps done since nobody was left to ask."""
    call_back_at: Mapped[datetime | None]
    """Since when the caller should be called back, because they still wait for a team."""
    diverted_at: Mapped[datetime | None]
    """When its team was sent to a more urgent call, until somebody has it again."""
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]

    call: Mapped[Call] = relationship()
    slots: Mapped[list["Slot"]] = relationship(order_by="Slot.position", back_populates="dispatch")


class Slot(LiveRow):
    """One place in the team that answers a dispatch."""

    __tablename__ = "slot"
    __table_args__ = (Index("ix_slot_busy", "team_id", sqlite_where=_BUSY, postgresql_where=_BUSY),)

    dispatch_id: Mapped[UUID] = mapped_column(ForeignKey("dispatch.id"), index=True)
    position: Mapped[int]
    role: Mapped[str]
    state: Mapped[SlotState]
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("team.id"), index=True)
    """The team that has it, or is asked; kept when it was passed over."""
    responder_id: Mapped[UUID | None] = mapped_column(ForeignKey("responder.id"), index=True)
    unit: Mapped[str | None]
    """The unit as said by radio, where no responder of ours has it."""
    eta_at: Mapped[datetime | None]

    dispatch: Mapped[Dispatch] = relationship(back_populates="slots")
    team: Mapped[Team | None] = relationship()
    responder: Mapped[Responder | None] = relationship()
    pages: Mapped[list["Page"]] = relationship(order_by="Page.number", back_populates="slot")

    def move_to(self, state: SlotState) -> None:
        self.state = check_move(SLOT_MOVES, self.state, state)


class Page(LiveRow):
    """One alert to one responder for one slot."""

    __tablename__ = "page"
    __table_args__ = (
        Index(
            "uq_page_one_accepted",
            "slot_id",
            unique=True,
            sqlite_where=_ACCEPTED,
            postgresql_where=_ACCEPTED,
        ),
        Index("ix_page_responder", "responder_id", "created_at"),
        Index("ix_page_help", "help_at", sqlite_where=_ALARMED, postgresql_where=_ALARMED),
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
    help_at: Mapped[datetime | None]
    """They need help: an alarm on every board until a dispatcher takes it."""
    help_taken_at: Mapped[datetime | None]
    verdict: Mapped[int | None]
    """After clearing: 1 right team, 2 not needed, 3 unsafe without police, 4 too late."""

    slot: Mapped[Slot] = relationship(back_populates="pages")
    team: Mapped[Team] = relationship()
    responder: Mapped[Responder] = relationship()

    def move_to(self, state: PageState) -> None:
        self.state = check_move(PAGE_MOVES, self.state, state)
