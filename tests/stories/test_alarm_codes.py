"""An alarm with another call's code in it, an old one or none: raised always, and the desk is told
what cannot be sure about the place."""

from __future__ import annotations

import re

import pytest

from tests.stories.test_alarms import on_a_call, untaken, words
from tests.stories.test_calls import CALM
from tests.stories.test_damaged_rows import damage
from tests.stories.test_duress import WORD, knows
from tests.world import Phone, World
from triage.storage.calls import Call

ONLY_ASKED = "CIT 1 (clinician) was only asked, has not accepted."
NO_CALL = "They are on no call."


def cit_1(world: World) -> Phone:
    (phone,) = world.team("CIT 1", zones=["Harbor"], calls_at_once=2)
    return knows(world, phone)


def asked(world: World) -> Call:
    return world.call(CALM, zone="Harbor", location="Pier 3")


def has(world: World, phone: Phone) -> Call:
    call = asked(world)
    phone.text(f"{call.code} 1")
    phone.expect("accepted, it is yours")
    return call


def had(world: World, phone: Phone, *, closed: bool) -> Call:
    call = has(world, phone)
    phone.text(f"{call.code} SCENE")
    phone.expect("you are on scene")
    phone.text(f"{call.code} CLEAR")
    phone.expect("cleared, you are free")
    if closed:
        path = f"/calls/{call.reference}"
        form = {"disposition": "resolved_on_scene", "edition": "0"}
        world.client("dispatcher").submit(path, form, to=f"{path}/close")
        assert "Call closed" in words(world.client("dispatcher"), path)
    return call


def foreign(world: World) -> Call:
    """Of another team."""
    (other,) = world.team("CIT 2", zones=["Harbor"])
    call = world.call(CALM, zone="Harbor")
    other.text(f"{call.code} 1")
    other.expect("accepted, it is yours")
    return call


def raised(world: World, phone: Phone, body: str, *on: Call) -> str:
    """What the desk reads on every page, after the alarm was raised at once at these calls, or at
    none, and rang."""
    before = len(world.desk.rings)
    phone.text(body)
    phone.ignores("the answer is the ordinary one")
    alarms = untaken(world)
    assert {one.call_id for one in alarms} == ({call.id for call in on} or {None})
    assert len(world.desk.rings) == before + len(alarms)
    world.desk.ignores("rings")
    browser = world.client("dispatcher")
    banners = words(browser, "/banners").partition(" PAGING DOES NOT WORK")[0]
    told = re.findall(r"SILENT ALARM, somebody may force them: (.*?)Do not ring", banners)
    assert len(told) == len(alarms)
    for shown in ("/board", "/alarms"):
        page = words(browser, shown)
        for line in told:
            assert line.partition(". ")[2] in page, shown
    for call in on:
        assert "SILENT ALARM" in words(browser, f"/calls/{call.reference}")
    return " ".join(told)


@pytest.mark.parametrize("body", ["{code} ok", "ok", "?!# q8"])
def test_of_the_call_that_they_are_on_nothing_is_doubted(world: World, body: str) -> None:
    phone = cit_1(world)
    call = has(world, phone)

    told = raised(world, phone, f"{body.format(code=call.code)} {WORD}", call)

    assert told == f"{call.code}. "


def test_of_two_calls_it_is_told_that_they_are_on_both(world: World) -> None:
    phone = cit_1(world)
    calls = has(world, phone), has(world, phone)
    both = f"They are on: {', '.join(sorted(call.code for call in calls))}."

    assert both in raised(world, phone, f"ok {WORD}", *calls)

    assert "CIT 1 (clinician) was only asked" not in words(world.client("dispatcher"), "/banners")


def test_a_code_of_another_team_does_not_draw_help_away(world: World) -> None:
    theirs, phone = foreign(world), cit_1(world)
    call = has(world, phone)

    told = raised(world, phone, f"{theirs.code} ok {WORD}", call)

    wrote = f"They wrote the code {theirs.code}, which is of no call of theirs."
    assert told == f"{call.code}. {wrote} They are on: {call.code}. "
    page = world.client("dispatcher").get(f"/calls/{theirs.reference}").get_data(as_text=True)
    assert 'id="call-alarm-' not in page
    timeline = words(world.client("dispatcher"), f"/calls/{call.reference}")
    assert f"The code in the text: {theirs.code}." in timeline


def test_a_code_that_never_was_does_not_either(world: World) -> None:
    phone = cit_1(world)
    call = has(world, phone)

    told = raised(world, phone, f"K7Q2 ok {WORD}", call)

    assert (
        f"They wrote the code K7Q2, which is of no call of theirs. They are on: {call.code}."
        in told
    )


def test_the_code_of_a_closed_call_leads_to_the_one_that_they_are_on(world: World) -> None:
    phone = cit_1(world)
    old, call = had(world, phone, closed=True), has(world, phone)

    told = raised(world, phone, f"{old.code} ok {WORD}", call)

    assert f"They wrote the code {old.code}: that call is closed. They are on: {call.code}." in told


def test_the_code_of_a_call_that_they_are_asked_about_does_too(world: World) -> None:
    phone = cit_1(world)
    call, other = has(world, phone), asked(world)
    phone.expect("1=accept")

    told = raised(world, phone, f"{other.code} 2 {WORD}", call)

    assert f"They wrote the code {other.code}: they were only asked to that call" in told
    assert f"They are on: {call.code}." in told


@pytest.mark.parametrize("code", ["{code} ", ""])
def test_the_alarm_at_a_closed_call_says_that_it_is_closed(world: World, code: str) -> None:
    phone = cit_1(world)
    call = had(world, phone, closed=True)

    told = raised(world, phone, f"{code.format(code=call.code)}ok {WORD}", call)

    assert (
        "This call is closed. CIT 1 (clinician) is not on it any more. They are on no call." in told
    )
    assert f"Last known: {call.code}, Pier 3, cleared, " in told


@pytest.mark.parametrize("code", ["{code} ", "", "K7Q2 "])
def test_the_alarm_at_a_call_that_they_were_only_asked_about_says_so(
    world: World, code: str
) -> None:
    phone = cit_1(world)
    before, call = had(world, phone, closed=False), asked(world)
    phone.expect("1=accept")

    body = f"{code.format(code=call.code)}what {WORD}"
    told = raised(world, phone, body, call, *([] if "{code}" in code else [before]))

    assert f"{ONLY_ASKED} " in told
    assert ("They wrote the code K7Q2" in told) is ("K7Q2" in code)
    assert f"{NO_CALL} Last known: {before.code}, Pier 3, cleared, " in told
    phone.text(f"{call.code} 1")
    phone.ignores("they have it now")
    assert ONLY_ASKED not in words(world.client("dispatcher"), "/banners")


def test_of_whoever_had_no_call_lately_that_is_told(world: World) -> None:
    theirs, phone = foreign(world), cit_1(world)

    told = raised(world, phone, f"{theirs.code} ok {WORD}")

    wrote = f"They wrote the code {theirs.code}, which is of no call of theirs."
    assert told == f"on no call. {wrote} They had no call in the last 30 days. "


def test_where_the_place_cannot_be_read_the_alarm_and_its_pages_stand(world: World) -> None:
    phone = cit_1(world)
    before, call = had(world, phone, closed=False), asked(world)
    phone.expect("1=accept")
    damage(world, Call, "location", before.id)

    told = raised(world, phone, f"{call.code} ok {WORD}", call)

    assert f"Last known: {before.code}, CANNOT BE READ" in told
    desk = world.client("dispatcher")
    desk.submit("/board", {"language": "es"}, to="/language")
    assert f"{before.code}, NO SE PUEDE LEER" in words(desk, "/banners")


def test_an_open_cry_for_help_is_told_of_in_the_same_way(world: World) -> None:
    phone, call = on_a_call(world)

    phone.text("K7Q2 ASSIST")

    phone.expect("ALARM RAISED")
    world.desk.expect_ring("needs help")
    (alarm,) = untaken(world)
    assert (alarm.call_id, alarm.written_code) == (call.id, "K7Q2")
    told = words(world.client("dispatcher"), "/banners")
    assert (
        f"They wrote the code K7Q2, which is of no call of theirs. They are on: {call.code}."
        in told
    )
