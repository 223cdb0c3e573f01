"""What an instance decides differently from the cloud."""

from typing import cast
from uuid import UUID

from common.domains.accounts.service import require_user
from common.domains.organizations.rules import cannot_grow_self_hosted
from common.domains.organizations.service import find_organization
from common.server.context import Context, Grace, Side
from selfhost.context import SelfHostContext
from selfhost.licensing.subscription import grace_of
from selfhost.licensing.validation import validate_user_premium


class Instance(Side):
    """A self-hosted server: what people may do there comes with licence files, and a sync tells the cloud."""

    app = "selfhost"
    licensed = True
    tells_by_sync = True
    max_items = None

    def premium_claim(self, ctx: Context, user_id: UUID, *, premium: bool) -> bool:
        """By the licence file, looked at once a day."""
        return premium and validate_user_premium(cast(SelfHostContext, ctx), require_user(ctx, user_id))

    def check_api_key(self, ctx: Context, organization_id: UUID, key_type: int) -> None:
        """No rule beyond upstream's."""

    def grow_seats(self, ctx: Context, organization_id: UUID, missing: int) -> None:
        """Seats come with a licence only."""
        raise cannot_grow_self_hosted()

    def policy_switched_on(self, ctx: Context, organization_id: UUID, policy_type: int) -> None:
        """Nothing follows here."""

    def grace_of(self, ctx: Context, organization_id: UUID) -> Grace | None:
        """By the licence file."""
        organization = find_organization(ctx, organization_id)
        return grace_of(cast(SelfHostContext, ctx), organization) if organization else None
