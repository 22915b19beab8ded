"""A caller is handed over to a crisis line: step by step, and back where the line fails."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, event, select, update

from tests.faults.test_release_against_acceptance import at_once
from tests.stories.test_call_page import act, look, path, words
from tests.stories.test_calls import CALM
from tests.stories.test_cancellations import WISH, state
from tests.stories.test_reliefs import orphans
from tests.world import Browser, Phone, World
from triage.domain.errors import Conflict, Refused
from triage.domain.lifecycle import CallState
from triage.entrypoints import worker
from triage.services import boards, closing, sending, transfers
from triage.storage.calls import AssessmentRecord, Call
from triage.storage.dispatches import Dispatch, Transfer
from triage.storage.timers import ClockShift, Timer
from triage.storage.unit_of_work import UnitOfWork

LINE = "crisis_line"
TALKS = {
    "problem_type": "suicidal_thoughts",
    "caller_role": "subject_self",
    "consciousness": "alert",
    "breathing": "normal",
    "suicidal_ideation": "active",
    "suicide_intent": "no",
    "suicide_plan": "no",
    "suicide_means": "none",
    "suicide_behaviour": "never",
    "attempt_in_progress": "no",
    "weapon": "none_confirmed",
    "violence_now": "none",
}
"""Thoughts without a plan: the county's own set recommends the line."""


@pytest.fixture
def desk(world: World) -> Browser:
    return world.client("dispatcher")


def line_call(world: World, **more: Any) -> Call:
    """A call for which a dispatcher has chosen the crisis line."""
    world.team(f"Mobile {world.phone_number()}")
    return world.call(CALM, choice=sending.Choice(LINE, "caller_wishes"), **more)


def step(desk: Browser, call: Call, which: str, **form: str) -> str:
    return act(desk, call, "/transfer", {"step": which, **form})


def now(world: World, call: Call) -> tuple[str, str]:
    """The state of the dispatch and of its newest transfer."""
    with world.context.reading() as uow:
        dispatch = uow.session.scalars(
            select(Dispatch).where(Dispatch.call_id == call.id, Dispatch.response == LINE)
        ).one()
        assert dispatch.transfer is not None
        return dispatch.state.value, dispatch.transfer.state.value


def recommended(world: World, call: Call) -> str:
    with world.context.reading() as uow:
        latest = uow.session.scalars(
            select(AssessmentRecord)
            .where(AssessmentRecord.call_id == call.id)
            .order_by(AssessmentRecord.number.desc())
        ).first()
        assert latest is not None
        return latest.response or ""


def test_a_caller_is_handed_over_step_by_step_and_each_has_its_time(
    world: World, desk: Browser
) -> None:
    call = line_call(world)
    assert now(world, call) == ("hand_over", "offered")
    assert "Transfer the caller" in look(desk, call)
    assert orphans(world) == 0

    assert "It rings. After 90 s without an answer" in step(desk, call, "ringing", line="988")
    assert "The line rings" in words(desk.get("/board").text)
    assert orphans(world) == 0
    world.wait(seconds=20)
    assert "introduce the caller, then release" in step(desk, call, "counselor")
    assert "Counselor on the line" in words(desk.get("/board").text)
    assert now(world, call) == ("hand_over", "counselor")
    assert orphans(world) == 0
    world.wait(seconds=100)
    told = step(desk, call, "released")

    assert "The caller is with Crisis line." in told
    waited = re.search(r"counselor on the line after (\d+) s", told)
    assert waited
    assert int(waited[1]) >= 20
    assert "988 rings." in told
    assert now(world, call) == ("handed_over", "released")
    assert orphans(world) == 0
    world.wait(minutes=30)
    assert now(world, call) == ("handed_over", "released")
    assert world.audited("dispatch.stalled") == 0
    metrics = world.app.test_client().get("/metrics").text
    assert 'triage_transfers{state="released"} 1.0' in metrics
    assert f"triage_transfer_to_counselor_s_sum {waited[1]}.0" in metrics
    assert "triage_transfer_to_counselor_s_count 1.0" in metrics


def test_nobody_tells_a_line_by_radio_that_it_need_not_come(world: World, desk: Browser) -> None:
    call = line_call(world)
    step(desk, call, "ringing", line="988")
    step(desk, call, "counselor")
    step(desk, call, "released")
    assert now(world, call) == ("handed_over", "released")
    act(desk, call, "/never-mind", WISH)
    told = act(world.client("supervisor"), call, "/never-mind/answer", {"answer": "agree"})
    assert state(world, call) is CallState.CLOSED
    assert "BY RADIO" not in told + words(desk.get("/board").text)


def test_saying_a_step_twice_changes_nothing_and_a_wrong_one_is_refused(
    world: World, desk: Browser
) -> None:
    call = line_call(world)
    old_page = look(desk, call)
    assert "Caller released" not in old_page
    step(desk, call, "ringing")
    world.wait(seconds=60)
    step(desk, call, "ringing")  # a second click must not start the clock anew
    world.wait(seconds=31)
    assert now(world, call) == ("unfilled", "not_answered")

    told = step(desk, call, "released")
    assert "Nothing was changed" in told
    told = step(desk, call, "sing")
    assert "Choose what happened on the telephone." in told
    told = step(desk, call, "refused", refusal="all_busy")
    assert "Nothing was changed" in told


def test_a_line_that_nobody_rings_turns_red(world: World, desk: Browser) -> None:
    call = line_call(world)
    world.wait(seconds=61)

    assert "TRANSFER NOW" in look(desk, call)
    assert "TRANSFER NOW: Crisis line" in words(desk.get("/board").text)
    assert world.audited("dispatch.hand_over_late") == 1
    world.wait(minutes=6)
    assert world.audited("dispatch.hand_over_late") == 1
    assert orphans(world) == 0
    world.desk.expect("hand the caller over now")
    step(desk, call, "ringing")
    assert "TRANSFER NOW" not in look(desk, call)


def test_a_line_that_does_not_answer_gives_the_call_back_with_who_comes_instead(
    world: World, desk: Browser
) -> None:
    """The crisis line was what the rules recommend; without it they name somebody else."""
    call = recommended_line(world)
    step(desk, call, "ringing")
    world.wait(seconds=80)
    assert now(world, call) == ("hand_over", "ringing")

    world.wait(seconds=11)

    assert now(world, call) == ("unfilled", "not_answered")
    page = words(look(desk, call))
    assert "LINE DOES NOT ANSWER" in page
    assert "The line did not answer in time" in page
    assert "LINE DOES NOT ANSWER: the call is yours again" in words(desk.get("/board").text)
    elsewhere = words(desk.get("/follow-ups").text)
    assert "Crisis line does not answer: the call is yours." in elsewhere
    instead = recommended(world, call)
    assert instead not in {LINE, "ask_more"}
    assert orphans(world) == 0

    told = act(desk, call, "/send", {})

    assert "Nothing was missing" not in told
    assert now(world, call) == ("cancelled", "not_answered")
    assert "Crisis line does not answer" not in words(desk.get("/follow-ups").text)
    assert {d.response for d in world.dispatches(call) if d.state != "cancelled"} >= {instead}


def recommended_line(world: World) -> Call:
    world.team("Mobile 9")
    call = world.call(TALKS)
    assert recommended(world, call) == LINE
    return call


def test_while_the_call_is_given_back_supervisors_are_told_if_nothing_is_done(
    world: World, desk: Browser
) -> None:
    (boss,) = world.team("Supervisors", ("supervision",), ("supervisor",))
    call = line_call(world)
    step(desk, call, "ringing")
    world.wait(seconds=91)
    boss.expect_silence()  # the dispatcher has as long as for any hand-over

    world.wait(seconds=61)

    boss.expect("NOBODY LEFT TO ASK")


def test_an_answer_after_all_counts(world: World, desk: Browser) -> None:
    call = recommended_line(world)
    step(desk, call, "ringing")
    world.wait(seconds=91)
    assert recommended(world, call) != LINE
    assert "They answer after all" in look(desk, call)

    step(desk, call, "counselor")
    world.settle()

    assert now(world, call) == ("hand_over", "counselor")
    assert recommended(world, call) == LINE
    step(desk, call, "released")
    assert now(world, call) == ("handed_over", "released")
    assert world.dispatch(call, LINE).cause is None


@pytest.mark.parametrize(
    ("why", "cause"), [("all_busy", "all_committed"), ("caller_refuses", "declined_by_all")]
)
def test_a_refusal_is_coded_and_the_line_may_be_tried_again(
    world: World, desk: Browser, why: str, cause: str
) -> None:
    call = line_call(world)
    assert "Choose why it was refused." in step(desk, call, "refused")

    told = step(desk, call, "refused", refusal=why)

    assert "LINE REFUSED" in told
    assert now(world, call) == ("unfilled", "refused")
    assert world.dispatch(call, LINE).cause == cause
    step(desk, call, "again")
    assert now(world, call) == ("hand_over", "offered")
    step(desk, call, "ringing")
    step(desk, call, "counselor")
    assert "Tried 2 times" in step(desk, call, "released")
    assert now(world, call) == ("handed_over", "released")


def test_a_caller_who_is_lost_after_the_release_is_rung_back(world: World, desk: Browser) -> None:
    call = line_call(world, caller_phone="(202) 555-0143")
    for one in ("ringing", "counselor", "released"):
        step(desk, call, one)
    world.wait(minutes=7)  # nobody looks after it any more
    assert "CALL BACK" not in words(desk.get("/board").text)

    told = step(desk, call, "dropped")

    assert "Ring the caller back now" in told
    assert now(world, call) == ("unfilled", "dropped")
    board = words(desk.get("/board").text)
    assert "LINE LOST: ring the caller back" in board
    assert "CALL BACK: the caller still waits" in board
    world.settle()
    assert orphans(world) == 0
    world.wait(minutes=6)
    world.desk.expect("nobody is left to ask")
    assert world.audited("dispatch.stalled") == 1


def test_a_caller_who_was_lost_is_rung_before_the_line_is(world: World, desk: Browser) -> None:
    call = line_call(world, caller_phone="(202) 555-0143")
    for one in ("ringing", "counselor", "dropped"):
        step(desk, call, one)
    assert "Ring the line again" not in look(desk, call)

    path = f"/calls/{call.reference}"
    there = f"{path}/dispatches/{world.dispatch(call, LINE).id}/transfer"
    told = desk.submit(path, {"step": "again"}, to=there)
    assert "ing the caller back first" in words(told.text)
    assert now(world, call) == ("unfilled", "dropped")
    assert "CALL BACK: the caller still waits" in words(desk.get("/board").text)

    act(desk, call, "/called-back", {})
    assert world.audited("dispatch.called_back") == 1
    assert "Ring the line again" in look(desk, call)
    step(desk, call, "again")
    assert now(world, call) == ("hand_over", "offered")


def test_nobody_is_told_to_ring_a_lost_caller_where_there_is_no_number(
    world: World, desk: Browser
) -> None:
    call = line_call(world, caller_phone="ask the bar")
    step(desk, call, "ringing")
    step(desk, call, "counselor")

    page = step(desk, call, "dropped")
    assert "There is no number to ring: send somebody, and find one." in page
    assert "The line was lost, and there is no number to ring." in page
    assert "STILL WAITS, no number to ring" in page
    assert "Write it down beside the caller on this page." in page
    assert "Crisis line: LINE LOST, and there is no number to ring." in page
    board = words(desk.get("/board").text)
    assert "LINE LOST, no number to ring: send somebody, and find one" in board
    assert "THE CALLER STILL WAITS, no number to ring: ask for one" in board
    assert "no number to ring: ask for one, and write it down on the call" in board
    assert "Crisis line WAS LOST, no number to ring: send somebody, and find one." in page
    for shown in (page, board):
        assert "ring the caller back" not in shown.lower()
        assert "CALL BACK" not in shown
        assert "Done, told without a number" in shown

    there = f"{path(call)}/dispatches/{world.dispatch(call, LINE).id}/transfer"
    stale = words(desk.submit(path(call), {"step": "again"}, to=there).text).lower()
    assert "the caller is lost: find a number" in stale
    assert "ing the caller back first" not in stale

    told = act(desk, call, "/called-back", {})
    assert "The caller was told how it stands, without a number to call them back." in told
    assert "The caller was called back." not in told


def test_a_counselor_who_stays_with_dispatcher_and_caller_for_long_is_asked_about(
    world: World, desk: Browser
) -> None:
    call = line_call(world)
    step(desk, call, "counselor")

    world.wait(seconds=301)

    assert "Was the caller released?" in words(look(desk, call))
    assert world.audited("transfer.late") == 1
    assert now(world, call) == ("hand_over", "counselor")
    banners = words(desk.get("/banners").text)
    assert f"A counselor has been on the line for long: {call.code}." in banners
    assert "TRANSFER NOW" not in banners


def test_once_the_line_is_rung_no_banner_says_that_nobody_has_rung_it(
    world: World, desk: Browser
) -> None:
    call = line_call(world)
    world.wait(minutes=6)  # a look has found that it stands still
    world.desk.expect("hand the caller over now")
    assert f"TRANSFER NOW, nobody has rung the line: {call.code}." in words(
        desk.get("/banners").text
    )

    step(desk, call, "counselor")

    assert call.code not in words(desk.get("/banners").text)


@pytest.mark.parametrize(
    ("reason", "is_wanted"), [("not_needed", False), ("changed_response", True)]
)
def test_cancelling_ends_the_transfer_and_no_answer_comes_of_it_later(
    world: World, desk: Browser, reason: str, is_wanted: bool
) -> None:
    call = line_call(world)
    step(desk, call, "ringing")
    assert "Crisis line is to take the caller (chosen by a person)." in words(look(desk, call))
    told = act(desk, call, "/cancel", {"reason": reason})
    assert ("nobody comes. Send somebody, or close the call." in told) is is_wanted
    world.wait(minutes=3)

    assert now(world, call) == ("cancelled", "cancelled")
    with pytest.raises(Conflict, match="this transfer is over"), world.context.reading() as uow:
        transfers.newest(uow.get(Dispatch, world.dispatch(call, LINE).id))


def test_a_closed_call_keeps_what_became_of_its_transfer(world: World, desk: Browser) -> None:
    call = line_call(world)
    for one in ("ringing", "counselor"):
        step(desk, call, one)
    with pytest.raises(Refused, match="still owed"):
        world.context.do(
            "dispatcher",
            lambda uow: closing.close_call(
                uow, world.centre, uow.get(Call, call.id), "resolved_on_phone", None
            ),
        )
    step(desk, call, "released")
    act(desk, call, "/close", {"disposition": "resolved_on_phone"})

    assert now(world, call) == ("cleared", "released")


def test_the_api_tells_how_far_it_is(world: World, desk: Browser) -> None:
    call = line_call(world)
    step(desk, call, "ringing", line="988 press 1")

    token = world.token("calls:read")
    answer = world.app.test_client().get(
        f"/api/v1/calls/{call.reference}", headers={"Authorization": f"Bearer {token}"}
    )

    (sent,) = [one for one in answer.json["dispatches"] if one["response"] == LINE]
    assert sent["transfer"]["state"] == "ringing"
    assert sent["transfer"]["line"] == "988 press 1"
    assert sent["transfer"]["ringing_at"]
    assert sent["transfer"]["due_at"] > sent["transfer"]["ringing_at"]


def test_another_calls_transfer_is_out_of_reach(world: World, desk: Browser) -> None:
    mine, other = line_call(world), world.call({"consciousness": "unconscious"})
    key = world.dispatch(mine, LINE).id

    answer = desk.submit(
        path(other), {"step": "ringing"}, to=f"{path(other)}/dispatches/{key}/transfer"
    )

    assert answer.status_code == 404
    assert now(world, mine) == ("hand_over", "offered")


# --- found by the watcher ----------------------------------------------------------------


@pytest.mark.parametrize("rung", [False, True])
def test_a_transfer_whose_step_nobody_ends_is_found(
    world: World, desk: Browser, rung: bool
) -> None:
    call = line_call(world)
    if rung:
        step(desk, call, "ringing")
    assert orphans(world) == 0
    with world.context.unit_of_work("test") as uow:
        uow.session.execute(delete(Timer).where(Timer.kind == transfers.TRANSFER))

    assert orphans(world) == 1


def test_a_caller_who_is_owed_a_line_that_nobody_was_told_to_ring_is_found(
    world: World,
) -> None:
    line_call(world)
    with world.context.unit_of_work("test") as uow:
        uow.session.execute(update(Transfer).values(state="cancelled"))
        uow.session.execute(delete(Timer).where(Timer.kind == transfers.TRANSFER))

    assert orphans(world) == 1


def test_the_board_reads_many_transfers_with_the_same_few_queries(world: World) -> None:
    counts = []
    for _ in range(2):
        line_call(world)
        seen: list[str] = []
        engine = world.context.database.engine
        note = partial(_note, seen)
        event.listen(engine, "before_cursor_execute", note)
        with world.context.reading() as uow:
            found = boards.board(uow, world.centre)
            assert all(line.transfer for row in found.rows for line in row.lines)
        event.remove(engine, "before_cursor_execute", note)
        counts.append(len(seen))
        line_call(world)

    assert counts[0] == counts[1]


def _note(seen: list[str], *given: object) -> None:
    seen.append(str(given[2]))


# --- at the same instant -----------------------------------------------------------------


def test_an_answer_in_the_moment_in_which_the_time_runs_out_is_never_lost(
    world: World, another_world: Callable[[], World]
) -> None:
    other = another_world()
    for _ in range(4):
        call = line_call(world)
        key = world.dispatch(call, LINE).id
        at_the_desk(world, key, lambda uow, d: transfers.ringing(uow, world.centre, d, ""))
        with world.context.unit_of_work("test") as uow:
            uow.add(ClockShift(ahead_s=90.5))

        at_once(
            partial(
                at_the_desk, world, key, lambda uow, d: transfers.counselor(uow, world.centre, d)
            ),
            partial(worker.fire_timers, other.context),
        )
        world.settle()

        assert now(world, call) == ("hand_over", "counselor")
        assert orphans(world) == 0
    other.context.database.engine.dispose()


def at_the_desk(world: World, key: UUID, work: Callable[[UnitOfWork, Transfer], None]) -> None:
    world.context.do("desk", lambda uow: work(uow, transfers.newest(uow.get(Dispatch, key))))


# --- nobody goes on with it --------------------------------------------------------------


@pytest.fixture
def boss(world: World) -> Phone:
    (phone,) = world.team("Supervisors", ("supervision",), ("supervisor",))
    return phone


def test_supervisors_are_alarmed_until_somebody_rings_the_line(
    world: World, desk: Browser, boss: Phone
) -> None:
    call = line_call(world)
    share = tenth(world, call)
    world.wait(seconds=share - 5)
    boss.expect_silence()

    world.wait(seconds=10)
    told = boss.expect("CALLER NOT HANDED OVER.")
    assert told.endswith(f"See that it is done? Reply {call.code} 1=accept 2=decline")
    page = words(look(desk, call))
    assert "Supervisors are alarmed until it is confirmed." in page
    assert "Caller not handed over: the supervisors alarmed by text (1)." in page
    assert "Supervisors was asked to take charge" in page
    world.wait(seconds=125)
    assert "A caller was not handed over" in boss.expect_ring("Press 1 to see that it is done").body
    assert orphans(world) == 0

    step(desk, call, "ringing")
    boss.expect("the caller is being handed over. Nothing is asked of you now.")
    assert "Supervisors are alarmed" not in words(look(desk, call))
    step(desk, call, "counselor")
    step(desk, call, "released")
    world.wait(hours=1)
    boss.expect_silence()
    assert len(boss.rings) == 1


def tenth(world: World, call: Call) -> int:
    """So many seconds pass before anybody is alarmed."""
    return world.dispatch(call, LINE).within_min * 6


def test_supervisors_are_alarmed_where_nobody_says_that_the_caller_was_released(
    world: World, desk: Browser, boss: Phone
) -> None:
    call = line_call(world)
    step(desk, call, "ringing")
    step(desk, call, "counselor")
    world.wait(seconds=max(300, tenth(world, call)) + 5)
    boss.expect("CALLER NOT HANDED OVER.")

    boss.text(f"{call.code} 1")
    boss.expect("you have taken charge. See that the caller is handed over")
    assert "Supervisors has taken charge" in words(look(desk, call))
    assert "Supervisors has taken charge" in words(desk.get("/board").text)
    world.wait(minutes=200)
    assert any("the caller is still not handed over" in text for text in boss.inbox)
    boss.ignores("others are asked again, and so are they")

    step(desk, call, "released")
    boss.expect("the caller is being handed over")
    world.wait(hours=1)
    boss.expect_silence()


def test_a_line_that_was_rung_late_and_does_not_answer_is_alarmed_for_anew(
    world: World, desk: Browser, boss: Phone
) -> None:
    call = line_call(world)
    world.wait(seconds=tenth(world, call) + 5)
    boss.expect("CALLER NOT HANDED OVER.")
    step(desk, call, "ringing")
    boss.expect("the caller is being handed over")

    world.wait(seconds=91)
    assert now(world, call) == ("unfilled", "not_answered")
    boss.expect_silence()
    world.wait(seconds=61)
    boss.expect("NOBODY LEFT TO ASK")

    step(desk, call, "counselor")
    boss.expect("the caller is being handed over")
    step(desk, call, "dropped")
    world.wait(seconds=61)
    boss.expect("NOBODY LEFT TO ASK")


def test_without_a_supervisor_the_desk_reads_of_each_step_that_nobody_confirms(
    world: World, desk: Browser
) -> None:
    call = line_call(world)
    world.wait(seconds=tenth(world, call) + 5)
    world.desk.expect("hand the caller over now, and say so on the call's page.")

    step(desk, call, "counselor")
    world.wait(seconds=max(300, tenth(world, call)) + 5)
    world.desk.expect("hand the caller over now, and say so on the call's page.")


def test_a_cancelled_transfer_alarms_nobody_any_more(
    world: World, desk: Browser, boss: Phone
) -> None:
    call = line_call(world)
    world.wait(seconds=tenth(world, call) + 5)
    boss.expect("CALLER NOT HANDED OVER.")
    act(desk, call, "/cancel", {"reason": "duplicate"})
    boss.expect("stand down")
    world.wait(hours=1)
    boss.expect_silence()
