"""While a silent alarm stands, nothing on the desk's screens sends it to ring, text or radio that
person or who is with them: no task, no hint, and no other alarm of theirs."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from tests.stories.test_alarms import on_a_call, signs_in, words
from tests.stories.test_board import fill, order, row
from tests.stories.test_call_page import act
from tests.stories.test_calls import CALM
from tests.stories.test_duress import WORD, knows
from tests.stories.test_late_teams import task
from tests.stories.test_lost_phones import lose
from tests.world import Browser, Phone, World
from triage.domain.alarms import AlarmKind
from triage.entrypoints.cli import Tools
from triage.entrypoints.commands.watching import downtime
from triage.services import dispatches, silences
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch
from triage.storage.safety import Alarm


@pytest.fixture
def dispatcher(world: World) -> Browser:
    return world.client("dispatcher")


def press(desk: Browser, world: World, kind: AlarmKind, *buttons: str) -> None:
    with world.context.reading() as uow:
        alarm = uow.session.scalars(select(Alarm).where(Alarm.kind == kind)).one()
    for button in buttons:
        desk.submit("/alarms", {"next": "/alarms"}, f"/alarms/{alarm.id}/{button}")


def page(browser: Browser, call: Call) -> str:
    return words(browser, f"/calls/{call.reference}")


def pair_comes(world: World, said: str) -> tuple[Phone, Phone, Call]:
    world.ignores_texts("the desk's screens alone matter")
    clinician, officer = world.pair("CIT 1")
    call = world.call({**CALM, "weapon": "accessible"}, location="Pier 3")
    for phone in (clinician, officer):
        phone.text(f"{call.code} {said}")
    return knows(world, clinician), officer, call


DO_NOT = "Do not ring, text or radio CIT 1 (clinician), CIT 1 (officer): silent alarm"


def test_who_is_late_and_forced_is_not_asked_what_keeps_them_until_it_is_over(
    world: World, dispatcher: Browser
) -> None:
    clinician, officer, call = pair_comes(world, "1 ETA 10")
    theirs = [signs_in(world, p, n) for p, n in ((clinician, "test-one"), (officer, "test-two"))]
    clinician.text(f"{call.code} ok {WORD}")
    world.desk.expect_ring("Silent alarm")
    press(dispatcher, world, AlarmKind.DURESS, "take")
    world.wait(minutes=11)
    world.wait(minutes=6)

    said = row(dispatcher, call)
    assert DO_NOT in said
    for one in ("what keeps them", "WHAT KEEPS THEM", "Not asked for", "ring them"):
        assert one not in said, one
    assert task(dispatcher, call) == "", "there is no form that says they were asked"
    told = page(dispatcher, call)
    assert DO_NOT in told
    assert "because of the silent alarm nobody asks what keeps them." in told
    for one in ("Ask by radio or telephone", "They were asked", "ASK CIT 1"):
        assert one not in told, one
    for browser in theirs:
        own = page(browser, call)
        assert "silent alarm" not in own.lower()
        assert "Do not ring" not in own

    press(dispatcher, world, AlarmKind.DURESS, "take", "over")  # nobody saw the desk meanwhile
    assert "ASK CIT 1 (clinician), CIT 1 (officer) WHAT KEEPS THEM" in row(dispatcher, call)
    assert "Ask by radio or telephone, then tell the caller." in page(dispatcher, call)


def test_who_accepted_and_is_forced_is_not_to_be_rung_for_being_slow(
    world: World, dispatcher: Browser
) -> None:
    clinician, _, call = pair_comes(world, "1")
    world.wait(minutes=11)
    assert "not on the way yet: ring them" in row(dispatcher, call)

    clinician.text(f"{call.code} ok {WORD}")
    world.desk.expect_ring("Silent alarm")
    said = row(dispatcher, call)
    assert "ring them" not in said
    assert DO_NOT in said


def test_the_silent_alarm_wins_over_a_cry_for_help_of_the_same_person(
    world: World, dispatcher: Browser
) -> None:
    phone, call = on_a_call(world)
    knows(world, phone)
    phone.text("need help")
    phone.expect("ALARM RAISED")
    press(dispatcher, world, AlarmKind.HELP, "take")
    everywhere = ("/board", "/alarms", f"/calls/{call.reference}")
    for place in everywhere:
        assert "Reach them by radio" in words(dispatcher, place), place

    phone.text(f"ok {WORD}")
    world.ignores_texts("the desk's screens alone matter")
    for taken in (False, True):
        if taken:
            press(dispatcher, world, AlarmKind.DURESS, "take")
        for place in everywhere:
            told = words(dispatcher, place)
            assert "Reach them by radio" not in told, place
            assert "Do not ring, text or radio them: a silent alarm is not over." in told, place
        for place in ("/banners", "/intake"):
            assert "Reach them by radio" not in words(dispatcher, place), place

    press(dispatcher, world, AlarmKind.DURESS, "over")
    for place in everywhere:
        assert "Reach them by radio" in words(dispatcher, place), place


def test_an_untaken_cry_for_help_says_so_on_every_page_of_the_desk(
    world: World, dispatcher: Browser
) -> None:
    phone, _ = on_a_call(world)
    world.ignores_texts("the desk's screens alone matter")
    knows(world, phone).text(f"ok {WORD}")
    phone.text("need help")

    told = words(dispatcher, "/banners")
    assert "NEEDS HELP" in told
    assert "Do not ring, text or radio them: a silent alarm is not over." in told
    assert "Reach them by radio" not in told


def test_a_text_of_theirs_that_may_not_have_arrived_is_not_rung_about_until_it_is_over(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("the desk's screens alone matter")
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    phone.text(f"{call.code} 1")
    world.phones.dead.add(phone.number)
    with world.context.unit_of_work("test") as uow:
        dispatch = uow.get(Dispatch, world.dispatch(call, "mobile_crisis").id)
        dispatches.cancel(uow, world.centre, dispatch, "unsafe")
    world.settle()
    lost = "to Mobile 9 (clinician): may not have arrived."
    noted = "/noted"
    assert f"{lost} RING THEM." in page(dispatcher, call)
    assert noted in dispatcher.get("/watch").text

    knows(world, phone).text(f"ok {WORD}")
    assert lost in page(dispatcher, call)
    assert "RING THEM" not in page(dispatcher, call)
    told = words(dispatcher, "/watch")
    assert "Mobile 9 (clinician) silent alarm: do not ring, text or radio them" in told
    assert noted not in dispatcher.get("/watch").text

    press(dispatcher, world, AlarmKind.DURESS, "take", "over")
    assert f"{lost} RING THEM." in page(dispatcher, call)
    assert noted in dispatcher.get("/watch").text


def test_whose_phone_is_lost_is_not_reached_by_radio_while_forced(
    world: World, dispatcher: Browser
) -> None:
    clinician, _, call = pair_comes(world, "1")
    clinician.text(f"{call.code} ok {WORD}")
    lose(world, clinician)
    told = page(dispatcher, call)
    assert "CIT 1 (clinician) has lost the phone." in told
    assert "by radio." not in told.split("CIT 1 (clinician) has lost the phone.")[1][:30]

    press(dispatcher, world, AlarmKind.DURESS, "take", "over")
    assert "CIT 1 (clinician) has lost the phone. Reach them by radio." in page(dispatcher, call)


def test_beyond_the_list_nobody_is_to_be_asked_what_keeps_them_either(
    world: World, dispatcher: Browser
) -> None:
    fill(world)
    clinician, _, call = pair_comes(world, "1 ETA 10")
    clinician.text(f"{call.code} ok {WORD}")
    lost = world.call(CALM)
    act(dispatcher, lost, "/line-lost", {})
    world.wait(minutes=11)
    world.wait(minutes=6)

    def named() -> str:
        return dispatcher.get("/board").text.split('id="board-tasks-beyond"')[1].split("</div>")[0]

    assert f'href="/calls/{lost.reference}"' in named()
    assert call.reference not in named()
    press(dispatcher, world, AlarmKind.DURESS, "take", "over")
    assert f'href="/calls/{call.reference}"' in named()


def test_the_paper_names_whom_nobody_asks_by_radio(world: World, tmp_path: Path) -> None:
    clinician, _, call = pair_comes(world, "1")
    paper = tmp_path / "paper.html"
    for said in ("ok", f"ok {WORD}"):
        clinician.text(f"{call.code} {said}")
        ran = CliRunner().invoke(downtime, [str(paper)], obj=Tools(None, {"ready": world.context}))
        assert ran.exit_code == 0, ran.output
        assert (DO_NOT in paper.read_text()) is (said != "ok")


def an_officer_follows(world: World) -> tuple[Phone, Phone, Call]:
    """The clinician accepts with the word; her partner says nothing, so another team's officer is
    asked and accepts."""
    world.ignores_texts("the desk's screens alone matter")
    clinician, _ = world.pair("CIT 1")
    knows(world, clinician)
    call = world.call({**CALM, "weapon": "accessible"}, location="Pier 3")
    clinician.text(f"{call.code} 1 {WORD}")
    _, officer = world.pair("CIT 2")
    for _ in range(6):
        world.wait(seconds=45)
        if officer.inbox:
            break
    officer.text(f"{call.code} 1")
    return clinician, officer, call


def test_whoever_is_sent_after_it_may_be_reached_until_they_are_there(
    world: World, dispatcher: Browser
) -> None:
    clinician, officer, call = an_officer_follows(world)

    def hushed() -> set[UUID]:
        with world.context.reading() as uow:
            return set(silences.silenced(uow))

    def marked() -> int:
        return page(dispatcher, call).count("silent alarm: do not ring, text or radio them")

    assert officer.responder_id not in hushed()
    assert clinician.responder_id in hushed()
    assert "Do not ring, text or radio CIT 2" not in row(dispatcher, call)
    tell = "TELL CIT 2 (officer) BY RADIO: silent alarm there"
    assert tell in row(dispatcher, call)
    assert tell in page(dispatcher, call)
    before = marked()
    clinician.text(f"{call.code} ok {WORD}")  # once more: who comes is still not with her
    assert officer.responder_id not in hushed()

    officer.text(f"{call.code} SCENE")
    assert officer.responder_id in hushed()
    assert marked() > before
    assert tell not in row(dispatcher, call) + page(dispatcher, call)


def test_its_call_stands_above_all_others_with_a_mark_of_its_own_until_it_is_over(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("CIT 1")
    world.ignores_texts("the desk's screens alone matter")
    call = world.call(CALM, location="Pier 3", zone="Harbor")
    phone.text(f"{call.code} 1")
    for_cad = world.call({"problem_type": "medical", "consciousness": "alert"}, zone="Harbor")
    assert order(dispatcher) == [for_cad.reference, call.reference]

    knows(world, phone).text(f"{call.code} scene {WORD}")
    press(dispatcher, world, AlarmKind.DURESS, "take")
    for chosen in ("", "?show=waiting", "?zone=Riverside", "?sort=level"):
        assert order(dispatcher, chosen)[0] == call.reference, chosen
    assert "SILENT ALARM" in row(dispatcher, call)
    assert "On scene" in row(dispatcher, call), "how it stands is said all the same"
    assert "BY RADIO" not in row(dispatcher, call)

    press(dispatcher, world, AlarmKind.DURESS, "over")
    assert order(dispatcher) == [for_cad.reference, call.reference]
    assert "SILENT ALARM" not in row(dispatcher, call)


def test_whom_to_tell_by_radio_goes_from_every_desk_once_somebody_says_it_is_done(
    world: World, dispatcher: Browser
) -> None:
    _, officer, call = an_officer_follows(world)
    tell, path = "TELL CIT 2 (officer) BY RADIO", f"/calls/{call.reference}"
    desks = dispatcher, world.client("supervisor")
    for desk in desks:
        assert tell in row(desk, call)
    (key,) = {*re.findall(r'name="places" value="([^"]+)"', dispatcher.get(path).text)}
    assert f'value="{key}"' in dispatcher.get("/board").text

    told = act(dispatcher, call, "/told-of-alarm", {"places": key})
    assert "Written down: CIT 2 (officer) was told by radio." in told
    assert "CIT 2 (officer) is told by radio of the silent alarm." in told, "on the timeline"
    for desk in desks:
        assert tell not in row(desk, call) + page(desk, call)
        assert "They were told of the silent alarm" not in desk.get("/board").text
        assert "SILENT ALARM" in row(desk, call)
    late = desks[1].submit("/board", {"places": key}, to=f"/board/told-of-alarm/{call.reference}")
    assert late.status_code == 409
    assert "told by radio" not in page(signs_in(world, officer), call)


def test_so_it_does_on_another_call_of_whoever_is_forced(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("CIT 1", calls_at_once=2)
    world.ignores_texts("the desk's screens alone matter")
    first, second = world.call(CALM, location="Pier 3"), world.call(CALM, location="Quay 9")
    for one in (first, second):
        phone.text(f"{one.code} 1")
    knows(world, phone).text(f"{first.code} ok {WORD}")
    officer = world.pair("CIT 2")[1]
    chosen = {"override_response": "co_responder", "override_reason": "supervisor"}
    act(dispatcher, second, "/override", chosen)
    world.wait(seconds=5)
    officer.text(f"{second.code} 1")

    assert "TELL CIT 2 (officer) BY RADIO" in row(dispatcher, second)
    text = dispatcher.get(f"/calls/{second.reference}").text
    (key,) = {*re.findall(r'name="places" value="([^"]+)"', text)}
    told = act(dispatcher, second, "/told-of-alarm", {"places": key})
    assert "Written down: CIT 2 (officer) was told by radio." in told
    assert "BY RADIO" not in row(dispatcher, second)
    assert world.audited("alarm.told_by_radio") == 1
    again = dispatcher.submit(
        "/board", {"places": key}, to=f"/board/told-of-alarm/{second.reference}"
    )
    assert again.status_code == 409
    assert world.audited("alarm.told_by_radio") == 1


def test_beside_whoever_is_not_to_be_asked_the_last_key_says_that_all_is_well(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("CIT 1")
    world.ignores_texts("the desk's screens alone matter")
    call = world.call(CALM, location="Pier 3")
    phone.text(f"{call.code} 1")
    first, well = "Heard by radio:", "All is well, by radio"
    assert 0 < page(dispatcher, call).index(well) < page(dispatcher, call).index(first)

    knows(world, phone).text(f"{call.code} ok {WORD}")
    said = page(dispatcher, call).split("silent alarm: do not ring, text or radio them")[1]
    keys = (
        "Heard by radio, without asking them:",
        "Had to withdraw: not safe",
        "Set ETA",
        "Do not ask them whether all is well: whoever forces them may have them say so.",
        "They said without being asked that all is well",
    )
    places = [said.index(one) for one in keys]
    assert places == sorted(places)
    assert well not in said.split("Timeline")[0]
    act(dispatcher, call, "/heard", {})
    assert "SILENT ALARM" in row(dispatcher, call), "it stands all the same"
