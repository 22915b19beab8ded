"""Our side: the neutral workload as a vocabulary and a rule set, and the calls to our engine.

Everything that the benchmark asks of the service stands in this file.
"""

import random
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

from tests.performance.engine import workload as neutral
from tests.performance.engine.contestants import Contestant
from tests.performance.engine.making import SEED
from triage.adapters.rule_files import RuleFiles
from triage.domain.answers import UNKNOWN
from triage.domain.assessment import Assessment, assess
from triage.domain.calls import CallInput
from triage.domain.conditions import AtLeast, Condition, Every, Mentions, OneOf, Some, Within
from triage.domain.facts import Fact, FactValue, Response, Vocabulary
from triage.domain.reason import Reason
from triage.domain.ruleset import AskFirst, Default, FollowUp, Kind, Level, Plan, Rule, RuleSet
from triage.domain.words import Words

NAME = "this service, explained, three-valued"
DECIDED = "this service, with the decision: who comes, how soon, with whom"
ROOT = Path(__file__).parents[3]
RESPONSES = ("ambulance", "patrol", "cit", "co_responder", "social_services", "crisis_line")
KINDS: tuple[tuple[Kind, int], ...] = (
    ("require", 20),
    ("exclude", 5),
    ("score", 40),
    ("also", 15),
    ("level", 15),
    ("plan", 5),
)


Explained = tuple[list[Reason], list[Reason]]
"""What a rule engine says of a call: every rule that fires and every one that waits, with its
sentence, its source and what it read."""


def contestant(workload: neutral.Workload, name: str = NAME) -> Contestant:
    """The rules that fire and wait, as far as the other engines go, and why.

    Every call is made anew for each round, so that nothing is remembered of an earlier one.
    """
    rules = rule_set(workload)
    book = rules.book

    def run(one: CallInput) -> Explained:
        tally = book.weigh(one.asked, rules.heard(one), "")
        waiting = book.why(tally.undecided & ~book.holds)
        return book.reasons(tally), waiting

    def fired(found: Explained) -> Iterable[str]:
        return (reason.rule for reason in found[0] if not reason.on_unknown)

    return Contestant(name, True, workload.calls, call, run, fired)


def decider(workload: neutral.Workload) -> Contestant:
    """The assessment: the same, and who comes, how soon, with whom."""
    rules = rule_set(workload)

    def run(one: CallInput) -> Assessment:
        found = assess(rules, one, ahead=False)
        found.because  # noqa: B018 -- worked out when it is first asked for
        return found

    return Contestant(DECIDED, True, workload.calls, call, run, fired)


def fired(assessment: Assessment) -> Iterable[str]:
    """The neutral rules that are true; not those that fired because an answer is unknown."""
    rules = assessment.rule_set.rule
    return (r.rule for r in assessment.because if r.rule in rules and not r.on_unknown)


def look_ahead(rules: RuleSet, one: CallInput) -> Assessment:
    """The whole assessment: with `settled`, `could_become` and `ask_next`."""
    return assess(rules, one)


def shipped() -> dict[str, RuleSet]:
    """Our published rule sets by name."""
    reader, folder = RuleFiles(), ROOT / "rules"
    vocabulary = reader.read_vocabulary((folder / "vocabulary.yaml").read_text(encoding="utf-8"))
    files = (path for path in sorted(folder.glob("*.yaml")) if path.name != "vocabulary.yaml")
    return {
        path.stem: reader.read_rule_set(path.read_text(encoding="utf-8"), vocabulary)
        for path in files
    }


def call(one: neutral.Call) -> CallInput:
    known = ((n, UNKNOWN if v == neutral.NOT_KNOWN else v) for n, v in one.answers.items())
    return CallInput(facts=tuple(sorted(known)), narrative=one.narrative)


@cache
def vocabulary(facts: tuple[neutral.Fact, ...]) -> Vocabulary:
    return Vocabulary(
        version="1",
        title="Neutral",
        about="Facts without a meaning.",
        groups=("neutral",),
        facts={fact.name: _fact(place, fact) for place, fact in enumerate(facts)},
        responses={
            name: Response(name, Words.of(name), Words.of(name), "page", ("responder",))
            for name in RESPONSES
        },
    )


def rule_set(workload: neutral.Workload, *, plans: bool = True) -> RuleSet:
    """The rules with kinds by chance. A back-test leaves plans out: they decide nothing."""
    kinds = KINDS if plans else KINDS[:-1]
    chance = random.Random(SEED)
    return RuleSet(
        name="neutral",
        version="1",
        title="Neutral",
        about="Rules without a meaning.",
        scope="illustration",
        protocol="",
        vocabulary=vocabulary(workload.facts),
        vocabulary_version="1",
        sources=(),
        responses=RESPONSES,
        default=Default("co_responder", "Nothing else applies."),
        levels=tuple(Level(f"level-{n}", n, f"LEVEL {n}", 15 * n) for n in (1, 2, 3, 4)),
        default_level="level-3",
        rules=tuple(_rule(rule, kinds, chance) for rule in workload.rules),
        ask=AskFirst(5, "co_responder"),
        thresholds=(("default", 50),),
    )


def _fact(place: int, fact: neutral.Fact) -> Fact:
    return Fact(
        name=fact.name,
        group="neutral",
        type=fact.type,
        ask="gate" if place < 8 else "when_it_matters",
        order=place,
        first=Words.of(f"What is {fact.name}?"),
        third=Words.of(f"What is {fact.name}?"),
        values=tuple(FactValue(v, str(n), Words.of(v)) for n, v in enumerate(fact.values)),
        low=fact.low if fact.type == "number" else None,
        high=fact.high if fact.type == "number" else None,
    )


def _rule(rule: neutral.Rule, kinds: tuple[tuple[Kind, int], ...], chance: random.Random) -> Rule:
    kind = chance.choices([name for name, _ in kinds], [weight for _, weight in kinds])[0]
    plain = Rule(
        id=rule.id,
        kind=kind,
        when=our_condition(rule.when),
        if_unknown=chance.choices(("does_not_hold", "ask", "holds"), (75, 15, 10))[0],
        because=f"What {rule.id} looks for is there.",
        source="measured",
        standing="local_policy",
    )
    if kind == "score":
        points = ((name, chance.choice((-10, 5, 10, 20))) for name in chance.sample(RESPONSES, 2))
        return replace(plain, points=tuple(points))
    if kind == "level":
        return replace(plain, level=f"level-{chance.randint(1, 4)}")
    if kind == "plan":
        return replace(plain, plan=Plan((FollowUp("call", "team", 24, "Ask how it went.", "no"),)))
    return replace(plain, responses=(chance.choice(RESPONSES),))


def our_condition(condition: neutral.Condition) -> Condition:
    if isinstance(condition, neutral.Group):
        parts = tuple(our_condition(part) for part in condition.parts)
        if condition.is_all or condition.is_any:
            return Every(parts) if condition.is_all else Some(parts)
        return AtLeast(condition.n, parts)
    if isinstance(condition, neutral.Mentions):
        return Mentions(condition.terms)
    if isinstance(condition, neutral.Is):
        values = condition.values
        comparison = "is" if len(values) == 1 else "in"
        return OneOf(condition.fact, comparison, values, frozenset(values))
    return _within(condition)


def _within(test: neutral.Between) -> Within:
    if test.low is None:
        assert test.high is not None
        return Within(test.fact, "at_most", (test.high,), high=test.high)
    if test.high is None:
        return Within(test.fact, "at_least", (test.low,), low=test.low)
    return Within(test.fact, "between", (test.low, test.high), low=test.low, high=test.high)
