"""What a region believes as the wire tells it."""

from collections.abc import Sequence
from datetime import datetime

from cloud_sim.installations.models import Installation
from cloud_sim.licensing.models import OrganizationInstallation
from cloud_sim.subscriptions.models import Subscription
from common.domains.organizations.models import Organization, OrganizationApiKey
from common.domains.organizations.rules import display_name
from common.domains.sponsorships import answers as sponsorships
from common.domains.sponsorships.models import OrganizationSponsorship
from common.domains.sponsorships.rules import flaw_of
from common.errors import Refusal
from common.license.dates import LicenseDates
from common.sim.journal.masking import mask
from common.wire.state import (
    CloudOrganization,
    StateDownload,
    StateInstallation,
    StateIssue,
    StateSponsorship,
    StateSubscription,
    StateToken,
)


def organization(
    row: Organization,
    paying: Subscription | None,
    would_issue: StateIssue,
    issued: Sequence[OrganizationInstallation],
    token: OrganizationApiKey | None,
    given: list[StateSponsorship],
) -> CloudOrganization:
    """An organization and all that hangs on its licence."""
    return CloudOrganization(
        id=row.id,
        name=display_name(row.name),
        enabled=row.enabled,
        plan=row.plan,
        plan_type=row.plan_type,
        seats=row.seats,
        expiration_date=row.expiration_date,
        license_key=mask(row.license_key) if row.license_key else None,
        subscription=_subscription(paying) if paying else None,
        would_issue=would_issue,
        issued=[
            StateDownload(installation_id=each.installation_id, first=each.creation_date, last=each.last_issued)
            for each in issued
        ],
        billing_sync_token=StateToken(token=mask(token.api_key), made=token.revision_date) if token else None,
        sponsorships=given,
    )


def _subscription(row: Subscription) -> StateSubscription:
    return StateSubscription(
        status=row.status,
        period_start=row.period_start,
        period_end=row.period_end,
        trial_end=row.trial_end,
        cancel_at=row.cancel_at,
    )


def issue(refused: Refusal | None, version: int, dates: LicenseDates) -> StateIssue:
    """What a licence issued now would say of time."""
    without = dates.expiration_without_grace_period
    return StateIssue(
        refused=refused.message if refused else None,
        version=version,
        expires=dates.expires.datetime(),
        expiration_without_grace_period=without.datetime() if without else None,
        refresh=dates.refresh.datetime(),
        trial=dates.trial,
    )


def sponsorship(row: OrganizationSponsorship, sponsor: Organization | None, now: datetime) -> StateSponsorship:
    """As the cloud has it. sponsor: who gives it away; None where renewals do not look."""
    redeemed = row.sponsored_organization_id is not None and sponsor is not None
    return sponsorships.believed(row, flaw_of(row, sponsor, now) if redeemed else None, by_sync=False)


def installation(row: Installation) -> StateInstallation:
    """An installation, without its key."""
    return StateInstallation(id=row.id, email=row.email, enabled=row.enabled, last_activity=row.last_activity_date)
