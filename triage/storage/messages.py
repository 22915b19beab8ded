"""Texts we owe, and texts we got."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from triage.domain.lifecycle import MESSAGE_MOVES, MessageState, check_move
from triage.domain.phone_network import OutboundCall, OutboundSms
from triage.domain.words import msgid
from triage.storage.attempts import Attempt
from triage.storage.base import LiveRow, only
from triage.storage.calls import Call
from triage.storage.dispatches import Page
from triage.storage.sealed import Sealed, sealed_column

_UNSENT = text("state IN ('ready', 'attempting', 'unknown') AND ring_since IS NULL")
_FOR_SOMEBODY = (
    "('help_unplaced', 'phone_lost', 'unknown_number', 'unread', 'not_done', 'opted_out',"
    " 'not_understood', 'unknown_code', 'which_code', 'no_question', 'refused', 'not_verified')"
)
_UNREAD = text(f"read_at IS NULL AND outcome IN {_FOR_SOMEBODY}")
_OF_NO_CALL = text("call_id IS NULL AND body_sealed IS NOT NULL")
_TO_RING = text("ring_since IS NOT NULL AND noted_at IS NULL")
UNREAD_TEXT = text(
    f"inbound_message.read_at IS NULL AND inbound_message.outcome IN {_FOR_SOMEBODY}"
)
TEXT_OF_NO_CALL = text("message.call_id IS NULL AND message.body_sealed IS NOT NULL")
INBOUND_OF_NO_CALL = text(
    "inbound_message.call_id IS NULL AND inbound_message.body_sealed IS NOT NULL"
)
"""For queries: see OPEN_CALL."""


class Message(LiveRow):
    """A text we owe somebody, from the decision to send it until it arrives."""

    __tablename__ = "message"
    __table_args__ = (
        Index(
            "ix_message_unsent",
            "priority",
            "due_at",
            **only(_UNSENT),
        ),
        Index("ix_message_to_ring", "ring_since", **only(_TO_RING)),
        Index("ix_message_to", "to_index", "created_at"),
        Index("ix_message_of_no_call", "created_at", **only(_OF_NO_CALL)),
    )

    kind: Mapped[str]
    """page, ring, bundle, nobody_left, reply, stand_down, update, reminder, notice, alarm,
    check_in, address ..."""
    channel: Mapped[str] = mapped_column(String(8), default="sms", server_default="sms")
    """`sms`, or `voice`: rung, and said."""
    alarm_id: Mapped[UUID | None] = mapped_column(ForeignKey("alarm.id"), index=True)
    """The alarm that it rings for."""
    to_role: Mapped[str]
    """The role of whoever gets it: clinician, officer, partner ..."""
    call_id: Mapped[UUID | None] = mapped_column(ForeignKey("call.id"), index=True)
    page_id: Mapped[UUID | None] = mapped_column(ForeignKey("page.id"), index=True)
    responder_id: Mapped[UUID | None] = mapped_column(ForeignKey("responder.id"))
    partner_id: Mapped[UUID | None] = mapped_column(ForeignKey("partner.id"))
    to_sealed: Mapped[bytes | None] = sealed_column()
    to = Sealed()
    to_index: Mapped[bytes]
    body_sealed: Mapped[bytes | None] = sealed_column()
    body = Sealed()
    language: Mapped[str | None]
    """That it was written in; None of a release that spoke English alone."""
    dedupe_key: Mapped[str | None] = mapped_column(unique=True)
    """Names the one event this text tells of, so that telling it twice is refused."""
    state: Mapped[MessageState]
    priority: Mapped[int]
    """0 is sent first: pages by the rank of their level, then all else."""
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """Not sent after this: a page too old to help misleads."""
    lease_until: Mapped[datetime | None]
    lease_owner: Mapped[str | None]
    fence: Mapped[int] = mapped_column(default=0)
    """Raised by each claim; a result is written only under the fence it was claimed with."""
    attempts: Mapped[int] = mapped_column(default=0)
    """Handings over so far: the number of the latest."""
    failures: Mapped[int] = mapped_column(default=0)
    """Refusals that count against this text, not against the provider."""
    provider_id: Mapped[str | None] = mapped_column(unique=True)
    """The provider's key of the first copy that we heard of."""
    last_error: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    ring_since: Mapped[datetime | None]
    """It did not leave, or nobody can know: a person should ring whoever it was for."""
    noted_at: Mapped[datetime | None]
    """When somebody took care of that."""
    call: Mapped[Call | None] = relationship()
    page: Mapped[Page | None] = relationship()
    handed_over: Mapped[list[Attempt]] = relationship(order_by=Attempt.number)
    """Every attempt at it, in order."""

    def move_to(self, state: MessageState) -> None:
        self.state = check_move(MESSAGE_MOVES, self.state, state)

    def as_sms(self, key: UUID, validity_s: int) -> OutboundSms:
        """key -- our own, of the handing over."""
        kind = OutboundCall if self.channel == "voice" else OutboundSms
        return kind(str(key), self.to or "", self.body or "", validity_s)


class InboundMessage(LiveRow):
    """A text that came in, and what was made of it."""

    __tablename__ = "inbound_message"
    __table_args__ = (
        Index("ix_inbound_message_from", "from_index", "created_at"),
        Index("ix_inbound_message_created_at", "created_at"),
        Index("ix_inbound_message_of_no_call", "created_at", **only(_OF_NO_CALL)),
        Index(
            "ix_inbound_message_unread",
            "created_at",
            **only(_UNREAD),
        ),
    )

    provider_id: Mapped[str] = mapped_column(unique=True)
    """The provider's key: a repeated webhook has no second effect."""
    from_number_sealed: Mapped[bytes | None] = sealed_column()
    from_number = Sealed(msgid("number cannot be read"))
    from_index: Mapped[bytes]
    body_sealed: Mapped[bytes | None] = sealed_column()
    body = Sealed(
        msgid("This text cannot be read. Ring whoever sent it, and tell whoever runs the service.")
    )
    call_id: Mapped[UUID | None] = mapped_column(ForeignKey("call.id"), index=True)
    responder_id: Mapped[UUID | None] = mapped_column(ForeignKey("responder.id"))
    outcome: Mapped[str]
    """A code: accepted, declined, eta, unknown_code, unknown_number, unread ..."""
    read_at: Mapped[datetime | None]
    """When a dispatcher took note of a text that nobody could act on."""
    call: Mapped[Call | None] = relationship()
