"""What decides about a licence besides its own validity: what is in use, who else has it, and who may start anew."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from common.enums import LicenseType
from common.errors import GatewayTimeout, Refusal, bad_request, conflict
from common.license.canonical import UNSUPPORTED_VERSION
from common.license.dates import GRACE_DAYS
from common.license.model import OrganizationLicense, UserLicense
from common.license.timestamps import Timestamp
from common.license.verification import premium_for_organization_text
from common.releases import Abilities as ReleaseAbilities

CLOUD_FAILED = "license-sync.cloud-failed"
"""Name of the refusal behind which the cloud's own reason is kept."""


class Abilities(Protocol):
    """The abilities that a licence can take away; of a licence or of an organization as it is."""

    use_groups: bool
    use_policies: bool
    use_sso: bool
    use_key_connector: bool
    use_scim: bool
    use_custom_permissions: bool
    use_reset_password: bool


class Usage(NamedTuple):
    """What an organization uses now. occupied_seats: members not revoked and admin-initiated sponsorships in force."""

    occupied_seats: int
    collections: int
    groups: int
    enabled_policies: int
    sso_enabled: bool
    key_connector: bool
    scim_enabled: bool
    custom_members: int
    reset_password_policy: bool


def in_use(license_file: OrganizationLicense, organization: Abilities, usage: Usage) -> Refusal | None:
    """The first thing in use that a licence would not allow; None when it fits.

    Source: src/Core/AdminConsole/Models/Data/Organizations/SelfHostedOrganizationDetails.cs; fidelity.md:
    license.in-use.
    """
    for found in _exceeded(license_file, usage):
        return found
    for ability, used, text in _TAKEN_AWAY:
        if getattr(organization, ability) and not getattr(license_file, ability) and used(usage):
            return bad_request(text(usage), rule=f"license.in-use.{ability}")
    return None


def _exceeded(license_file: OrganizationLicense, usage: Usage) -> Iterable[Refusal]:
    if license_file.seats is not None and usage.occupied_seats > license_file.seats:
        yield bad_request(
            f"Your organization currently has {usage.occupied_seats} seats filled. Your new license only has "
            f"({license_file.seats}) seats. Remove some users.",
            rule="license.in-use.seats",
        )
    if license_file.max_collections is not None and usage.collections > license_file.max_collections:
        yield bad_request(
            f"Your organization currently has {usage.collections} collections. Your new license allows for a maximum "
            f"of ({license_file.max_collections}) collections. Remove some collections.",
            rule="license.in-use.collections",
        )


_TAKEN_AWAY: tuple[tuple[str, Callable[[Usage], bool], Callable[[Usage], str]], ...] = (
    (
        "use_groups",
        lambda usage: usage.groups > 1,  # one group is let through, as upstream
        lambda usage: (
            f"Your organization currently has {usage.groups} groups. "
            "Your new license does not allow for the use of groups. Remove all groups."
        ),
    ),
    (
        "use_policies",
        lambda usage: usage.enabled_policies > 0,
        lambda usage: (
            f"Your organization currently has {usage.enabled_policies} enabled policies. "
            "Your new license does not allow for the use of policies. Disable all policies."
        ),
    ),
    (
        "use_sso",
        lambda usage: usage.sso_enabled,
        lambda _: (
            "Your organization currently has a SSO configuration. "
            "Your new license does not allow for the use of SSO. Disable your SSO configuration."
        ),
    ),
    (
        "use_key_connector",
        lambda usage: usage.key_connector,
        lambda _: (
            "Your organization currently has Key Connector enabled. "
            "Your new license does not allow for the use of Key Connector. Disable your Key Connector."
        ),
    ),
    (
        "use_scim",
        lambda usage: usage.scim_enabled,
        lambda _: "Your new plan does not allow the SCIM feature. Disable your SCIM configuration.",
    ),
    (
        "use_custom_permissions",
        lambda usage: usage.custom_members > 0,
        lambda _: (
            "Your new plan does not allow the Custom Permissions feature. "
            "Disable your Custom Permissions configuration."
        ),
    ),
    (
        "use_reset_password",
        lambda usage: usage.reset_password_policy,
        lambda _: "Your new license does not allow the Password Reset feature. Disable your Password Reset policy.",
    ),
)


def expiration_without_grace(license_file: OrganizationLicense) -> Timestamp | None:
    """End of the paid period as a file without token tells it. Source: fidelity.md: license.subscription-page."""
    if license_file.expiration_without_grace_period is not None:
        return license_file.expiration_without_grace_period
    if license_file.expires is None or license_file.trial:
        return license_file.expires
    try:
        return license_file.expires.plus_days(-GRACE_DAYS)
    except ValueError:  # a file dated in the year 1
        return license_file.expires


def paid_until(license_file: OrganizationLicense) -> Timestamp | None:
    """End of the paid period, for people: also where the file, of a customer without a trial, keeps it to itself.

    Only a yearly period has a grace period in `Expires`, and then `Refresh` is another day.
    Source: fidelity.md: license.expiration.
    """
    told = license_file.expiration_without_grace_period
    if told is not None or license_file.refresh == license_file.expires:
        return told or license_file.expires
    return expiration_without_grace(license_file)


def may_be_in_grace(end: datetime | None, now: datetime) -> bool:
    """Whether an organization that its licence ends at `end` (grace included) can be in its grace period."""
    return end is not None and end - now <= timedelta(days=GRACE_DAYS)


def days_of_grace(ended: datetime, suspended_at: datetime, now: datetime) -> int | None:
    """Days that are left of a grace period; one that has begun counts. None outside of the grace period.

    0 = over, and the job that suspends the organization has not come by. Trials have none: both dates are the same.
    """
    if now < ended or ended == suspended_at:
        return None
    return max(0, -((now - suspended_at) // timedelta(days=1)))


class Change(NamedTuple):
    """Something an applied licence made different. name: attribute of the organization."""

    name: str
    before: Any
    after: Any


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What is different, in the order of `after`."""
    return [Change(name, before[name], value) for name, value in after.items() if before[name] != value]


def premium_for_organization(license_file: OrganizationLicense, release: ReleaseAbilities) -> Refusal | None:
    """A file for an organization must say so (when creating one, saying nothing is not enough).

    Releases before 2025.1 do not ask this first.
    """
    if license_file.license_type == LicenseType.ORGANIZATION or not release.reads_tokens:
        return None
    return bad_request(premium_for_organization_text(release.vault_wording), rule="license.type")


def organization_for_user(license_file: UserLicense) -> Refusal | None:
    """A file for a person must not say anything else."""
    if license_file.license_type in (None, LicenseType.USER):
        return None
    return bad_request(
        "Organization licenses cannot be applied to a user. Upload this license from the Organization settings page.",
        rule="license.type",
    )


# --- refusals


def not_verified() -> Refusal:
    """400 for a file whose signature and token prove nothing. Source: fidelity.md: license.can-use."""
    return bad_request("Invalid license.", rule="license.not-verified")


def license_in_use(release: ReleaseAbilities) -> Refusal:
    """400 for a licence that another organization here holds. Source: fidelity.md: license.create."""
    holder = "organization vault" if release.vault_wording else "organization"
    return bad_request(f"License is already in use by another {holder}.", rule="license.in-use-elsewhere")


def already_premium() -> Refusal:
    """400 to somebody who has premium. Source: fidelity.md: license.premium."""
    return bad_request("Already a premium user.", rule="license.already-premium")


def fault_at_version() -> Refusal:
    """How the newer premium upload reports an unsupported version. Source: fidelity.md: license.premium."""
    return Refusal(
        500,
        "Something went wrong with your request. Please contact support for assistance.",
        rule=UNSUPPORTED_VERSION,
    )


def cloud_communication_disabled() -> Refusal:
    """400 of a sync while `enableCloudCommunication` is off. Source: fidelity.md: license.sync."""
    return bad_request("Cloud communication is disabled in global settings", rule="license-sync.cloud-off")


def cloud_failed(reason: str) -> Refusal:
    """Whatever went wrong with the cloud; what it was is logged and kept (billing_sync.models.SyncFailure).

    A cloud that never answers outlasts nginx, which gives up after 90 of the 100 s. Source: util/Nginx/proxy.conf.
    """
    if reason == "timeout":
        return GatewayTimeout(rule=CLOUD_FAILED)
    return bad_request(
        "An error has occurred. Check your internet connection and ensure the billing token is correct.",
        rule=CLOUD_FAILED,
    )


def overtaken() -> Refusal:
    """Ours: a newer licence was applied while the cloud was being asked."""
    return conflict(
        "A newer license was applied to this organization while it was being synced. The older one was discarded.",
        rule="license-sync.overtaken",
    )
