"""From decoded JSON to one answer, strictly: true is not "yes" and "3" is no number."""

import json
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from triage.domain.answers import UNKNOWN, Answer, Conflicting, Gap, Report, Value
from triage.domain.errors import Problem
from triage.domain.hints import did_you_mean
from triage.domain.words import msgid

if TYPE_CHECKING:
    from triage.domain.facts import Fact

CODE_LENGTH = 40
SOURCE_LENGTH = 80
MOST_REPORTS = 50
_HALF = re.compile("[\ud800-\udfff]")


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
class AnswerReader:
    """Reads answers; collects problems instead of stopping at the first."""

    problems: list[Problem] = field(default_factory=list)

    def refuse(self, path: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(path, f"{message} ({hint})" if hint else message))

    def clean(self, path: str, text: str) -> bool:
        """Refuse what no database and no screen can keep as it is."""
        if "\0" in text:
            self.refuse(path, "the text contains a NUL character")
        elif _HALF.search(text):
            self.refuse(path, "the text contains half a character (a lone surrogate)")
        else:
            return True
        return False

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
            expected = "a text" if fact.type == "code" else f"one of {', '.join(fact.value_names)}"
            self.refuse(path, f"is {shown(raw)}, not {expected}")
            return None
        reads = self.code if fact.type == "code" else self.choice
        return reads(path, fact, raw)

    def choice(self, path: str, fact: "Fact", raw: str) -> str | None:
        if raw in fact.by_value:
            return raw
        known = (*fact.value_names, "unknown")
        self.refuse(path, msgid("cannot be %(given)s", given=shown(raw)), did_you_mean(raw, known))
        return None

    def code(self, path: str, fact: "Fact", raw: str) -> str | None:
        if not 0 < len(raw) <= fact.longest:
            self.refuse(path, msgid("is a code of 1 to %(most)s characters", most=fact.longest))
            return None
        return raw if self.clean(path, raw) else None

    def number(self, path: str, fact: "Fact", raw: object) -> float | None:
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            self.refuse(path, msgid("is a number, not %(given)s", given=shown(raw)))
            return None
        if isinstance(raw, float) and not math.isfinite(raw):
            self.refuse(path, "is a number, not infinity or not-a-number")
            return None
        low = -(10**12) if fact.low is None else fact.low
        high = 10**12 if fact.high is None else fact.high
        if not low <= raw <= high:
            self.refuse(
                path, msgid("lies between %(low)s and %(high)s", low=f"{low:g}", high=f"{high:g}")
            )
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
