"""Subscriptions count Secrets Manager, organizations say how far it grows by itself; who pays, with what."""

import sqlalchemy as sa
from alembic import op

from common.domains.autoscale_columns import add_autoscale_columns, drop_autoscale_columns

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

COUNTED = ("sm_seats", "sm_service_accounts")


def upgrade() -> None:
    add_autoscale_columns()
    with op.batch_alter_table("subscriptions") as batch:
        for name in COUNTED:
            batch.add_column(sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "customers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("payment_method", sa.JSON(), nullable=True),
        sa.Column("billing_address", sa.JSON(), nullable=True),
        sa.CheckConstraint("(organization_id IS NULL) <> (user_id IS NULL)", name="ck_customers_one_subscriber"),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("organization_id"),
        sa.UniqueConstraint("user_id"),
    )


def downgrade() -> None:
    op.drop_table("customers")
    with op.batch_alter_table("subscriptions") as batch:
        for name in reversed(COUNTED):
            batch.drop_column(name)
    drop_autoscale_columns()
