"""An invented telephone network, so that everything can be tried without a real one.

It keeps its texts in a small SQLite file of its own, which web and worker processes share.
"""

import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from triage.domain.phone_network import OutboundCall, OutboundSms, Outcome, Sent

SERVICE_NUMBER = "+15550100000"
"""The service's own number: fictitious, it cannot exist."""

RINGS_FOR_S = 60

_TABLE = """
    CREATE TABLE IF NOT EXISTS message (
        number INTEGER PRIMARY KEY,
        provider_id TEXT NOT NULL,
        our_id TEXT,
        direction TEXT NOT NULL,
        "from" TEXT NOT NULL,
        "to" TEXT NOT NULL,
        body TEXT NOT NULL,
        at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
    );
    CREATE INDEX IF NOT EXISTS message_to ON message ("to");
    CREATE INDEX IF NOT EXISTS message_from ON message ("from");
    CREATE INDEX IF NOT EXISTS message_our_id ON message (our_id);
"""


class SimulatorSms:
    """PhoneNetwork without a network: what is sent can be read with `messages`."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def send(self, sms: OutboundSms) -> Outcome:
        return Sent(self._keep("outbound", SERVICE_NUMBER, sms.to, sms.body, sms.id))

    def find(self, sms: OutboundSms, within_s: float) -> list[str]:
        """Keys of texts like this one that were taken in the last `within_s` seconds, the
        newest first."""
        with self._open() as database:
            found = database.execute(
                """SELECT provider_id FROM message WHERE direction = 'outbound'
                AND "to" = ? AND body = ?
                AND julianday(at) >= julianday('now') - ? / 86400.0 ORDER BY number DESC""",
                [sms.to, sms.body, within_s + 1],
            )
            return [row["provider_id"] for row in found]

    def call(self, call: OutboundCall) -> Outcome:
        """Let an invented phone ring until somebody takes it on the simulator's page."""
        return Sent(self._keep("ring", SERVICE_NUMBER, call.to, call.body, call.id))

    def ringing(self) -> list[dict[str, str]]:
        """Calls that nobody has taken yet, the oldest first; after a minute they are over."""
        with self._open() as database:
            found = database.execute(
                """SELECT our_id, provider_id, "to", body, at FROM message AS ring
                WHERE direction = 'ring' AND julianday(at) > julianday('now') - ? / 86400.0
                AND NOT EXISTS (SELECT 1 FROM message AS taken
                    WHERE taken.direction = 'taken' AND taken.our_id = ring.our_id)
                ORDER BY number""",
                [RINGS_FOR_S],
            )
            return [dict(row) for row in found]

    def take_ring(self, attempt_id: str, phone: str, said: str) -> None:
        """Somebody took the call, or let it ring out; said -- what came of it."""
        self._keep("taken", phone, SERVICE_NUMBER, said, attempt_id)

    def stop_ringing(self, provider_id: str) -> None:
        with self._open() as database:
            database.execute(
                """INSERT INTO message (provider_id, our_id, direction, "from", "to", body)
                SELECT ?, our_id, 'taken', "to", "from", '' FROM message
                WHERE provider_id = ? AND direction = 'ring'""",
                [f"SIM{secrets.token_hex(16)}", provider_id],
            )

    def is_genuine(self, url: str, form: Mapping[str, str], signature: str | None) -> bool:
        return False

    def record_reply(self, phone: str, body: str) -> str:
        """Keep what somebody typed on an invented phone; returns the network's key of it."""
        return self._keep("inbound", phone, SERVICE_NUMBER, body, None)

    def messages(self, phone: str | None = None) -> list[dict[str, str]]:
        """All texts, or those to and from one phone, the oldest first."""
        with self._open() as database:
            found = database.execute(
                """SELECT body, "from", "to", at, direction FROM message
                WHERE direction IN ('outbound', 'inbound')
                AND (?1 IS NULL OR "to" = ?1 OR "from" = ?1) ORDER BY number""",
                [phone],
            )
            return [dict(row) for row in found]

    def _keep(self, direction: str, sender: str, to: str, body: str, our_id: str | None) -> str:
        provider_id = f"SIM{secrets.token_hex(16)}"
        with self._open() as database:
            database.execute(
                """INSERT INTO message (provider_id, our_id, direction, "from", "to", body)
                VALUES (?, ?, ?, ?, ?, ?)""",
                [provider_id, our_id, direction, sender, to, body],
            )
        return provider_id

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        new = not self._file.exists()
        if new:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Autocommit; nothing here is worth waiting for a disk.
        with closing(sqlite3.connect(self._file, timeout=5, isolation_level=None)) as database:
            database.row_factory = sqlite3.Row
            database.execute("PRAGMA synchronous=OFF")
            if new:
                with suppress(sqlite3.OperationalError):  # another process is just making it
                    database.execute("PRAGMA journal_mode=WAL")
            if not database.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone():
                database.executescript(_TABLE)
            yield database
