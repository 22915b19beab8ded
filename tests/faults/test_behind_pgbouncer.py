"""F70: no wake-up arrives, because PgBouncer lends a session for one transaction only: workers look
each second and everything else works as ever. It is killed and started again: nothing is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.pgbouncer import TAKES_OPTIONS, Pooler
from tests.faults.service import Service
from tests.faults.workers import WAITS_S, Workers
from tests.servers import Missing, PostgresServer, missing
from tests.twilio_double import Twilio
from tests.world import make_world, prepared_template, settings_for
from triage.app import build_context, check_database
from triage.settings import SettingsError

LIMITS = {
    "statement_timeout": "'5s'",
    "lock_timeout": "'3s'",
    "idle_in_transaction_session_timeout": "'15s'",
    "jit": "off",
}
"""As docs/operating.md has them set."""
CALLS, AT_ONCE = 24, 6
"""More at once than PgBouncer has sessions for, with those of the worker and the watcher; and more
of them than it takes until a statement would be prepared."""
A_LOOK_S = 1.0
AND_A_PAGE_S = 4.0
"""What a page takes beyond that, where the tests fill all cores."""
TOLD_WITHIN_S = 5.0


@pytest.fixture
def pooler(server: PostgresServer, tmp_path: Path) -> Iterator[Pooler]:
    pooler = Pooler(server, tmp_path)
    try:
        pooler.start()
    except Missing as reason:
        missing(str(reason))
    yield pooler
    pooler.kill()


def give_limits(server: PostgresServer) -> None:
    for name, value in LIMITS.items():
        server.execute(f"ALTER ROLE postgres SET {name} = {value}")


@pytest.mark.slow
def test_all_works_where_nobody_is_woken_and_each_transaction_has_another_session(
    server: PostgresServer, pooler: Pooler, tmp_path: Path, twilio: Twilio
) -> None:
    give_limits(server)
    direct = server.create("centre")
    service = Service(direct, tmp_path, twilio)
    service.processes = Workers.on(pooler.url("centre"), tmp_path, twilio)
    try:
        with make_world(direct, tmp_path) as world:
            service.begin(world)
        one_page_after_the_other(service, twilio)
        many_at_once(service)
        log = service.processes.log.read_text()
        assert "behind a pooler nobody is woken" in log
        assert "prepared statement" not in log
        assert server.ask("SELECT count(*) FROM pg_stat_activity WHERE query ~ '^LISTEN'") == 0
        the_pooler_is_killed(service, pooler)
        assert service.all_run()
        service.is_whole(calls=len(service.acknowledged) + 1, within_s=60)
    finally:
        service.processes.stop()


def one_page_after_the_other(service: Service, twilio: Twilio) -> None:
    for number in range(len(twilio.texts) + 1, len(twilio.texts) + 4):
        posted_at = time.monotonic()
        assert service.post().status_code == 201
        twilio.wait_for(number, A_LOOK_S + AND_A_PAGE_S)
        WAITS_S.append(time.monotonic() - posted_at)
        print(f"a page after {WAITS_S[-1]:.2f} s")


def many_at_once(service: Service) -> None:
    with ThreadPoolExecutor(AT_ONCE) as callers:
        answers = list(callers.map(lambda _: service.post().status_code, range(CALLS)))
    assert answers == [201] * CALLS


def the_pooler_is_killed(service: Service, pooler: Pooler) -> None:
    form = service.form()
    pooler.kill()
    began = time.monotonic()
    assert service.post().status_code == 503
    service.is_told_of_what_was_typed(form)
    assert time.monotonic() - began < 2 * TOLD_WITHIN_S
    pooler.start()
    service.recovers()
    assert service.send(form).status_code == 303


def test_without_limits_or_with_options_refused_the_service_says_what_to_set(
    server: PostgresServer, pooler: Pooler, tmp_path: Path
) -> None:
    prepared_template(server.create("centre"))
    why_not(pooler, tmp_path, "give the role limits")
    pooler.kill()
    pooler.start(more="")
    why_not(pooler, tmp_path, TAKES_OPTIONS)


def why_not(pooler: Pooler, folder: Path, words: str) -> None:
    context = build_context(settings_for(pooler.url("centre"), folder))
    with pytest.raises(SettingsError, match=words):
        check_database(context)
    context.database.engine.dispose()
