"""A dispatcher plans what no rule has asked for: a follow-up, a referral to a partner."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from tests.stories.test_call_page import act, look, words
from tests.stories.test_calls import CALM
from tests.world import World
from triage.storage.follow_ups import FollowUp

WHOLE = {"next_contact": "outreach_visit", "next_owner": "case_worker", "hours": "48"}


def test_a_follow_up_has_an_owner_and_a_time(world: World) -> None:
    world.ignores_texts("the desk's page is what matters")
    desk, call = world.client("dispatcher"), world.call(CALM)

    assert "Planned." in act(desk, call, "/follow-up", WHOLE)

    with world.context.reading() as uow:
        made = uow.session.scalars(select(FollowUp).where(FollowUp.rule == "promise")).one()
        assert (made.kind, made.owner_role) == ("outreach_visit", "case_worker")
        assert made.due_at == made.created_at + timedelta(hours=48)
    assert "Visit the person again" in words(look(desk, call))


def test_what_is_missing_is_said_by_its_field_and_what_was_typed_stays(world: World) -> None:
    world.ignores_texts("the desk's page is what matters")
    desk, call = world.client("dispatcher"), world.call(CALM)

    assert "Choose what is to be done." in act(
        desk, call, "/follow-up", WHOLE | {"next_contact": ""}
    )
    assert "Choose who does it." in act(desk, call, "/follow-up", WHOLE | {"next_owner": "anybody"})
    for hours in ("", "0", "721", "soon", "٣"):
        told = act(desk, call, "/follow-up", WHOLE | {"hours": hours})
        assert "Write hours from now, 1 to 720." in told
    assert "Choose the partner." in act(desk, call, "/refer", {"partner": "x"})


def test_a_partner_is_told_by_text_without_a_word_of_health(world: World) -> None:
    partner = world.partner("Harbor House", "shelter")
    world.ignores_texts("the desk's page is what matters")
    desk, call = world.client("dispatcher"), world.call(CALM, narrative="He cries.")

    assert "Referred." in act(desk, call, "/refer", {"partner": "shelter"})

    text = partner.expect("a referral waits")
    assert call.reference in text
    assert "cries" not in text
    again = act(desk, call, "/refer", {"partner": "shelter"})
    assert "referral already." in again


def test_where_no_partner_is_there_the_desk_is_told(world: World) -> None:
    world.ignores_texts("the desk's page is what matters")
    desk, call = world.client("dispatcher"), world.call(CALM)

    act(desk, call, "/refer", {"partner": "shelter"})

    assert "No partner is there: find somebody" in words(look(desk, call))
