"""The steps of the two documents, where each is done, and whether it has been done. Pure.

Facts are what the apps answer at `/_sim/progress` (cloud_sim/progress, selfhost/progress).
Source: the documents' steps in spec/screens.md 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.enums import ProductTier

Facts = Mapping[str, Any]

CLOUD, INSTANCE = "cloud", "selfhost"


@dataclass(frozen=True)
class Step:
    """key: its text. app and path: the screen where it is done; None for what is done in a file of the instance."""

    key: str
    app: str
    path: str | None
    done: bool


@dataclass(frozen=True)
class Chapter:
    """Steps under one heading. key: its text."""

    key: str
    steps: Sequence[Step]


@dataclass(frozen=True)
class Document:
    """One document. number: its file's."""

    number: str
    key: str
    chapters: Sequence[Chapter]


@dataclass(frozen=True)
class _State:
    """The pair of organizations that one person works on: the newest of the instance and the one its licence is of."""

    cloud: Facts
    instance: Facts
    here: Facts
    there: Facts


def _state(cloud: Facts, instance: Facts) -> _State:
    here: Facts = next(iter(instance.get("organizations", ())), {})
    organizations = cloud.get("organizations", ())
    licensed = [each for each in organizations if each["id"] == here.get("cloudOrganizationId")]
    paid = [each for each in organizations if each["tier"] != ProductTier.FREE]
    return _State(cloud, instance, here, next(iter(licensed + paid), {}))


def documents(cloud: Facts, instance: Facts) -> list[Document]:
    """Both documents for one person. cloud: facts of the region that the instance belongs to. {} = no answer."""
    state = _state(cloud, instance)
    return [
        Document(
            "002",
            "x.documentLicenses",
            [
                Chapter("x.chapterIndividual", _individual(state)),
                Chapter("x.chapterOrganization", _organization(state)),
                Chapter("x.chapterAutomaticSync", [*_billing_sync(state), _license_sync(state)]),
            ],
        ),
        Document(
            "000",
            "x.documentSponsorships",
            [
                Chapter("x.chapterBillingSync", _billing_sync(state)),
                Chapter("x.chapterSponsorship", _sponsorship(state)),
            ],
        ),
    ]


def _individual(state: _State) -> list[Step]:
    account = state.instance.get("account") or {}
    applied = bool(account.get("premium"))
    subscription = "/settings/subscription"
    return [
        Step("x.stepPremium", CLOUD, f"{subscription}/premium", bool(state.cloud.get("premium"))),
        Step("x.stepVerified", INSTANCE, "/settings/verify-email", bool(account.get("verified"))),
        Step("x.stepDownloadPremium", CLOUD, f"{subscription}/user-subscription", applied),
        Step("x.stepApplyPremium", INSTANCE, f"{subscription}/premium", applied),
    ]


def _organization(state: _State) -> list[Step]:
    licensed = state.there.get("licensedInstallations", ())
    return [
        Step("x.stepCloudOrganization", CLOUD, "/create-organization", bool(state.there)),
        Step("x.stepInstallation", CLOUD, "/host", bool(state.cloud.get("installations"))),
        Step("x.stepDownload", CLOUD, _billing(state.there), state.instance.get("installationId") in licensed),
        Step("x.stepApply", INSTANCE, "/create-organization", bool(state.here)),
        Step("x.stepUpdate", INSTANCE, _billing(state.here), bool(state.here.get("updated"))),
    ]


def _billing_sync(state: _State) -> list[Step]:
    return [
        Step("x.stepCommunication", INSTANCE, None, bool(state.instance.get("cloudCommunication"))),
        Step("x.stepToken", CLOUD, _billing(state.there), bool(state.there.get("billingSyncToken"))),
        Step("x.stepSaveToken", INSTANCE, _billing(state.here), bool(state.here.get("connected"))),
    ]


def _license_sync(state: _State) -> Step:
    return Step("x.stepSyncLicense", INSTANCE, _billing(state.here), bool(state.here.get("lastLicenseSync")))


def _sponsorship(state: _State) -> list[Step]:
    given = state.here.get("sponsorships", {})
    portal = f"/admin/organizations/view/{state.here['id']}" if state.here else "/admin/organizations"
    families = "/settings/sponsored-families"
    return [
        Step("x.stepSponsor", INSTANCE, families, bool(given.get("offered"))),
        Step("x.stepManualSync", INSTANCE, portal, bool(state.here.get("sponsorshipsSynced") and given.get("sent"))),
        Step("x.stepRedeem", CLOUD, families, bool(state.there.get("redeemed"))),
        Step("x.stepActive", INSTANCE, portal, bool(given.get("active"))),
    ]


def _billing(organization: Facts) -> str:
    """Billing -> Subscription of an organization; without one, where one is made."""
    found = organization.get("id")
    return f"/organizations/{found}/billing/subscription" if found else "/create-organization"
