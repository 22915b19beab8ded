"""The invented telephone network, through which everything can be tried."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.world import World
from triage.adapters.simulator_sms import SERVICE_NUMBER, SimulatorSms
from triage.app import create_app
from triage.domain.phone_network import OutboundSms
from triage.services import claims, outbox

PHONE = "+12025550142"


@pytest.fixture
def network(tmp_path: Path) -> SimulatorSms:
    return SimulatorSms(tmp_path / "new" / "phones.sqlite")


@pytest.fixture
def simulated(world: World, network: SimulatorSms) -> World:
    """The world, on invented phones instead of the test's own."""
    return World(replace(world.context, phone=network), world.phones)


@pytest.fixture
def web(simulated: World) -> FlaskClient:
    return create_app(simulated.context).test_client()


def test_what_is_sent_can_be_read_on_the_phone(network: SimulatorSms) -> None:
    network.send(OutboundSms("1", PHONE, "for you", 300))
    network.send(OutboundSms("2", "+12025550999", "not for you", 300))
    network.record_reply(PHONE, "K7QM 1")

    texts = network.messages(PHONE)
    assert [(t["direction"], t["from"], t["to"], t["body"]) for t in texts] == [
        ("outbound", SERVICE_NUMBER, PHONE, "for you"),
        ("inbound", PHONE, SERVICE_NUMBER, "K7QM 1"),
    ]
    assert texts[0]["at"].endswith("Z")
    assert len(network.messages()) == 3


def test_web_and_worker_share_one_file_which_is_nobody_else_s(
    network: SimulatorSms, tmp_path: Path
) -> None:
    others = [SimulatorSms(tmp_path / "new" / "phones.sqlite") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        sent = list(
            pool.map(
                lambda n: others[n % 8].send(OutboundSms(str(n), PHONE, str(n), 300)), range(200)
            )
        )

    assert len(set(map(repr, sent))) == 200
    assert len(network.messages()) == 200
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_the_network_remembers_which_of_our_texts_it_took(network: SimulatorSms) -> None:
    sms = OutboundSms("7", PHONE, "hello", 300)
    assert network.find(sms, 60) == []
    sent = network.send(sms)

    assert [repr(sent)] == [f"Sent(provider_id={key!r})" for key in network.find(sms, 60)]
    assert network.find(OutboundSms("8", PHONE, "another", 300), 60) == []


def test_nothing_is_ever_signed_by_it(network: SimulatorSms) -> None:
    assert not network.is_genuine("http://127.0.0.1/sms/inbound", {}, "signature")


def test_a_program_reads_texts_and_answers_as_a_phone(web: FlaskClient, simulated: World) -> None:
    answer = web.post("/simulator/replies", json={"from": PHONE, "body": "who is there?"})
    simulated.settle()

    assert answer.status_code == 201
    texts = web.get("/simulator/messages", query_string={"phone": PHONE}).json
    assert [text["direction"] for text in texts] == ["inbound", "outbound"]
    assert "988" in texts[1]["body"]
    assert web.get("/simulator/messages").json == texts
    assert web.get("/simulator/messages?phone=%2B12025550999").json == []


@pytest.mark.parametrize(
    "sent",
    [
        {},
        [],
        "x",
        {"from": PHONE},
        {"from": PHONE, "body": 1},
        {"from": "911", "body": "1"},
        {"from": "Mum", "body": "1"},
        {"from": PHONE, "body": "x" * 1601},
        {"from": PHONE, "body": "1", "to": "x"},
    ],
)
def test_what_is_no_text_is_refused_in_words(web: FlaskClient, sent: object) -> None:
    answer = web.post("/simulator/replies", json=sent)

    assert answer.status_code == 400


def test_only_programs_on_this_machine_may_use_it(web: FlaskClient) -> None:
    said = {"from": PHONE, "body": "1"}
    for environ in ({"REMOTE_ADDR": "192.0.2.7"}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}):
        assert web.get("/simulator/messages", environ_overrides=environ).status_code == 403
        refused = web.post("/simulator/replies", json=said, environ_overrides=environ)
        assert refused.status_code == 403
    # A page of another site can send this, but no JSON.
    text = web.post("/simulator/replies", data='{"from": "+12025550142", "body": "1"}')
    assert text.status_code in {400, 415}
    assert web.post("/simulator/replies", json=said | {"body": "x" * 20_000}).status_code == 413


def test_a_text_that_a_lost_worker_may_have_sent_is_not_sent_twice(simulated: World) -> None:
    with simulated.context.unit_of_work("test") as uow:
        outbox.enqueue(
            uow,
            simulated.centre,
            kind="reply",
            to=PHONE,
            to_role="clinician",
            body="hello",
            priority=1,
        )
    with simulated.context.unit_of_work("worker") as uow:
        (claimed,) = claims.claim(uow, simulated.centre, "lost", 1)
    simulated.context.phone.send(claimed.sms)  # and then the power goes

    simulated.wait(seconds=16)
    assert len(simulated.context.phone.messages(PHONE)) == 1  # type: ignore[attr-defined]
