"""Teams relieve one another or must leave; a transfer to a telephone line has a life of its own."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from uuid_utils.compat import uuid7

revision = "0006"
down_revision = "0005"

_UNRELIEVED = sa.text("state = 'unfilled' AND replaces_id IS NOT NULL")


_RUNNING = sa.text("state IN ('offered', 'ringing', 'counselor')")
_TIMES = ("due_at", "ringing_at", "counselor_at", "late_at", "released_at", "ended_at")


def upgrade() -> None:
    _upgrade_slots()
    _upgrade_transfers()


def downgrade() -> None:
    op.execute("DELETE FROM timer WHERE kind IN ('relief', 'transfer')")
    op.drop_table("transfer")
    _downgrade_slots()


def _upgrade_slots() -> None:
    op.add_column("slot", sa.Column("replaces_id", sa.Uuid(), nullable=True))
    op.add_column("slot", sa.Column("relief_asked_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_slot_unrelieved",
        "slot",
        ["dispatch_id"],
        sqlite_where=_UNRELIEVED,
        postgresql_where=_UNRELIEVED,
    )


def _downgrade_slots() -> None:
    op.drop_index("ix_slot_unrelieved", table_name="slot")
    for name in ("relief_asked_at", "replaces_id"):
        op.drop_column("slot", name)


def _upgrade_transfers() -> None:
    op.create_table(
        "transfer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("dispatch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("line", sa.String(), nullable=True),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in _TIMES),
        sa.Column("to_counselor_s", sa.Integer(), nullable=True),
        sa.Column("refusal", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dispatch_id"], ["dispatch.id"], name="fk_transfer_dispatch_id_dispatch"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_transfer"),
    )
    op.create_index("uq_transfer_number", "transfer", ["dispatch_id", "number"], unique=True)
    op.create_index(
        "uq_transfer_running",
        "transfer",
        ["dispatch_id"],
        unique=True,
        sqlite_where=_RUNNING,
        postgresql_where=_RUNNING,
    )
    _take_over_open_ones()


def _take_over_open_ones() -> None:
    """Callers who were to be transferred, or were, when this release came: the first are to be
    rung for as any other, the second are with their line."""
    moment = sa.DateTime(timezone=True)
    names = ("id", "call_id", "state", "reached_by", "created_at", "confirmed_at", "level_rank")
    kinds = (sa.Uuid(), sa.Uuid(), sa.String(), sa.String(), moment, moment, sa.Integer())
    dispatch = sa.table("dispatch", *(sa.column(*one) for one in zip(names, kinds, strict=True)))
    owed = sa.select(dispatch).where(
        dispatch.c.reached_by == "transfer", dispatch.c.state.in_(["hand_over", "handed_over"])
    )
    now = datetime.now(UTC)
    transfers, timers = [], []
    for one in op.get_bind().execute(owed):
        running = one.state == "hand_over"
        transfer = {
            "id": uuid7(),
            "created_at": one.created_at,
            "version": 1,
            "dispatch_id": one.id,
            "number": 1,
            "state": "offered" if running else "released",
            "due_at": now if running else None,
            "released_at": None if running else one.confirmed_at,
        }
        transfers.append(transfer)
        if running:
            timers.append(
                {
                    "id": uuid7(),
                    "created_at": now,
                    "version": 1,
                    "kind": "transfer",
                    "subject_id": transfer["id"],
                    "step": 0,
                    "due_at": now,
                    "priority": one.level_rank,
                    "dispatch_id": one.id,
                    "state": "waiting",
                    "attempts": 0,
                }
            )
    _insert("transfer", transfers, moments=("created_at", "due_at", "released_at"))
    _insert("timer", timers, moments=("created_at", "due_at"))


def _insert(name: str, rows: list[dict[str, object]], moments: tuple[str, ...]) -> None:
    if not rows:
        return
    columns = [
        sa.column(one, sa.DateTime(timezone=True))
        if one in moments
        else sa.column(one, sa.Uuid())
        if one.endswith("id")
        else sa.column(one)
        for one in rows[0]
    ]
    op.bulk_insert(sa.table(name, *columns), rows)
