"""What was done: the event log."""

from common.domains.event_tables import create_event_table, drop_event_table

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_event_table()


def downgrade() -> None:
    drop_event_table()
