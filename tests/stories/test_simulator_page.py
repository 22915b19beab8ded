"""The simulated telephones on a page: texts read and answered as a team would."""

import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.stories.test_addresses import PIN, with_pin
from tests.stories.test_alarms import DESK, untaken
from tests.stories.test_calls import CALM
from tests.stories.test_escalation import call_in, state
from tests.stories.test_texts_in_spanish import reads_spanish
from tests.world import Browser, World
from triage.adapters.simulator_sms import SimulatorSms


@pytest.fixture
def visitor(world: World, tmp_path: Path) -> Browser:
    """Somebody at this machine, not signed in, with a network that keeps its texts."""
    world.context = replace(world.context, phone=SimulatorSms(tmp_path / "phones.sqlite"))
    return world.client()


def test_a_page_comes_and_is_answered_with_a_chip(world: World, visitor: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    world.settle()

    listed = visitor.get("/simulator").get_data(as_text=True)
    assert "Mobile 9 clinician" in listed
    assert "1 new" in listed
    assert f"/simulator?phone=%2B{phone.number[1:]}" in listed

    path = f"/simulator?phone=%2B{phone.number[1:]}"
    opened = visitor.get(path).get_data(as_text=True)
    assert f"Reply {call.code} 1=accept" in opened
    assert re.findall(r'name="body" value="([^"]+)"', opened)[:2] == [
        f"{call.code} 1",
        f"{call.code} 2",
    ]

    form = {"phone": phone.number, "body": f"{call.code} 1"}
    assert visitor.submit(path, form, to="/simulator/texts").status_code == 303
    world.settle()
    answered = visitor.get(path).get_data(as_text=True)
    assert "accepted, it is yours" in answered
    assert f'value="{call.code} SCENE"' in answered
    assert world.dispatches(call)[0].state == "accepted"


def test_the_link_of_a_text_leads_to_its_page(world: World, visitor: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    world.settle()
    path = f"/simulator?phone=%2B{phone.number[1:]}"
    forged = {"phone": phone.number, "body": "look: http://elsewhere.example/p/abcdefghijk"}
    visitor.submit(path, forged, to="/simulator/texts")

    opened = visitor.get(path).text

    (link,) = re.findall(r'<a href="(/p/\w+)"[^>]*>http://127\.0\.0\.1:8000\1</a>', opened)
    assert "look: http://elsewhere.example/p/abcdefghijk" in opened
    assert call.code in visitor.submit(link, {}, follow=True).text


def test_texts_are_shown_as_text(world: World, visitor: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    path = f"/simulator?phone=%2B{phone.number[1:]}"
    form = {"phone": phone.number, "body": "<script>alert(1)</script>"}

    visitor.submit(path, form, to="/simulator/texts")

    assert "<script>alert" not in visitor.get(path).get_data(as_text=True)
    assert "&lt;script&gt;alert" in visitor.get(path).get_data(as_text=True)


@pytest.mark.parametrize(("body", "sentence"), [("", "Type the text"), ("x" * 1601, "at most")])
def test_a_text_that_cannot_be_sent_is_refused(
    world: World, visitor: Browser, body: str, sentence: str
) -> None:
    (phone,) = world.team("Mobile 9")
    path = f"/simulator?phone=%2B{phone.number[1:]}"
    answer = visitor.submit(path, {"phone": phone.number, "body": body}, to="/simulator/texts")

    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)


def test_a_phone_nobody_has_cannot_text(visitor: Browser) -> None:
    form = {"phone": "+12025550199", "body": "hello"}
    assert visitor.submit("/simulator", form, to="/simulator/texts").status_code == 404


def test_from_elsewhere_one_signs_in(world: World, visitor: Browser) -> None:
    far = {"X-Forwarded-For": "203.0.113.9"}

    assert visitor.get("/simulator", headers=far).location == "/sign-in?next=/simulator"
    assert world.client("dispatcher").get("/simulator", headers=far).status_code == 200


def test_with_a_real_network_there_is_no_such_page(world: World, visitor: Browser) -> None:
    world.context = replace(world.context, settings=replace(world.context.settings, sms="twilio"))
    world._app = None

    assert world.client().get("/simulator").status_code == 404
    assert world.client().get("/simulator/live").status_code == 404


def test_a_page_rings_and_is_taken_with_the_keypad(world: World, visitor: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    dispatch = call_in(world, 1)
    path = f"/simulator?phone=%2B{phone.number[1:]}"
    assert "The telephone rings" not in visitor.get(path).get_data(as_text=True)
    world.wait(seconds=31)

    assert "RINGS" in visitor.get("/simulator").get_data(as_text=True)
    ringing = visitor.get(path).get_data(as_text=True)
    assert "Press 1 to accept, 2 to decline." in ringing
    assert "Dockside" not in ringing
    ring = re.search(r'name="ring" value="([^"]+)"', ringing)
    assert ring
    form = {"phone": phone.number, "ring": ring.group(1)}

    wrong = visitor.submit(path, {**form, "key": "3"}, to="/simulator/keys", follow=True)
    assert "neither 1 nor 2" in wrong.get_data(as_text=True)
    assert "The telephone rings" in wrong.get_data(as_text=True)
    taken = visitor.submit(path, {**form, "key": "1"}, to="/simulator/keys", follow=True)

    assert "It is yours" in taken.get_data(as_text=True)
    assert "The telephone rings" not in taken.get_data(as_text=True)
    world.settle()
    assert "Go to: Dockside Apartments" in visitor.get(path).get_data(as_text=True)
    assert state(world, dispatch) == "accepted"
    late = visitor.submit(path, {**form, "key": "2"}, to="/simulator/keys", follow=True)
    assert "does not ring any more" in late.get_data(as_text=True)
    assert state(world, dispatch) == "accepted"


def test_hanging_up_is_not_an_answer(world: World, visitor: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    dispatch = call_in(world, 1)
    world.settle()
    world.wait(seconds=31)
    path = f"/simulator?phone=%2B{phone.number[1:]}"
    ring = re.search(r'name="ring" value="([^"]+)"', visitor.get(path).get_data(as_text=True))
    assert ring

    form = {"phone": phone.number, "ring": ring.group(1), "key": ""}
    hung_up = visitor.submit(path, form, to="/simulator/keys", follow=True)

    assert "nothing was changed" in hung_up.get_data(as_text=True)
    assert state(world, dispatch) == "seeking"


def test_an_address_is_read_out_after_the_pin_and_kept_nowhere(
    world: World, visitor: Browser, tmp_path: Path
) -> None:
    (phone,) = world.team("Mobile 9")
    with_pin(world, phone)
    call = world.call(CALM, location="Pier 3")
    path = f"/simulator?phone=%2B{phone.number[1:]}"
    for body in ("1", f"{call.code} ADDR"):
        visitor.submit(path, {"phone": phone.number, "body": body}, to="/simulator/texts")
        world.settle()
    ring = re.search(r'name="ring" value="([^"]+)"', visitor.get(path).get_data(as_text=True))
    assert ring
    form = {"phone": phone.number, "ring": ring.group(1)}

    wrong = visitor.submit(path, {**form, "key": "111111"}, to="/simulator/keys", follow=True)
    assert "That was not your PIN" in wrong.get_data(as_text=True)
    read = visitor.submit(path, {**form, "key": PIN}, to="/simulator/keys")

    assert "Go to: Pier 3." in read.get_data(as_text=True)
    assert "Set-Cookie" not in read.headers
    with closing(sqlite3.connect(tmp_path / "phones.sqlite")) as network:
        kept = [body for (body,) in network.execute("SELECT body FROM message")]
    assert [body for body in kept if "Pier" in body] == [
        body for body in kept if "accepted, it is yours" in body
    ]


def test_an_alarm_rings_at_the_desks_telephone(world: World, visitor: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    path = f"/simulator?phone=%2B{phone.number[1:]}"
    visitor.submit(path, {"phone": phone.number, "body": "need help"}, to="/simulator/texts")
    world.settle()

    desk = f"/simulator?phone=%2B{DESK[1:]}"
    opened = visitor.get(desk).get_data(as_text=True)
    assert "The desk&#39;s telephone" in opened
    assert "Mobile 9, clinician, needs help." in opened
    ring = re.search(r'name="ring" value="([^"]+)"', opened)
    assert ring
    form = {"phone": DESK, "ring": ring.group(1), "key": "1"}
    taken = visitor.submit(desk, form, to="/simulator/keys", follow=True)

    assert "You take care of it" in taken.get_data(as_text=True)
    assert untaken(world) == []


def test_spanish_texts_are_answered_with_spanish_chips(world: World, visitor: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    reads_spanish(world, phone)
    call = world.call(CALM)
    world.settle()
    path = f"/simulator?phone=%2B{phone.number[1:]}"

    def chips(answered: str | None = None) -> list[str]:
        if answered:
            sent = {"phone": phone.number, "body": answered}
            visitor.submit(path, sent, to="/simulator/texts")
            world.settle()
        page = visitor.get(path).get_data(as_text=True)
        return re.findall(rf'name="body" value="{call.code} ([^"]+)"', page)

    assert chips() == ["1", "2"]
    assert chips(f"{call.code} 1") == ["ETA 10", "LLEGUE", "LIBRE", "AYUDA"]
    assert chips(f"{call.code} LLEGUE") == ["ETA 10", "LLEGUE", "LIBRE", "AYUDA"]
    assert chips(f"{call.code} LIBRE") == ["1", "2", "3", "4"]
