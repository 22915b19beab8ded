"""The audit trail in a dispatcher's words. No event is left out: a new one reads as its name."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from triage.domain.codes import (
    CANCEL_REASONS,
    CAUSES,
    DISMISSALS,
    DISPOSITIONS,
    FOLLOW_UP_OUTCOMES,
    OVERRIDE_REASONS,
    VERDICTS,
)
from triage.domain.delivery import failure_of
from triage.domain.reachability import LEFT_DUTY
from triage.domain.timing import within
from triage.domain.words import Named
from triage.services import (
    errand_sentences,
    escalation_sentences,
    relief_sentences,
    safety_sentences,
    transfer_sentences,
)
from triage.services.centre import Centre

Details = Mapping[str, Any]


def plain(code: str) -> str:
    return code.replace("_", " ")


def _kind(details: Details) -> str:
    return plain(details["kind"]).capitalize()


def _failure(reason: str) -> str:
    return failure_of(reason).words


_TEXTS: dict[str, Callable[[str, Details], str]] = {
    "text.queued": lambda to, d: f"{_kind(d)} to {to} is written.",
    "text.sent": lambda to, d: f"{_kind(d)} to {to}: the provider has it.",
    "text.delivered": lambda to, d: f"{_kind(d)} to {to}: arrived.",
    "text.undelivered": lambda to, d: f"{_kind(d)} to {to}: NOT DELIVERED.",
    "text.failed": lambda to, d: (
        f"{_kind(d)} to {to}: NOT SENT after {d['failures']} tries ({_failure(d['reason'])})."
    ),
    "text.expired": lambda to, d: f"{_kind(d)} to {to}: too old, not sent.",
    "text.withdrawn": lambda to, d: (
        f"{plain(d['kind']).capitalize()} to {to}: not needed any more."
    ),
    "text.unknown": lambda to, d: f"{_kind(d)} to {to}: nobody knows whether it left.",
    "text.ring": lambda to, d: f"{_kind(d)} to {to}: may not have arrived, RING THEM.",
    "text.rung": lambda to, d: f"{_kind(d)} to {to}: a person has seen to it.",
    "text.conflict": lambda to, d: f"{_kind(d)} to {to}: arrived, then reported as not arrived.",
    "text.second_copy": lambda to, d: f"{_kind(d)} to {to}: may come twice.",
    "text.received": lambda who, d: f"Text from {who}: {plain(d['outcome'])}.",
}


def of_text(event: str, who: str, details: Details) -> str | None:
    """What became of a text; None for what is not about texts."""
    write = _TEXTS.get(event)
    return write(who, details) if write else None


def of_change(centre: Centre, event: str, details: Details) -> str:
    """An audit entry as a sentence."""
    if (write := _SENTENCES.get(event)) is not None:
        return write(centre, details)
    noun, _, what = event.partition(".")
    return f"{noun.replace('_', ' ').capitalize()}: {what.replace('_', ' ')}{_extras(details)}."


def _extras(details: Details) -> str:
    told = [
        f"{name.replace('_', ' ')} {value}"
        for name, value in details.items()
        if isinstance(value, str | int) and not isinstance(value, bool)
    ]
    return f" ({', '.join(told)})" if told else ""


def response_name(centre: Centre, response: str) -> str:
    known = centre.vocabulary.responses.get(response)
    return Named(known.labels) if known else response.replace("_", " ")


def fact_name(centre: Centre, fact: str) -> str:
    known = centre.vocabulary.facts.get(fact)
    return Named(known.noun) if known and known.noun else plain(fact)


def _assessed(centre: Centre, details: Details) -> str:
    if details.get("outcome") == "ask_more":
        return f"Assessment {details['number']}: more answers are needed first."
    if details.get("outcome") == "not_scored":
        return f"Assessment {details['number']} FAILED: treated as the highest level."
    name = response_name(centre, details["response"])
    level = details["level_label"]
    if details["within_min"] is not None:
        level += f", {within(details['within_min'])}"
    return f"Assessment {details['number']}: {name}, {level}."


def _went_by_paper(centre: Centre, details: Details) -> str:
    said = [f"{response_name(centre, details['response'])}, {details['unit']}"]
    steps = (("sent_at", "sent"), ("on_scene_at", "on scene"), ("cleared_at", "cleared"))
    for field, word in steps:
        if details[field]:
            at = datetime.fromisoformat(details[field]).astimezone(centre.policy.time_zone)
            said.append(f"{word} {at:%H:%M}")
    return f"From paper: {', '.join(said)}."


def _overridden(centre: Centre, details: Details) -> str:
    reason = OVERRIDE_REASONS.get(details["reason"], details["reason"])
    chosen = response_name(centre, details["chosen"])
    return f"{chosen} chosen instead of {response_name(centre, details['recommended'])}: {reason}."


_WHY = {
    "assessment": "recommended",
    "override": "chosen by a person",
    "by_hand": "by hand",
    "on_view": "they came upon it",
    "default_route": "the answers did not come",
}


def _opened(centre: Centre, details: Details) -> str:
    why = _WHY.get(details["why"], details["why"])
    return f"{response_name(centre, details['response'])} is to come ({why})."


def _answers(centre: Centre, details: Details) -> str:
    return "Answers added: " + ", ".join(fact_name(centre, fact) for fact in details["facts"]) + "."


def _left(details: Details) -> str | None:
    return LEFT_DUTY.get(details.get("because", ""))


def _reason(reasons: Mapping[Any, str], code: Any) -> str:
    return reasons.get(code, str(code).replace("_", " "))


_SENTENCES: dict[str, Callable[[Centre, Details], str]] = {
    **errand_sentences.SENTENCES,
    **escalation_sentences.SENTENCES,
    **relief_sentences.SENTENCES,
    **transfer_sentences.SENTENCES,
    **safety_sentences.SENTENCES,
    "paper.entered": lambda _, d: "Written down from paper.",
    "paper.went": _went_by_paper,
    "call.opened": lambda _, d: f"Call taken ({d.get('origin', '?')}).",
    "call.looked_at": lambda _, d: "Looked at the call.",
    "call.assessed": _assessed,
    "call.answers_added": _answers,
    "call.answer_taken_back": lambda c, d: f"Answer taken back: {fact_name(c, d['fact'])}.",
    "call.overridden": _overridden,
    "call.held": lambda _, d: "Has the call at the desk now.",
    "call.taken_over": lambda _, d: "Took the call over from a colleague at the desk.",
    "call.offered": lambda _, d: "Gives the call to a colleague, who has not accepted yet.",
    "call.offer_declined": lambda _, d: "Did not accept the call.",
    "call.given_back": lambda _, d: (
        "Gave the call back"
        + (" by signing out" if d.get("why") == "signed_out" else "")
        + ": nobody at the desk has it."
    ),
    "call.default_route": lambda c, d: (
        f"The answers did not come in time: {response_name(c, d['response'])} is sent."
    ),
    "call.closed": lambda _, d: f"Call closed: {_reason(DISPOSITIONS, d['disposition'])}.",
    "caller.added": lambda _, d: (
        "Caller noted, " + ("with a number." if d.get("with_number") else "without a number.")
    ),
    "call.shown_beside": lambda _, d: "Shown beside a new call from the same place or number.",
    "call.caller_attached": lambda _, d: "A second caller is attached to this call.",
    "call.split": lambda _, d: (
        f"A caller rings about something else: call {d['other']} was made of it."
    ),
    "call.split_off": lambda _, d: f"Was first taken for {d['other']}; it is another incident.",
    "hazard_note.added": lambda _, d: f"A hazard note was written, for {d['days']} days.",
    "call.place_judged": lambda _, d: (
        "The place found is the one that is meant."
        if d["match"] == "right"
        else "The place found is NOT the one that is meant."
    ),
    "dispatch.opened": _opened,
    "dispatch.seeking": lambda _, d: "Looking for a team.",
    "dispatch.half_formed": lambda _, d: "Half the team has accepted.",
    "dispatch.accepted": lambda _, d: "The team is complete.",
    "dispatch.en_route": lambda _, d: "The team is on the way.",
    "dispatch.on_scene": lambda _, d: "The team is on scene.",
    "dispatch.cleared": lambda _, d: "The team has cleared.",
    "dispatch.unfilled": lambda _, d: (
        ("HALF A TEAM, the other half: " if d.get("half") else "NOBODY COMING: ")
        + CAUSES.get(d.get("cause", ""), "nobody is left to ask")
        + "."
    ),
    "dispatch.hand_over_late": lambda _, d: "Hand-over is late: not confirmed in time.",
    "dispatch.stalled": lambda _, d: (
        f"Stands still ({plain(d['state'])}) {d['open_min']} min after it was begun: see to it."
    ),
    "dispatch.handed_over": lambda _, d: f"Handed over to {d['unit']} after {d['waited_s']} s.",
    "dispatch.cancelled": lambda _, d: (
        "Cancelled" + (f": {_reason(CANCEL_REASONS, d['reason'])}." if "reason" in d else ".")
    ),
    "dispatch.asked_again": lambda _, d: "Everybody is asked again.",
    "slot.unfilled": lambda _, d: f"Nobody is left to ask for the {d['role']}.",
    "slot.assigned": lambda _, d: f"{d['to']} assigned as {d['role']} by hand.",
    "slot.by_radio_only": lambda _, d: (
        f"{d['team']} ({_role(d)}) texted STOP: reach them by radio."
    ),
    "slot.eta": lambda _, d: f"Arrives in {d['minutes']} min.",
    "slot.en_route": lambda _, d: f"{_role(d)} on the way ({d['through']}).",
    "slot.staged": lambda _, d: f"{_role(d)} waits near the scene ({d['through']}).",
    "slot.on_scene": lambda _, d: f"{_role(d)} on scene ({d['through']}).",
    "slot.transporting": lambda _, d: f"{_role(d)} transporting ({d['through']}).",
    "slot.cleared": lambda _, d: f"{_role(d)} cleared ({d['through']}).",
    "page.link_opened": lambda _, d: f"{d['team']} ({plain(d['role'])}) opened the link.",
    "page.opened": lambda _, d: f"{d['team']} is asked: {', '.join(d.get('why') or ['next'])}.",
    "page.accepted": lambda _, d: (
        f"{d['team']} accepted by {d['through']} after {d['waited_s']} s."
    ),
    "page.declined": lambda _, d: f"{d['team']} declined.",
    "page.passed_over": lambda _, d: (
        f"{d['team']} {_left(d) or 'did not answer in time'}; the next is asked."
    ),
    "page.undeliverable": lambda _, d: (
        f"{d['team']} {_left(d) or 'cannot be reached by text'}; the next is asked."
    ),
    "page.asked_anew": lambda _, d: f"{d['team']} is asked anew: the text did not leave in time.",
    "page.unreported": lambda _, d: f"{d['team']} is rung: nobody reports that the text arrived.",
    "page.given_back": lambda _, d: f"{d['team']} gave it back; somebody else is asked.",
    "visit.written": lambda _, d: (
        f"{d['team']} ({plain(d['role'])}) wrote the visit down:"
        f" {_reason(DISPOSITIONS, d['disposition'])}. Verdict: {_reason(VERDICTS, d['verdict'])}."
    ),
    "page.verdict": lambda _, d: f"The team's verdict: {_reason(VERDICTS, d['verdict'])}.",
    "follow_up.planned": lambda _, d: f"Follow-up planned: {plain(d['kind'])}, {d['owner']}.",
    "follow_up.due": lambda _, d: (
        "Follow-up due" + ("; its owner is reminded." if d.get("reminded") else "; no owner found.")
    ),
    "follow_up.reminder_missed": lambda _, d: (
        "A reminder of a follow-up was due while the service was away: it is not sent late."
    ),
    "follow_up.tried": lambda _, d: f"Follow-up: {_reason(FOLLOW_UP_OUTCOMES, d['outcome'])}.",
    "follow_up.permissions": lambda _, d: "Permissions for follow-ups changed.",
    "timer.parked": lambda _, d: f"A step FAILED and waits for a person: {plain(d['kind'])}.",
    "timer.retried": lambda _, d: f"Done again by hand: {plain(d['kind'])}.",
    "timer.dismissed": lambda _, d: (
        f"Left undone: {plain(d['kind'])}. {_reason(DISMISSALS, d['reason'])}."
    ),
    "notice.no_partner": lambda _, d: f"No {plain(d['partner'])} partner could be told.",
}


def _role(details: Details) -> str:
    return plain(details["role"]).capitalize()
