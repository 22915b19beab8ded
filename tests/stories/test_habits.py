"""A centre's questions come in the order that its own callers taught, and nothing else follows."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from sqlalchemy import select

from tests.world import World, environment
from triage.domain.assessment import assess
from triage.entrypoints.cli import Tools
from triage.entrypoints.commands import habits as command
from triage.entrypoints.counting import count_answers
from triage.services import calls, habits, rule_drafts, rule_sets
from triage.services.calls import NewCall
from triage.storage.calls import Answer, AssessmentRecord, Call
from triage.storage.habits import AnswerHabits
from triage.storage.unit_of_work import UnitOfWork

GATE = {
    "problem_type": "mental_health_crisis",
    "location_known": "exact",
    "consciousness": "alert",
    "breathing": "normal",
    "weapon": "none_seen",
    "violence_now": "none",
    "attempt_in_progress": "no",
}
USUAL = {"problem_type": "mental_health_crisis", "overdose_or_poison": "no", "injury": "none"}
ENOUGH = 60


def a_centre(world: World, **policy: Any) -> World:
    """The world under another policy; 50 calls are enough there to learn from."""
    chosen = replace(world.centre.policy, **{"history_least_calls": 50, **policy})
    centre = replace(world.centre, policy=chosen)
    return World(replace(world.context, centre=centre), world.phones)


def past_calls(world: World, number: int, facts: Mapping[str, Any]) -> None:
    """Calls of the past, as a replayed file leaves them."""
    with world.context.unit_of_work("operator") as uow:
        for _ in range(number):
            calls.record_past_call(uow, world.centre, NewCall(facts=facts, origin="replay"))


def preview(world: World, facts: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What the API says of a call."""
    answer = world.app.test_client().post(
        "/api/v1/assessments",
        json={"facts": dict(facts or GATE)},
        headers={"Authorization": f"Bearer {world.token('assess')}"},
    )
    assert answer.status_code == 200, answer.get_data(as_text=True)
    said: dict[str, Any] = answer.get_json()
    return said


def asked(assessment: Mapping[str, Any]) -> list[str]:
    return [question["fact"] for question in assessment["ask_next"]]


def kept(world: World) -> list[AnswerHabits]:
    with world.context.reading() as uow:
        return list(uow.session.scalars(select(AnswerHabits).order_by(AnswerHabits.counted_at)))


def test_questions_follow_what_callers_usually_answer(world: World) -> None:
    centre = a_centre(world)
    before = preview(centre)
    assert before["habits_sha256"] is None
    past_calls(centre, ENOUGH, USUAL)

    count_answers(centre.context)

    after = preview(centre)
    (count,) = kept(centre)
    assert count.counts == {fact: {value: ENOUGH} for fact, value in sorted(USUAL.items())}
    assert after["habits_sha256"] == count.sha256
    # Nearly nobody is hurt or has taken anything here: those questions give way to others.
    assert {"injury", "overdose_or_poison"} <= set(asked(before)[:3])
    assert not {"injury", "overdose_or_poison"} & set(asked(after)[:3])
    order = {"ask_next", "habits_sha256"}
    assert {k: v for k, v in after.items() if k not in order} == {
        k: v for k, v in before.items() if k not in order
    }
    assert sorted(asked(after)) == sorted(asked(before))


def test_a_tried_case_is_asked_in_the_order_of_real_calls(world: World) -> None:
    centre = a_centre(world)
    past_calls(centre, ENOUGH, USUAL)
    count_answers(centre.context)

    with centre.context.reading() as uow:
        text = rule_sets.live_version(uow, "county-default").yaml
        tried = rule_drafts.try_case(uow, centre.centre, text, {"facts": GATE})

    assert tried == preview(centre)
    assert tried["habits_sha256"]


def test_too_few_calls_say_nothing_of_habits(world: World) -> None:
    past_calls(world, ENOUGH, USUAL)

    count_answers(world.context)

    assert kept(world)[0].calls == ENOUGH
    assert preview(world)["habits_sha256"] is None  # 200 are needed by the settings as shipped


def test_a_new_count_is_taken_up_without_a_restart(
    world: World, another_world: Callable[[], World]
) -> None:
    web, worker = a_centre(world), a_centre(another_world())
    past_calls(web, ENOUGH, USUAL)
    count_answers(worker.context)
    first = preview(web)["habits_sha256"]
    past_calls(web, ENOUGH, {"problem_type": "overdose", "overdose_or_poison": "yes"})

    count_answers(worker.context)
    assert preview(web)["habits_sha256"] == first  # once a day

    web.wait(hours=25)
    count_answers(worker.context)
    assert preview(web)["habits_sha256"] not in (first, None)


def test_a_decision_can_be_repeated_after_the_habits_changed(world: World) -> None:
    centre = a_centre(world)
    past_calls(centre, ENOUGH, USUAL)
    count_answers(centre.context)
    call = centre.call(GATE)
    world.desk.ignores("reminders of follow-ups, while the days pass")
    for n in range(4):  # days pass, and each brings another count
        past_calls(centre, 5 + n, {"problem_type": "overdose", "overdose_or_poison": "yes"})
        centre.wait(hours=25)
        count_answers(centre.context)

    with centre.context.reading() as uow:
        record = uow.session.scalars(
            select(AssessmentRecord).where(AssessmentRecord.call_id == call.id)
        ).one()
        rules = rule_sets.version_of(uow, record.rule_set, record.rule_set_sha256)
        again = assess(
            rule_sets.read_published(centre.centre, rules.yaml),
            centre.centre.vocabulary.read_call(json.loads(record.input or "")),
            habits=habits.of_version(uow, a_centre(world).centre, record.habits_sha256),
        )
        assert record.habits_sha256
        assert json.dumps(again.as_dict(), ensure_ascii=False) == record.result


def test_counts_that_no_decision_names_are_forgotten(world: World) -> None:
    centre = a_centre(world)
    for n in range(4):
        past_calls(centre, 6 + n, USUAL)  # too few to be used, so nothing names a count
        count_answers(centre.context)
        centre.wait(hours=25)

    assert [one.calls for one in kept(centre)] == [6 + 7 + 8, 6 + 7 + 8 + 9]


def test_the_same_count_again_is_one_count(world: World) -> None:
    past_calls(world, 6, USUAL)
    count_answers(world.context)
    (first,) = kept(world)

    world.wait(hours=25)
    count_answers(world.context)

    (second,) = kept(world)
    assert second.sha256 == first.sha256
    assert second.counted_at > first.counted_at


def test_what_few_said_and_what_names_somebody_is_not_kept(world: World) -> None:
    past_calls(world, 5, USUAL)
    past_calls(world, 4, {"problem_type": "left_care", "plate": "KX1 4T7", "last_contact_hours": 3})
    past_calls(world, 1, {"problem_type": "overdose"})

    count_answers(world.context)

    (count,) = kept(world)
    assert count.calls == 10
    assert count.counts["problem_type"] == {"mental_health_crisis": 5}
    assert set(count.counts) == set(USUAL)


def test_the_answer_that_stands_counts_and_a_call_that_goes_on_does_not(world: World) -> None:
    past_calls(world, 5, USUAL)
    going_on = world.call(USUAL)
    with world.context.unit_of_work("test") as uow:
        call = uow.session.scalars(select(Call).where(Call.id != going_on.id)).first()
        assert call is not None
        uow.add(Answer(call_id=call.id, fact="injury", value='"minor"', given_by="test"))

    count_answers(world.context)

    assert "injury" not in kept(world)[0].counts  # four said none and one said minor
    assert kept(world)[0].counts["overdose_or_poison"] == {"no": 5}


def test_an_answer_that_cannot_be_opened_any_more_does_not_stop_the_count(world: World) -> None:
    past_calls(world, 6, USUAL)
    with world.context.unit_of_work("test") as uow:
        row = uow.session.scalars(select(Answer).where(Answer.fact == "injury")).first()
        assert row is not None
        row.value_sealed = b"\1\4lost" + b"0" * 40

    count_answers(world.context)

    assert kept(world)[0].counts["injury"] == {"none": 5}


def test_of_two_workers_who_count_at_once_one_is_kept(
    world: World, another_world: Callable[[], World]
) -> None:
    past_calls(world, 6, USUAL)

    counted_meanwhile: list[bool] = []

    def go_on() -> bool:
        if not counted_meanwhile:
            counted_meanwhile.append(True)
            past_calls(world, 6, USUAL)
            count_answers(another_world().context)
        return True

    count_answers(world.context, go_on)

    assert [one.calls for one in kept(world)] == [12]


def test_a_worker_that_is_stopped_leaves_the_count_due(world: World) -> None:
    past_calls(world, 6, USUAL)

    count_answers(world.context, lambda: False)
    assert kept(world) == []

    count_answers(world.context)
    assert len(kept(world)) == 1


def test_counting_reads_in_many_short_transactions_and_writes_in_one(world: World) -> None:
    past_calls(world, 12, USUAL)
    looks: list[int] = []

    def reading() -> AbstractContextManager[UnitOfWork]:
        looks.append(1)
        return world.context.reading()

    counted = habits.count(reading, world.centre, lambda: True, batch=5)

    assert counted is not None
    assert (counted.calls, len(looks)) == (12, 1 + 3)


def test_switched_off_it_neither_counts_nor_orders(world: World) -> None:
    learning = a_centre(world)
    past_calls(learning, ENOUGH, USUAL)
    count_answers(learning.context)
    off = a_centre(world, order_by_history=False)

    assert preview(off)["habits_sha256"] is None
    off.wait(hours=25)
    (before,) = kept(off)
    count_answers(off.context)
    assert kept(off)[0].counted_at == before.counted_at
    assert "OFF" in habits_command(off).output


def habits_command(world: World, *options: str) -> Result:
    return CliRunner().invoke(command.habits, options, obj=Tools(None, {"ready": world.context}))


def test_an_operator_sees_what_was_learned(world: World) -> None:
    centre = a_centre(world)
    past_calls(centre, ENOUGH, USUAL)
    past_calls(centre, ENOUGH, {"injury": "minor"})
    past_calls(centre, 1, {"injury": "head"})

    told = habits_command(centre, "--count-now")

    assert told.exit_code == 0, told.output
    assert "In use. 121 calls" in told.output
    assert "injury: minor 50%, none 50% (of 120)" in told.output
    assert "head" not in told.output


def test_the_worker_counts_by_itself(world: World, database_url: str, tmp_path: Path) -> None:
    past_calls(world, 6, USUAL)
    environ = os.environ | environment(database_url, tmp_path)
    worker = [sys.executable, "-m", "triage.entrypoints.cli", "worker"]
    with subprocess.Popen(worker, env=environ, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(lambda: kept(world), within_s=60)
        finally:
            process.terminate()
    assert kept(world)[0].calls == 6


def wait_for(what: Callable[[], Sequence[object]], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < deadline, f"not within {within_s} s"
        time.sleep(0.1)
