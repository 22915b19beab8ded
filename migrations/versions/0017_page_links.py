"""The link in a page's text opens that call once, on one telephone."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    moment, mark = sa.DateTime(timezone=True), sa.LargeBinary()
    op.create_table(
        "page_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("page_id", sa.Uuid(), nullable=False),
        sa.Column("responder_id", sa.Uuid(), nullable=False),
        sa.Column("secret_index", mark, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("opened_at", moment, nullable=True),
        sa.Column("session_index", mark, nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_page_link"),
        sa.ForeignKeyConstraint(["page_id"], ["page.id"], name="fk_page_link_page_id_page"),
        sa.ForeignKeyConstraint(
            ["responder_id"], ["responder.id"], name="fk_page_link_responder_id_responder"
        ),
    )
    for column, unique in (
        ("page_id", False),
        ("responder_id", False),
        ("secret_index", True),
        ("session_index", True),
    ):
        op.create_index(f"ix_page_link_{column}", "page_link", [column], unique=unique)


def downgrade() -> None:
    op.drop_table("page_link")
