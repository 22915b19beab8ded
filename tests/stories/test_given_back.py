"""Somebody had the call and has it no more: whoever is beyond the teams is alarmed as at first."""

import pytest

from tests.stories.test_call_page import clinician, path, words
from tests.stories.test_calls import CALM
from tests.stories.test_diverts import propose
from tests.stories.test_escalation import call_in, code_of, lay_down, state, step, supervisor
from tests.stories.test_transfers import line_call
from tests.stories.test_transfers import step as said
from tests.world import Browser, Phone, World
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch

LEFT = "NOBODY LEFT TO ASK"


def accepted_after_all(world: World, rank: int, alarmed: Phone) -> tuple[Phone, Dispatch, str]:
    """The only team says no, whoever is beyond it is alarmed, and the team has it after all."""
    (alpha,) = world.team("Alpha")
    dispatch = call_in(world, rank)
    code = code_of(world, dispatch)
    alpha.expect(f"Reply {code} 1")
    alpha.text(f"{code} 2")
    alpha.expect("declined.")
    world.wait(seconds=125)
    assert alarmed.inbox
    alpha.ignores("all hands and what follows are another story")
    alpha.text(f"{code} 1")
    assert state(world, dispatch) == "accepted"
    assert alarmed.inbox
    return alpha, dispatch, code


@pytest.mark.parametrize("rank", [1, 2, 4])
def test_who_gives_it_back_leaves_it_to_supervisors_at_once(world: World, rank: int) -> None:
    boss = supervisor(world)
    alpha, dispatch, code = accepted_after_all(world, rank, boss)

    alpha.text(f"{code} 2")

    assert any(
        "given it back. Nobody else is free: supervisors are asked." in t for t in alpha.inbox
    )
    assert state(world, dispatch) == "unfilled"
    boss.expect(LEFT)
    boss.ignores("what follows is another story")


def test_a_policy_that_had_come_to_its_end_begins_anew(world: World) -> None:
    lay_down(world, [step("next_team", times=0), step("supervisor")], repeat_s=0)
    boss = supervisor(world)
    alpha, _, code = accepted_after_all(world, 2, boss)

    alpha.text(f"{code} 2")

    boss.expect(LEFT)
    world.desk.ignores("the end of such a policy is told there")


def test_the_desk_is_told_again_where_there_is_no_supervisor(world: World) -> None:
    alpha, dispatch, code = accepted_after_all(world, 2, world.desk)

    alpha.text(f"{code} 2")

    world.desk.expect(f"{code} (URGENT): nobody is left to ask")
    assert state(world, dispatch) == "unfilled"


def test_whoever_withdraws_leaves_it_to_supervisors_at_once(world: World) -> None:
    boss = supervisor(world)
    alpha, _, code = accepted_after_all(world, 2, boss)

    alpha.text(f"{code} SCENE")
    alpha.text(f"{code} WITHDRAW")

    assert any(LEFT in text for text in boss.inbox[-3:])
    world.ignores_texts("the alarm of who had to leave is another story")
    assert any("unsafe" in ring.body or "not safe" in ring.body for ring in boss.rings[-2:])


def test_the_first_call_of_a_team_that_turns_is_left_to_supervisors_at_once(world: World) -> None:
    boss = supervisor(world)
    alpha, _, first = accepted_after_all(world, 4, boss)
    urgent = call_in(world, 2)
    boss.expect(LEFT)
    propose(world, urgent)

    alpha.text(f"{code_of(world, urgent)} 1")

    assert state(world, urgent) == "accepted"
    world.wait(seconds=31)  # two calls of one supervisor may come in one text
    assert any(LEFT in text and first in text for text in boss.inbox[-2:])
    boss.ignores("rings come beside the texts")


def test_a_line_that_is_tried_once_more_in_vain_is_told_to_supervisors_again(world: World) -> None:
    boss = supervisor(world)
    boss.ignores("rings come beside the texts")
    desk = world.client("dispatcher")
    call = line_call(world)

    for _ in ("first", "once more"):
        told = len(boss.inbox)
        said(desk, call, "ringing")
        said(desk, call, "refused", refusal="all_busy")
        world.wait(seconds=61)

        assert any("LEFT" in text or "not taken" in text for text in boss.inbox[told:])
        world.wait(seconds=125)
        said(desk, call, "again")


@pytest.mark.parametrize("first", ["is silent", "says no"])
def test_who_was_told_that_another_has_it_is_asked_again_and_who_said_no_is_not(
    world: World, first: str
) -> None:
    (alpha,) = world.team("Alpha")
    dispatch = call_in(world, 2)
    code = code_of(world, dispatch)
    alpha.expect(f"Reply {code} 1")
    if first == "says no":
        alpha.text(f"{code} 2")
        alpha.expect("declined.")
    (bravo,) = world.team("Bravo")
    world.wait(minutes=2)
    bravo.expect(f"Reply {code} 1")
    bravo.text(f"{code} 1")
    bravo.expect("accepted, it is yours")
    if first == "is silent":
        alpha.expect("Taken by Bravo, stand down")
    world.desk.ignores("it is told where nobody is left")

    bravo.text(f"{code} 2")

    bravo.expect("you have given it back.")
    if first == "says no":
        assert state(world, dispatch) == "unfilled"
        return
    alpha.expect(f"Reply {code} 1")
    alpha.text(f"{code} 1")
    alpha.expect("accepted, it is yours")
    assert state(world, dispatch) == "accepted"


def test_the_desk_reads_whether_a_supervisor_is_really_alarmed(world: World) -> None:
    desk, alarmed = world.client("dispatcher"), "Supervisors are alarmed until somebody has it."
    nobody = "No supervisor is reached now, or all have said no: ring one."

    def reads(dispatch: Dispatch) -> str:
        return words(desk.get(f"/c/{code_of(world, dispatch)}", follow_redirects=True).text)

    alone = call_in(world, 2)
    assert nobody in reads(alone)
    assert alarmed not in reads(alone)
    boss = supervisor(world)
    dispatch = call_in(world, 1)
    assert alarmed in reads(dispatch)

    boss.text(f"{code_of(world, dispatch)} 2")

    assert nobody in reads(dispatch)
    world.ignores_texts("what is told by text is another story")


def own_part(me: Browser, call: Call) -> str:
    """What stands there for whoever was asked."""
    shown = me.get(path(call)).text
    return words(shown[shown.index('id="call-mine"') :].split("</section>")[0])


def test_an_officer_who_gives_it_back_reads_so_and_who_has_it_now(world: World) -> None:
    clinician_, officer = world.pair("CIT 1")
    call = world.call({**CALM, "weapon": "accessible"})
    world.settle()
    world.ignores_texts("what others read is another story")
    for phone in (clinician_, officer):
        phone.text(f"{call.code} 1")
    me = clinician(world, officer)
    _, other = world.pair("CIT 2")

    there = f"{path(call)}/mine"
    told = me.submit(path(call), {"action": "decline"}, to=there, follow=True).text

    assert "You have given it back. Somebody else is being asked." in words(told)
    assert "You have given it back. Others are asked." in own_part(me, call)
    assert "Accept, I arrive in minutes" in own_part(me, call)  # they may come after all
    officer.text(f"{call.code} 2")
    assert f"{call.code}: you have given it back. Somebody" in officer.inbox[-1]

    other.text(f"{call.code} 1")
    assert "You have given it back. CIT 2 has it." in own_part(me, call)

    other.text(f"{call.code} 2")
    assert f"{call.code}: you have given it back." in other.inbox[-1]
    assert "You have given it back. Nobody else has it yet." in own_part(me, call)
    for wrong in ("ot needed any more", "Stand down", "eclined"):
        assert wrong not in own_part(me, call)


def test_who_says_no_at_once_has_declined_and_given_nothing_back(world: World) -> None:
    (alpha,) = world.team("Alpha")
    dispatch = call_in(world, 2)
    alpha.expect(f"Reply {code_of(world, dispatch)} 1")
    world.desk.ignores("nobody is left to ask")
    for _ in ("once", "again"):
        alpha.text(f"{code_of(world, dispatch)} 2")
        assert "given it back" not in alpha.expect("declined.")
