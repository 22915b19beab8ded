"""What is asked all day is found without reading what is over: indexes hold what is open, or lead
on from what one call, number or member is about. Those that a value of many rows came first in are
gone: they were written with each call, and led whoever planned a query through history."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def _last_digits(column: str) -> sa.TextClause:
    """As last_digits() in storage/calls.py."""
    end = f"replace({column}, rtrim({column}, '0123456789'), '')"
    return sa.text(f"ltrim({end}, '0')")


_UNREAD = (
    "read_at IS NULL AND outcome IN ('help_unplaced', 'phone_lost', 'unknown_number', 'unread',"
    " 'not_done', 'opted_out', 'not_understood', 'unknown_code', 'which_code', 'no_question',"
    " 'refused', 'not_verified')"
)
_CALLS_BACK = "call_back_at IS NOT NULL"
_CLOSED = "state = 'closed'"
_PAST = ["received_at", "id"]
_NEW = (
    # Past calls by what is chosen, page by page: written when a call is closed.
    ("ix_call_closed_zone", "call", ["zone", *_PAST], _CLOSED),
    ("ix_call_closed_disposition", "call", ["disposition", *_PAST], _CLOSED),
    ("ix_call_closed_zone_disposition", "call", ["zone", "disposition", *_PAST], _CLOSED),
    # By the end of a number of the CAD's: for calls and units that have one.
    ("ix_call_cad_tail", "call", [_last_digits("external_id")], "external_id IS NOT NULL"),
    ("ix_dispatch_cad_tail", "dispatch", [_last_digits("cad_number")], "cad_number IS NOT NULL"),
    # What is open: a handful of rows each.
    ("ix_dispatch_call_back", "dispatch", ["level_rank", "call_back_at"], _CALLS_BACK),
    ("ix_page_open", "page", ["responder_id"], "state = 'open'"),
    ("ix_follow_up_open", "follow_up", ["due_at"], "state = 'open'"),
    ("ix_follow_up_not_reached", "follow_up", ["due_at"], "state = 'not_reached'"),
    ("ix_alarm_standing", "alarm", ["created_at"], "taken_at IS NULL OR over_at IS NULL"),
    ("ix_inbound_message_unread", "inbound_message", ["created_at"], _UNREAD),
    # What happened of late; each in place of one that had no time in it, or no time first.
    ("ix_alarm_taken_at", "alarm", ["taken_at"], None),
    ("ix_inbound_message_from", "inbound_message", ["from_index", "created_at"], None),
    ("ix_inbound_message_created_at", "inbound_message", ["created_at"], None),
    ("ix_message_to", "message", ["to_index", "created_at"], None),
    ("ix_shift_responder", "shift", ["responder_id", "ends_at"], None),
    ("ix_transfer_created_at", "transfer", ["created_at"], None),
)
_GONE = (
    ("ix_alarm_in_force", "alarm", ["kind"], "over_at IS NULL"),
    ("ix_audit_entry_event", "audit_entry", ["event"], None),
    ("ix_assessment_rule_set_sha256", "assessment", ["rule_set_sha256"], None),
    ("ix_follow_up_due", "follow_up", ["state", "due_at"], None),
    ("ix_follow_up_owner_id", "follow_up", ["owner_id"], None),
    ("ix_inbound_message_from_index", "inbound_message", ["from_index"], None),
    ("ix_inbound_message_outcome", "inbound_message", ["outcome", "created_at"], None),
    ("ix_message_to_index", "message", ["to_index"], None),
    ("ix_shift_responder_id", "shift", ["responder_id"], None),
    ("ix_slot_responder_id", "slot", ["responder_id"], None),
    ("ix_slot_team_id", "slot", ["team_id"], None),
    ("ix_visit_responder_id", "visit", ["responder_id"], None),
)


Indexes = Sequence[tuple[str, str, Sequence[str | sa.TextClause], str | None]]


def upgrade() -> None:
    _change(made=_NEW, dropped=_GONE)


def downgrade() -> None:
    _change(made=_GONE, dropped=_NEW)


def _change(made: Indexes, dropped: Indexes) -> None:
    """On PostgreSQL while calls are taken, however long it lasts: what broke off is begun anew."""
    if op.get_bind().dialect.name != "postgresql":
        _make(made, {})
        _drop(dropped, {})
        return
    with op.get_context().autocommit_block():
        op.execute("SET statement_timeout = 0")
        op.execute("SET lock_timeout = 0")
        _drop(made, {"postgresql_concurrently": True})
        _make(made, {"postgresql_concurrently": True})
        _drop(dropped, {"postgresql_concurrently": True})


def _make(indexes: Indexes, how: Mapping[str, bool]) -> None:
    for name, table, columns, where in indexes:
        which = None if where is None else sa.text(where)
        op.create_index(name, table, columns, sqlite_where=which, postgresql_where=which, **how)


def _drop(indexes: Indexes, how: Mapping[str, bool]) -> None:
    for name, table, _, _ in indexes:
        op.drop_index(name, table_name=table, if_exists=True, **how)
