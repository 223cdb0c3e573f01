"""The table of events, for the migrations of both apps."""

import sqlalchemy as sa
from alembic import op

from common.server.database import UtcDateTime

_IDS = (
    "organization_id",
    "user_id",
    "acting_user_id",
    "member_id",
    "group_id",
    "collection_id",
    "policy_id",
    "cipher_id",
    "installation_id",
)


def create_event_table() -> None:
    """Make it."""
    op.create_table(
        "events",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("date", UtcDateTime(), nullable=False),
        sa.Column("type", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Uuid(), nullable=True) for name in _IDS),
        sa.Column("device_type", sa.SmallInteger(), nullable=True),
        sa.Column("ip_address", sa.String(length=50), nullable=True),
        sa.Column("system_user", sa.SmallInteger(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_organization_id"), "events", ["organization_id", "date"])
    op.create_index(op.f("ix_events_acting_user_id"), "events", ["acting_user_id", "date"])


def drop_event_table() -> None:
    """Take it away again."""
    op.drop_table("events")
