"""Whoever sets the telephones up tries them: one text, one call, and what the provider says."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.servers import free_port
from tests.stories.test_operating import TRIAGE, first_answer
from tests.twilio_double import ACCOUNT, SENDER, TOKEN, Reports, Twilio
from tests.world import World, environment
from triage.services import outbox
from triage.storage.audit import AuditEntry
from triage.storage.teams import Responder

NUMBER = "+12025550177"
SERVICE = "MG" + "2" * 32


class Operator:
    """At the machine, with Twilio configured."""

    def __init__(self, database_url: str, folder: Path, twilio: Twilio) -> None:
        self.port = free_port()
        self.environ = (
            os.environ
            | environment(database_url, folder)
            | {
                "TRIAGE_SMS": "twilio",
                "TRIAGE_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
                "TWILIO_ACCOUNT_SID": ACCOUNT,
                "TWILIO_AUTH_TOKEN": TOKEN,
                "TWILIO_FROM": SENDER,
                "TWILIO_API_URL": twilio.url,
            }
        )

    def types(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*TRIAGE, *arguments],
            env=self.environ | more,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def tries(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return self.types("phone", "test", NUMBER, *arguments, **more)

    @contextmanager
    def serving(self) -> Iterator[None]:
        serve = [*TRIAGE, "serve", "--bind", f"127.0.0.1:{self.port}", "--processes", "1"]
        server = subprocess.Popen(serve, env=self.environ)
        try:
            first_answer(f"http://127.0.0.1:{self.port}/livez")
            yield
        finally:
            server.terminate()
            server.wait(20)


@pytest.fixture
def operator(world: World, database_url: str, tmp_path: Path, twilio: Twilio) -> Operator:
    return Operator(database_url, tmp_path, twilio)


def texts(twilio: Twilio) -> list[tuple[str, str]]:
    return [(text["to"], text["body"]) for text in twilio.texts]


def audited(world: World) -> list[dict[str, Any]]:
    with world.context.reading() as uow:
        lines = select(AuditEntry).where(AuditEntry.event == "phone.tried")
        return [{"actor": line.actor, **line.details} for line in uow.session.scalars(lines)]


def test_a_text_and_a_call_are_tried_and_what_becomes_of_them_is_told(
    world: World, operator: Operator, twilio: Twilio
) -> None:
    twilio.reports(Reports())
    twilio.takes_calls(NUMBER, "human:1")

    with operator.serving():
        told = operator.tries("--ring")

    assert told.returncode == 0, told.stdout + told.stderr
    name = world.centre.policy.centre_name
    assert texts(twilio) == [
        (
            NUMBER,
            f"{name}: TEST. Somebody tries whether our texts arrive. Nothing is asked of you.",
        )
    ]
    (call,) = twilio.calls
    assert call["heard"] == [
        f"This is a test call from {name}. Nothing has happened. Nothing is asked of you."
    ]
    assert told.stdout.splitlines() == [
        f"text: taken by the provider as {twilio.texts[0]['sid']}",
        "text: reported as arrived",
        f"call: taken by the provider as {call['sid']}",
        "call: reported as arrived",
    ]
    both = [{"actor": "operator", "channel": channel} for channel in ("sms", "voice")]
    assert audited(world) == both


def test_without_the_service_at_the_public_address_no_report_comes_and_that_is_told(
    operator: Operator, twilio: Twilio
) -> None:
    told = operator.tries("--wait", "1")

    assert told.returncode == 0
    public = operator.environ["TRIAGE_PUBLIC_URL"]
    asked = f"no report within 1 s: does `triage serve` answer the provider at {public}?"
    assert asked in told.stdout


def test_a_refusal_is_told_in_words_and_no_worker_tries_again(
    world: World, operator: Operator, twilio: Twilio
) -> None:
    twilio.script(NUMBER, "400:21608", "401", "503")

    refused = operator.tries()
    assert refused.returncode == 1
    assert refused.stdout == "text: REFUSED: a trial account texts verified numbers only (21608)\n"
    assert "text: REFUSED: the provider refuses our sign-in (" in operator.tries().stdout
    assert "text: IN DOUBT, the line broke" in operator.tries().stdout

    world.wait(minutes=5)
    assert texts(twilio) == []
    assert world.phones.sent == []
    with world.context.reading() as uow:
        assert outbox.to_ring(uow, 10) == []  # nor is a person asked to


def test_where_no_number_can_ring_doctor_and_the_trial_say_so(
    operator: Operator, twilio: Twilio
) -> None:
    only_texts = {"TWILIO_FROM": "", "TWILIO_MESSAGING_SERVICE_SID": SERVICE}
    for sender in (only_texts, {"TWILIO_FROM": "24273"}):
        doctor = operator.types("doctor", **sender)
        assert "calls: NO NUMBER CAN RING" in doctor.stdout
        assert "not checked: does the provider know this account and sender?" in doctor.stdout
        told = operator.tries("--ring", "--wait", "0", **sender)
        assert told.returncode == 1
        assert "text: taken by the provider" in told.stdout
        assert "call: REFUSED: TWILIO_FROM names no number that can ring" in told.stdout
    assert twilio.calls == []
    able = operator.types("doctor")
    assert "NO NUMBER CAN RING" not in able.stdout
    assert "not checked: does the number ring?" in able.stdout
    assert f"{operator.environ['TRIAGE_PUBLIC_URL']}/sms/inbound" in able.stdout


def test_with_both_senders_texts_leave_through_the_service_and_the_number_rings(
    operator: Operator, twilio: Twilio
) -> None:
    told = operator.tries("--ring", "--wait", "0", TWILIO_MESSAGING_SERVICE_SID=SERVICE)

    assert told.returncode == 0
    (text,) = twilio.requests
    assert (text.get("MessagingServiceSid"), text.get("From")) == (SERVICE, None)
    assert [call["from"] for call in twilio.calls] == [SENDER]


def test_nothing_is_tried_on_simulated_telephones_nor_on_one_that_is_lost(
    world: World, operator: Operator, twilio: Twilio
) -> None:
    simulated = operator.tries(TRIAGE_SMS="simulator")
    assert simulated.returncode == 2
    assert "TRIAGE_SMS is simulator: no telephone is reached" in simulated.stderr

    (phone,) = world.team("Alpha")
    with world.context.unit_of_work("test") as uow:
        assert phone.responder_id is not None
        uow.get(Responder, phone.responder_id).phone_lost_at = uow.now
    lost = operator.types("phone", "test", phone.number, "--ring")
    assert lost.returncode == 2
    assert "Nothing is sent there: the phone is reported lost." in lost.stderr
    assert operator.types("phone", "test", "hello").returncode == 2
    assert texts(twilio) == []
    assert twilio.calls == []
    phone.expect_silence()
