"""What is kept of the premium licence file that an account has its premium from."""

import sqlalchemy as sa
from alembic import op

from common.server.database import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "imported_premium_licenses",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("with_token", sa.Boolean(), nullable=False),
        sa.Column("lacks", sa.String(length=1000), nullable=False),
        sa.Column("expires", sa.String(length=40), nullable=True),
        sa.Column("refresh", sa.String(length=40), nullable=True),
        sa.Column("trial", sa.Boolean(), nullable=False),
        sa.Column("expiration_date", UtcDateTime(), nullable=True),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_imported_premium_licenses_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_imported_premium_licenses")),
    )


def downgrade() -> None:
    op.drop_table("imported_premium_licenses")
