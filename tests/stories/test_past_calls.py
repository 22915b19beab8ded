"""Calls that have left the board are found again; what is sealed stays so until one is opened."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest

from tests.stories.test_alarms import words
from tests.stories.test_calls import CALM, close
from tests.world import Browser, World
from triage.domain.lifecycle import CallState
from triage.services import past_calls
from triage.storage.calls import Call

HERE = "/past-calls"


@pytest.fixture
def desk(world: World) -> Browser:
    return world.client("dispatcher")


def over(world: World, **more: str) -> Call:
    call = world.call(CALM, **more)
    close(world, call, "duplicate")
    return call


def find(desk: Browser, **form: str) -> str:
    page: str = desk.submit(HERE, form, follow=True).get_data(as_text=True)
    return page


def found(desk: Browser, **form: str) -> list[str]:
    """The references that are listed, in order."""
    return re.findall(r'<th scope="row"><a href="/calls/([^"]+)"', find(desk, **form))


def test_an_empty_list_teaches_and_a_closed_call_stands_in_it(world: World, desk: Browser) -> None:
    world.ignores_texts("who is asked is another story")
    page = words(desk, HERE)
    assert "A call that is closed on its page leaves the board and stands here" in page

    one, still_open = over(world, location="Pier 3"), world.call(CALM)
    page = words(desk, HERE)
    assert f"{one.code} {one.reference}" in page
    assert "Mobile crisis team" not in page  # it was cancelled
    assert "Duplicate" in page
    assert "Pier 3" not in page
    assert still_open.reference not in page
    assert found(desk, state="open") == [still_open.reference]
    for search in ({}, {"named": still_open.code}):
        told = find(desk, **search)
        assert "1 call is still open and not listed here." in told
        assert 'name="state" value="open"' in told
    assert world.client("clinician").get(HERE).status_code == 403
    assert desk.submit("/board", {"command": "past"}, to="/command").location == HERE


def test_it_is_found_by_what_people_remember(world: World) -> None:
    world.ignores_texts("who is asked is another story")
    older = over(world, location="Pier 3", external_id="26-004711")
    world.wait(minutes=3 * 24 * 60)
    newer, desk = over(world, zone="Riverside"), world.client("dispatcher")
    both = [newer.reference, older.reference]
    assert found(desk) == both

    written = older.reference.replace("-", " ").lower()
    for name in (older.code.lower(), f"# {older.code}", older.reference, written):
        assert found(desk, named=name) == [older.reference]
    for name in ("26-004711", "26 4711", "4711", " 004711", "26-4711"):
        assert found(desk, named=name) == [older.reference], name
    assert found(desk, named="711") == found(desk, named="25-4711") == []
    local = older.received_at.astimezone(world.centre.policy.time_zone)
    assert found(desk, day=local.date().isoformat()) == [older.reference]
    assert found(desk, zone="Riverside") == [newer.reference]
    assert found(desk, disposition="duplicate") == both
    assert found(desk, disposition="arrest") == []
    assert "No call fits." in find(desk, named="ZZZZ")
    assert "Write the day as year-month-day" in find(desk, day="yesterday")


def test_a_place_or_a_number_finds_it_and_that_is_written_down_there(
    world: World, desk: Browser
) -> None:
    world.ignores_texts("who is asked is another story")
    one = over(world, location="Pier 3", caller_phone="202-555-0143")
    over(world, location="12 Mill Lane")
    for search in ({"place": "pier 3"}, {"phone": "(202) 555-0143"}):
        assert found(desk, **search) == [one.reference]
    assert found(desk, place="Pier 4") == found(desk, place="??") == []
    assert 'id="e-phone"' in find(desk, phone="202-555")
    assert world.audited("call.found") == 1
    assert "Found by its place or a caller" in words(desk, f"/calls/{one.reference}")


def test_a_place_is_found_by_its_words_in_any_order(world: World) -> None:
    world.ignores_texts("who is asked is another story")
    old = over(world, location="12 Mill St., upstairs")
    listed = over(world, location="under the 5th street bridge, west side")
    new = over(world, location="Café José, calle Mayor", zone="Harbor")
    desk = world.client("dispatcher")
    for place in ("mill street 12", "upstairs mill", "MILL ST"):
        assert found(desk, place=place) == [old.reference], place
    for place in ("jose cafe", "MAYOR José"):
        assert found(desk, place=place) == [new.reference], place
    assert found(desk, place="bridge fifth") == [listed.reference]
    assert found(desk, place="mill", zone="Harbor") == []

    world.wait(minutes=1)
    newer_calls(world, past_calls.MOST_OPENED)
    assert found(desk, place="mill") == []
    assert found(desk, place="12 mill st upstairs") == [old.reference]  # as it was said then
    assert found(desk, place="bridge fifth") == [listed.reference]  # as the list has it


def test_whoever_goes_back_from_a_call_finds_the_list_and_the_address_tells_nobody_what_it_is(
    world: World, desk: Browser
) -> None:
    world.ignores_texts("who is asked is another story")
    one, other = over(world, location="Pier 3"), over(world, location="12 Mill Lane")
    address = desk.submit(HERE, {"place": "pier 3"}).location
    assert "pier" not in address.lower()
    for _ in range(2):
        page = desk.get(address).get_data(as_text=True)
        assert one.reference in page
        assert other.reference not in page
    for made_up in ("x", "AAAA", address[-20:], "%00"):
        assert desk.get(f"{HERE}?find={made_up}").status_code == 200
    assert desk.submit(HERE, {"place": "W" * 500}).status_code in {200, 303}
    assert desk.submit(HERE, {"place": "W" * 9000}).status_code == 422


def newer_calls(world: World, count: int) -> None:
    with world.context.unit_of_work("test") as uow:
        for number in range(count):
            uow.add(
                Call(
                    reference=f"261102-{number:06}",
                    code=f"{number:04}",
                    state=CallState.CLOSED,
                    origin="form",
                    received_at=uow.now,
                    rule_set="county-default",
                )
            )


def closed_calls(world: World, count: int) -> None:
    """The latest an hour ago, two at the same instant."""
    with world.context.unit_of_work("test") as uow:
        for number in range(count):
            uow.add(
                Call(
                    reference=f"261101-{number:06}",
                    code=f"{number:04}",
                    state=CallState.CLOSED,
                    origin="form",
                    received_at=uow.now - timedelta(hours=1 + number // 2),
                    rule_set="county-default",
                    disposition="resolved_on_phone",
                )
            )


def test_older_calls_follow_page_by_page_and_none_twice(world: World, desk: Browser) -> None:
    closed_calls(world, past_calls.PAGE + 3)
    first = find(desk, disposition="resolved_on_phone")
    (after,) = re.findall(r'name="after" value="([^"]+)"', first)
    listed = found(desk, disposition="resolved_on_phone")
    rest = found(desk, disposition="resolved_on_phone", after=after)
    assert len(listed) == past_calls.PAGE
    assert len(rest) == 3
    assert len({*listed, *rest}) == past_calls.PAGE + 3
    assert 'name="after"' not in find(desk, disposition="resolved_on_phone", after=after)
    for after in ("nonsense", f"0001-01-01T00:00:00+23:59 {UUID(int=1)}"):
        assert found(desk, after=after)[:5] == listed[:5]
