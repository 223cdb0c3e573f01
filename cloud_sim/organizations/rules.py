"""What a new organization of the cloud may buy, and what it gets. Pure.

Source: src/Core/AdminConsole/OrganizationFeatures/Organizations/{CloudOrganizationSignUpCommand,Errors}.cs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from common.errors import Refusal, bad_request, not_found
from common.plans import Plan

MAX_TRIAL_DAYS = 30
MAX_SEATS = MAX_SERVICE_ACCOUNTS = 2**31 - 1


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
    sold = plan.password_manager
    if sold.base_seats + wanted.additional_seats <= 0:
        raise _refused("You do not have any Password Manager seats!", "seats")
    if not sold.sells_storage and wanted.additional_storage_gb > 0:
        raise _refused("Plan does not allow additional storage.", "storage")
    if not sold.sells_premium_access and wanted.premium_access:
        raise _refused("This plan does not allow you to buy the premium access addon.", "premium-access")
    if not sold.sells_seats and wanted.additional_seats > 0:
        raise _refused("Plan does not allow additional users.", "seats")
    if sold.base_seats + wanted.additional_seats > MAX_SEATS:
        raise _refused(f"Selected plan allows a maximum of {MAX_SEATS - sold.base_seats} additional users.", "seats")
    if wanted.trial_length is not None and not 0 <= wanted.trial_length <= MAX_TRIAL_DAYS:
        raise _refused("Trial length must be between 0 and 30 days.", "trial")
    if wanted.use_secrets_manager:
        _check_secrets_manager(plan, wanted)
    return plan


def _check_secrets_manager(plan: Plan, wanted: SignUp) -> None:
    sold = plan.secrets_manager
    if sold is None:
        raise _refused("Invalid Secrets Manager plan selected.", "secrets-manager")
    if sold.base_seats + wanted.additional_sm_seats <= 0:
        raise _refused("You do not have any Secrets Manager seats!", "secrets-manager")
    if not sold.sells_more and wanted.additional_service_accounts > 0:
        raise _refused("Plan does not allow additional Machine Accounts.", "secrets-manager")
    if sold.base_service_accounts + wanted.additional_service_accounts > MAX_SERVICE_ACCOUNTS:
        raise _refused("Selected plan does not allow that many Machine Accounts.", "secrets-manager")
    if wanted.additional_sm_seats > wanted.additional_seats:
        raise _refused("You cannot have more Secrets Manager seats than Password Manager seats.", "secrets-manager")
    if not sold.sells_more and wanted.additional_sm_seats > 0:
        raise _refused("Plan does not allow additional users.", "secrets-manager")


def trial_days(plan: Plan, wanted: SignUp) -> int:
    """How long the free trial is; 0 = none. Source: OrganizationBillingService.cs."""
    if wanted.skip_trial:
        return 0
    return (plan.trial_days or 0) if wanted.trial_length is None else wanted.trial_length


def _refused(text: str, rule: str) -> Refusal:
    return bad_request(text, rule=f"sign-up.{rule}")
