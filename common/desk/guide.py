"""Where a step of the documents is done: which control of its screen, and what crosses the wire. Pure.

Source: fidelity.md: pages.own.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Way(NamedTuple):
    """controls: what is pressed on the step's screen (`data-testid`), the first of these that is there. wire: the
    calls that the step comes to. portal, mailbox: it is done there and not in a web vault."""

    controls: Sequence[str]
    wire: Sequence[str]
    portal: bool = False
    mailbox: bool = False


_KEY = "/api/organizations/{id}/api-key"
_LICENSE = "/api/organizations/licenses/self-hosted"
_SYNC = "POST /identity/connect/token"

WAYS: Mapping[str, Way] = {
    "x.stepPremium": Way(["x.premiumNow"], ["POST /api/account/billing/vnext/subscription"]),
    "x.stepVerified": Way(["sendEmail"], ["POST /api/accounts/verify-email", "POST /api/accounts/verify-email-token"]),
    "x.stepDownloadPremium": Way(["downloadLicense"], ["GET /api/account/billing/vnext/license"]),
    "x.stepApplyPremium": Way(["chooseFile", "updateLicense"], ["POST /api/accounts/license"]),
    "x.stepCloudOrganization": Way(["organizationName"], ["POST /api/organizations"]),
    "x.stepInstallation": Way(["x.hostSubmit"], ["POST /api/installations"]),
    "x.stepDownload": Way(["downloadLicense"], ["GET /api/organizations/{id}/license?installationId={id}"]),
    "x.stepApply": Way(["chooseFile"], [f"POST {_LICENSE}"]),
    "x.stepUpdate": Way(["manualUpload"], [f"POST {_LICENSE}/{{id}}"]),
    "x.stepCommunication": Way([], []),
    "x.stepToken": Way(["setUpBillingSync", "viewBillingToken"], [f"POST {_KEY}"]),
    "x.stepSaveToken": Way(["manageBillingSync"], ["POST /api/organizations/connections"]),
    "x.stepSyncLicense": Way(
        ["syncLicense"], [f"POST {_LICENSE}/{{id}}/sync", _SYNC, "GET /api/licenses/organization/{id}"]
    ),
    "x.stepSponsor": Way(
        ["familiesSponsoringOrgSelect"], ["POST /api/organization/sponsorship/self-hosted/{id}/families-for-enterprise"]
    ),
    "x.stepManualSync": Way(["admin.manuallySync"], [_SYNC, "POST /api/organization/sponsorship/sync"], portal=True),
    "x.stepRedeem": Way([], ["POST /api/organization/sponsorship/redeem"], mailbox=True),
    "x.stepActive": Way(["admin.manuallySync"], [_SYNC, "POST /api/organization/sponsorship/sync"], portal=True),
}
"""Step -> its way."""

SHOW = "show"
"""Name in the fragment of an address: which control a page shows (static/show.js)."""


def address_of(path: str, way: Way) -> str:
    """The step's screen, with what is pressed on it."""
    return f"{path}#{SHOW}={','.join(way.controls)}" if way.controls else path
