"""A COMMIT of PostgreSQL that may have happened or not is neither a success nor a failure."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text

from tests.servers import PostgresServer, start_postgresql
from tests.stories.test_addresses import ready
from tests.world import World, make_world, prepared_template
from triage.domain.errors import CommitInDoubt, OnOneServerOnly
from triage.domain.lifecycle import MessageState
from triage.services import addresses
from triage.storage.calls import Call
from triage.storage.messages import Message
from triage.storage.timers import Heartbeat
from triage.storage.unit_of_work import UnitOfWork

KEY = {"Idempotency-Key": "one-call-only"}
NEW = {"narrative": "Somebody needs help", "facts": {}}


class Cutter:
    """A line to the server that breaks once, at a COMMIT: before it is passed on, after it, or for
    good: then nobody gets through any more."""

    def __init__(self, port: int) -> None:
        self._server = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cut: str | None = None
        self._deaf_to: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._server))
            for one, other, upwards in ((client, server, True), (server, client, False)):
                arguments = (one, other, upwards)
                threading.Thread(target=self._carry, args=arguments, daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket, upwards: bool) -> None:
        deaf = self._deaf_to
        try:
            while data := one.recv(65536):
                if upwards and self.cut and data.startswith(b"Q") and b"COMMIT" in data:
                    when, self.cut = self.cut, None
                    if when == "for good":
                        self.close()
                    if when != "before":
                        deaf.add(other)
                        other.sendall(data)
                        time.sleep(0.3)  # the server has committed, nobody is told
                    break
                if one not in deaf:
                    other.sendall(data)
        except OSError:
            pass
        for end in (one, other):
            _hang_up(end)

    def close(self) -> None:
        _hang_up(self._listener)


def _hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@pytest.fixture
def database(postgresql: PostgresServer, request: pytest.FixtureRequest) -> str:
    name = f"t_{abs(hash(request.node.nodeid)):x}"
    postgresql.create(name, template="template_triage")
    return name


@pytest.fixture
def cutter(postgresql: PostgresServer) -> Iterator[Cutter]:
    cutter = Cutter(postgresql.port)
    yield cutter
    cutter.close()


@pytest.fixture
def world(cutter: Cutter, database: str, tmp_path: Path) -> Iterator[World]:
    url = f"postgresql+psycopg://postgres@127.0.0.1:{cutter.port}/{database}"
    with make_world(url, tmp_path) as made:
        yield made


def calls(world: World) -> int:
    with world.context.reading() as uow:
        return uow.session.scalar(select(func.count()).select_from(Call)) or 0


def post(world: World, token: str, headers: dict[str, str]) -> int:
    client = world.app.test_client()
    headers = headers | {"Authorization": f"Bearer {token}"}
    return client.post("/api/v1/calls", json=NEW, headers=headers).status_code


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_call_with_a_key_is_looked_up_and_saved_once(
    world: World, cutter: Cutter, when: str
) -> None:
    token = world.token()
    post(world, token, {})  # connections are open
    cutter.cut = when

    assert post(world, token, KEY) == 201
    assert cutter.cut is None
    assert calls(world) == 2
    assert post(world, token, KEY) == 201
    assert calls(world) == 2


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_key_that_somebody_presses_on_the_telephone_is_looked_up_and_answered(
    world: World, cutter: Cutter, when: str
) -> None:
    phone, call = ready(world)
    phone.text(f"{call.code} ADDR")
    world.ignores_texts("what is said on the telephone matters here")
    assert "Enter your six digit PIN" in phone.pick_up()
    cutter.cut = when

    assert "You can try 2 more times." in phone.press("111111")
    assert cutter.cut is None
    assert world.audited("page.address_refused") == 1
    assert "You can try once more." in phone.press("111111")


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_became_of_a_call_of_ours_is_looked_up(
    world: World, cutter: Cutter, when: str
) -> None:
    phone, call = ready(world)
    phone.text(f"{call.code} ADDR")
    world.ignores_texts("what the network reports matters here")
    place = f"/voice/status?attempt={phone.rings[-1].id}"
    rung = select(Message.state, Message.provider_id).where(Message.kind == addresses.KIND)
    with world.context.reading() as uow:
        (_, key) = uow.session.execute(rung).one()
    cutter.cut = when

    told = world.app.test_client().post(
        place,
        data={"CallSid": key, "To": phone.number, "CallStatus": "completed"},
        headers={"X-Twilio-Signature": "genuine"},
    )

    assert cutter.cut is None
    assert told.status_code == 204
    with world.context.reading() as uow:
        assert uow.session.execute(rung).one()[0] is MessageState.DELIVERED


@pytest.mark.parametrize(("when", "saved"), [("before", 0), ("after", 1)])
def test_without_a_key_nobody_is_told_that_it_failed(
    world: World, cutter: Cutter, when: str, saved: int
) -> None:
    def beat(uow: UnitOfWork) -> None:
        uow.add(Heartbeat(worker="w", at=uow.now))

    calls(world)
    cutter.cut = when
    with pytest.raises(CommitInDoubt, match="It is not known whether this was saved"):
        world.context.do("test", beat)

    with world.context.reading() as uow:
        assert uow.session.scalar(select(func.count()).select_from(Heartbeat)) == saved


def test_who_cannot_look_it_up_is_not_told_that_it_was_not_saved(
    world: World, cutter: Cutter
) -> None:
    browser = world.client("dispatcher")
    form = {"csrf_token": browser.csrf("/intake"), "form_key": str(uuid4()), "action": "send"}
    form |= {"narrative": "He stands on the bridge", "location": "Pier 3"}
    world.ignores_texts("nothing can be sent any more")
    cutter.cut = "for good"
    answer = browser.client.post("/intake", data=form)

    assert cutter.cut is None
    assert answer.status_code == 503
    told = answer.get_data(as_text=True)
    assert "It is not known whether this was saved" in told
    assert form["narrative"] in told


def test_a_connection_that_breaks_before_the_commit_costs_nothing(world: World) -> None:
    tried = []

    def work(uow: UnitOfWork) -> int:
        tried.append(uow)
        if len(tried) == 1:
            with world.context.reading() as other:
                mine = uow.session.scalar(text("SELECT pg_backend_pid()"))
                other.session.execute(text("SELECT pg_terminate_backend(:p)"), {"p": mine})
        uow.add(Heartbeat(worker="w", at=uow.now))
        uow.session.flush()
        return len(tried)

    assert world.context.do("test", work) == 2


@pytest.mark.slow
def test_a_standby_that_is_gone_holds_up_no_commit_for_ever(tmp_path: Path) -> None:
    server = start_postgresql(tmp_path)
    url = server.create("centre")
    prepared_template(url)
    with make_world(url, tmp_path) as world:
        token = world.token()
        for statement in (
            "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (one, other)'",
            "SELECT pg_reload_conf()",
        ):
            with world.context.database.engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(
                    statement
                )
        time.sleep(0.5)

        began = time.monotonic()
        with pytest.raises(OnOneServerOnly), world.context.unit_of_work("test") as uow:
            uow.add(Heartbeat(worker="w", at=uow.now))
        assert time.monotonic() - began < 15
        with world.context.reading() as uow:
            assert uow.session.scalar(select(Heartbeat.worker)) == "w"  # it was there

        assert post(world, token, KEY) == 201  # as looking its key up would tell
        assert calls(world) == 1
