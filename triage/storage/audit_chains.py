"""Lines of the audit trail are saved as links of a chain, in the transaction of what they tell of.

Each of many chains is held by one transaction at a time, and whoever writes takes one that is
free: so nobody waits for another's commit.
"""

import hmac
import json
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Text, cast, select
from sqlalchemy.orm import Session

from triage.domain.audit_chains import Head, Line, Saying, said
from triage.domain.errors import TriageError
from triage.domain.words import msgid
from triage.storage.audit import AuditChain, AuditEntry
from triage.storage.base import Base
from triage.storage.driving import ask, drive
from triage.storage.inserting import insert_rows
from triage.storage.sealed import audit_key

_LAST = "SELECT chain, seq, seal FROM audit_chain ORDER BY chain LIMIT 1"
_FREE = {
    "sqlite": (_LAST,),  # which lets one write at a time
    "postgresql": (f"{_LAST} FOR NO KEY UPDATE SKIP LOCKED", f"{_LAST} FOR NO KEY UPDATE"),
}
_MOVE = {
    "sqlite": "UPDATE audit_chain SET seq = ?, seal = ?, entry_id = ? WHERE chain = ?",
    "postgresql": "UPDATE audit_chain SET seq = %s, seal = %s, entry_id = %s WHERE chain = %s",
}
ENTRIES = Base.metadata.tables[AuditEntry.__tablename__]
_SAYING = itemgetter("id", "created_at", "actor", "event", "subject_table", "subject_id", "call_id")


class NoAuditTrail(TriageError):
    """What cannot be written down is not done."""


def seal(before: bytes, what: bytes) -> bytes:
    """HMAC-SHA-256. See `domain.audit_chains`."""
    return hmac.digest(audit_key(), before + what, "sha256")


def save_entries(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Save lines of the trail; each row gets its place and its seal. rows -- by column.

    Raises NoAuditTrail where there is no chain to write to."""
    connection: Connection = session.info["connection"]
    dialect = connection.dialect.name
    chain, seq, last = _free_chain(connection, dialect)
    for row in rows:
        seq += 1
        text = json.dumps(row["details"])  # as the column writes it
        last = seal(last, said(chain, seq, Saying(*_SAYING(row)), text))
        row.update(chain=chain, seq=seq, seal=last)
    insert_rows(connection, ENTRIES, rows)
    entry = rows[-1]["id"]
    drive(
        connection, _MOVE[dialect], (seq, last, entry.hex if dialect == "sqlite" else entry, chain)
    )


def _free_chain(connection: Connection, dialect: str) -> tuple[int, int, bytes]:
    for question in _FREE[dialect]:
        if found := ask(connection, question):
            chain, seq, last = found[0]
            return chain, seq, bytes(last)
    raise NoAuditTrail(
        msgid(
            "The audit trail takes no lines, so nothing is saved. Go on by telephone and on paper,"
            " and tell whoever runs the service: the table audit_chain is empty."
        )
    )


def heads(session: Session) -> dict[int, Head]:
    """How far each chain has come; those without a line are left out."""
    found = session.execute(
        select(AuditChain.chain, AuditChain.seq, AuditChain.seal, AuditChain.entry_id)
    )
    return {chain: Head(seq, last, entry) for chain, seq, last, entry in found if seq}


_LINES = (
    select(
        ENTRIES.c.id,
        ENTRIES.c.created_at,
        ENTRIES.c.chain,
        ENTRIES.c.seq,
        ENTRIES.c.seal,
        ENTRIES.c.actor,
        ENTRIES.c.event,
        ENTRIES.c.subject_table,
        ENTRIES.c.subject_id,
        ENTRIES.c.call_id,
        cast(ENTRIES.c.details, Text),
    )
    .order_by(ENTRIES.c.id)
    .limit(5_000)
)


def lines(session: Session) -> Iterator[Line]:
    """All lines of the trail, by their keys, some thousand at a time."""
    asked = _LINES
    while rows := session.execute(asked).all():
        for key, at, chain, seq, its, *rest, details in rows:
            body = b"" if seq is None else said(chain, seq, Saying(key, at, *rest), details)
            yield Line(key, at, chain, seq, its, body)
        asked = _LINES.where(ENTRIES.c.id > rows[-1][0])


def seals_of(session: Session, entries: Iterable[UUID]) -> dict[UUID, bytes | None]:
    """By key of a line, its seal."""
    of = select(AuditEntry.id, AuditEntry.seal).where(AuditEntry.id.in_(list(entries)))
    return {row.id: row.seal for row in session.execute(of)}
