"""What may be bought of a plan, with a new organization or a bigger plan. Pure; upstream's order of checks.

Source: src/Core/AdminConsole/Services/Implementations/OrganizationService.cs (Validate{Password,Secrets}ManagerPlan),
src/Core/AdminConsole/OrganizationFeatures/Organizations/CloudOrganizationSignUpCommand.cs.
"""

from typing import Protocol

from common.errors import Refusal, bad_request
from common.plans import Plan

MAX_SEATS = MAX_SERVICE_ACCOUNTS = 2**31 - 1


class Purchase(Protocol):
    """What is asked for, each beyond what the plan includes."""

    @property
    def additional_seats(self) -> int: ...
    @property
    def additional_storage_gb(self) -> int: ...
    @property
    def premium_access(self) -> bool: ...
    @property
    def use_secrets_manager(self) -> bool: ...
    @property
    def additional_sm_seats(self) -> int: ...
    @property
    def additional_service_accounts(self) -> int: ...


def check_vault(plan: Plan, wanted: Purchase) -> None:
    """Refuse what the plan does not sell for the vault."""
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


def check_secrets_manager(plan: Plan, wanted: Purchase) -> None:
    """Refuse what the plan does not sell of the Secrets Manager."""
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


def _refused(text: str, rule: str) -> Refusal:
    return bad_request(text, rule=f"purchase.{rule}")
