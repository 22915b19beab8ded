"""Who can be sent: teams, their members and shifts, partners, and what is switched off."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from triage.domain.words import msgid
from triage.storage.base import LiveRow, TypedLine, only
from triage.storage.sealed import Sealed, sealed_column

_IN_USE = text("retired_at IS NULL")

NO_NUMBER = msgid("number cannot be read")


class Team(LiveRow):
    """People who go together."""

    __tablename__ = "team"

    name: Mapped[str] = mapped_column(unique=True)
    """The unit's call sign, "CIT 1": not a person's name."""
    responses: Mapped[list[str]]
    """Responses of the vocabulary that this team can give."""
    zones: Mapped[list[str]]
    """Home zones; empty means everywhere. Other zones are served after the home teams."""
    skills: Mapped[list[str]]
    """Languages and training, `es`, `asl`, `youth`."""
    calls_at_once: Mapped[int] = mapped_column(default=1)
    retired_at: Mapped[datetime | None]

    members: Mapped[list["Responder"]] = relationship(
        order_by="Responder.created_at, Responder.id", back_populates="team"
    )


class Responder(LiveRow):
    """One person with one telephone in one team."""

    __tablename__ = "responder"
    __table_args__ = (
        Index(
            "uq_responder_phone_in_use",
            "phone_index",
            unique=True,
            **only(_IN_USE),
        ),
    )

    team_id: Mapped[UUID] = mapped_column(ForeignKey("team.id"), index=True)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"), index=True)
    role: Mapped[str]
    """clinician, officer, responder, case_worker ...: the roles that responses ask for."""
    name_sealed: Mapped[bytes | None] = sealed_column()
    name = Sealed(msgid("name cannot be read"))
    phone_sealed: Mapped[bytes | None] = sealed_column()
    phone = Sealed(NO_NUMBER)
    """E.164."""
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    skills: Mapped[list[str]]
    language: Mapped[str | None]
    """Of their texts, where they have no account or have chosen none there: en (also where nothing
    is said) or es."""
    verified_at: Mapped[datetime | None]
    """When it was shown that this telephone is theirs. Before that nobody pages it."""
    verified_how: Mapped[str | None]
    """`reply`, `in_person`, or `carried_over` from a release that did not ask."""
    code_word: Mapped[str | None]
    """What they are to reply from it; None once they have."""
    opted_out_at: Mapped[datetime | None]
    """They texted STOP: the carrier will deliver nothing until they text START."""
    phone_lost_at: Mapped[datetime | None]
    """It may be in other hands: nothing is sent to it, and nothing that it says counts."""
    duress_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Of the word that says that they are forced. The word itself is kept nowhere."""
    pin_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Of the digits after which a telephone call reads an address to them."""
    pin_failures: Mapped[int] = mapped_column(default=0, server_default="0")
    pin_rests_until: Mapped[datetime | None]
    """After too many wrong ones."""
    retired_at: Mapped[datetime | None]

    team: Mapped[Team] = relationship(back_populates="members")
    shifts: Mapped[list["Shift"]] = relationship(order_by="Shift.starts_at")


class Shift(LiveRow):
    """When a member may be paged."""

    __tablename__ = "shift"
    __table_args__ = (
        Index("ix_shift_time", "ends_at", "starts_at"),
        Index("ix_shift_responder", "responder_id", "ends_at"),
    )

    responder_id: Mapped[UUID] = mapped_column(ForeignKey("responder.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    """When they were asked to show that a text reaches them."""
    answer_by: Mapped[datetime | None]
    """Without an answer by then somebody else is told."""
    confirmed_at: Mapped[datetime | None]


class Partner(LiveRow):
    """An organisation that is told, not sent."""

    __tablename__ = "partner"

    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(index=True)
    """What a rule's notice names: crisis_line, social_services, school_team ..."""
    zones: Mapped[list[str]]
    phone_sealed: Mapped[bytes | None] = sealed_column()
    phone = Sealed(NO_NUMBER)
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    language: Mapped[str | None]
    """Of their texts, likewise."""
    retired_at: Mapped[datetime | None]


class Suspension(LiveRow):
    """A team, a partner or a zone is switched off until a time. Not a rule edit."""

    __tablename__ = "suspension"
    __table_args__ = (Index("ix_suspension_kind", "kind", "until"),)

    kind: Mapped[str]
    """`team`, `partner` or `zone`."""
    subject: Mapped[str]
    """The key of the team or partner, or the zone's name."""
    until: Mapped[datetime]
    reason: Mapped[str] = mapped_column(TypedLine)
    lifted_at: Mapped[datetime | None]
