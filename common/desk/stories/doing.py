"""Steps of the documents that the start page does for somebody: by the calls that the pages make.

Source: fidelity.md: pages.own.
"""

import json
from collections.abc import Callable, Mapping

from common.desk.stories import family
from common.desk.stories.scene import Scene, done, mailed

_FRIEND = "friend@home.example"
"""Who is given a Families plan."""

_ADMINISTRATOR = "admin@acme.example"
"""Who asks for an installation id."""


def _subscribe(scene: Scene) -> None:
    person = done(scene.there.call("GET", "/api/accounts/profile")).body["id"]
    done(scene.cloud.call("POST", f"/_sim/users/{person}/premium"))


def _premium(scene: Scene) -> None:
    file = done(scene.there.call("GET", "/api/account/billing/vnext/license")).body
    files = {"license": ("bitwarden_premium_license.json", json.dumps(file))}
    done(scene.here.call("POST", "/api/accounts/license", files=files))


def _verify(scene: Scene) -> None:
    email = done(scene.here.call("GET", "/api/accounts/profile")).body["email"]
    done(scene.here.call("POST", "/api/accounts/verify-email"))
    link = mailed(scene, email, "userId", subject="Verify")
    wanted = {"userId": link["userId"], "token": link["token"]}
    done(scene.here.call("POST", "/api/accounts/verify-email-token", json=wanted))


def _register(scene: Scene) -> None:
    done(scene.cloud.call("POST", "/api/installations", json={"email": _ADMINISTRATOR}))


def _redeem(scene: Scene) -> None:
    _, answer = family.redeem(scene, _FRIEND)
    done(answer)


def _organization(scene: Scene) -> None:
    scene.buy(scene.keys())


def _apply(scene: Scene) -> None:
    scene.make(scene.download(), scene.keys())


def _download(scene: Scene) -> None:
    scene.download()


def _update(scene: Scene) -> None:
    done(scene.put_back())


def _token(scene: Scene) -> None:
    scene.billing_sync_token()


def _save(scene: Scene) -> None:
    done(scene.connect(scene.billing_sync_token()))


def _sync(scene: Scene) -> None:
    done(scene.sync())


def _offer(scene: Scene) -> None:
    done(scene.offer(_FRIEND))


def _sync_sponsorships(scene: Scene) -> None:
    done(scene.sync_sponsorships())


DOES: Mapping[str, Callable[[Scene], None]] = {
    "x.stepPremium": _subscribe,
    "x.stepVerified": _verify,
    "x.stepApplyPremium": _premium,
    "x.stepDownloadPremium": _premium,
    "x.stepCloudOrganization": _organization,
    "x.stepInstallation": _register,
    "x.stepDownload": _download,
    "x.stepApply": _apply,
    "x.stepUpdate": _update,
    "x.stepToken": _token,
    "x.stepSaveToken": _save,
    "x.stepSyncLicense": _sync,
    "x.stepSponsor": _offer,
    "x.stepManualSync": _sync_sponsorships,
    "x.stepRedeem": _redeem,
    "x.stepActive": _sync_sponsorships,
}
"""Step -> how it is done. Errors of each: StoryFailed with what was answered."""
