"""What has been reached on each side, for the checklist of the start page: `/_sim/progress`."""

from uuid import UUID

from common.wire.base import WireModel


class BoughtOrganization(WireModel):
    """An organization of the cloud. billingSyncToken: made or not. redeemed: sponsorships that it gave away and that
    were taken."""

    id: UUID
    name: str
    tier: int
    seats: int | None
    billing_sync_token: bool
    licensed_installations: list[UUID]
    redeemed: int


class CloudProgress(WireModel):
    """people: addresses of accounts, the newest. organizations: those that the address owns, newest first."""

    people: list[str]
    installations: int
    premium: bool
    organizations: list[BoughtOrganization]


class OwnAccount(WireModel):
    """The account of the address on the instance."""

    verified: bool
    premium: bool


class SponsorshipNumbers(WireModel):
    """How many sponsorships an organization has. sent: told to the cloud. active: redeemed there."""

    offered: int
    sent: int
    active: int


class LicensedOrganization(WireModel):
    """An organization of the instance. cloudOrganizationId: null = its license cannot be read. updated: the license in
    force is newer than the organization."""

    id: UUID
    name: str
    tier: int
    seats: int | None
    cloud_organization_id: UUID | None
    updated: bool
    connected: bool
    last_license_sync: str | None
    sponsorships_synced: bool
    sponsorships: SponsorshipNumbers


class InstanceProgress(WireModel):
    """Of the configuration in effect, and of what the address owns (newest first). account: null = it has none."""

    cloud_communication: bool
    region: str
    installation_id: UUID
    portal_administrators: list[str]
    people: list[str]
    account: OwnAccount | None
    organizations: list[LicensedOrganization]
