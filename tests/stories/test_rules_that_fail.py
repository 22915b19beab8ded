"""A published version loads and fails on a call: it raises, it never comes to an end, or it takes
seconds. Whoever rings does not wait for it, somebody is asked to come, the version is marked."""

import contextlib
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any, NoReturn

import pytest
from sqlalchemy import select

from tests.world import Phone, World
from triage.context import attach
from triage.domain.calls import CallInput
from triage.domain.facts import Vocabulary
from triage.domain.ports import RuleReader
from triage.domain.ruleset import RuleSet
from triage.services import assessments, audits, calls, rule_sets
from triage.services.audits import Surroundings
from triage.services.time_limit import OutOfTime, TimeLimit
from triage.storage.rule_sets import RuleSetVersion

NAME = "county-default"
CALM = {"problem_type": "mental_health_crisis", "weapon": "none_seen"}
SOON_S = 2.0
"""Of the processor, what a caller waits for at most, however busy the machine is with others."""


def _raises() -> NoReturn:
    raise ZeroDivisionError("a rule divides by how often somebody rang")


def _never_ends() -> NoReturn:
    while True:
        pass


def _takes_seconds() -> None:
    ends = time.thread_time() + 5
    while time.thread_time() < ends:
        pass


FAULTS = {"raises": _raises, "never ends": _never_ends, "takes 5 s": _takes_seconds}


@dataclass(frozen=True)
class Failing(RuleSet):
    """Rules that do this with every call which they are applied to."""

    does: Callable[[], object] = field(default=_raises, compare=False)

    def heard(self, call: CallInput) -> Any:
        self.does()
        return super().heard(call)


@dataclass
class ReaderOf:
    """Reads rule files as always, and makes of one of them rules that fail."""

    real: RuleReader
    label: str
    does: Callable[[], object]

    def read_published(self, text: str, vocabulary: Vocabulary) -> RuleSet:
        rules = self.real.read_published(text, vocabulary)
        if rules.version != self.label:
            return rules
        whole = {one.name: getattr(rules, one.name) for one in fields(RuleSet)}
        return Failing(**whole, does=self.does)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def publish_rules_that(does: Callable[[], object], world: World) -> None:
    """As a fault in rules or evaluator that no check has found."""
    reader = ReaderOf(world.centre.reader, "failing-1", does)
    centre = replace(world.centre, reader=reader, parsed={}, checked={})
    world.context = replace(world.context, centre=centre)
    attach(world.app, world.context)
    with world.context.unit_of_work("test") as uow:
        text = rule_sets.live_version(uow, NAME).yaml
        text = re.sub(r"^version: .*$", 'version: "failing-1"', text, count=1, flags=re.MULTILINE)
        version = rule_sets.keep(uow, centre, text, "a.ames", "b.brown")
        rule_sets.publish(uow, version, "b.brown", "approved")


def go_back(world: World) -> None:
    with world.context.unit_of_work("test") as uow:
        earlier = RuleSetVersion.name == NAME, RuleSetVersion.label != "failing-1"
        version = uow.session.scalars(select(RuleSetVersion).where(*earlier)).one()
        rule_sets.publish(uow, version, "a.ames", "went_back")


def rings(world: World) -> tuple[str, float]:
    """A call comes in through the API: its reference, and how long that took."""
    token, began = world.token("calls:write"), time.thread_time()
    answer = world.app.test_client().post(
        "/api/v1/calls",
        json={"facts": CALM, "narrative": "She cries and does not answer", "location": "Pier 3"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code == 201, answer.get_data(as_text=True)
    assert answer.json["assessment"]["outcome"] == "not_scored"
    return answer.json["reference"], time.thread_time() - began


def found(world: World) -> list[str]:
    around = Surroundings(simulated=True, demo=True)
    with world.context.reading() as uow:
        return [one.code for one in audits.audit(uow, world.centre, around)]


def is_paged_as_the_highest(pair: list[Phone]) -> None:
    for member in pair:
        member.expect("within 10 min")


@pytest.mark.parametrize("does", FAULTS.values(), ids=FAULTS)
def test_a_call_is_taken_at_once_and_a_team_is_paged_as_for_the_highest_level(
    world: World, does: Callable[[], object]
) -> None:
    pair = world.pair("CIT 1", calls_at_once=9)
    publish_rules_that(does, world)

    reference, took_s = rings(world)

    assert took_s < SOON_S
    is_paged_as_the_highest(pair)
    browser = world.client("dispatcher")
    page = browser.get(f"/calls/{reference}")
    assert page.status_code == 200
    assert "NOT SCORED" in page.get_data(as_text=True)
    assert "Not scored" in browser.get("/intake").get_data(as_text=True)
    with world.context.reading() as uow:
        record = assessments.latest(uow, calls.by_reference(uow, reference))
        assert record is not None
        assert record.level_rank == 1


@pytest.mark.parametrize("does", FAULTS.values(), ids=FAULTS)
def test_the_version_is_marked_until_another_decides(
    world: World, does: Callable[[], object]
) -> None:
    world.ignores_texts("what this is about stands on the screens")
    world.pair("CIT 1", calls_at_once=9)
    supervisor = world.client("supervisor")
    publish_rules_that(does, world)
    assert "rules_fail" not in found(world)

    rings(world)

    assert "rules_fail" in found(world)
    assert "Fails: 1 call" in supervisor.get("/rules").get_data(as_text=True)
    told = supervisor.get(f"/rules/{NAME}").get_data(as_text=True)
    assert "This version could not be applied to 1 call of the last day" in told

    go_back(world)

    assert "rules_fail" not in found(world)
    assert "Fails:" not in supervisor.get("/rules").get_data(as_text=True)
    call = world.call(CALM)
    with world.context.reading() as uow:
        record = assessments.latest(uow, calls.by_reference(uow, call.reference))
        assert record is not None
        assert record.outcome != "not_scored"


def test_a_case_that_is_tried_with_rules_that_never_end_gets_an_answer(world: World) -> None:
    publish_rules_that(_never_ends, world)

    tried = world.client("supervisor").submit(f"/rules/{NAME}/try", {"facts.weapon": "in_hand"})

    assert tried.status_code == 500
    assert "The rules took too long over this call" in tried.get_data(as_text=True)


def test_waiting_for_a_turn_is_not_the_time_of_the_rules() -> None:
    with TimeLimit(0.02):
        time.sleep(0.2)


def test_each_thread_has_its_own_time_and_one_that_is_over_it_stops_no_other() -> None:
    ended: list[str] = []

    def work(name: str, does: Callable[[], object]) -> None:
        try:
            with TimeLimit(0.02):
                does()
            ended.append(name)
        except OutOfTime:
            ended.append(f"{name} out of time")
        sum(range(100_000))  # and nothing comes after it

    threads = [threading.Thread(target=work, args=("endless", _never_ends)) for _ in range(3)]
    threads += [threading.Thread(target=work, args=("short", lambda: None)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(ended) == ["endless out of time"] * 3 + ["short"] * 20


def _loses_the_first(loses: int) -> Callable[[], NoReturn]:
    """As where it strikes while garbage is collected: Python only writes it to standard error."""

    def work() -> NoReturn:
        for _ in range(loses):
            with contextlib.suppress(OutOfTime):
                _never_ends()
        _never_ends()

    return work


@pytest.mark.parametrize("loses", [1, 3])
def test_whoever_loses_the_exception_is_stopped_all_the_same(loses: int) -> None:
    with pytest.raises(OutOfTime), TimeLimit(0.02):
        _loses_the_first(loses)()
    until = time.thread_time() + 0.3
    while time.thread_time() < until:  # and nothing comes after it
        pass


def test_a_thousand_that_end_just_when_their_time_does_are_told_then_or_never() -> None:
    for number in range(1_000):
        ends = time.thread_time() + 0.0095 + number % 10 / 10_000
        with contextlib.suppress(OutOfTime), TimeLimit(0.01):
            while time.thread_time() < ends:
                pass
        sum(range(1_000))
