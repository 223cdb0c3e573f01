"""An address is invited once into an organization."""

from common.domains.invited_once import invite_often, invite_once

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    invite_once()


def downgrade() -> None:
    invite_often()
