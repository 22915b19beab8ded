"""A year that is lived, in eight time zones: each text that belongs to a time on the wall is sent
once, at that time, also where the clock is put forward or back; and an escalation takes as long
in such a night as in any other.

Here the days around each change of the clocks are lived, from one thing that is due to the next,
and the nights of one zone; `make test-year` lives all 366 days, and the nights of the changes
second by second, in all eight.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from tests.faults.test_year import DAYS, ZONES, add, members, tomorrow
from tests.stories.test_escalation import call_in, supervisor
from tests.world import World
from triage.services import closing, communication_tests
from triage.services.shifts import MOST_DAYS, NewShift
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch
from triage.storage.messages import Message
from triage.storage.reach_tests import ReachRun
from triage.storage.teams import Responder
from triage.storage.timers import Timer

WHOLE = os.environ.get("WHOLE_YEAR") == "1"
SLACK = timedelta(seconds=45)
"""Real time passes, too, while the texts of a moment are sent; a change of clocks is at least
half an hour."""
HALF_PAST_TWO = time(2, 30)
"""Of the weekly test, on Sundays: in most zones it is missing once and comes twice once."""


def at_home(world: World, zone: str) -> ZoneInfo:
    """The centre lies in this zone."""
    home = ZoneInfo(zone)
    policy = replace(
        world.centre.policy,
        time_zone=home,
        test_day="sunday",
        test_time=f"{HALF_PAST_TWO:%H:%M}",
    )
    world.context = replace(world.context, centre=replace(world.centre, policy=policy))
    world.ignores_texts("a year of texts, of which the stories count what matters")
    return home


def now(world: World) -> datetime:
    with world.context.reading() as uow:
        return uow.now


def go_to(world: World, instant: datetime) -> None:
    """It is this instant, unless it is later already; what is due by then is done."""
    ahead = (instant - now(world)).total_seconds()
    if ahead > 0:
        world.wait(seconds=ahead)
    else:
        world.settle()


def instant(home: ZoneInfo, day: date, wall: time) -> datetime:
    """The first instant of the day at which the wall shows this, found by looking at the wall
    each minute; where it never does, as long after midnight as it would be on another day."""
    midnight = datetime.combine(day, time(), UTC) - timedelta(hours=15)
    minutes = [midnight + timedelta(minutes=number) for number in range(56 * 60)]
    shown = [one for one in minutes if one.astimezone(home).date() == day]
    found = [one for one in shown if one.astimezone(home).time() == wall]
    return found[0] if found else shown[0] + timedelta(hours=wall.hour, minutes=wall.minute)


def changes(home: ZoneInfo) -> list[date]:
    """The days of the coming year on which the clock is put forward or back."""
    first = tomorrow(home.key)
    days = [first + timedelta(days=number) for number in range(3, DAYS - 3)]

    def offset(day: date) -> timedelta | None:
        return datetime.combine(day, time(), home).utcoffset()

    return [day for day in days if offset(day) != offset(day + timedelta(days=1))]


def spans(home: ZoneInfo) -> Iterator[tuple[date, int]]:
    """First days and how many, to be lived: all, or those around the changes."""
    if WHOLE:
        first = tomorrow(home.key)
        for done in range(0, DAYS, MOST_DAYS):
            yield first + timedelta(days=done), min(MOST_DAYS, DAYS - done)
        return
    for day in changes(home) or [tomorrow(home.key) + timedelta(days=30)]:
        yield day - timedelta(days=2), 4


def next_due(world: World) -> datetime | None:
    with world.context.reading() as uow:
        return uow.session.scalar(
            select(func.min(Timer.due_at)).where(
                Timer.state == "waiting", Timer.kind.not_in(("team_free", "freed_team"))
            )
        )


def after(world: World, at: datetime) -> datetime:
    """When the next thing is due; at once, if it has become so meanwhile."""
    return max(next_due(world) or at, at) + timedelta(milliseconds=1)


def live(world: World, until: datetime) -> None:
    """From one thing that is due to the next; whoever is asked to answer does so at once."""
    read = len(world.phones.sent)
    while (due := next_due(world)) is not None and due <= until:
        before = now(world)
        go_to(world, max(due, before) + timedelta(milliseconds=1))
        later = next_due(world)
        assert later is None or later > due, "what is due is not done"
        for text in world.phones.sent[read:]:
            read += 1
            if "Reply READY" in text.body:
                world.receive(f"IN{read}", text.to, "ready")
        world.settle()


def sent(world: World, kind: str, to: Responder) -> list[datetime]:
    with world.context.reading() as uow:
        return list(
            uow.session.scalars(
                select(Message.sent_at)
                .where(Message.kind == kind, Message.responder_id == to.id)
                .order_by(Message.sent_at)
            )
        )


def at_these(found: list[datetime], expected: list[datetime]) -> None:
    """One at each of these instants, none before it, none besides."""
    assert len(found) == len(expected), (found, expected)
    for one, due in zip(found, sorted(expected), strict=True):
        assert due <= one <= due + SLACK, f"{one} instead of {due}"


@pytest.mark.parametrize("zone", ZONES)
def test_each_member_is_asked_once_before_each_shift_and_tested_once_a_week(
    world: World, zone: str
) -> None:
    home = at_home(world, zone)
    by_day, by_night = members(world, zone, 2)
    ask_before = timedelta(minutes=world.centre.policy.ask_before_shift_min)
    questions: dict[str, list[datetime]] = {"day": [], "night": []}
    weekly: list[datetime] = []
    for first, count in spans(home):
        lived = [first + timedelta(days=number) for number in range(count)]
        go_to(world, instant(home, first, time()) - timedelta(hours=1))
        world.context.do(
            "worker", lambda uow: communication_tests.plan(uow, world.centre)
        )  # as each worker does that starts
        for name, member, begins, ends in (
            ("day", by_day, time(7), time(19)),
            ("night", by_night, time(19), time(7)),
        ):
            end_day = first + timedelta(days=int(ends < begins))
            new = NewShift(datetime.combine(first, begins), datetime.combine(end_day, ends), count)
            add(world, zone, member, new)
            questions[name] += [instant(home, day, begins) - ask_before for day in lived]
        weekly += [instant(home, day, HALF_PAST_TWO) for day in lived if day.weekday() == 6]
        live(world, instant(home, lived[-1], time(23, 59)))

    at_these(sent(world, "shift", by_day), questions["day"])
    at_these(sent(world, "shift", by_night), questions["night"])
    with world.context.reading() as uow:
        begun = list(uow.session.scalars(select(ReachRun.started_at).order_by(ReachRun.started_at)))
    at_these([one for one in begun if one is not None], weekly)
    at_these(sent(world, "test", by_day), weekly)


@pytest.mark.parametrize("zone", ZONES if WHOLE else ("Australia/Lord_Howe",))
def test_an_escalation_takes_as_long_in_the_night_of_a_change(world: World, zone: str) -> None:
    home = at_home(world, zone)
    nights = changes(home) or [tomorrow(zone) + timedelta(days=30)]
    ordinary = nights[0] + timedelta(days=14)
    stories = {night: a_night(world, home, night) for night in sorted({*nights, ordinary})}

    expected = stories.pop(ordinary)
    assert len(expected) > 3, "nothing escalates"
    for night, story in stories.items():
        assert [what for what, _ in story] == [what for what, _ in expected], night
        for (what, later), (_, usual) in zip(story, expected, strict=True):
            assert abs(later - usual) <= SLACK, (night, what)


def a_night(world: World, home: ZoneInfo, night: date) -> list[tuple[str, timedelta]]:
    """Midnight to five with an urgent call that nobody takes: which texts and rings left, and how
    long after it came."""
    go_to(world, instant(home, night, time()))
    world.team(f"First {night}")
    world.team(f"Second {night}")
    supervisor(world, f"Boss {night}")
    began = now(world)
    dispatch = call_in(world, 2)
    while (at := now(world)) < began + timedelta(hours=5):
        go_to(world, at + timedelta(seconds=1) if WHOLE else after(world, at))
    with world.context.reading() as uow:
        rows = uow.session.execute(
            select(Message.channel, Message.kind, Message.to_role, Message.sent_at)
            .where(Message.call_id == dispatch.call_id, Message.sent_at.is_not(None))
            .order_by(Message.sent_at, Message.kind, Message.to_role)
        ).all()
    end(world, dispatch)
    return [(f"{how} {kind} to {role}", at - began) for how, kind, role, at in rows if at]


def end(world: World, dispatch: Dispatch) -> None:
    """Nobody was needed, and of this night nothing goes on."""
    with world.context.unit_of_work("test") as uow:
        call = uow.get(Call, dispatch.call_id)
        closing.close_call(uow, world.centre, call, "test_call", None, agreed=True)
    world.settle()
