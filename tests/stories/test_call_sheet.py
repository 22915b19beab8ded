"""A call on paper, for the hands of somebody without a screen."""

import re

from tests.stories.test_call_page import ARMED, PAIR, act, path, words
from tests.stories.test_calls import CALM
from tests.world import Browser, World
from triage.domain.people_of_call import People, Subject
from triage.storage.calls import Call


def on_paper(browser: Browser, call: Call) -> str:
    page = browser.get(f"{path(call)}/sheet").text
    return words(page[page.index("<article") : page.index("</article>")])


def test_the_sheet_says_what_the_page_says_and_has_no_forms(world: World) -> None:
    dispatcher = world.client("dispatcher")
    (clinician,) = world.team("Mobile 9")
    call = world.call(
        CALM,
        location="Pier 3 <b>east</b>",
        narrative="He walks to and fro & cries.",
        people=People(subject=Subject(name="Ada Lovelace", language="es", interpreter=True)),
    )
    world.settle()
    clinician.text(f"{call.code} 1 ETA 10")
    world.ignores_texts("what they are told stands elsewhere")

    page = dispatcher.get(f"{path(call)}/sheet").text
    sheet = on_paper(dispatcher, call)

    for said in (call.code, call.reference, "Ada Lovelace", "interpreter needed", "Mobile 9"):
        assert said in sheet
    assert "Pier 3 &lt;b&gt;east&lt;/b&gt;" in sheet
    assert "He walks to and fro &amp; cries." in sheet
    assert "a gun, a knife or another weapon? Said to be none" in sheet
    assert "Mobile 9 accepted" in sheet  # of the timeline
    assert "Written by hand" in sheet
    assert "<form" not in page[page.index("<article") : page.index("</article>")]
    assert f"{path(call)}/sheet" in dispatcher.get(path(call)).text


def test_printing_is_looking_and_is_not_for_everybody(world: World) -> None:
    call = world.call(PAIR)
    world.ignores_texts("nobody is asked in this story")

    assert world.client("clinician").get(f"{path(call)}/sheet").status_code == 403
    assert world.audited("call.looked_at") == 0
    assert world.client("supervisor").get(f"{path(call)}/sheet").status_code == 200
    assert world.audited("call.looked_at") == 1


def test_a_hand_over_that_nobody_did_is_not_called_a_search(world: World) -> None:
    dispatcher = world.client("dispatcher")
    call = world.call(ARMED)
    world.ignores_texts("the sheet is read, not the telephones")
    assert "Dispatch in CAD , not confirmed since" in on_paper(dispatcher, call)
    world.wait(seconds=61)

    sheet = on_paper(dispatcher, call)
    assert "CIT officer nobody yet DISPATCH IN CAD NOW , not confirmed since" in sheet
    assert "Looking for a team" not in sheet
    assert "Dangers, as told A weapon is in hand." in sheet

    act(dispatcher, call, "/handed-over", {"unit": "12-Adam", "cad_number": "P-4711"})
    assert "unit 12-Adam CAD number P-4711 Handed over" in on_paper(dispatcher, call)


def test_when_they_arrive_is_said_only_of_who_is_on_the_way(world: World) -> None:
    dispatcher = world.client("dispatcher")
    (clinician,) = world.team("Mobile 9")
    call = world.call(CALM)
    world.settle()
    clinician.text(f"{call.code} ETA 10")
    world.ignores_texts("what they are told stands elsewhere")
    comes = r"Mobile 9 , \S+ .*? On the way \d\d:\d\d"
    assert re.search(comes, on_paper(dispatcher, call))
    world.wait(minutes=11)
    assert re.search(comes + " E.T passed", on_paper(dispatcher, call))

    act(dispatcher, call, "/progress", {"to": "on_scene"})
    sheet = on_paper(dispatcher, call)
    assert "On scene What is known" in sheet
