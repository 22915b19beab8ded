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
    OVERRIDE_SAID,
    PARTNERS,
)
from triage.domain.role_words import role_name
from triage.domain.state_words import (
    follow_up_name,
    level_name,
    origin_name,
    small_state_name,
    step_name,
)
from triage.domain.timing import within
from triage.domain.words import Named, Sentence, inside, listed, msgid
from triage.services import (
    asking_sentences,
    by_radio,
    desk_sentences,
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


def of_change(centre: Centre, event: str, details: Details) -> str:
    """An audit entry as a sentence."""
    if (write := SENTENCES.get(event)) is not None:
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
    if fact == by_radio.TEAM_LEFT:
        return msgid("a team left, not safe")
    known = centre.vocabulary.facts.get(fact)
    return known.named if known else plain(fact)


def _assessed(centre: Centre, details: Details) -> str:
    if details.get("outcome") == "ask_more":
        return msgid(
            "Assessment %(number)s: more answers are needed first.", number=details["number"]
        )
    if details.get("outcome") == "not_scored":
        return msgid(
            "Assessment %(number)s FAILED: treated as the highest level.", number=details["number"]
        )
    name = response_name(centre, details["response"])
    level = level_name(details["level_label"])
    if details["within_min"] is not None:
        level = listed(", ", [level, within(details["within_min"])])
    return msgid(
        "Assessment %(number)s: %(name)s, %(level)s.",
        number=details["number"],
        name=name,
        level=level,
    )


def _went_by_paper(centre: Centre, details: Details) -> str:
    said = [response_name(centre, details["response"]), details["unit"]]
    steps = (
        ("sent_at", msgid("sent %(at)s")),
        ("on_scene_at", msgid("on scene %(at)s")),
        ("cleared_at", msgid("cleared %(at)s")),
    )
    for field, word in steps:
        if details[field]:
            at = datetime.fromisoformat(details[field]).astimezone(centre.policy.time_zone)
            said.append(Sentence(word, {"at": f"{at:%H:%M}"}))
    return msgid("From paper: %(names)s.", names=listed(", ", said))


def _overridden(centre: Centre, details: Details) -> str:
    reason = OVERRIDE_SAID.get(details["reason"], details["reason"])
    chosen = response_name(centre, details["chosen"])
    return msgid(
        "%(chosen)s chosen instead of %(name)s: %(reason)s.",
        chosen=chosen,
        name=response_name(centre, details["recommended"]),
        reason=reason,
    )


_WHY = {
    "assessment": msgid("recommended"),
    "override": msgid("chosen by a person"),
    "by_hand": msgid("by hand"),
    "on_view": msgid("they came upon it"),
    "default_route": msgid("the answers did not come"),
}


def _opened(centre: Centre, details: Details) -> str:
    why = _WHY.get(details["why"], details["why"])
    response = details["response"]
    name, kind = response_name(centre, response), centre.vocabulary.responses.get(response)
    if kind is not None and kind.reached_by == "transfer":
        return msgid("%(name)s is to take the caller (%(why)s).", name=name, why=why)
    return msgid("%(name)s is to come (%(why)s).", name=name, why=why)


def _raised(centre: Centre, details: Details) -> str:
    return msgid(
        "%(name)s: raised from %(was)s to %(level)s. Who is asked or on the way is told.",
        name=response_name(centre, details["response"]),
        was=level_name(details["was"]),
        level=level_name(details["level_label"]),
    )


def _by_radio(centre: Centre, details: Details) -> str:
    return msgid(
        "TELL BY RADIO: %(units)s. Something dangerous is known now: %(facts)s.",
        units=listed(", ", details["units"]),
        facts=listed(", ", [fact_name(centre, fact) for fact in details["facts"]]),
    )


def _corrected(centre: Centre, details: Details) -> str:
    return msgid(
        "Does not stand any more: %(facts)s. Sent with it or told of it: %(units)s.",
        units=listed(", ", [*details["texts"], *details["units"]]),
        facts=listed(", ", [fact_name(centre, fact) for fact in details["facts"]]),
    )


def _answers(centre: Centre, details: Details) -> str:
    return msgid(
        "Answers added: %(facts)s.",
        facts=listed(", ", [fact_name(centre, fact) for fact in details["facts"]]),
    )


def _unfilled(_: Centre, details: Details) -> str:
    why = CAUSES.get(details.get("cause", ""), msgid("nobody is left to ask"))
    if details.get("half"):
        return msgid("HALF A TEAM, the other half: %(why)s.", why=why)
    return msgid("NOBODY COMING: %(why)s.", why=why)


def _step(details: Details) -> str:
    return inside(step_name(details["kind"]))


def _reason(reasons: Mapping[Any, str], code: Any) -> str:
    return reasons.get(code, str(code).replace("_", " "))


SENTENCES: dict[str, Callable[[Centre, Details], str]] = {
    **asking_sentences.SENTENCES,
    **desk_sentences.SENTENCES,
    **errand_sentences.SENTENCES,
    "radio.begun": _by_radio,
    "radio.more": _by_radio,
    "corrected.begun": _corrected,
    "corrected.more": _corrected,
    **escalation_sentences.SENTENCES,
    **relief_sentences.SENTENCES,
    **transfer_sentences.SENTENCES,
    **safety_sentences.SENTENCES,
    "paper.entered": lambda _, d: msgid("Written down from paper."),
    "paper.went": _went_by_paper,
    "call.opened": lambda _, d: msgid(
        "Call taken (%(origin)s).", origin=origin_name(d.get("origin", "?"))
    ),
    "call.replayed": lambda _, d: msgid(
        "Replayed from a past call: line %(line)s of the file.", line=d["line"]
    ),
    "call.looked_at": lambda _, d: msgid("Looked at the call."),
    "call.assessed": _assessed,
    "call.answers_added": _answers,
    "call.answer_taken_back": lambda c, d: msgid(
        "Answer taken back: %(fact)s.", fact=fact_name(c, d["fact"])
    ),
    "call.overridden": _overridden,
    "call.default_route": lambda c, d: msgid(
        "The answers did not come in time: %(name)s is sent.", name=response_name(c, d["response"])
    ),
    "call.closed": lambda _, d: msgid(
        "Call closed: %(disposition)s.", disposition=_reason(DISPOSITIONS, d["disposition"])
    ),
    "call.preserved": lambda _, d: msgid("Nothing of this call is erased: somebody asked for it."),
    "call.let_go": lambda _, d: msgid("This call need not be kept any longer than others."),
    "caller.added": lambda _, d: (
        msgid("Caller noted, with a number.")
        if d.get("with_number")
        else msgid("Caller noted, without a number.")
    ),
    "caller.number_written": lambda _, d: msgid("The caller's number was asked again and noted."),
    "caller.number_corrected": lambda _, d: msgid(
        "The caller's number was corrected; the one before is kept beside it."
    ),
    "caller.third_party_number_written": lambda _, d: msgid(
        "The number of somebody else was asked again and noted."
    ),
    "caller.third_party_number_corrected": lambda _, d: msgid(
        "The number of somebody else was corrected; the one before is kept beside it."
    ),
    "caller.third_party": lambda _, d: msgid("Somebody else noted beside the caller."),
    "call.shown_beside": lambda _, d: msgid(
        "Shown beside a new call from the same place or number."
    ),
    "call.found": lambda _, d: msgid("Found by its place or a caller's number under Past calls."),
    "call.caller_attached": lambda _, d: msgid("A second caller is attached to this call."),
    "call.words_added": lambda _, d: msgid("Words typed in another tab were added to this call."),
    "call.split": lambda _, d: msgid(
        "A caller rings about something else: call %(other)s was made of it.", other=d["other"]
    ),
    "call.split_off": lambda _, d: msgid(
        "Was first taken for %(other)s; it is another incident.", other=d["other"]
    ),
    "hazard_note.added": lambda _, d: msgid(
        "A hazard note was written, for %(days)s days.", days=d["days"]
    ),
    "hazard_note.number_corrected": lambda _, d: msgid(
        "A hazard note about the caller's number is about the corrected one now."
    ),
    "call.place_written": lambda _, d: msgid("The place was asked again and noted."),
    "call.place_corrected": lambda _, d: msgid(
        "The place was corrected; the one before is kept with the caller's words."
    ),
    "call.zone_picked": lambda _, d: (
        msgid("The zone was picked by hand: %(zone)s.", zone=d["zone"])
        if d["zone"]
        else msgid("The zone was noted as not known.")
    ),
    "call.person_written": lambda _, d: msgid("More of the person in crisis was noted."),
    "call.person_corrected": lambda _, d: msgid(
        "What is known of the person in crisis was corrected; what was said before is kept with the"
        " caller's words."
    ),
    "caller.completed": lambda _, d: msgid("More of a caller was noted."),
    "caller.corrected": lambda _, d: msgid(
        "What is known of a caller was corrected; what was said before is kept beside it."
    ),
    "caller.said_more": lambda _, d: msgid("A caller said more: it is kept with their words."),
    "call.place_judged": lambda _, d: (
        msgid("The place found is the one that is meant.")
        if d["match"] == "right"
        else msgid("The place found is NOT the one that is meant.")
    ),
    "dispatch.opened": _opened,
    "dispatch.raised": _raised,
    "dispatch.seeking": lambda _, d: msgid("Looking for a team."),
    "dispatch.half_formed": lambda _, d: msgid("Half the team has accepted."),
    "dispatch.accepted": lambda _, d: msgid("The team is complete."),
    "dispatch.en_route": lambda _, d: msgid("The team is on the way."),
    "dispatch.on_scene": lambda _, d: msgid("The team is on scene."),
    "dispatch.cleared": lambda _, d: msgid("The team has cleared."),
    "dispatch.unfilled": _unfilled,
    "dispatch.hand_over_late": lambda _, d: msgid("Hand-over is late: not confirmed in time."),
    "dispatch.stalled": lambda _, d: msgid(
        "Stands still (%(state)s) %(open_min)s min after it was begun: see to it.",
        state=small_state_name(d["state"]),
        open_min=d["open_min"],
    ),
    "dispatch.handed_over": lambda _, d: msgid(
        "Handed over to %(unit)s after %(waited_s)s s.", unit=d["unit"], waited_s=d["waited_s"]
    ),
    "dispatch.cancelled": lambda _, d: (
        msgid("Canceled: %(reason)s.", reason=_reason(CANCEL_REASONS, d["reason"]))
        if "reason" in d
        else msgid("Canceled.")
    ),
    "dispatch.rest_cancelled": lambda _, d: msgid(
        "Somebody was there; the rest of the team is called off: %(reason)s.",
        reason=_reason(CANCEL_REASONS, d["reason"]),
    ),
    "dispatch.asked_again": lambda _, d: msgid("The teams are asked again, one after the other."),
    "follow_up.planned": lambda _, d: msgid(
        "Follow-up planned: %(kind)s, %(owner)s.",
        kind=follow_up_name(d["kind"]),
        owner=role_name(d["owner"]),
    ),
    "follow_up.due": lambda _, d: (
        msgid("Follow-up due; its owner is reminded.")
        if d.get("reminded")
        else msgid("Follow-up due; no owner found.")
    ),
    "follow_up.reminder_missed": lambda _, d: msgid(
        "A reminder of a follow-up was due while the service was away: it is not sent late."
    ),
    "follow_up.cancelled": lambda _, d: msgid("Follow-up not needed: this was no call of its own."),
    "follow_up.tried": lambda _, d: msgid(
        "Follow-up: %(outcome)s.", outcome=_reason(FOLLOW_UP_OUTCOMES, d["outcome"])
    ),
    "follow_up.permissions": lambda _, d: msgid("Permissions for follow-ups changed."),
    "timer.parked": lambda _, d: msgid(
        "A step FAILED and waits for a person: %(kind)s.", kind=_step(d)
    ),
    "timer.taken_up": lambda _, d: msgid(
        "A step that waited for a newer release goes on: %(kind)s.", kind=_step(d)
    ),
    "timer.retried": lambda _, d: msgid("Done again by hand: %(kind)s.", kind=_step(d)),
    "timer.dismissed": lambda _, d: msgid(
        "Left undone: %(kind)s. %(reason)s.",
        kind=_step(d),
        reason=_reason(DISMISSALS, d["reason"]),
    ),
    "notice.no_partner": lambda _, d: msgid(
        "No %(partner)s partner could be told.",
        partner=PARTNERS.get(d["partner"]) or plain(d["partner"]),
    ),
}
