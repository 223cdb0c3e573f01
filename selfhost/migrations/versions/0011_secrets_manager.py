"""Organizations say how far Secrets Manager grows by itself."""

from common.domains.autoscale_columns import add_autoscale_columns, drop_autoscale_columns

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_autoscale_columns()


def downgrade() -> None:
    drop_autoscale_columns()
