"""What a dispatcher does on a call's page. Each form changes one thing and says what it was."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from triage.context import current_context
from triage.domain.alarms import do_not_ask
from triage.domain.contradictions import answered_by_caller, kept_as_well
from triage.domain.errors import Conflict, InvalidCall, Refused
from triage.domain.words import Spoken, begun, listed, msgid
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.call import DISPATCHERS, live_fragment, render
from triage.entrypoints.web.call_shown import Typed
from triage.entrypoints.web.intake_form import also_typed, by_voice, facts_typed
from triage.entrypoints.web.intake_undo import taken_back
from triage.entrypoints.web.languages import spoken
from triage.entrypoints.web.questions import answer_in_words
from triage.services import (
    assessments,
    by_radio,
    call_pages,
    calls,
    closing,
    open_cries,
    places,
    places_given,
    response_words,
    sending,
    silent_alarms,
)
from triage.services.call_pages import Answered
from triage.services.centre import Centre
from triage.services.sending import Choice
from triage.services.timeline_sentences import fact_name, response_name
from triage.storage.calls import Call
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("call_actions", __name__, url_prefix="/calls/<reference>")

Work = Callable[[UnitOfWork, Centre, Call], str]
"""Does one thing and returns the sentence that says what changed."""


def do(reference: str, form: str, work: Work) -> ResponseReturnValue:
    """Do it and go back to the page, or show the page with what is to be mended."""
    context = current_context()

    def whole(uow: UnitOfWork) -> str:
        return work(uow, context.centre, calls.by_reference(uow, reference))

    sent = Typed(form, typed.fields())
    try:
        sentence = context.do(current_person().actor, whole)
    except InvalidCall as wrong:
        sent.errors = {problem.path: problem.message for problem in wrong.problems}
    except Refused as refusal:
        if refusal.field:
            sent.errors = {refusal.field: str(refusal)}
        else:
            sent.problem = str(refusal)
    except Conflict as conflict:
        sent.problem = msgid("Nothing was changed: %(conflict)s.", conflict=str(conflict))
        return render(reference, sent, 409)
    else:
        if "X-Live" in request.headers:
            return live_fragment(reference)
        flash(spoken(sentence), "good")
        return redirect(url_for("call.show", reference=reference), 303)
    return render(reference, sent, 422)


@bp.post("/answers")
@open_to(*DISPATCHERS)
def answers(reference: str) -> ResponseReturnValue:
    """Only what differs from the answers that were on the screen is written: somebody else's
    later answer is not undone by an older page."""
    centre, fields = current_context().centre, by_voice(typed.fields())
    errors: dict[str, str] = {}
    facts = facts_typed(centre, fields, errors)
    also = also_typed(centre, fields, errors)
    if errors:
        return render(reference, Typed("answers", fields, errors), 422)

    def add(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        number = typed.one(fields, "seen")
        seen = call_pages.answers_seen(uow, call, int(number) if number.isdecimal() else 0)
        changed = {fact: value for fact, value in facts.items() if seen.get(fact) != value}
        if theirs := call_pages.answered_meanwhile(uow, call, seen, changed):
            raise Conflict(_two_answers(centre, theirs, changed))
        standing = dict(assessments.answers_of(uow, call))
        news = {
            fact: answered_by_caller(standing.get(fact), value) for fact, value in changed.items()
        }
        for fact, said, source in also:
            news[fact] = kept_as_well(news.get(fact, standing.get(fact)), said, source)
        changed = {fact: value for fact, value in news.items() if value != standing.get(fact)}
        if not changed:
            return msgid("Nothing was answered differently from before.")
        before = call_pages.latest_response(uow, call)
        decision = calls.add_answers(uow, centre, call, changed)
        names = listed(", ", [fact_name(centre, fact) for fact in changed])
        same = before == decision.response
        name = response_name(centre, decision.response)
        if same:
            return msgid(
                "Answered: %(facts)s. The recommendation stays %(name)s.", facts=names, name=name
            )
        return msgid(
            "Answered: %(facts)s. The recommendation is now %(name)s.", facts=names, name=name
        )

    return do(reference, "answers", add)


def _two_answers(centre: Centre, theirs: Iterable[Answered], mine: Mapping[str, Any]) -> str:
    """Neither is lost: theirs is kept, mine stands on the form."""
    told = []
    for one in theirs:
        fact = centre.vocabulary.facts.get(one.fact)
        said, given = (answer_in_words(fact, value) for value in (one.value, mine[one.fact]))
        at = f"{one.at.astimezone(centre.policy.time_zone):%H:%M}"
        told.append(
            msgid(
                "%(fact)s: %(by)s answered “%(said)s” at %(at)s",
                fact=fact_name(centre, one.fact),
                by=one.by,
                said=said,
                at=at,
            )
        )
        told.append(msgid("you “%(given)s”", given=given))
    return msgid("%(told)s. Answer again if yours is right", told=listed(", ", told))


@bp.post("/answers/undo")
@open_to(*DISPATCHERS)
def undo(reference: str) -> ResponseReturnValue:
    def take_back(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        name, was, now = calls.take_back_answer(uow, centre, call)
        fact = centre.vocabulary.facts.get(name)
        return taken_back(fact, name, [was], [] if now is None else [now])

    return do(reference, "undo", take_back)


@bp.post("/place")
@open_to(*DISPATCHERS)
def judge_place(reference: str) -> ResponseReturnValue:
    def judge(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        sending.must_be_open(call)
        places.judge(uow, centre, call, match := typed.line("match"))
        return places.MATCHES[match]

    return do(reference, "place", judge)


@bp.post("/place/said")
@open_to(*DISPATCHERS)
def write_place(reference: str) -> ResponseReturnValue:
    def write(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        said, seen, zone = (typed.line(name) for name in ("location", "seen", "zone"))
        before = call.location
        units, hushed = places_given.write(uow, centre, call, said, seen, spoken, zone)
        if call.location == before:
            return msgid("The zone is written down.")
        told = msgid(
            "The place is written down; teams on their way are texted. Tell it to whoever was told"
            " another, in CAD too."
        )
        if units:
            told = msgid(
                "The place is written down. Tell it by radio: %(units)s. Tell it to whoever was"
                " told another, in CAD too.",
                units=listed(", ", units),
            )
        return listed("", [told, " ", do_not_ask(hushed), "."]) if hushed else told

    return do(reference, "place-said", write)


@bp.post("/send")
@open_to(*DISPATCHERS)
def send_missing(reference: str) -> ResponseReturnValue:
    def send(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        sent = sending.send_missing(uow, centre, call)
        said = (
            listed("", [begun(response_words.sent(uow, centre, call, sent)), "."])
            if sent
            else msgid("Nothing was missing: nobody else was sent.")
        )
        return by_radio.standing_down(uow, call, said)

    return do(reference, "send", send)


@bp.post("/override")
@open_to(*DISPATCHERS)
def override(reference: str) -> ResponseReturnValue:
    def choose(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        choice = Choice(
            typed.line("override_response"),
            typed.line("override_reason"),
            typed.note("override_note") or None,
        )
        goes = sending.called_off_by(uow, call, choice.response)
        told: list[Spoken] = [
            one for dispatch in goes for one in response_words.called_off(centre, dispatch)
        ]
        sending.decide_otherwise(uow, centre, call, choice)
        if silent_alarms.stands_on(uow, call):
            told = [msgid("a silent alarm stands on this call, so nobody is called off")]
        elif open_cries.stand_on(uow, call):
            told = [msgid("an alarm stands on this call, so nobody is called off")]
        said = listed("; ", [*told, response_words.sent(uow, centre, call, [choice.response])])
        return by_radio.standing_down(uow, call, listed("", [begun(said), "."]))

    return do(reference, "override", choose)


@bp.post("/close")
@open_to(*DISPATCHERS)
def close(reference: str) -> ResponseReturnValue:
    def end(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        closing.close_call(
            uow,
            centre,
            call,
            typed.line("disposition"),
            typed.note("note"),
            confirmed=bool(typed.line("confirmed")),
        )
        said = msgid("Call %(reference)s is closed.", reference=call.reference)
        return by_radio.standing_down(uow, call, said)

    return do(reference, "close", end)
