"""Calls with all their answers, most of them invented: see invented_answers.toml."""

import random
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import yaml

from triage.domain.answers import UNKNOWN, Answer
from triage.domain.calls import CallInput
from triage.domain.csv_rows import BadRow, read_rows
from triage.domain.facts import Vocabulary
from triage.domain.import_maps import read_import_map
from triage.domain.imports import PastCall, read_past_call
from triage.domain.ruleset import RuleSet

ROOT = Path(__file__).parents[2]
SHARES = Path(__file__).with_suffix(".toml")
ALEXANDRIA = ROOT.parent / "shared" / "data" / "calls" / "alexandria_cad_2025.csv"
VIGNETTES = ROOT.parent / "shared" / "field" / "vignettes.yaml"
MAP = ROOT / "config" / "import_maps" / "alexandria.toml"
A_DAY = datetime.fromisoformat("2026-11-23T14:30:00-05:00")
"""When calls come in that tell no time."""


@dataclass(frozen=True)
class WholeCall:
    """A call with the answers that its caller would give to every question.

    call -- its situation and narrative, nothing asked yet.
    told -- how many of the answers were told by the source; all others are invented.
    """

    call: CallInput
    answers: Mapping[str, Answer]
    told: int


@dataclass(frozen=True)
class Line:
    """The shares of the answers to one question, for calls of one kind."""

    when: Mapping[str, list[str]]
    shares: Mapping[str, float]

    def fits(self, answers: Mapping[str, str]) -> bool:
        return all(answers.get(fact) in values for fact, values in self.when.items())


class Inventor:
    """Draws the answers that a source does not tell."""

    def __init__(self, rules: RuleSet, seed: int) -> None:
        self.vocabulary, self._chance = rules.vocabulary, random.Random(seed)
        self.lines = {
            fact: [Line(one.get("when", {}), one["shares"]) for one in lines]
            for fact, lines in tomllib.loads(SHARES.read_text("utf-8")).items()
        }
        self._check(rules)

    def _check(self, rules: RuleSet) -> None:
        """Raises ValueError where a question has no shares, or a line names what does not exist."""
        missing = [name for name in rules.options if name not in self.lines]
        wrong = [f"no shares for {name}" for name in missing]
        for fact, lines in self.lines.items():
            if lines[-1].when or any(not line.when for line in lines[:-1]):
                wrong.append(f"{fact}: the last line, and only that, has no `when`")
            for line in lines:
                wrong += [f"{fact}: no value {v}" for v in self._unheard_of(fact, line.shares)]
                for other, values in line.when.items():
                    wrong += [f"{fact}: no {other} {v}" for v in self._unheard_of(other, values)]
        if wrong:
            raise ValueError("; ".join(wrong))

    def _unheard_of(self, fact: str, values: Mapping[str, float] | list[str]) -> list[str]:
        known = self.vocabulary.facts[fact].by_value
        return [value for value in values if value not in known and value != UNKNOWN.value]

    def whole(self, call: CallInput, told: Mapping[str, str]) -> WholeCall:
        answers = dict(told)
        for fact, lines in self.lines.items():
            if fact not in answers:
                line = next(one for one in lines if one.fits(answers))
                (answers[fact],) = self._chance.choices([*line.shares], [*line.shares.values()])
        read = {name: self.vocabulary.read_answer(name, value) for name, value in answers.items()}
        return WholeCall(call, read, len(told))


def replayed(inventor: Inventor) -> Iterator[WholeCall]:
    """The calls of the Alexandria extract that `triage replay` takes in, by kind and time."""
    vocabulary = inventor.vocabulary
    mapping = read_import_map(tomllib.loads(MAP.read_text("utf-8")), vocabulary)
    taken: set[str] = set()
    with ALEXANDRIA.open(encoding="utf-8", newline="") as text:
        for row in read_rows(text, mapping.needed, mapping.delimiter):
            past = row if isinstance(row, BadRow) else read_past_call(mapping, row)
            if isinstance(past, PastCall) and (past.number or past.row) not in taken:
                taken.add(past.number or past.row)
                yield _whole(inventor, past.answers, past.received_at.astimezone(mapping.time_zone))


def vignettes(inventor: Inventor) -> Iterator[WholeCall]:
    """The written calls: what each tells stands, the rest is invented."""
    for one in yaml.safe_load(VIGNETTES.read_text("utf-8")):
        yield _whole(inventor, one["facts"], A_DAY, one["narrative"])


def generated(inventor: Inventor, number: int) -> Iterator[WholeCall]:
    """Calls of which everything is invented, the kind of call too."""
    for _ in range(number):
        yield _whole(inventor, {}, A_DAY)


def _whole(
    inventor: Inventor, told: Mapping[str, object], at: datetime, narrative: str = ""
) -> WholeCall:
    vocabulary: Vocabulary = inventor.vocabulary
    supplied = {n: v for n, v in told.items() if vocabulary.facts[n].is_situation}
    asked = {n: v for n, v in told.items() if n in inventor.lines and isinstance(v, str)}
    situation = {**supplied, "now": at.replace(microsecond=0).isoformat()}
    call = vocabulary.read_call({"narrative": narrative, "situation": situation})
    return inventor.whole(call, asked)
