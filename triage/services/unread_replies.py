"""Texts that the service could not act on: asked about once, then for a dispatcher to read."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from triage.domain.errors import Conflict
from triage.domain.words import msgid
from triage.services.centre import Centre
from triage.storage.messages import UNREAD_TEXT, InboundMessage
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

MOST = 20
ASKED_BACK = (
    "not_understood",
    "unknown_code",
    "which_code",
    "no_question",
    "refused",
    "not_verified",
)
"""Outcomes whose answer says what to type: whoever meant something types it again."""
UNREAD = "unread"
"""Asked back already, and still not understood; or for a dispatcher to read at once."""
NOT_DONE = "not_done"
"""Acting on it failed, for a fault of ours."""
STRANGE = ("unknown_number", "help_unplaced")
"""Of a number that we cannot place, where it is no partner's answer."""
FOR_A_PERSON = (*STRANGE, "phone_lost", UNREAD, NOT_DONE, "opted_out")
CHANGED_NOTHING = (*ASKED_BACK, UNREAD, NOT_DONE, "unknown_number", "carrier_word", "yes")
ASK_ONCE_IN = timedelta(minutes=10)
NO_END = 1_000_000
TIME_TO_TYPE = timedelta(minutes=2)
"""Whoever was asked back and stays silent for so long is left to a dispatcher too."""

LOOKED_BACK = timedelta(days=30)

Unread = tuple[InboundMessage, Responder | None]


def was_asked_back(uow: UnitOfWork, from_index: bytes) -> bool:
    """Was the last thing that this phone texted, a moment ago, not understood either?"""
    last = uow.session.scalar(
        select(InboundMessage.outcome)
        .where(
            InboundMessage.from_index == from_index,
            InboundMessage.created_at > uow.now - ASK_ONCE_IN,
        )
        .order_by(InboundMessage.created_at.desc(), InboundMessage.id.desc())
        .limit(1)
    )
    return last in {*ASKED_BACK, UNREAD}


def typed_again(uow: UnitOfWork, from_index: bytes) -> None:
    """Whoever was asked back has sent another text: what was not understood need not be read."""
    earlier = select(InboundMessage).where(
        UNREAD_TEXT,
        InboundMessage.from_index == from_index,
        InboundMessage.created_at > uow.now - LOOKED_BACK,
        InboundMessage.outcome.in_(ASKED_BACK),
    )
    for text in uow.session.scalars(earlier):
        text.read_at = uow.now


def answers_left(
    uow: UnitOfWork, centre: Centre, outcome: str, from_index: bytes, *, known: bool
) -> int:
    """How many answers that change nothing this phone may get, this one included: it may be a
    machine. Where something was changed there is always one left, and more.

    A phone of ours gets so many an hour, since it last texted what was understood: no machine does.
    One that we cannot place gets one a day, while all of these together get so many an hour.

    known -- is it of somebody's whom we know?
    """
    policy, hour = centre.policy, timedelta(hours=1)
    strange = not known and outcome in STRANGE
    if not strange and outcome not in CHANGED_NOTHING:
        return NO_END
    this_phone = InboundMessage.from_index == from_index
    if not strange:
        understood = select(func.max(InboundMessage.created_at)).where(
            this_phone,
            InboundMessage.outcome.not_in(CHANGED_NOTHING),
            InboundMessage.created_at > uow.now - hour,
        )
        since = uow.session.scalar(understood) or uow.now - hour
        theirs = InboundMessage.outcome.in_(CHANGED_NOTHING), InboundMessage.created_at > since
        return policy.polite_replies_per_hour - _texts_since(uow, hour, this_phone, *theirs)
    strangers = InboundMessage.outcome.in_(STRANGE), InboundMessage.responder_id.is_(None)
    if _texts_since(uow, timedelta(days=1), *strangers, this_phone):
        return 0
    phones = select(func.count(InboundMessage.from_index.distinct())).where(
        *strangers, InboundMessage.created_at > uow.now - hour
    )
    within = (uow.session.scalar(phones) or 0) < policy.stranger_replies_per_hour
    return NO_END if within else 0


def _texts_since(uow: UnitOfWork, ago: timedelta, *which: ColumnElement[bool]) -> int:
    texts = select(func.count()).select_from(InboundMessage)
    texts = texts.where(InboundMessage.created_at > uow.now - ago, *which)
    return uow.session.scalar(texts) or 0


def _unread() -> Select[InboundMessage, Responder]:
    """Built once: every board asks for them again and again."""
    later = aliased(InboundMessage)
    typed_again = exists().where(
        later.from_index == InboundMessage.from_index,
        later.created_at > InboundMessage.created_at,
    )
    silent = and_(
        InboundMessage.outcome.in_(ASKED_BACK),
        InboundMessage.created_at <= bindparam("asked_before"),
        ~typed_again,
    )
    return (
        select(InboundMessage, Responder)
        .outerjoin(Responder, Responder.id == InboundMessage.responder_id)
        .where(
            UNREAD_TEXT,
            or_(InboundMessage.outcome.in_(FOR_A_PERSON), silent),
            or_(InboundMessage.outcome != "opted_out", Responder.opted_out_at.is_not(None)),
        )
        .options(joinedload(Responder.team), joinedload(InboundMessage.call))
        .order_by(
            InboundMessage.outcome != "help_unplaced",
            Responder.id.is_(None),
            InboundMessage.call_id.is_(None),
            InboundMessage.created_at.desc(),
        )
        .limit(MOST)
    )


_UNREAD = _unread()
ANY = select(InboundMessage.id).where(UNREAD_TEXT).exists()
"""For `desk_lists`: may there be any?"""


def waiting(uow: UnitOfWork) -> Sequence[Unread]:
    """Texts that no dispatcher has taken note of, the newest first.

    Whoever was asked back has a moment to type again, and is not listed once they have; nor is
    STOP once texts to that phone are on again.
    A cry for help that could be put nowhere stands first and is never cut off, then what was
    written about a call; texts of strangers, who may be many, stand last.
    """
    rows = uow.session.execute(_UNREAD, {"asked_before": uow.now - TIME_TO_TYPE})
    return [(inbound, responder) for inbound, responder in rows]


def of_calls(texts: Sequence[Unread]) -> Mapping[UUID, Sequence[Unread]]:
    """Those of our members about each call, in the order in which they came."""
    found: dict[UUID, list[Unread]] = {}
    for inbound, responder in sorted(texts, key=lambda one: one[0].created_at):
        if inbound.call_id is not None and responder is not None:
            found.setdefault(inbound.call_id, []).append((inbound, responder))
    return found


def take_note(uow: UnitOfWork, inbound: InboundMessage) -> None:
    """A dispatcher has read a text that nobody could act on."""
    if inbound.read_at is not None:
        raise Conflict(msgid("somebody has taken note of this text already"))
    inbound.read_at = uow.now
    uow.audit("text.noted", inbound)
