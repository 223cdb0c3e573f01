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
    "push_messages",
    "sponsorship_sync_hour",
    "staged_licenses",
    "organization_connections",
    "premium_checks",
    "sponsorship_sync_runs",
    "sync_failures",
    "relayed_devices",
)


def upgrade() -> None:
    create_shared_tables()
    op.create_table(
        "push_messages",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("path", sa.String(length=50), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_push_messages")),
    )
    op.create_table(
        "sponsorship_sync_hour",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sponsorship_sync_hour")),
    )
    op.create_table(
        "staged_licenses",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "owner_id", name=op.f("pk_staged_licenses")),
    )
    op.create_table(
        "organization_connections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("config", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_organization_connections_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization_connections")),
        sa.UniqueConstraint("organization_id", "type", name=op.f("uq_organization_connections_organization_id")),
    )
    op.create_table(
        "premium_checks",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("checked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_premium_checks_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_premium_checks")),
    )
    op.create_table(
        "sponsorship_sync_runs",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("trigger", sa.String(length=20), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("chunks_total", sa.Integer(), nullable=False),
        sa.Column("chunks_done", sa.Integer(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Integer(), nullable=False),
        sa.Column("active", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("reason", sa.String(length=50), nullable=True),
        sa.Column("advice", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_sponsorship_sync_runs_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_sponsorship_sync_runs")),
    )
    with op.batch_alter_table("sponsorship_sync_runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sponsorship_sync_runs_organization_id"), ["organization_id"], unique=False)
    op.create_table(
        "sync_failures",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.String(length=50), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("failed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_sync_failures_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "kind", name=op.f("pk_sync_failures")),
    )
    op.create_table(
        "relayed_devices",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("push_token", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_relayed_devices_device_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_relayed_devices")),
    )


def downgrade() -> None:
    for name in reversed(OWN_TABLES):
        op.drop_table(name)
    drop_shared_tables()
