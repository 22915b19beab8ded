"""Those who act on the service from outside: a CAD that posts calls, a dispatcher, telephones.

They keep what they were promised: an answer 2xx or 303 is an acknowledged write.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from random import Random
from urllib.parse import urlencode
from uuid import UUID

from tests.faults.databases import Centre, Database
from tests.twilio_double import Twilio
from tests.typical_calls import UNARMED

PATIENCE_S = 8.0
"""The service promises an answer, if only "not saved", within 5 s."""
CRY = "{code} need help"
SOON_S = 0.2
_YES = "{code} 1"
_CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_CODE = re.compile(r"Reply (\w{4}) 1=accept")


@dataclass
class Desk:
    """Everybody outside, and what they were told."""

    port: int
    centre: Centre
    twilio: Twilio
    database: Database
    chance: Random
    calls: dict[str, str | None] = field(default_factory=dict)
    """Idempotency keys, with the reference that was acknowledged, if one was."""
    contradictions: list[str] = field(default_factory=list)
    heard: dict[str, bool] = field(default_factory=dict)
    """Keys of texts sent in, and whether they were acknowledged."""
    cries: set[str] = field(default_factory=set)
    """Keys of those that cry for help."""
    said_yes: list[tuple[str, str]] = field(default_factory=list)
    """Numbers, with the code of the page that they answered so."""
    cancelled: list[str] = field(default_factory=list)
    """Dispatches whose cancelling was acknowledged."""
    errors: list[int] = field(default_factory=list)
    """HTTP statuses above 499 that are not 503."""

    def take_call(self, key: str | None = None) -> bool:
        """Post a call, or one again whose answer never came. Was it acknowledged?"""
        key = key or f"call-{len(self.calls)}"
        body = json.dumps({"facts": UNARMED, "narrative": key, "location": "Pier 3"})
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self.centre.token}",
            "Idempotency-Key": key,
        }
        self.calls.setdefault(key, None)
        status, text, _ = self._ask("POST", "/api/v1/calls", body, headers)
        if status != 201:
            return False
        reference = json.loads(text)["reference"]
        if self.calls[key] not in {None, reference}:
            self.contradictions.append(f"{key} was {self.calls[key]} and is {reference}")
        self.calls[key] = reference
        return True

    def cancel_something(self) -> None:
        """A dispatcher cancels a dispatch that is open, over the page of its call."""
        rows = self.database.rows(
            "SELECT d.id, c.reference FROM dispatch d JOIN call c ON c.id = d.call_id"
            " WHERE d.reached_by = 'page' AND d.state IN ('seeking', 'half_formed', 'accepted')"
            " ORDER BY d.id"
        )
        if not rows:
            return
        dispatch, reference = self.chance.choice(rows)
        headers = {"Cookie": self.centre.cookies}
        status, page, cookies = self._ask("GET", f"/calls/{reference}", None, headers)
        found = _CSRF.search(page)
        if status != 200 or not found:
            return
        headers = {
            "Cookie": "; ".join([self.centre.cookies, *cookies]),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        form = urlencode({"csrf_token": found.group(1), "reason": "unsafe", "confirmed": "yes"})
        path = f"/calls/{reference}/dispatches/{_with_dashes(dispatch)}/cancel"
        if self._ask("POST", path, form, headers)[0] == 303:
            self.cancelled.append(str(dispatch))

    def answer(self, words: str, repeated: int = 1) -> None:
        """A telephone that was paged answers, without anybody waiting for it.

        words -- with {code} for the code of a page that it got.
        """
        pages = [
            (text["to"], found.group(1))
            for text in self.twilio.texts
            if (found := _CODE.search(text["body"]))
        ]
        if pages:
            number, code = self.chance.choice(pages[-12:])
            self.text(number, words.format(code=code), repeated)
            if words == _YES:
                self.said_yes.append((number, code))

    def tell_from_the_field(self, *texts: str) -> None:
        """A telephone that said yes lately tells more, whether it was heard or not.

        texts -- one soon after the other.
        """
        if not self.said_yes:
            return
        number, code = self.chance.choice(self.said_yes[-6:])
        for words in texts:
            if words == CRY:
                self.cries.add(self._next_sid())
            self.text(number, words.format(code=code))
            time.sleep(self.chance.uniform(0, SOON_S) if len(texts) > 1 else 0)

    def text(self, number: str, body: str, repeated: int = 1) -> None:
        sid = self._next_sid()
        self.heard[sid] = False
        url = f"http://127.0.0.1:{self.port}/sms/inbound"
        self.twilio.text_in(url, number, body, sid=sid, times=repeated, wait=False)

    def _next_sid(self) -> str:
        return f"SM{len(self.heard):032x}"

    def note_what_was_heard(self) -> None:
        """Ask the provider which of the texts were acknowledged."""
        for line in self.twilio.journal("texted in"):
            if any(isinstance(one, int) and one < 300 for one in line["tries"]):
                self.heard[line["sid"]] = True

    def _ask(
        self, method: str, path: str, body: str | None, headers: Mapping[str, str]
    ) -> tuple[int, str, list[str]]:
        """Status, body and cookies; status 0 where no whole answer came."""
        line = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            line.request(method, path, body, dict(headers))
            answer = line.getresponse()
            text = answer.read().decode()
        except (OSError, HTTPException):
            return 0, "", []
        finally:
            line.close()
        if answer.status >= 500 and answer.status != 503:
            self.errors.append(answer.status)
        cookies = answer.headers.get_all("Set-Cookie") or []
        return answer.status, text, [cookie.partition(";")[0] for cookie in cookies]


def _with_dashes(key: object) -> str:
    return str(UUID(str(key)))
