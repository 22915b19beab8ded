"""Looking ahead against brute force: every combination of answers, assessed one by one."""

from collections.abc import Iterator
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.small_rules import (
    RESPONSES,
    VOCABULARY,
    every_answer,
    rule,
    rule_set,
    where,
)
from triage.domain.answers import UNKNOWN, Answer, Conflicting, Report
from triage.domain.assessment import assess
from triage.domain.calls import CallInput
from triage.domain.cases import cases_of
from triage.domain.conditions import ALWAYS, AtLeast, Condition, Every, Mentions, NoneOf, Some
from triage.domain.outlook import look_ahead
from triage.domain.ruleset import Kind, Rule, RuleSet

ASKABLE = [fact for fact in VOCABULARY.facts.values() if not fact.is_situation]
ENOUGH = 100_000
MOST_TORN = 3


def a_test_on(fact_name: str) -> st.SearchStrategy[Condition]:
    fact = VOCABULARY.facts[fact_name]
    known = st.sampled_from(["yes", "no"]).map(lambda wanted: where(fact_name, "known", wanted))
    if fact.type == "number":
        bound = st.integers(0, 4).map(str)
        one = st.tuples(st.sampled_from(["is", "is_not", "at_least", "at_most"]), bound)
        return known | one.map(lambda pair: where(fact_name, *pair))
    if fact.type == "code":
        values = st.sampled_from(["A", "B"])
        return values.map(lambda value: where(fact_name, "is", value))
    value = st.sampled_from(fact.value_names)
    if fact.type == "multi":
        return value.map(lambda one: where(fact_name, "includes", one))
    comparisons = [
        "is",
        "is_not",
        "in",
        "not_in",
        *(["at_least", "at_most"] if fact.danger else []),
    ]
    one = st.tuples(st.sampled_from(comparisons), value)
    return known | one.map(lambda pair: where(fact_name, *pair))


mentions = st.builds(Mentions, st.just(("knife",)), st.sampled_from([None, "weapon", "problem"]))
any_test = st.sampled_from(list(VOCABULARY.facts)).flatmap(a_test_on) | mentions


def groups(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(parts, min_size=1, max_size=3).map(tuple)
    return (
        st.builds(Every, several)
        | st.builds(Some, several)
        | st.builds(NoneOf, several)
        | several.flatmap(
            lambda chosen: st.builds(AtLeast, st.integers(1, len(chosen)), st.just(chosen))
        )
    )


conditions = st.recursive(any_test, groups, max_leaves=4) | st.just(ALWAYS)
response_ids = st.sampled_from([one.id for one in RESPONSES])


@st.composite
def rules(draw: st.DrawFn, number: int) -> Rule:
    kind: Kind = draw(st.sampled_from(["require", "exclude", "score", "also", "level", "plan"]))
    more: dict[str, object] = {
        "if_unknown": draw(st.sampled_from(["holds", "does_not_hold", "ask"]))
    }
    if kind in ("require", "exclude", "also"):
        more["responses"] = (draw(response_ids),)
        more["entirely"] = kind == "exclude" and draw(st.booleans())
    if kind == "score":
        points = st.tuples(response_ids, st.integers(-20, 20))
        more["points"] = tuple(dict(draw(st.lists(points, min_size=1, max_size=2))).items())
    if kind == "level":
        more["level"] = draw(st.sampled_from(["now", "soon", "later"]))
    return rule(f"r{number}", kind, draw(conditions), **more)


@st.composite
def rule_sets(draw: st.DrawFn) -> RuleSet:
    chosen = [draw(rules(n)) for n in range(draw(st.integers(1, 7)))]
    chains = st.lists(response_ids, max_size=3, unique=True).map(tuple)
    fallbacks = tuple((one.id, draw(chains)) for one in RESPONSES[:3])
    return rule_set(*chosen, fallbacks=fallbacks)


@st.composite
def calls(draw: st.DrawFn, unasked: int) -> CallInput:
    """A call with at most so many questions not yet put."""
    count = draw(st.integers(0, unasked))
    left = draw(st.permutations(ASKABLE))[:count]
    asked: dict[str, Answer] = {}
    torn = 0
    for fact in ASKABLE:
        if fact not in left:
            values = st.sampled_from(every_answer(fact))
            answer: Answer = draw(values | st.just(UNKNOWN))
            if torn < MOST_TORN and draw(st.integers(0, 7)) == 0:
                torn += 1
                reports = (Report(answer, "caller"), Report(draw(values), "neighbour"))
                answer = Conflicting(reports)
            asked[fact.name] = answer
    situation = {
        name: draw(st.sampled_from(["yes", "no", UNKNOWN]))
        for name in draw(st.sampled_from([(), ("team_on",), ("cold",), ("team_on", "cold")]))
    }
    minutes = st.dictionaries(response_ids, st.sampled_from([5, 20, 100, 300]), max_size=2)
    causes = st.dictionaries(response_ids, st.just("all_committed"), max_size=2)
    return CallInput(
        facts=tuple(sorted(asked.items())),
        narrative=draw(st.sampled_from(["", "He has a knife."])),
        situation=tuple(sorted(situation.items())),
        unavailable=tuple(sorted(draw(causes).items())),
        minutes_to=tuple(sorted(draw(minutes).items())),
    )


def completions(call: CallInput) -> Iterator[CallInput]:
    """The call with every combination of answers to what was not asked."""
    left = [fact for fact in ASKABLE if fact.name not in call.asked]
    answers = [[None, UNKNOWN, *every_answer(fact)] for fact in left]
    for combination in product(*answers):
        completed = call
        for fact, answer in zip(left, combination, strict=True):
            if answer is not None:
                completed = completed.with_fact(fact.name, answer)
        yield completed


def by_brute_force(rules: RuleSet, call: CallInput) -> tuple[bool, set[str]]:
    """Whether the call is settled, and what else it could become."""
    decisions = [assess(rules, one, ahead=False).decision for one in completions(call)]
    present = assess(rules, call, ahead=False).decision
    outcomes = {one.outcome() for one in decisions}
    return outcomes == {present.outcome()}, {d.response for d in decisions} - {present.response}


@settings(max_examples=400, deadline=None)
@given(rule_sets(), calls(unasked=3))
def test_looking_ahead_agrees_with_brute_force(rules: RuleSet, call: CallInput) -> None:
    settled, could_become = by_brute_force(rules, call)

    ahead = look_ahead(rules, call, cases_of(rules, call), budget=ENOUGH)

    assert (ahead.settled, set(ahead.could_become)) == (settled, could_become)
    if not settled:
        assert ahead.ask_next or any(
            fact.ask_when is not None for fact in VOCABULARY.facts.values()
        )


@settings(max_examples=200, deadline=None)
@given(rule_sets(), calls(unasked=3), st.integers(0, 5))
def test_without_budget_it_errs_on_the_side_of_caution(
    rules: RuleSet, call: CallInput, budget: int
) -> None:
    settled, could_become = by_brute_force(rules, call)

    ahead = look_ahead(rules, call, cases_of(rules, call), budget=budget)

    assert settled or not ahead.settled
    assert could_become <= set(ahead.could_become)
