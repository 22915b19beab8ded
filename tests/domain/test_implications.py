"""What follows from a term, against every combination of answers."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.small_rules import is_, rule, rule_set, where
from tests.domain.test_outlook import ASKABLE, completions, rule_sets
from triage.domain.calls import CallInput
from triage.domain.cases import cases_of
from triage.domain.rule_book import numbers_in
from triage.domain.ruleset import RuleSet


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_what_a_term_brings_is_true_whenever_it_is(data: st.DataObject) -> None:
    names = st.lists(st.sampled_from([*ASKABLE, "cold"]), min_size=1, max_size=3, unique=True)
    pool = data.draw(names | st.just(["weapon", "caller_proximity"]))
    rules = data.draw(rule_sets(pool))
    said = data.draw(st.sampled_from(["", "He has a knife."]))
    asked = [name for name in pool if name != "cold"]

    for call in completions(CallInput(narrative=said), asked):
        for true, brought in _true_terms(rules, call):
            assert brought & ~true == 0


def _true_terms(rules: RuleSet, call: CallInput) -> list[tuple[int, int]]:
    """Of every true term, the rules that are true and those that it brings."""
    index = rules.book.index
    return [
        (case.tally.true, rules.ahead.brought[number])
        for case in cases_of(rules, call)
        for number in numbers_in(index.state(case.reading.answers, case.heard) & index.everything)
    ]


def test_one_value_brings_what_several_would() -> None:
    rules = rule_set(
        rule("bar", "exclude", is_(violence="yes", weapon="in_hand"), responses=("mobile",)),
        rule("seen", "require", where("weapon", "at_least", "seen_none"), responses=("police",)),
    )
    (bar,) = rules.book.index.bits[_number(rules, "bar")]

    assert rules.ahead.brought[bar] == 0b11
    assert rules.ahead.giving_way["mobile"] >> bar & 1
    assert not rules.ahead.giving_way["police"] >> bar & 1


def _number(rules: RuleSet, rule_id: str) -> int:
    return next(n for n, one in enumerate(rules.book.rules) if one.id == rule_id)
