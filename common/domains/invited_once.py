"""An address is invited once into an organization, as the migration of either app sees to it."""

import sqlalchemy as sa
from alembic import op

INDEX = "uq_members_invited"


def invite_once() -> None:
    """Keep the first of several invitations of an address, and allow no more."""
    op.execute(
        sa.text(
            "DELETE FROM members WHERE email IS NOT NULL AND EXISTS (SELECT 1 FROM members AS earlier"
            " WHERE earlier.organization_id = members.organization_id AND earlier.email = members.email"
            " AND (earlier.creation_date < members.creation_date"
            " OR (earlier.creation_date = members.creation_date AND earlier.id < members.id)))"
        )
    )
    op.create_index(INDEX, "members", ["organization_id", "email"], unique=True)


def invite_often() -> None:
    """Allow it again."""
    op.drop_index(INDEX, "members")
