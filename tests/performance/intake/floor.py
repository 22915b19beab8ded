"""The least that anybody could do: a bare Flask handler with one raw INSERT and a commit.

Served as the service is, by gunicorn:

    python -m tests.performance.intake.floor URL PORT PROCESSES
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Callable
from typing import Any

import psycopg
from flask import Flask, request
from gunicorn.app.base import BaseApplication

from triage.entrypoints.web.turns import AT_ONCE

INSERT = "INSERT INTO floor (body) VALUES ({})"
Save = Callable[[str], None]


def prepare(url: str) -> None:
    """Make the table."""
    with _connect(url) as connection:
        connection.execute("CREATE TABLE floor (body TEXT NOT NULL)")


def _connect(url: str) -> Any:
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"):
            connection.execute(f"PRAGMA {pragma}")
        return connection
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def _saver(url: str) -> Save:
    """A connection for each thread, opened once. One statement is one transaction."""
    mine = threading.local()
    statement = INSERT.format("?" if url.startswith("sqlite") else "%s")

    def save(body: str) -> None:
        if not hasattr(mine, "connection"):
            mine.connection = _connect(url)
        mine.connection.execute(statement, [body])

    return save


def application(url: str) -> Flask:
    app, save = Flask(__name__), _saver(url)

    @app.post("/intake")
    def take() -> str:
        save(request.form["narrative"])
        return "kept"

    @app.get("/livez")
    def alive() -> str:
        return "alive"

    return app


class Floor(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, url: str, port: int, processes: int) -> None:
        self._url, self._port, self._processes = url, port, processes
        super().__init__()

    def load_config(self) -> None:
        self.cfg.set("worker_class", "gthread")
        self.cfg.set("threads", AT_ONCE)
        self.cfg.set("bind", f"127.0.0.1:{self._port}")
        self.cfg.set("workers", self._processes)

    def load(self) -> Flask:
        return application(self._url)


if __name__ == "__main__":
    Floor(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])).run()
