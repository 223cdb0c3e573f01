"""The billing sync token on the cloud: who may have one. The documents exclude free trials.

Source: the user's documents; fidelity.md: billing-sync.trial.
"""

from uuid import UUID

from cloud_sim.billing_sync import rules
from cloud_sim.subscriptions.service import is_in_trial
from common.crypto.comparison import same_secret
from common.crypto.master_password import SecretProof
from common.domains.organizations.api_keys import service as api_keys
from common.domains.organizations.models import Organization, OrganizationApiKey
from common.domains.organizations.rules import offers_api_key
from common.domains.organizations.service import find_api_key, require_owner
from common.enums import ApiKeyType
from common.errors import bad_request, not_found
from common.quirks import Quirk
from common.server.context import Context


def refuse_in_trial(ctx: Context, organization: Organization, key_type: int) -> None:
    """Raise 400 for the billing sync token of an organization in its free trial.

    Upstream has no such check: quirk `trial-billing-sync`.
    """
    if key_type == ApiKeyType.BILLING_SYNC and waits_for_trial_end(ctx, organization):
        raise bad_request("Billing sync is not available during the free trial.", rule="billing-sync.trial")


def require_token_access(ctx: Context, caller_id: UUID, organization_id: UUID) -> Organization:
    """The organization, if this caller may get its billing sync token. Errors: 404 no owner, tier; 400 trial."""
    organization = require_owner(ctx, organization_id, caller_id)
    if not offers_api_key(organization.tier, ApiKeyType.BILLING_SYNC):
        raise not_found("api-key.tier")
    refuse_in_trial(ctx, organization, ApiKeyType.BILLING_SYNC)
    return organization


def reveal_token(ctx: Context, caller_id: UUID, organization_id: UUID, password_hash: str | None) -> OrganizationApiKey:
    """The token for whoever `require_token_access` let in, made if there was none. Errors: 400 password."""
    proof = SecretProof(password_hash, None)
    return api_keys.key_after_proof(ctx, caller_id, organization_id, ApiKeyType.BILLING_SYNC, proof)


def rotate_token(ctx: Context, caller_id: UUID, organization_id: UUID, password_hash: str | None) -> OrganizationApiKey:
    """A new token in the place of that one. Errors: as `reveal_token`."""
    token = reveal_token(ctx, caller_id, organization_id, password_hash)
    api_keys.replace_key(ctx, token)
    return token


def waits_for_trial_end(ctx: Context, organization: Organization) -> bool:
    """Whether the organization gets no token yet because of its free trial."""
    return is_in_trial(ctx, organization) and not ctx.settings.quirk(Quirk.TRIAL_BILLING_SYNC)


def has_token(ctx: Context, organization: Organization) -> bool:
    """Whether a token was made already."""
    return find_api_key(ctx, organization.id, ApiKeyType.BILLING_SYNC) is not None


def require_billing_sync_key(ctx: Context, organization_id: UUID, given: str | None) -> None:
    """Refuse a billing sync token that is blank or not the organization's. Source: ValidateBillingSyncKeyCommand.cs."""
    stored = find_api_key(ctx, organization_id, ApiKeyType.BILLING_SYNC)
    if stored is None or not (given or "").strip() or not same_secret(stored.api_key, given):
        raise rules.invalid_billing_sync_key()
