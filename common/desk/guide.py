"""Where a step of the documents is done: which control of its screen, and what crosses the wire. Pure.

Source: fidelity.md: pages.own.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from common.desk.rules import Document


class Way(NamedTuple):
    """controls: what is pressed on the step's screen (`data-testid`), the last thing first; shown is the first of these
    that can be seen. wire: the calls that the step comes to. portal, mailbox: it is done there and not in a web vault.
    needs: the steps without which that screen has none of the controls, or they come to nothing."""

    controls: Sequence[str]
    wire: Sequence[str]
    portal: bool = False
    mailbox: bool = False
    needs: Sequence[str] = ()


_KEY = "/api/organizations/{id}/api-key"
_LICENSE = "/api/organizations/licenses/self-hosted"
_SYNC = "POST /identity/connect/token"

WAYS: Mapping[str, Way] = {
    "x.stepPremium": Way(["x.premiumNow"], ["POST /api/account/billing/vnext/subscription"]),
    "x.stepVerified": Way(["sendEmail"], ["POST /api/accounts/verify-email", "POST /api/accounts/verify-email-token"]),
    "x.stepDownloadPremium": Way(["downloadLicense"], ["GET /api/account/billing/vnext/license"]),
    "x.stepApplyPremium": Way(
        ["chooseFile", "updateLicense"], ["POST /api/accounts/license"], needs=["x.stepVerified"]
    ),
    "x.stepCloudOrganization": Way(["organizationName"], ["POST /api/organizations"]),
    "x.stepInstallation": Way(["x.hostSubmit"], ["POST /api/installations"]),
    "x.stepDownload": Way(
        ["downloadLicense"],
        ["GET /api/organizations/{id}/license?installationId={id}"],
        needs=["x.stepCloudOrganization"],
    ),
    "x.stepApply": Way(["chooseFile"], [f"POST {_LICENSE}"]),
    "x.stepUpdate": Way(["chooseFile", "manualUpload"], [f"POST {_LICENSE}/{{id}}"], needs=["x.stepApply"]),
    "x.stepCommunication": Way([], []),
    "x.stepToken": Way(["setUpBillingSync", "viewBillingToken"], [f"POST {_KEY}"], needs=["x.stepCloudOrganization"]),
    "x.stepSaveToken": Way(
        ["manageBillingSync", "automaticSync"],
        ["POST /api/organizations/connections"],
        needs=["x.stepApply", "x.stepCommunication", "x.stepToken"],
    ),
    "x.stepSyncLicense": Way(
        ["syncLicense", "automaticSync"],
        [f"POST {_LICENSE}/{{id}}/sync", _SYNC, "GET /api/licenses/organization/{id}"],
        needs=["x.stepSaveToken"],
    ),
    "x.stepSponsor": Way(
        ["familiesSponsoringOrgSelect"],
        ["POST /api/organization/sponsorship/self-hosted/{id}/families-for-enterprise"],
        needs=["x.stepApply"],
    ),
    "x.stepManualSync": Way(
        ["admin.manuallySync"],
        [_SYNC, "POST /api/organization/sponsorship/sync"],
        portal=True,
        needs=["x.stepSaveToken"],
    ),
    "x.stepRedeem": Way(
        ["x.openLink"], ["POST /api/organization/sponsorship/redeem"], mailbox=True, needs=["x.stepManualSync"]
    ),
    "x.stepActive": Way(
        ["admin.manuallySync"], [_SYNC, "POST /api/organization/sponsorship/sync"], portal=True, needs=["x.stepRedeem"]
    ),
}
"""Step -> its way."""


def needed_first(documents: Sequence[Document]) -> dict[str, tuple[str, str]]:
    """Step -> what has to be done before its screen offers it: number of a document, step. Without what is done."""
    todo = {
        step.key: document.number for document in reversed(documents) for step in document.steps if step.done is False
    }
    lacks = {key: next((each for each in WAYS[key].needs if each in todo), None) for key in todo}
    return {key: (todo[needed], needed) for key, needed in lacks.items() if needed is not None}


SHOW = "show"
"""Name in the fragment of an address: which control a page shows (static/show.js)."""


def address_of(path: str, way: Way) -> str:
    """The step's screen, with what is pressed on it."""
    return f"{path}#{SHOW}={','.join(way.controls)}" if way.controls else path
