"""What an instance believes as the wire tells it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from common.domains.organizations.rules import display_name
from common.domains.sponsorships.answers import believed
from common.domains.sponsorships.models import OrganizationSponsorship
from common.license.model import OrganizationLicense
from common.sim.journal.masking import mask
from common.wire.base import camel, iso
from common.wire.state import (
    InstanceOrganization,
    StateConnection,
    StateFailure,
    StateLicense,
    StateValue,
)
from selfhost.billing_sync.service import Connected
from selfhost.licensing import rules
from selfhost.licensing.validation import Judged
from selfhost.organizations.rules import licensed_values
from selfhost.organizations.service import Organization, licensed_state
from selfhost.sponsorships import answers as sponsorships
from selfhost.sponsorships.runs import SyncRun


def organization(
    row: Organization,
    judged: Judged,
    connected: Connected | None,
    given: Iterable[OrganizationSponsorship],
    synced: SyncRun | None,
) -> InstanceOrganization:
    """An organization, what its licence says, and what became of its syncs."""
    return InstanceOrganization(
        id=row.id,
        cloud_id=judged.file.id if judged.file else connected.cloud_id if connected else None,
        name=display_name(row.name),
        enabled=row.enabled,
        license=_license(row, judged),
        connection=_connection(connected) if connected else None,
        sponsorships=[believed(each, None, by_sync=True) for each in given],
        last_sponsorship_sync=sponsorships.run(synced) if synced else None,
    )


def _license(row: Organization, judged: Judged) -> StateLicense:
    file, in_force = judged.file, judged.in_force
    paid = rules.paid_until(in_force) if in_force else None
    return StateLicense(
        there=file is not None or judged.unreadable is not None,
        unreadable=judged.unreadable,
        token=judged.token,
        verdict=judged.reason,
        version=file.version if file else None,
        issued=file.issued.datetime() if file and file.issued else None,
        installation_id=file.installation_id if file else None,
        paid_until=paid.datetime() if paid else None,
        suspended_at=in_force.expires.datetime() if in_force and in_force.expires else None,
        values=_values(licensed_state(row), file, in_force),
    )


def _values(
    row: Mapping[str, Any], file: OrganizationLicense | None, in_force: OrganizationLicense | None
) -> list[StateValue]:
    """Each value that the organization takes over from its licence, in the three places where it stands."""
    of_file, of_token = (licensed_values(each) if each else {} for each in (file, in_force))
    return [
        StateValue(
            name=camel(name),
            file=_shown(name, of_file.get(name)),
            in_force=_shown(name, of_token.get(name)),
            row=_shown(name, value),
            agrees=file is not None and of_file[name] == of_token[name] == value,
        )
        for name, value in row.items()
    ]


def _shown(name: str, value: Any) -> Any:
    if name == "license_key" and value:
        return mask(str(value))
    return iso(value) if isinstance(value, datetime) else value


def _connection(connected: Connected) -> StateConnection:
    sync, failure = connected.sync, connected.failure
    return StateConnection(
        enabled=sync.enabled,
        token=mask(sync.key) if sync.key else None,
        cloud_organization_id=connected.cloud_id,
        last_license_sync=sync.last_license_sync,
        failure=StateFailure(reason=failure.reason, advice=failure.advice, at=failure.failed_at) if failure else None,
    )
