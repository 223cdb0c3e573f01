"""The columns of how far Secrets Manager grows by itself, for the migrations of both apps."""

import sqlalchemy as sa
from alembic import op

AUTOSCALE_COLUMNS = ("max_autoscale_sm_seats", "max_autoscale_sm_service_accounts")


def add_autoscale_columns() -> None:
    """Make them."""
    with op.batch_alter_table("organizations") as batch:
        for name in AUTOSCALE_COLUMNS:
            batch.add_column(sa.Column(name, sa.Integer(), nullable=True))


def drop_autoscale_columns() -> None:
    """Take them away again."""
    with op.batch_alter_table("organizations") as batch:
        for name in reversed(AUTOSCALE_COLUMNS):
            batch.drop_column(name)
