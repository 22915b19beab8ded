"""Texts we owe: written in the same transaction as what they tell of.

They are claimed (`claims`), handed over, settled (`settling`) and reported on (`reports`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, func, select, text, union_all

from triage.catalogue import say
from triage.domain.delivery import PERHAPS_OUT
from triage.domain.errors import Conflict
from triage.domain.lifecycle import MessageState
from triage.domain.storm import can_wait
from triage.domain.timing import expires_at
from triage.domain.words import Spoken, msgid
from triage.services import languages, providers
from triage.services.centre import Centre
from triage.storage.attempts import Attempt
from triage.storage.messages import Message
from triage.storage.sealed import blind_index
from triage.storage.unit_of_work import LATER, UnitOfWork

UNSENT = text(  # as the partial index has it
    "message.state IN ('ready', 'attempting', 'unknown') AND message.ring_since IS NULL"
)


def enqueue(  # noqa: PLR0913 -- one keyword for each column
    uow: UnitOfWork,
    centre: Centre,
    *,
    kind: str,
    to: str,
    to_role: str,
    body: Spoken,
    priority: int,
    call_id: UUID | None = None,
    page_id: UUID | None = None,
    responder_id: UUID | None = None,
    partner_id: UUID | None = None,
    alarm_id: UUID | None = None,
    dedupe_key: str | None = None,
    valid_s: int | None = None,
    channel: str = "sms",
    language: str | None = None,
) -> Message:
    """Owe this text, in the reader's language of now. It is sent only if this transaction commits.

    to -- E.164; priority -- 0 is sent first; valid_s -- not sent after so many seconds; channel --
    `sms`, or `voice` for what is rung and said; language -- of who is no member and no partner.
    With a dedupe_key that was used before, the earlier text is returned and none is added.
    """
    if dedupe_key and (earlier := _told(uow, dedupe_key, page_id=page_id, call_id=call_id)):
        return earlier
    message = uow.add(
        Message(
            kind=kind,
            channel=channel,
            to_role=to_role,
            call_id=call_id,
            page_id=page_id,
            responder_id=responder_id,
            partner_id=partner_id,
            alarm_id=alarm_id,
            to=to,
            to_index=blind_index("phone", to),
            language=(spoken := language or languages.of_recipient(uow, responder_id, partner_id)),
            body=say(body, spoken),
            dedupe_key=dedupe_key,
            state=MessageState.READY,
            priority=_priority(priority, kind, to_partner=partner_id is not None),
            due_at=uow.now,
            expires_at=expires_at(uow.now, valid_s or _usually_valid_s(centre, kind)),
        )
    )
    uow.audit("text.queued", message, kind=kind, to_role=to_role)
    return message


def _usually_valid_s(centre: Centre, kind: str) -> int:
    return centre.policy.page_valid_s if kind == "page" else centre.policy.other_valid_s


def _priority(asked: int, kind: str, *, to_partner: bool) -> int:
    """What somebody waits for is never of the priorities that leave a few a second."""
    return asked if can_wait(kind, to_partner=to_partner) else min(asked, LATER - 1)


def _told(uow: UnitOfWork, dedupe_key: str, **about: UUID | None) -> Message | None:
    """about -- by column, what the text belongs to. Where that is new and named in the key, any
    text with this key is new as well."""
    for column, owner in about.items():
        if owner is not None and str(owner) in dedupe_key:
            new = uow.new_under(owner, Message, by=column)
            if new is not None:
                return next((one for one in new if one.dedupe_key == dedupe_key), None)
    return uow.session.scalar(select(Message).where(Message.dedupe_key == dedupe_key))


def of_page(uow: UnitOfWork, page_id: UUID) -> Sequence[str]:
    """The kind of everything that was owed to anybody for this page."""
    new = uow.new_under(page_id, Message, by="page_id")
    if new is not None:
        return [message.kind for message in new]
    return uow.session.scalars(select(Message.kind).where(Message.page_id == page_id)).all()


def withdraw_unsent(uow: UnitOfWork, page_id: UUID) -> bool:
    """Take the text of this page back, if there is one. False if it may be out or on its way
    already: then whoever gets it must be told. Waits for a worker that is just claiming it."""
    texts = uow.session.scalars(
        select(Message)
        .where(Message.page_id == page_id, Message.kind.in_(("page", "ring")))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    handed_over = select(Attempt.id).where(
        Attempt.message_id.in_([message.id for message in texts]), Attempt.state.in_(PERHAPS_OUT)
    )
    for message in texts:
        if message.state is MessageState.READY:
            _withdraw(uow, message)
    return not texts or uow.session.scalar(handed_over.limit(1)) is None


def newest_text(uow: UnitOfWork, page_id: UUID) -> Message | None:
    """The latest text of this page, by its key, which is drawn as the text is made: instants in
    rows are those at which a unit of work began, which may have waited for another."""
    texts = select(Message).where(Message.page_id == page_id, Message.kind == "page")
    newest = texts.order_by(Message.id.desc()).limit(1)
    return uow.session.scalar(newest)


def asked_at(uow: UnitOfWork, page_id: UUID) -> datetime | None:
    """When a text of this page was first handed over, else when it first rang. None: surely
    neither has left. What nobody knows of counts: it may be on the phone."""
    first = (
        select(Message.kind, func.min(Attempt.started_at).label("at"))
        .join(Attempt, Attempt.message_id == Message.id)
        .where(
            Message.page_id == page_id,
            Message.kind.in_(("page", "ring")),
            Attempt.state.in_(PERHAPS_OUT),
        )
        .group_by(Message.kind)
    )
    by_kind = {row.kind: row.at for row in uow.session.execute(first)}
    return by_kind.get("page") or by_kind.get("ring")


def may_follow(uow: UnitOfWork, page_id: UUID) -> bool:
    """May another text of this page be owed? One that has not left makes room for it. One of
    which nobody knows whether it left does not: the new one could be the third on the phone."""
    texts = select(Message).where(
        Message.page_id == page_id,
        Message.kind == "page",
        Message.state.in_((MessageState.READY, MessageState.ATTEMPTING, MessageState.UNKNOWN)),
    )
    owed = uow.session.scalars(
        texts.with_for_update().execution_options(populate_existing=True)
    ).all()
    if any(message.state is not MessageState.READY for message in owed):
        return False
    for message in owed:
        _withdraw(uow, message)
    return True


def _withdraw(uow: UnitOfWork, message: Message) -> None:
    message.move_to(MessageState.WITHDRAWN)
    uow.audit("text.withdrawn", message, kind=message.kind)


LATE = timedelta(seconds=30)
"""A page's text that has not left by then is told by telephone."""


_OF_PAGES = select(Message.page_id).where(Message.kind == "page")
_NOT_LEFT = union_all(
    _OF_PAGES.where(UNSENT, Message.created_at < bindparam("late")),
    _OF_PAGES.where(
        Message.ring_since.is_not(None),
        Message.noted_at.is_(None),
        Message.state.in_([MessageState.UNKNOWN, MessageState.UNDELIVERED]),
    ),
)


def not_left(uow: UnitOfWork) -> frozenset[UUID]:
    """Pages whose text has not left, or may not have: whoever they are for is rung."""
    late = uow.now + LATE if providers.is_shut(uow) else uow.now - LATE
    found = uow.session.scalars(_NOT_LEFT, {"late": late})
    return frozenset(key for key in found if key is not None)


def to_ring(uow: UnitOfWork, limit: int) -> Sequence[Message]:
    """Texts that did not reach whoever they were for, and that nobody has seen to yet. Pages
    are not among them: their calls say so."""
    return uow.session.scalars(
        select(Message)
        .where(Message.ring_since.is_not(None), Message.noted_at.is_(None), Message.kind != "page")
        .order_by(Message.priority, Message.ring_since)
        .limit(limit)
    ).all()


def take_note(uow: UnitOfWork, message: Message) -> None:
    """Somebody rang, or it is not needed."""
    if message.ring_since is None or message.noted_at is not None:
        raise Conflict(msgid("somebody has seen to this text already"))
    message.noted_at = uow.now
    uow.audit("text.rung", message, kind=message.kind)
