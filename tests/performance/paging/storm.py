"""Many calls in a minute while thousands of texts that can wait are queued."""

from __future__ import annotations

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select

from tests.faults.workers import ALONE
from tests.performance.paging.stage import Stage
from tests.typical_calls import UNARMED
from triage.domain.lifecycle import MessageState
from triage.services import outbox
from triage.storage.messages import Message
from triage.storage.unit_of_work import UnitOfWork

HIGHEST = 1
CAN_WAIT = 8
EVERY_TENTH_IS_HIGHEST = 10
CLIENTS = 48
PATIENCE_S = 120
OF_THE_HIGHEST = UNARMED | {
    "weapon": "accessible",
    "suicidal_ideation": "active",
    "violence_now": "physical",
}
ON_THEIR_WAY = (MessageState.SENT, MessageState.DELIVERED)


@dataclass(frozen=True)
class Storm:
    calls: int
    within_s: float
    queued: int
    refused: int
    """Calls that were not answered 201."""
    intake_s: list[float]
    highest_s: list[float]
    """From the instant of the call's transaction until the provider has the page."""
    others_s: list[float]
    pages_lost: int
    pages_twice: int
    queued_lost: int


def measure(stage: Stage, calls: int, within_s: float, queued: int) -> Storm:
    _teams(stage)
    token = stage.world.token()
    for first in range(0, queued, 500):
        stage.world.context.do("test", lambda uow, first=first: _queue(stage, uow, first, queued))
    url = stage.serve()
    stage.work(ALONE)
    answers = _take_calls(url, token, calls, within_s)
    _until_paged(stage)
    return _told(stage, answers, calls, within_s, queued)


def _teams(stage: Stage) -> None:
    """Enough for everybody: what is measured is paging and not a shortage."""
    for number in range(20):
        stage.world.team(f"MCT {number}", calls_at_once=1000)
        stage.world.pair(f"CIT {number}", calls_at_once=1000)


def _queue(stage: Stage, uow: UnitOfWork, first: int, all_of_them: int) -> None:
    for number in range(first, min(first + 500, all_of_them)):
        outbox.enqueue(
            uow,
            stage.world.centre,
            kind="reminder",
            to="+12025550188",
            to_role="clinician",
            body=f"reminder {number}",
            priority=CAN_WAIT,
        )


def _take_calls(url: str, token: str, calls: int, within_s: float) -> list[tuple[int, float]]:
    """The status and the seconds of each; each is sent at its own instant."""
    began = time.monotonic()
    host = urlsplit(url).netloc

    def take(number: int) -> tuple[int, float]:
        time.sleep(max(began + number * within_s / calls - time.monotonic(), 0))
        facts = UNARMED if number % EVERY_TENTH_IS_HIGHEST else OF_THE_HIGHEST
        body = json.dumps({"facts": facts, "narrative": f"call {number}", "location": "Pier 3"})
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": f"call-{number}",
        }
        sent = time.monotonic()
        connection = HTTPConnection(host, timeout=15)
        try:
            connection.request("POST", "/api/v1/calls", body, headers)
            answer = connection.getresponse()
            answer.read()
            status = answer.status
        except (OSError, HTTPException):
            status = 0
        finally:
            connection.close()
        return status, time.monotonic() - sent

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(take, range(calls)))


def _until_paged(stage: Stage) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with stage.world.context.reading() as uow:
            waiting = uow.session.scalar(
                select(func.count())
                .select_from(Message)
                .where(
                    Message.kind == "page",
                    Message.dedupe_key.endswith(":0"),
                    Message.state.not_in(ON_THEIR_WAY),
                )
            )
        if not waiting:
            return
        time.sleep(0.5)


def _told(
    stage: Stage,
    answers: list[tuple[int, float]],
    calls: int,
    within_s: float,
    queued: int,
) -> Storm:
    wall = time.time() - time.monotonic()
    with stage.world.context.reading() as uow:
        messages: list[Any] = list(uow.session.scalars(select(Message)))
    pages = [m for m in messages if m.kind == "page" and m.dedupe_key.endswith(":0")]
    # The same text is owed again to whoever has not answered, and nobody answers here.
    again = {m.provider_id for m in messages if m.kind == "page"} - {m.provider_id for m in pages}
    taken = [text for text in stage.twilio.texts if text["sid"] not in again]
    at = {text["sid"]: text["taken_at"] + wall for text in taken}
    copies = Counter((text["to"], text["body"]) for text in taken if "1=accept" in text["body"])
    delays: dict[bool, list[float]] = {True: [], False: []}
    for page in pages:
        if page.provider_id in at:
            late = at[page.provider_id] - page.created_at.timestamp()
            delays[page.priority <= HIGHEST].append(late)
    reminders = Counter(m.state for m in messages if m.kind == "reminder")
    kept = reminders.total() - sum(
        reminders[state] for state in (MessageState.FAILED, MessageState.EXPIRED)
    )
    return Storm(
        calls,
        within_s,
        queued,
        sum(status != 201 for status, _ in answers),
        [seconds for _, seconds in answers],
        delays[True],
        delays[False],
        len(pages) - len(delays[True]) - len(delays[False]),
        sum(times > 1 for times in copies.values()),
        queued - kept,
    )
