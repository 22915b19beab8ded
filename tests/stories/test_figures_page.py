"""What supervisors read in the figures of whole months."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import update

from tests.stories.test_alarms import words
from tests.stories.test_calls import close
from tests.stories.test_figures import at_noon, hand_over, through_the_night
from tests.typical_calls import CALM
from tests.world import World
from triage.services.figure_reports import Span, Standing
from triage.services.sending import Choice
from triage.storage.figures import DailyFigure, RolledDay

HERE = "/figures"


@pytest.fixture(autouse=True)
def whom_texts_reach_is_another_story(world: World) -> None:
    world.ignores_texts("another story")


def a_day(world: World) -> date:
    """A team comes to one call, to another police are sent by a person."""
    (phone,) = world.team("MCT 1", calls_at_once=9)
    day = at_noon(world)
    served = world.call(CALM)
    world.wait(minutes=1)
    phone.text(f"{served.code} 1")
    world.wait(minutes=9)
    for said in ("SCENE", "CLEAR"):
        phone.text(f"{served.code} {said}")
    phone.text("3")
    close(world, served, "linked_to_care")
    chosen = world.call(CALM, choice=Choice("police", "known_history"))
    hand_over(world, world.dispatch(chosen, "police"))
    through_the_night(world)
    return day


def test_the_page_teaches_until_a_day_was_counted_and_then_says_what_was(world: World) -> None:
    boss = world.client("supervisor")
    assert "it has no day that is over, so there is nothing to count" in words(boss, HERE)

    day = a_day(world)

    boss = world.client("supervisor")
    page = words(boss, f"{HERE}?span={day:%Y-%m}")
    assert "2 calls came in from" in page
    assert f"Counted through {day.day} {day:%b %Y}" in page
    assert "It was sent in 1 of 2 such calls (50 %). In 1 police went without" in page
    assert "A person chose otherwise 1" in page
    assert "Mobile crisis team 2 1" in page
    assert "Police patrol 0 1" in page
    assert "What we know of the person or place 1" in page
    assert "Police patrol instead of Mobile crisis team: 1" in page
    assert "Linked to care or services 1" in page
    assert "up to 15 s" in page, "until a unit had it"
    assert "10 to 15 min" in page or "7 to 10 min" in page
    assert "of fewer than 20 calls a share or a time is mostly chance" in page
    assert "few" in page
    for part in ("Verdicts of those who were there", "Follow-ups, kept and missed"):
        assert part in page


def test_months_can_be_chosen_and_what_is_no_month_shows_the_latest(world: World) -> None:
    day = a_day(world)
    long_ago = day - timedelta(days=300)
    with world.context.unit_of_work("test") as uow:
        uow.session.execute(update(DailyFigure).values(day=long_ago))
        uow.session.add(RolledDay(day=long_ago, calls=2, rolled_at=uow.now, due=False))
    boss = world.client("supervisor")
    latest = boss.get(HERE).text
    assert latest.count("<option") > 10
    assert "No call came in in this time." in latest
    for nonsense in ("2026-13", "x", "1900-01", "%00"):
        assert boss.get(f"{HERE}?span={nonsense}").text.count("No call came in in this time.") == 1
    assert "2 calls came in from 1 " in words(boss, f"{HERE}?span={long_ago:%Y-%m}")
    assert "2 calls came in from 1 " in words(boss, f"{HERE}?span=year")


def test_nobody_else_sees_them_and_a_supervisor_finds_them_in_spanish_too(world: World) -> None:
    for role in ("dispatcher", "clinician", "administrator"):
        assert world.client(role).get(HERE).status_code == 403
        assert f'href="{HERE}"' not in world.client(role).get("/", follow_redirects=True).text
    boss = world.client("supervisor")
    assert f'href="{HERE}"' in boss.get("/board").text
    a_day(world)
    boss = world.client("supervisor")
    boss.submit("/board", {"language": "es"}, to="/language")
    page = words(boss, HERE)
    assert "Contado hasta el" in page
    assert "Equipo móvil de crisis" in page
    assert "Patrulla de policía en lugar de Equipo móvil de crisis: 1" in page
    for english in ("calls came in", "within", "Target", "verdict"):
        assert english not in page


def test_a_year_ends_with_the_month_that_figures_reach() -> None:
    assert Span.of_year(date(2026, 11, 29)).first == date(2025, 12, 1)
    assert Span.of_year(date(2026, 12, 1)).first == date(2026, 1, 1)
    assert Span.of_month(date(2028, 2, 7)) == Span(date(2028, 2, 1), date(2028, 2, 29))
    months = Standing(date(2025, 11, 30), date(2026, 2, 1), 0).months
    assert [f"{one:%y-%m}" for one in months] == ["26-02", "26-01", "25-12", "25-11"]
