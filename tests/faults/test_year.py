"""A year of days in eight time zones: shifts typed as times on the wall leave no hole and no
overlap, also where the clock is put forward or back.

Here the instants are computed; `tests/stories/test_lived_year.py` lives through them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from tests.world import World, make_world
from triage.domain.errors import Refused
from triage.services import shifts
from triage.services.shifts import MOST_DAYS, NewShift
from triage.storage.teams import Responder, Shift

ZONES = (
    "America/New_York",
    "America/Los_Angeles",
    "America/Phoenix",  # never changes
    "America/St_Johns",  # half an hour beside its neighbours
    "America/Santiago",  # changes at midnight
    "Europe/Berlin",
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Chatham",  # by an hour, at a quarter to three
)
DAYS = 366


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("year")
    file = folder / "triage.sqlite"
    file.write_bytes(sqlite_template.read_bytes())
    with make_world(f"sqlite:///{file}", folder) as made:
        yield made


def members(world: World, zone: str, count: int) -> list[Responder]:
    """People of a team of their own who have no shift yet."""
    (*phones,) = world.team(f"{zone} {count}", roles=["clinician"] * count)
    with world.context.unit_of_work("test") as uow:
        people = [uow.get(Responder, phone.responder_id) for phone in phones]
        keys = [person.id for person in people]
        for shift in uow.session.scalars(select(Shift).where(Shift.responder_id.in_(keys))):
            uow.session.delete(shift)
    return people


def add(world: World, zone: str, member: Responder, new: NewShift) -> list[Shift]:
    policy = replace(world.centre.policy, time_zone=ZoneInfo(zone))
    centre = replace(world.centre, policy=policy)
    with world.context.unit_of_work("test") as uow:
        return shifts.add_shifts(uow, centre, uow.get(Responder, member.id), new)


def tomorrow(zone: str) -> date:
    return (datetime.now(UTC).astimezone(ZoneInfo(zone)) + timedelta(days=1)).date()


def a_year(world: World, zone: str, member: Responder, begins: int, ends: int) -> list[Shift]:
    """A shift on each day, from this hour to that one, of the same day or the next."""
    made = []
    first = tomorrow(zone)
    for done in range(0, DAYS, MOST_DAYS):
        day = first + timedelta(days=done)
        end_day = day + timedelta(days=int(ends <= begins))
        new = NewShift(
            datetime.combine(day, time(begins)),
            datetime.combine(end_day, time(ends)),
            min(MOST_DAYS, DAYS - done),
        )
        made += add(world, zone, member, new)
    return made


@pytest.mark.parametrize("zone", ZONES)
def test_day_and_night_shifts_cover_the_year_once(world: World, zone: str) -> None:
    by_day, by_night = members(world, zone, 2)
    planned = a_year(world, zone, by_day, 7, 19) + a_year(world, zone, by_night, 19, 7)
    planned.sort(key=lambda shift: shift.starts_at)

    assert len(planned) == 2 * DAYS
    for earlier, later in pairwise(planned):
        assert earlier.ends_at == later.starts_at  # nobody missing, nobody doubled
    walls = {shift.starts_at.astimezone(ZoneInfo(zone)).time() for shift in planned}
    assert walls == {time(7), time(19)}


def odd_quarters(zone: str) -> tuple[list[datetime], list[datetime]]:
    """The quarter hours of the year that do not exist, and those that come twice."""
    missing, twice = [], []
    first = datetime.combine(tomorrow(zone), time())
    for number in range(DAYS * 96):
        wall = (first + timedelta(minutes=15 * number)).replace(tzinfo=ZoneInfo(zone))
        before, after = wall.utcoffset(), wall.replace(fold=1).utcoffset()
        assert before is not None
        assert after is not None
        if before < after:
            missing.append(wall.replace(tzinfo=None))
        elif before > after:
            twice.append(wall.replace(tzinfo=None))
    return missing, twice


@pytest.mark.parametrize("zone", ZONES)
def test_a_time_that_does_not_exist_is_refused_and_one_that_comes_twice_is_the_longer_shift(
    world: World, zone: str
) -> None:
    missing, twice = odd_quarters(zone)
    changes = zone != "America/Phoenix"
    assert bool(missing) is bool(twice) is changes
    (member,) = members(world, zone, 1)
    hours = timedelta(hours=8)

    for wall in missing:
        with pytest.raises(Refused, match="does not exist that day"):
            add(world, zone, member, NewShift(wall, wall + hours))
        with pytest.raises(Refused, match="does not exist that day"):
            add(world, zone, member, NewShift(wall - hours, wall))
    if twice:
        local = twice[0].replace(tzinfo=ZoneInfo(zone))
        (to_it,) = add(world, zone, member, NewShift(twice[0] - hours, twice[0]))
        assert to_it.ends_at == local.replace(fold=1).astimezone(UTC)
        (other,) = members(world, zone + " other", 1)
        (from_it,) = add(world, zone, other, NewShift(twice[0], twice[0] + hours))
        assert from_it.starts_at == local.astimezone(UTC)
        assert from_it.starts_at < to_it.ends_at
