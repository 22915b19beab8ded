"""A new key for the data, in the two rounds that docs/operating.md asks for, while calls come in:
whoever takes one is killed at each statement and commit, in each round.

    python -m tests.faults.rotations KIND FOLDER

Exit status 1 where anything did not hold. A process of its own, because one with threads must not
fork.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import select

from tests.faults.points import Strike, arm
from tests.faults.upgrades import in_a_child
from tests.servers import start_postgresql
from tests.world import KEY, World, environment, prepared_template
from triage.app import build_context, check_database, create_app
from triage.context import AppContext
from triage.services import known_calls
from triage.settings import read_settings
from triage.storage.calls import Call, Caller

NEW = "new1:Q0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0M="
ROUNDS = (KEY, f"{KEY},{NEW}", f"{NEW},{KEY}")
"""TRIAGE_DATA_KEY before, in the first round and in the second. Processes of two that stand side by
side here are at work at the same time."""
POINTS = ("statement", "before_commit", "after_commit")
SAID, NUMBER, PLACE = "He stands on the bridge", "+12025550177", "9 Harbor Street"
KILLED, REFUSED = -signal.SIGKILL, 2
"""How a child ends; see `in_a_child`."""


@dataclass
class Rotation:
    url: str
    folder: Path

    def context(self, keys: str) -> AppContext:
        """As a process that starts with these."""
        environ = environment(self.url, self.folder) | {"TRIAGE_DATA_KEY": keys}
        context = build_context(read_settings(environ))
        check_database(context)
        return context

    def furnish(self) -> None:
        """A centre before anybody thinks of a new key."""
        prepared_template(self.url)
        world = World.open(self.url, self.folder)
        world.team("MCT 1", ("co_responder", "mobile_crisis"), calls_at_once=999)
        (self.folder / "token").write_text(world.token("calls:write"))
        world.context.database.engine.dispose()

    def take(self, client: FlaskClient, strike: Strike) -> None:
        """A web process takes a call, and is struck."""
        token = (self.folder / "token").read_text()
        arm([strike], os.open(os.devnull, os.O_WRONLY))
        answer = client.post(
            "/api/v1/calls",
            json={"narrative": SAID, "caller_phone": NUMBER, "location": PLACE},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 201, answer.get_data(as_text=True)
        with (self.folder / "acknowledged").open("a") as file:
            file.write(f"{answer.json['reference']}\n")

    def reads_all(self, keys: str) -> bool:
        """Does a process with these keys read every row, and find each call by number and place?"""

        def work() -> None:
            context = self.context(keys)
            with context.reading() as uow:
                found = uow.session.scalars(select(Call)).all()
                assert {SAID} == {call.narrative for call in found}
                assert {PLACE} == {call.location for call in found}
                numbers = uow.session.scalars(select(Caller)).all()
                assert {NUMBER} == {caller.phone for caller in numbers}
                acknowledged = (self.folder / "acknowledged").read_text().split()
                assert set(acknowledged) <= {call.reference for call in found}
                for said, number in ((PLACE, None), ("", NUMBER)):
                    known = known_calls.known(uow, context.centre, said, None, None, number)
                    assert {one.call.id for one in known.alike} == {call.id for call in found}

        return in_a_child(work) == 0

    def kill_everywhere(self, keys: str) -> None:
        """One process after the other, at each point of taking a call."""
        context = self.context(keys)
        client = create_app(context).test_client()
        context.database.engine.dispose()  # each child opens its own
        for point in POINTS:
            for nth in count(1):
                strike = Strike("a new key", "web", point, nth)
                ended = in_a_child(partial(self.take, client, strike))
                if ended != KILLED:
                    assert ended == 0, f"{point} {nth}: it ended with {ended}"
                    break
                print(f"killed: {point} {nth}", flush=True)


def main() -> int:
    kind, folder = sys.argv[1], Path(sys.argv[2])
    server = start_postgresql(folder) if kind == "postgresql" else None
    url = server.create("rotation") if server else f"sqlite:///{folder / 'triage.sqlite'}"
    rotation = Rotation(url, folder)
    wrong: list[str] = []
    try:
        assert in_a_child(rotation.furnish) == 0
        for number, keys in enumerate(ROUNDS):
            print(f"{kind}, round {number}", flush=True)
            assert in_a_child(partial(rotation.kill_everywhere, keys)) == 0
            beside = ROUNDS[max(number - 1, 0) : number + 2]
            wrong += [
                f"round {number}: {ROUNDS.index(other)} does not read and find all"
                for other in beside
                if not rotation.reads_all(other)
            ]
        if in_a_child(lambda: rotation.context(NEW)) != REFUSED:
            wrong.append("the old key can be withdrawn though calls are sealed with it")
    finally:
        if server:
            server.remove()
    print("\n".join(wrong) or "held")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
