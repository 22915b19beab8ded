"""A text came in: do what it says, and answer with exactly what changed."""

import logging
from dataclasses import replace

from triage.domain import answer_wording, reach_wording, wording
from triage.domain.errors import TriageError
from triage.domain.lifecycle import ON_SITE, TAKEN, CallState, PageState, SlotState
from triage.domain.sms_replies import Reply, Verb, parse
from triage.domain.words import Spoken, listed
from triage.services import (
    check_ins,
    confirmations,
    dangers,
    duress,
    duty,
    field_texts,
    forced_agreements,
    freed_teams,
    lost_phones,
    ready_answers,
    received_texts,
    referrals,
    unread_replies,
    verification,
)
from triage.services.centre import Centre
from triage.services.pages import hold
from triage.services.pages_meant import (
    call_with,
    had_lately,
    in_hand,
    is_no,
    left_unsafe,
    page_meant,
    questions,
)
from triage.services.received_texts import Received
from triage.services.reply_actions import (
    VERBS,
    Answered,
    Handler,
    accept,
    cleared_text,
    decline,
    keep_note,
    record_verdict,
    what_is_over,
)
from triage.storage.database import must_begin_anew
from triage.storage.dispatches import Page
from triage.storage.messages import InboundMessage
from triage.storage.sealed import CannotOpen
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

log = logging.getLogger("triage.replies")
OPT_OUT = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
OPT_IN = {"START", "UNSTOP"}
SHOWS_REACH = {
    *("accepted", "declined", "eta", "stays", "en_route", "staged", "on_scene", "transporting"),
    *("relief_asked", "withdrawn", "cleared", "all_is_well"),
}
"""Outcomes of answers to a text of ours that arrived."""


def receive(uow: UnitOfWork, centre: Centre, text: Received) -> InboundMessage | None:
    """Write the text down, act on it and enqueue the answer, all in this transaction.

    A text that was brought before has no second effect: returns None.
    """
    if received_texts.is_kept(uow, text):
        return None
    sender = received_texts.sender_of(uow, text)
    if sender is None:
        answered = referrals.heard(uow, centre, text.from_index, text.body) or _of_a_stranger(
            centre, text
        )
    else:
        text = text._replace(body=duress.listen(uow, centre, sender, text.body))
        answered = _answered(uow, centre, sender, text)
    if answered.outcome in {*unread_replies.ASKED_BACK, "too_late"}:
        answered = _put_before_the_desk(uow, sender, text, answered)
    return received_texts.keep(uow, centre, text, sender, answered)


def _of_a_stranger(centre: Centre, text: Received) -> Answered:
    """One polite answer, but none to STOP: they want no text. A cry for help stands first among
    what a dispatcher reads: it may be one of ours, on a phone that is not theirs."""
    reply = _read(text)
    told = answer_wording.unknown_number(centre.policy.centre_name)
    said = None if reply.carrier_word in OPT_OUT else told
    return Answered("help_unplaced" if reply.verb is Verb.HELP else "unknown_number", said)


def _answered(uow: UnitOfWork, centre: Centre, sender: Responder, text: Received) -> Answered:
    try:
        with uow.session.begin_nested():  # a refusal leaves nothing half-done
            return _heard(uow, centre, sender, text)
    except CannotOpen:
        raise  # of no use to whoever reads the answer
    except TriageError as error:
        if error.__cause__ is not None:  # a lost race: the whole unit is tried again
            raise
        return Answered("refused", answer_wording.refused(str(error)))


def leave_to_a_person(uow: UnitOfWork, centre: Centre, text: Received) -> InboundMessage | None:
    """Acting on this text failed and was undone. Nothing of it is done but the alarm that it
    raises, or that no more is sent after STOP; a dispatcher reads it. The answer is the same with
    a word for duress in it."""
    if received_texts.is_kept(uow, text):
        return None
    sender = received_texts.sender_of(uow, text)
    told: Spoken | None = answer_wording.could_not_be_done()
    if sender is not None:
        text = text._replace(body=duress.listen(uow, centre, sender, text.body))
        told = _at_least(uow, centre, sender, _read(text), told)
    answered = Answered(unread_replies.NOT_DONE, told)
    return received_texts.keep(uow, centre, text, sender, answered)


def _at_least(
    uow: UnitOfWork, centre: Centre, sender: Responder, reply: Reply, told: Spoken | None
) -> Spoken | None:
    """Raise the alarm, or heed STOP. Returns the answer: `told` where it is neither."""
    if reply.carrier_word not in {None, "HELP"}:
        told = None
    if reply.carrier_word in OPT_OUT and reply.code is None:
        _heed_stop(uow, sender)
    if reply.verb in {Verb.HELP, Verb.WITHDRAW} or reply.carrier_word == "HELP":
        told = field_texts.cry_for_help(uow, centre, sender, reply).body
    return None if sender.phone_lost_at is not None else told


def _heed_stop(uow: UnitOfWork, sender: Responder) -> None:
    """No more goes to this phone, though moving on what it was asked failed. The text is kept
    whatever becomes of this."""
    try:
        with uow.session.begin_nested():
            duty.opt_out(uow, sender, "text")
    except Exception as error:
        if must_begin_anew(error):  # all of this is tried again
            raise
        log.error("STOP could not be written down: %s", type(error).__name__)


def _put_before_the_desk(
    uow: UnitOfWork, sender: Responder | None, text: Received, answered: Answered
) -> Answered:
    """What somebody on a call writes that is no command, or who had to leave it, is read by a
    person at once, all of it: they may have no second text. Anybody else who was told what to type
    and still cannot be served is left to a person."""
    left = answered.outcome == "too_late"
    on: list[Page] = []
    if sender is not None and _read(text).says_nothing:
        on = left_unsafe(uow, sender) if left else in_hand(uow, sender)
    call = answered.call or (on[0].slot.dispatch.call if on else None)
    if not left and unread_replies.was_asked_back(uow, text.from_index):
        guessed = answered.outcome == "not_understood"
        said = answer_wording.left_to_a_person() if guessed else answered.body
        return Answered(unread_replies.UNREAD, said, call)
    if on and answered.body is not None:
        return Answered(unread_replies.UNREAD, answer_wording.desk_reads(answered.body), call)
    return answered


def _read(text: Received) -> Reply:
    """What it says, unless the carrier has acted on it already."""
    return Reply(carrier_word=text.opted) if text.opted else parse(text.body)


def _heard(uow: UnitOfWork, centre: Centre, responder: Responder, text: Received) -> Answered:
    """What a text from one of our members comes to."""
    if responder.phone_lost_at is not None:
        return lost_phones.heard(uow, centre, responder, text.body)
    reply = _read(text)
    if responder.verified_at is None:
        if verification.hear(uow, responder, text.body):
            confirmations.heard_from(uow, centre, responder)
            return Answered("verified", reach_wording.verified(centre.policy.centre_name))
        if reply.verb is Verb.WITHDRAW:  # from here it leads nobody away, but it is heard
            return field_texts.cry_for_help(uow, centre, responder, reply)
        if reply.carrier_word is None and reply.verb is not Verb.HELP:
            asked = verification.request(centre, responder)
            told = listed(" ", [asked, answer_wording.nothing_changed()])
            return Answered("not_verified", told)
    if is_no(reply) and reply.code is None and (call := received_texts.repeats(uow, text)):
        reply = replace(reply, code=call.code)
    answered = _act(uow, centre, responder, reply)
    if reply.code is None:
        answered = ready_answers.perhaps(uow, centre, responder, text.body, answered)
    if answered.outcome in SHOWS_REACH:
        confirmations.heard_from(uow, centre, responder)
    return answered


def _act(uow: UnitOfWork, centre: Centre, responder: Responder, reply: Reply) -> Answered:
    if reply.verb is Verb.READY and reply.code is None:
        return ready_answers.ready(uow, centre, responder)
    if reply.carrier_word is not None:
        return _carrier_word(uow, centre, responder, reply)
    if reply.verb in _OF_THEMSELVES:
        return _OF_THEMSELVES[reply.verb](uow, centre, responder, reply)
    page = page_meant(uow, responder, reply)
    if reply.verb is Verb.WITHDRAW and not field_texts.can_leave(page):
        return field_texts.cry_for_help(uow, centre, responder, reply)
    return page if isinstance(page, Answered) else _about(uow, centre, page, reply)


def _all_is_well(uow: UnitOfWork, centre: Centre, responder: Responder, reply: Reply) -> Answered:
    """Of what they have; of what is over they learn that it is. It accepts nothing."""
    well = field_texts.all_is_well(uow, responder, reply.code)
    if well is not None:
        return well
    page = page_meant(uow, responder, Reply(reply.code))
    if isinstance(page, Answered):
        return page
    if forced_agreements.read_of_by_text(uow, page):
        told = wording.not_open(page.slot.dispatch.call.code, SlotState.CANCELLED.value)
        return Answered("too_late", told, page.slot.dispatch.call)
    return what_is_over(page) or _about(uow, centre, page, Reply(reply.code))


_OF_THEMSELVES = {
    Verb.HELP: field_texts.cry_for_help,
    Verb.NO_HELP: field_texts.needs_no_help,
    Verb.SAFE: _all_is_well,
}


def _about(uow: UnitOfWork, centre: Centre, page: Page, reply: Reply) -> Answered:
    """Do what the reply says about this page."""
    hold(uow, page)
    call = page.slot.dispatch.call
    if reply.verb is Verb.AMBIGUOUS:
        return Answered("not_understood", answer_wording.ambiguous(call.code), call)
    no = field_texts.says_no_there(page, reply)
    if no and reply.verb and check_ins.open_of(uow, page.slot) is not None:
        return field_texts.cry_for_help(uow, centre, page.responder, Reply(call.code))
    if field_texts.answers_check_in(uow, page, reply):
        well = field_texts.all_is_well(uow, page.responder, call.code)
        if well is not None:
            return well
    handler = _handler(reply, page)
    if handler is None or field_texts.may_deny_well(uow, page, reply):
        return Answered("not_understood", _what_to_type(uow, page, reply), call)
    closed = call.state is CallState.CLOSED or forced_agreements.read_of_by_text(uow, page)
    if closed and handler not in {record_verdict, keep_note}:
        return Answered("call_closed", wording.not_open(call.code, "closed"), call)
    answered = handler(uow, centre, page, reply)
    if not no and page.slot.state in TAKEN and page.slot.responder_id == page.responder_id:
        check_ins.heard(uow, page.slot, "text")
    # Their answer leaves no later than what their text sets off, all hands for instance.
    return replace(answered, priority=min(answered.priority, page.slot.rank))


def _what_to_type(uow: UnitOfWork, page: Page, reply: Reply) -> Spoken:
    """1 and 2 answer a page that waits; all else is said of a call that they have."""
    code = page.slot.dispatch.call.code
    if page.state is not PageState.ACCEPTED:
        return answer_wording.not_understood(code)
    if page.slot.state is SlotState.CLEARED:
        return cleared_text(page)
    if page.slot.state is SlotState.WITHDRAWN and (over := what_is_over(page)) and over.body:
        return over.body
    asked = [] if reply.code else _open_codes(questions(uow, page.responder))
    return answer_wording.not_understood(next(iter(asked), None), code)


def _open_codes(pages: list[Page]) -> list[str]:
    """Of the pages that wait for an answer."""
    return [page.slot.dispatch.call.code for page in pages if page.state is PageState.OPEN]


def _handler(reply: Reply, page: Page) -> Handler | None:
    """What a bare digit means, or "all clear", depends on where the page stands."""
    if reply.verb is Verb.ALL_CLEAR:
        there = field_texts.has_place(page) and page.slot.state in ON_SITE
        return VERBS[Verb.CLEAR] if there else None
    if reply.verb is None and reply.digit is not None:
        if page.slot.state is SlotState.CLEARED and page.state is PageState.ACCEPTED:
            return record_verdict
        return {1: accept, 2: decline}.get(reply.digit)
    return VERBS.get(reply.verb) if reply.verb else None


def _carrier_word(uow: UnitOfWork, centre: Centre, responder: Responder, reply: Reply) -> Answered:
    """Words that carriers act on never act on a call; HELP of somebody on one raises the alarm."""
    word = reply.carrier_word or ""
    if word == "HELP":
        return _help(uow, centre, responder, reply)
    if reply.code is not None:  # no carrier acts on it, and neither do we
        return _no_yes(uow, responder, reply.code, word)
    if word in OPT_OUT:
        duty.stopped(uow, centre, responder, "text")
        return Answered("opted_out", None)
    # To most carriers YES is START. Where it is not they refuse our answer, and tell of STOP again.
    if word in OPT_IN or (word == "YES" and responder.opted_out_at is not None):
        return _opt_in(uow, centre, responder)
    codes = _open_codes(questions(uow, responder))
    codes = codes or [page.slot.dispatch.call.code for page in in_hand(uow, responder)]
    if not codes:
        return Answered("carrier_word", answer_wording.not_understood())
    answered = _no_yes(uow, responder, codes[0], word)
    return answered if word == "YES" else replace(answered, outcome="carrier_word")


def _help(uow: UnitOfWork, centre: Centre, responder: Responder, reply: Reply) -> Answered:
    """HELP alone is also how anybody asks a carrier what these texts are: whoever is on no call,
    and was on none lately, is asked back, once."""
    pages = questions(uow, responder)
    on_a_call = reply.code is not None or any(page.slot.state in TAKEN for page in pages)
    again = unread_replies.was_asked_back(uow, responder.phone_index or b"")
    if on_a_call or again or left_unsafe(uow, responder) or had_lately(uow, responder):
        return field_texts.cry_for_help(uow, centre, responder, reply)
    asked = next(iter(_open_codes(pages)), None)
    told = answer_wording.help_once_more(centre.policy.desk_phone)
    return Answered("not_understood", reach_wording.still_waits(told, asked))


def _no_yes(uow: UnitOfWork, responder: Responder, code: str, word: str) -> Answered:
    """No carrier's word accepts a call; whoever has it need not accept it."""
    if in_hand(uow, responder, code):
        outcome = "yes" if word == "YES" else "carrier_word"
        return Answered(outcome, answer_wording.yours_already(code))
    if call_with(uow, code, responder) is None:
        return Answered("unknown_code", answer_wording.unknown_code())
    return Answered("not_understood", answer_wording.yes_is_not_an_answer(code))


def _opt_in(uow: UnitOfWork, centre: Centre, responder: Responder) -> Answered:
    responder.opted_out_at = None
    uow.audit("responder.opted_in", responder)
    freed_teams.offer_soon(uow, responder)
    dangers.tell_again(uow, centre, responder)
    if responder.verified_at is None:
        return Answered("opted_in", verification.request(centre, responder))
    confirmations.ask_anew(uow, centre, responder)
    return Answered("opted_in", answer_wording.opted_in())
