"""What callers usually answer orders the questions and changes nothing else."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.small_rules import VOCABULARY, is_, rule, rule_set
from tests.domain.test_outlook import scenes
from triage.domain.answers import UNKNOWN, Conflicting, Report
from triage.domain.assessment import assess
from triage.domain.calls import CallInput
from triage.domain.habits import FEWEST, Habits, count_answers, countable, habits_from
from triage.domain.ruleset import RuleSet

EVERYTHING_BUT = {"ask_next", "habits_sha256"}


@st.composite
def counts(draw: st.DrawFn) -> dict[str, dict[str, int]]:
    """Any counts, also of values that are none, and of calls by the million."""
    return {
        name: draw(
            st.dictionaries(
                st.sampled_from([*VOCABULARY.facts[name].value_names, "unknown", "gone"]),
                st.sampled_from([0, 1, 5, 300, 10**6]),
            )
        )
        for name in countable(VOCABULARY)
        if draw(st.booleans())
    }


@settings(max_examples=200, deadline=None)
@given(scenes(), counts())
def test_habits_order_the_questions_and_change_nothing_else(
    scene: tuple[RuleSet, CallInput, list[str]], counted: dict[str, dict[str, int]]
) -> None:
    rules, call, _ = scene

    without = assess(rules, call).as_dict()
    with_habits = assess(rules, call, habits=Habits(counted, str(counted))).as_dict()

    for key in without.keys() - EVERYTHING_BUT:
        assert with_habits[key] == without[key], key
    # The same questions with the same words, in whatever order.
    assert sorted(map(str, with_habits["ask_next"])) == sorted(map(str, without["ask_next"]))


def two_questions() -> RuleSet:
    return rule_set(
        rule("a", "require", is_(violence="yes"), responses=("police",)),
        rule("b", "require", is_(problem="sad"), responses=("ems",)),
    )


def asked_first(**by_fact: dict[str, int]) -> str:
    habits = Habits(by_fact, str(by_fact))
    ahead = assess(two_questions(), VOCABULARY.read_call({}), habits=habits).outlook
    return ahead.ask_next[0].fact.name


def test_the_question_whose_usual_answer_changes_something_comes_first() -> None:
    assert asked_first(violence={"yes": 90, "no": 10}, problem={"drunk": 99, "sad": 1}) == (
        "violence"
    )
    assert asked_first(violence={"yes": 1, "no": 99}, problem={"drunk": 10, "sad": 90}) == (
        "problem"
    )


def test_what_was_never_given_may_still_be_given() -> None:
    habits = Habits({"violence": {"no": 10**6}}, "x")

    ahead = assess(two_questions(), VOCABULARY.read_call({}), habits=habits).outlook

    assert {one.fact.name: one.weight > 0 for one in ahead.ask_next} == {
        "violence": True,
        "problem": True,
    }


def test_unknown_is_counted_and_contradictions_are_not() -> None:
    told = Conflicting((Report("yes", "caller"), Report("no", "neighbour")))

    assert count_answers([{"violence": "yes"}, {"violence": UNKNOWN}, {"violence": told}]) == {
        "violence": {"yes": 1, "unknown": 1}
    }


def test_only_questions_with_a_few_answers_are_counted() -> None:
    """Not a plate, a number or a list, and nothing that is supplied rather than asked."""
    assert countable(VOCABULARY) == ("weapon", "violence", "problem", "caller_proximity")


def test_what_few_calls_answered_is_left_out() -> None:
    rare, common = FEWEST - 1, FEWEST

    kept = habits_from({"problem": {"drunk": rare, "sad": common}, "violence": {"yes": rare}})

    assert kept.counts == {"problem": {"sad": common}}


def test_the_same_counts_have_the_same_name_in_whatever_order_they_came() -> None:
    one = habits_from({"problem": {"sad": 9, "lost": 8}, "violence": {"yes": 7}})
    other = habits_from({"violence": {"yes": 7}, "problem": {"lost": 8, "sad": 9}})

    assert one.sha256 == other.sha256 != habits_from({"violence": {"yes": 8}}).sha256
