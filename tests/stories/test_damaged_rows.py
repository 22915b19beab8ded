"""One value that cannot be decrypted: a list shows all else, and says in its place what to do."""

import re
from uuid import UUID

import pytest
from sqlalchemy import select, update

from tests.stories.test_api import Program
from tests.stories.test_board import board, row
from tests.stories.test_calls import CALM
from tests.stories.test_follow_ups import PLAN
from tests.typical_calls import UNARMED
from tests.world import Browser, World
from triage.entrypoints import downtime_paper
from triage.services import assessments, follow_ups, hazard_notes
from triage.storage.base import Row
from triage.storage.calls import AssessmentRecord, Call
from triage.storage.hazard_notes import HazardNote
from triage.storage.messages import InboundMessage, Message
from triage.storage.people import Account
from triage.storage.teams import Partner, Responder

NOWHERE = "CANNOT BE READ: ask where, by telephone or radio"
NO_PAGE = "What was saved here cannot be decrypted"


def damage(world: World, kind: type[Row], column: str, key: UUID | None = None) -> None:
    """One bit of a sealed value changes; of the newest row where none is named."""
    sealed = getattr(kind, f"{column}_sealed")
    asked = select(kind.id, sealed).where(sealed.is_not(None)).order_by(kind.created_at.desc())
    with world.context.database.engine.begin() as connection:
        found = connection.execute(asked.where(kind.id == key) if key else asked).first()
        assert found is not None
        altered = found[1][:-1] + bytes([found[1][-1] ^ 1])
        connection.execute(update(kind).where(kind.id == found[0]).values({sealed: altered}))


def words(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


@pytest.fixture
def desk(world: World) -> Browser:
    world.ignores_texts("only what the desk reads counts")
    return world.client("dispatcher")


def test_a_place_that_cannot_be_read_leaves_the_board_as_it_is(world: World, desk: Browser) -> None:
    whole = world.call(CALM, location="Pier 3")
    blind = world.call(CALM, location="Canal Street 7", latitude=40.71, longitude=-74.01)
    damage(world, Call, "location", blind.id)
    damage(world, Call, "coordinates", blind.id)

    assert "Pier 3" in row(desk, whole)
    assert NOWHERE in row(desk, blind)
    for path in ("/board/rows", "/board/map", "/board/map/drawn"):
        shown = words(desk, path)
        assert NOWHERE in shown
        assert "Pier 3" in shown
    page = desk.get(f"/calls/{blind.reference}")  # of that call alone all is told
    assert page.status_code == 503
    assert NO_PAGE in page.get_data(as_text=True)


def test_in_spanish_too(world: World, desk: Browser) -> None:
    call = world.call(CALM, location="Canal Street 7")
    damage(world, Call, "location", call.id)
    desk.submit("/board", {"language": "es", "next": "/board"}, to="/language")
    assert "NO SE PUEDE LEER" in words(desk, "/board")


def test_a_call_whose_decision_cannot_be_read_is_treated_as_the_highest(
    world: World, desk: Browser
) -> None:
    world.team("Mobile 9")
    call, other = world.call(CALM), world.call(CALM)
    damage(world, AssessmentRecord, "result", _newest_decision(world, call))
    assessments._gists.clear()  # as in a process that has just started

    blind = row(desk, call)
    assert "not scored: treat as highest" in blind
    assert "Mobile 9 asked" in blind
    assert "RECOMMENDED, NOT SENT" not in blind
    assert "PROMPT" in row(desk, other)


def _newest_decision(world: World, call: Call) -> UUID:
    with world.context.reading() as uow:
        record = assessments.latest(uow, uow.get(Call, call.id))
        assert record is not None
        return record.id


def test_a_name_that_cannot_be_read_keeps_nobody_from_the_board(
    world: World, desk: Browser
) -> None:
    call = world.call(CALM)
    page = f"/calls/{call.reference}"
    desk.submit(page, {"seen": ""}, to=f"{page}/take")
    assert "Test dispatcher has it" in row(desk, call)
    damage(world, Account, "name")

    assert "test-dispatcher has it" in row(desk, call)
    assert "test-dispatcher" in words(world.client("administrator"), "/people")


@pytest.mark.parametrize(
    ("column", "instead"),
    [
        ("body", "This text cannot be read. Ring whoever sent it"),
        ("from_number", "number cannot be read"),
    ],
)
def test_one_unread_text_that_cannot_be_read_hides_no_other(
    world: World, desk: Browser, column: str, instead: str
) -> None:
    world.stranger().text("Where are you?")
    world.wait(minutes=10)
    world.stranger().text("Nobody has come")
    damage(world, InboundMessage, column)

    shown = words(desk, "/board")
    assert instead in shown
    assert "Where are you?" in shown


def test_a_member_who_cannot_be_read_hides_no_other(world: World, desk: Browser) -> None:
    lost, _ = world.pair("Pair 2")
    world.partner("River House", "social_services")
    lost.text("STOP")
    damage(world, Responder, "name", lost.responder_id)
    damage(world, Responder, "phone", lost.responder_id)
    damage(world, Partner, "phone")

    assert "Pair 2 (clinician) name cannot be read, number cannot be read" in board_words(desk)
    assert "Pair 2 officer" in words(desk, "/teams")
    paper, _ = downtime_paper.render(world.context)
    assert "number cannot be read" in paper
    assert "Pair 2 officer" in paper


def board_words(browser: Browser) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", board(browser)))


def test_an_alarm_on_a_call_that_cannot_be_read_is_told_on_every_page(
    world: World, desk: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM, location="Canal Street 7")
    phone.text(f"{call.code} 1")
    phone.text("HELP")
    damage(world, Call, "location", call.id)
    for path in ("/board", "/alarms", "/follow-ups", "/past-calls", "/watch"):
        assert "Mobile 9" in words(desk, path)
    page = desk.get(f"/calls/{call.reference}")  # which cannot be shown
    assert page.status_code == 503
    told = page.get_data(as_text=True)
    assert NO_PAGE in told
    assert "Mobile 9" in told
    assert "The database does not answer" not in told


def test_follow_ups_and_own_calls_are_listed_though_a_row_cannot_be_read(
    world: World, desk: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    call, other = (world.call(CALM, location=place) for place in ("Canal Street 7", "Pier 3"))
    phone.text(f"{call.code} 1")
    clinician = world.client("clinician")
    with world.context.unit_of_work("test") as uow:
        member = uow.get(Responder, phone.responder_id)
        member.account_id = uow.session.scalars(
            select(Account.id).where(Account.username == "test-clinician")
        ).one()
        for one in (call, other):
            follow_ups.plan(uow, world.centre, uow.get(Call, one.id), PLAN)
    for kind, column, key in (
        (Call, "location", call.id),
        (Call, "narrative", call.id),
        (Responder, "name", phone.responder_id),
    ):
        damage(world, kind, column, key)

    assert f"Open {call.code}" in words(clinician, "/my-calls")
    shown = words(desk, "/follow-ups")
    assert call.reference in shown
    assert other.reference in shown


def test_a_past_call_whose_place_cannot_be_read_may_be_the_one(world: World, desk: Browser) -> None:
    made = [world.call(CALM, location=place) for place in ("Canal Street 7", "Pier 3")]
    damage(world, Call, "location", made[0].id)
    wanted = {"place": "street canal", "state": "open"}
    shown = desk.submit("/past-calls", wanted, follow=True).get_data(as_text=True)
    assert made[0].reference in shown
    assert "place cannot be read: this may be it" in shown
    assert made[1].reference not in shown


def test_a_hazard_note_that_cannot_be_read_says_so(world: World, desk: Browser) -> None:
    for text in ("A dog", "Loose stairs"):
        with world.context.unit_of_work("test") as uow:
            hazard_notes.add(uow, world.centre, text, place="Pier 3")
    damage(world, HazardNote, "text")
    shown = words(desk, "/hazards")
    assert "This note cannot be read: ask whoever wrote it" in shown
    assert "A dog" in shown


@pytest.fixture
def program(world: World) -> Program:
    return Program(world)


def test_a_program_reads_all_of_a_call_but_the_value_that_cannot_be_read(
    world: World, program: Program
) -> None:
    world.ignores_texts("only what programs read counts")
    first, second = world.pair("Pair 2")
    call = program.post({"location": "Canal Street 7", "facts": UNARMED}).json
    for phone in (first, second):
        phone.text(f"{call['code']} 12")
    whole = program.get(call["reference"]).json
    assert whole["unreadable"] == []
    names = [slot["responder"] for one in whole["dispatches"] for slot in one["slots"]]
    assert "Pair 2 officer" in names

    with world.context.reading() as uow:
        key = uow.session.scalars(select(Call.id).filter_by(reference=call["reference"])).one()
    damage(world, Call, "location", key)
    damage(world, Responder, "name", first.responder_id)
    damage(world, Message, "body")
    told = program.get(call["reference"])
    assert told.status_code == 200
    assert told.json["location"] is None
    assert told.json["unreadable"] == ["call.location", "message.body", "responder.name"]
    left = [slot["responder"] for one in told.json["dispatches"] for slot in one["slots"]]
    assert left.count(None) == names.count(None) + 1
    assert "Pair 2 officer" in left
    kept = ("code", "state", "assessment", "messages", "follow_ups")
    assert {name: told.json[name] for name in kept} == {name: whole[name] for name in kept}
    assert [one["sentence"] for one in told.json["timeline"]][: len(whole["timeline"])] == [
        one["sentence"] for one in whole["timeline"]
    ]
    assert NOWHERE not in told.get_data(as_text=True)

    other = program.post({"location": "Pier 3", "facts": UNARMED})  # the same team is asked
    assert other.status_code == 201
    assert other.json["location"] == "Pier 3"


def test_a_decision_that_cannot_be_read_is_told_a_program_as_such(
    world: World, program: Program
) -> None:
    world.ignores_texts("only what programs read counts")
    call = world.call(CALM, location="Canal Street 7")
    damage(world, AssessmentRecord, "result", _newest_decision(world, call))
    told = program.get(call.reference).json
    assert told["assessment"] is None
    assert told["unreadable"] == ["assessment.result"]
    assert told["location"] == "Canal Street 7"


def test_a_command_says_what_cannot_be_read_and_goes_on_with_all_else(
    world: World, desk: Browser
) -> None:
    world.team("Mobile 9", calls_at_once=9)
    blind, other = (world.call(UNARMED, location=place) for place in ("Canal Street 7", "Pier 3"))
    damage(world, Call, "location", blind.id)

    for call, sentence in (
        (blind, f"{NO_PAGE}: its key is missing, or it was altered. Go on by telephone and radio"),
        (other, "Mobile 9 is assigned"),
    ):
        form = {"command": f"a {call.code} Mobile 9", "csrf_token": desk.csrf("/commands")}
        said = desk.client.post("/command", data=form, headers={"X-Live": "1"})
        assert said.status_code == 200, said.get_data(as_text=True)
        assert sentence in said.json["said"]
        assert ("Nothing was changed." in said.json["said"]) is (call is blind)
    by_radio = {"command": f"radio {blind.code} Unit 5", "csrf_token": desk.csrf("/commands")}
    told = desk.client.post("/command", data=by_radio, headers={"X-Live": "1"}).json
    assert "Unit 5 is assigned" in told["said"]
