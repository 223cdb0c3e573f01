"""An address is invited once into an organization; tokens of installations are numbered, and syncs have an order."""

import sqlalchemy as sa
from alembic import op

from common.domains.invited_once import invite_often, invite_once

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    invite_once()
    with op.batch_alter_table("installations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tokens_issued", sa.BigInteger(), server_default="0", nullable=False))
    op.create_table(
        "newest_syncs",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("installation_id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_newest_syncs_organization_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "installation_id", name=op.f("pk_newest_syncs")),
    )


def downgrade() -> None:
    op.drop_table("newest_syncs")
    with op.batch_alter_table("installations", schema=None) as batch_op:
        batch_op.drop_column("tokens_issued")
    invite_often()
