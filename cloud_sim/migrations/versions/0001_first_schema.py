"""first schema"""

import sqlalchemy as sa
from alembic import op

from common.server.database import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clock_shift",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("offset_microseconds", sa.BigInteger(), nullable=False),
        sa.Column("frozen_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_shift")),
    )
    op.create_table(
        "installations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=256), nullable=False),
        sa.Column("key", sa.String(length=150), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("creation_date", UtcDateTime(), nullable=False),
        sa.Column("last_activity_date", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installations")),
    )
    op.create_table(
        "job_anchors",
        sa.Column("job", sa.String(length=100), nullable=False),
        sa.Column("anchor", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_job_anchors")),
    )
    op.create_table(
        "job_runs",
        sa.Column("job", sa.String(length=100), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("job", "due_at", name=op.f("pk_job_runs")),
    )
    op.create_table(
        "organizations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("business_name", sa.String(length=300), nullable=True),
        sa.Column("billing_email", sa.String(length=256), nullable=False),
        sa.Column("plan", sa.String(length=50), nullable=False),
        sa.Column("plan_type", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("license_key", sa.String(length=100), nullable=True),
        sa.Column("expiration_date", UtcDateTime(), nullable=True),
        sa.Column("seats", sa.Integer(), nullable=True),
        sa.Column("max_autoscale_seats", sa.Integer(), nullable=True),
        sa.Column("max_collections", sa.SmallInteger(), nullable=True),
        sa.Column("max_storage_gb", sa.SmallInteger(), nullable=True),
        sa.Column("sm_seats", sa.Integer(), nullable=True),
        sa.Column("sm_service_accounts", sa.Integer(), nullable=True),
        sa.Column("self_host", sa.Boolean(), nullable=False),
        sa.Column("users_get_premium", sa.Boolean(), nullable=False),
        sa.Column("use_policies", sa.Boolean(), nullable=False),
        sa.Column("use_sso", sa.Boolean(), nullable=False),
        sa.Column("use_key_connector", sa.Boolean(), nullable=False),
        sa.Column("use_scim", sa.Boolean(), nullable=False),
        sa.Column("use_groups", sa.Boolean(), nullable=False),
        sa.Column("use_events", sa.Boolean(), nullable=False),
        sa.Column("use_directory", sa.Boolean(), nullable=False),
        sa.Column("use_totp", sa.Boolean(), nullable=False),
        sa.Column("use_2fa", sa.Boolean(), nullable=False),
        sa.Column("use_api", sa.Boolean(), nullable=False),
        sa.Column("use_reset_password", sa.Boolean(), nullable=False),
        sa.Column("use_custom_permissions", sa.Boolean(), nullable=False),
        sa.Column("use_password_manager", sa.Boolean(), nullable=False),
        sa.Column("use_secrets_manager", sa.Boolean(), nullable=False),
        sa.Column("use_risk_insights", sa.Boolean(), nullable=False),
        sa.Column("use_phishing_blocker", sa.Boolean(), nullable=False),
        sa.Column("use_organization_domains", sa.Boolean(), nullable=False),
        sa.Column("use_admin_sponsored_families", sa.Boolean(), nullable=False),
        sa.Column("use_automatic_user_confirmation", sa.Boolean(), nullable=False),
        sa.Column("use_disable_sm_ads_for_users", sa.Boolean(), nullable=False),
        sa.Column("use_my_items", sa.Boolean(), nullable=False),
        sa.Column("use_invite_links", sa.Boolean(), nullable=False),
        sa.Column("use_pam", sa.Boolean(), nullable=False),
        sa.Column("limit_collection_creation", sa.Boolean(), nullable=False),
        sa.Column("limit_collection_deletion", sa.Boolean(), nullable=False),
        sa.Column("limit_item_deletion", sa.Boolean(), nullable=False),
        sa.Column("allow_admin_access_to_all_collection_items", sa.Boolean(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=True),
        sa.Column("private_key", sa.Text(), nullable=True),
        sa.Column("creation_date", UtcDateTime(), nullable=False),
        sa.Column("revision_date", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
    )
    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_organizations_license_key"), ["license_key"], unique=False)

    op.create_table(
        "pending_mails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("recipient", sa.String(length=256), nullable=False),
        sa.Column("sponsorship_id", sa.Uuid(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("creation_date", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_mails")),
    )
    with op.batch_alter_table("pending_mails", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pending_mails_due_at"), ["due_at"], unique=False)

    op.create_table(
        "push_calls",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("installation_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(length=30), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("date", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_push_calls")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=50), nullable=True),
        sa.Column("email", sa.String(length=256), nullable=False),
        sa.Column("email_verified", sa.Boolean(), nullable=False),
        sa.Column("master_password_hash", sa.String(length=300), nullable=True),
        sa.Column("master_password_hint", sa.String(length=50), nullable=True),
        sa.Column("culture", sa.String(length=10), nullable=False),
        sa.Column("avatar_color", sa.String(length=7), nullable=True),
        sa.Column("security_stamp", sa.String(length=50), nullable=False),
        sa.Column("api_key", sa.String(length=30), nullable=False),
        sa.Column("kdf", sa.Integer(), nullable=False),
        sa.Column("kdf_iterations", sa.Integer(), nullable=False),
        sa.Column("kdf_memory", sa.Integer(), nullable=True),
        sa.Column("kdf_parallelism", sa.Integer(), nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("public_key", sa.Text(), nullable=True),
        sa.Column("private_key", sa.Text(), nullable=True),
        sa.Column("premium", sa.Boolean(), nullable=False),
        sa.Column("premium_expiration_date", UtcDateTime(), nullable=True),
        sa.Column("max_storage_gb", sa.SmallInteger(), nullable=True),
        sa.Column("license_key", sa.String(length=100), nullable=True),
        sa.Column("verify_devices", sa.Boolean(), nullable=False),
        sa.Column("failed_login_count", sa.Integer(), nullable=False),
        sa.Column("last_failed_login_date", UtcDateTime(), nullable=True),
        sa.Column("creation_date", UtcDateTime(), nullable=False),
        sa.Column("revision_date", UtcDateTime(), nullable=False),
        sa.Column("account_revision_date", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_users_license_key"), ["license_key"], unique=False)

    op.create_table(
        "collections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("external_id", sa.String(length=300), nullable=True),
        sa.Column("creation_date", UtcDateTime(), nullable=False),
        sa.Column("revision_date", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_collections_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collections")),
    )
    with op.batch_alter_table("collections", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_collections_organization_id"), ["organization_id"], unique=False)

    op.create_table(
        "devices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("type", sa.Integer(), nullable=False),
        sa.Column("identifier", sa.String(length=50), nullable=False),
        sa.Column("push_token", sa.String(length=255), nullable=True),
        sa.Column("creation_date", UtcDateTime(), nullable=False),
        sa.Column("revision_date", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_devices_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("user_id", "identifier", name=op.f("uq_devices_user_id")),
    )
    op.create_table(
        "groups",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("external_id", sa.String(length=300), nullable=True),
        sa.Column("creation_date", UtcDateTime(), nullable=False),
        sa.Column("revision_date", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_groups_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
    )
    with op.batch_alter_table("groups", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_groups_organization_id"), ["organization_id"], unique=False)

    op.create_table(
        "members",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("email", sa.String(length=256), nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("type", sa.Integer(), nullable=False),
        sa.Column("permissions", sa.JSON(), nullable=True),
        sa.Column("external_id", sa.String(length=300), nullable=True),
        sa.Column("access_secrets_manager", sa.Boolean(), nullable=False),
        sa.Column("creation_date", UtcDateTime(), nullable=False),
        sa.Column("revision_date", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_members_organization_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_members_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sa.UniqueConstraint("organization_id", "user_id", name=op.f("uq_members_organization_id")),
    )
    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_members_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_members_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_members_user_id"), ["user_id"], unique=False)

    op.create_table(
        "one_time_codes",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=30), nullable=False),
        sa.Column("code", sa.String(length=300), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_one_time_codes_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "purpose", name=op.f("pk_one_time_codes")),
    )
    op.create_table(
        "organization_api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Integer(), nullable=False),
        sa.Column("api_key", sa.String(length=30), nullable=False),
        sa.Column("revision_date", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_organization_api_keys_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization_api_keys")),
        sa.UniqueConstraint("organization_id", "type", name=op.f("uq_organization_api_keys_organization_id")),
    )
    op.create_table(
        "organization_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Integer(), nullable=False),
        sa.Column("installation_id", sa.Uuid(), nullable=True),
        sa.Column("date", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_organization_events_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization_events")),
    )
    with op.batch_alter_table("organization_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_organization_events_organization_id"), ["organization_id"], unique=False)

    op.create_table(
        "organization_installations",
        sa.Column("installation_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("creation_date", UtcDateTime(), nullable=False),
        sa.Column("revision_date", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["installation_id"],
            ["installations.id"],
            name=op.f("fk_organization_installations_installation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_organization_installations_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("installation_id", name=op.f("pk_organization_installations")),
    )
    op.create_table(
        "organization_sponsorships",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sponsoring_organization_id", sa.Uuid(), nullable=True),
        sa.Column("sponsoring_organization_user_id", sa.Uuid(), nullable=False),
        sa.Column("sponsored_organization_id", sa.Uuid(), nullable=True),
        sa.Column("friendly_name", sa.String(length=256), nullable=True),
        sa.Column("offered_to_email", sa.String(length=256), nullable=True),
        sa.Column("plan_sponsorship_type", sa.SmallInteger(), nullable=False),
        sa.Column("last_sync_date", UtcDateTime(), nullable=True),
        sa.Column("valid_until", UtcDateTime(), nullable=True),
        sa.Column("to_delete", sa.Boolean(), nullable=False),
        sa.Column("is_admin_initiated", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.String(length=512), nullable=True),
        sa.Column("pending_since", UtcDateTime(), nullable=True),
        sa.Column("was_sent", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("creation_date", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sponsored_organization_id"],
            ["organizations.id"],
            name=op.f("fk_organization_sponsorships_sponsored_organization_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["sponsoring_organization_id"],
            ["organizations.id"],
            name=op.f("fk_organization_sponsorships_sponsoring_organization_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization_sponsorships")),
        sa.UniqueConstraint(
            "sponsored_organization_id", name=op.f("uq_organization_sponsorships_sponsored_organization_id")
        ),
    )
    with op.batch_alter_table("organization_sponsorships", schema=None) as batch_op:
        batch_op.create_index(
            "ix_organization_sponsorships_sponsor",
            ["sponsoring_organization_id", "sponsoring_organization_user_id"],
            unique=False,
        )

    op.create_table(
        "policies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=True),
        sa.Column("creation_date", UtcDateTime(), nullable=False),
        sa.Column("revision_date", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_policies_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policies")),
        sa.UniqueConstraint("organization_id", "type", name=op.f("uq_policies_organization_id")),
    )
    op.create_table(
        "refresh_grants",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.String(length=200), nullable=False),
        sa.Column("scope", sa.String(length=200), nullable=False),
        sa.Column("security_stamp", sa.String(length=50), nullable=False),
        sa.Column("device_identifier", sa.String(length=50), nullable=True),
        sa.Column("device_type", sa.Integer(), nullable=True),
        sa.Column("auth_time", UtcDateTime(), nullable=False),
        sa.Column("sliding_lifetime", sa.Integer(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_refresh_grants_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_refresh_grants")),
    )
    with op.batch_alter_table("refresh_grants", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refresh_grants_user_id"), ["user_id"], unique=False)

    op.create_table(
        "sso_configs",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("member_decryption_type", sa.Integer(), nullable=False),
        sa.Column("identifier", sa.String(length=50), nullable=True),
        sa.Column("creation_date", UtcDateTime(), nullable=False),
        sa.Column("revision_date", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_sso_configs_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_sso_configs")),
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("plan_type", sa.Integer(), nullable=True),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("storage_gb", sa.Integer(), nullable=False),
        sa.Column("premium_access", sa.Boolean(), nullable=False),
        sa.Column("sponsored", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("trial_start", UtcDateTime(), nullable=True),
        sa.Column("trial_end", UtcDateTime(), nullable=True),
        sa.Column("anchor", UtcDateTime(), nullable=False),
        sa.Column("period_start", UtcDateTime(), nullable=False),
        sa.Column("period_end", UtcDateTime(), nullable=False),
        sa.Column("cancel_at", UtcDateTime(), nullable=True),
        sa.Column("cancel_at_period_end", sa.Boolean(), nullable=False),
        sa.Column("canceled_at", UtcDateTime(), nullable=True),
        sa.Column("next_change_at", UtcDateTime(), nullable=True),
        sa.Column("creation_date", UtcDateTime(), nullable=False),
        sa.Column("revision_date", UtcDateTime(), nullable=False),
        sa.CheckConstraint("(organization_id IS NULL) <> (user_id IS NULL)", name="ck_subscriptions_one_subscriber"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_subscriptions_organization_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_subscriptions_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint("organization_id", name=op.f("uq_subscriptions_organization_id")),
        sa.UniqueConstraint("user_id", name=op.f("uq_subscriptions_user_id")),
    )
    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_subscriptions_next_change_at"), ["next_change_at"], unique=False)

    op.create_table(
        "collection_members",
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("read_only", sa.Boolean(), nullable=False),
        sa.Column("hide_passwords", sa.Boolean(), nullable=False),
        sa.Column("manage", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name=op.f("fk_collection_members_collection_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_collection_members_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("collection_id", "member_id", name=op.f("pk_collection_members")),
    )


def downgrade() -> None:
    op.drop_table("collection_members")
    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_subscriptions_next_change_at"))

    op.drop_table("subscriptions")
    op.drop_table("sso_configs")
    with op.batch_alter_table("refresh_grants", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refresh_grants_user_id"))

    op.drop_table("refresh_grants")
    op.drop_table("policies")
    with op.batch_alter_table("organization_sponsorships", schema=None) as batch_op:
        batch_op.drop_index("ix_organization_sponsorships_sponsor")

    op.drop_table("organization_sponsorships")
    op.drop_table("organization_installations")
    with op.batch_alter_table("organization_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_organization_events_organization_id"))

    op.drop_table("organization_events")
    op.drop_table("organization_api_keys")
    op.drop_table("one_time_codes")
    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_members_user_id"))
        batch_op.drop_index(batch_op.f("ix_members_organization_id"))
        batch_op.drop_index(batch_op.f("ix_members_email"))

    op.drop_table("members")
    with op.batch_alter_table("groups", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_groups_organization_id"))

    op.drop_table("groups")
    op.drop_table("devices")
    with op.batch_alter_table("collections", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_collections_organization_id"))

    op.drop_table("collections")
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_users_license_key"))

    op.drop_table("users")
    op.drop_table("push_calls")
    with op.batch_alter_table("pending_mails", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pending_mails_due_at"))

    op.drop_table("pending_mails")
    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_organizations_license_key"))

    op.drop_table("organizations")
    op.drop_table("job_runs")
    op.drop_table("job_anchors")
    op.drop_table("installations")
    op.drop_table("clock_shift")
