"""How late somebody else is asked after the time for an answer is over."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import select

from tests.faults.workers import ALONE, move_clock
from tests.performance.paging.stage import Stage
from tests.typical_calls import UNARMED
from triage.services.sending import Choice
from triage.storage.dispatches import Page, Slot
from triage.storage.messages import Message

TEAMS = 4
CHOICE = Choice("mobile_crisis", "supervisor")
PROMPT = UNARMED | {"problem_type": "wants_to_talk"}
"""Its pages may go unanswered for longer than asking for all calls takes."""
PATIENCE_S = 60


@dataclass(frozen=True)
class Silences:
    asked: int
    """Pages that nobody answered."""
    decided_s: list[float]
    """From the end of each one's time until the page of the next team was committed."""
    sent_s: list[float]
    """The same until the provider had it."""
    not_escalated: int


def measure(stage: Stage, calls: int, within_s: float) -> Silences:
    """Ask a team about each call, at a steady rate, and live through the ends of their times."""
    for number in range(TEAMS):
        stage.world.team(f"MCT {number}", (CHOICE.response,), calls_at_once=calls)
    stage.work(ALONE)
    began = time.monotonic()
    for number in range(calls):
        time.sleep(max(began + number * within_s / calls - time.monotonic(), 0))
        stage.world.call(PROMPT, choice=CHOICE)
    _until_asked(stage, calls, rounds=1)
    with stage.world.context.reading() as uow:
        first_due = min(uow.session.scalars(select(Page.answer_by)))
        ahead_s = (first_due - uow.now).total_seconds() - 1
    if ahead_s < 0:
        raise RuntimeError("the first page's time was over before the last call was there")
    move_clock(stage.world, ahead_s)
    time.sleep(within_s)
    _until_asked(stage, calls, rounds=2)
    return _told(stage, calls, ahead_s)


def _until_asked(stage: Stage, calls: int, rounds: int) -> None:
    """Until the provider has so many pages about each call, or nobody has patience left."""
    deadline = time.monotonic() + PATIENCE_S
    sent = select(Message.page_id).where(Message.kind == "page", Message.provider_id.is_not(None))
    while time.monotonic() < deadline:
        with stage.world.context.reading() as uow:
            if len(set(uow.session.scalars(sent))) >= rounds * calls:
                return
        time.sleep(0.5)


def _told(stage: Stage, calls: int, ahead_s: float) -> Silences:
    taken = {text["sid"]: text["taken_at"] for text in stage.twilio.texts}
    to_clock = time.time() - time.monotonic() + ahead_s
    by_slot = select(Page, Message.provider_id).join(Message, Message.page_id == Page.id).join(Slot)
    with stage.world.context.reading() as uow:
        rows: list[Any] = list(uow.session.execute(by_slot.order_by(Slot.id, Page.created_at)))
    decided, sent = [], []
    for _, of_slot in groupby(rows, lambda row: row.Page.slot_id):
        first, *later = of_slot
        following = next((row for row in later if row.Page.id != first.Page.id), None)
        if following is None:
            continue
        decided.append((following.Page.created_at - first.Page.answer_by).total_seconds())
        if at := taken.get(following.provider_id):
            sent.append(at + to_clock - first.Page.answer_by.timestamp())
    return Silences(calls, decided, sent, calls - len(decided))
