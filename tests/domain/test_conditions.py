"""Conditions: three-valued logic, and the two shades of unknown."""

from itertools import product

import pytest

from tests.domain.small_rules import VOCABULARY, is_, where
from triage.domain.answers import LEFT, UNKNOWN
from triage.domain.comparisons import Incomparable, compare
from triage.domain.conditions import (
    ALWAYS,
    AtLeast,
    Condition,
    Every,
    Mentions,
    NoneOf,
    Some,
    Truth,
    facts_of,
    holds,
    satisfied_by_one,
    undecided_tests,
)

T, F, U, OPEN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN, Truth.OPEN
IS_A, IS_B = is_(violence="yes"), is_(problem="drunk")
ANSWERS = {T: ("yes", "drunk"), F: ("no", "sad"), U: (UNKNOWN, UNKNOWN), OPEN: (None, None)}


def truth_of(condition: Condition, a: Truth, b: Truth) -> Truth:
    """The truth of a condition on two facts that make IS_A and IS_B have these truths."""
    answers = {"violence": ANSWERS[a][0], "problem": ANSWERS[b][1]}
    return condition.truth({k: v for k, v in answers.items() if v is not None}, frozenset())


def kleene(truth: Truth) -> float:
    return {T: 1, F: 0}.get(truth, 0.5)


@pytest.mark.parametrize(("a", "b"), list(product((T, F, U, OPEN), repeat=2)))
def test_groups_follow_the_truth_tables(a: Truth, b: Truth) -> None:
    every, some = Every((IS_A, IS_B)), Some((IS_A, IS_B))

    assert kleene(truth_of(every, a, b)) == min(kleene(a), kleene(b))
    assert kleene(truth_of(some, a, b)) == max(kleene(a), kleene(b))
    assert kleene(truth_of(NoneOf((IS_A, IS_B)), a, b)) == 1 - max(kleene(a), kleene(b))
    assert truth_of(AtLeast(2, (IS_A, IS_B)), a, b) in {truth_of(every, a, b), U}
    assert truth_of(AtLeast(1, (IS_A, IS_B)), a, b) is truth_of(some, a, b)


def test_what_may_still_be_answered_is_open_and_what_was_asked_in_vain_is_not() -> None:
    both = Every((IS_A, IS_B))

    assert truth_of(both, U, OPEN) is OPEN
    assert truth_of(both, U, T) is U
    assert truth_of(both, F, OPEN) is F
    assert truth_of(Some((IS_A, IS_B)), U, OPEN) is OPEN
    assert truth_of(Some((IS_A, IS_B)), U, F) is U


def test_counting_is_open_only_while_an_answer_can_change_it() -> None:
    three = (IS_A, IS_B, is_(code="A"))

    assert AtLeast(2, three).truth({"violence": "yes", "problem": UNKNOWN}, frozenset()) is OPEN
    assert AtLeast(3, three).truth({"violence": UNKNOWN, "problem": UNKNOWN}, frozenset()) is OPEN
    assert (
        AtLeast(2, three).truth({"violence": UNKNOWN, "problem": UNKNOWN, "code": "A"}, frozenset())
        is U
    )
    assert (
        AtLeast(2, three).truth({"violence": UNKNOWN, "problem": "sad", "code": "B"}, frozenset())
        is F
    )
    # Two unknown, one open: whatever it is, the count stays between one and three of two needed.
    assert AtLeast(2, three).truth({"violence": UNKNOWN, "problem": UNKNOWN}, frozenset()) is U


def test_nothing_but_a_value_makes_a_test_true_or_false() -> None:
    for condition in (is_(weapon="none"), where("weapon", "not_in", "none"), is_(weapon="in_hand")):
        assert holds(condition, {}) is None
        assert holds(condition, {"weapon": UNKNOWN}) is None
        assert holds(condition, {"weapon": "in_hand"}) is not None


@pytest.mark.parametrize(
    ("comparison", "operand", "true_for"),
    [
        ("is", ["in_hand"], {"in_hand"}),
        ("is_not", ["in_hand"], {"none", "seen_none"}),
        ("in", ["none", "in_hand"], {"none", "in_hand"}),
        ("not_in", ["none", "in_hand"], {"seen_none"}),
        ("at_least", ["seen_none"], {"seen_none", "in_hand"}),
        ("at_most", ["seen_none"], {"none", "seen_none"}),
        ("between", ["none", "seen_none"], {"none", "seen_none"}),
    ],
)
def test_comparisons_of_choices_use_the_order_of_danger(
    comparison: str, operand: list[str], true_for: set[str]
) -> None:
    condition = where("weapon", comparison, *operand)

    assert {
        v for v in ("none", "seen_none", "in_hand") if holds(condition, {"weapon": v})
    } == true_for


@pytest.mark.parametrize(
    ("comparison", "operand", "true_for"),
    [
        ("is", ["3"], {3}),
        ("is_not", ["3"], {2, 3.5, 4}),
        ("in", ["2", "3.5"], {2, 3.5}),
        ("not_in", ["2", "3.5"], {3, 4}),
        ("at_least", ["3.5"], {3.5, 4}),
        ("at_most", ["3"], {2, 3}),
        ("between", ["3", "3.5"], {3, 3.5}),
    ],
)
def test_comparisons_of_numbers_go_by_size(
    comparison: str, operand: list[str], true_for: set[float]
) -> None:
    condition = where("hours", comparison, *operand)

    assert {n for n in (2, 3, 3.5, 4) if holds(condition, {"hours": n})} == true_for


def test_a_multi_answer_includes_any_of_the_wanted_values() -> None:
    condition = where("hazards", "includes", "fire", "gas")

    assert holds(condition, {"hazards": ("gas",)}) is True
    assert holds(condition, {"hazards": ()}) is False
    assert holds(condition, {"hazards": UNKNOWN}) is None


def test_known_tells_asked_in_vain_from_not_asked() -> None:
    known, not_known = where("weapon", "known", "yes"), where("weapon", "known", "no")

    assert (holds(known, {}), holds(not_known, {})) == (None, None)
    assert (holds(known, {"weapon": UNKNOWN}), holds(not_known, {"weapon": UNKNOWN})) == (
        False,
        True,
    )
    assert (holds(known, {"weapon": "none"}), holds(not_known, {"weapon": "none"})) == (True, False)
    assert known.truth({"weapon": LEFT}, frozenset()) is U


def test_a_mention_without_a_question_is_true_when_found() -> None:
    knife = Mentions(("knife", "cuchillo"))

    assert holds(knife, {}, frozenset({"knife"})) is True
    assert holds(knife, {}, frozenset({"penknife"})) is False
    assert holds(knife, {}) is False


def test_a_mention_with_a_question_is_never_true() -> None:
    knife = Mentions(("knife",), asks="weapon")

    assert knife.truth({}, frozenset({"knife"})) is OPEN
    assert knife.truth({"weapon": UNKNOWN}, frozenset({"knife"})) is F
    assert knife.truth({"weapon": "in_hand"}, frozenset({"knife"})) is F
    assert knife.truth({}, frozenset({"spoon"})) is F


def test_always_and_the_empty_call() -> None:
    assert holds(ALWAYS, {}) is True


def test_only_tests_that_matter_are_reported_as_undecided() -> None:
    moot = Every((IS_A, IS_B))
    condition = Some((moot, is_(code="A")))

    found = list(undecided_tests(condition, {"violence": "no"}, frozenset()))

    assert [test.fact for test in found] == ["code"]
    assert facts_of(condition) == ("violence", "problem", "code")


def test_which_single_answers_might_satisfy_a_condition() -> None:
    condition = Every((Some((IS_A, IS_B)), Some((IS_A, is_(code="A")))))

    assert satisfied_by_one(condition, {}, frozenset()) == {"violence"}
    assert satisfied_by_one(condition, {"problem": "drunk"}, frozenset()) == {"violence", "code"}
    assert satisfied_by_one(Every((IS_A, IS_B)), {"problem": UNKNOWN}, frozenset()) == set()


@pytest.mark.parametrize(
    ("fact", "comparison", "operand"),
    [
        ("weapon", "is", ("knife",)),
        ("weapon", "is", ("unknown",)),
        ("problem", "at_least", ("drunk",)),
        ("weapon", "includes", ("none",)),
        ("weapon", "between", ("in_hand", "none")),
        ("weapon", "equals", ("none",)),
        ("weapon", "known", ("maybe",)),
        ("hours", "is", ("three",)),
        ("hours", "is", ("nan",)),
        ("hours", "is", ("1_000",)),
        ("hours", "at_least", ("1e400",)),
        ("hours", "between", ("5", "3")),
        ("hazards", "is", ("fire",)),
        ("code", "at_least", ("A",)),
        ("code", "is", ("A" * 41,)),
        ("code", "in", ("A", "")),
        ("weapon", "in", ("none", "none")),
    ],
)
def test_what_cannot_be_compared_is_refused(
    fact: str, comparison: str, operand: tuple[str, ...]
) -> None:
    with pytest.raises(Incomparable):
        compare(VOCABULARY.facts[fact], comparison, operand)
