"""Accounts keep equivalent domains."""

from common.domains.domain_columns import add_domain_columns, drop_domain_columns

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_domain_columns()


def downgrade() -> None:
    drop_domain_columns()
