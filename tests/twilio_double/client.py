"""How tests speak with the double."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from tests.twilio_double.reports import Reports
from tests.twilio_double.wire import SENDER

ROOT = Path(__file__).resolve().parents[2]
ORDER_S = 60


@dataclass
class Twilio:
    """The running double, from a test's side."""

    process: subprocess.Popen[str]
    url: str

    # --- what happened ------------------------------------------------------------------

    @property
    def texts(self) -> list[dict[str, Any]]:
        """All that were taken, in order."""
        return list(self._get("texts")["texts"])

    @property
    def requests(self) -> list[dict[str, str]]:
        """The fields of all requests to send, taken or not."""
        return list(self._get("texts")["requests"])

    @property
    def calls(self) -> list[dict[str, Any]]:
        """All calls, with what was `heard` and `pressed`."""
        return list(self._get("calls")["calls"])

    def journal(self, *events: str, after: int = 0) -> list[dict[str, Any]]:
        """Everything that happened, with its instant of CLOCK_MONOTONIC in `at`; or of these
        events only. after -- leave out so many lines."""
        lines = self._get(f"journal?after={after}")["journal"]
        return [line for line in lines if not events or line["event"] in events]

    def wait_for(self, texts: int, within_s: float = 10) -> list[dict[str, Any]]:
        """The texts, as soon as there are so many."""
        deadline = time.monotonic() + within_s
        while len(found := self.texts) < texts and time.monotonic() < deadline:
            time.sleep(0.02)
        return found

    def wait_until_quiet(self, within_s: float = 20) -> None:
        """Until everything was left, arrived and reported that is on its way."""
        deadline = time.monotonic() + within_s
        while self._get("open")["open"]:
            assert time.monotonic() < deadline, f"not quiet within {within_s} s"
            time.sleep(0.02)

    # --- what shall happen --------------------------------------------------------------

    def reset(self) -> None:
        """Forget everything: texts, scripts, orders."""
        self._order("reset")

    def behave(
        self,
        mode: str,
        *,
        pid: int = 0,
        times: int = -1,
        delay_s: float = 0,
        retry_after: str | None = None,
        only: str = "",
        forgetful: bool = False,
        hidden_s: float = 0,
    ) -> None:
        """From now on, or for so many requests; `delay_s` before each is taken.

        only -- `Messages` or `Calls`: the other kind goes well.
        forgetful -- refuse to list what was taken. hidden_s -- list only what is older.
        """
        behaviour = _behaviour(mode, pid=pid, delay_s=delay_s, retry_after=retry_after, only=only)
        self._order(
            "behave", behaviour=behaviour, times=times, forgetful=forgetful, hidden_s=hidden_s
        )

    def script(self, number: str, *steps: str | dict[str, Any]) -> None:
        """What this number's next requests come to, before what is usual; each step a mode
        or the fields of a `Behaviour`."""
        written = [_behaviour(step) if isinstance(step, str) else step for step in steps]
        self._order("script", number=number, steps=written)

    def reports(self, plan: Reports, number: str | None = None) -> None:
        """What becomes of texts taken from now on, or of this number's."""
        self._order("reports", plan=plan.as_json(), number=number)

    def takes_calls(self, number: str, *takers: str) -> None:
        """How this number, or `*` for all others, takes its next calls; the last stays."""
        self._order("takes_calls", number=number, takers=takers)

    def text_in(
        self,
        url: str,
        number: str,
        body: str,
        *,
        sid: str | None = None,
        to: str = SENDER,
        times: int = 1,
        wait: bool = True,
        after_s: float = 0,
    ) -> list[Any]:
        """This number texts ours; `url` is our webhook. Repeats are the same text again.

        Returns what each try of each delivery came to: an HTTP status or an error's name;
        nothing unless `wait`, when the deliveries go off side by side in `after_s`.
        """
        answer = self._order(
            "text_in",
            url=url,
            number=number,
            body=body,
            sid=sid or "SM" + secrets.token_hex(16),
            to=to,
            times=times,
            wait=wait,
            after_s=after_s,
        )
        return [one for tries in answer.get("tries", []) for one in tries]

    def _order(self, what: str, **wanted: Any) -> Any:
        sent = json.dumps(wanted).encode()
        with urlopen(f"{self.url}/double/{what}", sent, timeout=ORDER_S) as response:
            return json.load(response)

    def _get(self, what: str) -> dict[str, Any]:
        with urlopen(f"{self.url}/double/{what}", timeout=10) as response:
            content: dict[str, Any] = json.load(response)
        return content

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def _behaviour(mode: str, **more: Any) -> dict[str, Any]:
    return {"mode": mode, **more}


def start_twilio(command: Sequence[str] = ("-m", "tests.twilio_double")) -> Twilio:
    """Start the double on a free port of loopback."""
    process = subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    port = process.stdout.readline().strip()
    return Twilio(process, f"http://127.0.0.1:{port}")
