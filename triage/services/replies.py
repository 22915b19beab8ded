"""A text came in: do what it says, and answer with exactly what changed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from triage.domain import wording
from triage.domain.errors import Conflict, Refused, TriageError
from triage.domain.lifecycle import TAKEN, CallState, PageState, SlotState
from triage.domain.sms_replies import Reply, Verb, parse
from triage.services import dispatches, outbox, paging
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.messages import InboundMessage
from triage.storage.sealed import blind_index
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

OPT_OUT = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
OPT_IN = {"START", "UNSTOP"}


@dataclass(frozen=True)
class Answered:
    """What a text came to. body -- our answer; None for none."""

    outcome: str
    body: str | None
    call: Call | None = None


def receive(
    uow: UnitOfWork, centre: Centre, provider_id: str, from_number: str, body: str
) -> InboundMessage | None:
    """Write the text down, act on it and enqueue the answer, all in this transaction.

    A text whose provider_id was seen before has no second effect: returns None.
    """
    seen = select(InboundMessage.id).where(InboundMessage.provider_id == provider_id)
    if uow.session.scalar(seen) is not None:
        return None
    responder = responder_with(uow, from_number)
    if responder is None:
        answered = _stranger(uow, centre, from_number)
    else:
        try:
            answered = _act(uow, centre, responder, parse(body))
        except TriageError as error:
            if error.__cause__ is not None:  # a lost race: the whole unit is tried again
                raise
            answered = Answered("refused", f"{error}")
    inbound = uow.add(
        InboundMessage(
            provider_id=provider_id,
            from_number=from_number,
            from_index=blind_index("phone", from_number),
            body=body,
            call_id=answered.call.id if answered.call else None,
            responder_id=responder.id if responder else None,
            outcome=answered.outcome,
        )
    )
    uow.audit("text.received", inbound, outcome=answered.outcome)
    if answered.body is not None:
        _answer(uow, centre, inbound, responder, from_number, answered)
    return inbound


def _answer(
    uow: UnitOfWork,
    centre: Centre,
    inbound: InboundMessage,
    responder: Responder | None,
    number: str,
    answered: Answered,
) -> None:
    outbox.enqueue(
        uow,
        centre,
        kind="reply",
        to=number,
        to_role=responder.role if responder else "unknown",
        body=answered.body or "",
        priority=2,
        call_id=answered.call.id if answered.call else None,
        responder_id=responder.id if responder else None,
        dedupe_key=f"reply:{inbound.provider_id}",
    )


def responder_with(uow: UnitOfWork, number: str) -> Responder | None:
    """The member with this telephone."""
    return uow.session.scalar(
        select(Responder)
        .where(
            Responder.phone_index == blind_index("phone", number), Responder.retired_at.is_(None)
        )
        .order_by(Responder.created_at, Responder.id)
        .limit(1)
    )


def _stranger(uow: UnitOfWork, centre: Centre, number: str) -> Answered:
    """One polite answer, capped: two machines must not text each other all night."""
    earlier = uow.session.scalar(
        select(func.count())
        .select_from(InboundMessage)
        .where(
            InboundMessage.from_index == blind_index("phone", number),
            InboundMessage.created_at > uow.now - timedelta(hours=1),
        )
    )
    within = (earlier or 0) < centre.policy.polite_replies_per_hour
    text = wording.unknown_number(centre.policy.centre_name) if within else None
    return Answered("unknown_number", text)


def _act(uow: UnitOfWork, centre: Centre, responder: Responder, reply: Reply) -> Answered:
    if reply.carrier_word is not None:
        return _carrier_word(uow, responder, reply.carrier_word)
    page = _page_meant(uow, responder, reply)
    if isinstance(page, Answered):
        return page
    call = page.slot.dispatch.call
    if reply.verb is Verb.AMBIGUOUS:
        return Answered("not_understood", wording.ambiguous(call.code), call)
    handler = _handler(reply, page)
    if handler is None:
        return Answered("not_understood", wording.not_understood(call.code), call)
    if call.state is CallState.CLOSED and handler not in {_verdict, _note, _help}:
        return Answered("call_closed", wording.not_open(call.code, "closed"), call)
    return handler(uow, centre, page, reply)


def _handler(reply: Reply, page: Page) -> "Handler | None":
    """What a bare digit means depends on where the page stands."""
    if reply.verb is None and reply.digit is not None:
        if page.slot.state is SlotState.CLEARED and page.state is PageState.ACCEPTED:
            return _verdict
        return {1: _accept, 2: _decline}.get(reply.digit)
    return _VERBS.get(reply.verb) if reply.verb else None


def _page_meant(uow: UnitOfWork, responder: Responder, reply: Reply) -> Page | Answered:
    """The page that a reply is about: by its code, or the only open question."""
    if reply.code is not None:
        call = _call_with(uow, reply.code, responder)
        page = paging.open_page_of(uow, call, responder) if call else None
        # Somebody else's code and a code that never was look the same from outside.
        return page or Answered("unknown_code", wording.unknown_code())
    pages = _questions(uow, responder)
    if len(pages) == 1:
        return pages[0]
    if not pages:
        return Answered("no_question", wording.not_understood())
    codes = sorted({page.slot.dispatch.call.code for page in pages})
    return Answered("which_code", wording.which_code(codes))


def _call_with(uow: UnitOfWork, code: str, responder: Responder) -> Call | None:
    """The newest call with this code that this responder was paged for."""
    return uow.session.scalar(
        select(Call)
        .join(Dispatch, Dispatch.call_id == Call.id)
        .join(Slot)
        .join(Page)
        .where(Call.code == code, Page.responder_id == responder.id)
        .order_by(Call.created_at.desc())
        .limit(1)
    )


def _questions(uow: UnitOfWork, responder: Responder) -> list[Page]:
    """What this phone could be answering: open pages, work in hand, and verdicts owed."""
    pages = uow.session.scalars(
        select(Page)
        .join(Slot)
        .where(
            Page.responder_id == responder.id,
            Page.state.in_([PageState.OPEN, PageState.ACCEPTED]),
            Slot.state.in_([SlotState.PAGED, SlotState.CLEARED, *sorted(TAKEN)]),
        )
    ).all()
    open_ones = [p for p in pages if p.slot.state is not SlotState.CLEARED]
    owed = [p for p in pages if p.slot.state is SlotState.CLEARED and p.verdict is None]
    return open_ones or owed


def _carrier_word(uow: UnitOfWork, responder: Responder, word: str) -> Answered:
    """Words that carriers act on never act on a call; HELP on an active one raises the alarm."""
    pages = _questions(uow, responder)
    code = pages[0].slot.dispatch.call.code if pages else None
    if word in OPT_OUT:
        responder.opted_out_at = uow.now
        uow.audit("responder.opted_out", responder, word=word)
        return Answered("opted_out", None)
    if word in OPT_IN:
        responder.opted_out_at = None
        uow.audit("responder.opted_in", responder)
        return Answered("opted_in", wording.opted_in())
    if word == "HELP":
        working = [page for page in pages if page.slot.state in TAKEN]
        for page in working:
            _raise_help(uow, page)
        if working:
            call = working[0].slot.dispatch.call
            return Answered("help_raised", wording.help_raised(call.code), call)
    if word == "YES" and code is not None:
        return Answered("yes", wording.yes_is_not_an_answer(code))
    return Answered("carrier_word", wording.need_code(code) if code else wording.not_understood())


def _accept(uow: UnitOfWork, centre: Centre, page: Page, reply: Reply) -> Answered:
    slot, call = page.slot, page.slot.dispatch.call
    if page.state is PageState.ACCEPTED and slot.state in TAKEN:
        return Answered("accepted", _accepted_text(page), call)
    if page.state is PageState.WITHDRAWN or slot.state in TAKEN or slot.state == "cancelled":
        return Answered("too_late", _too_late(page), call)
    try:
        paging.accept(uow, centre, page, "text")
    except Conflict as error:
        if error.__cause__ is not None:
            raise
        return Answered("too_late", wording.taken_by(call.code, str(error)), call)
    if reply.minutes is not None:
        dispatches.set_eta(uow, slot, reply.minutes)
    return Answered("accepted", _accepted_text(page), call)


def _accepted_text(page: Page) -> str:
    call = page.slot.dispatch.call
    others = [
        f"{s.role} {paging.who_has(s)}" if s.state in TAKEN else f"no {s.role} yet"
        for s in page.slot.dispatch.slots
        if s is not page.slot and s.state not in {SlotState.CANCELLED, SlotState.REPLACED}
    ]
    return wording.accepted(call.code, call.location, others)


def _too_late(page: Page) -> str:
    slot, code = page.slot, page.slot.dispatch.call.code
    if slot.state in TAKEN:
        return wording.taken_by(code, paging.who_has(slot))
    return wording.not_open(code, slot.dispatch.state.value.replace("_", " "))


def _decline(uow: UnitOfWork, centre: Centre, page: Page, reply: Reply) -> Answered:
    call = page.slot.dispatch.call
    if page.state in {PageState.DECLINED, PageState.PASSED_OVER}:
        return Answered("declined", wording.declined(call.code), call)
    if page.state is PageState.WITHDRAWN:
        return Answered("too_late", _too_late(page), call)
    paging.decline(uow, centre, page, "text")
    return Answered("declined", wording.declined(call.code), call)


def _theirs(page: Page) -> None:
    """Raises Refused unless whoever texts has the slot."""
    if page.state is not PageState.ACCEPTED or page.slot.state not in TAKEN:
        code = page.slot.dispatch.call.code
        raise Refused(f"You have not accepted {code}. Reply {code} 1 to accept.")


_MOVED = {
    SlotState.EN_ROUTE: wording.en_route,
    SlotState.ON_SCENE: wording.on_scene,
    SlotState.CLEARED: wording.cleared,
}


def _advance(state: SlotState) -> "Handler":
    def act(uow: UnitOfWork, centre: Centre, page: Page, reply: Reply) -> Answered:
        call = page.slot.dispatch.call
        if page.slot.state is not state:
            _theirs(page)
            dispatches.advance(uow, page.slot, state, "text")
        return Answered(state.value, _MOVED[state](call.code), call)

    return act


def _eta(uow: UnitOfWork, centre: Centre, page: Page, reply: Reply) -> Answered:
    call = page.slot.dispatch.call
    if page.state is not PageState.ACCEPTED:
        return _accept(uow, centre, page, reply)  # an ETA from somebody asked is a yes
    _theirs(page)
    if reply.minutes is None:
        raise Refused(f"How many minutes? Reply {call.code} ETA 10.")
    dispatches.set_eta(uow, page.slot, reply.minutes)
    return Answered("eta", wording.eta(call.code, reply.minutes), call)


def _raise_help(uow: UnitOfWork, page: Page) -> None:
    page.help_at = uow.now
    uow.audit("page.help", page, call_id=page.slot.dispatch.call_id, team=page.team.name)


def _help(uow: UnitOfWork, centre: Centre, page: Page, reply: Reply) -> Answered:
    _raise_help(uow, page)
    call = page.slot.dispatch.call
    return Answered("help_raised", wording.help_raised(call.code), call)


def _note(uow: UnitOfWork, centre: Centre, page: Page, reply: Reply) -> Answered:
    """The text itself is the note: it is kept sealed and stands in the call's timeline."""
    call = page.slot.dispatch.call
    if not reply.note:
        raise Refused(f"Write the note behind the word: {call.code} NOTE ...")
    return Answered("noted", wording.noted(call.code), call)


def _verdict(uow: UnitOfWork, centre: Centre, page: Page, reply: Reply) -> Answered:
    call = page.slot.dispatch.call
    if page.state is not PageState.ACCEPTED or reply.digit not in {1, 2, 3, 4}:
        return Answered("not_understood", wording.not_understood(call.code), call)
    page.verdict = reply.digit
    uow.audit("page.verdict", page, call_id=call.id, verdict=reply.digit)
    return Answered("verdict", wording.verdict_thanks(call.code), call)


Handler = Callable[[UnitOfWork, Centre, Page, Reply], Answered]
_VERBS: dict[Verb, Handler] = {
    Verb.ACCEPT: _accept,
    Verb.DECLINE: _decline,
    Verb.ETA: _eta,
    Verb.EN_ROUTE: _advance(SlotState.EN_ROUTE),
    Verb.ON_SCENE: _advance(SlotState.ON_SCENE),
    Verb.CLEAR: _advance(SlotState.CLEARED),
    Verb.HELP: _help,
    Verb.NOTE: _note,
}
