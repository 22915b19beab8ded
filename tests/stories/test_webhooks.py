"""What the telephone network sends us, and what others send in its name."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.stories.test_calls import CALM
from tests.twilio_double import ACCOUNT, TOKEN, signature_of
from tests.world import Phone, World, environment
from triage.adapters.simulator_sms import SimulatorSms
from triage.adapters.twilio_sms import TwilioSms
from triage.app import create_app
from triage.domain.lifecycle import MessageState
from triage.services import outbox, reports
from triage.settings import read_settings
from triage.storage.attempts import Attempt
from triage.storage.messages import InboundMessage, Message

PUBLIC = "https://triage.example.gov"
"""The address that Twilio calls; the test client calls another, as a proxy does."""


@pytest.fixture
def web(world: World, database_url: str, tmp_path: Path) -> FlaskClient:
    """The service as it runs with Twilio, behind a proxy."""
    settings = read_settings(
        environment(database_url, tmp_path)
        | {
            "TRIAGE_SMS": "twilio",
            "TRIAGE_PUBLIC_URL": PUBLIC,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_FROM": "+15550100000",
        }
    )
    phone = TwilioSms(
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        sender="+15550100000",
        messaging_service_sid=None,
        api_url="http://127.0.0.1:9",
        status_url=f"{PUBLIC}/sms/status",
        timeout_s=1,
    )
    return create_app(replace(world.context, settings=settings, phone=phone)).test_client()


def text(**changed: str) -> dict[str, str]:
    return {
        "MessageSid": "SM" + "a" * 32,
        "AccountSid": ACCOUNT,
        "From": "+12025550142",
        "To": "+15550100000",
        "Body": "hello",
        "NumMedia": "0",
    } | changed


def post(web: FlaskClient, path: str, form: Mapping[str, str], **more: Any) -> Any:
    headers = {"X-Twilio-Signature": signature_of(PUBLIC + path, form)}
    return web.post(path, data=form, headers=headers | more.pop("headers", {}), **more)


def kept(world: World) -> int:
    with world.context.reading() as uow:
        return uow.session.scalar(select(func.count()).select_from(InboundMessage)) or 0


def test_a_text_is_written_down_and_answered_with_nothing(web: FlaskClient, world: World) -> None:
    answer = post(web, "/sms/inbound", text())

    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert answer.text == "<Response/>"
    assert kept(world) == 1
    Phone(world, "+12025550142").expect("nobody reads texts to this number")


def test_the_same_text_again_has_no_second_effect(web: FlaskClient, world: World) -> None:
    for _ in range(3):
        assert post(web, "/sms/inbound", text()).status_code == 200
    assert kept(world) == 1
    Phone(world, "+12025550142").expect("nobody reads texts to this number")


def test_eight_copies_at_once_have_one_effect(web: FlaskClient, world: World) -> None:
    codes: list[int] = []

    def send() -> None:
        codes.append(post(web.application.test_client(), "/sms/inbound", text()).status_code)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert codes == [200] * 8
    assert kept(world) == 1
    Phone(world, "+12025550142").expect("nobody reads texts to this number")


@pytest.mark.parametrize("path", ["/sms/inbound", "/sms/status?message=1"])
def test_what_the_network_did_not_sign_is_refused(
    web: FlaskClient, world: World, path: str
) -> None:
    form = text()
    genuine = signature_of(PUBLIC + path, form)
    for signature in (
        "",
        "x",
        "é",
        "x" * 10_000,
        signature_of(PUBLIC + path, form, token="2" * 32),
    ):
        headers = {"X-Twilio-Signature": signature}
        assert web.post(path, data=form, headers=headers).status_code == 403
    assert web.post(path, data=form).status_code == 403
    for changed in (form | {"Body": "K7QM 1"}, form | {"More": "1"}, {"From": form["From"]}):
        headers = {"X-Twilio-Signature": genuine}
        assert web.post(path, data=changed, headers=headers).status_code == 403
    elsewhere = web.post(f"{path.partition('?')[0]}?message=2", data=form, headers=headers)
    assert elsewhere.status_code == 403
    assert kept(world) == 0


@pytest.mark.parametrize("path", ["/sms/inbound", "/sms/status?message=1"])
def test_what_is_no_form_of_the_network_s_is_refused(web: FlaskClient, path: str) -> None:
    assert web.get(path).status_code == 405
    assert web.post(path, json=text()).status_code == 415
    assert post(web, path, text(AccountSid="AC" + "9" * 32)).status_code == 403
    assert web.post(path, data={"MessageSid": ["SM1", "SM2"]}).status_code == 400
    assert post(web, path, text(Body="x" * 70_000)).status_code == 413


def test_fields_that_are_new_to_us_do_not_matter(web: FlaskClient, world: World) -> None:
    assert post(web, "/sms/inbound", text(OptOutType="", Тест="да")).status_code == 200
    assert kept(world) == 1
    Phone(world, "+12025550142").expect("nobody reads texts to this number")


def test_what_the_carrier_took_for_stop_or_start_is_that_in_whatever_words(
    web: FlaskClient, world: World
) -> None:
    """A messaging service may have words of its own for it."""
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)
    phone.expect("Reply")

    def hear(body: str, took_it_for: str) -> None:
        sid = f"SM{body:a<32}"
        form = text(MessageSid=sid, From=phone.number, Body=body, OptOutType=took_it_for)
        assert post(web, "/sms/inbound", form).status_code == 200
        world.settle()

    hear("alto", "STOP")
    world.desk.expect("nobody is left to ask")
    assert world.audited("responder.opted_out") == 1
    hear("empezar", "START")
    phone.expect("on again")
    assert world.audited("responder.opted_in") == 1
    assert phone.expect(f"Reply {call.code} 1"), "they are asked again"
    phone.expect("Reply READY")
    hear(
        f"{call.code} 1", "HELP"
    )  # the carrier has answered it; what it says to us it says all the same
    phone.expect("accepted")


@pytest.mark.parametrize("sender", ["12345", "BANK", "", "+1", "+15550100000", "whatsapp:+1202555"])
def test_machines_and_ourselves_get_no_answer(web: FlaskClient, world: World, sender: str) -> None:
    assert post(web, "/sms/inbound", text(From=sender)).status_code == 200
    assert kept(world) == 0


@pytest.mark.parametrize(
    "body", ["", "👍", "\0 nul", "ａ" * 1600, "\u202e", "<Response/>", "{{7*7}}", "=1+1", "é" * 160]
)
def test_no_body_breaks_the_webhook(web: FlaskClient, world: World, body: str) -> None:
    answer = post(web, "/sms/inbound", text(Body=body))

    assert (answer.status_code, answer.text) == (200, "<Response/>")
    assert kept(world) == 1
    Phone(world, "+12025550142").expect("nobody reads texts to this number")


def test_a_database_that_is_away_makes_the_network_try_again(
    web: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    def away(*_: object) -> None:
        raise OperationalError("select", {}, Exception("gone"))

    monkeypatch.setattr(reports, "hear", away)
    path = "/sms/status?message=01980000-0000-7000-8000-000000000000"
    assert post(web, path, text(MessageStatus="sent")).status_code == 503


# --- reports ----------------------------------------------------------------------------


@pytest.fixture
def sent(world: World) -> Message:
    with world.context.unit_of_work("test") as uow:
        message = outbox.enqueue(
            uow,
            world.centre,
            kind="reply",
            to="+12025550142",
            to_role="clinician",
            body="hello",
            priority=1,
        )
    Phone(world, "+12025550142").expect("hello")
    return message


def state(world: World, message: Message) -> MessageState:
    with world.context.reading() as uow:
        return uow.get(Message, message.id).state


def attempt(world: World, message: Message) -> Attempt:
    with world.context.reading() as uow:
        return uow.session.scalars(select(Attempt).where(Attempt.message_id == message.id)).one()


def report(web: FlaskClient, made: Attempt, status: str, **more: str) -> int:
    sid = made.provider_id or ""
    told = text(MessageSid=sid, MessageStatus=status, SmsStatus=status, To="+12025550142")
    answer = post(web, f"/sms/status?attempt={made.id}", told | more)
    return int(answer.status_code)


def test_reports_are_believed(web: FlaskClient, world: World, sent: Message) -> None:
    made = attempt(world, sent)
    assert report(web, made, "delivered", ErrorMessage="<b>" * 3000) == 204
    assert report(web, made, "sent") == 204
    assert state(world, sent) is MessageState.DELIVERED


def test_reports_of_nothing_we_know_are_taken_and_forgotten(
    web: FlaskClient, world: World, sent: Message
) -> None:
    form = text(MessageStatus="delivered")
    for path in ("/sms/status", "/sms/status?attempt=", "/sms/status?message=../../admin"):
        assert post(web, path, form).status_code == 204
    for status in ("teleported", "", "\0", "x" * 5000):
        assert report(web, attempt(world, sent), status) == 204
    assert report(web, Attempt(provider_id="SM0"), "delivered") == 204
    assert state(world, sent) is MessageState.SENT
    assert "triage_stray_reports 8.0" in web.get("/metrics").get_data(as_text=True)


def test_a_report_about_another_phone_changes_nothing(
    web: FlaskClient, world: World, sent: Message
) -> None:
    assert report(web, attempt(world, sent), "undelivered", To="+12025550199") == 204
    assert state(world, sent) is MessageState.SENT


@pytest.mark.parametrize("code", ["30003", "30007", "abc", "-1", "9" * 40, ""])
def test_a_text_that_did_not_arrive_says_why(
    web: FlaskClient, world: World, sent: Message, code: str
) -> None:
    assert report(web, attempt(world, sent), "undelivered", ErrorCode=code) == 204

    assert state(world, sent) is MessageState.UNDELIVERED


# --- the invented network ---------------------------------------------------------------


def test_the_webhooks_are_shut_while_the_network_is_invented(world: World, tmp_path: Path) -> None:
    simulator = SimulatorSms(tmp_path / "simulator.sqlite")
    app = create_app(replace(world.context, phone=simulator))
    assert app.test_client().post("/sms/inbound", data=text()).status_code == 403


def test_the_invented_network_is_gone_where_a_real_one_is_used(web: FlaskClient) -> None:
    assert web.get("/simulator/messages").status_code == 404
    assert (
        web.post("/simulator/replies", json={"from": "+12025550142", "body": "1"}).status_code
        == 404
    )
