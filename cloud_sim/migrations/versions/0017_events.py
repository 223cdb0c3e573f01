"""One table for events of every kind; when an installation synced stands beside how far it has."""

import sqlalchemy as sa
from alembic import op

from common.domains.event_tables import create_event_table, drop_event_table
from common.server.database import UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_OLD = sa.table(
    "organization_events",
    sa.column("id", sa.Uuid()),
    sa.column("organization_id", sa.Uuid()),
    sa.column("type", sa.Integer()),
    sa.column("installation_id", sa.Uuid()),
    sa.column("date", UtcDateTime()),
)
_NEW = sa.table("events", *(sa.column(each.name, each.type) for each in _OLD.c if each.name != "id"))
_SYNCS = sa.table(
    "newest_syncs",
    sa.column("organization_id", sa.Uuid()),
    sa.column("installation_id", sa.Uuid()),
    sa.column("token", sa.BigInteger()),
    sa.column("synced_at", UtcDateTime()),
)
_COLUMNS = ["organization_id", "type", "installation_id", "date"]


def upgrade() -> None:
    create_event_table()
    with op.batch_alter_table("newest_syncs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("synced_at", UtcDateTime(), nullable=True))
    kept = sa.select(*(_OLD.c[name] for name in _COLUMNS)).order_by(_OLD.c.date, _OLD.c.id)
    op.execute(sa.insert(_NEW).from_select(_COLUMNS, kept))
    _note_syncs()
    op.drop_table("organization_events")


def _note_syncs() -> None:
    """Installations whose tokens were not numbered have no row yet."""
    same = (_OLD.c.organization_id == _SYNCS.c.organization_id, _OLD.c.installation_id == _SYNCS.c.installation_id)
    newest = sa.select(sa.func.max(_OLD.c.date)).where(*same).scalar_subquery()
    op.execute(sa.update(_SYNCS).values(synced_at=newest))
    known = sa.exists().where(*same)
    others = (
        sa.select(_OLD.c.organization_id, _OLD.c.installation_id, sa.literal(0), sa.func.max(_OLD.c.date))
        .where(_OLD.c.installation_id.is_not(None), ~known)
        .group_by(_OLD.c.organization_id, _OLD.c.installation_id)
    )
    op.execute(sa.insert(_SYNCS).from_select(["organization_id", "installation_id", "token", "synced_at"], others))


def downgrade() -> None:
    op.create_table(
        "organization_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Integer(), nullable=False),
        sa.Column("installation_id", sa.Uuid(), nullable=True),
        sa.Column("date", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_organization_events_organization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization_events")),
    )
    op.create_index(op.f("ix_organization_events_organization_id"), "organization_events", ["organization_id"])
    with op.batch_alter_table("newest_syncs", schema=None) as batch_op:
        batch_op.drop_column("synced_at")
    drop_event_table()
