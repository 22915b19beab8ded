"""A page rings: a person presses a key, a machine answers nothing."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from sqlalchemy import select
from werkzeug.serving import make_server

from tests.stories.test_addresses import PIN, with_pin
from tests.stories.test_alarms import DESK, untaken
from tests.stories.test_escalation import call_in, state, supervisor
from tests.twilio_double import ACCOUNT, SENDER, TOKEN, Reports, Twilio
from tests.typical_calls import CALM
from tests.world import Phone, World
from triage.adapters.twilio_voice import TwilioPhones
from triage.app import create_app
from triage.domain.lifecycle import MessageState
from triage.domain.phone_network import OutboundCall, Refused, Sent, Unknown
from triage.services import rosters, verification
from triage.services.pages import RING
from triage.settings import Twilio as Account
from triage.storage.dispatches import Dispatch
from triage.storage.messages import Message
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork


def ring(world: World, rank: int = 1) -> tuple[Phone, Dispatch]:
    (alpha,) = world.team("Alpha")
    dispatch = call_in(world, rank)
    alpha.expect("Reply")
    world.wait(seconds=31)
    alpha.expect_ring("press 1 to accept")
    return alpha, dispatch


def test_what_is_said_is_code_level_and_area_and_nothing_else(world: World) -> None:
    alpha, _ = ring(world)

    said = alpha.pick_up()

    document = ElementTree.fromstring(said)
    words = " ".join(verb.text or "" for verb in document.iter("Say"))
    assert "Immediate page, code " in words
    assert "Area: Harbor" in words
    assert "Dockside" not in said
    assert "needs help" not in said
    gather = document.find("Gather")
    assert gather is not None
    assert gather.attrib["numDigits"] == "1"


def test_a_key_accepts_and_the_place_follows_as_a_text(world: World) -> None:
    alpha, dispatch = ring(world)
    alpha.pick_up()

    assert "It is yours" in alpha.press("1")

    alpha.expect("Go to: Dockside Apartments")
    assert state(world, dispatch) == "accepted"
    assert "It is yours" in alpha.press("1"), "twice is harmless"
    alpha.expect_silence()


def test_a_key_declines_and_the_next_is_asked_at_once(world: World) -> None:
    (bravo,) = world.team("Bravo")
    alpha, _ = ring(world)

    assert "Somebody else is being asked" in alpha.press("2")

    bravo.expect("Reply")


def test_a_wrong_key_is_asked_about_and_changes_nothing(world: World) -> None:
    alpha, dispatch = ring(world)

    said = alpha.press("7")

    assert "neither 1 nor 2" in said
    assert "<Gather" in said
    assert state(world, dispatch) == "seeking"


@pytest.mark.parametrize("machine", ["machine_start", "machine_end_beep", "fax"])
def test_a_machine_that_answers_is_not_an_answer(world: World, machine: str) -> None:
    alpha, dispatch = ring(world)

    said = alpha.pick_up(machine)

    assert "<Say" not in said
    assert "<Hangup" in said
    assert state(world, dispatch) == "seeking"
    world.wait(seconds=31)
    world.desk.expect("nobody is left to ask")
    alpha.expect("IMMEDIATE, within 10 min")
    assert state(world, dispatch) == "unfilled"


def test_who_presses_too_late_hears_who_has_it(world: World) -> None:
    (bravo,) = world.team("Bravo")
    alpha, dispatch = ring(world)
    world.wait(seconds=31)
    bravo.expect("Reply")
    bravo.text("1")
    alpha.expect("Taken by Bravo")
    bravo.expect("accepted, it is yours")

    assert "page is over" in alpha.press("1").lower()
    assert state(world, dispatch) == "accepted"


@pytest.mark.parametrize("gone", ["another number", "retired"])
def test_a_ring_on_the_line_accepts_nothing_on_a_phone_that_is_theirs_no_more(
    world: World, gone: str
) -> None:
    alpha, dispatch = ring(world)
    world.ignores_texts("what whoever leaves is told stands elsewhere")
    alpha.pick_up()

    def leave(uow: UnitOfWork) -> None:
        member = uow.get(Responder, alpha.responder_id)
        if gone == "retired":
            rosters.retire_member(uow, world.centre, member)
        else:
            verification.change_number(uow, world.centre, member, world.phone_number())

    world.context.do("test", leave)

    assert "It is yours" not in alpha.press("1")
    assert state(world, dispatch) != "accepted"


def test_a_supervisor_takes_charge_with_a_key(world: World) -> None:
    boss = supervisor(world)
    call_in(world, 1)
    boss.expect("NOBODY LEFT TO ASK")
    boss.expect_ring("take charge")

    assert "You have taken charge" in boss.press("1")

    world.wait(minutes=10)
    boss.expect("still has nobody")
    assert len(boss.rings) == 1


def test_a_page_that_was_taken_does_not_ring_any_more(world: World) -> None:
    (alpha,) = world.team("Alpha")
    dispatch = call_in(world, 1)
    alpha.expect("Reply")
    alpha.text("1")
    alpha.expect("accepted, it is yours")
    world.wait(seconds=59)

    assert alpha.rings == []
    assert state(world, dispatch) == "accepted"


def test_only_the_network_may_ask_and_only_about_calls_of_ours(world: World) -> None:
    client = world.app.test_client()
    form = {"CallSid": "CA1", "Digits": "1"}

    def post(path: str, signature: str) -> int:
        return client.post(path, data=form, headers={"X-Twilio-Signature": signature}).status_code

    some = "0198c0de-0000-7000-8000-000000000000"
    assert post(f"/voice/answer?attempt={some}", "forged") == 403
    assert post("/voice/answer?attempt=nonsense", "genuine") == 404
    known = client.post(
        f"/voice/answer?attempt={some}", data=form, headers={"X-Twilio-Signature": "genuine"}
    )
    assert "This page is over" in known.get_data(as_text=True)


# --- with the double of Twilio, over the wire ---------------------------------------------


@pytest.fixture
def wired(world: World, twilio: Twilio) -> Iterator[World]:
    """The world, behind Twilio's own client and signatures, served on loopback."""
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
    public = f"http://127.0.0.1:{server.port}"
    account = Account(ACCOUNT, TOKEN, SENDER, None, twilio.url)
    context = replace(
        world.context,
        settings=replace(world.context.settings, twilio=account, public_url=public),
        centre=replace(world.context.centre, public_url=public),
        phone=phones(twilio, public),
    )
    server.app = create_app(context)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield World(context, world.phones)
    server.shutdown()


def phones(twilio: Twilio, public: str, sender: str | None = SENDER) -> TwilioPhones:
    return TwilioPhones(
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        sender=SENDER,
        messaging_service_sid=None,
        api_url=twilio.url,
        status_url=f"{public}/sms/status",
        timeout_s=2,
        voice_url=f"{public}/voice",
        voice_sender=sender,
    )


def in_time(what: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(
    ("taker", "becomes"),
    [("human:1", "accepted"), ("human:2", "unfilled"), ("machine", "seeking"), ("busy", "seeking")],
)
def test_a_page_rings_over_the_wire(wired: World, twilio: Twilio, taker: str, becomes: str) -> None:
    wired.ignores_texts("it is about the ring and what becomes of it")
    (alpha,) = wired.team("Alpha")
    twilio.takes_calls(alpha.number, taker)
    dispatch = call_in(wired, 1)

    wired.wait(seconds=31)

    assert in_time(lambda: bool(twilio.calls) and twilio.calls[-1]["status"] != "in-progress")
    twilio.wait_until_quiet()
    assert in_time(lambda: state(wired, dispatch) == becomes)
    assert len(twilio.calls) == 1


LOST = ["500_after_accept", "reset_after_accept", "half_after_accept"]


@pytest.mark.parametrize("mode", LOST)
def test_a_call_whose_answer_is_lost_is_in_doubt_and_found(twilio: Twilio, mode: str) -> None:
    network = phones(twilio, "http://127.0.0.1:1")
    call = OutboundCall("0198-1234", "+12025550123", "said", 60)
    twilio.script(call.to, mode)

    assert isinstance(network.call(call), Unknown)

    assert network.find(call, 10) == [one["sid"] for one in twilio.calls]
    assert len(twilio.calls) == 1


@pytest.mark.parametrize("mode", [*LOST, "report_before_answer"])
@pytest.mark.parametrize("told", [True, False], ids=["told", "nothing told"])
def test_a_page_that_rings_and_whose_answer_is_lost_rings_once_and_is_taken(
    wired: World, twilio: Twilio, mode: str, told: bool
) -> None:
    (alpha,) = wired.team("Alpha")
    twilio.takes_calls(alpha.number, "human:1")
    twilio.reports(Reports(times=3, shuffled=True) if told else Reports(lost=1))
    dispatch = call_in(wired, 1)
    twilio.script(alpha.number, mode)

    wired.wait(seconds=31)
    assert in_time(lambda: state(wired, dispatch) == "accepted")
    for _ in range(4):
        wired.wait(seconds=9)
    twilio.wait_until_quiet()

    assert [one["pressed"] for one in twilio.calls] == [["1"]]
    rung = select(Message.state).where(Message.kind == RING)
    with wired.context.reading() as uow:
        (became,) = uow.session.scalars(rung)
    assert became in {MessageState.SENT, MessageState.DELIVERED}


@pytest.mark.parametrize("mode", [*LOST, "reset_before_accept"])
def test_an_alarm_rings_on_though_the_answer_to_its_first_ring_is_lost(
    wired: World, twilio: Twilio, mode: str
) -> None:
    (phone,) = wired.team("CIT 1")
    call = wired.call(CALM)
    phone.text(f"{call.code} 1")
    twilio.takes_calls(DESK, "no-answer", "human:1")
    twilio.script(DESK, mode)

    phone.text("need help")
    for _ in range(2):
        assert len(untaken(wired)) == 1
        wired.wait(seconds=31)

    assert in_time(lambda: untaken(wired) == [])


def test_a_call_is_taken_back_while_it_rings(twilio: Twilio) -> None:
    twilio.reset()
    network = phones(twilio, "http://127.0.0.1:1")
    twilio.takes_calls("*", "no-answer")
    taken = network.call(OutboundCall("0198-1234", "+12025550123", "said", 60))
    assert isinstance(taken, Sent)

    network.stop_ringing(taken.provider_id)

    assert twilio.calls[-1]["status"] in {"canceled", "completed"}


def test_without_a_number_that_can_ring_nobody_is_rung(twilio: Twilio) -> None:
    network = phones(twilio, "http://127.0.0.1:1", sender=None)

    outcome = network.call(OutboundCall("0198-1234", "+12025550123", "said", 60))

    assert isinstance(outcome, Refused)
    assert not isinstance(outcome, Unknown)


def test_over_the_wire_a_mailbox_takes_nothing_and_a_person_does(
    wired: World, twilio: Twilio
) -> None:
    (phone,) = wired.team("CIT 1")
    call = wired.call(CALM)
    phone.text(f"{call.code} 1")
    twilio.takes_calls(DESK, "machine", "no-answer", "human:1")

    began = time.monotonic()
    phone.text("need help")
    assert in_time(lambda: bool(twilio.calls))
    assert time.monotonic() - began < 15
    for _ in range(2):
        twilio.wait_until_quiet()
        assert len(untaken(wired)) == 1
        wired.wait(seconds=31)

    assert in_time(lambda: untaken(wired) == [])
    assert [one["to"] for one in twilio.calls] == [DESK] * 3


def test_over_the_wire_a_person_types_the_pin(wired: World, twilio: Twilio) -> None:
    (phone,) = wired.team("CIT 1")
    with_pin(wired, phone)
    call = wired.call(CALM, location="Pier 3")
    phone.text(f"{call.code} 1")
    twilio.takes_calls(phone.number, f"human:{PIN}")

    phone.text(f"{call.code} ADDR")
    wired.settle()

    assert in_time(lambda: any("Go to: Pier 3" in heard(one) for one in twilio.calls))
    twilio.wait_until_quiet()
    for one in twilio.calls:
        assert "Pier" not in str(one["url"])
        assert PIN not in str(one["url"])


def heard(call: dict) -> str:
    return " ".join(str(said) for said in call.get("heard", ()))
