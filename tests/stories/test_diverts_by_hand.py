"""A dispatcher does not wait for the answer of a team that is asked to turn, and gives it the call
by hand: that settles the question, and nobody has two calls by it."""

from sqlalchemy import select

from tests.stories.test_call_page import words
from tests.stories.test_diverts import accepted, by_code, pair_on_its_way
from tests.stories.test_diverts_that_end import asked, page_of
from tests.stories.test_escalation import code_of, state
from tests.world import Phone, World
from triage.domain.lifecycle import TAKEN
from triage.storage.dispatches import Dispatch, Slot


def assign(world: World, dispatch: Dispatch, phone: Phone, role: str = "clinician") -> str:
    """By hand, on the page of the call."""
    browser = world.client("dispatcher")
    with world.context.reading() as uow:
        wanted = uow.get(Dispatch, dispatch.id)
        path = f"/calls/{wanted.call.reference}"
        slot = next(slot.id for slot in wanted.slots if slot.role == role)
    chosen = {"member": str(phone.responder_id)}
    told = browser.submit(path, chosen, to=f"{path}/slots/{slot}/assign", follow=True)
    world.settle()
    return words(told.text)


def places(world: World, phone: Phone) -> list[str]:
    """Codes of the calls that they have."""
    with world.context.reading() as uow:
        held = select(Slot).where(Slot.responder_id == phone.responder_id, Slot.state.in_(TAKEN))
        return [slot.dispatch.call.code for slot in uow.session.scalars(held)]


def test_the_team_leaves_the_first_call_at_once_and_it_is_asked_for_anew(world: World) -> None:
    (alpha,) = world.team("Alpha")
    first = accepted(world, alpha)
    urgent = asked(world, 2, [alpha])
    (bravo,) = world.team("Bravo", calls_at_once=1)
    code = code_of(world, urgent)

    assert "is assigned as clinician" in assign(world, urgent, alpha)

    alpha.expect(f"{code} is yours by dispatch, not {first}. Go to: Dockside Apartments")
    assert places(world, alpha) == [code]
    assert (state(world, urgent), by_code(world, first)) == ("accepted", "seeking")
    bravo.expect(f"Reply {first} 1")
    desk = world.client("dispatcher")
    assert "Team diverted, asked anew" in words(desk.get("/board").text)
    there = desk.get(f"/c/{first}", follow_redirects=True)
    assert "Its team was sent to a more urgent call" in words(there.text)
    assert "Nothing moves until they say yes" not in page_of(world, urgent)
    alpha.text(f"{code} 1")
    alpha.expect("it is yours")
    world.wait(minutes=3)
    assert places(world, alpha) == [code]
    bravo.ignores("nobody answers for the first call")
    world.desk.ignores("nobody is left to ask for the first call")


def test_of_a_pair_that_has_not_answered_the_other_is_still_asked(world: World) -> None:
    clinician, officer, first = pair_on_its_way(world)
    urgent = asked(world, 1, [clinician, officer], "co_responder")
    code = code_of(world, urgent)

    assign(world, urgent, clinician)

    clinician.expect(f"{code} is yours by dispatch, not {first}")
    officer.expect(f"{first}: your clinician was sent to a more urgent call")
    assert (places(world, clinician), places(world, officer)) == ([code], [first])
    officer.text(f"{code} 1")
    officer.expect("accepted, it is yours")
    clinician.expect("officer CIT 1 has accepted too and comes with you")
    assert places(world, officer) == [code]
    world.ignores_texts("who is asked for the first call is another story")


def test_whoever_of_the_pair_had_said_yes_turns_with_them(world: World) -> None:
    clinician, officer, first = pair_on_its_way(world)
    urgent = asked(world, 1, [clinician, officer], "co_responder")
    code = code_of(world, urgent)
    officer.text(f"{code} 1")
    officer.expect("your yes is kept")

    assign(world, urgent, clinician)

    clinician.expect(f"{code} is yours by dispatch, not {first}")
    officer.expect("accepted, it is yours. Go to: Dockside Apartments")
    assert (places(world, clinician), places(world, officer)) == ([code], [code])
    assert not any("was sent to a more urgent call" in text for text in officer.inbox)
    world.ignores_texts("who is asked for the first call is another story")


def test_both_of_a_pair_by_one_line_leave_the_first_call(world: World) -> None:
    clinician, officer, first = pair_on_its_way(world)
    urgent = asked(world, 1, [clinician, officer], "co_responder")
    code = code_of(world, urgent)

    desk = world.client("dispatcher")
    desk.submit("/board", {"command": f"a {code} CIT 1"}, to="/command")
    world.settle()

    assert (places(world, clinician), places(world, officer)) == ([code], [code])
    assert by_code(world, first) != "accepted"
    clinician.expect(f"{code} is yours by dispatch, not {first}")
    officer.expect(f"{code} is yours by dispatch, not {first}")
    world.ignores_texts("who is asked for the first call is another story")
