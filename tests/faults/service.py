"""A whole service of real processes, for faults of what lies below it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import requests

from tests.faults.databases import Database
from tests.faults.invariants import owed, wrong_after
from tests.faults.workers import ALONE, TRIAGE, Workers, until
from tests.servers import free_port
from tests.twilio_double import Twilio
from tests.typical_calls import UNARMED
from tests.world import PASSWORD, World, make_world, prepared_template

BACK_S = 15.0
TYPED = "He stands on the bridge"


class Service:
    """Web, worker and watcher on one database, and a dispatcher and a CAD system who use it."""

    def __init__(self, url: str, folder: Path, twilio: Twilio) -> None:
        prepared_template(url)
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.processes = Workers.on(url, folder, twilio)
        self.database, self._twilio = Database(url), twilio
        self.browser = requests.Session()
        self.acknowledged: list[str] = []
        self._number = 0

    def begin(self, world: World, worker: Sequence[str] = ALONE) -> None:
        world.team("CIT 1", ("co_responder", "mobile_crisis"), calls_at_once=999)
        self.token = world.token()
        username = world.account("dispatcher")
        self.processes.environ["TRIAGE_PUBLIC_URL"] = self.address  # where Twilio reports to
        serve = [*TRIAGE, "serve", "--bind", f"127.0.0.1:{self.port}", "--processes", "1"]
        self.web = self.processes.start(serve)
        self.worker = self.processes.start(worker)
        self.processes.start([*TRIAGE, "watch"])
        until(lambda: self.answers("/livez") == 200, 90)
        form = {"username": username, "password": PASSWORD, "csrf_token": self.csrf("/sign-in")}
        self.browser.post(f"{self.address}/sign-in", data=form, timeout=10)
        until(lambda: self.answers("/pagingz") == 200, 60)

    def all_run(self) -> bool:
        """None of our processes has ended."""
        return all(process.poll() is None for process in self.processes.running)

    def answers(self, path: str) -> int:
        try:
            return requests.get(self.address + path, timeout=10).status_code
        except requests.RequestException:
            return 0

    def status(self, path: str) -> int:
        """As the dispatcher sees it."""
        return self.browser.get(self.address + path, timeout=10).status_code

    def csrf(self, path: str) -> str:
        page = self.browser.get(self.address + path, timeout=10).text
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found, path
        return found.group(1)

    def post(self, key: str | None = None) -> requests.Response:
        """A call from a program. key -- of one that may have been posted before."""
        self._number += key is None
        answer = requests.post(
            f"{self.address}/api/v1/calls",
            json={"facts": UNARMED, "narrative": "x" * 2000},
            headers={
                "Authorization": f"Bearer {self.token}",
                "Idempotency-Key": key or f"call-{self._number}",
            },
            timeout=15,
        )
        if answer.status_code == 201:
            self.acknowledged.append(answer.json()["reference"])
        return answer

    def is_told_of_what_was_typed(self, form: dict[str, str]) -> None:
        """A form that cannot be saved comes back with its words."""
        tells_of_what_was_typed(self.send(form))

    def form(self) -> dict[str, str]:
        """One that is filled in and not yet sent."""
        token = self.csrf("/intake")
        return {
            "csrf_token": token,
            "form_key": str(uuid4()),
            "action": "send",
            "narrative": TYPED,
            "location": "Pier 3",
        }

    def send(self, form: dict[str, str]) -> requests.Response:
        """Status 303 is an acknowledged call."""
        return self.browser.post(
            f"{self.address}/intake", data=form, timeout=15, allow_redirects=False
        )

    def pages_again(self) -> None:
        try:
            until(lambda: self.answers("/pagingz") == 200, BACK_S)
        except AssertionError:
            told = requests.get(f"{self.address}/pagingz", timeout=10).text
            raise AssertionError(f"paging is not well: {told}") from None

    def recovers(self) -> None:
        """Nobody started anything anew, and all that was acknowledged is there."""
        until(lambda: self.post().status_code == 201, BACK_S)
        self.pages_again()
        for reference in self.acknowledged:
            assert self.status(f"/calls/{reference}") == 200, reference

    def is_whole(self, calls: int, within_s: float = BACK_S) -> None:
        """So many calls are there, those that were acknowledged among them, each with a next step,
        and every text has left: twice only where it was in doubt, and then it says so."""
        since = datetime.now(UTC)
        try:
            until(lambda: not owed(self.database, since), within_s)
        except AssertionError:
            raise AssertionError(f"still owed: {owed(self.database, since)}") from None
        rows = self.database.rows("SELECT reference FROM call")
        references = [reference for (reference,) in rows]
        assert set(self.acknowledged) <= set(references)
        assert len(references) == calls
        assert wrong_after(self.database, self._twilio, since) == []


def tells_of_what_was_typed(answer: requests.Response) -> None:
    assert answer.status_code == 503
    assert any(words in answer.text for words in ("Not saved", "not known whether this was saved"))
    assert TYPED in answer.text


@contextmanager
def at_work(
    url: str, folder: Path, twilio: Twilio, worker: Sequence[str] = ALONE
) -> Iterator[Service]:
    """A service that has taken its first call; it ends with the story, however that ends."""
    service = Service(url, folder, twilio)
    try:
        with make_world(url, folder) as world:
            service.begin(world, worker)
            world.context.database.engine.dispose()  # what follows is the service's alone
            assert service.post().status_code == 201
            yield service
    finally:
        service.processes.stop()
