"""Two evaluators, one meaning: the tree of conditions is the definition, the index what decides.

Rules and calls are made up over a small vocabulary in which every kind of fact occurs, so that
rules mask, lift and contradict each other. ORACLE_PAIRS=1000000 compares that many.
"""

import os
import random
from itertools import product

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from tests.domain import shipped
from tests.domain.small_rules import (
    RESPONSES,
    VOCABULARY,
    every_answer,
    is_,
    rule,
    rule_set,
    where,
)
from tests.domain.test_outlook import conditions, exceptions
from triage.domain.answers import LEFT, UNKNOWN, Gap, Value
from triage.domain.conditions import (
    ALWAYS,
    FALSE,
    TRUE,
    AtLeast,
    Condition,
    Every,
    Mentions,
    NoneOf,
    Some,
)
from triage.domain.facts import Fact
from triage.domain.narrative import Heard
from triage.domain.ruleset import RuleSet
from triage.domain.term_index import Tally
from triage.domain.terms import MOST_TERMS, TooManyAlternatives, terms_of, terms_of_rule

CALLS_PER_SET = 100
PAIRS = int(os.environ.get("ORACLE_PAIRS", "20000"))
FACTS = tuple(VOCABULARY.facts)
ANSWERS: dict[str, tuple[Value | Gap | None, ...]] = {
    name: (None, UNKNOWN, LEFT, *every_answer(fact)) for name, fact in VOCABULARY.facts.items()
}
NAMES = (*shipped.COMPLETE, *shipped.ILLUSTRATIONS)
DAYS = ("", "2026-11-20", "2026-11-26", "2026-12-24")


tests = st.lists(conditions([*FACTS], leaves=1), min_size=4, max_size=8)
"""What the conditions of one rule are made of: some come up in several places."""


def nested(parts: st.SearchStrategy[Condition], deepest: int = 3) -> st.SearchStrategy[Condition]:
    """Groups in groups, as deep as people write them and a little deeper."""
    for _ in range(deepest):
        several = st.lists(parts, min_size=1, max_size=4).map(tuple)
        counted = st.builds(_at_least, st.integers(0, 3), several)
        group = st.one_of(*(st.builds(kind, several) for kind in (Every, Some, NoneOf)), counted)
        parts = group | parts
    return parts


def _at_least(n: int, parts: tuple[Condition, ...]) -> AtLeast:
    return AtLeast(1 + n % len(parts), parts)


def expands(condition: Condition, unless: Condition | None = None) -> bool:
    """Is it no more alternatives than a rule may have?"""
    try:
        terms_of_rule(condition, unless)
    except TooManyAlternatives:
        return False
    return True


@st.composite
def rule_sets(draw: st.DrawFn) -> RuleSet:
    """Up to eight rules; about one in four has dates."""
    kinds = ["require", "exclude", "also", "level", "score"]
    chosen = []
    for number in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from(kinds))
        more: dict[str, object] = {
            "if_unknown": draw(st.sampled_from(["holds", "does_not_hold", "ask"]))
        }
        if kind in ("require", "exclude", "also"):
            more["responses"] = (draw(st.sampled_from([one.id for one in RESPONSES])),)
        elif kind == "score":
            more["points"] = ((draw(st.sampled_from([one.id for one in RESPONSES])), 10),)
        else:
            more["level"] = draw(st.sampled_from(["now", "soon", "later"]))
        if draw(st.integers(0, 3)) == 0:
            more["valid_from"] = "2026-11-25"
            more["valid_until"] = draw(st.sampled_from(["", "2026-11-30"]))
        parts = st.sampled_from(draw(tests))
        when = draw(nested(parts) | st.just(ALWAYS))
        more["unless"] = draw(st.none() | st.none() | exceptions(nested(parts, deepest=2)))
        if expands(when, more["unless"]):
            chosen.append(rule(f"r{number}", kind, when, **more))
    return rule_set(*chosen)


def by_trees(rules: RuleSet, answers: dict[str, Value | Gap], heard: Heard, day: str) -> Tally:
    """The definition: every condition evaluated as it is written."""
    true = undecided = 0
    for number, one in enumerate(rules.book.rules):
        truth = one.truth(answers, heard)
        if truth is FALSE or not one.in_force(day):
            continue
        true, undecided = (
            (true | 1 << number, undecided) if truth is TRUE else (true, undecided | 1 << number)
        )
    return Tally(true, undecided)


@settings(max_examples=max(1, PAIRS // CALLS_PER_SET), deadline=None, database=None)
@seed(988)
@given(rule_sets(), st.integers(0, 2**32))
def test_the_index_says_of_every_rule_what_its_tree_says(rules: RuleSet, chance: int) -> None:
    draw = random.Random(chance)
    for _ in range(CALLS_PER_SET):
        left = draw.choice((0.1, 0.5, 0.9))
        answers = {
            name: answer
            for name in FACTS
            if draw.random() > left and (answer := draw.choice(ANSWERS[name])) is not None
        }
        heard: Heard = frozenset({"knife"}) if draw.random() < 0.5 else frozenset()
        day = draw.choice(DAYS)

        assert rules.book.weigh(answers, heard, day) == by_trees(rules, answers, heard, day)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_both_agree_on_every_shipped_rule_set(name: str) -> None:
    rules, draw = shipped.rule_set(name), random.Random(name)
    facts = shipped.vocabulary().facts
    for _ in range(200):
        left = draw.choice((0.2, 0.6, 0.9))
        answers = {
            fact.name: draw.choice(_some_answers(fact))
            for fact in facts.values()
            if draw.random() > left
        }
        words = draw.sample(rules.terms, min(len(rules.terms), draw.choice((0, 0, 3))))

        found = rules.book.weigh(answers, frozenset(words), "2026-11-26")

        assert found == by_trees(rules, answers, frozenset(words), "2026-11-26")


def _some_answers(fact: Fact) -> list[Value | Gap]:
    if fact.type == "number":
        return [UNKNOWN, 0, 1, 2.5, 3, 19, 20, 21, 32, 33, 480, 1320]
    if fact.type == "code":
        return [UNKNOWN, "25A01", "25A02", "25B03", "2026-11-26", "else"]
    if fact.type == "multi":
        return [UNKNOWN, (), fact.value_names[:1], fact.value_names]
    return [UNKNOWN, *fact.value_names]


def test_a_term_that_asks_for_something_and_its_opposite_stays_unknown() -> None:
    armed = Every((is_(weapon="in_hand"), NoneOf((is_(weapon="in_hand"),))))
    rules = rule_set(rule("never", "require", armed, responses=("ems",)))

    assert rules.book.weigh({"weapon": UNKNOWN}, frozenset(), "") == Tally(0, 1)
    assert rules.book.weigh({"weapon": "in_hand"}, frozenset(), "") == Tally(0, 0)


def test_numbers_and_codes_that_no_rule_names_are_met_all_the_same() -> None:
    rules = rule_set(
        rule("late", "require", where("hours", "between", "2", "4"), responses=("ems",)),
        rule("known", "also", is_(code="A"), responses=("line",)),
    )

    found = [rules.book.weigh({"hours": n}, frozenset(), "").true for n in (1.9, 2, 3.7, 4, 9)]
    assert found == [0, 1, 1, 1, 0]
    assert rules.book.weigh({"code": "something else"}, frozenset(), "").true == 0
    assert rules.book.weigh({"code": "A"}, frozenset(), "").true == 2


def test_a_part_that_stands_twice_counts_once() -> None:
    either = Some((is_(weapon="in_hand"), is_(problem="sad")))

    assert terms_of(Every((either, either))) == terms_of(either)


def test_parts_that_are_always_or_never_true_are_not_combined() -> None:
    never, armed, sad = NoneOf((ALWAYS,)), is_(weapon="in_hand"), is_(problem="sad")

    assert terms_of(AtLeast(20, (never,) * 40)) == ()
    assert terms_of(AtLeast(2, (ALWAYS, armed, sad, *(never,) * 40))) == terms_of(
        Some((armed, sad))
    )
    assert terms_of(AtLeast(2, (ALWAYS, ALWAYS, armed, sad))) == terms_of(ALWAYS)


def test_too_many_alternatives_are_refused_rather_than_multiplied_out() -> None:
    either = [
        Some((is_(weapon=w), is_(problem=p)))
        for w, p in product(("none", "in_hand"), ("drunk", "lost", "sad"))
    ]
    words = [Some((Mentions((f"one{n}",)), Mentions((f"two{n}",)))) for n in range(12)]

    assert len(terms_of(AtLeast(3, tuple(either)))) <= MOST_TERMS
    with pytest.raises(TooManyAlternatives):
        terms_of(Every(tuple(words)))


def test_looking_ahead_may_leave_a_question_for_ever() -> None:
    rules = rule_set(rule("armed", "require", is_(weapon="in_hand"), responses=("ems",)))

    assert rules.book.weigh({"weapon": LEFT}, frozenset(), "") == Tally(0, 1)
