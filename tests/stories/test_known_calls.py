"""Duplicates, earlier calls and hazard notes show up while a call is typed."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.stories.test_call_page import clinician
from tests.stories.test_calls import CALM
from tests.stories.test_cancellations import ROUTINE
from tests.stories.test_intake import FORM, count, form_key, send
from tests.world import Browser, World
from triage.services import assessments
from triage.storage.audit import AuditEntry
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch
from triage.storage.hazard_notes import HazardNote

PIER = {"location": "PIER 3 by the crane!", "caller_phone": "202-555-0188"}


@pytest.fixture
def dispatcher(world: World) -> Browser:
    return world.client("dispatcher")


def text_of(answer: Any) -> str:
    found: str = answer.get_data(as_text=True)
    return found


def known(browser: Browser, form: dict[str, Any]) -> str:
    return text_of(browser.submit("/intake", form, to="/intake/known"))


def test_an_open_call_of_the_same_place_or_number_is_shown_and_the_look_is_written_down(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is paged is beside the point")
    call = world.call(CALM, location="Pier 3, by the crane", caller_phone="202-555-0142")
    elsewhere = world.call(CALM, location="The moon")
    world.wait(minutes=4)

    by_place = known(dispatcher, PIER)
    assert f'class="code">{call.code}' in by_place
    assert "(same place)" in by_place
    assert elsewhere.code not in by_place
    assert "(same place)" in known(dispatcher, {"location": "Pier 3"})  # by the list of places
    assert "(same number)" in known(dispatcher, {"caller_phone": "(202) 555-0142"})
    assert "Open in the same zone:" in known(dispatcher, {"location": "x", "zone": "Harbor"})
    assert known(dispatcher, {"location": "Pier 4 or so"}).strip() == ""
    assert world.audited("call.shown_beside") == 1  # one spell of looking
    page = text_of(dispatcher.get(f"/calls/{call.reference}"))
    assert "Shown beside a new call from the same place or number." in page

    world.wait(hours=7)
    assert call.code not in known(dispatcher, PIER)


def test_a_young_call_near_by_is_shown_though_its_place_was_said_otherwise(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is paged is beside the point")
    far = world.call(CALM, location="The old mill", latitude=40.7050, longitude=-75.3002)
    call = world.call(CALM, location="By the fountain", latitude=40.7001, longitude=-75.3002)

    at = {"location": "The big tree", "position": "+40.701500, -75.300201"}
    shown = known(dispatcher, at)
    assert f'class="code">{call.code}' in shown
    assert "(near by)" in shown
    assert far.code not in shown
    shown = known(dispatcher, at | {"position": "+40.902500, -75.300201"})
    assert "(near by)" not in shown
    assert call.code not in shown  # neither has a zone: that is none in common

    world.wait(minutes=31)
    assert "(near by)" not in known(dispatcher, at)


def test_a_quiet_call_near_by_is_told_without_being_offered_as_the_same(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is paged is beside the point")
    quiet = world.call(ROUTINE, location="The bank", latitude=40.7001, longitude=-75.3002)

    shown = known(dispatcher, {"location": "The big tree", "position": "+40.701500, -75.300201"})

    assert "Open near by, not urgent:" in shown
    assert f"attach:{quiet.reference}" in shown
    assert "May be the same as" not in shown
    assert "data-attach" not in shown  # no key does it


def test_a_second_caller_is_attached_with_one_key_and_nobody_is_paged_twice(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM, location="Pier 3, by the crane", caller_phone="202-555-0142")
    phone.expect(f"Reply {call.code}")
    second = FORM | {
        "facts.weapon": "in_hand",
        "facts.injury": "none",
        "caller_relation": "bystander",
    }
    key = form_key(dispatcher)

    answers = {send(dispatcher, second, f"attach:{call.reference}", key).location for _ in range(3)}

    assert answers == {f"/calls/{call.reference}"}
    phone.expect_silence()
    assert (count(world, Call), count(world, Dispatch)) == (1, 1)
    with world.context.reading() as uow:
        kept = uow.get(Call, call.id)
        assert [caller.relation for caller in kept.callers] == [None, "bystander"]
        assert kept.callers[1].said == FORM["narrative"]
        given = assessments.answers_of(uow, kept)
    assert given["injury"]["values"] == [{"value": "none", "source": "second caller"}]
    assert given["weapon"]["values"] == [
        {"value": "none_confirmed", "source": "caller"},
        {"value": "in_hand", "source": "second caller"},
    ]
    page = text_of(dispatcher.get(f"/calls/{call.reference}"))
    assert "The answers contradict each other" in page
    assert "A second caller is attached to this call." in page


def test_a_third_caller_takes_nothing_back_that_the_second_saw(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("who is asked is another story")
    call = world.call(CALM, location="Pier 3, by the crane")
    for weapon in ("in_hand", "none_confirmed", "accessible"):
        send(dispatcher, FORM | {"facts.weapon": weapon}, f"attach:{call.reference}")

    with world.context.reading() as uow:
        weapon_said = assessments.answers_of(uow, uow.get(Call, call.id))["weapon"]
    assert weapon_said["values"] == [
        {"value": "none_confirmed", "source": "caller"},
        {"value": "in_hand", "source": "second caller"},
        {"value": "none_confirmed", "source": "caller 3"},
        {"value": "accessible", "source": "caller 4"},
    ]
    told = text_of(dispatcher.get(f"/calls/{call.reference}"))
    assert "caller 4" in told


def test_a_knife_that_a_second_caller_saw_is_asked_about(world: World, dispatcher: Browser) -> None:
    world.ignores_texts("who is asked is another story")
    unarmed = {fact: said for fact, said in CALM.items() if fact != "weapon"}
    call = world.call(unarmed, location="Pier 3")
    second = {"narrative": "He has picked up a kitchen knife now", "location": "Pier 3"}

    answer = send(dispatcher, second, f"attach:{call.reference}")

    page = text_of(dispatcher.get(answer.location or ""))
    assert "This caller says “knife”. Ask now about: weapon." in page
    with world.context.reading() as uow:
        latest = assessments.latest(uow, uow.get(Call, call.id))
        assert latest is not None
        first = json.loads(latest.result or "")["ask_next"][0]
    assert first["fact"] == "weapon"
    assert "The narrative says “knife”." in first["because"]


def test_attaching_to_a_call_that_was_closed_meanwhile_loses_nothing(
    world: World, dispatcher: Browser
) -> None:
    call = world.call(disposition="wrong_number")
    answer = send(dispatcher, FORM, f"attach:{call.reference}")
    assert answer.status_code == 422
    assert "Take it as a call of its own" in text_of(answer)
    assert "He walks to and fro and cries." in text_of(answer)


def test_earlier_calls_are_told_with_what_was_sent_how_it_ended_and_the_verdict(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM, location="Pier 3, by the crane", caller_phone="202-555-0142")
    for word in ("1", "ON SCENE", "CLEAR", "3"):
        phone.text(f"{call.code} {word}")
    path = f"/calls/{call.reference}"
    dispatcher.submit(path, {"disposition": "resolved_on_scene"}, to=f"{path}/close")
    phone.ignores("what it was answered is beside the point")
    world.wait(days=40)
    dispatcher = world.client("dispatcher")

    told = known(dispatcher, PIER)
    assert "0 in 30 days, 1 in 90 days" in told
    for part in ("Mobile crisis team", "Resolved on scene", "Unsafe without police"):
        assert part in told
    assert call.code not in told
    page = text_of(send(dispatcher, PIER, action="check"))  # without JavaScript too
    assert "Unsafe without police" in page

    world.wait(days=60)
    assert known(world.client("dispatcher"), PIER).strip() == ""


def test_looking_up_asks_by_index_alone(world: World) -> None:
    """No place and no number is read to find an equal one: the plan names the indexes."""
    small = world.context.database.engine.dialect.name == "postgresql"
    plans = []
    with world.context.reading() as uow:
        connection = uow.session.connection()
        if small:  # a table of a few rows is read whole, whatever indexes it has
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for column, table in (
            ("phone_index", "caller"),
            ("location_index", "call"),
            ("found_index", "call"),
            ("place_index", "hazard_note"),
            ("phone_index", "hazard_note"),
        ):
            asked = f"SELECT id FROM {table} WHERE {column} = "
            sql = f"EXPLAIN {asked}'\\x00'" if small else f"EXPLAIN QUERY PLAN {asked}x'00'"
            plans.append(str(connection.exec_driver_sql(sql).all()))
    for plan in plans:
        assert "USING INDEX" in plan or "USING COVERING INDEX" in plan or "Index" in plan, plan


def test_a_hazard_note_is_seen_by_the_desk_and_by_a_team_that_has_the_call_and_is_in_no_text(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    phone.ignores("what stands in the texts is looked at as a whole")
    written = dispatcher.submit(
        "/hazards", {"text": "Large <b>dog</b>, bites", "place": "Pier 3", "days": "90"}
    )
    assert written.status_code == 303
    assert "Large &lt;b&gt;dog&lt;/b&gt;, bites" in known(dispatcher, PIER)

    call = world.call(CALM, location="Pier 3, by the crane")
    page = text_of(dispatcher.get(f"/calls/{call.reference}"))
    assert "Large &lt;b&gt;dog&lt;/b&gt;, bites" in page
    me = clinician(world, phone)
    assert "dog" not in text_of(me.get(f"/calls/{call.reference}"))  # not theirs yet
    phone.text(f"{call.code} 1")
    assert "Large &lt;b&gt;dog&lt;/b&gt;, bites" in text_of(me.get(f"/calls/{call.reference}"))
    assert not [text for text in phone.inbox if "dog" in text]


def test_a_note_needs_an_end_a_subject_and_words(world: World, dispatcher: Browser) -> None:
    whole = {"text": "Loose stairs", "place": "Pier 3", "phone": "", "days": "90"}
    for field, wrong, told in (
        ("text", "", "Write what is dangerous there."),
        ("text", "x" * 301, "300 fit"),
        ("place", "!", "about a place or a number"),
        ("phone", "12", "number"),
        ("days", "many", "ends after 1 to 365 days"),
        ("days", "366", "ends after 1 to 365 days"),
    ):
        answer = dispatcher.submit("/hazards", whole | {field: wrong})
        assert answer.status_code == 422, field
        assert told in text_of(answer), field
    assert count(world, HazardNote) == 0


def test_a_note_without_days_ends_after_the_days_that_the_form_says(
    world: World, dispatcher: Browser
) -> None:
    call = world.call(CALM, location="12 Mill Lane")
    world.ignores_texts("who is paged is beside the point")
    path = f"/calls/{call.reference}"
    for page in ("/hazards", path):
        assert "Empty means 90 days; 365 at most." in text_of(dispatcher.get(page))

    on_list = dispatcher.submit("/hazards", {"text": "Ice", "place": "Pier 3", "days": ""})
    form = {"text": "Loose stairs", "about": "said", "days": " "}
    on_call = dispatcher.submit(path, form, to=f"{path}/hazards")

    assert (on_list.status_code, on_call.status_code) == (303, 303)
    with world.context.reading() as uow:
        notes = uow.session.scalars(select(HazardNote)).all()
    assert [one.expires_at - one.created_at for one in notes] == [timedelta(days=90)] * 2


def test_a_supervisor_reviews_and_removes_and_what_has_ended_vanishes_but_is_kept(
    world: World, dispatcher: Browser
) -> None:
    call = world.call(CALM, location="12 Mill Lane", caller_phone="202-555-0142")
    world.ignores_texts("who is paged is beside the point")
    path = f"/calls/{call.reference}"
    form = {"text": "Gun in the house", "about": "+12025550142", "days": "90"}
    assert dispatcher.submit(path, form, to=f"{path}/hazards").status_code == 303
    wrong = dispatcher.submit(path, form | {"about": "+12025550999"}, to=f"{path}/hazards")
    assert (wrong.status_code, "Choose what the note is about" in text_of(wrong)) == (422, True)
    with world.context.reading() as uow:
        note = uow.session.scalars(select(HazardNote)).one()
        assert b"Gun" not in (note.text_sealed or b"")
        assert note.expires_at - note.created_at == timedelta(days=90)
    assert dispatcher.submit("/hazards", {}, to=f"/hazards/{note.id}/remove").status_code == 403

    world.wait(days=80)
    boss = world.client("supervisor")
    boss.submit("/hazards", {}, to=f"/hazards/{note.id}/review")
    world.wait(days=80)
    boss = world.client("supervisor")
    assert "reviewed by Test supervisor" in text_of(boss.get("/hazards"))
    boss.submit("/hazards", {}, to=f"/hazards/{note.id}/remove")
    assert "Gun in the house" not in text_of(boss.get("/hazards"))
    assert "Gun in the house" not in known(boss, {"caller_phone": "202-555-0142"})
    with world.context.reading() as uow:
        events = uow.session.scalars(
            select(AuditEntry.event)
            .where(AuditEntry.subject_table == "hazard_note")
            .order_by(AuditEntry.created_at)
        ).all()
        assert uow.get(HazardNote, note.id).text == "Gun in the house"
    assert events == ["hazard_note.added", "hazard_note.reviewed", "hazard_note.removed"]
