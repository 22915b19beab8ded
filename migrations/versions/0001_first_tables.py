"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("failed_attempts", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("username", name="uq_account_username"),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_token"),
        sa.UniqueConstraint("name", name="uq_api_token_name"),
        sa.UniqueConstraint("token_hash", name="uq_api_token_token_hash"),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("subject_table", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entry"),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index("ix_audit_entry_call", ["call_id", "created_at"], unique=False)
        batch_op.create_index("ix_audit_entry_event", ["event"], unique=False)

    op.create_table(
        "call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("location_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("location_index", sa.LargeBinary(), nullable=True),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("zone_source", sa.String(), nullable=True),
        sa.Column("coordinates_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("narrative_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("rule_set", sa.String(), nullable=False),
        sa.Column("disposition", sa.String(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing_note_sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_call"),
        sa.UniqueConstraint("reference", name="uq_call_reference"),
    )
    with op.batch_alter_table("call", schema=None) as batch_op:
        batch_op.create_index("ix_call_external_id", ["external_id"], unique=False)
        batch_op.create_index("ix_call_location_index", ["location_index"], unique=False)
        batch_op.create_index(
            "ix_call_open",
            ["received_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('asking', 'open')"),
            postgresql_where=sa.text("state IN ('asking', 'open')"),
        )
        batch_op.create_index(
            "uq_call_open_code",
            ["code"],
            unique=True,
            sqlite_where=sa.text("state IN ('asking', 'open')"),
            postgresql_where=sa.text("state IN ('asking', 'open')"),
        )

    op.create_table(
        "clock_shift",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ahead_s", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clock_shift"),
    )
    op.create_table(
        "deployment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("index_key_fingerprint", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deployment"),
        sa.UniqueConstraint("index_key_fingerprint", name="uq_deployment_index_key_fingerprint"),
    )
    op.create_table(
        "heartbeat",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_heartbeat"),
        sa.UniqueConstraint("worker", name="uq_heartbeat_worker"),
    )
    op.create_table(
        "partner",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("zones", sa.JSON(), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.LargeBinary(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_partner"),
        sa.UniqueConstraint("name", name="uq_partner_name"),
    )
    with op.batch_alter_table("partner", schema=None) as batch_op:
        batch_op.create_index("ix_partner_kind", ["kind"], unique=False)
        batch_op.create_index("ix_partner_phone_index", ["phone_index"], unique=False)

    op.create_table(
        "rule_set_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("vocabulary_sha256", sa.String(), nullable=False),
        sa.Column("yaml", sa.Text(), nullable=False),
        sa.Column("written_by", sa.String(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rule_set_version"),
        sa.UniqueConstraint("sha256", name="uq_rule_set_version_sha256"),
    )
    with op.batch_alter_table("rule_set_version", schema=None) as batch_op:
        batch_op.create_index("ix_rule_set_version_name", ["name"], unique=False)

    op.create_table(
        "suspension",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_suspension"),
    )
    with op.batch_alter_table("suspension", schema=None) as batch_op:
        batch_op.create_index("ix_suspension_kind", ["kind", "until"], unique=False)

    op.create_table(
        "team",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("responses", sa.JSON(), nullable=False),
        sa.Column("zones", sa.JSON(), nullable=False),
        sa.Column("skills", sa.JSON(), nullable=False),
        sa.Column("calls_at_once", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_team"),
        sa.UniqueConstraint("name", name="uq_team_name"),
    )
    op.create_table(
        "timer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_timer"),
    )
    with op.batch_alter_table("timer", schema=None) as batch_op:
        batch_op.create_index(
            "ix_timer_waiting",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
        batch_op.create_index("uq_timer_step", ["subject_id", "kind", "step"], unique=True)

    op.create_table(
        "vocabulary_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("yaml", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_vocabulary_version"),
        sa.UniqueConstraint("sha256", name="uq_vocabulary_version_sha256"),
    )
    op.create_table(
        "answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("fact", sa.String(), nullable=False),
        sa.Column("value_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("given_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_answer_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_answer"),
    )
    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.create_index("ix_answer_call", ["call_id", "fact"], unique=False)

    op.create_table(
        "assessment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rule_set", sa.String(), nullable=False),
        sa.Column("rule_set_sha256", sa.String(), nullable=False),
        sa.Column("vocabulary_sha256", sa.String(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("needed", sa.String(), nullable=False),
        sa.Column("eligible", sa.String(), nullable=False),
        sa.Column("response", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=True),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("level_rank", sa.Integer(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("input_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("result_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_assessment_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_assessment"),
    )
    with op.batch_alter_table("assessment", schema=None) as batch_op:
        batch_op.create_index("ix_assessment_call", ["call_id", "number"], unique=True)
        batch_op.create_index("ix_assessment_rule_set_sha256", ["rule_set_sha256"], unique=False)

    op.create_table(
        "caller",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.LargeBinary(), nullable=True),
        sa.Column("said_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_caller_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_caller"),
    )
    with op.batch_alter_table("caller", schema=None) as batch_op:
        batch_op.create_index("ix_caller_call_id", ["call_id"], unique=False)
        batch_op.create_index("ix_caller_phone_index", ["phone_index"], unique=False)

    op.create_table(
        "dispatch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("response", sa.String(), nullable=False),
        sa.Column("reached_by", sa.String(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("level_label", sa.String(), nullable=False),
        sa.Column("level_rank", sa.Integer(), nullable=False),
        sa.Column("within_min", sa.Integer(), nullable=False),
        sa.Column("answer_within_min", sa.Integer(), nullable=False),
        sa.Column("late_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cad_number", sa.String(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_dispatch_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_dispatch"),
    )
    with op.batch_alter_table("dispatch", schema=None) as batch_op:
        batch_op.create_index("ix_dispatch_call_id", ["call_id"], unique=False)
        batch_op.create_index(
            "ix_dispatch_unfinished",
            ["call_id"],
            unique=False,
            sqlite_where=sa.text("state NOT IN ('cleared', 'cancelled')"),
            postgresql_where=sa.text("state NOT IN ('cleared', 'cancelled')"),
        )

    op.create_table(
        "idempotency_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("response_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_idempotency_key_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_idempotency_key"),
    )
    with op.batch_alter_table("idempotency_key", schema=None) as batch_op:
        batch_op.create_index("uq_idempotency_key", ["scope", "key"], unique=True)

    op.create_table(
        "intake_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("form_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_intake_draft_account_id"),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_intake_draft_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_intake_draft"),
    )
    with op.batch_alter_table("intake_draft", schema=None) as batch_op:
        batch_op.create_index("ix_intake_draft_account_id", ["account_id"], unique=False)

    op.create_table(
        "publication",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("published_by", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["rule_set_version.id"], name="fk_publication_version_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_publication"),
    )
    with op.batch_alter_table("publication", schema=None) as batch_op:
        batch_op.create_index("ix_publication_name", ["name", "created_at"], unique=False)

    op.create_table(
        "responder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.LargeBinary(), nullable=True),
        sa.Column("skills", sa.JSON(), nullable=False),
        sa.Column("opted_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_responder_account_id"),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name="fk_responder_team_id"),
        sa.PrimaryKeyConstraint("id", name="pk_responder"),
    )
    with op.batch_alter_table("responder", schema=None) as batch_op:
        batch_op.create_index("ix_responder_account_id", ["account_id"], unique=False)
        batch_op.create_index("ix_responder_phone_index", ["phone_index"], unique=False)
        batch_op.create_index("ix_responder_team_id", ["team_id"], unique=False)

    op.create_table(
        "rule_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("yaml", sa.Text(), nullable=False),
        sa.Column("based_on_sha256", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("edited_by", sa.String(), nullable=False),
        sa.Column("edited_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edited_by_id"], ["account.id"], name="fk_rule_draft_edited_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_rule_draft"),
        sa.UniqueConstraint("name", name="uq_rule_draft_name"),
    )
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_sign_in_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in"),
        sa.UniqueConstraint("token_hash", name="uq_sign_in_token_hash"),
    )
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.create_index("ix_sign_in_account_id", ["account_id"], unique=False)

    op.create_table(
        "follow_up",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("owner_role", sa.String(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("consent", sa.String(), nullable=False),
        sa.Column("safe_to_call", sa.String(), nullable=False),
        sa.Column("safe_to_text", sa.String(), nullable=False),
        sa.Column("safe_to_leave_message", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_follow_up_call_id"),
        sa.ForeignKeyConstraint(["owner_id"], ["responder.id"], name="fk_follow_up_owner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_follow_up"),
    )
    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.create_index("ix_follow_up_call_id", ["call_id"], unique=False)
        batch_op.create_index("ix_follow_up_due", ["state", "due_at"], unique=False)
        batch_op.create_index("ix_follow_up_owner_id", ["owner_id"], unique=False)

    op.create_table(
        "inbound_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("from_number_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("from_index", sa.LargeBinary(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("responder_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_inbound_message_call_id"),
        sa.ForeignKeyConstraint(
            ["responder_id"], ["responder.id"], name="fk_inbound_message_responder_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_inbound_message"),
        sa.UniqueConstraint("provider_id", name="uq_inbound_message_provider_id"),
    )
    with op.batch_alter_table("inbound_message", schema=None) as batch_op:
        batch_op.create_index("ix_inbound_message_call_id", ["call_id"], unique=False)
        batch_op.create_index("ix_inbound_message_from_index", ["from_index"], unique=False)
        batch_op.create_index("ix_inbound_message_outcome", ["outcome", "created_at"], unique=False)

    op.create_table(
        "override",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("assessment_id", sa.Uuid(), nullable=False),
        sa.Column("recommended", sa.String(), nullable=False),
        sa.Column("chosen", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["assessment_id"], ["assessment.id"], name="fk_override_assessment_id"
        ),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_override_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_override"),
    )
    with op.batch_alter_table("override", schema=None) as batch_op:
        batch_op.create_index("ix_override_call_id", ["call_id"], unique=False)

    op.create_table(
        "shift",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("responder_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["responder_id"], ["responder.id"], name="fk_shift_responder_id"),
        sa.PrimaryKeyConstraint("id", name="pk_shift"),
    )
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.create_index("ix_shift_responder_id", ["responder_id"], unique=False)
        batch_op.create_index("ix_shift_time", ["ends_at", "starts_at"], unique=False)

    op.create_table(
        "slot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("dispatch_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("responder_id", sa.Uuid(), nullable=True),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("eta_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["dispatch_id"], ["dispatch.id"], name="fk_slot_dispatch_id"),
        sa.ForeignKeyConstraint(["responder_id"], ["responder.id"], name="fk_slot_responder_id"),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name="fk_slot_team_id"),
        sa.PrimaryKeyConstraint("id", name="pk_slot"),
    )
    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.create_index(
            "ix_slot_busy",
            ["team_id"],
            unique=False,
            sqlite_where=sa.text(
                "state IN ('paged', 'accepted', 'en_route', 'staged', 'on_scene', 'transporting')"
            ),
            postgresql_where=sa.text(
                "state IN ('paged', 'accepted', 'en_route', 'staged', 'on_scene', 'transporting')"
            ),
        )
        batch_op.create_index("ix_slot_dispatch_id", ["dispatch_id"], unique=False)
        batch_op.create_index("ix_slot_responder_id", ["responder_id"], unique=False)
        batch_op.create_index("ix_slot_team_id", ["team_id"], unique=False)

    op.create_table(
        "follow_up_attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("follow_up_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["follow_up_id"], ["follow_up.id"], name="fk_follow_up_attempt_follow_up_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_follow_up_attempt"),
    )
    with op.batch_alter_table("follow_up_attempt", schema=None) as batch_op:
        batch_op.create_index("ix_follow_up_attempt_follow_up_id", ["follow_up_id"], unique=False)

    op.create_table(
        "page",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("responder_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_through", sa.String(), nullable=True),
        sa.Column("help_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("help_taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verdict", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["responder_id"], ["responder.id"], name="fk_page_responder_id"),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name="fk_page_slot_id"),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name="fk_page_team_id"),
        sa.PrimaryKeyConstraint("id", name="pk_page"),
    )
    with op.batch_alter_table("page", schema=None) as batch_op:
        batch_op.create_index(
            "ix_page_help",
            ["help_at"],
            unique=False,
            sqlite_where=sa.text("help_at IS NOT NULL AND help_taken_at IS NULL"),
            postgresql_where=sa.text("help_at IS NOT NULL AND help_taken_at IS NULL"),
        )
        batch_op.create_index("ix_page_responder", ["responder_id", "created_at"], unique=False)
        batch_op.create_index("ix_page_slot_id", ["slot_id"], unique=False)
        batch_op.create_index(
            "uq_page_one_accepted",
            ["slot_id"],
            unique=True,
            sqlite_where=sa.text("state = 'accepted'"),
            postgresql_where=sa.text("state = 'accepted'"),
        )

    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("to_role", sa.String(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("page_id", sa.Uuid(), nullable=True),
        sa.Column("responder_id", sa.Uuid(), nullable=True),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("to_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("to_index", sa.LargeBinary(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("dedupe_key", sa.String(), nullable=True),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_message_call_id"),
        sa.ForeignKeyConstraint(["page_id"], ["page.id"], name="fk_message_page_id"),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name="fk_message_partner_id"),
        sa.ForeignKeyConstraint(["responder_id"], ["responder.id"], name="fk_message_responder_id"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.UniqueConstraint("dedupe_key", name="uq_message_dedupe_key"),
        sa.UniqueConstraint("provider_id", name="uq_message_provider_id"),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index("ix_message_call_id", ["call_id"], unique=False)
        batch_op.create_index("ix_message_page_id", ["page_id"], unique=False)
        batch_op.create_index("ix_message_to_index", ["to_index"], unique=False)
        batch_op.create_index(
            "ix_message_unsent",
            ["priority", "due_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('ready', 'attempting')"),
            postgresql_where=sa.text("state IN ('ready', 'attempting')"),
        )


def downgrade() -> None:
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_message_unsent",
            sqlite_where=sa.text("state IN ('ready', 'attempting')"),
            postgresql_where=sa.text("state IN ('ready', 'attempting')"),
        )
        batch_op.drop_index("ix_message_to_index")
        batch_op.drop_index("ix_message_page_id")
        batch_op.drop_index("ix_message_call_id")

    op.drop_table("message")
    with op.batch_alter_table("page", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_page_one_accepted",
            sqlite_where=sa.text("state = 'accepted'"),
            postgresql_where=sa.text("state = 'accepted'"),
        )
        batch_op.drop_index("ix_page_slot_id")
        batch_op.drop_index("ix_page_responder")
        batch_op.drop_index(
            "ix_page_help",
            sqlite_where=sa.text("help_at IS NOT NULL AND help_taken_at IS NULL"),
            postgresql_where=sa.text("help_at IS NOT NULL AND help_taken_at IS NULL"),
        )

    op.drop_table("page")
    with op.batch_alter_table("follow_up_attempt", schema=None) as batch_op:
        batch_op.drop_index("ix_follow_up_attempt_follow_up_id")

    op.drop_table("follow_up_attempt")
    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.drop_index("ix_slot_team_id")
        batch_op.drop_index("ix_slot_responder_id")
        batch_op.drop_index("ix_slot_dispatch_id")
        batch_op.drop_index(
            "ix_slot_busy",
            sqlite_where=sa.text(
                "state IN ('paged', 'accepted', 'en_route', 'staged', 'on_scene', 'transporting')"
            ),
            postgresql_where=sa.text(
                "state IN ('paged', 'accepted', 'en_route', 'staged', 'on_scene', 'transporting')"
            ),
        )

    op.drop_table("slot")
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.drop_index("ix_shift_time")
        batch_op.drop_index("ix_shift_responder_id")

    op.drop_table("shift")
    with op.batch_alter_table("override", schema=None) as batch_op:
        batch_op.drop_index("ix_override_call_id")

    op.drop_table("override")
    with op.batch_alter_table("inbound_message", schema=None) as batch_op:
        batch_op.drop_index("ix_inbound_message_outcome")
        batch_op.drop_index("ix_inbound_message_from_index")
        batch_op.drop_index("ix_inbound_message_call_id")

    op.drop_table("inbound_message")
    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.drop_index("ix_follow_up_owner_id")
        batch_op.drop_index("ix_follow_up_due")
        batch_op.drop_index("ix_follow_up_call_id")

    op.drop_table("follow_up")
    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.drop_index("ix_sign_in_account_id")

    op.drop_table("sign_in")
    op.drop_table("rule_draft")
    with op.batch_alter_table("responder", schema=None) as batch_op:
        batch_op.drop_index("ix_responder_team_id")
        batch_op.drop_index("ix_responder_phone_index")
        batch_op.drop_index("ix_responder_account_id")

    op.drop_table("responder")
    with op.batch_alter_table("publication", schema=None) as batch_op:
        batch_op.drop_index("ix_publication_name")

    op.drop_table("publication")
    with op.batch_alter_table("intake_draft", schema=None) as batch_op:
        batch_op.drop_index("ix_intake_draft_account_id")

    op.drop_table("intake_draft")
    with op.batch_alter_table("idempotency_key", schema=None) as batch_op:
        batch_op.drop_index("uq_idempotency_key")

    op.drop_table("idempotency_key")
    with op.batch_alter_table("dispatch", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_dispatch_unfinished",
            sqlite_where=sa.text("state NOT IN ('cleared', 'cancelled')"),
            postgresql_where=sa.text("state NOT IN ('cleared', 'cancelled')"),
        )
        batch_op.drop_index("ix_dispatch_call_id")

    op.drop_table("dispatch")
    with op.batch_alter_table("caller", schema=None) as batch_op:
        batch_op.drop_index("ix_caller_phone_index")
        batch_op.drop_index("ix_caller_call_id")

    op.drop_table("caller")
    with op.batch_alter_table("assessment", schema=None) as batch_op:
        batch_op.drop_index("ix_assessment_rule_set_sha256")
        batch_op.drop_index("ix_assessment_call")

    op.drop_table("assessment")
    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.drop_index("ix_answer_call")

    op.drop_table("answer")
    op.drop_table("vocabulary_version")
    with op.batch_alter_table("timer", schema=None) as batch_op:
        batch_op.drop_index("uq_timer_step")
        batch_op.drop_index(
            "ix_timer_waiting",
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )

    op.drop_table("timer")
    op.drop_table("team")
    with op.batch_alter_table("suspension", schema=None) as batch_op:
        batch_op.drop_index("ix_suspension_kind")

    op.drop_table("suspension")
    with op.batch_alter_table("rule_set_version", schema=None) as batch_op:
        batch_op.drop_index("ix_rule_set_version_name")

    op.drop_table("rule_set_version")
    with op.batch_alter_table("partner", schema=None) as batch_op:
        batch_op.drop_index("ix_partner_phone_index")
        batch_op.drop_index("ix_partner_kind")

    op.drop_table("partner")
    op.drop_table("heartbeat")
    op.drop_table("deployment")
    op.drop_table("clock_shift")
    with op.batch_alter_table("call", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_call_open_code",
            sqlite_where=sa.text("state IN ('asking', 'open')"),
            postgresql_where=sa.text("state IN ('asking', 'open')"),
        )
        batch_op.drop_index(
            "ix_call_open",
            sqlite_where=sa.text("state IN ('asking', 'open')"),
            postgresql_where=sa.text("state IN ('asking', 'open')"),
        )
        batch_op.drop_index("ix_call_location_index")
        batch_op.drop_index("ix_call_external_id")

    op.drop_table("call")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entry_event")
        batch_op.drop_index("ix_audit_entry_call")

    op.drop_table("audit_entry")
    op.drop_table("api_token")
    op.drop_table("account")
