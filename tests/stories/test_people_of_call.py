"""Whoever rings and the person in crisis are two people; a place that was found is judged."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from tests.stories.test_calls import CALM
from tests.stories.test_intake import FORM, send, the_call
from tests.stories.test_situation import situation
from tests.world import Browser, World
from triage.domain.lifecycle import CallState
from triage.services import assessments, hazard_notes
from triage.storage.calls import Call, CallSubject, CallThirdParty
from triage.storage.follow_ups import FollowUp
from triage.storage.people import Account
from triage.storage.teams import Responder

PEOPLE = {
    "caller_relation": "family",
    "language": "es",
    "interpreter": "yes",
    "call_back": ["ring", "message"],
    "subject_name": "Luis <b>Ortega</b>",
    "subject_about": "Red jacket, by the crane",
    "subject_age": "teen_12_17",
    "subject_language": "en",
}
ROSA = {
    "third_party_relation": "key",
    "third_party_name": "Rosa <b>Paz</b>",
    "third_party_phone": "202-555-0171",
    "third_party_with_them": "no",
}


@pytest.fixture
def dispatcher(world: World) -> Browser:
    return world.client("dispatcher")


def text_of(answer: Any) -> str:
    found: str = answer.get_data(as_text=True)
    return found


def test_caller_and_person_in_crisis_are_kept_apart_and_shown(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 9")
    send(dispatcher, FORM | PEOPLE)
    call = the_call(world)
    assert "Ortega" not in phone.expect(f"Reply {call.code}")

    page = text_of(dispatcher.get(f"/calls/{call.reference}"))
    for shown in (
        "family or household",
        "Safe to: ring, leave a message",
        "Speaks: Spanish, <strong>interpreter needed</strong>",
        "Luis &lt;b&gt;Ortega&lt;/b&gt;",
        "12 to 17; English",
        "Red jacket, by the crane",
    ):
        assert shown in page
    with world.context.reading() as uow:
        kept = uow.get(Call, call.id)
        assert kept.language == "en"  # what whoever comes has to speak
        answers = assessments.answers_of(uow, kept)
        row = uow.session.scalars(select(CallSubject)).one()
        assert b"Ortega" not in (row.name_sealed or b"")
    assert answers["caller_role"] == "family_household"  # said once, asked once
    assert answers["age_band"] == "teen_12_17"
    assert answers["language_barrier"] == "interpreter_needed"
    with world.context.reading() as uow:
        planned = uow.session.scalars(select(FollowUp)).all()
        assert planned
        for one in planned:
            safe = (one.safe_to_call, one.safe_to_text, one.safe_to_leave_message)
            assert safe == ("yes", "unknown", "yes")


def test_whoever_is_neither_has_a_place_of_their_own(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9")
    page = text_of(send(dispatcher, FORM | PEOPLE | ROSA, action="check"))
    assert '<details id="third-party" open>' in page
    assert 'value="Rosa &lt;b&gt;Paz&lt;/b&gt;"' in page, "what was typed is kept"

    send(dispatcher, FORM | PEOPLE | ROSA)
    call = the_call(world)
    page_text = phone.expect(f"Reply {call.code}")
    assert "Rosa" not in page_text
    with world.context.reading() as uow:
        row = uow.session.scalars(select(CallThirdParty)).one()
        assert (row.phone, row.relation, row.with_them) == ("+12025550171", "key", False)
        assert b"Rosa" not in (row.name_sealed or b"")
        assert b"5550171" not in (row.phone_sealed or b"")
        assert len(uow.get(Call, call.id).callers) == 1
    path = f"/calls/{call.reference}"
    for page in (text_of(dispatcher.get(path)), text_of(dispatcher.get(f"{path}/sheet"))):
        assert "Rosa &lt;b&gt;Paz&lt;/b&gt;" in page
        assert "has the key: landlord or caretaker" in page
        assert "tel:+12025550171" in page
        assert "not with the person" in page


def test_whoever_comes_sees_them_once_they_have_the_call(world: World) -> None:
    clinician = world.client("clinician")
    (phone,) = world.team("Mobile 9")
    with world.context.unit_of_work("test") as uow:
        account = uow.session.scalars(select(Account).where(Account.role == "clinician")).one()
        uow.get(Responder, phone.responder_id).account_id = account.id
    send(world.client("dispatcher"), FORM | ROSA)
    call = the_call(world)
    path = f"/calls/{call.reference}"
    phone.expect(f"Reply {call.code}")
    assert "Rosa" not in text_of(clinician.get(path))

    phone.text(f"{call.code} 1")
    page = text_of(clinician.get(path))
    assert "Rosa &lt;b&gt;Paz&lt;/b&gt;" in page
    assert "+12025550171" in page
    world.ignores_texts("what is confirmed is another story")


def test_a_number_that_cannot_be_rung_is_told_beside_its_field(
    world: World, dispatcher: Browser
) -> None:
    wrong = ROSA | {"third_party_phone": "12"}
    page = text_of(send(dispatcher, FORM | wrong, action="check"))
    assert 'id="e-third_party_phone"' in page
    assert 'value="12"' in page
    assert '<details id="third-party" open>' in page
    page = text_of(send(dispatcher, FORM | wrong | {"third_party_relation": "pilot"}))
    assert 'id="e-third_party_relation"' in page
    with world.context.reading() as uow:
        assert uow.session.scalars(select(Call)).all() == []
    assert '<details id="third-party">' in text_of(send(dispatcher, FORM, action="check"))


def test_no_call_waits_for_the_number_of_somebody_else(world: World, dispatcher: Browser) -> None:
    world.ignores_texts("who is asked is another story")
    said = ROSA | {"third_party_phone": "ask at the bar"}
    assert send(dispatcher, FORM | said).status_code == 303

    page = text_of(dispatcher.get(f"/calls/{the_call(world).reference}"))
    assert "<bdi>ask at the bar</bdi> " in page
    assert "cannot be rung: ask again" in page
    assert "Somebody else noted beside the caller." in page
    assert "tel:ask" not in page

    path = f"/calls/{the_call(world).reference}"
    number, seen = where_a_number_is_written(dispatcher, path, "third-parties")
    again = text_of(dispatcher.submit(path, seen | {"phone": "12"}, to=number))
    assert '<a href="#f-number-' in again
    right = seen | {"phone": "202 555 0177"}
    page = text_of(dispatcher.submit(path, right, to=number, follow=True))
    assert "tel:+12025550177" in page
    assert "<s><bdi>ask at the bar</bdi></s>" in page
    assert "cannot be rung" not in page
    assert "The number of somebody else was asked again and noted." in page
    late = dispatcher.submit(path, seen | {"phone": "202 555 0144"}, to=number)
    assert late.status_code == 409


@pytest.mark.parametrize("later", [False, True])
def test_a_wrong_number_of_somebody_else_is_corrected_whenever_they_were_noted(
    world: World, dispatcher: Browser, later: bool
) -> None:
    world.ignores_texts("who is asked is another story")
    send(dispatcher, FORM | ({} if later else ROSA))
    path = f"/calls/{the_call(world).reference}"
    if later:
        dispatcher.submit(path, ROSA, to=f"{path}/third-parties")
    number, seen = where_a_number_is_written(dispatcher, path, "third-parties")

    same = text_of(dispatcher.submit(path, seen | {"phone": "202 555 0171"}, to=number))
    assert "This number stands here already." in same
    right = seen | {"phone": "202 555 0177"}
    page = text_of(dispatcher.submit(path, right, to=number, follow=True))

    assert "Their number is corrected. Tell the right one to whoever was told the other" in page
    assert "tel:+12025550177" in page
    assert "tel:+12025550171" not in page
    assert "<s><bdi>+12025550171</bdi></s>" in page
    assert "The number of somebody else was corrected; the one before is kept beside it." in page
    sheet = text_of(dispatcher.get(f"{path}/sheet"))
    assert "+12025550177" in sheet
    assert "+12025550171" not in sheet, "nobody rings it any more"
    late = dispatcher.submit(path, seen | {"phone": "202 555 0144"}, to=number)
    assert late.status_code == 409
    dispatcher.submit("/board", {"language": "es"}, to="/language")
    page = text_of(dispatcher.get(path))
    assert "Se corrigió el número de otra persona; el anterior se guarda al lado." in page


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("911", "short numbers reach a service"),
        ("555 0101", "area code"),
        ("1-800-FLOWERS", "digits only"),
    ],
)
def test_help_goes_out_though_the_caller_cannot_be_rung(
    world: World, dispatcher: Browser, typed: str, why: str
) -> None:
    (phone,) = world.team("Mobile 9")
    odd = FORM | {"caller_phone": typed}
    page = text_of(send(dispatcher, odd, action="check"))
    assert why in page
    assert "The call does not wait for it" in page
    assert "mended first" not in page

    assert send(dispatcher, odd).status_code == 303
    call = the_call(world)
    phone.expect(f"Reply {call.code}")
    path = f"/calls/{call.reference}"
    page = text_of(dispatcher.get(path))
    assert f"<bdi>{typed}</bdi> " in page
    assert "cannot be rung: ask again" in page
    assert f"tel:{typed}" not in page
    mark = "Call-back number cannot be rung: ask again"
    assert mark in text_of(dispatcher.get("/board"))

    number, seen = where_a_number_is_written(dispatcher, path)
    again = text_of(dispatcher.submit(path, seen | {"phone": "12"}, to=number))
    assert '<a href="#f-number-' in again, "the same mistake is told beside the field"
    right = seen | {"phone": "202 555 0143"}
    page = text_of(dispatcher.submit(path, right, to=number, follow=True))
    assert f"<s><bdi>{typed}</bdi></s>" in page
    assert "tel:+12025550143" in page
    assert "cannot be rung" not in page
    assert "The caller&#39;s number was asked again and noted." in page
    assert mark not in text_of(dispatcher.get("/board"))
    late = dispatcher.submit(path, seen | {"phone": "202 555 0144"}, to=number)
    assert late.status_code == 409


def where_a_number_is_written(
    dispatcher: Browser, path: str, whose: str = "callers"
) -> tuple[str, dict[str, str]]:
    """The address of the form of the first of them, and what it sends of itself."""
    page = text_of(dispatcher.get(path))
    form = re.search(
        rf'action="({path}/{whose}/[^/]+/number)".*?name="version" value="(\d+)"', page, re.DOTALL
    )
    assert form
    return form[1], {"version": form[2]}


def test_a_number_that_is_written_down_later_tells_how_often_they_have_called(
    world: World,
) -> None:
    world.ignores_texts("another story")
    world.call(CALM, caller_phone="+12025550143", disposition="resolved_on_phone")
    call = world.call(CALM, caller_phone="55501")
    assert "contacts_last_30_days" not in situation(world, call)
    dispatcher = world.client("dispatcher")
    path = f"/calls/{call.reference}"
    world.wait(minutes=1)

    number, seen = where_a_number_is_written(dispatcher, path)
    dispatcher.submit(path, seen | {"phone": "202 555 0143"}, to=number)

    assert situation(world, call)["contacts_last_30_days"] == 2


def test_a_wrong_number_is_corrected_and_the_call_goes_by_the_right_one(world: World) -> None:
    world.ignores_texts("another story")
    world.call(CALM, caller_phone="+12025550143", disposition="resolved_on_phone")
    call = world.call(CALM, caller_phone="+12025550134")
    with world.context.unit_of_work("test") as uow:
        there = uow.get(Call, call.id)
        hazard_notes.add(uow, world.centre, "A dog bites", phone="+12025550134", call=there)
        hazard_notes.add(uow, world.centre, "Hangs up", phone="+12025550134")
    dispatcher = world.client("dispatcher")
    path = f"/calls/{call.reference}"
    number, seen = where_a_number_is_written(dispatcher, path)

    again = text_of(dispatcher.submit(path, seen | {"phone": "202 555 0134"}, to=number))
    assert "This number stands here already." in again
    right = seen | {"phone": "202 555 0143"}
    page = text_of(dispatcher.submit(path, right, to=number, follow=True))

    assert "Tell the right one to whoever was told the other, in CAD too." in page
    assert "tel:+12025550143" in page
    assert "tel:+12025550134" not in page
    assert "<s><bdi>+12025550134</bdi></s>" in page
    assert "A dog bites" in page
    assert "Hangs up" not in page, "that is about whoever has the wrong number"
    assert "The caller&#39;s number was corrected; the one before is kept beside it." in page
    assert situation(world, call)["contacts_last_30_days"] == 2
    found = dispatcher.submit("/past-calls", {"phone": "202 555 0134"}, follow=True)
    assert call.reference not in text_of(found)
    late = dispatcher.submit(path, seen | {"phone": "202 555 0144"}, to=number)
    assert late.status_code == 409


def test_no_number_is_written_onto_a_closed_call(world: World) -> None:
    world.ignores_texts("another story")
    call = world.call(CALM, caller_phone="55501")
    dispatcher = world.client("dispatcher")
    path = f"/calls/{call.reference}"
    number, seen = where_a_number_is_written(dispatcher, path)
    with world.context.unit_of_work("test") as uow:
        row = uow.get(Call, call.id)
        row.state, row.disposition, row.closed_at = CallState.CLOSED, "duplicate", uow.now

    late = dispatcher.submit(path, seen | {"phone": "202 555 0143"}, to=number)

    assert late.status_code == 409
    assert "closed" in late.text


def test_a_number_field_takes_no_story(world: World) -> None:
    dispatcher = world.client("dispatcher")
    answer = dispatcher.submit(
        "/intake", {"location": "12 Mill Lane", "caller_phone": "he is very ill " * 9}
    )
    assert "Put the rest below." in text_of(answer)


def test_whoever_comes_reads_that_nobody_can_ring_the_caller(world: World) -> None:
    clinician = world.client("clinician")
    (phone,) = world.team("Mobile 9")
    with world.context.unit_of_work("test") as uow:
        account = uow.session.scalars(select(Account).where(Account.role == "clinician")).one()
        uow.get(Responder, phone.responder_id).account_id = account.id
    call = world.call(CALM, caller_phone="911")
    phone.text(f"{call.code} 1")
    phone.expect("accepted, it is yours")
    page = text_of(clinician.get(f"/calls/{call.reference}"))
    assert "call-back number cannot be rung: dispatch asks again" in page
    assert "<bdi>911</bdi>" not in page


def test_somebody_else_is_noted_on_the_page_of_the_call(world: World, dispatcher: Browser) -> None:
    call = world.call(CALM, caller_phone="202-555-0143")
    path = f"/calls/{call.reference}"
    form = {"to": f"{path}/third-parties"}
    page = text_of(dispatcher.submit(path, {}, **form))
    assert "Write who they are, a name or a number." in page
    page = text_of(dispatcher.submit(path, ROSA | {"third_party_relation": "pilot"}, **form))
    assert '<a href="#f-third_party_relation">' in page
    assert 'id="f-third_party_relation"' in page
    assert 'value="Rosa &lt;b&gt;Paz&lt;/b&gt;"' in page, "what was typed is kept"

    page = text_of(dispatcher.submit(path, ROSA, follow=True, **form))
    assert "Rosa &lt;b&gt;Paz&lt;/b&gt;</bdi>, has the key: landlord or caretaker" in page
    assert "tel:+12025550171" in page
    with world.context.reading() as uow:
        (row,) = uow.session.scalars(select(CallThirdParty))
        assert row.caller_id == uow.get(Call, call.id).callers[0].id


def test_what_cannot_be_is_told_beside_its_field_and_kept(dispatcher: Browser) -> None:
    wrong = FORM | {"caller_relation": "pilot", "subject_name": "Luis"}
    page = text_of(send(dispatcher, wrong))
    assert 'id="e-caller_relation"' in page
    assert 'value="Luis"' in page

    both = FORM | {"call_back": ["never", "ring"]}
    assert "Either a way to call back is safe, or none is" in text_of(send(dispatcher, both))


def test_the_api_takes_them_too(world: World) -> None:
    headers = {"Authorization": f"Bearer {world.token('calls:write')}"}
    body = {
        "narrative": "He cries",
        "caller_relation": "officer",
        "call_back": ["ring"],
        "subject_name": "Luis Ortega",
        "subject_language": "es",
        "subject_interpreter": True,
        "third_party_name": "Rosa Paz",
        "third_party_with_them": True,
    }
    client = world.app.test_client()
    assert client.post("/api/v1/calls", json=body, headers=headers).status_code == 201
    with world.context.reading() as uow:
        call = uow.session.scalars(select(Call)).one()
        assert call.callers[0].relation == "officer"
        subject = call.subject
        assert subject is not None
        assert (subject.name, subject.language, subject.interpreter) == ("Luis Ortega", "es", True)
        assert call.language == "es"
        (other,) = call.third_parties
        assert (other.name, other.phone, other.with_them) == ("Rosa Paz", None, True)

    refused = client.post("/api/v1/calls", json=body | {"call_back": ["fax"]}, headers=headers)
    assert (refused.status_code, "call_back" in text_of(refused)) == (422, True)


def test_a_place_that_was_found_is_confirmed_or_rejected_and_both_are_kept(
    world: World, dispatcher: Browser
) -> None:
    page = text_of(send(dispatcher, FORM | {"match": "wrong:Pier 3"}, action="check"))
    assert "Not Pier 3: pick the zone if you know it." in page

    send(dispatcher, FORM | {"match": "wrong:Pier 3"})
    call = the_call(world)
    assert (call.found, call.match, call.zone, call.position) == ("Pier 3", "wrong", None, None)
    assert call.location == "Pier 3, by the crane"
    page = text_of(dispatcher.get(f"/calls/{call.reference}"))
    assert "rejected: another place" in page

    path = f"/calls/{call.reference}"
    dispatcher.submit(path, {"match": "right"}, to=f"{path}/place")
    with world.context.reading() as uow:
        kept = uow.get(Call, call.id)
        assert (kept.match, kept.zone, kept.zone_source) == ("right", "Harbor", "gazetteer")
    page = text_of(dispatcher.get(path))
    assert "The place found is the one that is meant." in page
    assert world.audited("call.place_judged") == 1


def test_a_verdict_on_one_place_is_none_on_another(dispatcher: Browser, world: World) -> None:
    send(dispatcher, FORM | {"match": "wrong:Fifth Street Bridge"})
    call = the_call(world)
    assert (call.found, call.match, call.zone) == ("Pier 3", None, "Harbor")
