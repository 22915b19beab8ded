"""What each word of a reply does to the page it is about, and the answer that says so."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from triage.domain import answer_wording, escalation_wording, relief_wording, wording
from triage.domain.errors import Conflict, Refused
from triage.domain.lifecycle import (
    ON_SITE,
    TAKEN,
    WANTED,
    PageKind,
    PageState,
    SlotState,
    leads_back,
)
from triage.domain.sms_replies import Reply, Verb
from triage.domain.words import Spoken, listed
from triage.services import (
    addresses,
    after_a_no,
    arrivals,
    charges,
    dispatches,
    page_answers,
    paging,
    reliefs,
    replacements,
    silences,
    two_places,
)
from triage.services.centre import Centre
from triage.services.pages import may_still_decline
from triage.storage.calls import Call
from triage.storage.dispatches import Page
from triage.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Answered:
    """What a text came to. body -- our answer; None for none; priority -- of that answer."""

    outcome: str
    body: Spoken | None
    call: Call | None = None
    priority: int = 2


Handler = Callable[[UnitOfWork, Centre, Page, Reply], Answered]


def accept(uow: UnitOfWork, centre: Centre, page: Page, reply: Reply) -> Answered:
    slot, call = page.slot, page.slot.dispatch.call
    if page.state is PageState.ACCEPTED and slot.state in TAKEN:
        if slot.state in ON_SITE or reply.minutes is not None:
            return _eta(uow, centre, page, reply)
        return Answered("accepted", page_answers.accepted_text(uow, centre, page), call)
    if page.state is PageState.WITHDRAWN or slot.state not in WANTED:
        return Answered("too_late", _too_late(page), call)
    try:
        told = page_answers.accept(uow, centre, page, "text")
    except Conflict as error:
        if error.__cause__ is not None:
            raise
        return Answered("too_late", wording.taken_by(call.code, paging.who_has(slot)), call)
    if told is not None:  # asked for more than a yes of theirs
        return Answered("accepted", told, call)
    told = page_answers.accepted_text(uow, centre, page)
    if reply.minutes is not None:
        dispatches.set_eta(uow, slot, reply.minutes, "text")
        told = listed(" ", [told, answer_wording.eta_noted(reply.minutes)])
    return Answered("accepted", told, call)


def _too_late(page: Page) -> Spoken:
    slot, code = page.slot, page.slot.dispatch.call.code
    if _is_released(page):
        left = slot.state is SlotState.WITHDRAWN
        return (relief_wording.left_before if left else relief_wording.released_before)(code)
    if slot.state in TAKEN:
        return wording.taken_by(code, paging.who_has(slot))
    if _is_done(page):
        return wording.not_open(code, slot.state.value)
    holder = charges.in_charge(slot.dispatch)
    if holder is not None and page.kind is PageKind.SUPERVISOR:
        return escalation_wording.charge_is_taken(code, holder.team.name)
    return wording.not_open(code, slot.dispatch.state.value)


def what_is_over(page: Page) -> Answered | None:
    """What became of it, where nothing is left for whoever texts to be asked or to do."""
    slot, call = page.slot, page.slot.dispatch.call
    released, lives = _is_released(page), slot.state in WANTED | TAKEN
    if lives and page.state is not PageState.WITHDRAWN:
        return None
    gone = not lives and not released
    told = wording.not_open(call.code, slot.state.value) if gone else _too_late(page)
    return Answered("too_late", told, call)


def decline(uow: UnitOfWork, centre: Centre, page: Page, reply: Reply) -> Answered:
    call = page.slot.dispatch.call
    said_no = page.state in {PageState.DECLINED, PageState.PASSED_OVER}
    if said_no and not may_still_decline(page):
        return _said_no(uow, page, after_a_no.what_follows(uow, centre, page))
    if page.state is PageState.WITHDRAWN or _is_released(page) or _is_done(page):
        return Answered("too_late", _too_late(page), call)
    if page.state is PageState.ACCEPTED and page.slot.state in ON_SITE:
        return _stays(uow, centre, page)
    had_charge = charges.is_charge(page)
    then = page_answers.decline(uow, centre, page, "text")
    if had_charge:
        return Answered("declined", escalation_wording.charge_given_back(call.code, then), call)
    return _said_no(uow, page, then)


def _said_no(uow: UnitOfWork, page: Page, then: Spoken) -> Answered:
    call = page.slot.dispatch.call
    say = relief_wording.given_back if after_a_no.gave_back(uow, page) else wording.declined
    return Answered("declined", say(call.code, then), call)


def _is_released(page: Page) -> bool:
    """Did whoever texts have the slot, and left it?"""
    left = {SlotState.REPLACED, SlotState.WITHDRAWN}
    return page.state is PageState.ACCEPTED and page.slot.state in left


def _is_done(page: Page) -> bool:
    """Did whoever texts have the slot, and clear?"""
    return page.state is PageState.ACCEPTED and page.slot.state is SlotState.CLEARED


def _theirs(page: Page) -> None:
    """Raises Refused unless whoever texts has the slot."""
    code = page.slot.dispatch.call.code
    if _is_released(page) or _is_done(page):
        raise Refused(_too_late(page))
    if page.state is PageState.WITHDRAWN or page.slot.state is SlotState.CANCELLED:
        raise Refused(_too_late(page))
    if page.state is not PageState.ACCEPTED or page.slot.state not in TAKEN:
        raise Refused(answer_wording.not_accepted(code))


def _stays(uow: UnitOfWork, centre: Centre, page: Page) -> Answered:
    """They are there, and what they text would lead back: nothing is changed."""
    slot, call = page.slot, page.slot.dispatch.call
    since = arrivals.since(uow, centre, slot)
    return Answered("stays", answer_wording.is_there(call.code, slot.state, since), call)


_MOVED = {
    SlotState.EN_ROUTE: wording.en_route,
    SlotState.STAGED: relief_wording.staged,
    SlotState.TRANSPORTING: relief_wording.transporting,
    SlotState.ON_SCENE: wording.on_scene,
}


def _advance(state: SlotState) -> Handler:
    def act(uow: UnitOfWork, centre: Centre, page: Page, reply: Reply) -> Answered:
        call = page.slot.dispatch.call
        if page.slot.state is not state or page.state is not PageState.ACCEPTED:
            _theirs(page)
            if leads_back(page.slot.state, state):
                return _stays(uow, centre, page)
            if state is SlotState.EN_ROUTE and reply.minutes is not None:
                return _eta(uow, centre, page, reply)
            dispatches.advance(uow, centre, page.slot, state, "text")
        return Answered(state.value, _moved(uow, page, state), call)

    return act


def _moved(uow: UnitOfWork, page: Page, state: SlotState) -> Spoken:
    """Where they are now, and what to text next. Whoever has said when they arrive is not asked."""
    if state is SlotState.CLEARED:
        return cleared_text(page)
    if others := two_places.also_at(uow, page.slot):
        return relief_wording.at_two_places(page.slot.dispatch.call.code, others[0])
    code, eta_at = page.slot.dispatch.call.code, page.slot.eta_at
    if state is SlotState.EN_ROUTE and eta_at is not None and eta_at > uow.now:
        return wording.eta(code, ceil((eta_at - uow.now).total_seconds() / 60))
    return _MOVED[state](code)


def cleared_text(page: Page) -> Spoken:
    """Whether the triage was right is asked once, here or in the visit note."""
    say = wording.cleared if page.verdict is None else wording.cleared_and_answered
    return say(page.slot.dispatch.call.code)


def _on_the_way(uow: UnitOfWork, centre: Centre, page: Page, reply: Reply) -> Answered:
    """From somebody asked it is a yes as well: they drive."""
    if page.state is PageState.ACCEPTED:
        return _EN_ROUTE(uow, centre, page, reply)
    answered = accept(uow, centre, page, reply)
    slot = page.slot
    if slot.responder_id == page.responder_id and slot.state is SlotState.ACCEPTED:
        dispatches.advance(uow, centre, slot, SlotState.EN_ROUTE, "text")
    return answered


def _eta(uow: UnitOfWork, centre: Centre, page: Page, reply: Reply) -> Answered:
    call = page.slot.dispatch.call
    if page.state is not PageState.ACCEPTED:
        return accept(uow, centre, page, reply)  # an ETA from somebody asked is a yes
    _theirs(page)
    if page.slot.state in ON_SITE:
        return _stays(uow, centre, page)
    if reply.minutes is None:
        raise Refused(answer_wording.how_many_minutes(call.code))
    dispatches.set_eta(uow, page.slot, reply.minutes, "text")
    return Answered("eta", wording.eta(call.code, reply.minutes), call)


def _ask_relief(uow: UnitOfWork, centre: Centre, page: Page, reply: Reply) -> Answered:
    _theirs(page)
    call, again = page.slot.dispatch.call, reliefs.relief_of(page.slot) is not None
    replacements.ask(uow, centre, page.slot, "text")
    relief = reliefs.relief_of(page.slot)
    if relief is None or relief.state is not SlotState.UNFILLED:
        return Answered("relief_asked", relief_wording.relief_asked(call.code), call)
    # That nobody was found is texted as it turns out, however the relief was asked for; but to
    # nobody who is told nothing new after a silent alarm: they get the ordinary answer.
    unheard = again or page.responder_id in silences.silenced(uow)
    return Answered("relief_asked", relief_wording.no_relief(call.code) if unheard else None, call)


def _withdraw(uow: UnitOfWork, centre: Centre, page: Page, reply: Reply) -> Answered:
    call = page.slot.dispatch.call
    if page.state is PageState.OPEN:
        return decline(uow, centre, page, reply)  # from somebody asked it is a no
    if page.slot.state is not SlotState.WITHDRAWN or page.state is not PageState.ACCEPTED:
        _theirs(page)
        replacements.withdraw(uow, centre, page.slot, "text")
    return Answered("withdrawn", relief_wording.withdrawn(call.code), call)


def keep_note(uow: UnitOfWork, centre: Centre, page: Page, reply: Reply) -> Answered:
    """The text itself is the note: it is kept sealed and stands in the call's timeline."""
    call = page.slot.dispatch.call
    if not reply.note:
        raise Refused(answer_wording.empty_note(call.code))
    return Answered("noted", wording.noted(call.code), call)


def read_address(uow: UnitOfWork, centre: Centre, page: Page, reply: Reply) -> Answered:
    """Not by text: a telephone call reads it out, after their PIN."""
    _theirs(page)
    return Answered("address", addresses.ask(uow, centre, page), page.slot.dispatch.call)


def record_verdict(uow: UnitOfWork, centre: Centre, page: Page, reply: Reply) -> Answered:
    call = page.slot.dispatch.call
    if page.state is not PageState.ACCEPTED or reply.digit not in {1, 2, 3, 4}:
        return Answered("not_understood", answer_wording.not_understood(call.code), call)
    before, page.verdict = page.verdict, reply.digit
    uow.audit("page.verdict", page, call_id=call.id, verdict=reply.digit)
    changed = before is not None and before != reply.digit
    say = answer_wording.answered_anew if changed else wording.verdict_thanks
    return Answered("verdict", say(call.code), call)


_EN_ROUTE = _advance(SlotState.EN_ROUTE)
VERBS: dict[Verb, Handler] = {
    Verb.ACCEPT: accept,
    Verb.DECLINE: decline,
    Verb.ETA: _eta,
    Verb.EN_ROUTE: _on_the_way,
    Verb.ON_SCENE: _advance(SlotState.ON_SCENE),
    Verb.STAGED: _advance(SlotState.STAGED),
    Verb.TRANSPORT: _advance(SlotState.TRANSPORTING),
    Verb.REPLACE: _ask_relief,
    Verb.WITHDRAW: _withdraw,
    Verb.CLEAR: _advance(SlotState.CLEARED),
    Verb.NOTE: keep_note,
    Verb.ADDRESS: read_address,
}
