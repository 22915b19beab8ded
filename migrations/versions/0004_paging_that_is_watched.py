"""Things to do later have a priority, an end and a dispatch that they are for."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op
from uuid_utils.compat import uuid7

revision = "0004"
down_revision = "0003"

_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    _refuse_shared_telephones()  # before anything is changed
    _upgrade_timers()
    _upgrade_attempts()
    _upgrade_watching()
    _upgrade_escalation()
    _upgrade_reachability()
    op.create_index("ix_call_code", "call", ["code"])


def downgrade() -> None:
    op.drop_index("ix_call_code", table_name="call")
    _downgrade_reachability()
    _downgrade_attempts()
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
    op.create_index(
        "ix_timer_left",
        "timer",
        ["state", "due_at"],
        sqlite_where=_LEFT,
        postgresql_where=_LEFT,
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
    op.drop_index("ix_timer_left", table_name="timer")
    op.drop_table("backup_note")
    op.drop_table("watch")


_OLD_UNSENT = sa.text("state IN ('ready', 'attempting')")
_UNSENT = sa.text("state IN ('ready', 'attempting', 'unknown') AND ring_since IS NULL")
_TO_RING = sa.text("ring_since IS NOT NULL AND noted_at IS NULL")
_OPEN_ATTEMPT = sa.text("state IN ('attempting', 'unknown')")


def _live_row() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    ]


def _index(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _upgrade_attempts() -> None:
    op.create_table(
        "attempt",
        *_live_row(),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("is_copy", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("reported", sa.String(length=24), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("raw_status", sa.String(), nullable=True),
        sa.Column("conflict", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name="fk_attempt_message_id_message"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
        sa.UniqueConstraint("provider_id", name="uq_attempt_provider_id"),
    )
    op.create_index("uq_attempt_number", "attempt", ["message_id", "number"], unique=True)
    _index("ix_attempt_open", "attempt", ["started_at"], _OPEN_ATTEMPT)
    op.create_index("ix_attempt_ended_at", "attempt", ["ended_at"])
    op.create_table(
        "provider_state",
        *_live_row(),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("doubts", sa.Integer(), nullable=False),
        sa.Column("shut_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("probe_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_provider_state"),
        sa.UniqueConstraint("provider", name="uq_provider_state_provider"),
    )
    op.create_table(
        "stray_report",
        *_live_row(),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("raw_status", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stray_report"),
    )
    op.create_index(
        "uq_stray_report", "stray_report", ["provider_id", "raw_status", "why"], unique=True
    )
    op.create_index("ix_stray_report_seen_at", "stray_report", ["seen_at"])
    op.add_column("message", sa.Column("ring_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("noted_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index("ix_message_unsent", table_name="message")
    _index("ix_message_unsent", "message", ["priority", "due_at"], _UNSENT)
    _index("ix_message_to_ring", "message", ["ring_since"], _TO_RING)
    _write_down_what_was_handed_over()


def _write_down_what_was_handed_over() -> None:
    """Texts of the release before that are still on their way get the attempt they lack."""
    op.execute(
        """UPDATE message SET state = 'unknown'
        WHERE state = 'ready' AND last_error LIKE 'in doubt: %'"""
    )
    names = ("state", "provider_id", "attempts", "fence")
    message = sa.table(
        "message",
        sa.column("id", sa.Uuid()),
        sa.column("created_at", sa.DateTime(timezone=True)),
        *(sa.column(name) for name in names),
    )
    on_their_way = sa.select(message).where(
        message.c.attempts > 0, message.c.state.in_(("attempting", "unknown", "sent"))
    )
    state = {"sent": "accepted", "attempting": "attempting", "unknown": "unknown"}
    rows = [
        {
            "id": uuid7(),
            "created_at": one.created_at,
            "version": 1,
            "message_id": one.id,
            "number": one.attempts,
            "channel": "sms",
            "provider": "first",
            "fence": one.fence,
            "state": state[one.state],
            "is_copy": False,
            "started_at": one.created_at,
            "provider_id": one.provider_id,
            "conflict": False,
        }
        for one in op.get_bind().execute(on_their_way)
    ]
    attempt = sa.table(
        "attempt",
        *(sa.column(name, sa.Uuid()) for name in ("id", "message_id")),
        *(sa.column(name, sa.DateTime(timezone=True)) for name in ("created_at", "started_at")),
        *(
            sa.column(name)
            for name in ("version", "number", "channel", "provider", "fence", "state", "is_copy")
        ),
        sa.column("provider_id"),
        sa.column("conflict"),
    )
    op.bulk_insert(attempt, rows)


def _downgrade_attempts() -> None:
    op.execute(
        """UPDATE message SET state = 'ready', last_error = 'in doubt: ' || coalesce(last_error, '')
        WHERE state = 'unknown'"""
    )
    op.drop_index("ix_message_to_ring", table_name="message")
    op.drop_index("ix_message_unsent", table_name="message")
    op.drop_column("message", "noted_at")
    op.drop_column("message", "ring_since")
    _index("ix_message_unsent", "message", ["priority", "due_at"], _OLD_UNSENT)
    for table in ("stray_report", "provider_state", "attempt"):
        op.drop_table(table)


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


_IN_USE = sa.text("retired_at IS NULL")
_PLANNED = sa.text("started_at IS NULL")
_ASKED_BEFORE_MIN = 45


def _upgrade_reachability() -> None:
    for name in ("verified_at", "verified_how", "code_word"):
        kind = sa.DateTime(timezone=True) if name == "verified_at" else sa.String()
        op.add_column("responder", sa.Column(name, kind, nullable=True))
    op.execute(
        "UPDATE responder SET verified_at = CURRENT_TIMESTAMP, verified_how = 'carried_over'"
    )
    op.create_index(
        "uq_responder_phone_in_use",
        "responder",
        ["phone_index"],
        unique=True,
        sqlite_where=_IN_USE,
        postgresql_where=_IN_USE,
    )
    for name in ("asked_at", "answer_by", "confirmed_at"):
        op.add_column("shift", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "reach_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_plan", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_reach_run"),
    )
    op.create_index("ix_reach_run_started_at", "reach_run", ["started_at"])
    op.create_index(
        "uq_reach_run_planned",
        "reach_run",
        ["by_plan"],
        unique=True,
        sqlite_where=_PLANNED,
        postgresql_where=_PLANNED,
    )
    op.create_table(
        "reach_test",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("responder_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("not_asked", sa.String(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["reach_run.id"], name="fk_reach_test_run_id_reach_run"
        ),
        sa.ForeignKeyConstraint(
            ["responder_id"], ["responder.id"], name="fk_reach_test_responder_id_responder"
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name="fk_reach_test_message_id_message"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reach_test"),
    )
    op.create_index("uq_reach_test_member", "reach_test", ["run_id", "responder_id"], unique=True)
    op.create_index("ix_reach_test_responder_id", "reach_test", ["responder_id"])
    _set_timers_of_shifts()


def _refuse_shared_telephones() -> None:
    """Replies are told apart by the telephone they come from: it can have one owner only."""
    shared = op.get_bind().execute(
        sa.text(
            """SELECT DISTINCT team.name FROM responder JOIN team ON team.id = responder.team_id
            WHERE responder.retired_at IS NULL AND responder.phone_index IN (
                SELECT phone_index FROM responder WHERE retired_at IS NULL
                GROUP BY phone_index HAVING count(*) > 1)"""
        )
    )
    if names := sorted(name for (name,) in shared):
        raise RuntimeError(
            f"one telephone belongs to two members, in {', '.join(names)}: retire one of them first"
        )


def _set_timers_of_shifts() -> None:
    """Shifts of the release before end, and are asked about, as all others."""
    shift = sa.table(
        "shift",
        sa.column("id", sa.Uuid()),
        *(sa.column(name, sa.DateTime(timezone=True)) for name in ("starts_at", "ends_at")),
    )
    timer = sa.table(
        "timer",
        *(sa.column(name, sa.Uuid()) for name in ("id", "subject_id")),
        *(sa.column(name, sa.DateTime(timezone=True)) for name in ("created_at", "due_at")),
        *(sa.column(n) for n in ("version", "kind", "step", "state", "priority", "attempts")),
    )
    now = datetime.now(UTC)
    asked_before = timedelta(minutes=_ASKED_BEFORE_MIN)
    rows = []
    for one in op.get_bind().execute(sa.select(shift)):
        starts, ends = (at if at.tzinfo else at.replace(tzinfo=UTC) for at in one[1:])
        due = [("shift_end", 2, ends)] if ends > now else []
        if starts > now:
            due.append(("shift_confirm", 4, starts - asked_before))
        rows += [
            {
                "id": uuid7(),
                "created_at": now,
                "due_at": due_at,
                "version": 1,
                "kind": kind,
                "subject_id": one.id,
                "step": 0,
                "state": "waiting",
                "priority": priority,
                "attempts": 0,
            }
            for kind, priority, due_at in due
        ]
    if rows:
        op.bulk_insert(timer, rows)


def _downgrade_reachability() -> None:
    op.execute(
        "DELETE FROM timer"
        " WHERE kind IN ('shift_confirm', 'shift_unconfirmed', 'shift_end', 'reach_run')"
    )
    op.drop_table("reach_test")
    op.drop_table("reach_run")
    for name in ("confirmed_at", "answer_by", "asked_at"):
        op.drop_column("shift", name)
    op.drop_index("uq_responder_phone_in_use", table_name="responder")
    for name in ("code_word", "verified_how", "verified_at"):
        op.drop_column("responder", name)
