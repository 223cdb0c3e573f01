"""Groups have members and collections."""

from common.domains.group_tables import create_group_tables, drop_group_tables

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_group_tables()


def downgrade() -> None:
    drop_group_tables()
