"""The columns of equivalent domains, for the migrations of both apps."""

import sqlalchemy as sa
from alembic import op

DOMAIN_COLUMNS = ("equivalent_domains", "excluded_global_domains")


def add_domain_columns() -> None:
    """Make them."""
    with op.batch_alter_table("users") as batch:
        for name in DOMAIN_COLUMNS:
            batch.add_column(sa.Column(name, sa.JSON(), nullable=True))


def drop_domain_columns() -> None:
    """Take them away again."""
    with op.batch_alter_table("users") as batch:
        for name in reversed(DOMAIN_COLUMNS):
            batch.drop_column(name)
