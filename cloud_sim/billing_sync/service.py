"""The billing sync token on the cloud: who may have one. The documents exclude free trials.

Source: the user's documents; spec/billing-sync-and-sponsorships.md 1.4.
"""

from cloud_sim.subscriptions.service import is_in_trial
from common.context import Context
from common.enums import ApiKeyType
from common.errors import bad_request
from common.organizations.models import Organization

TRIAL_BILLING_SYNC = "trial-billing-sync"


def refuse_in_trial(ctx: Context, organization: Organization, key_type: ApiKeyType) -> None:
    """Raise 400 for the billing sync token of an organization in its free trial.

    Upstream has no such check: quirk `trial-billing-sync`.
    """
    if key_type != ApiKeyType.BILLING_SYNC or ctx.settings.quirk(TRIAL_BILLING_SYNC):
        return
    if is_in_trial(ctx, organization):
        raise bad_request("Billing sync is not available during the free trial.", rule="billing-sync.trial")
