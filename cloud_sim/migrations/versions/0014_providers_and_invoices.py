"""Providers manage and resell organizations; invoices are kept."""

import sqlalchemy as sa
from alembic import op

from common.server.database import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ONE = "ck_subscriptions_one_subscriber"
OF_TWO = "(organization_id IS NULL) <> (user_id IS NULL)"
OF_THREE = (
    "(CASE WHEN organization_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN user_id IS NULL THEN 0 ELSE 1 END)"
    " + (CASE WHEN provider_id IS NULL THEN 0 ELSE 1 END) = 1"
)


def upgrade() -> None:
    op.create_table(
        "providers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("type", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("billing_email", sa.String(length=256), nullable=False),
        sa.Column("creation_date", UtcDateTime(), nullable=False),
        sa.Column("revision_date", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_providers")),
    )
    op.create_table(
        "provider_organizations",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("creation_date", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_provider_organizations")),
    )
    op.create_index(op.f("ix_provider_organizations_provider_id"), "provider_organizations", ["provider_id"])
    with op.batch_alter_table("subscriptions") as batch:
        batch.drop_constraint(ONE, type_="check")
        batch.add_column(sa.Column("provider_id", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("provider_months", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("by_invoice", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch.add_column(sa.Column("invoice_due", UtcDateTime(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_subscriptions_provider_id"), "providers", ["provider_id"], ["id"], ondelete="CASCADE"
        )
        batch.create_unique_constraint(op.f("uq_subscriptions_provider_id"), ["provider_id"])
        batch.create_check_constraint(ONE, OF_THREE)
    op.create_table(
        "invoices",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("date", UtcDateTime(), nullable=False),
        sa.Column("due", UtcDateTime(), nullable=True),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.CheckConstraint(OF_TWO, name="ck_invoices_one_subscriber"),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_invoices")),
    )
    op.create_index(op.f("ix_invoices_organization_id"), "invoices", ["organization_id"])
    op.create_index(op.f("ix_invoices_user_id"), "invoices", ["user_id"])


def downgrade() -> None:
    op.drop_table("invoices")
    op.execute(sa.text("DELETE FROM subscriptions WHERE provider_id IS NOT NULL"))
    with op.batch_alter_table("subscriptions") as batch:
        batch.drop_constraint(ONE, type_="check")
        batch.drop_constraint(op.f("uq_subscriptions_provider_id"), type_="unique")
        batch.drop_constraint(op.f("fk_subscriptions_provider_id"), type_="foreignkey")
        for name in ("invoice_due", "by_invoice", "provider_months", "provider_id"):
            batch.drop_column(name)
        batch.create_check_constraint(ONE, OF_TWO)
    op.drop_table("provider_organizations")
    op.drop_table("providers")
