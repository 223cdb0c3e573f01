"""The table of faults, for the migrations of both apps."""

import sqlalchemy as sa
from alembic import op


def create_fault_table() -> None:
    """Make it."""
    op.create_table(
        "sim_faults",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("when", sa.JSON(), nullable=False),
        sa.Column("skip", sa.Integer(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=True),
        sa.Column("every", sa.Integer(), nullable=False),
        sa.Column("do", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("profile", sa.String(length=50), nullable=True),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_sim_faults")),
        sa.UniqueConstraint("id", name=op.f("uq_sim_faults_id")),
    )


def drop_fault_table() -> None:
    """Take it away again."""
    op.drop_table("sim_faults")
