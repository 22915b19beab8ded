"""The line to a caller is lost: they are rung back at set times, and a person decides."""

import re

import pytest

from tests.stories.test_call_page import act, look, words
from tests.stories.test_calls import CALM
from tests.stories.test_intake import FORM, GATE, dispatcher, send, the_call
from tests.stories.test_reliefs import orphans
from tests.stories.test_transfers import line_call
from tests.world import Browser, World
from triage.storage.calls import AssessmentRecord, Call

__all__ = ["dispatcher"]


def decided(world: World, call: Call) -> tuple[str, str]:
    with world.context.reading() as uow:
        rows = uow.session.query(AssessmentRecord).filter_by(call_id=call.id).all()
        return rows[-1].needed, rows[-1].level


def test_one_key_keeps_the_call_and_call_backs_are_timed_until_the_caller_is_reached(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    send(dispatcher, FORM, action="lost")
    call = the_call(world)
    page = words(look(dispatcher, call))
    assert "LINE LOST: ring the caller back now" in page
    assert "Last place Pier 3, by the crane" in page
    assert "+12025550143" in page
    assert phone.expect("Reply")  # what was assessed stands: the team is asked as ever
    assert "LINE LOST: ring the caller back now" in words(dispatcher.get("/board").text)
    assert orphans(world) == 0

    told = act(dispatcher, call, "/rung-back", {"turn": "0", "outcome": "no_answer"})
    assert "Call-back: no answer." in told
    assert "Line lost, call-back is timed" in told
    assert "somebody has written this try down" in act(
        dispatcher, call, "/rung-back", {"turn": "0", "outcome": "engaged"}
    )
    assert orphans(world) == 0
    phone.ignores("how the team is found is another story")
    world.wait(minutes=2)
    assert "LINE LOST: ring the caller back now" in words(look(dispatcher, call))
    assert world.audited("line_lost.due") == 2
    told = act(dispatcher, call, "/rung-back", {"turn": "1", "outcome": "reached"})
    assert "Lost line: the caller is on the line again." in told
    assert "LINE LOST: ring" not in told
    assert orphans(world) == 0


def test_nobody_is_told_to_talk_on_while_the_line_is_lost(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is told what is another story")
    call = line_call(world, caller_phone="202-555-0143")
    stay, lost = "Ring the line and stay with the caller", "ring them back first, then this line"
    nobody = "The line is lost: nobody hears this."
    page = words(look(dispatcher, call))
    assert stay in page
    assert nobody not in page

    act(dispatcher, call, "/line-lost", {})
    page = words(look(dispatcher, call))
    assert lost in page
    assert nobody in page
    assert stay not in page

    act(dispatcher, call, "/rung-back", {"turn": "0", "outcome": "reached"})
    page = words(look(dispatcher, call))
    assert stay in page
    assert nobody not in page


def test_after_the_last_try_it_stays_open_until_a_person_decides(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("how a team is found is another story")
    world.team("Mobile 9")
    call = world.call(CALM, caller_phone="202-555-0143")
    act(dispatcher, call, "/line-lost", {})
    for turn, minutes in enumerate((2, 3, 10, 0)):
        act(dispatcher, call, "/rung-back", {"turn": str(turn), "outcome": "voicemail"})
        world.wait(minutes=minutes, seconds=1)
    world.wait(hours=3)
    page = words(look(dispatcher, call))
    assert "LINE LOST, not reached: decide what happens" in page
    assert "Close this call" in page
    assert orphans(world) == 0

    assert "Choose what happens now." in act(dispatcher, call, "/line-lost/decided", {})
    again = act(dispatcher, call, "/line-lost/decided", {"decision": "again"})
    assert "LINE LOST: ring the caller back now" in again
    for turn in range(5, 9):
        act(dispatcher, call, "/rung-back", {"turn": str(turn), "outcome": "no_answer"})
    told = act(dispatcher, call, "/line-lost/decided", {"decision": "stands"})
    assert "Lost line: Nothing points to danger" in told
    assert "not reached: decide" not in told
    assert "Close this call" in told
    assert orphans(world) == 0


@pytest.mark.parametrize("said", [FORM, {"location": "Pier 3"}, {**GATE, "narrative": "Cries"}])
def test_losing_the_line_changes_neither_response_nor_level(
    world: World, dispatcher: Browser, said: dict[str, str]
) -> None:
    world.ignores_texts("who is asked is another story")
    world.team("Mobile 9")
    send(dispatcher, said, action="lost")
    lost = the_call(world)
    if "narrative" not in said:
        assert lost.narrative == "The line was lost before the caller said what happens."
    facts = {key[6:]: value for key, value in said.items() if key.startswith("facts.")}
    narrative = said.get("narrative", "Nothing was said")
    with_line = world.call(facts, narrative=narrative, location=said.get("location"))

    assert decided(world, lost) == decided(world, with_line)
    before = decided(world, with_line)
    act(dispatcher, with_line, "/line-lost", {})
    assert decided(world, with_line) == before


def test_who_said_that_no_contact_is_safe_is_not_rung_without_a_second_thought(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is asked is another story")
    send(dispatcher, {**FORM, "call_back": "never"}, action="lost")
    call = the_call(world)
    tried = {"turn": "0", "outcome": "no_answer"}
    assert "confirm it" in act(dispatcher, call, "/rung-back", tried)
    assert world.audited("line_lost.rung") == 0
    act(dispatcher, call, "/rung-back", {**tried, "confirmed": "yes"})
    assert world.audited("line_lost.rung") == 1


def test_without_a_number_nobody_is_told_to_ring_and_it_is_written_down_there(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is asked is another story")
    call = world.call(CALM, caller_phone="ask the bar")
    said = "LINE LOST, no number to ring: find one or decide what happens"
    page = act(dispatcher, call, "/line-lost", {})
    assert "The line was lost, and no number is known." in page
    assert said in page
    assert "Voicemail reached" not in page
    assert said in words(dispatcher.get("/board").text)

    page = act(dispatcher, call, "/number", {"phone": "202 555 0143", "version": 1})
    assert "LINE LOST: ring the caller back now" in page
    assert "Voicemail reached" in page
    assert said not in words(dispatcher.get("/board").text)


def section(page: str, name: str) -> str:
    return page.split(f'id="{name}"')[1].split("</section>", maxsplit=1)[0]


def test_a_wrong_number_is_told_of_where_it_was_typed(world: World, dispatcher: Browser) -> None:
    world.ignores_texts("who is asked is another story")
    call = world.call(CALM, caller_phone="ask the bar")
    act(dispatcher, call, "/line-lost", {})
    path = f"/calls/{call.reference}"
    seen = rf'({path}/callers/[-\w]+/number).*?name="version" value="(\d+)"'
    ((given, version),) = set(re.findall(seen, look(dispatcher, call), re.DOTALL))

    for panel, told_in, quiet_in in (
        ("lost", "call-errands", "call-callers"),
        ("", "call-callers", "call-errands"),
    ):
        form = {"phone": "911", "version": version, "panel": panel}
        page = dispatcher.submit(path, form, to=given).text
        told, quiet = (section(page, name) for name in (told_in, quiet_in))
        assert "cannot be rung back" in told
        assert 'value="911"' in told
        assert "cannot be rung back" not in quiet
        assert 'value="911"' not in quiet


def test_without_a_number_a_person_decides_at_once(world: World, dispatcher: Browser) -> None:
    world.ignores_texts("who is asked is another story")
    call = world.call(CALM)
    act(dispatcher, call, "/line-lost", {})
    assert "Ring another round" not in look(dispatcher, call)
    told = act(dispatcher, call, "/line-lost/decided", {"decision": "somebody_goes"})
    assert "Lost line: Somebody goes there" in told
    assert "LINE LOST" not in told
    assert orphans(world) == 0
