"""One telephone is paged for two calls, and both links are open on it side by side."""

import pytest
from sqlalchemy import select

from tests.stories.test_call_page import words
from tests.stories.test_calls import CALM
from tests.stories.test_page_links import link_of, open_in, press
from tests.world import Browser, Phone, World
from triage.entrypoints.web import page_link
from triage.services import lost_phones
from triage.storage.calls import Call
from triage.storage.safety import Alarm
from triage.storage.teams import Responder


@pytest.fixture
def phone(world: World) -> Phone:
    (clinician,) = world.team("Mobile 9", calls_at_once=2)
    return clinician


def opened(world: World, phone: Phone, browser: Browser) -> tuple[Call, str, str]:
    """A call that they were paged for, the link, and where it leads in this browser."""
    call = world.call(CALM)
    world.settle()
    link = link_of(phone)
    return call, link, open_in(browser, link)


def states(world: World, *calls: Call) -> list[str]:
    return [slot.state for call in calls for it in world.dispatches(call) for slot in it.slots]


def test_each_page_keeps_its_own_call(world: World, phone: Phone) -> None:
    tabs = world.client()
    first, link, at_first = opened(world, phone, tabs)
    press(tabs, at_first, "accept")
    second, _, at_second = opened(world, phone, tabs)

    for part in ("", "/live"):
        assert first.code in tabs.get(at_first + part).text
        assert second.code not in tabs.get(at_first + part).text
        assert second.code in tabs.get(at_second + part).text
    assert tabs.get(link).location == at_first
    assert "You: on the way." in press(tabs, at_first, "en_route")
    assert states(world, first, second) == ["en_route", "paged"]
    assert "You have accepted" in press(tabs, at_second, "accept")

    assert "ALARM RAISED" in press(tabs, at_first, "help")

    with world.context.reading() as uow:
        assert uow.session.scalars(select(Alarm)).one().call_id == first.id
    assert "rings at dispatch" not in words(tabs.get(at_second).text)
    world.ignores_texts("what an alarm does is another story")


def test_what_waited_while_another_link_was_opened_is_still_for_its_own_call(
    world: World, phone: Phone
) -> None:
    tabs = world.client()
    first, _, at_first = opened(world, phone, tabs)
    page = tabs.get(at_first).text
    asked = page.partition('name="page" value="')[2][:36]
    token = tabs.csrf(at_first)
    second, _, _ = opened(world, phone, tabs)

    for action, told in (("accept", "You have accepted: it is yours."), ("help", "ALARM RAISED")):
        form = {"action": action, "page": asked, "key": action, "csrf_token": token}
        sent = tabs.client.post(f"{at_first}/mine", data=form, headers={"X-Queued": "1"})
        assert told in sent.json["said"]

    assert states(world, first, second) == ["accepted", "paged"]
    with world.context.reading() as uow:
        assert uow.session.scalars(select(Alarm)).one().call_id == first.id
    world.ignores_texts("what an alarm does is another story")


def test_a_lost_phone_shuts_all_that_was_opened(world: World, phone: Phone) -> None:
    tabs = world.client()
    paths = [opened(world, phone, tabs)[2] for _ in range(2)]
    with world.context.unit_of_work("test") as uow:
        lost_phones.report(uow, world.centre, uow.get(Responder, phone.responder_id))

    for path in paths:
        answer = tabs.get(path)
        assert answer.status_code == 401
        assert "This link was taken back." in words(answer.text)
    for _ in paths:
        world.desk.expect("nobody is left to ask")


def test_what_opens_one_call_opens_no_other(world: World, phone: Phone) -> None:
    tabs, thief = world.client(), world.client()
    (_, _, mine), (_, _, other) = (opened(world, phone, tabs) for _ in range(2))
    key = {
        path: f"triage-page-{path.rpartition('/')[2].replace('-', '')}" for path in (mine, other)
    }
    cookie = tabs.client.get_cookie(key[mine])
    assert cookie

    thief.client.set_cookie(key[other], cookie.value)

    assert thief.get(other).status_code == 401
    thief.client.set_cookie(key[mine], cookie.value)
    assert thief.get(mine).status_code == 200


def test_a_browser_forgets_the_oldest_of_many(world: World, phone: Phone) -> None:
    tabs = world.client()
    many = [f"triage-page-{number:032}" for number in range(page_link.HELD + 5)]
    for name in many:
        tabs.client.set_cookie(name, "opened some time ago")

    _, _, path = opened(world, phone, tabs)

    kept = [name for name in many if tabs.client.get_cookie(name)]
    assert kept == many[6:]
    assert tabs.get(path).status_code == 200
