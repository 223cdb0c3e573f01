"""`GET /_sim/state`: what each side believes, of an app and of the whole stack.

Secrets (licence keys, billing sync tokens) are masked as in the journal: the same ones look the same on both sides.
"""

from typing import Any
from uuid import UUID

from common.wire.base import WireDate, WireModel
from common.wire.control import Job, SponsorshipRun


class StateFault(WireModel):
    """A fault that still hits. left: so many calls, null = until it is cleared."""

    id: UUID
    operation: str
    do: dict[str, Any]
    left: int | None


class StateEgress(WireModel):
    """What the simulated network does to a host."""

    host: str
    rule: str


class Simulated(WireModel):
    """What is simulated at this app."""

    release: str
    now: WireDate
    offset_seconds: float
    frozen: bool
    quirks: list[str]
    faults: list[StateFault]
    egress: list[StateEgress]


class StateSponsorship(WireModel):
    """A sponsorship as this side has it. member: who gives it, the id is the instance's for what came by sync.

    status: key of upstream's message catalogue. sent: the cloud was told. flaw: why the next renewal will not keep a
    redeemed one, null = it will, or it is not redeemed, or this side does not renew.
    """

    id: UUID
    member: UUID
    friendly_name: str | None
    offered_to: str | None
    sponsored_organization_id: UUID | None
    admin_initiated: bool
    status: str
    awaiting_sync: bool
    valid_until: WireDate | None
    last_sync: WireDate | None
    to_delete: bool
    flaw: str | None


class StateToken(WireModel):
    """A billing sync token, masked."""

    token: str
    made: WireDate


class StateSubscription(WireModel):
    """What pays for an organization. status: the payment provider's word."""

    status: str
    period_start: WireDate
    period_end: WireDate
    trial_end: WireDate | None
    cancel_at: WireDate | None


class StateIssue(WireModel):
    """What a licence issued now would say of time. refused: the text that a download gets instead."""

    refused: str | None
    version: int
    expires: WireDate
    expiration_without_grace_period: WireDate | None
    refresh: WireDate
    trial: bool


class StateDownload(WireModel):
    """An installation that the licence was issued for."""

    installation_id: UUID
    first: WireDate
    last: WireDate


class CloudOrganization(WireModel):
    """An organization as a cloud has it. issued: to whom the licence was given, the first one first."""

    id: UUID
    name: str | None
    enabled: bool
    plan: str
    plan_type: int
    seats: int | None
    expiration_date: WireDate | None
    license_key: str | None
    subscription: StateSubscription | None
    would_issue: StateIssue
    issued: list[StateDownload]
    billing_sync_token: StateToken | None
    sponsorships: list[StateSponsorship]


class StateInstallation(WireModel):
    """An installation. last_activity: when it last got an access token."""

    id: UUID
    email: str
    enabled: bool
    last_activity: WireDate | None


class CloudFacts(WireModel):
    """What a region of the cloud believes beside its organizations."""

    app: str
    simulated: Simulated
    installations: list[StateInstallation]
    jobs: list[Job]


class CloudState(CloudFacts):
    """What a region of the cloud believes."""

    organizations: list[CloudOrganization]


class StateValue(WireModel):
    """A value of a licence, in three places: the file on the disk, what counts of it (the token), the organization."""

    name: str
    file: Any
    in_force: Any
    row: Any
    agrees: bool


class StateLicense(WireModel):
    """The licence that is stored for an organization.

    unreadable: why the file cannot be read. token: why its token is not accepted. verdict: why the next validation
    switches the organization off, null = it does not. suspended_at: end of its grace period.
    """

    there: bool
    unreadable: str | None
    token: str | None
    verdict: str | None
    version: int | None
    issued: WireDate | None
    installation_id: UUID | None
    paid_until: WireDate | None
    suspended_at: WireDate | None
    values: list[StateValue]


class StateFailure(WireModel):
    """Why the last licence sync failed. reason: a word, advice: a sentence."""

    reason: str
    advice: str
    at: WireDate


class StateConnection(WireModel):
    """A billing sync connection. last_license_sync: since the token was saved. failure: of the last try."""

    enabled: bool
    token: str | None
    cloud_organization_id: UUID | None
    last_license_sync: WireDate | None
    failure: StateFailure | None


class InstanceOrganization(WireModel):
    """An organization as the instance has it. cloud_id: which one of a cloud's, as its licence says."""

    id: UUID
    cloud_id: UUID | None
    name: str | None
    enabled: bool
    license: StateLicense
    connection: StateConnection | None
    sponsorships: list[StateSponsorship]
    last_sponsorship_sync: SponsorshipRun | None


class InstanceFacts(WireModel):
    """What an instance believes beside its organizations: its configuration in effect. identity, api: where it asks."""

    app: str
    simulated: Simulated
    installation_id: UUID
    region: str
    cloud_communication: bool
    identity: str
    api: str
    jobs: list[Job]


class InstanceState(InstanceFacts):
    """What an instance believes."""

    organizations: list[InstanceOrganization]


class StateBothEnds(WireModel):
    """A sponsorship on both ends. agree: both have it, nothing waits to be told, and both say the same of its end."""

    cloud: StateSponsorship | None
    instance: StateSponsorship | None
    agree: bool


class StatePair(WireModel):
    """An organization on both sides. app: which cloud has it."""

    name: str | None
    app: str | None
    cloud: CloudOrganization | None
    instance: InstanceOrganization | None
    sponsorships: list[StateBothEnds]


class StackState(WireModel):
    """What all sides believe. silent: apps that do not answer."""

    organizations: list[StatePair]
    apps: dict[str, CloudFacts | InstanceFacts]
    silent: list[str]
