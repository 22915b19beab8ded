"""Many calls at once: whose telephone had its share, and what supervisors are told in one text."""

from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select

from triage.domain import escalation_wording
from triage.domain.delivery import PERHAPS_OUT
from triage.domain.escalation import HIGHEST
from triage.domain.lifecycle import DispatchState, MessageState, PageKind, PageState
from triage.domain.ranking import TeamOption
from triage.domain.storm import BUNDLE_FOR, LIMITS, may_be_held_back
from triage.services import outbox
from triage.services.centre import Centre
from triage.services.escalation_steps import is_unconfirmed
from triage.services.unsafe import withdrew_from
from triage.storage.attempts import Attempt
from triage.storage.dispatches import OPEN_PAGE, Dispatch, Page, Slot
from triage.storage.messages import Message
from triage.storage.teams import Responder, Shift
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

BUNDLE = "bundle"
MOST_CODES = 6
"""More would not fit into two texts; the rest is a number."""
_KINDS = {"sms": ("page", "bundle"), "voice": ("ring",)}
_NOT_LOST = Message.state.not_in(
    [
        MessageState.FAILED,
        MessageState.UNDELIVERED,
        MessageState.EXPIRED,
        MessageState.WITHDRAWN,
    ]
)
# For each limit the page that reached it is looked for: in a storm there are thousands.
_FLOODED = select(Responder.id).where(
    Responder.id.in_(bindparam("members", expanding=True)),
    or_(
        *(
            select(Page.id)
            .where(Page.responder_id == Responder.id, Page.created_at > bindparam(f"since_{place}"))
            .offset(most - 1)
            .limit(1)
            .exists()
            for place, (most, _) in enumerate(LIMITS)
        )
    ),
)


def flooded(uow: UnitOfWork, options: Iterable[TeamOption]) -> set[UUID]:
    """Members whose telephone has had its share of pages lately."""
    members = [member.responder_id for option in options for member in option.members]
    since = {f"since_{place}": uow.now - span for place, (_, span) in enumerate(LIMITS)}
    with uow.asking((Page,)):
        return {key for (key,) in uow.rows(_FLOODED, {"members": members, **since})}


def holds_back(uow: UnitOfWork, page: Page, channel: str) -> bool:
    """A supervisor was told of another call a moment ago: this less urgent one comes with all
    that become due meanwhile, in one text. Rings are not made up for: where no text is there, or
    on its way, none is held back."""
    if not may_be_held_back(page.slot.dispatch.level_rank):
        return False
    if channel == "voice" and not _has_text(uow, page):
        return False
    told = select(Message.id).where(
        _to_their_phone(page),
        Message.kind.in_(_KINDS[channel]),
        Message.created_at > uow.now - BUNDLE_FOR,
        _NOT_LOST,
    )
    if is_unconfirmed(page.slot.dispatch):  # a ring of something else tells nothing of this
        of_page = told.join(Page, Page.id == Message.page_id).join(Slot).join(Dispatch)
        told = of_page.where(Dispatch.state == DispatchState.HAND_OVER)
    if uow.session.scalar(told.limit(1)) is None:
        return False
    if channel == "sms":
        _bundle_soon(uow, page)
    return True


def _to_their_phone(page: Page) -> ColumnElement[bool]:
    """By the index that there is; what went to another number of theirs is not counted."""
    return Message.to_index == page.responder.phone_index


def _has_text(uow: UnitOfWork, page: Page) -> bool:
    """Does a text tell of this page, its own or one of several calls, or will one soon? None of
    several calls tells of what is to be handed over."""
    if page.state is PageState.UNDELIVERABLE:
        return False
    alone = is_unconfirmed(page.slot.dispatch)
    with_others = and_(
        Message.kind == BUNDLE,
        Message.created_at >= page.created_at,
    )
    its_own = and_(Message.kind == "page", Message.page_id == page.id)
    tells = its_own if alone else or_(its_own, with_others)
    texts = select(Message.id).where(_to_their_phone(page), tells, _NOT_LOST)
    has_one = uow.session.scalar(texts.limit(1)) is not None
    return has_one or (not alone and _is_coming(uow, page))


def told_with_others(uow: UnitOfWork, page: Page) -> bool:
    """May whoever this page asks have read of it in one text of several calls? One that was held
    back and is over by then was told to nobody."""
    if page.kind is not PageKind.SUPERVISOR:
        return False
    left = (
        select(Attempt.id)
        .join(Message, Message.id == Attempt.message_id)
        .where(
            _to_their_phone(page),
            Message.kind == BUNDLE,
            Message.created_at >= page.created_at,
            Attempt.state.in_(PERHAPS_OUT),
        )
    )
    return uow.session.scalar(left.limit(1)) is not None


def _is_coming(uow: UnitOfWork, page: Page) -> bool:
    """Will they get one text of several calls?"""
    waiting = select(Timer.id).where(
        Timer.subject_id == page.responder_id, Timer.kind == BUNDLE, Timer.state == "waiting"
    )
    return uow.session.scalar(waiting.limit(1)) is not None


def _bundle_soon(uow: UnitOfWork, page: Page) -> None:
    if not _is_coming(uow, page):
        of_them = (Timer.subject_id == page.responder_id, Timer.kind == BUNDLE)
        step = uow.session.scalar(select(func.count()).select_from(Timer).where(*of_them))
        uow.set_timer(
            BUNDLE,
            page.responder,
            uow.now + BUNDLE_FOR,
            step=step or 0,
            priority=page.slot.dispatch.level_rank,
        )


def tell_all(uow: UnitOfWork, centre: Centre, responder: Responder, number: int) -> None:
    """One text about every less urgent call that this supervisor is asked to take charge of."""
    pages = uow.session.scalars(_left_to(uow, responder.id)).all()
    rows = list(dict.fromkeys(page.slot.dispatch for page in pages))
    calls = {dispatch.call_id: dispatch.call.code for dispatch in rows}
    codes = list(calls.values())
    if not codes or responder.opted_out_at is not None:
        return
    left = withdrew_from(uow, calls)
    unsafe = [code for key, code in calls.items() if key in left][:MOST_CODES]
    outbox.enqueue(
        uow,
        centre,
        kind=BUNDLE,
        to=responder.phone or "",
        to_role=responder.role,
        body=escalation_wording.many_left(codes[:MOST_CODES], len(codes[MOST_CODES:]), unsafe),
        priority=rows[0].level_rank,
        responder_id=responder.id,
        dedupe_key=f"bundle:{responder.id}:{number}",
        valid_s=centre.policy.page_valid_s,
    )
    for dispatch in rows:
        uow.audit("dispatch.told_with_others", dispatch, team=responder.team.name, calls=len(codes))


def pages_of(uow: UnitOfWork, message: Message) -> Sequence[Page]:
    """The pages that this text stands for: its own, or each that it tells of together with
    others, as far as an answer to it is awaited."""
    if message.kind == BUNDLE:
        left = uow.session.scalars(_left_to(uow, message.responder_id))
        return [page for page in left if page.created_at <= message.created_at]
    return [uow.get(Page, message.page_id)] if message.page_id is not None else []


def _left_to(uow: UnitOfWork, responder_id: UUID | None) -> Select[Page]:
    """Pages that ask a supervisor on shift to take charge of less urgent calls."""
    on_shift = select(Shift.responder_id).where(Shift.starts_at <= uow.now, Shift.ends_at > uow.now)
    return (
        select(Page)
        .join(Slot)
        .join(Dispatch)
        .where(
            Page.responder_id == responder_id,
            Page.responder_id.in_(on_shift),
            Page.kind == PageKind.SUPERVISOR,
            OPEN_PAGE,
            Dispatch.state == DispatchState.UNFILLED,
            Dispatch.level_rank > HIGHEST,
        )
        .order_by(Dispatch.level_rank, Dispatch.created_at, Page.id)
    )


def is_awaited(uow: UnitOfWork, message: Message) -> bool:
    """Is whoever this one text tells of several calls still asked to take charge of any?"""
    return uow.session.scalar(_left_to(uow, message.responder_id).limit(1)) is not None


HANDLERS: dict[str, Callable[[UnitOfWork, Centre, Timer], None]] = {
    BUNDLE: lambda uow, centre, timer: tell_all(
        uow, centre, uow.get(Responder, timer.subject_id), timer.step
    )
}
