"""When the cloud hands out a licence. Pure. Source: fidelity.md: license.download."""

from datetime import datetime

from common.enums import SubscriptionStatus
from common.errors import Refusal, bad_request

UNPAID_STATUSES = frozenset(
    {SubscriptionStatus.CANCELED, SubscriptionStatus.INCOMPLETE, SubscriptionStatus.INCOMPLETE_EXPIRED}
)


def invalid_installation_id() -> Refusal:
    """The installation is unknown in this region, or disabled."""
    return bad_request("Invalid installation id", rule="licensing.installation")


def no_active_subscription() -> Refusal:
    """Neither a subscription nor a future expiration date."""
    return bad_request("No active subscription found.", rule="licensing.no-subscription")


def payment_issue() -> Refusal:
    """The subscription was canceled or never paid."""
    return bad_request(
        "Unable to generate license due to a payment issue. "
        "Please update your billing information or contact support for assistance.",
        rule="licensing.payment-issue",
    )


def invalid_license_key() -> Refusal:
    """The licence key in a sync request is another organization's (answered slowly)."""
    return bad_request("Invalid license key.", rule="licensing.license-key", slow=True)


def check_subscription(status: str | None, expiration: datetime | None, now: datetime) -> None:
    """Refuse an organization that does not pay.

    status: of its subscription, None without one; expiration counts only then (reseller, invoiced outside).
    Source: src/Core/Billing/Organizations/Queries/GetCloudOrganizationLicenseQuery.cs.
    """
    if status is None:
        if expiration is None or expiration <= now:
            raise no_active_subscription()
    elif status in UNPAID_STATUSES:
        raise payment_issue()


def check_user_subscription(status: str | None) -> None:
    """Refuse a user that does not pay. Source: src/Core/Billing/Licenses/Queries/GetUserLicenseQuery.cs."""
    if status is None:
        raise no_active_subscription()
    if status in UNPAID_STATUSES:
        raise payment_issue()
