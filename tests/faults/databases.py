"""The databases that schedules run on: a template with a centre in it, and copies."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, NullPool, Select, create_engine, inspect, text
from sqlalchemy.orm import Session

from tests.servers import PostgresServer, start_postgresql
from tests.twilio_double import ACCOUNT, SENDER, TOKEN
from tests.world import World, environment, prepared_template

SETTINGS = Path(__file__).resolve().parents[2] / "config" / "settings.toml"
LEASE_S = 10
"""The shortest that the settings allow."""
PROVIDER_TIMEOUT_S = 0.5
TEAMS = 4


@dataclass(frozen=True)
class Centre:
    """What stands in the template, for those who act from outside."""

    phones: tuple[str, ...]
    token: str
    """A bearer token for the API."""
    cookies: str
    """Of a dispatcher who is signed in."""


@dataclass
class Store:
    """One kind of database: `sqlite` or `postgresql`."""

    kind: str
    folder: Path
    server: PostgresServer | None = None
    centre: Centre | None = None
    _name: str = field(default_factory=lambda: f"t_{uuid4().hex}")

    def prepare(self) -> None:
        """Make the template. In a child, so that this process opens no database."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.kind == "postgresql":
            self.server = start_postgresql(self.folder)
            self.server.create("template_triage")
        kept = self.folder / "centre.json"
        pid = os.fork()
        if pid == 0:
            try:
                kept.write_text(json.dumps(_furnish(self._template_url(), self.folder)))
                os._exit(0)
            except BaseException:
                import traceback

                traceback.print_exc()
                os._exit(1)
        assert os.waitpid(pid, 0)[1] == 0, "the template was not made"
        values = json.loads(kept.read_text())
        self.centre = Centre(tuple(values["phones"]), values["token"], values["cookies"])

    def _template_url(self) -> str:
        if self.server is not None:
            return self.server.url("template_triage")
        return f"sqlite:///{self.folder / 'template.sqlite'}"

    @property
    def url(self) -> str:
        """Of the copy that schedules run on, one after the other."""
        if self.server is not None:
            return self.server.url(self._name)
        return f"sqlite:///{self.folder / 'triage.sqlite'}"

    def renew(self) -> Database:
        """A fresh copy of the template in place of the last schedule's."""
        if self.server is not None:
            self.server.drop(self._name)
            self.server.create(self._name, template="template_triage")
        else:
            for old in self.folder.glob("triage.sqlite-*"):
                old.unlink()
            # Into the same file: the parent of all processes knows it, and refuses another.
            shutil.copyfile(self.folder / "template.sqlite", self.folder / "triage.sqlite")
        return Database(self.url)

    def close(self) -> None:
        if self.server is not None:
            self.server.remove()


def _furnish(url: str, folder: Path) -> dict[str, Any]:
    """Tables, rule sets, teams of pairs on shift, and somebody who may act."""
    prepared_template(url)
    world = World.open(url, folder)
    both = ("co_responder", "mobile_crisis")
    phones = [
        phone.number
        for number in range(TEAMS)
        for phone in world.team(f"CIT {number}", both, ("clinician", "officer"), calls_at_once=9)
    ]
    browser = world.client("dispatcher")
    jar = browser.client._cookies.values()
    cookies = "; ".join(f"{cookie.key}={cookie.value}" for cookie in jar)
    token = world.token()
    world.context.database.engine.dispose()
    if url.startswith("sqlite"):  # one file is copied: nothing may stand in the log beside it
        for name in ("-wal", "-shm"):
            assert not Path(url.removeprefix("sqlite:///") + name).exists()
    return {"phones": phones, "token": token, "cookies": cookies}


@dataclass(frozen=True)
class Database:
    """One schedule's database, looked at from outside the service."""

    url: str

    @property
    def kind(self) -> str:
        return self.url.split(":")[0].split("+")[0]

    def rows(self, statement: str | Select[Any], **values: Any) -> Sequence[Any]:
        """The rows of a query, over a connection of its own."""
        query = text(statement) if isinstance(statement, str) else statement
        with _engine(self.url).connect() as connection:
            return connection.execute(query, values).all()

    def session(self) -> Session:
        return Session(_engine(self.url))

    def one(self, statement: str, **values: Any) -> Any:
        return self.rows(statement, **values)[0][0]

    def has(self, table: str, column: str = "id") -> bool:
        """Does this release have the table, with this column?"""
        return column in _columns(self.url, table)

    def pass_time(self, seconds: float) -> None:
        """Move the clock that all processes read."""
        key = uuid4()
        statement = text(
            "INSERT INTO clock_shift (id, created_at, ahead_s) VALUES (:id, :at, :ahead)"
        )
        sqlite = self.kind == "sqlite"
        values = {
            "id": key.hex if sqlite else key,
            "at": time.strftime("%Y-%m-%d %H:%M:%S.000000", time.gmtime()),
            "ahead": seconds,
        }
        with _engine(self.url).begin() as connection:
            connection.execute(statement, values)

    def cut_connections(self) -> None:
        """The server throws everybody out who is connected to this database."""
        self.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@cache
def _engine(url: str) -> Engine:
    """It keeps no connection, so that a fork takes none along."""
    arguments = {"timeout": 20} if url.startswith("sqlite") else {}
    return create_engine(url, poolclass=NullPool, connect_args=arguments)


@cache
def _columns(url: str, table: str) -> frozenset[str]:
    looked = inspect(_engine(url))
    if not looked.has_table(table):
        return frozenset()
    return frozenset(found["name"] for found in looked.get_columns(table))


def key(value: object) -> str:
    """A UUID as both databases can be compared by."""
    return str(value).replace("-", "")


def settings_file(folder: Path) -> Path:
    """The shipped settings with a short lease and little patience with the provider."""
    written = SETTINGS.read_text()
    for name, value in {
        "lease_s": str(LEASE_S),
        "provider_timeout_s": str(PROVIDER_TIMEOUT_S),
        "gazetteer": f'"{SETTINGS.parent / "demo_gazetteer.csv"}"',
    }.items():
        written, changed = re.subn(rf"(?m)^{name} = [^#\n]*", f"{name} = {value} ", written)
        assert changed == 1, f"{SETTINGS.name} has no {name}"
    file = folder / "settings.toml"
    file.write_text(written)
    return file


def environment_for(url: str, folder: Path, port: int, api_url: str) -> dict[str, str]:
    """What processes on this database are started with."""
    return environment(url, folder) | {
        "TRIAGE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "TRIAGE_CONFIG": str(settings_file(folder)),
        "TRIAGE_SMS": "twilio",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_FROM": SENDER,
        "TWILIO_API_URL": api_url,
        "PATH": os.environ["PATH"],
    }
