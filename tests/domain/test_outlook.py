"""Looking ahead against brute force: every combination of answers, assessed one by one.

AHEAD_EXAMPLES says how many scenes; 300 unless told otherwise.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.domain.small_rules import (
    RESPONSES,
    VOCABULARY,
    every_answer,
    is_,
    rule,
    rule_set,
    where,
)
from triage.domain.answers import UNKNOWN, Answer, Conflicting, Report
from triage.domain.assessment import assess
from triage.domain.call_reading import SIGHT_FACT
from triage.domain.calls import CallInput
from triage.domain.cases import cases_of
from triage.domain.conditions import AtLeast, Condition, Every, Mentions, NoneOf, Some, facts_of
from triage.domain.conditions import tests_of as every_test
from triage.domain.facts import Fact
from triage.domain.foresight import MOST_READINGS
from triage.domain.outlook import look_ahead
from triage.domain.ruleset import Kind, Rule, RuleSet

ASKABLE = [fact.name for fact in VOCABULARY.facts.values() if not fact.is_situation]
ENOUGH = 100_000
EXAMPLES = int(os.environ.get("AHEAD_EXAMPLES", "300"))


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


def conditions(pool: list[str], leaves: int = 3) -> st.SearchStrategy[Condition]:
    """Conditions that read facts of the pool, and sometimes the narrative."""
    on_facts = st.sampled_from(pool).flatmap(a_test_on)
    mentions = st.builds(
        Mentions, st.just(("knife",)), st.sampled_from([None, *(set(pool) - {"cold"})])
    )
    any_test = st.one_of(on_facts, on_facts, on_facts, mentions)
    return st.recursive(any_test, groups, max_leaves=leaves) | any_test


def exceptions(conditions: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    """What may stand under `unless`: answers, no words of the narrative."""
    return conditions.filter(
        lambda one: not any(isinstance(test, Mentions) for test in every_test(one))
    )


def groups(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(parts, min_size=1, max_size=3).map(tuple)
    counted = several.flatmap(
        lambda chosen: st.builds(AtLeast, st.integers(1, len(chosen)), st.just(chosen))
    )
    return st.one_of(
        st.builds(Every, several), st.builds(Some, several), st.builds(NoneOf, several), counted
    )


response_ids = st.sampled_from([one.id for one in RESPONSES])


@st.composite
def rules(draw: st.DrawFn, number: int, pool: list[str]) -> Rule:
    kind: Kind = draw(st.sampled_from(["require", "exclude", "score", "score", "also", "level"]))
    unknown = draw(st.sampled_from(["holds", "does_not_hold", "ask"]))
    more: dict[str, object] = {"if_unknown": unknown}
    if kind in ("require", "exclude", "also"):
        more["responses"] = (draw(response_ids),)
        more["entirely"] = kind == "exclude" and draw(st.booleans())
    if kind == "score":
        points = st.tuples(response_ids, st.sampled_from([-10, 5, 10, 15]))
        more["points"] = tuple(dict(draw(st.lists(points, min_size=1, max_size=2))).items())
    if kind == "level":
        more["level"] = draw(st.sampled_from(["now", "soon", "later"]))
    more["unless"] = draw(st.none() | st.none() | exceptions(conditions(pool)))
    return rule(f"r{number}", kind, draw(conditions(pool)), **more)


@st.composite
def rule_sets(draw: st.DrawFn, pool: list[str]) -> RuleSet:
    chosen = [draw(rules(n, pool)) for n in range(draw(st.integers(1, 6)))]
    chains = st.lists(response_ids, max_size=3, unique=True).map(tuple)
    fallbacks = tuple((one.id, draw(chains)) for one in RESPONSES)
    thresholds = (("default", draw(st.sampled_from([5, 10]))),)
    return rule_set(*chosen, fallbacks=fallbacks, thresholds=thresholds)


@st.composite
def answers(draw: st.DrawFn, fact: Fact) -> Answer:
    """An answer as a call may state it; sometimes two that contradict each other."""
    values = st.sampled_from(every_answer(fact)) | st.just(UNKNOWN)
    answer: Answer = draw(values)
    if draw(st.integers(0, 5)) == 0:
        answer = Conflicting((Report(answer, "caller"), Report(draw(values), "neighbour")))
    return answer


@st.composite
def calls(draw: st.DrawFn, pool: list[str]) -> CallInput:
    """A call in which some questions of the pool are still to be put."""
    asked = {
        name: draw(answers(VOCABULARY.facts[name]))
        for name in pool
        if name != "cold" and draw(st.integers(0, 3)) == 0
    }
    situation = {
        name: draw(st.sampled_from(["yes", "no", UNKNOWN]))
        for name in ("team_on", "cold")
        if draw(st.integers(0, 3)) == 0
    }
    minutes = st.dictionaries(response_ids, st.sampled_from([5, 20, 100, 300]), max_size=2)
    causes = st.dictionaries(response_ids, st.just("all_committed"), max_size=2)
    return CallInput(
        facts=tuple(sorted(asked.items())),
        narrative=draw(st.sampled_from(["", "He has a knife."])),
        situation=tuple(sorted(situation.items())),
        unavailable=tuple(sorted(draw(causes | st.just({})).items())),
        minutes_to=tuple(sorted(draw(minutes | st.just({})).items())),
    )


@st.composite
def scenes(draw: st.DrawFn) -> tuple[RuleSet, CallInput, list[str]]:
    """Rules over a few facts, a call with some of them, and what is left to ask.

    Few facts and many rules on them: that is where rules mask, lift and contradict each other.
    """
    names = st.lists(st.sampled_from([*ASKABLE, "cold"]), min_size=1, max_size=3, unique=True)
    seeing = st.just(["weapon", "caller_proximity"])
    pool = draw(names | names | seeing)
    chosen, call = draw(rule_sets(pool)), draw(calls(pool))
    left = [name for name in pool if name != "cold" and name not in call.asked]
    if "weapon" in pool and SIGHT_FACT not in (*left, *call.asked):
        left.append(SIGHT_FACT)  # read by no rule, yet it decides what "none seen" is worth
    return chosen, call, left


def completions(call: CallInput, left: list[str]) -> Iterator[CallInput]:
    """The call with every combination of answers to what is left, leaving it unasked included."""
    answered = [[None, UNKNOWN, *every_answer(VOCABULARY.facts[name])] for name in left]
    for combination in product(*answered):
        completed = call
        for name, answer in zip(left, combination, strict=True):
            if answer is not None:
                completed = completed.with_fact(name, answer)
        yield completed


def by_brute_force(rules: RuleSet, call: CallInput, left: list[str]) -> tuple[bool, set[str]]:
    """Whether the call is settled, and what else it could become."""
    decisions = [assess(rules, one, ahead=False).decision for one in completions(call, left)]
    present = assess(rules, call, ahead=False).decision
    outcomes = {one.outcome() for one in decisions}
    return outcomes == {present.outcome()}, {d.response for d in decisions} - {present.response}


@settings(max_examples=EXAMPLES, deadline=None)
@given(scenes())
def test_looking_ahead_agrees_with_brute_force(
    scene: tuple[RuleSet, CallInput, list[str]],
) -> None:
    rules, call, left = scene
    cases = cases_of(rules, call)
    assume(len(cases) <= MOST_READINGS)
    settled, could_become = by_brute_force(rules, call, left)

    ahead = look_ahead(rules, call, cases, budget=ENOUGH)

    assert (ahead.settled, set(ahead.could_become)) == (settled, could_become)
    # With something left to change there is something left to ask.
    assert settled == (not [one for one in ahead.ask_next if one.changes])
    assert {one.fact.name for one in ahead.ask_next} <= set(left)


@settings(max_examples=100, deadline=None)
@given(scenes(), st.integers(0, 3))
def test_without_budget_it_errs_on_the_side_of_caution(
    scene: tuple[RuleSet, CallInput, list[str]], budget: int
) -> None:
    rules, call, left = scene
    settled, could_become = by_brute_force(rules, call, left)

    ahead = look_ahead(rules, call, cases_of(rules, call), budget=budget)

    assert settled or not ahead.settled
    assert could_become <= set(ahead.could_become)


def foreseen(rules: RuleSet, **facts: str) -> tuple[bool | None, set[str]]:
    """What looking ahead says, having agreed with brute force."""
    call = VOCABULARY.read_call({"facts": facts})
    ahead = look_ahead(rules, call, cases_of(rules, call), budget=ENOUGH)
    read = {fact for one in rules.rules for fact in facts_of(one.when)} - set(facts)
    found = (ahead.settled, set(ahead.could_become))
    assert found == by_brute_force(rules, call, sorted(read))
    return found


def test_leaving_a_question_unasked_is_a_possibility() -> None:
    weapon_answered = Some((where("weapon", "known", "yes"), where("weapon", "known", "no")))
    rules = rule_set(
        rule(
            "police",
            "require",
            NoneOf((is_(violence="yes", problem="sad"),)),
            responses=("police",),
            if_unknown="holds",
        ),
        rule(
            "ems",
            "require",
            Every((NoneOf((weapon_answered,)), is_(violence="yes"))),
            responses=("ems",),
            if_unknown="holds",
        ),
    )

    assert foreseen(rules) == (False, {"ems", "line"})


def test_a_number_between_two_that_are_named_is_a_possibility() -> None:
    between = NoneOf((where("hours", "at_most", "1"), where("hours", "at_least", "2")))

    assert foreseen(rule_set(rule("r", "require", between, responses=("ems",)))) == (False, {"ems"})


def test_who_cannot_see_will_never_have_seen() -> None:
    rules = rule_set(rule("r", "require", is_(weapon="seen_none"), responses=("ems",)))

    assert foreseen(rules, caller_proximity="remote") == (True, set())
    assert foreseen(rules, caller_proximity="with_person") == (False, {"ems"})


def test_a_rule_that_counts_while_it_is_undecided_needs_no_answer_of_its_own() -> None:
    """Nobody knows anything: the requirement falls, the points that count on not knowing stay."""
    rules = rule_set(
        rule(
            "known",
            "require",
            Some((where("weapon", "known", "yes"), where("violence", "known", "yes"))),
            if_unknown="holds",
            responses=("police",),
        ),
        rule(
            "points",
            "score",
            where("weapon", "at_least", "seen_none"),
            if_unknown="holds",
            points=(("mobile", 10),),
        ),
        thresholds=(("default", 5),),
    )
    call = CallInput()

    ahead = look_ahead(rules, call, cases_of(rules, call), budget=ENOUGH)

    assert by_brute_force(rules, call, ["weapon", "violence"]) == (False, {"mobile"})
    assert ahead.could_become == ("mobile",)


def test_points_that_only_several_answers_can_take_away() -> None:
    def five(rule_id: str, when: Condition) -> Rule:
        return rule(rule_id, "score", when, points=(("mobile", 5),), if_unknown="holds")

    rules = rule_set(
        five("a", is_(violence="yes")), five("b", is_(problem="sad")), five("c", Every(()))
    )

    assert foreseen(rules) == (False, {"line"})
    assert foreseen(rules, problem="sad") == (True, set())


def test_a_fallback_that_only_several_answers_open() -> None:
    bar = rule("bar", "exclude", is_(violence="yes", problem="sad"), responses=("ems",))
    wins = rule("wins", "score", Every(()), points=(("mobile", 10),))
    rules = rule_set(wins, bar, fallbacks=(("mobile", ("ems", "line")),))
    call = VOCABULARY.read_call({"situation": {"team_on": "no"}})

    ahead = look_ahead(rules, call, cases_of(rules, call))

    assert (ahead.settled, ahead.could_become) == (False, ("line",))


def test_a_level_that_only_several_answers_give() -> None:
    rules = rule_set(rule("l", "level", is_(violence="yes", problem="sad"), level="now"))

    assert foreseen(rules) == (False, set())


def test_an_answer_that_stops_a_rule_from_counting_is_told() -> None:
    both = is_(violence="yes", problem="sad")
    rules = rule_set(rule("r", "require", both, responses=("police",), if_unknown="holds"))

    questions = assess(rules, VOCABULARY.read_call({})).outlook.ask_next

    assert [(one.fact.name, bool(one.effects)) for one in questions] == [
        ("violence", True),
        ("problem", True),
    ]
    assert questions[0].because == "Goes to Line if the answer on violence is no."


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_was_found_for_other_calls_changes_no_assessment(data: st.DataObject) -> None:
    """Decisions and looks ahead are kept between calls, for speed only."""
    pool = data.draw(st.sampled_from([["weapon", "caller_proximity"], [*ASKABLE]]))
    rules = data.draw(rule_sets(pool))
    several = data.draw(st.lists(calls(pool), min_size=3, max_size=8))

    together = [assess(rules, call).canonical_json() for call in several]

    assert together == [assess(replace(rules), call).canonical_json() for call in several]


def test_that_the_caller_cannot_see_matters_to_rules_on_what_was_seen() -> None:
    """What was seen counts as unknown then, which another answer may make the difference of."""
    fire = where("hazards", "includes", "fire")
    unknown = Every((fire, where("weapon", "known", "no")))
    until_known = rule(
        "r", "require", fire, responses=("police",), unless=where("weapon", "known", "yes")
    )
    seen = CallInput((("weapon", "seen_none"),))
    for one in (rule("r", "require", unknown, responses=("police",)), until_known):
        outlook = assess(rule_set(one), seen).outlook

        assert (outlook.settled, outlook.could_become) == (False, ("police",))
        asked = {question.fact.name: question.changes for question in outlook.ask_next}
        assert asked[SIGHT_FACT] == ("response", "companions")
