"""The first schema. Databases of 0001 to 0003, which nobody was ever given, are not brought forward."""

import sqlalchemy as sa
from alembic import op

from common.domains.first_schema import create_shared_tables, drop_shared_tables
from common.server.database import UtcDateTime

revision = "0004"
down_revision = None
branch_labels = None
depends_on = None

OWN_TABLES = (
    "installations",
    "push_calls",
    "organization_events",
    "organization_installations",
    "subscriptions",
)


def upgrade() -> None:
    create_shared_tables()
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


def downgrade() -> None:
    for name in reversed(OWN_TABLES):
        op.drop_table(name)
    drop_shared_tables()
