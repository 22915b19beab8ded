"""While a silent alarm stands: what whoever forces somebody may read along with them, and what the
desk, the telephones and colleagues are told beside it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.stories.test_addresses import PIN, with_pin
from tests.stories.test_alarms import on_a_call, signs_in, words
from tests.stories.test_call_page import act
from tests.stories.test_calls import CALM, state
from tests.stories.test_cancellations import WISH
from tests.stories.test_changes_in_alarm import OTHER
from tests.stories.test_closing_in_alarm import line
from tests.stories.test_duress import WORD, knows, pair_on_scene
from tests.stories.test_escalation import supervisor
from tests.stories.test_silences import press
from tests.world import Browser, Phone, World
from triage.services import rosters
from triage.services.rosters import NewMember
from triage.storage.calls import Call
from triage.storage.teams import Team

ARMED = {**CALM, "weapon": "accessible"}
HELP_THERE = "stands on this call, and whoever comes there is their help."


@pytest.fixture(autouse=True)
def texts(world: World) -> None:
    world.ignores_texts("screens and what rings matter here")


@pytest.fixture
def dispatcher(world: World) -> Browser:
    return world.client("dispatcher")


def opened(world: World, phone: Phone) -> tuple[Browser, str]:
    """The link of their page in a browser without sign-in, and where it leads."""
    link = next(found[1] for text in phone.inbox if (found := re.search(r"(/p/\S+)", text)))
    browser = world.client(None)
    return browser, browser.submit(link, {}, to=link).headers["Location"]


def help_comes(world: World, dispatcher: Browser, call: Call, *said: str) -> Phone:
    """Another response is sent after the alarm, and texts this."""
    (phone,) = world.team("MCT 9", ("mobile_crisis",))
    act(dispatcher, call, "/override", {**OTHER, "override_response": "mobile_crisis"})
    world.wait(seconds=5)
    for one in ("1", *said):
        phone.text(f"{call.code} {one}")
    return phone


def test_who_accepts_after_the_alarm_is_read_on_no_screen_of_theirs(
    world: World, dispatcher: Browser
) -> None:
    clinician, officer = world.pair("CIT 1")
    call = world.call(ARMED, location="Pier 3")
    for said in ("1", "SCENE"):
        clinician.text(f"{call.code} {said}")
    own = signs_in(world, clinician, "test-one"), f"/calls/{call.reference}"
    screens = [own, opened(world, clinician)]
    knows(world, clinician).text(f"{call.code} ok {WORD}")
    _, other = world.pair("CIT 2")
    officer.text(f"{call.code} 2")
    world.wait(minutes=1)
    other.text(f"{call.code} 1 ETA 10")
    assert "CIT 2" in words(dispatcher, f"/calls/{call.reference}").split("Messages")[0]
    for browser, path in screens:
        read = words(browser, path)
        assert "With: officer Being asked" in read
        assert "CIT 2" not in read
        assert "ETA" not in read.split("With: officer")[1][:60]

    press(dispatcher, world, "take")
    press(dispatcher, world, "over")
    for browser, path in screens:
        assert "With: officer CIT 2" in words(browser, path)


def test_that_help_came_and_had_to_leave_is_neither_read_nor_heard_by_them(
    world: World, dispatcher: Browser
) -> None:
    clinician, officer, call = pair_on_scene(world, "CIT 1")
    with_pin(world, clinician)
    browsers = [signs_in(world, clinician, "test-one"), signs_in(world, officer, "test-two")]
    knows(world, clinician).text(f"{call.code} ok {WORD}")
    help_comes(world, dispatcher, call, "UNSAFE")
    path = f"/calls/{call.reference}"
    assert "A team left" in words(dispatcher, path)
    for browser in browsers:
        assert "team left" not in words(browser, path)
    clinician.text(f"{call.code} ADDR")
    heard = clinician.press(PIN)
    assert "Go to: Pier 3" in heard
    assert "team left" not in heard


@pytest.mark.parametrize("who", [0, 1])
def test_what_they_are_forced_to_agree_to_elsewhere_calls_off_nobody(
    world: World, dispatcher: Browser, who: int
) -> None:
    pair = world.pair("CIT 1")
    other_call = world.call(ARMED, location="Dock")
    for phone in pair:
        phone.text(f"{other_call.code} 2")
    call = world.call(ARMED, location="Quay 9")
    for phone in pair:
        phone.text(f"{call.code} 1")
    others = world.pair("CIT 2")
    line(dispatcher, f"again {other_call.code}")
    world.settle()
    for phone in others:
        phone.text(f"{other_call.code} 1")
    act(dispatcher, other_call, "/never-mind", WISH)
    names = ("test-one", "test-two")
    own = [signs_in(world, one, name) for one, name in zip(pair, names, strict=True)]
    knows(world, pair[0]).text(f"{call.code} ok {WORD}")
    texts = len(others[0].inbox)

    told = act(own[who], other_call, "/never-mind/answer", {"answer": "agree"})
    world.settle()
    assert "closed" in told.lower()
    assert state(world, other_call) == "open"
    assert "accepted" in [slot.state.value for slot in world.dispatches(other_call)[0].slots]
    assert len(others[0].inbox) == texts


def test_their_link_opens_what_it_always_does_once_they_have_agreed(
    world: World, dispatcher: Browser
) -> None:
    phone, call = on_a_call(world)
    browser, path = opened(world, phone)
    own = signs_in(world, phone)
    act(dispatcher, call, "/never-mind", WISH)
    knows(world, phone).text(f"{call.code} ok {WORD}")
    act(own, call, "/never-mind/answer", {"answer": "agree"})
    answer = browser.get(path)
    assert answer.status_code == 401
    assert "The call of this link has ended." in answer.text
    assert state(world, call) == "open"


def test_a_colleagues_cry_of_before_stays_on_the_screen(world: World) -> None:
    clinician, officer, call = pair_on_scene(world, "CIT 1")
    knows(world, clinician).text(f"{call.code} ASSIST")
    own, path = signs_in(world, officer), f"/calls/{call.reference}"
    before = "CIT 1 (clinician) needs help, and nobody at the desk has taken it yet."
    assert before in words(own, path)
    clinician.text(f"{call.code} ok {WORD}")
    assert before in words(own, path)


def test_help_on_its_way_to_them_is_called_off_by_who_confirms_it(
    world: World, dispatcher: Browser
) -> None:
    clinician, _, call = pair_on_scene(world, "CIT 1")
    knows(world, clinician).text(f"{call.code} ok {WORD}")
    press(dispatcher, world, "take")
    for minutes in (20.1, 2.1, 2.1):
        world.wait(seconds=60 * minutes)
    help_comes(world, dispatcher, call)
    key = world.dispatch(call, "mobile_crisis").id
    path = f"/calls/{call.reference}"
    form, to = {"reason": "not_needed"}, f"{path}/dispatches/{key}/cancel"
    refused = dispatcher.submit(path, form, to=to)
    assert refused.status_code == 422
    assert HELP_THERE in refused.text
    assert "First reach them by radio" not in refused.text
    assert world.dispatch(call, "mobile_crisis").state.value == "accepted"
    dispatcher.submit(path, {**form, "confirmed": "yes"}, to=to)
    assert world.dispatch(call, "mobile_crisis").state.value == "cancelled"


def test_who_is_rung_for_a_later_alarm_of_theirs_hears_not_to_ring_them(world: World) -> None:
    clinician, _, call = pair_on_scene(world, "CIT 1")
    boss = supervisor(world)
    knows(world, clinician).text(f"{call.code} ok {WORD}")
    clinician.text(f"{call.code} ASSIST")
    heard = [ring.body for ring in boss.rings if "needs help" in ring.body]
    assert heard
    assert all("Do not ring, text or radio them." in body for body in heard)


def test_colleagues_learn_of_a_cry_that_was_made_before_the_yes(world: World) -> None:
    clinician, officer = world.pair("CIT 1")
    call = world.call(ARMED, location="Pier 3")
    for said in ("1", "SCENE"):
        officer.text(f"{call.code} {said}")
    clinician.text(f"{call.code} ASSIST")
    assert not any("needs help" in text for text in officer.inbox)
    clinician.text(f"{call.code} 1")
    world.settle()
    assert f"{call.code}: CIT 1 (clinician) needs help. The desk is alarmed." in officer.inbox


def test_one_of_the_supervisors_is_rung_for_another_of_their_team(world: World) -> None:
    one, other = world.team("Supervisors", (), ("supervisor", "supervisor"))
    mute = replace(world.centre.policy, desk_phone=None)
    world.context = replace(world.context, centre=replace(world.centre, policy=mute))
    one.text("need help")
    world.settle()
    assert [len(phone.rings) for phone in (one, other)] == [0, 1]


def test_nobody_in_the_field_has_the_account_of_a_desk(world: World) -> None:
    phone, _ = on_a_call(world)
    team_of = f"/teams/{member_of(world, phone)}"
    world.account("supervisor", "boss")
    form = {"name": "Ana Ruiz", "role": "clinician", "phone": "202-555-0177", "username": "boss"}
    boss = world.client("supervisor")
    refused = boss.submit(team_of, form, to=f"{team_of}/members")
    assert refused.status_code == 422
    assert "shows the alarms of the desk" in refused.text
    with world.context.unit_of_work("test") as uow:
        new = NewMember("supervisor", "Ana Ruiz", "+12025550177", username="boss")
        rosters.add_member(uow, world.centre, uow.get(Team, member_of(world, phone)), new)


def member_of(world: World, phone: Phone) -> object:
    with world.context.reading() as uow:
        from triage.storage.teams import Responder

        assert phone.responder_id is not None
        return uow.get(Responder, phone.responder_id).team_id
