"""What the double knows: texts, calls, how to behave, and a journal of all that happened."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from tests.twilio_double.later import Later
from tests.twilio_double.reports import SILENT, Reports

STOP_WORDS = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
START_WORDS = {"START", "YES", "UNSTOP"}


MISBEHAVED, IN_REPORTS = "misbehaved", "reports"
LIST_REFUSED, LIST_LAGS = "list refused", "list lags"
"""Modes of misbehaving, beside those in which texts and calls are taken."""


@dataclass(frozen=True)
class Behaviour:
    """What to do with one request to send."""

    mode: str = "ok"
    pid: int = 0
    """Whom to kill."""
    delay_s: float = 0.0
    """Before the request is looked at."""
    retry_after: str | None = None
    """The header of a refusal, of whatever form."""
    only: str = ""
    """`Messages` or `Calls`: of the other kind are done as usual."""


@dataclass
class State:
    texts: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    journal: list[dict[str, Any]] = field(default_factory=list)
    blocked: set[str] = field(default_factory=set)
    """Numbers that texted STOP."""
    scripts: dict[str, deque[Behaviour]] = field(default_factory=dict)
    takers: dict[str, deque[str]] = field(default_factory=dict)
    """How a number takes its next calls."""
    usually: Behaviour = Behaviour()
    times: int = -1
    forgetful: bool = False
    """The list of messages is refused."""
    hidden_s: float = 0.0
    """The list does not show texts younger than this."""
    reports: Reports = SILENT
    reports_of: dict[str, Reports] = field(default_factory=dict)
    chance: random.Random = field(default_factory=lambda: random.Random(0))
    lock: threading.RLock = field(default_factory=threading.RLock)
    later: Later = field(default_factory=Later)

    def note(self, event: str, **details: Any) -> None:
        """Write one line of the journal, at an instant that all processes here share."""
        with self.lock:
            line = {"n": len(self.journal), "event": event, "at": time.monotonic(), **details}
            self.journal.append(line)

    def next_behaviour(self, number: str, kind: str) -> Behaviour:
        """The script of this number, else what is usual; kind -- `Messages` or `Calls`. Of what is
        no good behaviour the journal tells that it happened."""
        with self.lock:
            behaviour = self._next_behaviour(number, kind)
            if behaviour.mode != "ok":
                self.note(MISBEHAVED, mode=behaviour.mode)
            return behaviour

    def _next_behaviour(self, number: str, kind: str) -> Behaviour:
        if script := self.scripts.get(number):
            return script.popleft()
        if self.times == 0 or self.usually.only not in {"", kind}:
            return Behaviour()
        self.times -= 1
        return self.usually

    def next_taker(self, number: str) -> str:
        with self.lock:
            script = self.takers.get(number) or self.takers.get("*")
            if not script:
                return "no-answer"
            return script.popleft() if len(script) > 1 else script[0]

    def reports_for(self, number: str) -> Reports:
        with self.lock:
            plan = self.reports_of.get(number, self.reports)
            if plan.told and not plan.in_good_order:
                self.note(MISBEHAVED, mode=IN_REPORTS)
            return plan

    def hear(self, number: str, body: str) -> None:
        """Twilio keeps the list of those who want no texts by itself."""
        word = body.strip().upper()
        with self.lock:
            if word in STOP_WORDS:
                self.blocked.add(number)
            elif word in START_WORDS:
                self.blocked.discard(number)
