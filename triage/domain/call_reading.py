"""From decoded JSON to a call, strictly: nothing is guessed, every problem is named at once."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from triage.domain.answer_reading import AnswerReader, shown
from triage.domain.answers import Answer, answer_as_json
from triage.domain.calls import CallInput
from triage.domain.codes import CAUSES
from triage.domain.errors import InvalidCall, Problem
from triage.domain.hints import did_you_mean

if TYPE_CHECKING:
    from triage.domain.facts import Vocabulary

__all__ = ["decode_call", "read_answer", "read_call", "shown"]

SIGHT_FACT, NO_SIGHT = "caller_proximity", "remote"
"""The fact that says whether the caller can see the person, and its value for "cannot"."""

NARRATIVE_LENGTH = 20_000
MOST_MINUTES = 100_000
CANNOT_COME = tuple(cause for cause in CAUSES if cause != "overridden")
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
    except json.JSONDecodeError as error:
        problem = f"not JSON: {error.msg} at {_place_of(error)}"
    except ValueError as error:
        problem = f"not JSON: {error}"
    raise InvalidCall([Problem("", problem)])


def _place_of(error: json.JSONDecodeError) -> str:
    """Of a call in one line the column alone: in a file of such calls it has another line."""
    written = error.doc.rstrip()
    if "\n" in written:
        return f"line {error.lineno} column {error.colno}"
    return f"column {min(error.pos, len(written)) + 1}"


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
    reading = _CallReader(vocabulary)
    call = reading.call(raw)
    if reading.problems:
        raise InvalidCall(reading.problems)
    return call


def read_answer(vocabulary: "Vocabulary", name: str, raw: object) -> Answer:
    """See `Vocabulary.read_answer`."""
    reading = _CallReader(vocabulary)
    answers = reading.answers("facts", {name: raw})
    if reading.problems:
        raise InvalidCall(reading.problems)
    return answers[name]


class _CallReader(AnswerReader):
    """Reads one call against a vocabulary."""

    def __init__(self, vocabulary: "Vocabulary") -> None:
        super().__init__()
        self.vocabulary = vocabulary

    def call(self, raw: object) -> CallInput:
        parts = self.mapping("", raw)
        for name in sorted(parts.keys() - {"facts", "narrative", "situation"}):
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

    def unavailable(self, raw: object) -> tuple[tuple[str, str], ...]:
        causes: dict[str, str] = {}
        for response, cause in self.mapping("situation.unavailable", raw).items():
            path = f"situation.unavailable.{response[:40]}"
            if self.is_response(path, response):
                if isinstance(cause, str) and cause in CANNOT_COME:
                    causes[response] = cause
                else:
                    known = _listed(CANNOT_COME)
                    self.refuse(path, f"the cause is one of {known}, not {shown(cause)}")
        return tuple(sorted(causes.items()))

    def minutes_to(self, raw: object) -> tuple[tuple[str, float], ...]:
        minutes: dict[str, float] = {}
        for response, number in self.mapping("situation.minutes_to", raw).items():
            path = f"situation.minutes_to.{response[:40]}"
            if self.is_response(path, response):
                if isinstance(number, bool) or not isinstance(number, int | float):
                    self.refuse(path, f"is a number of minutes, not {shown(number)}")
                elif not 0 <= number <= MOST_MINUTES:  # also refuses not-a-number
                    self.refuse(path, f"lies between 0 and {MOST_MINUTES} minutes")
                else:
                    minutes[response] = number
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
        for name in sorted(facts.keys() & situation.keys()):
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


@lru_cache(maxsize=256)
def facts_of_now(now: str) -> Mapping[str, str | int]:
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
