"""READY is what is asked for; what people type instead counts where it can mean nothing else."""

from __future__ import annotations

import pytest

from tests.stories.test_calls import CALM
from tests.stories.test_reachability import on_duty, recruit, roster
from tests.world import Phone, World

CONFIRMED = "Thank you, texts reach you."
HOW = (
    "Not understood, nothing was changed. Reply READY (o PRESENTE)."
    " If you cannot work, phone dispatch."
)
LOOSE = ("ok", "Ok!", "1", "s\u00ed", "yes", "got it", "listo", "READY 1234", "I am here")
OTHERWISE = ("can't come, sick", "no", "2", "not ready", "ready but sick", "maybe", "no puedo")


def begin_test(world: World) -> None:
    world.client("supervisor").submit("/teams/tests", {})


@pytest.mark.parametrize("said", LOOSE)
def test_a_sloppy_answer_to_a_test_or_before_a_shift_is_taken_for_ready(
    world: World, said: str
) -> None:
    alpha = recruit(world, "Alpha")
    begin_test(world)
    alpha.expect("Test, this is no call. Reply READY")
    alpha.text(said)
    assert alpha.expect("texts reach you") == CONFIRMED
    assert world.audited("reach_test.answered") == 1

    roster(world, alpha, 0, 480)
    alpha.expect("Reply READY")
    alpha.text(said)
    assert alpha.expect("texts reach you") == CONFIRMED
    assert world.audited("shift.confirmed") == 1


@pytest.mark.parametrize("said", OTHERWISE)
def test_what_is_no_yes_confirms_nothing_and_is_told_what_to_type(world: World, said: str) -> None:
    alpha = recruit(world, "Alpha")
    roster(world, alpha, 0, 480)
    alpha.expect("Reply READY")

    alpha.text(said)

    assert alpha.expect("nothing was changed") == HOW
    assert world.audited("shift.confirmed") == 0


def test_where_nothing_is_asked_ok_and_yes_are_no_answers(world: World) -> None:
    alpha = on_duty(world, "Alpha")

    alpha.text("ok")
    alpha.expect("No question is open for this phone")
    alpha.text("yes")
    alpha.expect("Not understood")


def test_with_a_page_or_a_call_in_hand_a_sloppy_answer_is_about_that(world: World) -> None:
    alpha = on_duty(world, "Alpha")
    call = world.call(CALM)
    alpha.expect(f"Reply {call.code} 1=accept")
    begin_test(world)
    alpha.expect("Test, this is no call")

    alpha.text("yes")
    alpha.expect(f"Reply {call.code} 1 to accept")
    alpha.text("1")
    alpha.expect(f"{call.code} accepted, it is yours")
    alpha.text("ok")
    alpha.expect(call.code)
    assert world.audited("reach_test.answered") == 0
    alpha.text("ready")
    alpha.expect(CONFIRMED)
    assert world.audited("reach_test.answered") == 1


def stood_down(world: World) -> tuple[Phone, str]:
    """Somebody else was faster a moment ago."""
    alpha = on_duty(world, "Alpha")
    call = world.call(CALM)
    alpha.expect(f"Reply {call.code} 1=accept")
    bravo = on_duty(world, "Bravo")
    world.wait(minutes=6)
    bravo.expect(f"Reply {call.code} 1=accept")
    bravo.text("1")
    bravo.expect("it is yours")
    alpha.expect(f"{call.code}: Taken by Bravo, stand down.")
    return alpha, call.code


@pytest.mark.parametrize("said", ["1", "ok", "yes"])
def test_what_may_be_about_a_page_of_a_moment_ago_is_answered_with_both(
    world: World, said: str
) -> None:
    alpha, code = stood_down(world)
    begin_test(world)
    alpha.expect("Test, this is no call")
    world.phones.ignored.update(
        {to: "tested too" for to in world.phones.inboxes if to != alpha.number}
    )

    alpha.text(said)

    assert alpha.expect(code) == (
        f"{code}: Taken by Bravo, stand down."
        " If you mean the test or your shift, reply READY (o PRESENTE)."
    )
    assert world.audited("reach_test.answered") == 0
