"""The benchmark compares what is alike: everybody's rules fire as the plain definition says."""

from dataclasses import replace

import pytest

from tests.performance.engine import ours, ours_columns
from tests.performance.engine.columns import check as check_columns
from tests.performance.engine.contestants import Contestant
from tests.performance.engine.making import Maker
from tests.performance.engine.measure import Disagreement, Met, Race, check, race
from tests.performance.engine.workload import Between, Call, Group, Is, Mentions, Oracle, Workload


@pytest.fixture(scope="module")
def workload() -> Workload:
    return Maker().workload(200, "1-4", 60)


def test_everybody_measures_the_same_workload(workload):
    assert Maker().workload(200, "1-4", 60) == workload
    assert workload.digest == "8116aa57684e"


def test_some_rules_fire_for_a_call_and_most_do_not(workload):
    fired = Oracle(workload.calls).fired(workload.rules)
    assert sum(map(len, fired)) / len(fired) / len(workload.rules) == pytest.approx(0.15, abs=0.02)


def test_the_definition_counts_what_holds():
    call = Call({"gate": "open", "age": 70}, " there is a big dog outside ")
    parts = (Is("gate", ("open", "ajar")), Between("age", None, 69), Mentions(("big dog", "cat")))
    held = [n for n in (1, 2, 3) if Oracle([call]).mask(Group(n, parts))]
    assert held == [1, 2]


@pytest.mark.parametrize("shape", ["1-4", "4-8"])
def test_our_rules_fire_as_the_definition_says(shape):
    made = Maker().workload(60, shape, 60)
    assert check(ours.contestant(made), Oracle(made.calls).fired(made.rules)).calls == 60


def test_our_rules_fire_as_the_definition_says_when_answers_are_missing(workload):
    partly = replace(workload, calls=Maker().partly_known(workload.calls))
    check(ours.contestant(partly), Oracle(partly.calls).fired(partly.rules))


def test_our_columns_fire_as_the_definition_says(workload):
    ours_twice = ours_columns.contestants(workload, workload.calls)
    check_columns(workload, workload.calls, ours_twice)


def forgets_the_last(one: Contestant) -> Contestant:
    return replace(one, fired=lambda made: list(one.fired(made))[:-1])


def test_an_engine_that_forgets_a_rule_is_not_measured(workload):
    wrong = forgets_the_last(ours.contestant(workload))
    with pytest.raises(Disagreement, match=r"call 0: rule-\d+"):
        check(wrong, Oracle(workload.calls).fired(workload.rules))


def test_columns_that_forget_a_rule_are_not_measured(workload):
    right = ours_columns.contestants(workload, workload.calls)[0]
    lost = replace(right, fired=lambda made: {**right.fired(made), "rule-0007": b""})
    with pytest.raises(Disagreement, match="rule-0007"):
        check_columns(workload, workload.calls, [lost])


def test_a_ratio_is_taken_over_the_calls_that_both_met():
    slow, fast = [{0: 900, 1: 500}, {1: 700}], [{0: 300, 1: 100}, {0: 90, 1: 100}]
    ratio = Race({"slow": slow, "fast": fast}).ratio("slow", "fast")
    assert (ratio.low, ratio.middle, ratio.high) == (3.5, 5.25, 7.0)


def test_a_slow_engine_meets_fewer_calls(workload):
    one = ours.contestant(workload)
    made = race([one], rounds=2, turn_ns=10, met={one.name: Met(60, 2.0)})
    assert [len(taken) for taken in made.rounds[one.name]] == [5, 5]
