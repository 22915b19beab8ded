"""Of a pair each answers for themselves: the desk reads who of them did not, by name and role."""

from __future__ import annotations

from tests.stories.test_alarms import words
from tests.stories.test_calls import CALM
from tests.world import Phone, World
from triage.services import lost_phones
from triage.storage.calls import Call
from triage.storage.teams import Responder

ARMED = {**CALM, "weapon": "accessible"}
LEE, DIAZ = "CIT 1 clinician (clinician) of CIT 1", "CIT 1 officer (officer) of CIT 1"


def asked(world: World) -> tuple[Phone, Phone, Call]:
    clinician, officer = world.pair("CIT 1")
    call = world.call(ARMED)
    for phone in (clinician, officer):
        phone.expect("1=accept")
    return clinician, officer, call


def shown(world: World, call: Call) -> str:
    return words(world.client("dispatcher"), f"/calls/{call.reference}")


def test_who_of_them_declined_and_who_was_silent(world: World) -> None:
    clinician, _, call = asked(world)

    clinician.text(f"{call.code} 2")
    clinician.expect("declined")
    world.wait(minutes=16)
    world.ignores_texts("who is asked next is told elsewhere")

    page = shown(world, call)
    assert f"{LEE} declined." in page
    assert f"{DIAZ} did not answer in " in page
    assert f"{LEE}: declined" in page
    assert f"{DIAZ}: did not answer in " in page
    assert ": passed over" not in page
    bearer = {"Authorization": f"Bearer {world.token('calls:read')}"}
    read = world.app.test_client().get(f"/api/v1/calls/{call.reference}", headers=bearer)
    told = read.get_data(as_text=True)
    assert "CIT 1 (clinician) declined." in told
    assert LEE not in told


def test_who_has_lost_the_phone_and_who_texted_stop(world: World) -> None:
    clinician, officer, call = asked(world)

    with world.context.unit_of_work("test") as uow:
        assert clinician.responder_id is not None
        lost_phones.report(uow, world.centre, uow.get(Responder, clinician.responder_id))
    officer.text("STOP")
    world.ignores_texts("who is asked next is told elsewhere")

    page = shown(world, call)
    assert f"{LEE} has lost the phone; the next is asked." in page
    assert f"{LEE}: has lost the phone" in page
    assert f"{DIAZ} texted a stop word; the next is asked." in page
    assert f"{DIAZ}: texted a stop word" in page


def test_who_gave_it_back(world: World) -> None:
    clinician, officer, call = asked(world)
    for phone in (clinician, officer):
        phone.text(f"{call.code} 1")
        phone.expect("accepted")
    officer.text(f"{call.code} 2")
    world.ignores_texts("what they are told is told elsewhere")

    page = shown(world, call)
    assert f"{DIAZ} gave it back; somebody else is asked." in page
    assert f"{DIAZ}: gave it back" in page


def test_whose_phone_the_carrier_reports_as_stopped(world: World) -> None:
    clinician, officer = world.pair("CIT 1")
    world.phones.dead.add(officer.number)
    call = world.call(ARMED)
    world.settle()
    world.ignores_texts("what they are asked is told elsewhere")

    page = shown(world, call)
    assert f"{DIAZ} texted a stop word; the next is asked." in page
    assert f"{DIAZ}: texted a stop word" in page
    assert f"{LEE} " not in page.replace(f"{LEE}: ", "")
    assert clinician.inbox
