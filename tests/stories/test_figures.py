"""Days that are over are counted each night, and again where something of them has changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, select, text

from tests.stories.test_calls import close
from tests.stories.test_calls_from_paper import sheet, type_in, went
from tests.stories.test_diverts import pair_on_its_way, propose
from tests.stories.test_escalation import call_in, code_of
from tests.stories.test_lived_year import go_to
from tests.typical_calls import CALM
from tests.world import World
from triage.domain.figures import OVERDUE, STILL_OPEN, Figure
from triage.domain.lifecycle import CallState
from triage.domain.wall_clock import bounds_of, next_daily
from triage.entrypoints.commands.figures import figures as command
from triage.services import cad, figures, follow_ups, retention
from triage.services.follow_ups import Attempt
from triage.services.sending import Choice
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch
from triage.storage.figures import DailyFigure, RolledDay
from triage.storage.follow_ups import FollowUp
from triage.storage.timers import Timer

NOON = time(12)


@pytest.fixture(autouse=True)
def whom_texts_reach_is_another_story(world: World) -> None:
    world.ignores_texts("another story")


def today(world: World) -> date:
    with world.context.reading() as uow:
        return uow.now.astimezone(world.centre.policy.time_zone).date()


def at_noon(world: World) -> date:
    """The next day, in the middle of which nothing of the test comes to a midnight."""
    with world.context.reading() as uow:
        noon = next_daily(world.centre.policy.time_zone, NOON, uow.now)
    go_to(world, noon)
    world.context.do("worker", lambda uow: figures.plan(uow, world.centre))
    return today(world)


def through_the_night(world: World) -> None:
    """Until nothing of the night is left to do."""
    with world.context.reading() as uow:
        night = next_daily(world.centre.policy.time_zone, figures.AT, uow.now)
    go_to(world, night + timedelta(seconds=1))
    for _ in range(30):
        world.wait(seconds=2)


def counted(world: World, day: date) -> dict[tuple[str, str, str], int]:
    with world.context.reading() as uow:
        rows = uow.session.scalars(select(DailyFigure).where(DailyFigure.day == day))
        return {(row.figure, row.of, row.by): row.count for row in rows}


def of(found: dict[tuple[str, str, str], int], figure: Figure) -> dict[tuple[str, str], int]:
    return {(one, by): count for (name, one, by), count in found.items() if name == figure}


def rolled(world: World) -> dict[date, int | None]:
    with world.context.reading() as uow:
        rows = uow.session.scalars(select(RolledDay).where(RolledDay.rolled_at.is_not(None)))
        return {row.day: row.calls for row in rows}


def roll(world: World, day: date) -> bool:
    return world.context.do("test", lambda uow: figures.roll(uow, world.centre, day))


def test_a_day_is_counted_in_the_night_after_it(world: World) -> None:
    (phone,) = world.team("MCT 1")
    day = at_noon(world)
    served = world.call(CALM)
    world.wait(minutes=1)
    phone.text(f"{served.code} 1")
    world.wait(minutes=9)
    for said in ("SCENE", "CLEAR"):
        phone.text(f"{served.code} {said}")
    phone.text("1")
    close(world, served, "linked_to_care")
    world.call(CALM, disposition="test_call")
    assert counted(world, day) == {}

    through_the_night(world)

    found = counted(world, day)
    assert of(found, Figure.CALLS) == {("api", ""): 2}
    assert of(found, Figure.ENDED) == {("linked_to_care", ""): 1, ("test_call", ""): 1}
    assert of(found, Figure.RECOMMENDED) == of(found, Figure.SENT) == {("mobile_crisis", ""): 1}
    assert of(found, Figure.ELIGIBLE) == {("mobile_crisis", ""): 1}
    assert of(found, Figure.UNSERVED) == {}
    assert of(found, Figure.VERDICT) == {("mobile_crisis", "1"): 1}
    (accepted,), (arrived,) = (of(found, it) for it in (Figure.TO_ACCEPT, Figure.TO_ARRIVE))
    assert accepted[1] in {"60", "90"}
    assert arrived[1] in {"600", "900"}
    assert of(found, Figure.ARRIVED) == {(arrived[0], "in_time"): 1}
    assert rolled(world)[day] == 2


def test_who_was_eligible_and_not_served_is_counted_with_the_cause(world: World) -> None:
    """One found no team, of the other a person thought otherwise: police went to both."""
    day = at_noon(world)
    nobody = world.call(CALM)
    (instead,) = world.dispatches(nobody)
    assert instead.response == "police_cit"
    world.wait(minutes=2)
    hand_over(world, instead)
    close(world, nobody, "resolved_on_scene")
    world.team("MCT 1")
    chosen = world.call(CALM, choice=Choice("police", "known_history"))
    hand_over(world, world.dispatch(chosen, "police"))
    through_the_night(world)

    found = counted(world, day)
    assert of(found, Figure.OVERRIDE) == {("known_history", "mobile_crisis>police"): 1}
    assert of(found, Figure.ELIGIBLE) == {("mobile_crisis", ""): 2}
    assert of(found, Figure.UNSERVED) == {
        ("mobile_crisis", "none_on_shift"): 1,
        ("mobile_crisis", "overridden"): 1,
    }
    assert of(found, Figure.POLICE_ALONE) == {("mobile_crisis", ""): 2}
    assert of(found, Figure.SENT) == {("police_cit", ""): 1, ("police", ""): 1}
    assert of(found, Figure.ENDED) == {(STILL_OPEN, ""): 1, ("resolved_on_scene", ""): 1}
    handed_over = {by: count for (_, by), count in of(found, Figure.HANDED_OVER).items()}
    assert handed_over == {"late": 1, "in_time": 1}
    assert {by for _, by in of(found, Figure.ARRIVED)} == {"not_known"}


def hand_over(world: World, dispatch: Dispatch) -> None:
    world.context.do(
        "test",
        lambda uow: cad.confirm(uow, world.centre, uow.get(Dispatch, dispatch.id), "4A12", "26-1"),
    )


def test_what_changes_later_is_counted_again_and_the_same_twice_is_the_same(world: World) -> None:
    (phone,) = world.team("MCT 1")
    day = at_noon(world)
    call = world.call(CALM)
    phone.text(f"{call.code} 1")
    phone.text(f"{call.code} SCENE")
    through_the_night(world)
    before = counted(world, day)
    assert roll(world, day)
    assert counted(world, day) == before
    assert of(before, Figure.ENDED) == {(STILL_OPEN, ""): 1}

    world.wait(days=3)
    phone.text(f"{call.code} CLEAR")
    phone.text("3")
    close(world, call, "with_family")
    with world.context.unit_of_work("test") as uow:
        (follow_up, *_) = uow.session.scalars(
            select(FollowUp).where(FollowUp.call_id == call.id).order_by(FollowUp.id)
        )
        follow_ups.record_attempt(uow, world.centre, follow_up, Attempt("done"))
    from_paper = today(world)
    type_in(world, sheet(world, **went(world), disposition="resolved_on_scene"))
    through_the_night(world)

    after = counted(world, day)
    assert of(after, Figure.ENDED) == {("with_family", ""): 1}
    assert of(after, Figure.VERDICT) == {("mobile_crisis", "3"): 1}
    became = {by for _, by in of(after, Figure.FOLLOW_UP)}
    assert became & {"kept", "kept_late"}
    assert len(rolled(world)) == (today(world) - day).days, "each day that is over"
    assert of(counted(world, from_paper), Figure.CALLS) == {("paper", ""): 1}


def test_a_follow_up_that_nobody_keeps_is_missed_though_nothing_is_written_of_it(
    world: World,
) -> None:
    world.team("MCT 1")
    day = at_noon(world)
    world.call(CALM)
    through_the_night(world)
    first = of(counted(world, day), Figure.FOLLOW_UP)
    assert {became for _, became in first} == {"open"}

    for _ in range(4):
        through_the_night(world)

    later = of(counted(world, day), Figure.FOLLOW_UP)
    assert {became for _, became in later} == {OVERDUE}
    assert sum(later.values()) == sum(first.values())


def test_half_a_yes_of_a_pair_that_stays_on_its_call_is_no_acceptance(world: World) -> None:
    day = at_noon(world)
    clinician, officer, _ = pair_on_its_way(world)
    urgent = call_in(world, 1, "co_responder")
    propose(world, urgent)
    code = code_of(world, urgent)
    clinician.text(f"{code} 1")
    officer.text(f"{code} 2")
    assert world.audited("page.divert_agreed") == 1
    through_the_night(world)

    assert list(of(counted(world, day), Figure.TO_ACCEPT).values()) == [1]


def test_a_sheet_that_is_typed_in_days_later_changes_its_own_day(world: World) -> None:
    at_noon(world)
    world.wait(days=2)
    before = today(world) - timedelta(days=1)
    assert rolled(world).get(before) in {None, 0}
    type_in(world, sheet(world, received_at=f"{before}T10:00"))
    through_the_night(world)
    assert rolled(world)[before] == 1


def put(world: World, at: datetime, number: int) -> None:
    """A call that came in then."""
    with world.context.unit_of_work("test") as uow:
        uow.add(
            Call(
                reference=f"261101-{number:06}",
                code=f"{number:04}",
                state=CallState.CLOSED,
                origin="form",
                received_at=at,
                rule_set="county-default",
                disposition="resolved_on_phone",
            )
        )


NIGHTS = {
    "America/New_York": (date(2025, 11, 2), 25),
    "Europe/Berlin": (date(2026, 3, 29), 23),
    "America/Santiago": (date(2026, 9, 6), 23),
    "America/Havana": (date(2025, 11, 2), 25),
    "Australia/Lord_Howe": (date(2026, 4, 5), 24.5),
}
"""Days on which clocks change, at midnight in two of the zones, and how long they are."""


@pytest.mark.parametrize("zone", NIGHTS)
def test_each_hour_of_a_day_on_which_clocks_change_is_counted_once(world: World, zone: str) -> None:
    home, (day, hours) = ZoneInfo(zone), NIGHTS[zone]
    policy = replace(world.centre.policy, time_zone=home)
    centre = replace(world.centre, policy=policy)
    begins, ends = bounds_of(home, day)
    assert ends - begins == timedelta(hours=hours)
    at, number = begins - timedelta(hours=2), 0
    while at < ends + timedelta(hours=2):
        put(world, at, number)
        at, number = at + timedelta(minutes=30), number + 1
    for one in (day - timedelta(days=1), day, day + timedelta(days=1)):
        world.context.do("test", lambda uow, one=one: figures.roll(uow, centre, one))

    counts = rolled(world)
    assert counts[day] == hours * 2
    assert sum(count or 0 for count in counts.values()) == number


def test_figures_outlive_what_is_erased_and_calls_that_are_gone(world: World) -> None:
    day = at_noon(world)
    call = world.call(CALM)
    close(world, call, "caller_cancelled")
    through_the_night(world)
    before = counted(world, day)
    assert before
    policy = replace(world.centre.policy, words_days=90)
    world.context = replace(world.context, centre=replace(world.centre, policy=policy))
    with world.context.unit_of_work("test") as uow:
        uow.session.execute(text("UPDATE follow_up SET state = 'cancelled'"))
    world.wait(days=91)
    world.context.do("worker", retention.plan)
    through_the_night(world)
    with world.context.reading() as uow:
        assert uow.get(Call, call.id).erased_at is not None
    assert {one for one in counted(world, day) if one[0] != Figure.FOLLOW_UP} == {
        one for one in before if one[0] != Figure.FOLLOW_UP
    }

    last = counted(world, day)
    with world.context.unit_of_work("test") as uow:  # as if it were not there any more
        uow.session.execute(text("UPDATE call SET state = 'replayed'"))
    assert not roll(world, day)
    assert counted(world, day) == last


def test_the_command_counts_a_span_anew(world: World) -> None:
    day = at_noon(world)
    world.call(CALM, disposition="test_call")
    runner, given = CliRunner(), _Tools(world)
    told = runner.invoke(command, ["roll"], obj=given)
    assert told.exit_code == 1
    assert "no such day" in told.output
    world.wait(days=3)
    with world.context.unit_of_work("test") as uow:
        uow.session.execute(delete(DailyFigure))
    told = runner.invoke(command, ["roll", "--from", str(day)], obj=given)
    assert told.output.startswith("counted: 3 days"), told.output
    assert of(counted(world, day), Figure.CALLS) == {("api", ""): 1}


class _Tools:
    def __init__(self, world: World) -> None:
        self.context = lambda: world.context


def test_the_worker_plans_the_next_night_once(world: World) -> None:
    for _ in range(2):
        world.context.do("worker", lambda uow: figures.plan(uow, world.centre))
    with world.context.reading() as uow:
        (due_at,) = uow.session.scalars(select(Timer.due_at).where(Timer.kind == figures.KIND))
        assert due_at.astimezone(world.centre.policy.time_zone).time() == figures.AT
        assert due_at > uow.now
