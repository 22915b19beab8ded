"""Numbers that are no member's, and are rung or texted all the same: the telephone of the desk and
those of partners. Until somebody has shown whose one is, the board says so. What a partner is to
be told goes to a person meanwhile; an alarm rings the desk all the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import bindparam, select

from triage.domain import reach_wording
from triage.domain.errors import Conflict, Refused
from triage.domain.spoken import Said
from triage.domain.words import listed, msgid
from triage.services import outbox
from triage.services.centre import Centre
from triage.storage.messages import Message
from triage.storage.sealed import blind_index
from triage.storage.teams import Partner
from triage.storage.unit_of_work import UnitOfWork
from triage.storage.verified_numbers import VerifiedNumber

KIND = "desk_trial"
"""Of the call that asks for a key."""
_VALID_S = 60
BY_KEY, BY_HAND = "key", "by_hand"


@dataclass(frozen=True)
class OtherNumber:
    """partner -- whose it is; None: the desk's."""

    phone: str
    partner: Partner | None = None

    @property
    def index(self) -> bytes:
        return blind_index("phone", self.phone)


_OF_PARTNERS = (
    select(Partner)
    .outerjoin(VerifiedNumber, VerifiedNumber.phone_index == Partner.phone_index)
    .where(
        Partner.retired_at.is_(None),
        Partner.phone_index.is_not(None),
        VerifiedNumber.id.is_(None),
    )
    .order_by(Partner.name)
)
_OF_IT = select(VerifiedNumber.id).where(VerifiedNumber.phone_index == bindparam("index"))
ANY = _OF_PARTNERS.with_only_columns(Partner.id, maintain_column_froms=True).order_by(None).exists()
"""For `desk_lists`: is there any partner's?"""
DESK_IS_VERIFIED = _OF_IT.exists()
"""For `desk_lists`: `index` is that of the desk's telephone, or None."""


def unverified(uow: UnitOfWork, centre: Centre) -> Sequence[OtherNumber]:
    """Of whom nobody has shown that they are theirs; the desk's first."""
    index = index_of_desk(centre)
    ours = [of_desk(centre)] if index and not is_verified(uow, index) else []
    return ours + [OtherNumber(one.phone or "", one) for one in uow.session.scalars(_OF_PARTNERS)]


def index_of_desk(centre: Centre) -> bytes | None:
    return of_desk(centre).index if centre.policy.desk_phone else None


def is_verified(uow: UnitOfWork, phone_index: bytes) -> bool:
    return uow.session.scalar(_OF_IT, {"index": phone_index}) is not None


def by_hand(uow: UnitOfWork, number: OtherNumber) -> None:
    """A person has rung it, and whoever took the call said that it is theirs."""
    if is_verified(uow, number.index):
        raise Conflict(msgid("this number is verified already"))
    _verified(uow, number.index, BY_HAND, number.partner)


def _verified(uow: UnitOfWork, index: bytes, how: str, partner: Partner | None = None) -> None:
    row = uow.add(VerifiedNumber(phone_index=index, how=how))
    uow.audit("number.verified", partner or row, whose="partner" if partner else "desk", how=how)


# --- a call of ours to the desk ------------------------------------------------------------


def of_desk(centre: Centre) -> OtherNumber:
    """Raises Refused where the settings name none."""
    if not centre.policy.desk_phone:
        raise Refused(msgid("The settings name no telephone of the desk."))
    return OtherNumber(centre.policy.desk_phone)


def ring_desk(uow: UnitOfWork, centre: Centre) -> None:
    """Ring it now, as an alarm would, and ask for a key."""
    number = of_desk(centre)
    lately = select(Message.id).where(
        Message.to_index == number.index,
        Message.kind == KIND,
        Message.created_at > uow.now - timedelta(seconds=_VALID_S),
    )
    if uow.session.scalar(lately.limit(1)) is not None:
        raise Conflict(msgid("it was rung a moment ago"))
    outbox.enqueue(
        uow,
        centre,
        kind=KIND,
        channel="voice",
        to=number.phone,
        to_role="desk",
        body=reach_wording.is_it_the_desk(centre.policy.centre_name),
        priority=4,
        valid_s=_VALID_S,
    )


def picked_up(message: Message) -> Said:
    return Said(message.body or "", asks=True, goodbye=reach_wording.VOICE_NOT_SHOWN)


def pressed(uow: UnitOfWork, message: Message, digits: str) -> Said:
    if digits != "1":
        again = listed(" ", [reach_wording.VOICE_NOT_1, message.body or ""])
        return Said(again, asks=True, goodbye=reach_wording.VOICE_NOT_SHOWN)
    desk_answered(uow, message)
    return Said(reach_wording.VOICE_SHOWN)


def desk_answered(uow: UnitOfWork, message: Message) -> None:
    """A key was pressed on a call of ours to the desk: a person hears what rings there."""
    if not is_verified(uow, message.to_index):
        _verified(uow, message.to_index, BY_KEY)
