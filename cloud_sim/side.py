"""What the cloud decides differently from an instance."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from cloud_sim.billing_sync.service import refuse_in_trial
from cloud_sim.context import CloudContext, CloudSide
from cloud_sim.providers import service as providers
from cloud_sim.releases.service import simulated_release
from cloud_sim.sponsorships import service as sponsorships
from cloud_sim.subscriptions import seats
from common.domains.organizations.service import known_organization
from common.server.context import Context, Grace, Manager
from common.server.foresight import Hand


class Cloud(CloudSide):
    """One region of the cloud: it sells seats, keeps subscriptions running, and mails offers at once."""

    app = "cloud"
    licensed = False
    tells_by_sync = False
    max_items = 500
    origins = frozenset({"https://bitwarden.com"})

    def __init__(self, region: str) -> None:
        self.region = region

    def release(self, ctx: Context) -> str:
        """The one that the dial says."""
        return str(simulated_release(cast(CloudContext, ctx)))

    def premium_claim(self, ctx: Context, user_id: UUID, *, premium: bool) -> bool:
        """What the account says; subscriptions keep it true."""
        return premium

    def check_api_key(self, ctx: Context, organization_id: UUID, key_type: int) -> None:
        """No billing sync token during the free trial."""
        refuse_in_trial(ctx, known_organization(ctx, organization_id), key_type)

    def grow_seats(self, ctx: Context, organization_id: UUID, missing: int) -> None:
        """Buy them."""
        seats.grow_seats(ctx, known_organization(ctx, organization_id), missing)

    def policy_switched_on(self, ctx: Context, organization_id: UUID, policy_type: int) -> None:
        """The Free Families policy is told to everybody whose sponsorship it ends."""
        sponsorships.policy_switched_on(cast(CloudContext, ctx), organization_id, policy_type)

    def managers_of(self, ctx: Context, organization_ids: Sequence[UUID]) -> Mapping[UUID, Manager]:
        """Providers that manage or resell them."""
        return providers.managers_of(ctx, organization_ids)

    def grace_of(self, ctx: Context, organization_id: UUID) -> Grace | None:
        """None: the cloud bills and suspends."""
        return None

    def sponsored_period_began(
        self, ctx: CloudContext, families_id: UUID, began: datetime, ends: datetime, hand: Hand
    ) -> None:
        """A sponsorship goes on, or ends with the regular price."""
        sponsorships.renew_sponsorship(ctx, known_organization(ctx, families_id), began, ends, hand)
