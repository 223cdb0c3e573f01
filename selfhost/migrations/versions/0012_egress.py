"""What the simulated network does, per host."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "egress_rules",
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("rule", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_egress_rules")),
    )


def downgrade() -> None:
    op.drop_table("egress_rules")
