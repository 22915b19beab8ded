"""Things to do later have a priority, an end and a dispatch that they are for."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    _upgrade_timers()


def downgrade() -> None:
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
