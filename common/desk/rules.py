"""The checklist: the documents' steps, the screen where each is done, and whether it has been done. Pure.

Facts are what the apps answer at `/_sim/progress` (cloud_sim/progress, selfhost/progress).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from common import documents
from common.enums import ProductTier

Facts = Mapping[str, Any]

CLOUD, INSTANCE = "cloud", "selfhost"

_Finding = tuple[str | None, bool | None]
"""The screen where a step is done, and whether it has been; None = nobody can say, because an app is silent."""


_KNOWN_BY = {
    "x.stepPremium": {CLOUD},
    "x.stepCloudOrganization": {CLOUD},
    "x.stepInstallation": {CLOUD},
    "x.stepDownload": {CLOUD, INSTANCE},
    "x.stepToken": {CLOUD},
    "x.stepRedeem": {CLOUD},
}
"""Step -> who knows whether it is done, where that is not the instance alone."""


class Step(NamedTuple):
    """key: its text. app and path: the screen where it is done; None for what is done in a file of the instance.

    told: what the document says. done: None = unknown, because the app that knows it does not answer.
    """

    key: str
    app: str
    path: str | None
    done: bool | None
    told: documents.Step


class Chapter(NamedTuple):
    """Steps under one heading. key: its text."""

    key: str
    steps: Sequence[Step]


class Document(NamedTuple):
    """One document. number: its file's."""

    number: str
    key: str
    chapters: Sequence[Chapter]

    @property
    def steps(self) -> list[Step]:
        """Of all chapters, in order."""
        return [step for chapter in self.chapters for step in chapter.steps]

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(bool(step.done) for step in self.steps)

    @property
    def next(self) -> str | None:
        """The key of the first step that is not done; None after the last, and where nobody can say."""
        left = next((step for step in self.steps if not step.done), None)
        return left.key if left is not None and left.done is False else None


class State(NamedTuple):
    """The pair of organizations that one person works on: the newest of the instance and the one its licence is of."""

    cloud: Facts
    instance: Facts
    here: Facts
    there: Facts


def state_of(cloud: Facts, instance: Facts) -> State:
    """What one person works on. cloud: facts of the region that the instance belongs to. {} = no answer."""
    here: Facts = next(iter(instance.get("organizations", ())), {})
    organizations = cloud.get("organizations", ())
    licensed = [each for each in organizations if each["id"] == here.get("cloudOrganizationId")]
    paid = [each for each in organizations if each["tier"] != ProductTier.FREE]
    return State(cloud, instance, here, next(iter(licensed + paid), {}))


def whose_story(kept: Facts, cloud: str) -> str:
    """Of those that the stack made (`accounts.json`): who got an organization last in this cloud and on the instance;
    where nobody has come so far, the first. "" = nobody."""
    organizations = kept.get("organizations", ())
    owners = {app: [each["owner"] for each in organizations if each["app"] == app] for app in (cloud, INSTANCE)}
    told = [owner for owner in owners[INSTANCE] if owner in owners[cloud]]
    first = next((each["email"] for each in kept.get("accounts", ())), "")
    return str(told[-1] if told else first)


def checklist(cloud: Facts, instance: Facts) -> list[Document]:
    """Both documents for one person. cloud: facts of the region that the instance belongs to. {} = no answer."""
    state = state_of(cloud, instance)
    findings = _individual(state) | _organization(state) | _billing_sync(state) | _sponsorship(state)
    silent = {name for name, facts in ((CLOUD, cloud), (INSTANCE, instance)) if not facts}
    findings = {
        key: (path, None if silent & _KNOWN_BY.get(key, {INSTANCE}) else done) for key, (path, done) in findings.items()
    }
    return [_document(told, findings) for told in documents.documents().values()]


def _document(told: documents.Document, findings: Mapping[str, _Finding]) -> Document:
    chapters = [Chapter(each.key, [_step(task, findings) for task in each.tasks]) for each in told.chapters]
    return Document(told.number, told.key, chapters)


def _step(told: documents.Step, findings: Mapping[str, _Finding]) -> Step:
    key = str(told.task)
    path, done = findings[key]
    return Step(key, CLOUD if told.place == CLOUD else INSTANCE, path, done, told)


def _individual(state: State) -> dict[str, _Finding]:
    account = state.instance.get("account") or {}
    applied = bool(account.get("premium"))
    subscription = "/settings/subscription"
    return {
        "x.stepPremium": (f"{subscription}/premium", bool(state.cloud.get("premium"))),
        "x.stepVerified": ("/settings/verify-email", bool(account.get("verified"))),
        "x.stepDownloadPremium": (f"{subscription}/user-subscription", applied),
        "x.stepApplyPremium": (f"{subscription}/premium", applied),
    }


def _organization(state: State) -> dict[str, _Finding]:
    licensed = state.there.get("licensedInstallations", ())
    return {
        "x.stepCloudOrganization": ("/create-organization", bool(state.there)),
        "x.stepInstallation": ("/host", bool(state.cloud.get("installations"))),
        "x.stepDownload": (_billing(state.there), state.instance.get("installationId") in licensed),
        "x.stepApply": ("/create-organization", bool(state.here)),
        "x.stepUpdate": (_billing(state.here), bool(state.here.get("updated"))),
    }


def _billing_sync(state: State) -> dict[str, _Finding]:
    return {
        "x.stepCommunication": (None, bool(state.instance.get("cloudCommunication"))),
        "x.stepToken": (_billing(state.there), bool(state.there.get("billingSyncToken"))),
        "x.stepSaveToken": (_billing(state.here), bool(state.here.get("connected"))),
        "x.stepSyncLicense": (_billing(state.here), bool(state.here.get("lastLicenseSync"))),
    }


def _sponsorship(state: State) -> dict[str, _Finding]:
    given = state.here.get("sponsorships", {})
    portal = f"/admin/organizations/view/{state.here['id']}" if state.here else "/admin/organizations"
    families = "/settings/sponsored-families"
    return {
        "x.stepSponsor": (families, bool(given.get("offered"))),
        "x.stepManualSync": (portal, bool(state.here.get("sponsorshipsSynced") and given.get("sent"))),
        "x.stepRedeem": (families, bool(state.there.get("redeemed"))),
        "x.stepActive": (portal, bool(given.get("active"))),
    }


def _billing(organization: Facts) -> str:
    """Billing -> Subscription of an organization; without one, where one is made."""
    found = organization.get("id")
    return f"/organizations/{found}/billing/subscription" if found else "/create-organization"
