"""What somebody typed, said back to them: each field by the name that the page gave it.

Every field of a form has a name here, or is none that anybody fills in (tests/stories/
test_kept_words.py).
"""

from collections.abc import Callable, Iterable, Mapping

from flask import Flask

from triage.context import current_context
from triage.domain.codes import (
    DISPOSITIONS,
    FOLLOW_UP_OUTCOMES,
    NEXT_CONTACTS,
    OVERRIDE_REASONS,
    PARTNERS,
)
from triage.domain.contradictions import VOICES
from triage.domain.people_of_call import RELATIONS, THIRD_PARTIES
from triage.domain.role_words import role_name
from triage.domain.words import Sentence, begun, msgid
from triage.entrypoints.web.call_words import PROGRESS, VERDICT_WORDS
from triage.entrypoints.web.intake_form import FACT
from triage.entrypoints.web.questions import answer_in_words, report, source_name
from triage.services import callers
from triage.services.centre import Centre
from triage.services.intake_pages import ALSO, ALSO_BY
from triage.services.timeline_sentences import fact_name, plain, response_name

OWN = {
    *(
        "about",
        "act",
        "after",
        "also",
        "answer",
        "anyway",
        "back",
        "before",
        "confirmed",
        "csrf_token",
        "edition",
        "became",
        "form_key",
        "freely",
        "hold",
        "how",
    ),
    *(
        "key",
        "line",
        "live",
        "match",
        "next",
        "number",
        "offer",
        "page",
        "panel",
        "places",
        "ring",
        "rows",
        "seen",
        "show",
        "slower",
        "span",
    ),
    *("sort", "sound", "step", "take", "theme", "to", "turn", "version", "wish"),
}
"""What a page fills in itself, and buttons that stand beside what they do."""
NAMES = {
    "about": msgid("About"),
    "action": msgid("Button"),
    "after_put_back": msgid("After the clocks were put back"),
    "alone": msgid("Are they alone?"),
    "another": msgid("Another call of the same minute"),
    "away": msgid("Nobody of these can come"),
    "body": msgid("Text"),
    "cad_number": msgid("Number in CAD"),
    "call_back": msgid("Safe to"),
    "caller_name": msgid("Caller's name"),
    "caller_phone": msgid("Call-back number"),
    "caller_relation": msgid("Who rings"),
    "behaviour": msgid("Behavior"),
    "call_back_min": msgid("Ring the caller back after"),
    "calls_at_once": msgid("Calls at the same time"),
    "case_json": msgid("JSON"),
    "case_narrative": msgid("What is told"),
    "case_now": msgid("Time of the call"),
    "channel": msgid("How"),
    "cleared_at": msgid("Cleared at"),
    "command": msgid("Command"),
    "consent": msgid("Consent to be contacted"),
    "day": msgid("Day it came in"),
    "days": msgid("Days"),
    "decision": msgid("Decision"),
    "disposition": msgid("How it ended"),
    "divert_ranks": msgid("Which teams under way may be asked"),
    "ends": msgid("Until"),
    "every": msgid("Time between"),
    "external_id": msgid("CAD number"),
    "file": msgid("File"),
    "hours": msgid("In how many hours"),
    "interpreter": msgid("Needs an interpreter"),
    "intervention": msgid("Intervention"),
    "kind": msgid("What rules call it"),
    "language": msgid("Language"),
    "level_rank": msgid("For which level"),
    "location": msgid("Place"),
    "member": msgid("Whose"),
    "minutes": msgid("Minutes"),
    "name": msgid("Name"),
    "named": msgid("Code, reference or CAD number"),
    "narrative": msgid("What happened"),
    "needed": msgid("What is needed"),
    "neighbour": msgid("Which county"),
    "next_at": msgid("When"),
    "next_contact": msgid("Next contact, if one was agreed"),
    "next_owner": msgid("By whom"),
    "next_due_at": msgid("Try again at"),
    "note": msgid("Note"),
    "officer_there": msgid("Officer on scene"),
    "on_scene_at": msgid("On scene at"),
    "origin": msgid("Who asks"),
    "outcome": msgid("Outcome"),
    "override_note": msgid("Note, if another reason"),
    "override_reason": msgid("Reason"),
    "override_response": msgid("Send instead"),
    "partner": msgid("Refer to"),
    "pasted": msgid("The text, as it stands there"),
    "phone": msgid("Telephone"),
    "pin": msgid("PIN"),
    "place": msgid("Place"),
    "plan": msgid("Plan"),
    "position": msgid("Position"),
    "reason": msgid("Reason"),
    "received_at": msgid("When it came in"),
    "refusal": msgid("Why"),
    "repeat": msgid("When nobody was left: begin anew after"),
    "response": msgid("Response"),
    "responses": msgid("What it can give"),
    "role": msgid("Role"),
    "safe_to_call": msgid("Safe to call"),
    "safe_to_leave_message": msgid("Safe to leave a message"),
    "safe_to_text": msgid("Safe to text"),
    "said": msgid("What they say"),
    "seen_in_person": msgid("Is it their phone?"),
    "sent_at": msgid("Sent at"),
    "state": msgid("State"),
    "skills": msgid("Skills"),
    "slower": msgid("A quicker policy is replaced"),
    "spoken": msgid("Was the person in crisis spoken to?"),
    "starts": msgid("From"),
    "subject_about": msgid("How to recognize them"),
    "subject_age": msgid("Age"),
    "subject_interpreter": msgid("They need an interpreter"),
    "subject_language": msgid("Their language"),
    "subject_name": msgid("Their name"),
    "teams": msgid("Teams to ask, for the preview"),
    "text": msgid("Text"),
    "third_party_name": msgid("Somebody else: name"),
    "third_party_phone": msgid("Somebody else: telephone"),
    "third_party_relation": msgid("Somebody else: who they are"),
    "third_party_with_them": msgid("Somebody else: with the person now?"),
    "times": msgid("How often"),
    "to": msgid("To"),
    "undo": msgid("Take the last answer back"),
    "unit": msgid("Unit or hospital"),
    "until": msgid("Off until"),
    "username": msgid("User name"),
    "verdict": msgid("Was the decision right?"),
    "verdict_why": msgid("Why, in a sentence"),
    "weapon": msgid("Is there a weapon?"),
    "wait": msgid("Wait first"),
    "what": msgid("What"),
    "who": msgid("Who"),
    "why": msgid("Why"),
    "word": msgid("Their word for duress"),
    "yaml": msgid("The rules, as text"),
    "zone": msgid("Zone"),
    "zones": msgid("Zones"),
}
_PASSWORDS = {
    "password": msgid("Password"),
    "password_now": msgid("Your password now"),
    "password_pin": msgid("Your password"),
    "password_word": msgid("Your password"),
}
PRESSED = {
    "accept": msgid("Accept"),
    "call_off": msgid("I need no relief any more"),
    "decline": msgid("Decline"),
    "eta": msgid("Minutes until you arrive"),
    "help": msgid("I need help"),
    "relieve": msgid("I need a relief"),
    "safe": msgid("OK"),
    "withdraw": msgid("I must leave: not safe"),
} | {state.value: words for state, words in PROGRESS.items()}
"""Of the buttons of somebody who was paged."""
_OF_A_QUESTION = {
    ALSO: msgid("%(question)s: somebody says otherwise"),
    ALSO_BY: msgid("%(question)s: who says otherwise"),
}


def furnish(app: Flask) -> None:
    app.jinja_env.globals.update(kept_words=kept_words, field_name=field_name)


def kept_words(fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """What a person has filled in of these fields, and by what name."""
    return [
        (field_name(name), _value(name, value))
        for name, value in fields
        if value and name not in OWN
    ]


def field_name(name: str) -> str:
    """As the page calls it; what no page has, as it is called itself."""
    group, _, fact = name.partition(".")
    if not fact:
        return NAMES.get(_of_row(name)) or _PASSWORDS.get(name) or begun(plain(name))
    called = begun(fact_name(current_context().centre, fact.partition(".")[0]))
    return Sentence(_OF_A_QUESTION.get(f"{group}.", "%(question)s"), {"question": called})


def _of_row(name: str) -> str:
    """Without the number of its row: unit_2 is a unit."""
    field, _, number = name.rpartition("_")
    return field if number.isdecimal() else name


def _value(name: str, value: str) -> str:
    """A code as the page says it; what was written stays as it is."""
    centre = current_context().centre
    group, _, fact = name.partition(".")
    if f"{group}." in (FACT, ALSO):
        name, _, voice = fact.partition(".")
        known = centre.vocabulary.facts.get(name)
        return (
            report(known, value, VOICES[voice])
            if voice in VOICES
            else answer_in_words(known, value)
        )
    pressed, _, minutes = value.partition("-")
    if (name, pressed) == ("action", "accept") and minutes:
        return msgid("Accept, I arrive in %(minutes)s min", minutes=minutes)
    say = _SAYS.get(group if fact else _of_row(name))
    return say(centre, value) if say else value


def _by(names: Mapping[str, str]) -> Callable[[Centre, str], str]:
    return lambda _, value: names.get(value, value)


def _response(centre: Centre, value: str) -> str:
    """Of a visit it is what the person did, in a clinician's own words."""
    return response_name(centre, value) if value in centre.vocabulary.responses else value


def _language(_: Centre, value: str) -> str:
    return callers.called(value)


_YES_OR_NO = _by({"yes": msgid("Yes"), "no": msgid("No"), "unknown": msgid("Not known")})
_SAYS: Mapping[str, Callable[[Centre, str], str]] = {
    "action": _by(PRESSED),
    "alone": _YES_OR_NO,
    "also_by": lambda _, value: source_name(value),
    "away": response_name,
    "caller_relation": _by(RELATIONS),
    "disposition": _by(DISPOSITIONS),
    "interpreter": _YES_OR_NO,
    "language": _language,
    "next_contact": _by(NEXT_CONTACTS),
    "partner": _by(PARTNERS),
    "officer_there": _YES_OR_NO,
    "outcome": _by(FOLLOW_UP_OUTCOMES),
    "override_reason": _by(OVERRIDE_REASONS),
    "override_response": response_name,
    "response": _response,
    "responses": response_name,
    "role": lambda _, value: begun(role_name(value)),
    "safe_to_call": _YES_OR_NO,
    "safe_to_leave_message": _YES_OR_NO,
    "safe_to_text": _YES_OR_NO,
    "spoken": _YES_OR_NO,
    "subject_interpreter": _YES_OR_NO,
    "subject_language": _language,
    "third_party_relation": _by(THIRD_PARTIES),
    "third_party_with_them": _YES_OR_NO,
    "verdict": _by(VERDICT_WORDS),
    "weapon": _YES_OR_NO,
}
"""By field, what its codes are called."""
