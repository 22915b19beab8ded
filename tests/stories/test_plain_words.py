"""What is said of a page is what is so, in words that nobody has to be taught."""

import re

import pytest

from tests.stories.test_alarms import on_a_call, signs_in
from tests.stories.test_call_page import act
from tests.stories.test_calls import CALM, add
from tests.stories.test_diverts import accepted, propose
from tests.stories.test_escalation import LEVELS, call_in, code_of
from tests.stories.test_lost_phones import lose
from tests.world import World
from triage.services import dispatches, sending
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch

ARMED_PAIR = {**CALM, "weapon": "accessible"}
"""An officer and a clinician are paged."""


def seen(world: World, path: str) -> str:
    """What a dispatcher reads on this page, in one line of words."""
    page = world.client("dispatcher").get(path).get_data(as_text=True)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def page_of(world: World, call: Call) -> str:
    return seen(world, f"/calls/{call.reference}")


def test_whoever_said_no_is_not_told_to_stand_down_and_nobody_is_called_withdrawn(
    world: World,
) -> None:
    (alpha,), (bravo,), (charlie,) = (world.team(one) for one in ("Alpha", "Bravo", "Charlie"))
    call = world.call(CALM)
    alpha.expect(f"Reply {call.code} 1=accept")
    alpha.text("2")
    alpha.expect(f"{call.code} declined. Somebody else is being asked.")
    bravo.expect(f"Reply {call.code} 1=accept")
    world.wait(minutes=6)
    charlie.expect(f"Reply {call.code} 1=accept")

    charlie.text("1")

    charlie.expect("it is yours")
    bravo.expect(f"{call.code}: Taken by Charlie, stand down.")
    for phone in (alpha, bravo, charlie):
        phone.expect_silence()
    told = page_of(world, call)
    assert "Alpha clinician (clinician) of Alpha: declined" in told
    assert "Bravo clinician (clinician) of Bravo: did not answer in 6 min" in told
    assert "withdrawn" not in told.lower()


def test_help_names_the_call_for_which_it_is_true(world: World) -> None:
    (phone,) = world.team("MCT 1", calls_at_once=2)
    one = world.call(CALM)
    phone.expect(one.code)
    phone.text("1")
    phone.expect(f"{one.code} accepted")
    phone.text("perhaps")
    said = phone.expect("Not understood")
    assert f"Reply {one.code} with GO, ETA 10" in said
    assert "accept" not in said
    world.wait(minutes=11)  # the next one is asked back again
    two = world.call(CALM)
    phone.expect(two.code)

    phone.text("hello?")

    said = phone.expect("Not understood")
    assert f"Reply {two.code} 1=accept 2=decline, or {one.code} with GO, ETA 10" in said


def test_yes_to_a_call_that_one_has_already_is_not_answered_with_how_to_accept(
    world: World,
) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)
    phone.expect(call.code)
    phone.text("1")
    phone.expect("it is yours")

    for said in ("yes", f"{call.code} yes"):
        phone.text(said)
        assert phone.expect(call.code) == (
            f"{call.code} is yours already, nothing was changed. To answer a roster check"
            f" reply {call.code} OK"
        )


def test_whoever_was_sent_elsewhere_reads_no_jargon_of_the_first_call(world: World) -> None:
    (alpha,) = world.team("Alpha")
    first = accepted(world, alpha)
    urgent = call_in(world, 2)
    world.desk.expect("nobody is left to ask")
    code = code_of(world, urgent)
    propose(world, urgent)
    alpha.expect(f"Go there instead of {first}?")
    alpha.text(f"{code} 1")
    alpha.expect(f"{code} accepted")
    world.desk.expect(f"{first} (ROUTINE): nobody is left to ask")

    for said in ("SCENE", "1"):
        alpha.text(f"{first} {said}")
        assert alpha.expect(first) == (
            f"{first} is not yours any more, others are asked for it. Nothing was changed."
        )


def test_an_unread_text_says_from_which_number_it_came_and_to_which_call_it_leads(
    world: World,
) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)
    phone.expect(call.code)
    phone.text(f"{call.code} perhaps")
    phone.expect(f"Reply {call.code} 1=accept")
    phone.text(f"{call.code} what now")
    phone.expect("A dispatcher reads your text")

    page = world.client("dispatcher").get("/board").text

    texts = page.split('id="board-texts"')[1].split('id="board-reach"')[0]
    assert phone.number in texts
    assert f'href="/calls/{call.reference}"' in texts
    assert f">{call.code}</a>" in texts


def test_the_number_of_a_lost_phone_is_marked_on_the_call_too(world: World) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)
    phone.expect(call.code)
    phone.text("1")
    phone.expect("it is yours")
    assert "has lost the phone" not in page_of(world, call)

    lose(world, phone)

    assert f"{phone.number} has lost the phone: reach them by radio" in page_of(world, call)


def row(world: World, call: Call) -> str:
    """What the board says of this call, in one line of words."""
    page = world.client("dispatcher").get("/board").get_data(as_text=True)
    found = re.search(rf'<li id="row-{call.reference}".*?</p>\s*</li>', page, re.DOTALL)
    assert found, f"{call.reference} is not on the board"
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0]))


def cancel(world: World, call: Call, reason: str) -> None:
    """As whoever may has agreed."""
    with world.context.unit_of_work("test") as uow:
        for dispatch in dispatches.of_call(uow, uow.get(Call, call.id)):
            dispatches.cancel(uow, world.centre, dispatch, reason)


def test_a_call_for_which_nobody_is_needed_any_more_asks_to_be_closed(world: World) -> None:
    clinician, officer = world.pair("CIT 1")
    call = world.call(ARMED_PAIR)
    for phone in (clinician, officer):
        phone.expect(f"Reply {call.code} 1=accept")
        phone.text("1")
        phone.expect("it is yours")
    clinician.expect("officer CIT 1 has accepted too")

    cancel(world, call, "not_needed")

    for phone in (clinician, officer):
        phone.expect(f"{call.code}: Stand down, not needed any more.")
    said = row(world, call)
    assert "Not needed any more: close the call" in said
    for untrue in ("NOBODY", "nobody was asked", "not sent", "OVERDUE"):
        assert untrue not in said
    told = page_of(world, call)
    assert "Not needed any more: nobody has to come. Close the call" in told
    assert "Recommended, not sent" not in told
    world.wait(hours=2)
    assert "Not needed any more: close the call" in row(world, call)
    add(world, call, weapon="in_hand")
    assert "NOBODY COMING" in row(world, call)
    assert "close the call" not in row(world, call)


def test_a_call_for_which_all_was_cancelled_otherwise_still_has_nobody(world: World) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)
    phone.expect(f"Reply {call.code} 1=accept")

    cancel(world, call, "unsafe")

    phone.expect("Stand down, not safe for this team")
    said = row(world, call)
    assert "NOBODY COMING" in said
    assert "all was canceled" in said
    assert "nobody was asked" not in said


def test_whoever_types_another_call_reads_a_late_hand_over_as_soon_as_it_is_late(
    world: World,
) -> None:
    world.desk.ignores("that no team was left before is another story")
    call = world.call(CALM | {"weapon": "in_hand", "violence_now": "physical"})
    assert "DISPATCH IN CAD NOW" not in seen(world, "/intake")
    world.wait(seconds=61)
    assert "DISPATCH IN CAD NOW, nobody has confirmed it:" in seen(world, "/intake")
    told = seen(world, "/intake").split("DISPATCH IN CAD NOW, nobody has confirmed it:")[1]
    assert f"{call.code} (CIT officer)" in told  # others are to come, too


def test_nobody_coming_says_for_whom_where_others_come(world: World) -> None:
    world.desk.ignores("escalation is another story")
    dispatch = call_in(world, 4)  # there is no team
    assert "NOBODY COMING: Mobile crisis team" not in seen(world, "/board")
    line = lambda uow: dispatches.open_dispatch(  # noqa: E731
        uow, world.centre, uow.get(Call, dispatch.call_id), "crisis_line", LEVELS[4], "by_hand"
    )
    world.context.do("test", line)
    assert "NOBODY COMING: Mobile crisis team" in seen(world, "/board")
    world.wait(minutes=6)
    whom = f"{code_of(world, dispatch)} (Mobile crisis team)"
    assert f"NOBODY COMING, and nobody is left to ask: {whom}." in seen(world, "/intake")


def test_half_a_team_is_called_so_wherever_it_is_told(world: World) -> None:
    clinician, officer = world.pair("CIT 1")
    call = world.call(ARMED_PAIR)
    for phone, said, told in ((officer, "1", "it is yours"), (clinician, "2", "declined")):
        phone.expect(f"Reply {call.code} 1=accept")
        phone.text(said)
        phone.expect(told)
    world.desk.expect("nobody is left to ask")
    world.wait(minutes=6)  # somebody looked, and it stands still
    world.desk.ignores("told again and again")

    assert "HALF A TEAM, nobody left to ask" in row(world, call)
    told = page_of(world, call)
    assert "HALF A TEAM, nobody left to ask" in told
    assert f"HALF A TEAM, and nobody is left to ask: {call.code}" in seen(world, "/intake")
    for path in ("/board", f"/calls/{call.reference}", "/intake"):
        assert "nobody coming" not in seen(world, path).lower()


# --- a caller who is handed over to a line ------------------------------------------------


def line_call(world: World, **more: str) -> Call:
    (mobile,) = world.team("Mobile 9")
    mobile.ignores("another response was chosen")
    return world.call(CALM, choice=sending.Choice("crisis_line", "caller_wishes"), **more)


def say(world: World, call: Call, step: str) -> str:
    """What a dispatcher reads once this step of the handing over was said."""
    told = act(world.client("dispatcher"), call, "/transfer", {"step": step})
    world.settle()
    return told


def test_the_supervisor_is_told_that_a_line_did_not_take_the_caller(world: World) -> None:
    (boss,) = world.team("Supervisors", ("supervision",), ("supervisor",))
    call = line_call(world, zone="Harbor")
    assert "Ring the line and stay with the caller (Warm transfer to 988" in page_of(world, call)
    say(world, call, "ringing")
    world.wait(seconds=91)

    world.wait(seconds=61)

    said = boss.expect("NOBODY LEFT TO ASK")
    assert ": a line did not take the caller, Harbor. Take charge" in said
    boss.ignores("asked again and again")


@pytest.mark.parametrize("number", ["202-555-0143", None])
def test_a_lost_caller_is_rung_back_where_a_number_is_known(
    world: World, number: str | None
) -> None:
    call = line_call(world, **({"caller_phone": number} if number else {}))
    for step in ("ringing", "counselor", "released"):
        say(world, call, step)

    told = say(world, call, "dropped")

    assert ("Ring the caller back now" in told) is (number is not None)
    assert ("There is no number to ring" in told) is (number is None)
    assert ("STILL WAITS, no number to ring" in told) is (number is None)
    assert ("The line was lost: ring the caller back" in told) is (number is not None)


# --- several calls in one text ------------------------------------------------------------


def test_a_text_about_several_calls_stands_in_the_timeline_of_each(world: World) -> None:
    (boss,) = world.team("Supervisors", ("supervision",), ("supervisor",))
    first = call_in(world, 4)
    boss.expect("NOBODY LEFT TO ASK")
    others = [call_in(world, 4), call_in(world, 4)]
    world.wait(seconds=31)
    boss.expect("NOBODY LEFT TO ASK for 3 calls")

    for dispatch in (first, *others):
        with world.context.reading() as uow:
            reference = uow.get(Dispatch, dispatch.id).call.reference
        assert (
            "Supervisors was told in one text that nobody is left to ask for 3 calls,"
            " this one among them." in seen(world, f"/calls/{reference}")
        )


# --- the page of somebody who was paged ---------------------------------------------------


def buttons(page: str) -> list[str]:
    """Those of one's own part, in order; the filled one in capitals."""
    form = page.split("own-actions")[1].split("</form>", maxsplit=1)[0]
    found = re.findall(r"<button([^>]*)>([^<]+)", form)
    return [words.upper() if 'class="main"' in given else words for given, words in found]


def test_the_next_step_is_the_filled_button_and_help_stays_below_it(world: World) -> None:
    phone, call = on_a_call(world)
    clinician = signs_in(world, phone)
    path = f"/calls/{call.reference}"

    for state, likely in (
        ("en_route", "ON THE WAY"),
        ("staged", "ON SCENE"),
        ("on_scene", "ON SCENE"),
        ("transporting", "CLEARED"),
        ("cleared", "CLEARED"),
    ):
        page = clinician.get(path).text
        shown = buttons(page)
        assert shown[0] == likely
        assert "I need help" in page.split('id="own-help"')[1]
        assert [one for one in shown if one.isupper() and one != "OK"] == [likely]
        clinician.submit(path, {"action": state}, to=f"{path}/mine")
