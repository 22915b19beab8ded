"""Things to do later have a priority, an end and a dispatch that they are for."""

import sqlalchemy as sa
from alembic import op
from uuid_utils.compat import uuid7

revision = "0004"
down_revision = "0003"

_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    _upgrade_timers()
    _upgrade_watching()
    _upgrade_escalation()
    op.create_index("ix_call_code", "call", ["code"])


def downgrade() -> None:
    op.drop_index("ix_call_code", table_name="call")
    _downgrade_escalation()
    _downgrade_watching()
    _downgrade_timers()


def _upgrade_timers() -> None:
    with op.batch_alter_table("timer") as timer:
        timer.add_column(sa.Column("priority", sa.Integer(), server_default="5", nullable=False))
        timer.add_column(sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True))
        timer.add_column(sa.Column("dispatch_id", sa.Uuid(), nullable=True))
        timer.drop_column("fence")
        timer.drop_column("lease_until")
        timer.drop_index("ix_timer_waiting")
    op.create_index(
        "ix_timer_waiting",
        "timer",
        ["priority", "due_at"],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
    op.create_index(
        "ix_timer_dispatch_id",
        "timer",
        ["dispatch_id"],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
    op.execute(
        """UPDATE timer SET dispatch_id = subject_id
        WHERE state = 'waiting' AND kind IN ('hand_over', 'nobody_left')"""
    )
    op.execute(
        """UPDATE timer SET dispatch_id = (
            SELECT slot.dispatch_id FROM page JOIN slot ON slot.id = page.slot_id
            WHERE page.id = timer.subject_id)
        WHERE state = 'waiting' AND kind = 'page_answer'"""
    )
    op.execute("UPDATE timer SET priority = 1 WHERE state = 'waiting' AND dispatch_id IS NOT NULL")


def _downgrade_timers() -> None:
    with op.batch_alter_table("timer") as timer:
        timer.drop_index("ix_timer_dispatch_id")
        timer.drop_index("ix_timer_waiting")
        timer.drop_column("dispatch_id")
        timer.drop_column("valid_until")
        timer.drop_column("priority")
        timer.add_column(sa.Column("fence", sa.Integer(), server_default="0", nullable=False))
        timer.add_column(sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_timer_waiting",
        "timer",
        ["due_at"],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )


_LEFT = sa.text("state IN ('parked', 'expired')")
_MISSED = sa.text("state IN ('expired', 'failed')")


def _upgrade_watching() -> None:
    op.create_table(
        "watch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("watcher", sa.String(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_watch"),
    )
    op.create_index("ix_watch_created_at", "watch", ["created_at"])
    op.create_table(
        "backup_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_backup_note"),
    )
    op.create_index("ix_backup_note_created_at", "backup_note", ["created_at"])
    op.create_table(
        "missed_text",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_missed_text"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name="fk_missed_text_message_id_message"
        ),
        sa.UniqueConstraint("message_id", name="uq_missed_text_message_id"),
    )
    op.create_index(
        "ix_timer_left",
        "timer",
        ["state", "due_at"],
        sqlite_where=_LEFT,
        postgresql_where=_LEFT,
    )
    op.create_index(
        "ix_message_missed",
        "message",
        ["created_at"],
        sqlite_where=_MISSED,
        postgresql_where=_MISSED,
    )
    op.add_column("dispatch", sa.Column("stalled_in", sa.String(length=24), nullable=True))
    _look_after_what_is_open()


def _look_after_what_is_open() -> None:
    """Dispatches of the release before have no timer that looks after them."""
    dispatch, timer = (
        sa.table(
            "dispatch",
            sa.column("id", sa.Uuid()),
            sa.column("state"),
            sa.column("level_rank"),
            sa.column("created_at", sa.DateTime(timezone=True)),
        ),
        sa.table(
            "timer",
            *(sa.column(name, sa.Uuid()) for name in ("id", "subject_id", "dispatch_id")),
            *(sa.column(name, sa.DateTime(timezone=True)) for name in ("created_at", "due_at")),
            *(sa.column(name) for name in ("version", "kind", "step", "state", "priority")),
            sa.column("attempts"),
        ),
    )
    ended = ("cleared", "cancelled", "handed_over")
    open_ones = sa.select(dispatch).where(dispatch.c.state.not_in(ended))
    rows = [
        {
            "id": uuid7(),
            "created_at": one.created_at,
            "due_at": one.created_at,
            "version": 1,
            "kind": "look_after",
            "subject_id": one.id,
            "dispatch_id": one.id,
            "step": 0,
            "state": "waiting",
            "priority": one.level_rank,
            "attempts": 0,
        }
        for one in op.get_bind().execute(open_ones)
    ]
    if rows:
        op.bulk_insert(timer, rows)


def _downgrade_watching() -> None:
    op.execute("DELETE FROM timer WHERE kind = 'look_after'")
    op.drop_column("dispatch", "stalled_in")
    op.drop_index("ix_message_missed", table_name="message")
    op.drop_index("ix_timer_left", table_name="timer")
    op.drop_table("missed_text")
    op.drop_table("backup_note")
    op.drop_table("watch")


_LIVE = sa.text("ended_at IS NULL")
_HAS_IT = sa.text("state = 'accepted' AND kind <> 'supervisor'")
_ACCEPTED = sa.text("state = 'accepted'")
_WAITS = sa.text("state = 'unfilled'")


def _upgrade_escalation() -> None:
    op.create_table(
        "escalation_policy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("response", sa.String(), nullable=False),
        sa.Column("level_rank", sa.Integer(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("repeat_s", sa.Integer(), nullable=False),
        sa.Column("edited_by", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_escalation_policy"),
    )
    op.create_index(
        "uq_escalation_policy_live",
        "escalation_policy",
        ["response", "level_rank"],
        unique=True,
        sqlite_where=_LIVE,
        postgresql_where=_LIVE,
    )
    with op.batch_alter_table("dispatch") as dispatch:
        dispatch.add_column(sa.Column("diverted_at", sa.DateTime(timezone=True), nullable=True))
        dispatch.add_column(sa.Column("policy_id", sa.Uuid(), nullable=True))
        dispatch.add_column(
            sa.Column("escalated", sa.Integer(), server_default="0", nullable=False)
        )
        dispatch.add_column(sa.Column("call_back_at", sa.DateTime(timezone=True), nullable=True))
        dispatch.create_foreign_key(
            "fk_dispatch_policy_id_escalation_policy", "escalation_policy", ["policy_id"], ["id"]
        )
    op.create_index(
        "ix_dispatch_waiting",
        "dispatch",
        ["level_rank", "created_at"],
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    )
    with op.batch_alter_table("page") as page:
        page.add_column(
            sa.Column("kind", sa.String(length=24), server_default="team", nullable=False)
        )
        page.add_column(sa.Column("instead_of_id", sa.Uuid(), nullable=True))
        page.drop_index("uq_page_one_accepted")
    _one_accepted(_HAS_IT)
    with op.batch_alter_table("message") as message:
        message.add_column(
            sa.Column("channel", sa.String(length=8), server_default="sms", nullable=False)
        )


def _downgrade_escalation() -> None:
    with op.batch_alter_table("message") as message:
        message.drop_column("channel")
    op.execute("UPDATE page SET state = 'withdrawn' WHERE kind = 'supervisor'")
    with op.batch_alter_table("page") as page:
        page.drop_index("uq_page_one_accepted")
        page.drop_column("instead_of_id")
        page.drop_column("kind")
    _one_accepted(_ACCEPTED)
    with op.batch_alter_table("dispatch") as dispatch:
        dispatch.drop_constraint("fk_dispatch_policy_id_escalation_policy", type_="foreignkey")
        dispatch.drop_index("ix_dispatch_waiting")
        for column in ("call_back_at", "escalated", "policy_id", "diverted_at"):
            dispatch.drop_column(column)
    op.drop_table("escalation_policy")


def _one_accepted(which: sa.TextClause) -> None:
    op.create_index(
        "uq_page_one_accepted",
        "page",
        ["slot_id"],
        unique=True,
        sqlite_where=which,
        postgresql_where=which,
    )
