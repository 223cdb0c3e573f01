"""Seats of a subscribed organization: buying them and giving them back.

Source: src/Core/AdminConsole/Services/Implementations/OrganizationService.cs.
"""

from cloud_sim.providers.rules import seat_limit
from cloud_sim.providers.service import provider_of
from cloud_sim.subscriptions import rules, service
from cloud_sim.subscriptions.models import Subscription
from common.domains.organizations import service as organizations
from common.domains.organizations.models import Organization
from common.domains.organizations.rules import SeatCounts
from common.enums import SubscriptionStatus as Status
from common.errors import bad_request
from common.plans import Plan, plan_of
from common.server.context import Context

MAX_SEATS = 2**31 - 1


def grow_seats(ctx: Context, organization: Organization, missing: int) -> None:
    """Buy the seats that an invitation is short of, or refuse with the reason.

    Source: OrganizationService.cs (CanScaleAsync, AutoAddSeatsAsync).
    """
    provider = provider_of(ctx, organization.id)
    if provider is not None and provider.enabled:
        raise seat_limit(provider.type)
    subscription = service.subscription_of_organization(ctx, organization)
    if subscription is not None and subscription.status == Status.CANCELED:
        raise bad_request(
            "You do not have an active subscription. Reinstate your subscription to make changes",
            rule="seats.subscription",
        )
    limit = organization.max_autoscale_seats
    if limit is not None and limit < (organization.seats or 0) + missing:
        raise bad_request("Seat limit has been reached.", rule="seats.limit")
    adjust_seats(ctx, organization, missing)


def update_seats(ctx: Context, organization: Organization, adjustment: int, max_autoscale_seats: int | None) -> None:
    """Change the number of seats by `adjustment` and the limit of growing by itself (None = no limit)."""
    if max_autoscale_seats is not None and (organization.seats or 0) + adjustment > max_autoscale_seats:
        raise bad_request("Cannot set max seat autoscaling below seat count.", rule="seats.autoscale")
    if adjustment:
        adjust_seats(ctx, organization, adjustment)
    if max_autoscale_seats != organization.max_autoscale_seats:
        _set_autoscale(organization, max_autoscale_seats)


def _set_autoscale(organization: Organization, limit: int | None) -> None:
    plan = plan_of(organization.plan_type)
    if plan is None:
        raise bad_request("Existing plan not found.", rule="seats.plan")
    if not plan.password_manager.autoscales:
        raise bad_request("Your plan does not allow seat autoscaling.", rule="seats.autoscale")
    organization.max_autoscale_seats = limit


def adjust_seats(ctx: Context, organization: Organization, adjustment: int) -> None:
    """Buy (positive) or give back (negative) seats. Raises 400 in upstream's order."""
    if organization.seats is None:
        raise bad_request("Organization has no seat limit, no need to adjust seats", rule="seats.unlimited")
    subscription = service.subscription_of_organization(ctx, organization)
    if subscription is None:
        raise bad_request("No payment method found.", rule="seats.payment")
    check_running(subscription)
    seats = organization.seats + adjustment
    _check_seat_count(plan_of(organization.plan_type), seats)
    if adjustment < 0:
        counts = organizations.occupied_seats(ctx, organization.id)
        check_enough(organization, counts, seats)
    if organization.use_secrets_manager and seats < (organization.sm_seats or 0):
        raise bad_request(
            "You cannot have more Secrets Manager seats than Password Manager seats.", rule="seats.secrets-manager"
        )
    set_seats(ctx, organization, seats)


def set_seats(ctx: Context, organization: Organization, seats: int) -> None:
    """Make it so many seats, whatever the rules say."""
    subscription = service.subscription_of_organization(ctx, organization)
    organization.seats = seats
    organization.revision_date = ctx.clock.now()
    if subscription is not None:
        subscription.seats = seats


def check_running(subscription: Subscription) -> None:
    """Raise 400 when the subscription has ended."""
    if subscription.status in rules.ENDED:
        raise bad_request(
            "You do not have an active subscription. Reinstate your subscription to make changes.",
            rule="seats.subscription",
        )


def _check_seat_count(plan: Plan | None, seats: int) -> None:
    if plan is None or not plan.password_manager.sells_seats:
        raise bad_request("Plan does not allow additional seats.", rule="seats.plan")
    base = plan.password_manager.base_seats
    if base > seats:
        raise bad_request(f"Plan has a minimum of {base} seats.", rule="seats.minimum")
    if seats <= 0:
        raise bad_request("You must have at least 1 seat.", rule="seats.minimum")
    if seats > MAX_SEATS:
        raise bad_request(f"Organization plan allows a maximum of {MAX_SEATS} additional seats.", rule="seats.maximum")


def check_enough(organization: Organization, counts: SeatCounts, seats: int) -> None:
    """Refuse fewer seats than are taken."""
    if counts.total <= seats:
        return
    if organization.use_admin_sponsored_families or counts.sponsored:
        raise bad_request(
            f"Your organization has {counts.users} members and {counts.sponsored} sponsored families. "
            f"To decrease the seat count below {counts.total}, you must remove members or sponsorships.",
            rule="seats.occupied",
        )
    raise bad_request(
        f"Your organization currently has {counts.total} seats filled. "
        f"Your new plan only has ({seats}) seats. Remove some users.",
        rule="seats.occupied",
    )
