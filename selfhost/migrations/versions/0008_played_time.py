"""Time can be played: until when somebody does."""

import sqlalchemy as sa
from alembic import op

from common.server.database import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clock_shift", sa.Column("played_until", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("clock_shift", "played_until")
