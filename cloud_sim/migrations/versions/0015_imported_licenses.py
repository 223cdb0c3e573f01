"""What is kept of the licence file that an organization was made from."""

import sqlalchemy as sa
from alembic import op

from common.server.database import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "imported_licenses",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("with_token", sa.Boolean(), nullable=False),
        sa.Column("lacks", sa.String(length=1000), nullable=False),
        sa.Column("expires", sa.String(length=40), nullable=True),
        sa.Column("refresh", sa.String(length=40), nullable=True),
        sa.Column("without_grace", sa.String(length=40), nullable=True),
        sa.Column("trial", sa.Boolean(), nullable=False),
        sa.Column("expiration_date", UtcDateTime(), nullable=True),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_imported_licenses_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_imported_licenses")),
    )


def downgrade() -> None:
    op.drop_table("imported_licenses")
