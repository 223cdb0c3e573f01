"""The tables that both apps have, as the first migration of either makes them.

Nothing is released yet, so a change of a table is made here and in its model; an old database is not brought forward.
"""

import sqlalchemy as sa
from alembic import op

from common.server.database import UtcDateTime

SHARED_TABLES = (
    "clock_shift",
    "job_anchors",
    "job_runs",
    "organizations",
    "outbox_mails",
    "rate_windows",
    "users",
    "browser_sessions",
    "ciphers",
    "collections",
    "devices",
    "folders",
    "groups",
    "members",
    "one_time_codes",
    "organization_api_keys",
    "organization_sponsorships",
    "policies",
    "refresh_grants",
    "sso_configs",
    "cipher_places",
    "collection_ciphers",
    "collection_members",
)


def create_shared_tables() -> None:
    """Make them, in an order that their foreign keys allow."""
    op.create_table(
        "clock_shift",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("offset_microseconds", sa.BigInteger(), nullable=False),
        sa.Column("frozen_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_shift")),
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
        "outbox_mails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("recipient", sa.String(length=256), nullable=False),
        sa.Column("about", sa.Uuid(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("creation_date", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_mails")),
    )
    with op.batch_alter_table("outbox_mails", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_mails_due_at"), ["due_at"], unique=False)
    op.create_table(
        "rate_windows",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_windows")),
    )
    with op.batch_alter_table("rate_windows", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rate_windows_ends_at"), ["ends_at"], unique=False)
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
        sa.Column("two_factor_providers", sa.JSON(), nullable=True),
        sa.Column("two_factor_recovery_code", sa.String(length=32), nullable=True),
        sa.Column("two_factor_last_step", sa.BigInteger(), nullable=True),
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
        "browser_sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("security_stamp", sa.String(length=50), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_browser_sessions_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_browser_sessions")),
    )
    with op.batch_alter_table("browser_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_browser_sessions_user_id"), ["user_id"], unique=False)
    op.create_table(
        "ciphers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("type", sa.Integer(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("reprompt", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("creation_date", UtcDateTime(), nullable=False),
        sa.Column("revision_date", UtcDateTime(), nullable=False),
        sa.Column("deleted_date", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_ciphers_organization_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_ciphers_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ciphers")),
    )
    with op.batch_alter_table("ciphers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ciphers_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ciphers_user_id"), ["user_id"], unique=False)
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
        "folders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("creation_date", UtcDateTime(), nullable=False),
        sa.Column("revision_date", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_folders_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_folders")),
    )
    with op.batch_alter_table("folders", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_folders_user_id"), ["user_id"], unique=False)
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
        "cipher_places",
        sa.Column("cipher_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("folder_id", sa.Uuid(), nullable=True),
        sa.Column("favorite", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cipher_id"], ["ciphers.id"], name=op.f("fk_cipher_places_cipher_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["folder_id"], ["folders.id"], name=op.f("fk_cipher_places_folder_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_cipher_places_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("cipher_id", "user_id", name=op.f("pk_cipher_places")),
    )
    with op.batch_alter_table("cipher_places", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cipher_places_folder_id"), ["folder_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cipher_places_user_id"), ["user_id"], unique=False)
    op.create_table(
        "collection_ciphers",
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("cipher_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cipher_id"], ["ciphers.id"], name=op.f("fk_collection_ciphers_cipher_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name=op.f("fk_collection_ciphers_collection_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("collection_id", "cipher_id", name=op.f("pk_collection_ciphers")),
    )
    with op.batch_alter_table("collection_ciphers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_collection_ciphers_cipher_id"), ["cipher_id"], unique=False)
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


def drop_shared_tables() -> None:
    """Take them away again."""
    for name in reversed(SHARED_TABLES):
        op.drop_table(name)
