"""What the desk changes on a call on which a silent alarm stands: whoever is forced, and who is
with them, read of none of it on their telephones."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from tests.stories.test_alarms import on_a_call, signs_in, untaken, words
from tests.stories.test_call_page import act
from tests.stories.test_calls import CALM, add, responses, state
from tests.stories.test_cancellations import WISH
from tests.stories.test_closing_in_alarm import line
from tests.stories.test_duress import WORD, knows
from tests.stories.test_hushed_teams import press
from tests.world import Browser, Phone, World
from triage.domain.alarms import AlarmKind
from triage.storage.calls import Call
from triage.storage.teams import Team

KEPT = "A silent alarm stands, and CIT 1 would read on their telephone what is changed here."
OTHER = {"override_response": "police", "override_reason": "supervisor"}


@pytest.fixture
def dispatcher(world: World) -> Browser:
    return world.client("dispatcher")


class Forced:
    """A pair on the way to a call; the clinician has said the word. Both look at their pages."""

    def __init__(self, world: World, *said: str) -> None:
        world.ignores_texts("their screens and what the desk changes matter here")
        self.world = world
        self.phones: list[Phone] = world.pair("CIT 1")
        self.call: Call = world.call({**CALM, "weapon": "accessible"}, location="Pier 3")
        for phone in self.phones:
            for one in ("1", *said):
                phone.text(f"{self.call.code} {one}")
        names = ("test-one", "test-two")
        self.browsers = [
            signs_in(world, phone, name) for phone, name in zip(self.phones, names, strict=True)
        ]
        knows(world, self.phones[0]).text(f"{self.call.code} ok {WORD}")
        world.wait(seconds=5)
        self.inboxes = [len(phone.inbox) for phone in self.phones]
        self.before = self.screens()

    def screens(self) -> list[str]:
        shown = [words(one, f"/calls/{self.call.reference}") for one in self.browsers]
        shown += [words(one, "/my-calls") for one in self.browsers]
        return [re.sub(r"\d\d:\d\d(:\d\d)?|\d+ (s|min)\b", "", one) for one in shown]

    def read_nothing_new(self) -> None:
        self.world.settle()
        assert self.screens() == self.before
        assert [len(phone.inbox) for phone in self.phones] == self.inboxes

    def slots(self) -> list[str]:
        dispatch = self.world.dispatches(self.call)[0]
        return [slot.state.value for slot in dispatch.slots]


def test_another_response_is_sent_in_addition(world: World, dispatcher: Browser) -> None:
    forced = Forced(world)
    page = words(dispatcher, f"/calls/{forced.call.reference}")
    assert "stands on this call: nobody is called off, they would read it." in page
    assert "What you choose is sent in addition." in page
    assert "will be told to stand down" not in page

    first = responses(world, forced.call)
    told = act(dispatcher, forced.call, "/override", OTHER)
    assert "A silent alarm stands on this call, so nobody is called off" in told
    assert responses(world, forced.call)[: len(first)] == first
    assert "police" in responses(world, forced.call)
    assert forced.slots() == ["accepted", "accepted"]
    forced.read_nothing_new()
    forced.phones[0].text(f"{forced.call.code} SCENE")
    assert forced.slots() == ["on_scene", "accepted"], "they can do all that they could before"


def test_nobody_who_is_forced_is_called_off_or_replaced(world: World, dispatcher: Browser) -> None:
    forced = Forced(world)
    call = forced.call
    before = "This will be refused while the silent alarm stands: CIT 1 would read of it. First"
    page = words(dispatcher, f"/calls/{call.reference}")
    assert before in page.split("Cancel this")[1][:300], "before anybody presses"
    assert KEPT in act(dispatcher, call, "/cancel", {"reason": "unsafe"})
    said, _ = line(dispatcher, f"drop {call.code} unsafe")
    assert KEPT in said
    for wish in ("relieve", "withdraw"):
        assert KEPT in act(dispatcher, call, "/relief", {"act": wish}), wish
    assert forced.slots() == ["accepted", "accepted"]
    forced.read_nothing_new()

    press(dispatcher, world, AlarmKind.DURESS, "take", "over")
    assert "This will be refused" not in words(dispatcher, f"/calls/{call.reference}")
    assert KEPT not in act(dispatcher, call, "/relief", {"act": "relieve"})


def test_nor_is_the_rest_of_their_team_on_another_call_that_they_have_cleared(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("what the desk changes matters here")
    roles = ("clinician", "officer")
    clinician, officer = world.team(
        "CIT 1", ("co_responder", "mobile_crisis"), roles, calls_at_once=2
    )
    earlier = world.call({**CALM, "weapon": "accessible"}, location="Quay 9")
    officer.text(f"{earlier.code} 1")
    for did in ("1", "SCENE", "CLEAR"):
        clinician.text(f"{earlier.code} {did}")
    call = world.call(CALM, location="Pier 3")
    clinician.text(f"{call.code} 1")
    knows(world, clinician).text(f"{call.code} ok {WORD}")
    assert [alarm.call_id for alarm in untaken(world)] == [call.id]

    def places() -> list[str]:
        return [slot.state.value for slot in world.dispatch(earlier, "co_responder").slots]

    said, _ = line(dispatcher, f"drop {earlier.code} unsafe")
    assert KEPT in said
    assert places() == ["cleared", "accepted"]

    press(dispatcher, world, AlarmKind.DURESS, "take", "over")
    said, _ = line(dispatcher, f"drop {earlier.code} unsafe")
    assert "is cleared by who was there; the rest is called off." in said
    assert places() == ["cleared", "cancelled"]


def test_the_rest_of_a_team_is_not_called_off(world: World, dispatcher: Browser) -> None:
    forced = Forced(world)
    forced.phones[0].text(f"{forced.call.code} SCENE")
    forced.phones[0].text(f"{forced.call.code} CLEAR")
    world.wait(seconds=61)
    before = forced.screens()
    assert KEPT in act(dispatcher, forced.call, "/rest", {"answer": "not_needed"})
    assert forced.slots() == ["cleared", "accepted"]
    assert forced.screens() == before


def test_they_are_given_no_other_call_by_hand(world: World, dispatcher: Browser) -> None:
    forced = Forced(world)
    world.pair("CIT 2")
    other = world.call({**CALM, "weapon": "accessible"}, location="Quay 9")
    said, _ = line(dispatcher, f"a {other.code} cit1")
    assert (
        "A silent alarm stands: CIT 1 (clinician) is given no other call until it is over." in said
    )
    forced.read_nothing_new()


def test_a_higher_level_changes_the_level_alone(world: World, dispatcher: Browser) -> None:
    forced = Forced(world)
    add(world, forced.call, weapon="in_hand", violence_now="physical")
    world.wait(seconds=5)
    assert [len(phone.inbox) for phone in forced.phones] == forced.inboxes
    assert forced.slots() == ["accepted", "accepted"]
    for shown in forced.screens():
        for told in ("silent", "Also", "Police", "tand down", "Canceled", "(raised)"):
            assert told not in shown.split("What is known")[0], told


def test_what_somebody_forced_agrees_to_calls_off_no_help(
    world: World, dispatcher: Browser
) -> None:
    phone, call = on_a_call(world)
    world.ignores_texts("their screens and what the desk changes matter here")
    act(dispatcher, call, "/never-mind", WISH)
    clinician, own = signs_in(world, phone), f"/calls/{call.reference}"
    knows(world, phone).text(f"{call.code} ok {WORD}")
    world.wait(seconds=5)
    add(world, call, weapon="accessible", violence_now="physical")
    act(dispatcher, call, "/send", {})
    act(dispatcher, call, "/handed-over", {"unit": "4A12", "cad_number": "26-1"})

    clinician.submit(own, {"answer": "agree"}, to=f"{own}/never-mind/answer")
    told = words(clinician, own)
    assert "Agreed: the call is canceled." in told
    assert "This call is closed." in told, "as always: what else stood there would tell"
    for one in ("ilent alarm", "4A12", "Agree: cancel the call"):
        assert one not in told, one
    assert world.dispatch(call, "police").state.value == "handed_over"
    assert world.dispatch(call, "mobile_crisis").state.value == "unfilled", "others are asked"
    assert state(world, call) == "open"


def agrees(world: World, desk: Browser, name: str, *, is_forced: bool) -> tuple[str, Call, Phone]:
    """A clinician on the way agrees that nobody need come, while an officer of another team is on
    the way too and police are to be sent. What their pages read then, and that officer."""
    clinician, own = world.pair(f"CIT {name}")
    call = world.call({**CALM, "weapon": "accessible"}, location="Pier 3")
    clinician.text(f"{call.code} 1")
    officer = world.pair(f"Beat {name}")[1]
    own.text(f"{call.code} 2")
    world.wait(seconds=5)
    officer.text(f"{call.code} 1 ETA 10")
    add(world, call, weapon="accessible", violence_now="physical")
    act(desk, call, "/send", {})
    act(desk, call, "/never-mind", WISH)
    world.wait(seconds=5)
    browser, path = signs_in(world, clinician, f"test-{name.lower()}"), f"/calls/{call.reference}"
    if is_forced:
        knows(world, clinician).text(f"{call.code} ok {WORD}")
        world.wait(seconds=5)
    browser.submit(path, {"answer": "agree"}, to=f"{path}/never-mind/answer")
    read = words(browser, path) + words(browser, f"{path}/live") + words(browser, "/my-calls")
    for own_word in (name, call.code, call.reference):
        read = read.replace(own_word, "")
    return re.sub(r"\d\d:\d\d(:\d\d)?|\d+ (s|min)\b", "", read), call, officer


def test_it_reads_as_ever_to_whoever_is_forced_to_agree_and_calls_off_nobody_else(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who reads what, and who still comes, matter here")
    ordinary, ended, _ = agrees(world, dispatcher, "One", is_forced=False)
    assert state(world, ended) == "closed"
    with world.context.unit_of_work("test") as uow:
        for team in uow.session.scalars(select(Team)):
            team.retired_at = uow.now
    read, call, officer = agrees(world, dispatcher, "Two", is_forced=True)
    assert read == ordinary

    dispatch = world.dispatch(call, "co_responder")
    states = {slot.role: slot.state.value for slot in dispatch.slots if slot.state != "cancelled"}
    assert states["officer"] == "en_route"
    assert states["clinician"] == "paged", "their place is offered to the other team"
    assert world.dispatch(call, "police").state.value == "hand_over"
    assert state(world, call) == "open"
    assert not any("tand down" in text for text in officer.inbox)
    theirs = words(signs_in(world, officer, "test-officer"), f"/calls/{call.reference}")
    assert "This call is closed." not in theirs
    assert "the call is canceled" not in theirs
    assert WISH["note"] not in theirs
    officer.text(f"{call.code} SCENE")
    assert "you are on scene" in officer.inbox[-1]

    desk = words(dispatcher, f"/calls/{call.reference}")
    assert "CIT Two (clinician) agreed and may be forced: only their own team" in desk
    assert "CIT Two is not asked any more" not in desk
    assert "CIT Two (clinician) is not on it any more. They are on no call." in desk
    assert "was only asked" not in desk
    assert "no call in the last" not in desk


def texts_after_agreeing(world: World, desk: Browser, name: str, *, is_forced: bool) -> list[str]:
    """What a pair on the way is texted once its clinician has agreed, and what both are answered
    then, while another team has the call or could have."""
    pair = world.pair(f"CIT {name}")
    call = world.call({**CALM, "weapon": "accessible"}, location="Pier 3")
    for phone in pair:
        phone.text(f"{call.code} 1")
    others = world.pair("Beat One" if is_forced else "Beat Two")
    act(desk, call, "/never-mind", WISH)
    world.wait(seconds=5)
    browser, path = signs_in(world, pair[0], f"test-{name.lower()}"), f"/calls/{call.reference}"
    if is_forced:
        knows(world, pair[0]).text(f"{call.code} ok {WORD}")
        world.wait(seconds=5)
    before = [len(phone.inbox) for phone in pair]
    browser.submit(path, {"answer": "agree"}, to=f"{path}/never-mind/answer")
    world.wait(seconds=5)
    if is_forced:
        for phone in others:
            phone.text(f"{call.code} 1")
        assert {slot.state.value for slot in world.dispatches(call)[0].slots} == {"accepted"}
    for phone in pair:
        for said in ("1", "SCENE", f"{call.code} SCENE", f"{call.code} 2", f"{call.code} OK"):
            phone.text(said)
    world.settle()
    read = [text for phone, at in zip(pair, before, strict=True) for text in phone.inbox[at:]]
    return [text.replace(call.code, "") for text in read]


def test_nor_do_their_texts_tell_whoever_was_forced_to_agree_that_others_come(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("what the pair is texted matters here")
    ordinary = texts_after_agreeing(world, dispatcher, "One", is_forced=False)
    assert "Stand down" in ordinary[0]
    with world.context.unit_of_work("test") as uow:
        for team in uow.session.scalars(select(Team)):
            team.retired_at = uow.now
    assert texts_after_agreeing(world, dispatcher, "Two", is_forced=True) == ordinary


def test_it_reads_so_too_where_their_alarm_stands_on_their_other_call(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("what the pair reads matters here")
    roles = ("clinician", "officer")
    pair = world.team("CIT 1", ("co_responder", "mobile_crisis"), roles, calls_at_once=2)
    calls = [
        world.call({**CALM, "weapon": "accessible"}, location=place) for place in ("Quay 9", "Dock")
    ]
    for call in calls:
        for phone in pair:
            phone.text(f"{call.code} 1")
    first, other = calls
    act(dispatcher, other, "/never-mind", WISH)
    browsers = [signs_in(world, phone, f"test-{at}") for at, phone in enumerate(pair)]
    knows(world, pair[0]).text(f"{first.code} ok {WORD}")
    assert [alarm.call_id for alarm in untaken(world)] == [first.id]
    world.wait(seconds=5)
    own = f"/calls/{other.reference}"
    browsers[0].submit(own, {"answer": "agree"}, to=f"{own}/never-mind/answer")
    assert state(world, other) == "open"
    for browser, phone in zip(browsers, pair, strict=True):
        assert "This call is closed." in words(browser, own)
        phone.text(f"{other.code} SCENE")
        assert phone.inbox[-1] == f"{other.code} is closed. Nothing was changed."


def test_a_relief_that_was_asked_for_before_is_given_to_nobody_by_hand(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("what the desk changes matters here")
    clinician, officer = world.pair("CIT 1")
    call = world.call({**CALM, "weapon": "accessible"}, location="Pier 3")
    for phone in (clinician, officer):
        phone.text(f"{call.code} 1")
    for said in ("SCENE", "REPLACE"):
        clinician.text(f"{call.code} {said}")
    knows(world, clinician).text(f"{call.code} ok {WORD}")
    slots = world.dispatches(call)[0].slots
    (relief,) = (slot for slot in slots if slot.replaces_id is not None)
    path = f"/calls/{call.reference}"
    form, to = {"unit": "Medic 4", "confirmed": "yes"}, f"{path}/slots/{relief.id}/assign"
    refused = dispatcher.submit(path, form, to=to)
    assert refused.status_code == 422
    assert KEPT in refused.text
    assert "on_scene" in [slot.state.value for slot in world.dispatches(call)[0].slots]
