"""Histories that are kept from one run to the next, because large ones take long to make."""

from __future__ import annotations

import json
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from tests.performance.growth import history
from tests.performance.growth.history import Made
from tests.performance.paging.stage import Stage, opened, server_of, stage
from tests.servers import PostgresServer, find_programs, free_port


@contextmanager
def server_in(folder: Path | None, database: str) -> Iterator[PostgresServer | None]:
    """A server whose data lie in this folder, or one that is gone afterwards."""
    if folder is None or database == "sqlite":
        with server_of(database) as server:
            yield server
        return
    home = folder / "postgresql"
    home.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(home, owner.pw_uid, owner.pw_gid)
    log = folder / "postgresql.log"
    kept = PostgresServer(find_programs(), home / "data", log, free_port(), durable=True)
    if not kept.data.exists():
        kept.initialise()
    kept.start()
    try:
        yield kept
    finally:
        kept.stop()


@contextmanager
def with_history(
    server: PostgresServer | None, folder: Path | None, calls: int, whole: int
) -> Iterator[tuple[Stage, Made]]:
    """The service on a history of so many calls: the one of the folder, else a new one."""
    name = f"growth_{calls}"
    if folder is None:
        with stage(server, name) as built:
            yield built, history.write(built.world, calls, whole=whole)
        return
    own = folder / f"{name}_{'postgresql' if server else 'sqlite'}"
    own.mkdir(parents=True, exist_ok=True)
    url = server.url(name) if server else f"sqlite:///{own / 'triage.sqlite'}"
    note = own / "made.json"
    if not note.exists():
        _begin_anew(server, name, own)
    with opened(url, own) as built:
        if not note.exists():
            made = history.write(built.world, calls, whole=whole)
            note.write_text(json.dumps(asdict(made) | {"ends_at": made.ends_at.isoformat()}))
        row = json.loads(note.read_text())
        yield built, Made(**row | {"ends_at": datetime.fromisoformat(row["ends_at"])})


def _begin_anew(server: PostgresServer | None, name: str, own: Path) -> None:
    """Nothing of one that was not finished."""
    if server:
        server.drop(name)
        server.create(name)
    for file in own.glob("triage.sqlite*"):
        file.unlink()
