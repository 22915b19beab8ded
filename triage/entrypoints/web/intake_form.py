"""From the fields of an intake form to a call: everything that is wrong is told at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

from triage.domain.contradictions import SECOND, SOURCES, VOICES, kept_as_well, voice_of
from triage.domain.errors import InvalidCall, Refused
from triage.domain.facts import Fact
from triage.domain.gazetteer import Place
from triage.domain.people_of_call import (
    AGE_FACT,
    CALL_BACK,
    LANGUAGES,
    RELATIONS,
    THIRD_PARTIES,
    People,
    Subject,
    ThirdParty,
    implied,
)
from triage.domain.phone_numbers import e164
from triage.domain.words import Named, begun, listed, msgid
from triage.entrypoints.web.typed import one, text
from triage.services import calls
from triage.services.calls import NewCall
from triage.services.centre import Centre
from triage.services.intake_pages import ALSO, ALSO_BY, is_empty
from triage.services.sending import Choice

FACT = "facts."
"""Before the names of the fields that are answers."""
LONGEST = {
    "location": 500,
    "caller_name": 200,
    "caller_phone": 60,
    "third_party_phone": 60,
    "subject_name": 200,
    "subject_about": 500,
    "third_party_name": 200,
    "override_note": 2000,
    "external_id": 64,
}
_KEPT = msgid("The call does not wait for it: it is kept as it stands here.")
SEVERAL = {"call_back"}
"""Fields with several values at once, beside the questions that have them."""

Fields = Mapping[str, Sequence[str]]


@dataclass
class Intake:
    """A form as it was understood. `errors` maps a field to what to type there instead, `warnings`
    to what is kept all the same."""

    fields: Fields
    facts: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    warnings: dict[str, str] = field(default_factory=dict)
    location: str = ""
    zone: str = ""
    """As picked by hand; "" for the gazetteer's."""
    narrative: str = ""
    people: People = field(default_factory=People)
    position: tuple[float, float] | None = None
    """Degrees, where the caller's system told them."""

    def value(self, name: str) -> str:
        return next(iter(self.fields.get(name, ())), "")

    def values(self, name: str) -> Sequence[str]:
        return self.fields.get(name, ())

    @property
    def told(self) -> dict[str, str]:
        """All that stands beside the fields."""
        return {**self.warnings, **self.errors}

    def match_of(self, place: Place | None) -> str | None:
        """What the dispatcher said of this place, if it is the one that stood there then."""
        verdict, _, name = one(self.fields, "match").partition(":")
        return verdict if place is not None and name == place.name else None

    @property
    def is_empty(self) -> bool:
        """Nothing typed, nothing answered."""
        return is_empty(self.fields)


def understand(centre: Centre, fields: Fields) -> Intake:
    """Read the form. What is wrong is left out of `facts` and told in `errors`."""
    fields = by_voice(fields)
    intake = Intake(fields)
    intake.facts = facts_typed(centre, fields, intake.errors)
    for name, said, source in also_typed(centre, fields, intake.errors):
        intake.facts[name] = kept_as_well(intake.facts.get(name), said, source)
    intake.location = one(fields, "location")
    intake.zone = one(fields, "zone")
    intake.narrative = text(fields, "narrative")
    intake.people = people_typed(fields)
    checks = (_once, _lengths, _zone, _position, _choices, _phone, _narrative)
    for check in checks:
        check(centre, intake)
    intake.facts = {**implied(centre.vocabulary.facts, intake.people), **intake.facts}
    return intake


def people_offered(centre: Centre) -> dict[str, Any]:
    """What can be chosen of the caller, the person in crisis and a third party."""
    return {
        "languages": LANGUAGES,
        "relations": RELATIONS,
        "third_parties": THIRD_PARTIES,
        "call_back": CALL_BACK,
        "ages": _ages(centre),
    }


def _ages(centre: Centre) -> list[tuple[str, str]]:
    """The ages that the centre tells apart."""
    known = centre.vocabulary.facts.get(AGE_FACT)
    return [(value.name, Named(value.label)) for value in known.values] if known else []


def people_typed(fields: Fields) -> People:
    """The caller, the person in crisis and a third party, as far as the form states them."""
    return People(
        relation=one(fields, "caller_relation") or None,
        interpreter=bool(one(fields, "interpreter")),
        call_back=tuple(fields.get("call_back", ())),
        subject=Subject(
            name=one(fields, "subject_name") or None,
            about=one(fields, "subject_about") or None,
            age=one(fields, "subject_age") or None,
            language=one(fields, "subject_language") or None,
            interpreter=bool(one(fields, "subject_interpreter")),
        ),
        third_party=ThirdParty(
            name=one(fields, "third_party_name") or None,
            phone=one(fields, "third_party_phone") or None,
            relation=one(fields, "third_party_relation") or None,
            with_them={"yes": True, "no": False}.get(one(fields, "third_party_with_them")),
        ),
    )


def _once(centre: Centre, intake: Intake) -> None:
    for name, values in intake.fields.items():
        fact = centre.vocabulary.facts.get(name.removeprefix(FACT).removeprefix(ALSO).split(".")[0])
        if len(values) > 1 and name not in SEVERAL and not (fact and fact.type == "multi"):
            intake.errors[name] = msgid("This was sent twice with different words: choose one.")


def _lengths(_: Centre, intake: Intake) -> None:
    for name, most in LONGEST.items():
        if (length := len(one(intake.fields, name))) > most:
            intake.errors[name] = msgid(
                "%(length)s characters; %(most)s fit. Put the rest below.",
                length=f"{length:,}",
                most=most,
            )


def _zone(centre: Centre, intake: Intake) -> None:
    if intake.zone and intake.zone not in centre.gazetteer.zones:
        intake.errors["zone"] = msgid("Choose one of the zones in the list.")
        intake.zone = ""


def _position(_: Centre, intake: Intake) -> None:
    if not (written := one(intake.fields, "position")):
        return
    degrees = [part.strip() for part in written.split(",")]
    try:
        latitude, longitude = (float(part) for part in degrees)
    except ValueError:
        latitude = longitude = inf
    if abs(latitude) <= 90 and abs(longitude) <= 180:
        intake.position = (latitude, longitude)
    else:
        intake.errors["position"] = msgid(
            "Latitude and longitude in degrees, such as 40.7001, -75.3002."
        )


def _choices(centre: Centre, intake: Intake) -> None:
    age = centre.vocabulary.facts.get(AGE_FACT)
    offered = {
        "language": LANGUAGES,
        "subject_language": LANGUAGES,
        "caller_relation": RELATIONS,
        "subject_age": age.by_value if age else {},
        "third_party_relation": THIRD_PARTIES,
    }
    for name, options in offered.items():
        if (chosen := one(intake.fields, name)) and chosen not in options:
            intake.errors[name] = (
                msgid("Choose one of the languages in the list.")
                if "language" in name
                else msgid("Choose one from the list.")
            )


def _phone(centre: Centre, intake: Intake) -> None:
    for name in ("caller_phone", "third_party_phone"):
        if number := one(intake.fields, name):
            try:
                e164(number, centre.policy.country)
            except Refused as refusal:
                intake.warnings[name] = listed(" ", (str(refusal), _KEPT))


def _narrative(centre: Centre, intake: Intake) -> None:
    try:
        calls.check_narrative(centre, intake.narrative)
    except Refused as refusal:
        intake.errors["narrative"] = str(refusal)


def facts_typed(centre: Centre, fields: Fields, errors: dict[str, str]) -> dict[str, Any]:
    """The answers that the fields state; what cannot be read is told in `errors` instead."""
    found: dict[str, Any] = {}
    for name in fields:
        if not name.startswith(FACT):
            continue
        fact = centre.vocabulary.facts.get(name.removeprefix(FACT))
        if fact is None or fact.is_situation:
            errors[name] = msgid("There is no such question.")
            continue
        answer = answer_typed(fact, fields[name])
        if answer is None:
            continue
        try:
            centre.vocabulary.read_answer(fact.name, answer)
            found[fact.name] = answer
        except InvalidCall as wrong:
            errors[name] = listed("", (begun(wrong.problems[0].message), "."))
    return found


def by_voice(fields: Fields) -> Fields:
    """The fields with each voice in one of its own, so that none takes the place of another. Where
    nothing runs on the page the newest stands beside who it is."""
    apart = {}
    for name, values in fields.items():
        fact = name.removeprefix(ALSO)
        if not name.startswith((ALSO, ALSO_BY)) or (name.startswith(ALSO) and "." in fact):
            apart[name] = values
        elif name.startswith(ALSO) and any(value.strip() for value in values):
            by = one(fields, ALSO_BY + fact)
            apart[f"{name}.{voice_of(by if by in SOURCES else SECOND)}"] = values
    return apart


def also_typed(
    centre: Centre, fields: Fields, errors: dict[str, str]
) -> list[tuple[str, Any, str]]:
    """What somebody else answers otherwise: the question, the answer, and who that is.

    fields -- see `by_voice`.
    """
    said: list[tuple[str, Any, str]] = []
    for name, values in fields.items():
        if name.startswith(ALSO):
            fact, _, voice = name.removeprefix(ALSO).partition(".")
            plain: dict[str, str] = {}
            found = facts_typed(centre, {FACT + fact: values}, plain)
            for told in plain.values():
                errors[name] = told
            source = VOICES.get(voice, SECOND)
            said += [(fact, value, source) for value in found.values()]
    return said


def answer_typed(fact: Fact, values: Sequence[str]) -> Any:
    """The answer that fields of a form state, or None where the question was not asked."""
    given = [value.strip() for value in values if value.strip()]
    if not given:
        return None
    if fact.type == "multi":
        return "unknown" if given == ["unknown"] else [v for v in given if v != "unknown"]
    if fact.type == "number":
        return _number(given[0])
    return given[0]


def _number(typed: str) -> int | float | str:
    if typed.lower() in {"u", "unknown"}:
        return "unknown"
    try:
        number = float(typed.replace(",", "."))
        return int(number) if number.is_integer() else number
    except (ValueError, OverflowError):
        return typed  # not a number: `read_answer` says so


def as_call(centre: Centre, intake: Intake, *, closing: bool) -> NewCall:
    """The call to be written down. `closing` -- with nobody sent, for its disposition."""
    fields = intake.fields
    choice = None
    if response := one(fields, "override_response"):
        note = text(fields, "override_note") or None
        choice = Choice(response, one(fields, "override_reason"), note)
    return NewCall(
        caller_phone=one(fields, "caller_phone") or None,
        caller_name=one(fields, "caller_name") or None,
        location=intake.location or None,
        latitude=intake.position[0] if intake.position else None,
        longitude=intake.position[1] if intake.position else None,
        external_id=one(fields, "external_id") or None,
        zone=intake.zone or None,
        narrative=intake.narrative or None,
        language=one(fields, "language") or None,
        people=intake.people,
        match=intake.match_of(centre.gazetteer.find(intake.location)),
        facts=intake.facts,
        origin="form",
        choice=None if closing else choice,
        disposition=one(fields, "disposition") if closing else None,
    )
