"""Texts and telephone calls in the language of whoever gets them."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from tests.stories.test_addresses import PIN, with_pin
from tests.stories.test_alarms import untaken
from tests.stories.test_calls import CALM
from tests.stories.test_duress import WORD, knows
from tests.stories.test_escalation import call_in, supervisor
from tests.stories.test_reachability import recruit, roster
from tests.world import Phone, World
from triage.domain.alarms import AlarmKind
from triage.domain.texts import gsm7, segments
from triage.services import dispatches, people
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.teams import Partner, Responder

ENGLISH = re.compile(
    r"\b(the|you|your|is|are|reply|nothing|was|accept|decline|within|call|team|and)\b",
    re.IGNORECASE,
)


def reads_spanish(world: World, phone: Phone) -> Phone:
    """As a supervisor sets it on the team's page."""
    boss = world.client("supervisor")
    with world.context.reading() as uow:
        team_id = uow.get(Responder, phone.responder_id or UUID(int=0)).team_id
    path = f"/members/{phone.responder_id}/language"
    boss.submit(f"/teams/{team_id}", {"language": "es"}, to=path)
    return phone


def all_in_spanish(phone: Phone) -> None:
    for text in phone.inbox:
        assert not ENGLISH.search(text), text
        assert text == gsm7(text)


def test_a_clinician_is_paged_answers_and_is_asked_how_it_is_in_spanish(world: World) -> None:
    (phone,) = world.team("CIT 1")
    reads_spanish(world, phone)
    call = world.call(CALM, location="Pier 3")

    page = phone.expect(f"Responda {call.code} 1=acepto 2=no")
    assert page.startswith(("INMEDIATO", "URGENTE", "PRONTO", "RUTINA"))
    assert segments(page) == 1
    phone.text("Sí")
    phone.expect(f"{call.code} 1")
    phone.text(f"{call.code} SÍ")
    phone.expect("aceptada, es suya. Vaya a: Pier 3.")
    phone.text("llegué")
    phone.expect("AYUDA. Si debe irse por peligro")
    world.wait(minutes=21)
    phone.expect(f"Control de turno {call.code}. Responda BIEN.")
    phone.text("bien")
    phone.expect("gracias, anotado")
    phone.text("quizá mañana")
    phone.expect("No entendido")
    phone.text(f"{call.code} LIBRE")
    phone.expect("¿Equipo correcto?")
    phone.text("1")
    phone.expect("su respuesta quedo guardada")

    all_in_spanish(phone)
    assert world.audited("member.language_set") == 1


def test_partners_of_one_team_each_read_their_own_language(world: World) -> None:
    clinician, officer = world.pair("CIT 1")
    reads_spanish(world, clinician)
    call = world.call({**CALM, "weapon": "accessible"}, location="Pier 3")

    clinician.expect("con oficial")
    officer.expect("with clinician")
    clinician.text("1")
    clinician.expect("Con: aun sin oficial")
    officer.text("1")
    officer.expect("With: clinician CIT 1")
    clinician.expect("oficial CIT 1 también acepto y va con usted")
    with world.context.unit_of_work("test") as uow:
        dispatch = uow.get(Dispatch, world.dispatch(call, "co_responder").id)
        dispatches.cancel(uow, world.centre, dispatch, "changed_response")

    clinician.expect("Ya no vaya, se eligio otra respuesta.")
    officer.expect("Stand down, another response was chosen.")
    all_in_spanish(clinician)


def test_whoever_was_asked_in_vain_is_stood_down_in_their_language(world: World) -> None:
    (alpha,) = world.team("Alpha")
    (bravo,) = world.team("Bravo")
    reads_spanish(world, alpha)
    call_in(world, 1)
    alpha.expect("1=acepto")
    alpha.ignores("reminders")
    world.wait(seconds=61)
    bravo.expect("1=accept")
    bravo.text("1")
    bravo.expect("accepted, it is yours")

    assert alpha.inbox[-1].endswith(": La tiene Bravo, ya no vaya.")
    all_in_spanish(alpha)


def test_the_shift_is_asked_about_in_spanish(world: World) -> None:
    phone = recruit(world, "Alpha")
    reads_spanish(world, phone)
    roster(world, phone, 0, 480)

    asked = phone.expect("Responda PRESENTE (o READY).")
    assert re.match(r"Turno (lun|mar|mié|jue|vie|sab|dom) \d\d:\d\d-", asked)
    phone.text("no sé")
    phone.expect("Si no puede trabajar, llame al despacho")
    phone.text("presente")
    phone.expect("le llegan los mensajes")
    all_in_spanish(phone)


def test_who_is_forced_gets_the_ordinary_answer_in_spanish(world: World) -> None:
    (phone,) = world.team("CIT 1")
    reads_spanish(world, knows(world, phone))
    call = world.call(CALM, location="Pier 3")
    phone.expect("1=acepto")
    phone.text(f"{call.code} 1")
    phone.expect("es suya")

    phone.text(f"todo bien {WORD}")

    assert phone.expect("gracias") == f"{call.code}: gracias, anotado."
    assert [alarm.kind for alarm in untaken(world)] == [AlarmKind.DURESS]
    assert world.desk.expect_ring("silent alarm")
    all_in_spanish(phone)


def test_a_page_rings_and_a_place_is_read_in_spanish(world: World) -> None:
    (phone,) = world.team("CIT 1")
    with_pin(world, reads_spanish(world, phone))
    dispatch = call_in(world, 1)
    phone.expect("1=acepto")
    world.wait(seconds=31)

    phone.expect_ring("Marque 1 para aceptar")
    said = phone.pick_up()
    assert said.count('<Say language="es-MX">') == 3
    assert "Aviso inmediato, código" in said
    assert "No era ni 1 ni 2." in phone.press("7")
    assert "Es suya." in phone.press("1")
    phone.expect("Vaya a: Dockside Apartments")
    with world.context.reading() as uow:
        code = uow.get(Slot, dispatch.slots[0].id).dispatch.call.code
    phone.text(f"{code} DIRECCION")
    phone.expect("Tenga a mano su PIN")
    assert "Marque su PIN de seis cifras." in phone.pick_up()
    assert "Vaya a: Dockside Apartments." in phone.press(PIN)
    all_in_spanish(phone)


def test_a_supervisor_is_asked_to_take_charge_in_spanish(world: World) -> None:
    boss = reads_spanish(world, supervisor(world))
    call_in(world, 1)

    boss.expect("NO QUEDA NADIE A QUIEN PEDIR. INMEDIATO")
    boss.expect_ring("Marque 1 para hacerse cargo")
    boss.text("1")
    boss.expect("usted se hizo cargo")
    all_in_spanish(boss)


def test_a_supervisor_reads_in_spanish_who_has_not_answered_before_a_shift(world: World) -> None:
    boss = reads_spanish(world, supervisor(world))
    alpha = recruit(world, "Alpha")
    roster(world, alpha, 20, 480)
    alpha.expect("Reply READY")

    world.wait(minutes=11)

    assert "Alpha clinico." in boss.expect("Sin respuesta antes del turno")
    all_in_spanish(boss)


def test_their_own_choice_counts_before_the_teams_page_and_from_the_next_text_on(
    world: World,
) -> None:
    (phone,) = world.team("CIT 1")
    name = world.account("clinician")
    with world.context.unit_of_work("test") as uow:
        account = people.find_account(uow, name)
        assert account is not None
        uow.get(Responder, phone.responder_id or UUID(int=0)).account_id = account.id
    call = world.call(CALM)
    phone.expect("1=accept")

    theirs = world.client("clinician")
    theirs.submit("/follow-ups", {"language": "es"}, to="/language")
    phone.text(f"{call.code} 1")

    phone.expect("aceptada, es suya")
    with world.context.reading() as uow:
        team_id = uow.get(Responder, phone.responder_id or UUID(int=0)).team_id
    page = world.client("supervisor").get(f"/teams/{team_id}").text
    assert "Texts in Spanish" in page
    assert f"/members/{phone.responder_id}/language" not in page, "they have chosen themselves"


def test_a_partner_is_told_in_its_language(world: World) -> None:
    house, other = (world.partner(f"House {kind}", kind) for kind in ("school", "child_protection"))
    with world.context.unit_of_work("test") as uow:
        (partner,) = [p for p in uow.session.query(Partner) if p.name == "House child_protection"]
    boss = world.client("supervisor")
    boss.submit("/teams", {"language": "es"}, to=f"/partners/{partner.id}/language")
    call = world.call(CALM | {"neglect_or_abuse": "immediate_danger", "age_band": "child_under_12"})
    world.desk.ignores("nobody is there to go")

    told = other.expect(f"{call.reference}. Responda 1=aceptar")

    assert told.endswith("Pregunte al 555-0100 con la referencia.")
    assert "le espera una derivacion, informe" in told
    other.text("gracias")
    other.expect("nadie lee los mensajes")
    all_in_spanish(other)
    house.ignores("English")
    assert world.audited("partner.language_set") == 1


@pytest.mark.parametrize(
    ("of_the_call", "said", "answer"),
    [
        ("es-MX", "hello", "En peligro llame al 911"),
        ("en", "ayuda", "In danger call 911"),
        (None, "ayuda por favor", "En peligro llame al 911"),
        (None, "please", "In danger call 911"),
        ("vi", "xin", "In danger call 911"),
    ],
)
def test_a_caller_who_texts_is_answered_in_the_language_of_their_call(
    world: World, of_the_call: str | None, said: str, answer: str
) -> None:
    caller = world.stranger()
    if of_the_call is not None:
        world.call(CALM, caller_phone=caller.number, language=of_the_call)
    world.desk.ignores("nobody is there to go")

    caller.text(said)

    assert segments(caller.expect(answer)) == 1


def test_nothing_but_english_and_spanish_is_taken(world: World) -> None:
    (phone,) = world.team("CIT 1")
    with world.context.reading() as uow:
        team_id = uow.get(Responder, phone.responder_id or UUID(int=0)).team_id
    boss = world.client("supervisor")

    path = f"/members/{phone.responder_id}/language"
    assert boss.submit(f"/teams/{team_id}", {"language": "tlh"}, to=path).status_code == 422
