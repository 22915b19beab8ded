"""Text from ALI or another CAD is read, confirmed field by field, and fills the form."""

import html
from typing import Any

import pytest

from tests.domain.test_pasted import ALI, CAD
from tests.stories.test_intake import FORM, assess, form_key, marks, send, the_call
from tests.world import Browser, World
from triage.storage.calls import Call


@pytest.fixture
def dispatcher(world: World) -> Browser:
    return world.client("dispatcher")


def text_of(answer: Any) -> str:
    return html.unescape(answer.get_data(as_text=True))


def test_a_text_from_the_cad_becomes_a_call_with_the_cads_number(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is paged is beside the point")
    key = form_key(dispatcher)
    to_page = send(dispatcher, {"location": "The blue house"}, action="paste", key=key)
    path = f"/intake/{key}/paste"
    assert to_page.location == path

    shown = text_of(dispatcher.submit(path, {"pasted": CAD}))
    for part in ("26-004711", "Ana O'Neil", "The blue house", "would be replaced", "Priority: 3"):
        assert part in shown
    assert 'value="location" checked' not in shown  # what stands there is not replaced by itself
    assert 'value="caller_phone" checked' in shown

    ticked = {"pasted": CAD, "take": ["external_id", "caller_phone", "narrative", "rest"]}
    filled = dispatcher.submit(path, ticked, to=f"{path}/take", follow=True)
    page = text_of(filled)
    assert 'value="The blue house"' in page
    assert 'value="26-004711"' in page
    assert "Ana O'Neil" not in page.split("<textarea")[0]
    assert "He walks to and fro & cries." in page
    assert "Unit A12 was there last week." in page

    form = {
        "location": "The blue house",
        "caller_phone": "+1 202 555 0142",
        "narrative": "He cries",
        **marks(page),
    }
    send(dispatcher, form | {"external_id": "26-004711", "facts.weapon": "in_hand"}, key=key)
    call = the_call(world)
    assert call.external_id == "26-004711"
    told = text_of(dispatcher.get(f"/calls/{call.reference}"))
    line = told.split('id="f-copy" value="')[1].split('"')[0]
    assert line.startswith(f"26-004711 {call.reference} {call.code} CIT officer + Ambulance, IMMED")
    assert ", The blue house, " in line


def test_an_ali_screen_gives_place_and_position(world: World, dispatcher: Browser) -> None:
    key = form_key(dispatcher)
    path = f"/intake/{key}/paste"
    ticks = ["caller_phone", "location", "position", "service", "esn"]
    page = text_of(
        dispatcher.submit(path, {"pasted": ALI, "take": ticks}, to=f"{path}/take", follow=True)
    )
    assert 'value="+40.700112, -75.300201"' in page
    assert "Class of service: WPH2\nESN: 0417" in page
    form = FORM | marks(page)
    form |= {"location": "123, MILL LANE", "position": "+40.700112, -75.300201"}
    wrong = send(dispatcher, form | {"position": "here"}, key=key)
    assert (wrong.status_code, "in degrees" in text_of(wrong)) == (422, True)
    send(dispatcher, form | marks(text_of(wrong)), key=key)
    with world.context.reading() as uow:
        assert uow.get(Call, the_call(world).id).position == (40.700112, -75.300201)


def test_the_address_of_a_tower_is_not_ticked_by_itself(dispatcher: Browser) -> None:
    path = f"/intake/{form_key(dispatcher)}/paste"
    shown = text_of(dispatcher.submit(path, {"pasted": ALI.replace("WPH2", "WRLS")}))
    assert "this may be the cell tower" in shown
    assert 'value="location" checked' not in shown


def test_a_number_in_the_middle_of_words_is_offered_and_not_ticked_by_itself(
    dispatcher: Browser,
) -> None:
    path = f"/intake/{form_key(dispatcher)}/paste"
    words = "Her mother is at 202-555-0142 and waits"
    shown = text_of(dispatcher.submit(path, {"pasted": words}))
    assert "Nothing says that this is the caller's." in shown
    assert 'value="caller_phone">' in shown
    ticked = {"pasted": words, "take": ["caller_phone", "rest"]}
    page = text_of(dispatcher.submit(path, ticked, to=f"{path}/take", follow=True))
    assert 'value="202-555-0142"' in page
    assert f"{words}</textarea>" in page


def test_words_alone_are_offered_to_the_narrative(dispatcher: Browser) -> None:
    path = f"/intake/{form_key(dispatcher)}/paste"
    shown = text_of(dispatcher.submit(path, {"pasted": "<b>He</b> cries {{ 7*7 }}"}))
    assert "No field was recognized." in shown
    assert "<b>He</b> cries {{ 7*7 }}" in shown
    page = text_of(
        dispatcher.submit(
            path, {"pasted": "<b>He</b> cries", "take": "rest"}, to=f"{path}/take", follow=True
        )
    )
    assert "<b>He</b> cries</textarea>" in page


def test_nobody_fills_another_persons_form(world: World, dispatcher: Browser) -> None:
    key = form_key(dispatcher)
    assess(dispatcher, FORM, key)
    other = world.client("dispatcher", "another")
    path = f"/intake/{key}/paste"
    assert other.submit(path, {"pasted": CAD}).status_code == 404
    assert other.submit(path, {"pasted": CAD}, to=f"{path}/take").status_code == 404
