"""Marks for the direction of writing come along with what is pasted: nobody sees one, and none
turns a place or a name round, wherever it is shown and however long ago it was saved."""

import re
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from tests.stories.test_api import Program
from tests.stories.test_intake import FORM, assess, form_key, send, the_call
from tests.typical_calls import CALM
from tests.world import Browser, World
from triage.domain.upright import MARKS
from triage.storage.calls import Call, IntakeDraft
from triage.storage.sealed import seal

PLACE, NAME, NUMBER = "21 Mill Lane", "عمر חיים", "26-004711"
TURNED = {
    "location": f"\u202e{PLACE}\u202c",
    "caller_name": f"\u2067{NAME}\u2069",
    "narrative": "\u200fHe has a wea\u202epon.\nHe cries.",
    "external_id": f"\u202d{NUMBER}",
}


@pytest.fixture
def dispatcher(world: World) -> Browser:
    return world.client("dispatcher")


def looks_right(world: World, desk: Browser, call: Call) -> None:
    """On every page that shows the call, in the line for the CAD, on the printed sheet, and to a
    program."""
    here = f"/calls/{call.reference}"
    shown = {path: desk.get(path) for path in (here, f"{here}/sheet", f"{here}/live", "/board")}
    for path, answer in shown.items():
        page = unescape(answer.get_data(as_text=True))
        assert PLACE in page, path
        assert not MARKS & set(page), path
    page = unescape(shown[here].get_data(as_text=True))
    assert f"<bdi>{NAME}</bdi>" in page
    line = re.search(r'id="f-copy" value="([^"]+)"', page)
    assert line
    assert line[1].startswith(f"{NUMBER} {call.reference} ")
    assert f", {PLACE}, " in line[1]
    told = Program(world).get(call.reference)
    assert told.json["location"] == PLACE
    assert not MARKS & set(told.get_data(as_text=True))


def test_what_is_typed_at_the_desk(world: World, dispatcher: Browser) -> None:
    world.ignores_texts("what the desk reads counts")
    key = form_key(dispatcher)
    assess(dispatcher, FORM | TURNED, key)
    form = unescape(dispatcher.get(f"/intake/{key}").get_data(as_text=True))
    assert f'value="{PLACE}"' in form
    assert f'value="{NAME}"' in form
    assert "He has a weapon.\nHe cries.</textarea>" in form
    assert not MARKS & set(form)

    send(dispatcher, FORM | TURNED, key=key)

    call = the_call(world)
    assert (call.location, call.narrative) == (PLACE, "He has a weapon.\nHe cries.")
    looks_right(world, dispatcher, call)


def test_what_a_program_sends(world: World, dispatcher: Browser) -> None:
    world.ignores_texts("what the desk reads counts")
    answer = Program(world).post(TURNED | {"facts": {"weapon": "none_seen"}})

    assert answer.json["location"] == PLACE
    looks_right(world, dispatcher, the_call(world))


def test_what_is_pasted(world: World, dispatcher: Browser) -> None:
    key = form_key(dispatcher)
    assess(dispatcher, FORM, key)
    pasted = {"pasted": f"Caller: \u202eAna  Address: \u202e{PLACE}", "take": ["location"]}
    path = f"/intake/{key}/paste"
    assert not MARKS & set(dispatcher.submit(path, pasted).get_data(as_text=True))
    dispatcher.submit(path, pasted, to=f"{path}/take")
    assert f'value="{PLACE}"' in dispatcher.get(f"/intake/{key}").get_data(as_text=True)


def test_what_a_team_texts_is_understood_and_shown(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM, location=f"\u202e{PLACE}")
    phone.text(f"\u202d{call.code} 1\u202c")
    assert f"Go to: {PLACE}" in phone.expect("If you need help")
    phone.text(f"{call.code} NOTE at \u202e21 Mill")
    phone.expect("your note is kept")
    page = dispatcher.get(f"/calls/{call.reference}").get_data(as_text=True)
    assert "NOTE at 21 Mill" in page
    assert not MARKS & set(page)


def test_what_was_saved_with_them_before(world: World, dispatcher: Browser) -> None:
    world.ignores_texts("what the desk reads counts")
    key = form_key(dispatcher)
    assess(dispatcher, FORM, key)
    send(dispatcher, FORM)
    with world.context.unit_of_work("test") as uow:
        call = uow.session.get_one(Call, the_call(world).id)
        caller = call.callers[0]
        call.location_sealed = sealed_before(call, "location")
        call.narrative_sealed = sealed_before(call, "narrative")
        caller.name_sealed = sealed_before(caller, "name", TURNED["caller_name"])
        old = {"it": TURNED["external_id"], "state": "open"}
        uow.session.execute(text('UPDATE "call" SET external_id = :it WHERE state = :state'), old)
        draft = uow.session.get_one(IntakeDraft, UUID(key))
        form = (draft.form or "").replace('"Pier 3', '"\\u202ePier 3')
        draft.form_sealed = sealed_before(draft, "form", form)

    looks_right(world, dispatcher, call)
    assert 'value="Pier 3, by' in dispatcher.get(f"/intake/{key}").get_data(as_text=True)


def sealed_before(row: Any, column: str, said: str = "") -> bytes:
    """As releases before this one sealed it."""
    said = said or TURNED[column]
    return seal(said, table=row.__tablename__, column=column, row=row.id)
