"""What comes in at the same instant about one page waits for its turn: nothing of it is refused."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select
from sqlalchemy import text as sql

from tests.faults.test_release_against_acceptance import at_once
from tests.typical_calls import UNARMED
from tests.world import World
from triage.services import reports
from triage.services.reports import Report
from triage.storage.attempts import Attempt
from triage.storage.messages import InboundMessage, Message
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

AT_ONCE = 8


def test_an_answer_that_is_sent_many_times_at_once_is_understood_each_time(world: World) -> None:
    phone = world.team("MCT 1")[0]
    call = world.call(UNARMED)
    world.settle()

    at_once(
        *(
            lambda n=n: world.receive(f"SM{n}", phone.number, f"{call.code} 1")
            for n in range(AT_ONCE)
        )
    )

    with world.context.reading() as uow:
        outcomes = Counter(uow.session.scalars(select(InboundMessage.outcome)))
    assert outcomes == {"accepted": AT_ONCE}
    phone.expect("Reply")
    for _ in range(AT_ONCE):
        phone.expect("accepted, it is yours")


def test_reports_of_one_text_at_once_are_all_heard(world: World) -> None:
    (phone,) = world.team("MCT 1")
    world.call(UNARMED)
    world.settle()
    with world.context.reading() as uow:
        attempt = uow.session.scalars(select(Attempt)).first()
        assert attempt
    known = attempt.provider_id or ""

    heard: list[bool] = []
    tries: list[str] = []

    def hear(status: str) -> None:
        def work(uow: UnitOfWork) -> bool:
            tries.append(status)
            return reports.hear(uow, world.centre, Report(known, status))

        heard.append(world.context.do("carrier", work))

    at_once(*(lambda s=s: hear(s) for s in ("queued", "sent", "delivered") * 3))

    assert heard == [True] * 9
    assert len(tries) == 9, "nobody had to begin anew"
    with world.context.reading() as uow:
        text = uow.get(Message, attempt.message_id)
        assert text.delivered_at
    phone.expect("Reply")


LONGER_THAN_WE_WAIT_S = 5.0


@contextmanager
def somebody_holds_the_pages(world: World) -> Iterator[None]:
    """For longer than the database lets a unit of work wait for a row."""
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        with world.context.database.engine.begin() as connection:
            connection.execute(sql("SELECT 1 FROM page FOR UPDATE"))
            held.set()
            over.wait(LONGER_THAN_WE_WAIT_S)

    somebody = threading.Thread(target=hold)
    somebody.start()
    assert held.wait(10)
    yield
    over.set()
    somebody.join()


@pytest.mark.parametrize(("said", "outcome"), [("STOP", "opted_out"), ("{code} 1", "accepted")])
def test_a_text_waits_for_whoever_holds_its_page(world: World, said: str, outcome: str) -> None:
    if world.context.database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer and no locked rows")
    (phone,) = world.team("MCT 1")
    call = world.call(UNARMED)
    world.settle()

    with somebody_holds_the_pages(world):
        world.receive("SM1", phone.number, said.format(code=call.code))

    with world.context.reading() as uow:
        assert uow.session.scalars(select(InboundMessage.outcome)).all() == [outcome]
        opted_out = uow.get(Responder, phone.responder_id).opted_out_at
    assert (opted_out is not None) == (said == "STOP")
    phone.expect("Reply")
    if said == "STOP":
        world.desk.expect("nobody is left to ask")
    else:
        phone.expect("accepted, it is yours")
