"""A database that does not open: which, where and why, and never the password."""

from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.servers import PostgresServer, free_port
from tests.stories.test_operating import triage

SECRET = "a-secret-password"


def refusal(folder: Path, url: str, *command: str) -> str:
    told = triage(folder, *(command or ("calls",)), TRIAGE_DATABASE_URL=url)
    assert told.returncode == 1
    assert "Traceback" not in told.stderr
    assert SECRET not in told.stderr + told.stdout
    return told.stderr


@pytest.fixture(scope="module")
def locked(postgresql: PostgresServer) -> PostgresServer:
    """The server, which asks the role `locked` for a password."""
    rules = postgresql.data / "pg_hba.conf"
    asks = "host all locked 127.0.0.1/32 scram-sha-256\n"
    rules.write_text(asks + rules.read_text())
    postgresql.ask("CREATE ROLE locked LOGIN PASSWORD 'another'")
    postgresql.ask("SELECT pg_reload_conf()")
    return postgresql


def test_nothing_listens_on_either_of_two_hosts(tmp_path: Path) -> None:
    first, second = free_port(), free_port()
    hosts = f"host=127.0.0.1:{first}&host=127.0.0.1:{second}"
    url = f"postgresql+psycopg://dana:{SECRET}@/triage?{hosts}"

    for command in (["calls"], ["db", "upgrade"]):
        assert (
            f"cannot start: the database triage on 127.0.0.1 port {first}, 127.0.0.1 port {second},"
            " as dana, cannot be opened: nothing listens there (connection refused)\n"
        ) in refusal(tmp_path, url, *command)


def test_a_wrong_password_a_missing_database_and_a_missing_role_are_told_apart(
    tmp_path: Path, locked: PostgresServer
) -> None:
    url = make_url(locked.url("template_triage"))
    wrong = url.set(username="locked", password=SECRET)
    none = url.set(username="locked")
    for case, reason in (
        (wrong, "it refuses our name or password"),
        (none, "it asks for a password and the URL has none"),
        (url.set(database="nowhere"), "it has no such database"),
        (url.set(username="nobody"), "it has no such role"),
    ):
        told = refusal(tmp_path, case.render_as_string(hide_password=False))
        assert f"on 127.0.0.1 port {locked.port}, as {case.username}, cannot be opened: " in told
        assert told.endswith(f"cannot be opened: {reason}\n")


def test_a_file_that_cannot_be_opened_or_is_none_is_named(tmp_path: Path) -> None:
    away = tmp_path / "nowhere" / "triage.sqlite"
    told = refusal(tmp_path, f"sqlite:///{away}")
    assert f"the database file {away} cannot be opened: there is no such folder" in told

    other = tmp_path / "other.sqlite"
    other.write_text("not a database at all" * 100)
    told = refusal(tmp_path, f"sqlite:///{other}")
    assert "the file is no SQLite database" in told
