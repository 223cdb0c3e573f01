"""Shapes of answers that are written as plain dictionaries, for the OpenAPI document.

The contract tests hold every answer against them. Source: spec/identity-and-accounts.md 6.4, 6.9, 8, 9.
"""

from typing import Any
from uuid import UUID

from typing_extensions import TypedDict

from common.license.model import License, OrganizationLicense, UserLicense, fields_of
from common.wire.base import WireDate

EMPTY_OBJECT: dict[str, Any] = {"type": "object", "maxProperties": 0}
JSON_OBJECT: dict[str, Any] = {"type": "object"}


def _license_file(kind: type[License]) -> dict[str, Any]:
    names = [each.wire_name for each in fields_of(kind)]
    return {"type": "object", "properties": {name: {} for name in names}, "required": names}


ORGANIZATION_LICENSE = _license_file(OrganizationLicense)
USER_LICENSE = _license_file(UserLicense)


class Environment(TypedDict):
    """Where the services of a server are."""

    cloudRegion: str | None
    vault: str
    api: str
    identity: str
    notifications: str
    sso: str


class PushSettings(TypedDict):
    """How a server notifies clients."""

    pushTechnology: int
    vapidPublicKey: str | None


class ServerSettings(TypedDict):
    """What a server lets clients do."""

    disableUserRegistration: bool
    suppressOnboardingInterstitials: bool


class Config(TypedDict):
    """What clients adapt to."""

    version: str
    gitHash: str
    server: None
    environment: Environment
    featureStates: dict[str, Any]
    push: PushSettings
    communication: None
    settings: ServerSettings
    object: str


class PremiumPart(TypedDict):
    """One thing that premium is made of."""

    stripePriceId: str
    price: float
    provided: int


class PremiumPlan(TypedDict):
    """What premium costs."""

    name: str
    legacyYear: int | None
    available: bool
    seat: PremiumPart
    storage: PremiumPart


class BillingWarnings(TypedDict):
    """What the web vault warns about."""

    freeTrial: dict[str, Any] | None
    inactiveSubscription: dict[str, str] | None
    resellerRenewal: dict[str, Any] | None
    taxId: dict[str, Any] | None
    scheduledPriceIncrease: dict[str, Any] | None


# --- control of the simulator


class ClockState(TypedDict):
    """Simulated time and how it departs from real time."""

    now: WireDate
    offsetSeconds: float
    frozen: bool


class PushCall(TypedDict):
    """A call of the push relay."""

    action: str
    installationId: UUID
    target: str
    body: dict[str, Any]
    date: WireDate


class OrganizationEvent(TypedDict):
    """Something that was recorded of an organization."""

    type: int
    installationId: UUID | None
    date: WireDate


class CloudJob(TypedDict):
    """A job of the cloud. last_run: when it began."""

    name: str
    nextRun: WireDate
    lastRun: WireDate | None


class CloudJobRun(TypedDict):
    """A job of the cloud has run."""

    job: str


class JobRun(TypedDict):
    """One run of an instance's job."""

    job: str
    dueAt: WireDate
    startedAt: WireDate
    finishedAt: WireDate | None
    error: str | None


class InstanceJob(TypedDict):
    """A job of an instance."""

    name: str
    nextRun: WireDate
    lastRun: JobRun | None


class SponsorshipRun(TypedDict):
    """One sync of an organization's sponsorships."""

    number: int
    organizationId: UUID
    trigger: str
    startedAt: WireDate
    finishedAt: WireDate | None
    chunksTotal: int
    chunksDone: int
    sent: int
    removed: int
    active: int
    error: str | None
    reason: str | None
    advice: str | None


class SponsorshipState(TypedDict):
    """What people are told of a sponsorship on an instance. status: key of upstream's message catalogue."""

    friendlyName: str | None
    status: str
    awaitingSync: bool
    validUntil: WireDate | None
    lastSyncDate: WireDate | None


class ConnectedOrganization(TypedDict):
    """An organization with an enabled billing sync connection."""

    id: UUID
    name: str | None
