"""Faults can be switched on."""

from common.sim.faults.table import create_fault_table, drop_fault_table

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_fault_table()


def downgrade() -> None:
    drop_fault_table()
