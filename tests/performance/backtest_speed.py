"""How fast a rule set is tried on past calls; CALLS=1000000, RULES=200 and RUNS=5 may be set.

Generated rules and calls (the seed is fixed) over questions of the shipped vocabulary. A sample of
the calls is assessed one by one as well, and must come out the same.
"""

import os
import platform
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from triage.adapters.rule_files import RuleFiles
from triage.domain.assessment import assess
from triage.domain.backtest import Backtest
from triage.domain.bitmaps import size
from triage.domain.calls import CallInput
from triage.domain.column_decisions import ColumnRules, Decisions
from triage.domain.comparisons import compare
from triage.domain.conditions import AtLeast, Condition, Every, Mentions, Some
from triage.domain.facts import Fact, Vocabulary
from triage.domain.history import History
from triage.domain.ruleset import Kind, Rule, RuleSet

CALLS = int(os.environ.get("CALLS", "1000000"))
RULES = int(os.environ.get("RULES", "200"))
RUNS = int(os.environ.get("RUNS", "5"))
DISTINCT = 20_000
COMPARED = 300
FRESH = 20_000
ROOT = Path(__file__).parents[2]
WORDS = [f"word{n}" for n in range(120)]
KINDS: list[tuple[Kind, int]] = [
    ("require", 15),
    ("exclude", 5),
    ("score", 50),
    ("also", 12),
    ("level", 18),
]


def shipped() -> RuleSet:
    reader = RuleFiles()
    vocabulary = reader.read_vocabulary((ROOT / "rules" / "vocabulary.yaml").read_text())
    text = (ROOT / "rules" / "county-default.yaml").read_text()
    return reader.read_rule_set(text, vocabulary)


def questions(vocabulary: Vocabulary) -> list[Fact]:
    """Forty of them, with answers that can be listed."""
    kinds = ("yes_no", "choice", "number")
    asked = (f for f in vocabulary.facts.values() if not f.is_situation and f.type in kinds)
    return list(asked)[:40]


def a_test(facts: list[Fact], chance: random.Random) -> Condition:
    if chance.random() < 0.12:
        return Mentions(tuple(chance.sample(WORDS, 3)))
    fact = chance.choice(facts)
    if fact.type == "number":
        return compare(fact, "at_least", (str(chance.randint(1, 60)),))
    several = min(len(fact.value_names) - 1, chance.choice([1, 1, 2, 3]))
    return compare(fact, "in", tuple(chance.sample(fact.value_names, several)))


def a_condition(facts: list[Fact], chance: random.Random) -> Condition:
    parts = tuple(a_test(facts, chance) for _ in range(chance.randint(1, 4)))
    if len(parts) > 2 and chance.random() < 0.3:
        return AtLeast(2, parts)
    if len(parts) > 1 and chance.random() < 0.3:
        return Some(parts)
    return Every(parts)


def some_rules(base: RuleSet, facts: list[Fact], chance: random.Random) -> RuleSet:
    rules = tuple(a_rule(base, facts, number, chance) for number in range(RULES))
    return replace(base, rules=rules, examples=(), thresholds=(("default", 15),))


def a_rule(base: RuleSet, facts: list[Fact], number: int, chance: random.Random) -> Rule:
    kind = chance.choices([one for one, _ in KINDS], [weight for _, weight in KINDS])[0]
    more: dict[str, object] = {}
    if kind in ("require", "exclude", "also"):
        more["responses"] = (chance.choice(base.responses),)
    if kind == "score":
        scored = chance.sample(base.responses, chance.choice([1, 1, 2]))
        more["points"] = tuple((one, chance.choice([-10, 5, 10, 15, 20])) for one in scored)
    if kind == "level":
        more["level"] = chance.choice(base.levels).id
    return Rule(
        id=f"rule-{number}",
        kind=kind,
        when=a_condition(facts, chance),
        if_unknown=chance.choice(["holds", "does_not_hold", "does_not_hold", "ask"]),
        because="It is measured.",
        source="measured",
        standing="local_policy",
        **more,  # type: ignore[arg-type]
    )


def a_call(facts: list[Fact], chance: random.Random) -> dict[str, object]:
    """Three of four questions put, and about 250 characters of narrative."""
    answers: dict[str, object] = {}
    for fact in facts:
        if chance.random() < 0.75:
            named = chance.choice([*fact.value_names, "unknown"])
            answers[fact.name] = chance.randint(0, 80) if fact.type == "number" else named
    day, hour = chance.randint(1, 28), chance.randint(0, 23)
    return {
        "facts": answers,
        "narrative": " ".join(chance.choices(WORDS, k=36)),
        "situation": {"now": f"2026-{chance.randint(1, 12):02}-{day:02}T{hour:02}:00:00-06:00"},
    }


def edited(rules: RuleSet, facts: list[Fact], chance: random.Random) -> RuleSet:
    """The same rules, one of them with another condition."""
    place = chance.randrange(len(rules.rules))
    changed = replace(rules.rules[place], when=a_condition(facts, chance))
    return replace(rules, rules=(*rules.rules[:place], changed, *rules.rules[place + 1 :]))


def timed(work: Callable[[], object]) -> float:
    """Seconds of this process: what other programs take meanwhile is left out."""
    began = time.process_time()
    work()
    return time.process_time() - began


def tell(what: str, seconds: list[float], unit: str, factor: float) -> None:
    middle, low, high = statistics.median(seconds), min(seconds), max(seconds)
    spread = f"({low * factor:.1f} to {high * factor:.1f})" if len(seconds) > 1 else ""
    print(f"{what:36}{middle * factor:8.1f} {unit} {spread}")


def must_agree(rules: RuleSet, calls: list[CallInput], decided: Decisions) -> None:
    for row in range(min(COMPARED, CALLS)):
        made = assess(rules, calls[row % DISTINCT], ahead=False)
        one = made.decision
        expected = (one.needed, one.eligible, made.response, one.level.id, one.also)
        if decided.of_call(row) != expected:
            raise SystemExit(f"call {row}: {decided.of_call(row)} is not {expected}")


def main() -> int:
    chance = random.Random(20261126)
    base = shipped()
    facts = questions(base.vocabulary)
    rules = some_rules(base, facts, chance)
    calls = [base.vocabulary.read_call(a_call(facts, chance)) for _ in range(DISTINCT)]
    history = History(base.vocabulary)

    def put_down() -> None:
        for row in range(CALLS):
            history.add(calls[row % DISTINCT])

    def fresh() -> None:
        few, made = calls[:100], History(base.vocabulary)
        for row in range(FRESH):
            made.add(few[row % 100])

    def decide() -> None:
        """With answers and words prepared, and nothing known of any condition."""
        history.judged.clear()
        ColumnRules(rules).decide(history)

    print(f"{platform.machine()}, Python {platform.python_version()}, CPU of one core, medians")
    print(f"{CALLS:,} calls, {RULES} rules, {len(facts)} questions, {len(WORDS)} words")
    tell("put down a call just read", [timed(one) for one in [fresh] * RUNS], "us", 1e6 / FRESH)
    put_down()
    first = timed(lambda: history.narratives.search(WORDS))
    first += timed(lambda: ColumnRules(rules).decide(history))
    tell("pack its answers, search its words", [first], "us", 1e6 / CALLS)
    tell("decide every call", [timed(decide) for _ in range(RUNS)], "ms", 1e3)
    versions = [ColumnRules(edited(rules, facts, chance)) for _ in range(RUNS)]
    again = [timed(lambda one=one: one.decide(history)) for one in versions]  # type: ignore[misc]
    tell("decide again after one rule changed", again, "ms", 1e3)
    old, new = ColumnRules(rules).decide(history), versions[0].decide(history)
    tell("count who moves where, all of it", [timed(lambda: count(history, old, new))], "ms", 1e3)
    must_agree(rules, calls, old)
    shares = ", ".join(f"{one} {size(bits) / CALLS:.1%}" for one, bits in old.response.items())
    print(f"{COMPARED} calls assessed one by one agree; {shares}")
    print(f"at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB in memory")
    return 0


def count(history: History, old: Decisions, new: Decisions) -> None:
    compared = Backtest(history, old, new)
    compared.moves_among(compared.fallen)
    compared.responses(), compared.levels(), compared.demand(), compared.by_hour()
    compared.police_because_unknown()


if __name__ == "__main__":
    sys.exit(main())
