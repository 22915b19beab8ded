"""The screens are back: what was written on paper is typed in with its true times."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from tests.stories.test_call_page import act, words
from tests.stories.test_calls import CALM, state
from tests.world import World
from triage.services.sending import Choice
from triage.storage.calls import Call, Caller, Override
from triage.storage.dispatches import Dispatch
from triage.storage.follow_ups import FollowUp
from triage.storage.teams import Team

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
    received, ended = (instant(world, form[it]) for it in ("received_at", "cleared_at_1"))
    with world.context.reading() as uow:
        typed_in = f"(typed in {uow.now.astimezone(world.centre.policy.time_zone):%H:%M}"
        assert uow.session.scalars(select(Caller.created_at)).one() == received
    story = [words(line) for line in re.findall(r"<li><time.*?</li>", page, re.DOTALL)]
    for at_, what in (
        (received, "Call taken (paper)."),
        (said, "From paper: Mobile crisis team, Mobile 1"),
        (ended, "Call closed"),
    ):
        line = next(one for one in story if what in one)
        assert f"{at_:%H:%M}:00" in line
        assert typed_in in line
    (typed_line,) = (one for one in story if "Written down from paper." in one)
    assert "(typed in" not in typed_line
    happened = [
        next(at for at, one in enumerate(story) if what in one)
        for what in ("Written down from paper.", "Call closed", "From paper:", "Call taken")
    ]
    assert happened == sorted(happened)  # the newest first
    with world.context.reading() as uow:
        planned = uow.session.scalars(select(FollowUp)).all()
        assert planned
        assert {(it.due_at - received) % timedelta(hours=1) for it in planned} == {timedelta()}
        assert uow.session.scalars(select(Override)).all() == []
    assert "typed in from paper" in words(page.split('id="call-answers"')[1].split("</details>")[0])


def test_of_a_call_that_is_over_nothing_more_is_asked(world: World) -> None:
    few = {name: "" for name in sheet(world) if name.startswith("facts.")}
    type_in(world, sheet(world, **few, **went(world), disposition="resolved_on_scene"))
    desk, path = world.client("dispatcher"), f"/calls/{only_call(world).reference}"

    for page in (desk.get(path).text, desk.get(f"{path}/sheet").text):
        assert "Not decided: too few answers" in words(page)
        for asked in ("Ask more first", "May still become", "Matters next"):
            assert asked not in words(page)


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


def test_why_another_went_is_written_in_the_language_of_whoever_types_the_sheet(
    world: World,
) -> None:
    desk = world.client("dispatcher")
    desk.submit("/board", {"language": "es"}, to="/language")
    form = sheet(world, **went(world, "co_responder"), disposition="resolved_on_scene")
    assert desk.submit(PATH, form).status_code == 303
    with world.context.reading() as uow:
        (override,) = uow.session.scalars(select(Override)).all()
        assert override.note == "Decidido en papel, sin pantalla."


def test_who_still_comes_is_awaited_since_they_were_sent(world: World) -> None:
    sent = went(world, "police", on_scene_at_1="", cleared_at_1="")
    type_in(world, sheet(world, **sent))

    call = only_call(world)
    (dispatch,) = world.dispatches(call)
    assert dispatch.created_at == instant(world, sent["sent_at_1"])
    local = dispatch.created_at.astimezone(world.centre.policy.time_zone)
    page = words(world.client("dispatcher").get(f"/calls/{call.reference}").text)
    assert f"Confirmed {local:%H:%M}" in page
    assert "Police officers will come to you." in page


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


def test_all_that_is_wrong_is_told_at_once_each_beside_its_field(world: World) -> None:
    row = went(world, "the_cavalry", unit_1="", cleared_at_1=at(world, -30))
    form = sheet(world, **row, disposition="vanished", next_at="soon", next_owner="nobody")
    always = {"cleared_at_1", "disposition", "response_1", "unit_1"}
    for change, told in (
        ({"next_at": at(world, -600)}, {"next_contact", "next_owner"}),
        ({"next_contact": "call_back"}, {"next_at", "next_owner"}),
        ({"received_at": ""}, {"next_at", "received_at"}),
        ({"sent_at_1": "then", "next_at": ""}, {"sent_at_1"}),
    ):
        answered = type_in(world, {**form, **change})
        assert answered.status_code == 422
        found = re.findall(r'class="error" id="e-([\w.]+)"', answered.text)
        assert set(found) == always | told
    with world.context.reading() as uow:
        assert uow.session.scalars(select(Call)).all() == []


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


def test_what_the_sheet_says_of_languages_and_people_stands_in_the_call(world: World) -> None:
    spoken = {"language": "es", "interpreter": "yes", "caller_relation": "family"}
    subject = {"subject_name": "Luis Paz", "subject_language": "es", "call_back": "text"}

    type_in(world, sheet(world, **spoken, **subject))

    page = words(world.client("dispatcher").get(f"/calls/{only_call(world).reference}").text)
    assert "interpreter needed" in page
    assert "Luis Paz" in page
    with world.context.reading() as uow:
        (caller,) = uow.session.scalars(select(Caller)).all()
        assert (caller.language, caller.relation, caller.call_back) == ("es", "family", ["text"])


def test_what_was_promised_on_paper_is_a_follow_up_of_whoever_owes_it(world: World) -> None:
    promised = {
        "next_contact": "call_back",
        "next_at": at(world, -60 * 24),
        "next_owner": "dispatcher",
    }

    type_in(world, sheet(world, **went(world), **promised, disposition="resolved_on_scene"))

    with world.context.reading() as uow:
        made = uow.session.scalars(select(FollowUp).where(FollowUp.rule == "promise")).one()
        assert (made.kind, made.owner_role) == ("call_back", "dispatcher")
        assert made.due_at == instant(world, promised["next_at"])
        shown = f"/follow-ups/{made.id}"
    page = words(world.client("dispatcher").get(shown).text)
    assert "Promised on the call" in page


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("next_contact", "Choose what was promised."),
        ("next_at", "Write day and time of the next contact."),
        ("next_owner", "Choose who is to do it."),
    ],
)
def test_half_a_promise_is_asked_about(world: World, missing: str, told: str) -> None:
    promised = {
        "next_contact": "call_back",
        "next_at": at(world, -60),
        "next_owner": "dispatcher",
        missing: "",
    }
    if missing == "next_owner":
        promised["next_owner"] = ""

    answered = type_in(world, sheet(world, **promised))

    assert answered.status_code == 422
    assert told in words(answered.text)


def test_a_sheet_that_two_people_type_in_is_asked_about(world: World) -> None:
    form = sheet(world, **went(world), disposition="resolved_on_scene")
    type_in(world, form)
    first = only_call(world)
    again = {**form, "form_key": str(uuid4())}

    asked = world.client("supervisor").submit(PATH, again)

    assert asked.status_code == 422
    assert f"Call {first.code} came in at the same minute" in words(asked.text)
    assert f"/calls/{first.reference}" in asked.text
    assert only_call(world).id == first.id
    said = world.client("supervisor").submit(PATH, {**again, "another": "yes"})
    assert said.status_code == 303
    with world.context.reading() as uow:
        assert len(uow.session.scalars(select(Call)).all()) == 2


def test_a_team_on_a_call_from_paper_is_not_retired(world: World) -> None:
    world.team("MCT 1")
    type_in(world, sheet(world, **went(world, unit_1="MCT 1", cleared_at_1="")))
    with world.context.reading() as uow:
        team = uow.session.scalars(select(Team).where(Team.name == "MCT 1")).one()
    boss = world.client("supervisor")

    refused = boss.submit(f"/teams/{team.id}", {}, to=f"/teams/{team.id}/retire")

    assert "omebody is on a call now" in words(refused.text)
    with world.context.reading() as uow:
        assert uow.get(Team, team.id).retired_at is None


def until_clocks_are_put_back(world: World) -> datetime:
    """It becomes the morning after. The instant at which an hour begins for the second time."""
    zone = world.centre.policy.time_zone
    with world.context.reading() as uow:
        now = uow.now
    at = now.replace(minute=0, second=0, microsecond=0)
    while at.astimezone(zone).utcoffset() <= (at + timedelta(hours=1)).astimezone(zone).utcoffset():
        at += timedelta(hours=1)
    twice = at + timedelta(hours=1)
    world.wait(seconds=(twice + timedelta(hours=8) - now).total_seconds())
    return twice


def test_times_of_the_hour_that_comes_twice_are_told_apart(world: World) -> None:
    second = until_clocks_are_put_back(world)
    local = second.astimezone(world.centre.policy.time_zone)
    at_half, at_ten = f"{local:%Y-%m-%dT%H}:30", f"{local:%Y-%m-%dT%H}:10"
    form = {**sheet(world), **went(world), "received_at": at_half, "sent_at_1": at_ten}
    form |= {"on_scene_at_1": at_half, "cleared_at_1": "", "cad_number_1": ""}
    assert f"{local:%-d %b %Y}" in world.client("dispatcher").get(PATH).text

    assert type_in(world, form).status_code == 303

    first_call = only_call(world)
    assert first_call.received_at == second - timedelta(minutes=30)
    (dispatch,) = world.dispatches(first_call)
    assert dispatch.confirmed_at == second + timedelta(minutes=10)
    later = {**form, "form_key": str(uuid4()), "after_put_back": "yes", "sent_at_1": at_half}
    assert type_in(world, later).status_code == 303
    with world.context.reading() as uow:
        newest = uow.session.scalars(select(Call).order_by(Call.received_at.desc())).first()
        assert newest.received_at == second + timedelta(minutes=30)


def test_on_other_days_nobody_is_asked_about_clocks_put_back(world: World) -> None:
    until_clocks_are_put_back(world)
    world.wait(days=8)

    assert "clocks were put back" not in world.client("dispatcher").get(PATH).text
