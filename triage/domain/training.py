"""Scripted calls to learn on: what the caller says when asked, and how a try compares with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triage.domain.assessment import Assessment, assess
from triage.domain.contradictions import agreed
from triage.domain.facts import Fact
from triage.domain.hazards import is_none
from triage.domain.ruleset import RuleSet

MOST_QUESTIONS = 200


@dataclass(frozen=True)
class Told:
    """What the caller says to a question, and the answer that it is."""

    value: str
    says: str


@dataclass(frozen=True)
class TrainingCall:
    """One scripted call. number -- the caller's, by which a try is found again; opens -- what they
    say before anything is asked; teaches -- what it is there for, told afterwards."""

    id: str
    title: str
    number: str
    place: str
    opens: str
    teaches: str
    answers: Mapping[str, Told]

    @property
    def facts(self) -> dict[str, str]:
        return {fact: told.value for fact, told in self.answers.items()}

    def says(self, fact: Fact) -> str:
        told = self.answers.get(fact.name)
        return told.says if told else "I don't know."


@dataclass(frozen=True)
class ComparedAnswer:
    """One answer of the script beside what was written. matters -- by itself it changes who comes
    or how soon. none_either_way -- both say that this danger is not there."""

    fact: str
    said: str
    written: Any
    matters: bool
    none_either_way: bool = False

    @property
    def verdict(self) -> str:
        """`right`, `none_either_way`, `missed` or `wrong`."""
        if self.written is None:
            return "missed"
        if self.written == self.said:
            return "right"
        return "none_either_way" if self.none_either_way else "wrong"


@dataclass(frozen=True)
class Comparison:
    """by_rules -- with everything that the caller could have said; as_written -- with the answers
    of the try; questions -- how many of those of `ask_next` it takes until that is decided."""

    by_rules: Assessment
    as_written: Assessment
    answers: Sequence[ComparedAnswer]
    questions: int

    @property
    def same(self) -> bool:
        """Do the answers that were written lead to the same response, companions and level?"""
        ours, rules = self.as_written.decision, self.by_rules.decision
        return (ours.response, ours.level, {*ours.also}) == (
            rules.response,
            rules.level,
            {*rules.also},
        )


def compare(rule_set: RuleSet, script: TrainingCall, written: Mapping[str, Any]) -> Comparison:
    """How a try compares with the script, under these rules."""
    truth = _decided(rule_set, script, script.facts)
    answers = []
    for fact, told in script.answers.items():
        own = agreed(written.get(fact))
        instead = {name: it for name, it in script.facts.items() if name != fact}
        if own is not None:
            instead[fact] = own
        changed = own != told.value and not _alike(truth, _decided(rule_set, script, instead))
        known = rule_set.vocabulary.facts[fact]
        none = all(is_none(known, one) for one in (told.value, own))
        answers.append(ComparedAnswer(fact, told.value, own, changed, none))
    return Comparison(
        truth, _decided(rule_set, script, written), answers, _questions(rule_set, script)
    )


def _decided(
    rule_set: RuleSet, script: TrainingCall, facts: Mapping[str, Any], *, ahead: bool = False
) -> Assessment:
    raw = {"facts": dict(facts), "narrative": script.opens}
    return assess(rule_set, rule_set.vocabulary.read_call(raw), ahead=ahead)


def _alike(one: Assessment, other: Assessment) -> bool:
    return one.decision.outcome() == other.decision.outcome()


def _questions(rule_set: RuleSet, script: TrainingCall) -> int:
    """How many questions `ask_next` puts to this caller until who comes, and how soon, does not
    change any more."""
    asked: dict[str, str] = {}
    needed, before = 0, None
    while len(asked) < MOST_QUESTIONS:
        found = _decided(rule_set, script, asked, ahead=True)
        decision = found.decision
        if before is not None and before != (decision.response, decision.level, decision.also):
            needed = len(asked)
        before = (decision.response, decision.level, decision.also)
        if found.outlook.settled or not found.outlook.ask_next:
            break
        fact = found.outlook.ask_next[0].fact.name
        asked[fact] = script.facts.get(fact, "unknown")
    return needed
