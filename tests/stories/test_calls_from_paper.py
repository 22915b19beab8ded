"""The screens are back: what was written on paper is typed in with its true times."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from tests.stories.test_call_page import act, words
from tests.stories.test_calls import CALM, state
from tests.world import World
from triage.services.sending import Choice
from triage.storage.calls import Call, Override
from triage.storage.dispatches import Dispatch
from triage.storage.follow_ups import FollowUp

PATH = "/intake/paper"


def at(world: World, ago_min: float) -> str:
    """So many minutes ago, as a field of the form holds it."""
    with world.context.reading() as uow:
        local = (uow.now - timedelta(minutes=ago_min)).astimezone(world.centre.policy.time_zone)
    return f"{local.replace(second=0, tzinfo=None):%Y-%m-%dT%H:%M}"


def instant(world: World, field: str) -> datetime:
    return datetime.fromisoformat(field).replace(tzinfo=world.centre.policy.time_zone)


def sheet(world: World, **more: str) -> dict[str, str]:
    answers = {f"facts.{fact}": answer for fact, answer in CALM.items()}
    return {
        "form_key": str(uuid4()),
        "received_at": at(world, 120),
        "location": "Pier 3, by the crane",
        "caller_phone": "202 555 0143",
        "narrative": "He sits there and cries.",
        **answers,
        **more,
    }


def went(world: World, response: str = "mobile_crisis", **more: str) -> dict[str, str]:
    return {
        "response_1": response,
        "unit_1": "Mobile 1",
        "sent_at_1": at(world, 115),
        "on_scene_at_1": at(world, 95),
        "cleared_at_1": at(world, 40),
        **more,
    }


def type_in(world: World, form: dict[str, str]) -> Any:
    return world.client("dispatcher").submit(PATH, form)


def only_call(world: World) -> Call:
    with world.context.reading() as uow:
        return uow.session.scalars(select(Call)).one()


def test_a_sheet_becomes_a_closed_call_with_its_true_times_and_pages_nobody(world: World) -> None:
    (phone,) = world.team("MCT 1")
    form = sheet(world, **went(world), disposition="resolved_on_scene")

    answered = type_in(world, form)

    assert answered.status_code == 303
    call = only_call(world)
    assert (call.origin, state(world, call)) == ("paper", "closed")
    assert call.received_at == instant(world, form["received_at"])
    assert call.closed_at == instant(world, form["cleared_at_1"])
    assert call.disposition == "resolved_on_scene"
    (dispatch,) = world.dispatches(call)
    assert dispatch.confirmed_at == instant(world, form["sent_at_1"])
    assert dispatch.created_at == instant(world, form["sent_at_1"])
    assert dispatch.ended_at == instant(world, form["cleared_at_1"])
    assert phone.inbox == []
    page = world.client("dispatcher").get(f"/calls/{call.reference}").text
    said = instant(world, form["sent_at_1"])
    assert f"Mobile 1, sent {said:%H:%M}, on scene" in page
    assert "On scene after 25 min" in words(page)
    with world.context.reading() as uow:
        assert uow.session.scalars(select(FollowUp)).all()
        assert uow.session.scalars(select(Override)).all() == []


def test_the_same_form_twice_is_one_call(world: World) -> None:
    form = sheet(world, **went(world), disposition="resolved_on_scene")

    first, second = type_in(world, form), type_in(world, form)

    assert first.location == second.location
    only_call(world)


def test_what_goes_on_stays_on_the_board_with_its_unit_until_it_is_closed(world: World) -> None:
    form = sheet(world, **went(world, "co_responder", unit_1="CIT 9", cleared_at_1=""))

    type_in(world, form)

    call = only_call(world)
    assert state(world, call) == "open"
    board = world.client("dispatcher").get("/board").text
    assert call.code in board
    assert "CIT 9" in board
    with world.context.reading() as uow:
        (override,) = uow.session.scalars(select(Override)).all()
        assert (override.recommended, override.chosen) == ("mobile_crisis", "co_responder")
        assert override.note == "Decided on paper, without a screen."

    closed = world.client("dispatcher").submit(
        f"/calls/{call.reference}",
        {"disposition": "linked_to_care"},
        to=f"/calls/{call.reference}/close",
    )
    assert closed.status_code == 303
    assert state(world, call) == "closed"
    with world.context.reading() as uow:
        assert uow.session.scalars(select(Dispatch)).one().ended_at is not None


def test_who_still_comes_is_awaited_since_they_were_sent(world: World) -> None:
    type_in(world, sheet(world, **went(world, "police", on_scene_at_1="", cleared_at_1="")))

    call = only_call(world)
    (dispatch,) = world.dispatches(call)
    due = dispatch.created_at + timedelta(minutes=dispatch.within_min)
    assert dispatch.created_at == instant(world, at(world, 115))
    local = due.astimezone(world.centre.policy.time_zone)
    page = words(world.client("dispatcher").get(f"/calls/{call.reference}").text)
    assert f"They should be there by {local:%H:%M}" in page


def test_to_whom_nobody_went_and_who_was_not_asked_enough_the_default_route_goes(
    world: World,
) -> None:
    (phone,) = world.team("MCT 1")
    desk = world.client("dispatcher")
    form = {name: value for name, value in sheet(world).items() if not name.startswith("facts.")}

    type_in(world, form)

    call = only_call(world)
    assert state(world, call) == "asking"
    assert "Nothing open: close it" not in words(desk.get("/board").text)
    phone.expect_silence()
    world.ignores_texts("who is asked by the default route is another story")
    world.wait(minutes=15)
    assert state(world, call) == "open"
    assert world.dispatches(call) != []


def waiting_call(world: World) -> Call:
    """A call for which a mobile team is wanted and none is free."""
    call = world.call(CALM, choice=Choice("mobile_crisis", "caller_wishes"))
    world.desk.expect("nobody is left to ask")
    assert world.dispatch(call, "mobile_crisis").state == "unfilled"
    return call


@pytest.mark.parametrize("on_scene_min", [None, 95])
def test_a_team_of_ours_that_paper_sent_is_busy_until_it_is_done(
    world: World, on_scene_min: float | None
) -> None:
    (phone,) = world.team("Mobile 1")
    desk, there = world.client("dispatcher"), at(world, on_scene_min) if on_scene_min else ""
    form = sheet(world, **went(world, unit_1="mobile 1", on_scene_at_1=there, cleared_at_1=""))
    type_in(world, form)
    old = only_call(world)
    assert "Mobile 1" in words(desk.get("/board").text)
    page = words(desk.get(f"/calls/{old.reference}").text)
    assert ("On scene after 25 min" in page) is (on_scene_min is not None)
    assert ("They are there now." in page) is (on_scene_min is not None)

    new = waiting_call(world)
    phone.expect_silence()

    ends = ("on_scene", "cleared") if on_scene_min is None else ("cleared",)
    for step in ends:
        act(desk, old, "/progress", {"to": step})
    world.settle()
    phone.expect(new.code)


def test_closing_the_call_from_paper_frees_the_team_too(world: World) -> None:
    (phone,) = world.team("Mobile 1")
    type_in(world, sheet(world, **went(world, cleared_at_1="")))
    old = only_call(world)
    new = waiting_call(world)
    phone.expect_silence()

    told = act(world.client("dispatcher"), old, "/close", {"disposition": "linked_to_care"})
    assert state(world, old) == "closed", told
    world.settle()
    phone.expect(new.code)


@pytest.mark.parametrize(
    ("field", "minutes_ago", "said"),
    [
        ("received_at", -90, "in the future"),
        ("received_at", 60 * 24 * 9, "more than 7 days ago"),
        ("sent_at_1", 130, "before the call"),
        ("on_scene_at_1", 118, "before the time above it"),
        ("cleared_at_1", -30, "in the future"),
    ],
)
def test_times_that_cannot_be_are_told_beside_the_field_and_all_is_kept(
    world: World, field: str, minutes_ago: float, said: str
) -> None:
    form = sheet(world, **went(world), disposition="resolved_on_scene")

    answered = type_in(world, {**form, field: at(world, minutes_ago)})

    assert answered.status_code == 422
    assert said in answered.text
    for kept in ("Pier 3, by the crane", "He sits there and cries.", "Mobile 1"):
        assert kept in answered.text
    with world.context.reading() as uow:
        assert uow.session.scalars(select(Call)).all() == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"received_at": ""}, "Write when the call came in"),
        ({"received_at": "yesterday"}, "Write day and time"),
        ({"sent_at_1": ""}, "Write when they were sent"),
        ({"unit_1": ""}, "Write which team or unit went"),
        ({"response_1": "the_cavalry"}, "Choose who was sent"),
        ({"disposition": "vanished"}, "Choose how the call ended"),
        ({"narrative": "", "facts": ""}, ""),
    ],
)
def test_what_is_missing_is_asked_for(world: World, change: dict[str, str], said: str) -> None:
    form = sheet(world, **went(world), disposition="resolved_on_scene")
    if "facts" in change:
        form = {name: value for name, value in form.items() if not name.startswith("facts.")}
        said = "Write what happens, or answer at least one question."

    answered = type_in(world, {**form, **change})

    assert answered.status_code == 422
    assert said in answered.text


def test_what_is_wrong_stands_in_the_row_where_it_was_written(world: World) -> None:
    second = {name.replace("_1", "_2"): value for name, value in went(world).items()}

    for field, value, said in (
        ("unit_2", "", "Write which team or unit went"),
        ("on_scene_at_2", at(world, 118), "before the time above it"),
    ):
        answered = type_in(world, sheet(world, **second | {field: value}))

        assert answered.status_code == 422
        beside = answered.text[answered.text.index(f'id="e-{field}"') :]
        assert said in beside[: beside.index("</p>")]
        assert f'id="e-{field.replace("_2", "_1")}"' not in answered.text


def test_a_clinician_may_not(world: World) -> None:
    assert world.client("clinician").get(PATH).status_code == 403
