"""Everything that a schedule has done, once in the warm parent, so that no child of it has to
compile a statement or a page again."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import replace

from flask import Flask
from sqlalchemy import select

from tests.twilio_double import ACCOUNT
from tests.typical_calls import UNARMED
from tests.world import FakePhones, World
from triage.context import AppContext, attach
from triage.domain.phone_network import Unknown
from triage.services import api_tokens
from triage.storage.attempts import Attempt

CALLS = 4
_CODE = re.compile(r"Reply (\w{4}) 1=accept")
_CANCEL = re.compile(r"/calls/[^\"]+/dispatches/[^\"]+/cancel")


def rehearse(context: AppContext, app: Flask) -> None:
    """Writes to the database of `context`; nothing is sent to anybody."""
    phones = FakePhones()
    world = World(replace(context, phone=phones), phones, _app=app)
    attach(app, world.context)
    try:
        references = _take_calls(world)
        _report(world)
        _answer(world)
        _cancel(world, references)
        _go_wrong(world)
    finally:
        attach(app, context)


def _take_calls(world: World) -> list[str]:
    with world.context.unit_of_work("test") as uow:
        token = api_tokens.add(uow, "rehearsal", ["calls:write"])
    browser, references = world.app.test_client(), []
    body = {"facts": UNARMED, "narrative": "rehearsal", "location": "Pier 3"}
    for number in range(CALLS):
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"rehearsal {number}"}
        answer = browser.post("/api/v1/calls", json=body, headers=headers)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        references.append(answer.get_json()["reference"])
    world.settle()
    assert world.phones.sent, "nobody was paged"
    return references


def _report(world: World) -> None:
    with world.context.reading() as uow:
        taken = uow.session.execute(select(Attempt.id, Attempt.provider_id)).all()
    for attempt, theirs in taken:
        for status in ("sent", "delivered"):
            form = {"MessageSid": theirs, "MessageStatus": status}
            _hear(world, f"/sms/status?attempt={attempt}", form)


def _answer(world: World) -> None:
    """One accepts, comes, needs help and leaves, one declines, asks who this is and opts out."""
    asked = [(sms.to, found[1]) for sms in world.phones.sent if (found := _CODE.search(sms.body))]
    (first, code), (second, other) = asked[0], asked[-1]
    for number, words in (
        (first, f"{code} 1"),
        (first, f"{code} ETA 12"),
        (first, f"{code} on the way"),
        (first, f"{code} here"),
        (first, f"{code} ok"),
        (first, f"{code} need help"),
        (first, f"{code} replace"),
        (first, f"{code} withdraw"),
        (second, f"{other} 2"),
        (second, "who is this"),
        (second, "STOP"),
    ):
        form = {"MessageSid": f"SM{secrets.token_hex(16)}", "From": number, "Body": words}
        _hear(world, "/sms/inbound", form)
        world.settle()


def _cancel(world: World, references: list[str]) -> None:
    browser = world.client("dispatcher")
    for reference in references:
        page = browser.get(f"/calls/{reference}").get_data(as_text=True)
        for path in _CANCEL.findall(page)[:1]:
            answer = browser.submit(
                f"/calls/{reference}", {"reason": "unsafe", "confirmed": "yes"}, to=path
            )
            assert answer.status_code == 303, answer.get_data(as_text=True)
    world.settle()


def _go_wrong(world: World) -> None:
    """The network breaks off at a page, and time passes until others are asked."""
    world.phones.broken = Unknown("rehearsal")
    world.call(UNARMED)
    world.settle()
    world.phones.broken = None
    for seconds in (15, 130, 600):
        world.wait(seconds=seconds)


def _hear(world: World, path: str, form: Mapping[str, str]) -> None:
    answer = world.app.test_client().post(
        path, data={**form, "AccountSid": ACCOUNT}, headers={"X-Twilio-Signature": "genuine"}
    )
    assert answer.status_code < 300, answer.get_data(as_text=True)
