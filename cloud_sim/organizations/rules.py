"""What a new organization of the cloud may buy, and what it gets. Pure.

Source: src/Core/AdminConsole/OrganizationFeatures/Organizations/{CloudOrganizationSignUpCommand,Errors}.cs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cloud_sim.subscriptions.purchases import check_secrets_manager, check_vault
from common.errors import Refusal, bad_request, not_found
from common.plans import Plan

MAX_TRIAL_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class SignUp:
    """What somebody who creates an organization asks for.

    key: organization key wrapped for the owner. public_key, private_key: its pair (the second one an EncString).
    collection_name: EncString of the first collection. trial_length: days, None = as the plan says. payment: kind of
    payment method and its token. address: as the wire tells it.
    """

    name: str
    billing_email: str
    plan_type: int
    key: str
    public_key: str
    private_key: str
    business_name: str | None = None
    collection_name: str | None = None
    additional_seats: int = 0
    additional_storage_gb: int = 0
    premium_access: bool = False
    max_autoscale_seats: int | None = None
    use_secrets_manager: bool = False
    additional_sm_seats: int = 0
    additional_service_accounts: int = 0
    skip_trial: bool = False
    trial_length: int | None = None
    payment: tuple[str, str] | None = None
    address: Mapping[str, str | None] | None = None


def check_plan(plan: Plan | None, wanted: SignUp) -> Plan:
    """The plan, if what is wanted can be bought of it. Raises 400 in upstream's order."""
    if plan is None:
        raise not_found("plan.unknown")
    if plan.disabled:
        raise _refused("Password Manager Plan not found.", "plan")
    check_vault(plan, wanted)
    if wanted.trial_length is not None and not 0 <= wanted.trial_length <= MAX_TRIAL_DAYS:
        raise _refused("Trial length must be between 0 and 30 days.", "trial")
    if wanted.use_secrets_manager:
        check_secrets_manager(plan, wanted)
    return plan


def trial_days(plan: Plan, wanted: SignUp) -> int:
    """How long the free trial is; 0 = none. Source: OrganizationBillingService.cs."""
    if wanted.skip_trial:
        return 0
    return (plan.trial_days or 0) if wanted.trial_length is None else wanted.trial_length


def _refused(text: str, rule: str) -> Refusal:
    return bad_request(text, rule=f"sign-up.{rule}")
