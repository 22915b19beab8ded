"""From decoded JSON to a call, strictly: nothing is guessed, every problem is named at once."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from triage.domain.answers import UNKNOWN, Answer, Conflicting, Gap, Report, Value, answer_as_json
from triage.domain.calls import CallInput
from triage.domain.errors import InvalidCall, Problem
from triage.domain.hints import did_you_mean

if TYPE_CHECKING:
    from triage.domain.facts import Fact, Vocabulary

SIGHT_FACT, NO_SIGHT = "caller_proximity", "remote"
"""The fact that says whether the caller can see the person, and its value for "cannot"."""

CODE_LENGTH = 40
SOURCE_LENGTH = 80
NARRATIVE_LENGTH = 20_000
MOST_REPORTS = 10
MOST_COMBINATIONS = 64
MOST_MINUTES = 100_000
CAUSES = (
    "out_of_hours",
    "none_on_shift",
    "all_committed",
    "declined_by_all",
    "no_answer",
    "undeliverable",
    "out_of_area",
    "suspended",
)
"""Why the teams of a response cannot come, as the situation may state it."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FROM_NOW = ("local_date", "local_time", "weekday")


def decode_call(text: str | bytes) -> object:
    """Decode a call from JSON. Raises InvalidCall for what is not plain JSON in UTF-8.

    Stricter than `json.loads`: no key twice, no NaN or Infinity.
    """
    try:
        return json.loads(text, object_pairs_hook=_no_key_twice, parse_constant=_refuse_constant)
    except RecursionError:
        problem = "the JSON is nested too deeply"
    except UnicodeDecodeError:
        problem = "the text is not UTF-8"
    except ValueError as error:
        problem = f"not JSON: {error}"
    raise InvalidCall([Problem("", problem)])


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{shown(twice)} stands twice in one object")
    return read


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def read_call(vocabulary: "Vocabulary", raw: object) -> CallInput:
    """See `Vocabulary.read_call`."""
    reading = _Reading(vocabulary)
    call = reading.call(raw)
    if reading.problems:
        raise InvalidCall(reading.problems)
    return call


def read_answer(vocabulary: "Vocabulary", name: str, raw: object) -> Answer:
    """See `Vocabulary.read_answer`."""
    reading = _Reading(vocabulary)
    answers = reading.answers("facts", {name: raw})
    if reading.problems:
        raise InvalidCall(reading.problems)
    return answers[name]


def shown(raw: object) -> str:
    """Input as it is quoted back: short, on one line, harmless."""
    if isinstance(raw, str):
        text = ascii(raw[:41])[1:-1] if not raw.isprintable() else raw[:41]
    elif isinstance(raw, bool | int | float) or raw is None:
        text = json.dumps(raw)[:41] if not isinstance(raw, int) or abs(raw) < 10**40 else "a number"
    else:
        return "a list" if isinstance(raw, list | tuple) else "an object"
    return f'"{text[:40]}{"..." if len(text) > 40 else ""}"' if isinstance(raw, str) else text


@dataclass
class _Reading:
    """One reading of one call; collects problems instead of stopping at the first."""

    vocabulary: "Vocabulary"
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, path: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(path, f"{message} ({hint})" if hint else message))

    def call(self, raw: object) -> CallInput:
        parts = self.mapping("", raw)
        for name in parts.keys() - {"facts", "narrative", "situation"}:
            hint = did_you_mean(name, ("facts", "narrative", "situation"))
            self.refuse(name[:40], "a call has facts, narrative and situation, nothing else", hint)
        narrative = self.narrative(parts.get("narrative", ""))
        supplied = dict(self.mapping("situation", parts.get("situation", {})))
        unavailable = self.unavailable(supplied.pop("unavailable", {}))
        minutes_to = self.minutes_to(supplied.pop("minutes_to", {}))
        now = self.now(supplied.pop("now", ""))
        facts = self.answers("facts", self.mapping("facts", parts.get("facts", {})))
        situation = self.answers("situation", supplied)
        self.same_in_both(facts, situation)
        self.same_as_now(now, {**facts, **situation})
        self.not_too_many(facts)
        asked = {name: answer for name, answer in facts.items() if name not in situation}
        return CallInput(
            _sorted(asked), narrative, _sorted(situation), unavailable, minutes_to, now
        )

    def mapping(self, path: str, raw: object) -> Mapping[str, object]:
        if isinstance(raw, dict) and all(isinstance(key, str) for key in raw):
            return raw
        what = f"the {path} are" if path else "a call is"
        self.refuse(path, f"{what} an object of names and values, not {shown(raw)}")
        return {}

    def narrative(self, raw: object) -> str:
        if not isinstance(raw, str):
            self.refuse("narrative", f"the narrative is a text, not {shown(raw)}")
            return ""
        if len(raw) > NARRATIVE_LENGTH:
            self.refuse(
                "narrative", f"at most {NARRATIVE_LENGTH:,} characters, this has {len(raw):,}"
            )
        self.clean("narrative", raw)
        return raw

    def clean(self, path: str, text: str) -> bool:
        """Refuse what no database and no screen can keep as it is."""
        if "\0" in text:
            self.refuse(path, "the text contains a NUL character")
        elif any("\ud800" <= c <= "\udfff" for c in text):
            self.refuse(path, "the text contains half a character (a lone surrogate)")
        else:
            return True
        return False

    def answers(self, path: str, raw: Mapping[str, object]) -> dict[str, Answer]:
        """The answers that can be read, by fact."""
        found: dict[str, Answer] = {}
        for name, value in raw.items():
            fact = self.vocabulary.facts.get(name)
            where = f"{path}.{name[:40]}"
            if fact is None:
                self.refuse(where, "there is no such fact", self.meant(name))
            elif path == "situation" and not fact.is_situation:
                self.refuse(where, "is asked of the caller: it stands under facts, not situation")
            elif (answer := self.answer(where, fact, value)) is not None:
                found[name] = answer
        return found

    def meant(self, name: str) -> str:
        if name in ("unavailable", "minutes_to", "now"):
            return "it stands under situation"
        return did_you_mean(name, self.vocabulary.facts)

    def answer(self, path: str, fact: "Fact", raw: object) -> Answer | None:
        if not isinstance(raw, dict):
            return self.value(path, fact, raw)
        reports = raw.get("values")
        if set(raw) != {"values"} or not isinstance(reports, list) or not reports:
            self.refuse(path, 'conflicting answers are {"values": [{"value", "source"}, ...]}')
            return None
        if len(reports) > MOST_REPORTS:
            self.refuse(path, f"at most {MOST_REPORTS} conflicting answers")
            return None
        read = [self.report(f"{path}.values[{n}]", fact, one) for n, one in enumerate(reports)]
        return Conflicting(tuple(report for report in read if report is not None))

    def report(self, path: str, fact: "Fact", raw: object) -> Report | None:
        if not isinstance(raw, dict) or set(raw) != {"value", "source"}:
            self.refuse(path, "one of several answers has a value and a source, nothing else")
            return None
        source = raw["source"]
        if not isinstance(source, str) or not 0 < len(source) <= SOURCE_LENGTH:
            self.refuse(f"{path}.source", f"says who said it, in 1 to {SOURCE_LENGTH} characters")
        elif self.clean(f"{path}.source", source):
            value = self.value(f"{path}.value", fact, raw["value"])
            return None if value is None else Report(value, source)
        return None

    def value(self, path: str, fact: "Fact", raw: object) -> Value | Gap | None:
        if raw == "unknown" and isinstance(raw, str):
            return UNKNOWN
        if raw is None:
            self.refuse(path, 'has no value: say "unknown", or leave it out if it was not asked')
            return None
        if fact.type == "number":
            return self.number(path, fact, raw)
        if fact.type == "multi":
            return self.several(path, fact, raw)
        if not isinstance(raw, str):
            expected = "a text" if fact.type == "code" else f"one of {_listed(fact.value_names)}"
            self.refuse(path, f"is {shown(raw)}, not {expected}")
            return None
        reads = self.code if fact.type == "code" else self.choice
        return reads(path, fact, raw)

    def choice(self, path: str, fact: "Fact", raw: str) -> str | None:
        if raw in fact.by_value:
            return raw
        known = (*fact.value_names, "unknown")
        self.refuse(path, f"cannot be {shown(raw)}", did_you_mean(raw, known))
        return None

    def code(self, path: str, fact: "Fact", raw: str) -> str | None:
        if not 0 < len(raw) <= fact.longest:
            self.refuse(path, f"is a code of 1 to {fact.longest} characters")
            return None
        return raw if self.clean(path, raw) else None

    def number(self, path: str, fact: "Fact", raw: object) -> float | None:
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            self.refuse(path, f"is a number, not {shown(raw)}")
            return None
        if isinstance(raw, float) and not math.isfinite(raw):
            self.refuse(path, "is a number, not infinity or not-a-number")
            return None
        low = -(10**12) if fact.low is None else fact.low
        high = 10**12 if fact.high is None else fact.high
        if not low <= raw <= high:
            self.refuse(path, f"lies between {low:g} and {high:g}")
            return None
        return int(raw) if raw == int(raw) else raw  # 3.0 and 3 are one answer, and one hash

    def several(self, path: str, fact: "Fact", raw: object) -> tuple[str, ...] | None:
        if not isinstance(raw, list):
            self.refuse(path, f"is a list of values, not {shown(raw)}")
            return None
        chosen: set[str] = set()
        for place, one in enumerate(raw[: len(fact.values) + 1]):
            if not isinstance(one, str) or one not in fact.by_value:
                hint = did_you_mean(one, fact.value_names) if isinstance(one, str) else ""
                self.refuse(f"{path}[{place}]", f"cannot be {shown(one)}", hint)
                return None
            if one in chosen:
                self.refuse(f"{path}[{place}]", f"{one} stands there twice")
                return None
            chosen.add(one)
        return tuple(name for name in fact.value_names if name in chosen)

    def unavailable(self, raw: object) -> tuple[tuple[str, str], ...]:
        causes: dict[str, str] = {}
        for response, cause in self.mapping("situation.unavailable", raw).items():
            path = f"situation.unavailable.{response[:40]}"
            if self.is_response(path, response):
                if isinstance(cause, str) and cause in CAUSES:
                    causes[response] = cause
                else:
                    self.refuse(path, f"the cause is one of {_listed(CAUSES)}, not {shown(cause)}")
        return tuple(sorted(causes.items()))

    def minutes_to(self, raw: object) -> tuple[tuple[str, float], ...]:
        minutes: dict[str, float] = {}
        for response, number in self.mapping("situation.minutes_to", raw).items():
            path = f"situation.minutes_to.{response[:40]}"
            if self.is_response(path, response):
                sound = isinstance(number, int | float) and not isinstance(number, bool)
                if sound and 0 <= number <= MOST_MINUTES:  # type: ignore[operator]
                    minutes[response] = number  # type: ignore[assignment]
                else:
                    self.refuse(path, f"is a number of minutes, not {shown(number)}")
        return tuple(sorted(minutes.items()))

    def is_response(self, path: str, name: str) -> bool:
        if name in self.vocabulary.responses:
            return True
        self.refuse(
            path, "there is no such response", did_you_mean(name, self.vocabulary.responses)
        )
        return False

    def now(self, raw: object) -> str:
        if raw == "":
            return ""
        try:
            moment = datetime.fromisoformat(raw) if isinstance(raw, str) else None
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            example = "2026-11-23T14:30:00-06:00"
            self.refuse("situation.now", f"is a date and time with its zone, such as {example}")
            return ""
        return moment.isoformat()

    def same_in_both(self, facts: Mapping[str, Answer], situation: Mapping[str, Answer]) -> None:
        for name in facts.keys() & situation.keys():
            if facts[name] != situation[name]:
                first, second = answer_as_json(facts[name]), answer_as_json(situation[name])
                self.refuse(
                    f"situation.{name}",
                    f"is {shown(second)} here and {shown(first)} under facts: which is it?",
                )

    def same_as_now(self, now: str, stated: Mapping[str, Answer]) -> None:
        for name, value in facts_of_now(now).items():
            if name in stated and stated[name] != value:
                self.refuse(f"situation.{name}", f"is {shown(value)} by now, but stated otherwise")

    def not_too_many(self, facts: Mapping[str, Answer]) -> None:
        """Each combination of conflicting answers without an order is assessed; keep them few."""
        combinations = 1
        for name, answer in facts.items():
            if isinstance(answer, Conflicting):
                fact = self.vocabulary.facts[name]
                values = {report.value for report in answer.reports}
                combinations *= min(2, len(values)) if fact.danger else max(1, len(values))
        if combinations > MOST_COMBINATIONS:
            self.refuse("facts", "too many conflicting answers at once: settle some of them first")


def facts_of_now(now: str) -> dict[str, str | int]:
    """Local date, minutes since local midnight and weekday; nothing without `now`."""
    if not now:
        return {}
    moment = datetime.fromisoformat(now)
    minutes = moment.hour * 60 + moment.minute
    values = (moment.date().isoformat(), minutes, WEEKDAYS[moment.weekday()])
    return dict(zip(FROM_NOW, values, strict=True))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _sorted(answers: Mapping[str, Answer]) -> tuple[tuple[str, Answer], ...]:
    return tuple(sorted(answers.items(), key=lambda pair: pair[0]))
