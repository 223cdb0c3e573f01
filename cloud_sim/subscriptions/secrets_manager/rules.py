"""What an organization may buy of the Secrets Manager. Pure; upstream's order of checks.

Source: src/Core/OrganizationFeatures/OrganizationSubscriptions/UpdateSecretsManagerSubscriptionCommand.cs,
src/Core/Billing/Organizations/Commands/AddSecretsManagerSubscriptionCommand.cs; fidelity.md: billing.secrets-manager.
"""

from typing import NamedTuple

from common.enums import ProductTier
from common.errors import Refusal, bad_request, conflict, not_found
from common.plans import Plan, SecretsManager

MOST = 2**31 - 1


class Holding(NamedTuple):
    """What an organization has, or shall have. Limits of growing by itself: None = none."""

    seats: int | None
    service_accounts: int | None
    max_seats: int | None = None
    max_service_accounts: int | None = None


def sold_secrets(plan: Plan) -> SecretsManager:
    """What the plan sells of it. Raises 404, whose text upstream drops."""
    if plan.secrets_manager is None:
        raise not_found("secrets-manager.plan")
    return plan.secrets_manager


def check_new(plan: Plan, *, uses: bool, subscribed: bool, seats: int | None, more: int, accounts: int) -> Holding:
    """What an organization has that takes the Secrets Manager up. Raises 400, or 409 where nobody pays.

    seats: of the vault. more, accounts: seats and service accounts beyond the included ones.
    """
    sold = plan.secrets_manager
    if uses:
        raise _refused("Organization already uses Secrets Manager.", "twice")
    if sold is None:
        raise _refused("Organization's plan does not support Secrets Manager.", "plan")
    paid = plan.tier != ProductTier.FREE
    if paid and not subscribed:
        raise conflict("No payment method found.", rule="secrets-manager.payment")
    if paid and more <= 0:
        raise _refused("At least one Secrets Manager seat is required.", "seats")
    if not sold.sells_more and accounts > 0:
        raise _refused("Plan does not allow additional Machine Accounts.", "service-accounts")
    if more > (seats or 0):
        raise _more_than_the_vault()
    if not sold.sells_more and more > 0:
        raise _refused("Plan does not allow additional users.", "seats")
    if sold.base_service_accounts + accounts > MOST:
        raise _too_many_accounts(sold)
    return Holding(sold.base_seats + more, sold.base_service_accounts + accounts)


def check_change(plan: Plan, now: Holding, wanted: Holding, *, vault_seats: int | None, occupied: int) -> None:
    """Whether an organization may have that from now on. occupied: members who use it."""
    sold = sold_secrets(plan)
    if wanted.seats != now.seats:
        _check_seats(sold, now, wanted, vault_seats, occupied)
    if wanted.service_accounts != now.service_accounts:
        _check_accounts(sold, now, wanted)
    if wanted.max_seats not in (now.max_seats, None):
        _check_seat_limit(sold, wanted)
    if wanted.max_service_accounts not in (now.max_service_accounts, None):
        _check_account_limit(sold, wanted)


def _check_seats(sold: SecretsManager, now: Holding, wanted: Holding, vault_seats: int | None, occupied: int) -> None:
    seats = wanted.seats or 0
    if now.seats is None:
        raise _refused("Organization has no Secrets Manager seat limit, no need to adjust seats", "seats")
    if not sold.sells_more:
        text = f"You have reached the maximum number of Secrets Manager seats ({sold.base_seats}) for this plan."
        raise _refused(text, "seats")
    if wanted.max_seats is not None and seats > wanted.max_seats:
        raise _refused("Cannot set max seat autoscaling below seat count.", "autoscale")
    if sold.base_seats > seats:
        raise _refused(f"Plan has a minimum of {sold.base_seats} Secrets Manager  seats.", "seats")
    if seats <= 0:
        raise _refused("You must have at least 1 Secrets Manager seat.", "seats")
    if now.seats > seats and occupied > seats:
        raise _refused(
            f"{occupied} users are currently occupying Secrets Manager seats. You cannot decrease your subscription "
            "below your current occupied seat count.",
            "occupied",
        )
    if vault_seats is not None and vault_seats < seats:
        raise _more_than_the_vault()


def _check_accounts(sold: SecretsManager, now: Holding, wanted: Holding) -> None:
    accounts = wanted.service_accounts or 0
    if now.service_accounts is None:
        text = "Organization has no machine accounts limit, no need to adjust machine accounts"
        raise _refused(text, "service-accounts")
    if not sold.sells_more or accounts > MOST:
        raise _too_many_accounts(sold)
    if wanted.max_service_accounts is not None and accounts > wanted.max_service_accounts:
        raise _refused("Cannot set max machine accounts autoscaling below machine account amount.", "autoscale")
    if sold.base_service_accounts > accounts:
        raise _refused(f"Plan has a minimum of {sold.base_service_accounts} machine accounts.", "service-accounts")
    if accounts <= 0:
        raise _refused("You must have at least 1 machine account.", "service-accounts")


def _check_seat_limit(sold: SecretsManager, wanted: Holding) -> None:
    limit = wanted.max_seats or 0
    if wanted.seats is not None and limit < wanted.seats:
        text = "Cannot set max Secrets Manager seat autoscaling below current Secrets Manager seat count."
        raise _refused(text, "autoscale")
    if sold.max_seats is not None and limit > sold.max_seats:
        raise _refused(
            f"Your plan has a Secrets Manager seat limit of {sold.max_seats}, but you have specified a max autoscale "
            f"count of {limit}.Reduce your max autoscale count.",
            "autoscale",
        )
    if not sold.sells_more:
        raise _refused("Your plan does not allow Secrets Manager seat autoscaling.", "autoscale")


def _check_account_limit(sold: SecretsManager, wanted: Holding) -> None:
    limit = wanted.max_service_accounts or 0
    if wanted.service_accounts is not None and limit < wanted.service_accounts:
        text = "Cannot set max machine accounts autoscaling below current machine accounts count."
        raise _refused(text, "autoscale")
    if not sold.sells_more:
        raise _refused("Your plan does not allow machine accounts autoscaling.", "autoscale")


def no_access() -> Refusal:
    """400 to an organization without the Secrets Manager."""
    return _refused("Organization has no access to Secrets Manager.", "access")


def _more_than_the_vault() -> Refusal:
    return _refused("You cannot have more Secrets Manager seats than Password Manager seats.", "seats")


def _too_many_accounts(sold: SecretsManager) -> Refusal:
    most = MOST if sold.sells_more else sold.base_service_accounts
    text = f"You have reached the maximum number of machine accounts ({most}) for this plan."
    return _refused(text, "service-accounts")


def _refused(text: str, rule: str) -> Refusal:
    return bad_request(text, rule=f"secrets-manager.{rule}")
