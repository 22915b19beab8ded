"""Lists that may be long come page by page: nothing is left out or told twice, whatever comes or
goes while somebody turns the pages."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

from sqlalchemy import select

from tests.stories.test_past_calls import closed_calls, find, over
from tests.typical_calls import CALM
from tests.world import Browser, World
from triage.domain.lifecycle import FollowUpState
from triage.services import communication_tests, follow_ups, hazard_notes, past_calls, rule_sets
from triage.storage.follow_ups import FollowUp
from triage.storage.reach_tests import ReachRun

_FURTHER = re.compile(r'class="button" href="([^"]*[?&;]after=[^"]*)"')


def further(page: str) -> str:
    """Where the link to what comes after this page leads."""
    (link,) = _FURTHER.findall(page)
    return unescape(link)


def pressed(desk: Browser, page: str, name: str) -> str:
    """The page that the button of this name leads to."""
    value = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert value, f"no button {name}"
    return find(desk, **{name: unescape(value[1])})


def listed(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/calls/([^"]+)"', page)


def test_past_calls_are_turned_back_and_forth_while_new_ones_are_closed(world: World) -> None:
    world.ignores_texts("who is asked is another story")
    desk, most = world.client("dispatcher"), past_calls.PAGE
    closed_calls(world, 2 * most + 5)
    first = find(desk)
    assert 'name="before"' not in first
    second = pressed(desk, first, "after")
    third = pressed(desk, second, "after")
    every = [*listed(first), *listed(second), *listed(third)]
    assert (
        every == [f"261101-{number:06}" for number in range(2 * most + 5)]
        or len({*every}) == 2 * most + 5
    )
    assert 'name="after"' not in third

    newest = over(world)
    assert listed(pressed(desk, third, "before")) == listed(second)
    assert listed(pressed(desk, second, "after")) == listed(third)
    again = pressed(desk, second, "before")
    assert listed(again) == listed(first)
    top = pressed(desk, again, "before")  # as full as can be, with what has come
    assert listed(top) == [newest.reference, *listed(first)][:most]
    assert 'name="before"' not in top


def test_follow_ups_go_on_where_the_page_before_ended(world: World) -> None:
    world.ignores_texts("reminders are another story")
    most, desk = follow_ups.MOST_LISTED, world.client("supervisor")
    call = world.call(CALM, disposition="resolved_on_phone")
    with world.context.unit_of_work("test") as uow:
        for number in range(most + 3):
            uow.add(
                FollowUp(
                    call_id=call.id,
                    kind="call_back",
                    what="Ask whether the ride came",
                    rule=f"rule-{number}",
                    owner_role="clinician",
                    due_at=uow.now + timedelta(hours=number // 2),
                    state=FollowUpState.OPEN,
                    consent="not_needed",
                    safe_to_call="yes",
                    safe_to_text="no",
                    safe_to_leave_message="no",
                )
            )

    def keys(page: str) -> list[str]:
        return re.findall(r'<th scope="row"><a href="/follow-ups/([^"]+)"', page)

    first = desk.get("/follow-ups?owner=clinician").text
    with world.context.unit_of_work("test") as uow:  # somebody has done the last of that page
        last = uow.session.scalars(select(FollowUp).order_by(FollowUp.due_at, FollowUp.id)).all()
        last[most - 1].state = FollowUpState.DONE
    second = desk.get(further(first)).text
    assert len(keys(first)) == most
    assert len(keys(second)) == 3
    assert not {*keys(first)} & {*keys(second)}
    assert not _FURTHER.search(second)
    assert 'href="/follow-ups?owner=clinician"' in second

    with world.context.unit_of_work("test") as uow:  # nobody was reached
        for one in uow.session.scalars(select(FollowUp)):
            one.state = FollowUpState.NOT_REACHED
    latest = follow_ups.MOST_NOT_REACHED
    ended = desk.get("/follow-ups?owner=clinician").text
    assert f"Ended, nobody was reached, the latest: {latest}" in ended
    assert len(keys(ended)) == latest


def test_hazard_notes_go_on_where_the_page_before_ended(world: World) -> None:
    desk, most = world.client("dispatcher"), hazard_notes.SHOWN
    with world.context.unit_of_work("test") as uow:
        for number in range(most + 2):
            hazard_notes.add(uow, world.centre, f"Loose stairs {number:03}", place="Pier 3")
    first = desk.get("/hazards").text
    second = desk.get(further(first)).text
    notes = re.compile(r"Loose stairs \d{3}")
    assert len(notes.findall(first)) == most
    assert len({*notes.findall(first), *notes.findall(second)}) == most + 2
    assert not _FURTHER.search(second)


def test_publications_go_on_where_the_page_before_ended(world: World) -> None:
    boss, most, here = world.client("supervisor"), rule_sets.PAGE, "/rules/county-default/versions"
    with world.context.unit_of_work("test") as uow:
        live = rule_sets.holding(uow, "county-default").of
        for _ in range(most + 1):  # and the one from the beginning
            rule_sets.publish(uow, live, "test", "rolled_back")
    first = boss.get(here).text
    second = boss.get(further(first)).text
    assert (first.count('data-label="Version"'), second.count('data-label="Version"')) == (most, 2)
    assert "Live now" in first
    assert "Live now" not in second
    assert not _FURTHER.search(second)


def test_earlier_tests_go_on_before_the_one_that_is_shown(world: World) -> None:
    boss, most = world.client("supervisor"), communication_tests.MOST_RUNS
    with world.context.unit_of_work("test") as uow:
        for week in range(most + 3):
            began = uow.now - timedelta(weeks=week)
            uow.add(ReachRun(due_at=began, started_at=began, by_plan=True))

    def earlier(page: str) -> list[str]:
        return re.findall(r'<li><a href="(/teams/tests/[^"]+)"', page)

    newest = boss.get("/teams/tests").text
    assert "The newest test" not in newest
    assert len(earlier(newest)) == most
    last = boss.get(earlier(newest)[-1]).text
    assert len(earlier(last)) == 2
    assert not {*earlier(newest)} & {*earlier(last)}
    assert "The newest test" in last
