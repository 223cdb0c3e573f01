"""What the portal shows of organizations: a list to search in, and everything about one, its connection included.

Source: src/Admin/AdminConsole/Controllers/OrganizationsController.cs, Views/Organizations/*.cshtml;
fidelity.md: portal.pages.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from common.domains.organizations import service as shared
from common.domains.organizations.overview import Found as Found
from common.domains.organizations.overview import Overview, overview_of
from common.domains.organizations.overview import Search as Search
from common.domains.organizations.overview import search_organizations as search_organizations
from common.domains.organizations.service import find_organization as find_organization
from common.enums import ConnectionType
from selfhost.billing_sync import service as billing_sync
from selfhost.context import SelfHostContext
from selfhost.jobs import service as jobs
from selfhost.organizations.service import Organization
from selfhost.sponsorships import runs
from selfhost.sponsorships.runs import SyncRun


class Connection(NamedTuple):
    """The billing sync connection as the portal shows it. license_advice: what to do about a failed licence sync."""

    enabled: bool
    last_license_sync: datetime | None
    license_advice: str | None


class OrganizationView(NamedTuple):
    """Everything on an organization's page. communication: whether connections are loaded at all.

    last_sync: of sponsorships. last_run: with its result. next_daily: None without communication.
    """

    organization: Organization
    occupied: int
    overview: Overview
    communication: bool
    connection: Connection | None
    last_sync: datetime | None
    last_run: SyncRun | None
    next_daily: datetime | None

    @property
    def is_syncing(self) -> bool:
        """Whether a run is under way."""
        return self.last_run is not None and self.last_run.finished_at is None


def view_organization(ctx: SelfHostContext, organization_id: UUID) -> OrganizationView | None:
    """Everything about one organization; None for an unknown one."""
    organization = find_organization(ctx, organization_id)
    if organization is None:
        return None
    communication = ctx.deployment.enable_cloud_communication
    daily = jobs.daily_sync(ctx)
    return OrganizationView(
        organization=organization,
        occupied=shared.occupied_seats(ctx, organization_id).total,
        overview=overview_of(ctx, organization_id),
        communication=communication,
        connection=_connection(ctx, organization_id) if communication else None,
        last_sync=runs.last_sync(ctx, organization_id),
        last_run=runs.last_run(ctx, organization_id),
        next_daily=daily.next_run if daily else None,
    )


def may_sync(ctx: SelfHostContext, organization_id: UUID) -> bool:
    """Whether there is an enabled billing sync connection to use."""
    connection = billing_sync.find_connection(ctx, organization_id, ConnectionType.CLOUD_BILLING_SYNC)
    return connection is not None and connection.enabled


def _connection(ctx: SelfHostContext, organization_id: UUID) -> Connection | None:
    connection = billing_sync.billing_sync_of(ctx, organization_id)
    if connection is None:
        return None
    failure = billing_sync.last_failure(ctx, organization_id, billing_sync.LICENSE_SYNC)
    return Connection(connection.enabled, connection.last_license_sync, failure.advice if failure else None)
