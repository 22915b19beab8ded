"""Alarms that ring until a person takes them, check-ins, a word for duress, a PIN, a lost phone."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from uuid_utils.compat import uuid7

revision = "0005"
down_revision = "0004"

_UNTAKEN = sa.text("taken_at IS NULL")
_OPEN = sa.text("closed_at IS NULL")
_ALARMED = sa.text("help_at IS NOT NULL AND help_taken_at IS NULL")
_FIELD = ("en_route", "staged", "on_scene", "transporting")


def upgrade() -> None:
    _upgrade_tables()
    with op.batch_alter_table("responder") as responder:
        for name in ("phone_lost_at", "pin_rests_until"):
            responder.add_column(sa.Column(name, sa.DateTime(timezone=True), nullable=True))
        for name in ("duress_index", "pin_index"):
            responder.add_column(sa.Column(name, sa.LargeBinary(), nullable=True))
        responder.add_column(
            sa.Column("pin_failures", sa.Integer(), server_default="0", nullable=False)
        )
    op.add_column("slot", sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("message") as message:
        message.add_column(sa.Column("alarm_id", sa.Uuid(), nullable=True))
        message.create_foreign_key("fk_message_alarm_id_alarm", "alarm", ["alarm_id"], ["id"])
        message.create_index("ix_message_alarm_id", ["alarm_id"])
    _carry_alarms_over()
    _look_after_teams_in_the_field()
    op.drop_index("ix_page_help", table_name="page")
    with op.batch_alter_table("page") as page:
        page.drop_column("help_at")
        page.drop_column("help_taken_at")


def downgrade() -> None:
    with op.batch_alter_table("page") as page:
        for name in ("help_at", "help_taken_at"):
            page.add_column(sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.execute(
        """UPDATE page SET help_at = (SELECT max(alarm.raised_at) FROM alarm
            WHERE alarm.page_id = page.id AND alarm.taken_at IS NULL)"""
    )
    op.create_index(
        "ix_page_help", "page", ["help_at"], sqlite_where=_ALARMED, postgresql_where=_ALARMED
    )
    op.execute("DELETE FROM timer WHERE kind IN ('ring_alarm', 'check_in', 'check_in_late')")
    op.execute(
        "UPDATE message SET state = 'withdrawn' WHERE state = 'ready'"
        " AND kind IN ('alarm', 'check_in', 'address')"
    )
    with op.batch_alter_table("message") as message:
        message.drop_index("ix_message_alarm_id")
        message.drop_constraint("fk_message_alarm_id_alarm", type_="foreignkey")
        message.drop_column("alarm_id")
    op.drop_column("slot", "heard_at")
    with op.batch_alter_table("responder") as responder:
        for name in (
            "pin_failures",
            "pin_index",
            "duress_index",
            "pin_rests_until",
            "phone_lost_at",
        ):
            responder.drop_column(name)
    op.drop_table("check_in")
    op.drop_table("alarm")


def _live_row() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    ]


def _upgrade_tables() -> None:
    op.create_table(
        "alarm",
        *_live_row(),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("responder_id", sa.Uuid(), nullable=False),
        sa.Column("page_id", sa.Uuid(), nullable=True),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rings", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_by", sa.String(), nullable=True),
        sa.Column("taken_through", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["responder_id"], ["responder.id"], name="fk_alarm_responder_id_responder"
        ),
        sa.ForeignKeyConstraint(["page_id"], ["page.id"], name="fk_alarm_page_id_page"),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_alarm_call_id_call"),
        sa.PrimaryKeyConstraint("id", name="pk_alarm"),
    )
    op.create_index("ix_alarm_call_id", "alarm", ["call_id"])
    op.create_index(
        "ix_alarm_untaken",
        "alarm",
        ["created_at"],
        sqlite_where=_UNTAKEN,
        postgresql_where=_UNTAKEN,
    )
    op.create_table(
        "check_in",
        *_live_row(),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("responder_id", sa.Uuid(), nullable=False),
        sa.Column("asked_again_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("through", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name="fk_check_in_slot_id_slot"),
        sa.ForeignKeyConstraint(
            ["responder_id"], ["responder.id"], name="fk_check_in_responder_id_responder"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_check_in"),
    )
    op.create_index(
        "uq_check_in_open",
        "check_in",
        ["slot_id"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


def _table(name: str, uuids: tuple[str, ...], times: tuple[str, ...], *rest: str) -> sa.TableClause:
    return sa.table(
        name,
        *(sa.column(column, sa.Uuid()) for column in uuids),
        *(sa.column(column, sa.DateTime(timezone=True)) for column in times),
        *(sa.column(column) for column in rest),
    )


_PAGE = _table("page", ("id", "slot_id", "responder_id"), ("help_at", "help_taken_at"))
_SLOT = _table("slot", ("id", "dispatch_id", "responder_id"), (), "state")
_DISPATCH = _table("dispatch", ("id", "call_id"), (), "reached_by")
_TIMER = _table(
    "timer",
    ("id", "subject_id"),
    ("created_at", "due_at"),
    *("version", "kind", "step", "state", "priority", "attempts"),
)


def _timer(kind: str, subject: object, now: datetime, priority: int) -> dict[str, object]:
    return {
        "id": uuid7(),
        "subject_id": subject,
        "created_at": now,
        "due_at": now,
        "version": 1,
        "kind": kind,
        "step": 0,
        "state": "waiting",
        "priority": priority,
        "attempts": 0,
    }


def _carry_alarms_over() -> None:
    """Cries for help that nobody has taken yet ring from now on."""
    alarm = _table(
        "alarm",
        ("id", "responder_id", "page_id", "call_id"),
        ("created_at", "raised_at"),
        *("version", "kind", "rings"),
    )
    untaken = (
        sa.select(_PAGE.c.id, _PAGE.c.responder_id, _PAGE.c.help_at, _DISPATCH.c.call_id)
        .join(_SLOT, _SLOT.c.id == _PAGE.c.slot_id)
        .join(_DISPATCH, _DISPATCH.c.id == _SLOT.c.dispatch_id)
        .where(_PAGE.c.help_at.is_not(None), _PAGE.c.help_taken_at.is_(None))
    )
    now, alarms, timers = datetime.now(UTC), [], []
    for page_id, responder_id, help_at, call_id in op.get_bind().execute(untaken):
        key = uuid7()
        alarms.append(
            {
                "id": key,
                "created_at": help_at,
                "raised_at": help_at,
                "version": 1,
                "kind": "help",
                "rings": 0,
                "responder_id": responder_id,
                "page_id": page_id,
                "call_id": call_id,
            }
        )
        timers.append(_timer("ring_alarm", key, now, 0))
    if alarms:
        op.bulk_insert(alarm, alarms)
        op.bulk_insert(_TIMER, timers)


def _look_after_teams_in_the_field() -> None:
    """Who is on the way or on scene is asked, in time, whether all is well."""
    there = (
        sa.select(_SLOT.c.id)
        .join(_DISPATCH, _DISPATCH.c.id == _SLOT.c.dispatch_id)
        .where(
            _SLOT.c.state.in_(_FIELD),
            _SLOT.c.responder_id.is_not(None),
            _DISPATCH.c.reached_by == "page",
        )
    )
    now = datetime.now(UTC)
    op.get_bind().execute(
        sa.update(_table("slot", ("id",), ("heard_at",)))
        .where(sa.column("id", sa.Uuid()).in_(there))
        .values(heard_at=now)
    )
    rows = [_timer("check_in", key, now, 2) for (key,) in op.get_bind().execute(there)]
    if rows:
        op.bulk_insert(_TIMER, rows)
