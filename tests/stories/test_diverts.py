"""A team on its way to something less urgent is asked to come to something more urgent."""

import re
import threading

import pytest

from tests.stories.test_call_page import words
from tests.stories.test_escalation import call_in, code_of, reported, state
from tests.stories.test_page_links import in_text, open_, press
from tests.world import Phone, World
from triage.domain.errors import Conflict
from triage.services import diverts
from triage.storage.dispatches import Dispatch
from triage.storage.unit_of_work import UnitOfWork


def accepted(world: World, phone: Phone, rank: int = 4, response: str = "mobile_crisis") -> str:
    """The team has a call of this level; its code."""
    dispatch = call_in(world, rank, response)
    code = code_of(world, dispatch)
    phone.expect("Reply")
    phone.text(f"{code} 1")
    phone.expect("it is yours")
    return code


def propose(world: World, dispatch: Dispatch) -> None:
    def ask(uow: UnitOfWork) -> None:
        wanted = uow.get(Dispatch, dispatch.id)
        (offer,) = diverts.offers(uow, world.centre, wanted)
        diverts.propose(uow, world.centre, wanted, offer.team.id, offer.leaves.id)

    world.context.do("dispatcher", ask)
    world.settle()


def offered(world: World, dispatch: Dispatch) -> list[str]:
    with world.context.reading() as uow:
        found = diverts.offers(uow, world.centre, uow.get(Dispatch, dispatch.id))
        return [offer.team.name for offer in found]


def by_code(world: World, code: str) -> str:
    with world.context.reading() as uow:
        from sqlalchemy import select

        from triage.storage.calls import Call

        return (
            uow.session.scalars(
                select(Dispatch).join(Call).where(Call.code == code, Dispatch.reached_by == "page")
            )
            .one()
            .state.value
        )


def test_a_yes_turns_the_team_and_the_first_call_is_asked_for_at_once(world: World) -> None:
    (alpha,) = world.team("Alpha")
    first = accepted(world, alpha)
    urgent = call_in(world, 2)
    world.desk.expect("nobody is left to ask")
    code = code_of(world, urgent)
    propose(world, urgent)
    (bravo,) = world.team("Bravo", calls_at_once=1)
    asked = alpha.expect(f"Reply {code} 1=accept")
    assert f"instead of {first}" in asked
    assert "Dockside" not in asked
    assert by_code(world, first) == "accepted"
    assert state(world, urgent) == "unfilled"

    alpha.text(f"{code} 1")

    alpha.expect("Go to: Dockside Apartments")
    assert state(world, urgent) == "accepted"
    bravo.expect(f"Reply {first} 1")
    assert by_code(world, first) == "seeking"
    with world.context.reading() as uow:
        from sqlalchemy import select

        left = uow.session.scalars(select(Dispatch).where(Dispatch.diverted_at.is_not(None))).one()
        assert left.call.code == first
    assert world.audited("slot.diverted") == 1
    bravo.text(f"{first} 1")
    bravo.expect("accepted, it is yours")
    assert by_code(world, first) == "accepted"


def test_the_question_to_turn_has_a_page_and_the_page_of_the_call_left_points_there(
    world: World,
) -> None:
    (alpha,) = world.team("Alpha")
    left = call_in(world, 4)
    browser, old = open_(world, in_text(alpha.expect("Reply")))
    assert "it is yours" in press(browser, old, "accept")
    urgent = call_in(world, 2)
    world.desk.expect("nobody is left to ask")
    propose(world, urgent)
    asked, page = open_(world, in_text(alpha.expect("Go there instead")))
    assert "instead of going where you are going" in words(asked.get(page).text)

    shown = press(asked, page, "accept")

    code = code_of(world, urgent)
    assert "You have accepted: it is yours" in shown
    assert "Dockside Apartments" in shown
    assert state(world, urgent) == "accepted"
    shown = words(browser.get(old).text)
    assert f"You were diverted to {code}. Its page opens with the link in the text" in shown
    assert f"Diverted to {code}" in shown
    assert "On the way" in press(asked, page, "en_route")
    world.desk.expect(f"{code_of(world, left)} (ROUTINE): nobody is left to ask")
    desk, sent_away = world.client("dispatcher"), "Its team was sent to a more urgent call"
    with world.context.reading() as uow:
        path = f"/calls/{uow.get(Dispatch, left.id).call.reference}"
    assert sent_away in words(desk.get(path).text)
    ending = {"reason": "unsafe"}
    desk.submit(path, ending, to=f"{path}/dispatches/{left.id}/cancel")
    assert sent_away not in words(desk.get(path).text)


@pytest.mark.parametrize("answer", ["2", None])
def test_a_no_or_silence_moves_nothing(world: World, answer: str | None) -> None:
    (alpha,) = world.team("Alpha")
    first = accepted(world, alpha)
    urgent = call_in(world, 2)
    world.desk.expect("nobody is left to ask")
    propose(world, urgent)
    alpha.expect("Go there instead")

    if answer:
        alpha.text(f"{code_of(world, urgent)} {answer}")
        alpha.expect("declined.")
    world.wait(minutes=3)

    assert by_code(world, first) == "accepted"
    assert state(world, urgent) == "unfilled"
    alpha.text(f"{code_of(world, urgent)} 1")
    alpha.expect("Stay on your call")
    assert by_code(world, first) == "accepted"


def pair_on_its_way(world: World, *more: str) -> tuple[Phone, Phone, str]:
    """Clinician, officer, and the code of a call that both have accepted.

    more -- other responses that this team gives.
    """
    roles = ("clinician", "officer")
    clinician, officer = world.team("CIT 1", ("co_responder", *more), roles)
    code = accepted(world, clinician, 4, "co_responder")
    officer.expect("ROUTINE, within 4 h")
    officer.text(f"{code} 1")
    officer.expect("accepted, it is yours")
    clinician.expect("officer CIT 1 has accepted too and comes with you")
    return clinician, officer, code


def test_a_pair_turns_only_when_both_say_yes(world: World) -> None:
    clinician, officer, first = pair_on_its_way(world)
    urgent = call_in(world, 1, "co_responder")
    world.desk.expect("nobody is left to ask")
    code = code_of(world, urgent)
    propose(world, urgent)
    clinician.expect("IMMEDIATE in Harbor has nobody")
    officer.expect("IMMEDIATE in Harbor has nobody")

    clinician.text(f"{code} 1")
    clinician.expect("Stay on your call until your officer agrees")
    assert by_code(world, first) == "accepted"

    officer.text(f"{code} 1")
    with_clinician = officer.expect(f"{code} accepted, it is yours. Go to: Dockside")
    assert "With: clinician CIT 1." in with_clinician
    with_officer = clinician.expect(f"{code} accepted, it is yours. Go to: Dockside")
    assert "With: officer CIT 1." in with_officer
    officer.expect_silence()  # nobody is told that who goes along has left
    clinician.expect_silence()
    world.desk.expect(f"{first} (ROUTINE): nobody is left to ask")
    assert state(world, urgent) == "accepted"
    assert by_code(world, first) == "unfilled"


def test_a_pair_of_which_one_has_arrived_is_told_that_it_stays(world: World) -> None:
    clinician, officer, first = pair_on_its_way(world)
    urgent = call_in(world, 1, "co_responder")
    world.desk.expect("nobody is left to ask")
    code = code_of(world, urgent)
    propose(world, urgent)
    for phone in (clinician, officer):
        phone.expect("IMMEDIATE in Harbor has nobody")
    clinician.text(f"{code} 1")
    clinician.expect("your yes is kept")
    desk, page = world.client("dispatcher"), f"/c/{code}"
    asked = "CIT 1 is asked to turn and come here. Nothing moves until they say yes."
    assert asked in words(desk.get(page, follow_redirects=True).text)

    officer.text(f"{first} scene")

    officer.expect("you are on scene")
    clinician.expect(f"{code}: not needed from you any more. You stay on {first}.")
    told = words(desk.get(page, follow_redirects=True).text)
    arrived = "CIT 1 has arrived at its own call"
    assert f"{arrived} and is not asked any more to turn and come here." in told
    assert told.count(f"{arrived}: it is not asked any more to turn and come here.") == 2
    assert asked not in told
    assert "CIT 1 is asked to turn" not in words(desk.get("/board").text)
    for phone in (clinician, officer):
        phone.text(f"{code} 1")
        phone.expect("This question is over. Stay on your call.")
    assert state(world, urgent) == "unfilled"
    world.ignores_texts("what follows when nobody turns is another story")


def test_whoever_stays_is_told_that_the_other_half_has_left(world: World) -> None:
    clinician, officer, first = pair_on_its_way(world, "mobile_crisis")
    urgent = call_in(world, 1)
    world.desk.expect("nobody is left to ask")
    propose(world, urgent)
    clinician.expect("IMMEDIATE in Harbor has nobody")

    clinician.text(f"{code_of(world, urgent)} 1")

    clinician.expect("Go to: Dockside")
    officer.expect(f"{first}: your clinician was sent to a more urgent call")
    world.desk.expect(f"{first} (ROUTINE): nobody is left to ask")


def test_a_no_of_one_tells_the_other_to_stay(world: World) -> None:
    clinician, officer, first = pair_on_its_way(world)
    urgent = call_in(world, 1, "co_responder")
    world.desk.expect("nobody is left to ask")
    code = code_of(world, urgent)
    propose(world, urgent)
    officer.expect("IMMEDIATE in Harbor has nobody")
    clinician.expect("IMMEDIATE in Harbor has nobody")
    clinician.text(f"{code} 1")
    clinician.expect("your yes is kept")

    officer.text(f"{code} 2")
    officer.expect("declined.")

    clinician.expect(f"not needed from you any more. You stay on {first}")
    assert by_code(world, first) == "accepted"
    assert state(world, urgent) == "unfilled"


def test_where_one_is_not_reached_the_other_does_not_turn_alone(world: World) -> None:
    clinician, officer, first = pair_on_its_way(world)
    urgent = call_in(world, 1, "co_responder")
    world.desk.expect("nobody is left to ask")
    world.phones.landlines.add(officer.number)

    propose(world, urgent)
    clinician.expect("IMMEDIATE in Harbor has nobody")
    clinician.text(f"{code_of(world, urgent)} 1")

    clinician.expect("This question is over. Stay on your call")
    assert by_code(world, first) == "accepted"
    assert state(world, urgent) == "unfilled"


@pytest.mark.parametrize("what", ["silence", "STOP", "undelivered"])
def test_whoever_has_said_yes_is_told_when_the_other_does_not_come_along(
    world: World, what: str
) -> None:
    clinician, officer, first = pair_on_its_way(world)
    urgent = call_in(world, 1, "co_responder")
    world.desk.expect("nobody is left to ask")
    code = code_of(world, urgent)
    propose(world, urgent)
    for phone in (clinician, officer):
        phone.expect("IMMEDIATE in Harbor has nobody")
    clinician.text(f"{code} 1")
    clinician.expect("Stay on your call until your officer agrees")

    if what == "silence":
        world.wait(seconds=61)
    elif what == "STOP":
        officer.text("STOP")
    else:
        reported(world, officer, "undelivered", "30003")

    clinician.expect(f"{code}: not needed from you any more. You stay on {first}")
    clinician.expect_silence()
    assert by_code(world, first) == "accepted"
    assert state(world, urgent) == "unfilled"


def test_only_calls_two_levels_less_urgent_are_left_and_never_a_scene(world: World) -> None:
    (alpha,) = world.team("Alpha")
    (bravo,) = world.team("Bravo")
    first = accepted(world, alpha, 2)
    second = accepted(world, bravo, 4)
    assert offered(world, call_in(world, 1)) == ["Bravo"]  # one level is not enough
    world.desk.expect("nobody is left to ask")

    bravo.text(f"{second} SCENE")
    bravo.expect("you are on scene")
    alpha.text(f"{first} SCENE")
    alpha.expect("you are on scene")

    assert offered(world, call_in(world, 1)) == []
    world.desk.expect("nobody is left to ask")


def test_a_team_that_has_arrived_meanwhile_stays(world: World) -> None:
    (alpha,) = world.team("Alpha")
    first = accepted(world, alpha)
    urgent = call_in(world, 2)
    world.desk.expect("nobody is left to ask")
    propose(world, urgent)
    alpha.expect("URGENT in Harbor has nobody")
    alpha.text(f"{first} SCENE")
    alpha.expect("you are on scene")

    alpha.text(f"{code_of(world, urgent)} 1")

    alpha.expect("This question is over. Stay on your call.")
    assert by_code(world, first) == "on_scene"
    assert state(world, urgent) == "unfilled"


def test_somebody_else_takes_it_and_the_team_stays_where_it_is(world: World) -> None:
    (alpha,) = world.team("Alpha")
    first = accepted(world, alpha)
    urgent = call_in(world, 2)
    world.desk.expect("nobody is left to ask")
    propose(world, urgent)
    alpha.expect("Go there instead")
    with pytest.raises(Conflict):
        propose_again(world, urgent)
    (bravo,) = world.team("Bravo")
    world.wait(seconds=6)  # the look after a call that found nobody
    bravo.expect("Reply")
    bravo.text("1")
    bravo.expect("accepted, it is yours")

    alpha.expect(f"You stay on {first}")
    assert by_code(world, first) == "accepted"
    assert state(world, urgent) == "accepted"


def propose_again(world: World, urgent: Dispatch) -> None:
    propose(world, urgent)


def test_of_a_yes_and_an_arrival_at_once_only_one_counts(world: World) -> None:
    (alpha,) = world.team("Alpha")
    first = accepted(world, alpha)
    urgent = call_in(world, 2)
    world.desk.expect("nobody is left to ask")
    code = code_of(world, urgent)
    propose(world, urgent)
    alpha.expect("URGENT in Harbor has nobody")
    barrier = threading.Barrier(2)

    def say(what: str) -> None:
        barrier.wait()
        world.receive(f"IN{what}", alpha.number, what)

    threads = [threading.Thread(target=say, args=(w,)) for w in (f"{code} 1", f"{first} SCENE")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.settle()
    alpha.ignores("the two answers, of which either may be first")
    world.desk.ignores("where they turn nobody is left to ask for what they leave")

    assert (by_code(world, first), state(world, urgent)) in {
        ("on_scene", "unfilled"),
        ("unfilled", "accepted"),
    }


def test_a_dispatcher_writes_the_answers_down_that_come_by_radio(world: World) -> None:
    clinician, officer, first = pair_on_its_way(world)
    urgent = call_in(world, 1, "co_responder")
    world.desk.expect("nobody is left to ask")
    propose(world, urgent)
    clinician.expect("IMMEDIATE in Harbor has nobody")
    officer.expect("IMMEDIATE in Harbor has nobody")
    browser = world.client("dispatcher")
    with world.context.reading() as uow:
        path = f"/calls/{uow.get(Dispatch, urgent.id).call.reference}"
    shown = browser.get(path).get_data(as_text=True)
    assert "was asked to turn and come" in shown
    pages = sorted(set(re.findall(r"/pages/([0-9a-f-]{36})/answer", shown)))
    assert len(pages) == 2

    for key in pages:
        assert by_code(world, first) == "accepted"
        form = {"answer": "accepts:radio"}
        browser.submit(path, form, to=f"{path}/pages/{key}/answer")

    assert state(world, urgent) == "accepted"
    assert by_code(world, first) != "accepted"
    clinician.expect("accepted, it is yours")
    world.desk.expect("ROUTINE): nobody is left to ask")
