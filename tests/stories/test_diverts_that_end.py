"""A question to turn round ends by itself when the team leaves its own call in another way."""

import re

import pytest
from sqlalchemy import select

from tests.stories.test_call_page import words
from tests.stories.test_calls import add
from tests.stories.test_diverts import accepted, by_code, pair_on_its_way, propose
from tests.stories.test_escalation import call_in, code_of, state
from tests.typical_calls import UNARMED
from tests.world import Phone, World
from triage.domain.delivery import Whose
from triage.domain.phone_network import Refused
from triage.domain.spoken import spelled
from triage.services import dispatches
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch

LEFT = "has left its own call or wants to be relieved there"


def asked(world: World, rank: int, team: list[Phone], response: str = "mobile_crisis") -> Dispatch:
    """A call of this level asks the team to turn and come."""
    urgent = call_in(world, rank, response)
    world.desk.expect("nobody is left to ask")
    propose(world, urgent)
    for phone in team:
        phone.expect("Go there instead")
    return urgent


def call_of(world: World, code: str) -> Call:
    with world.context.reading() as uow:
        return uow.session.scalars(select(Call).where(Call.code == code)).one()


def page_of(world: World, dispatch: Dispatch) -> str:
    shown = world.client("dispatcher").get(f"/c/{code_of(world, dispatch)}", follow_redirects=True)
    return words(shown.text)


def test_a_team_that_gives_its_call_back_is_asked_as_any_that_is_free(world: World) -> None:
    (alpha,) = world.team("Alpha")
    first = accepted(world, alpha)
    urgent = asked(world, 2, [alpha])
    code = code_of(world, urgent)

    alpha.text(f"{first} 2")

    alpha.expect("you have given it back.")
    assert "instead of" not in alpha.expect(f"Reply {code} 1=accept")
    world.desk.expect(f"{first} (ROUTINE): nobody is left to ask")
    assert f"Alpha {LEFT}: it is not asked any more to turn and come here." in page_of(
        world, urgent
    )
    alpha.text(f"{code} 1")
    alpha.expect("accepted, it is yours")
    assert state(world, urgent) == "accepted"


def test_a_team_whose_own_call_becomes_as_urgent_stays_on_it(world: World) -> None:
    clinician, officer, first = pair_on_its_way(world)
    urgent = asked(world, 2, [clinician, officer], "co_responder")
    code = code_of(world, urgent)
    clinician.text(f"{code} 1")
    clinician.expect("your yes is kept")

    add(world, call_of(world, first), weapon="accessible", violence_now="physical")

    for phone in (clinician, officer):
        phone.expect("something dangerous is known")
        phone.expect("raised to IMMEDIATE")
    clinician.expect(f"You stay on {first}")
    officer.text(f"{code} 1")
    officer.expect("This question is over. Stay on your call.")
    assert (by_code(world, first), state(world, urgent)) == ("accepted", "unfilled")
    assert "has become more urgent, and it is not asked any more" in page_of(world, urgent)
    world.ignores_texts("what else is told of a raised call is another story")


def test_a_team_whose_own_call_is_raised_but_less_urgent_still_may_turn(world: World) -> None:
    (alpha,) = world.team("Alpha")
    first = accepted(world, alpha)
    urgent = asked(world, 1, [alpha])
    code = code_of(world, urgent)

    add(world, call_of(world, first), **UNARMED)

    assert world.dispatch(call_of(world, first), "mobile_crisis").level_label == "PROMPT"
    alpha.ignores("what is told of a raised call is another story")
    alpha.text(f"{code} 1")
    alpha.expect("accepted, it is yours")
    assert state(world, urgent) == "accepted"
    world.ignores_texts("that nobody is left for the other")


def test_whoever_has_the_place_by_then_hears_nothing_of_it(world: World) -> None:
    clinician, officer, first = pair_on_its_way(world)
    urgent = asked(world, 1, [clinician, officer], "co_responder")
    code = code_of(world, urgent)
    clinician.text(f"{code} 1")
    clinician.expect("your yes is kept")
    (bravo,) = world.team("Bravo", ("co_responder",), ("clinician",))

    clinician.text(f"{first} 2")
    clinician.expect("you have given it back")
    bravo.expect(f"Reply {first} 1")
    bravo.text(f"{first} 1")
    bravo.expect("accepted, it is yours")

    assert "is asked to turn and come here. Nothing moves" not in page_of(world, urgent)
    world.wait(seconds=70)
    bravo.expect_silence()
    assert not any("You stay on" in text for text in clinician.inbox)
    officer.ignores("half of its team is sought, and comes")
    clinician.ignores("whoever is free is asked for the urgent call")
    world.desk.ignores("nobody is left to ask for the urgent call")


@pytest.mark.parametrize("how", ["gives back", "withdraws"])
def test_whoever_had_said_yes_and_stays_is_told(world: World, how: str) -> None:
    clinician, officer, first = pair_on_its_way(world)
    urgent = asked(world, 1, [clinician, officer], "co_responder")
    code = code_of(world, urgent)
    clinician.text(f"{code} 1")
    clinician.expect("your yes is kept")

    officer.text(f"{first} 2" if how == "gives back" else f"{first} WITHDRAW")

    told = [text for text in clinician.inbox if "You stay on" in text]
    assert len(told) == 1
    assert f"{code}: not needed from you any more. You stay on {first}" in told[0]
    assert not any("You stay on" in text for text in officer.inbox)
    shown = page_of(world, urgent)
    assert f"CIT 1 {LEFT}: it is not asked any more to turn and come here." in shown
    clinician.text(f"{code} 1")
    assert "This question is over. Stay on your call." in clinician.inbox[-1]
    world.ignores_texts("what follows when half of a team leaves is another story")


def test_a_team_that_wants_to_go_home_is_asked_to_go_nowhere_else(world: World) -> None:
    (alpha,) = world.team("Alpha")
    first = accepted(world, alpha)
    urgent = asked(world, 2, [alpha])

    alpha.text(f"{first} REPLACE")

    alpha.ignores("who is asked to relieve them is another story")
    shown = page_of(world, urgent)
    assert f"Alpha {LEFT}, and is not asked any more to turn and come here." in shown
    assert "Nothing moves until they say yes" not in shown
    alpha.text(f"{code_of(world, urgent)} 1")
    assert "This question is over. Stay on your call." in alpha.inbox[-1]
    assert (by_code(world, first), state(world, urgent)) == ("accepted", "unfilled")


def test_a_team_whose_call_is_canceled_is_asked_as_any_that_is_free(world: World) -> None:
    (alpha,) = world.team("Alpha")
    first = accepted(world, alpha)
    urgent = asked(world, 2, [alpha])
    desk = world.client("dispatcher")
    there = desk.get(f"/c/{first}", follow_redirects=True).request.path
    with world.context.reading() as uow:
        from sqlalchemy import select

        from triage.storage.calls import Call

        query = select(Dispatch.id).join(Call).where(Call.code == first)
        key = uow.session.scalars(query.where(Dispatch.reached_by == "page")).one()

    desk.submit(there, {"reason": "changed_response"}, to=f"{there}/dispatches/{key}/cancel")

    assert by_code(world, first) == "cancelled"
    assert "instead of" not in alpha.expect(f"Reply {code_of(world, urgent)} 1=accept")
    alpha.expect(f"{first}: stand down")
    assert f"Alpha {LEFT}: it is not asked any more" in page_of(world, urgent)


def test_of_two_calls_that_ask_only_one_goes_on_after_a_yes(world: World) -> None:
    (alpha,) = world.team("Alpha")
    first = accepted(world, alpha)
    one = asked(world, 2, [alpha])
    other = asked(world, 1, [alpha])

    alpha.text(f"{code_of(world, other)} 1")

    alpha.expect("Go to: Dockside Apartments")
    assert state(world, other) == "accepted"
    shown = page_of(world, one)
    assert f"Alpha {LEFT}, and is not asked any more to turn and come here." in shown
    assert "Nothing moves until they say yes" not in shown
    alpha.text(f"{code_of(world, one)} 1")
    alpha.expect("not on the way to its call any more. Nothing was changed.")
    world.desk.expect(f"{first} (ROUTINE): nobody is left to ask")
    world.wait(minutes=3)
    alpha.expect_silence()
    world.desk.ignores("the call that is still waiting")


@pytest.mark.parametrize("answer", ["2", None])
def test_the_timeline_names_nobody_who_is_not_asked(world: World, answer: str | None) -> None:
    clinician, officer, first = pair_on_its_way(world)
    urgent = asked(world, 1, [clinician, officer], "co_responder")
    if answer:
        officer.text(f"{code_of(world, urgent)} {answer}")
        officer.expect("declined.")
    world.wait(minutes=3)

    shown = page_of(world, urgent)
    if answer is None:
        assert re.search(
            r"CIT 1 \w+ \(\w+\) of CIT 1 did not answer in \d+ \w+: CIT 1 does not turn", shown
        )
    assert "CIT 1 stays together, and on its own call." in shown
    assert "the next is asked" not in shown
    assert by_code(world, first) == "accepted"
    world.ignores_texts("a call to which nobody comes alarms, and pages ring")


def turned(world: World) -> tuple[Phone, str, Dispatch]:
    """A team that has left its call for a more urgent one; the first call's code."""
    (alpha,) = world.team("Alpha")
    first = accepted(world, alpha)
    urgent = asked(world, 2, [alpha])
    alpha.text(f"{code_of(world, urgent)} 1")
    alpha.expect("Go to: Dockside Apartments")
    world.desk.expect(f"{first} (ROUTINE): nobody is left to ask")
    return alpha, first, urgent


def test_whoever_has_turned_is_not_told_to_stay_where_they_are_no_more(world: World) -> None:
    alpha, first, urgent = turned(world)
    (bravo,) = world.team("Bravo")
    world.wait(seconds=6)
    bravo.expect(f"Reply {first} 1")
    bravo.text("1")
    bravo.expect("accepted, it is yours")

    world.context.do(
        "desk",
        lambda uow: dispatches.cancel(
            uow, world.centre, uow.get(Dispatch, urgent.id), "not_needed"
        ),
    )

    told = alpha.expect(f"{code_of(world, urgent)}: stand down")
    assert first not in told
    bravo.expect_silence()


def test_whoever_has_turned_may_give_it_back_and_take_it_after_all(world: World) -> None:
    alpha, _, urgent = turned(world)
    code = code_of(world, urgent)

    alpha.text(f"{code} 2")
    alpha.expect("you have given it back.")
    world.desk.expect(f"{code} (URGENT): nobody is left to ask")
    assert state(world, urgent) == "unfilled"
    world.wait(seconds=6)

    assert not any("instead of" in text for text in alpha.inbox[-1:])
    alpha.text(f"{code} 1")
    assert "Go to: Dockside Apartments" in alpha.inbox[-1]
    assert state(world, urgent) == "accepted"
    world.ignores_texts("who is asked for the first call is another story")


@pytest.mark.parametrize("answer", ["2", None])
def test_a_team_that_stayed_is_asked_when_it_is_free(world: World, answer: str | None) -> None:
    (alpha,) = world.team("Alpha")
    first = accepted(world, alpha)
    urgent = asked(world, 2, [alpha])
    code = code_of(world, urgent)
    if answer:
        alpha.text(f"{code} {answer}")
        alpha.expect("declined.")
    world.wait(minutes=3)
    world.desk.ignores("the call waits")

    alpha.text(f"{first} clear")

    alpha.expect("cleared")
    assert "instead of" not in alpha.expect(f"Reply {code} 1=accept")
    alpha.text(f"{code} 1")
    alpha.expect("accepted, it is yours")
    assert state(world, urgent) == "accepted"


def test_on_the_telephone_too_they_hear_which_call_they_would_leave(world: World) -> None:
    (alpha,) = world.team("Alpha")
    first = accepted(world, alpha)
    urgent = call_in(world, 1)
    world.desk.expect("nobody is left to ask")
    world.phones.no_texts = Refused("no connection: x", Whose.PROVIDER)

    propose(world, urgent)

    said = alpha.expect_ring("Immediate page").body
    assert f"Press 1 to go there instead of call {spelled(first)}, 2 to stay on your call." in said
    alpha.pick_up()
    alpha.press("2")
    assert (by_code(world, first), state(world, urgent)) == ("accepted", "unfilled")
    world.ignores_texts("what follows when texts leave again")
