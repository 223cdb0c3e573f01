"""The family that an offer goes to: an account in the cloud, made by the link of the mail, and what it redeems.

Source: fidelity.md: sponsorship.routes, identity.registration.
"""

from collections.abc import Mapping
from typing import Any

from common.crypto import account
from common.desk.stories.home import keys_for
from common.desk.stories.scene import Answer, Caller, Scene, StoryFailed, done, mailed
from common.enums import PlanType
from common.wire.registration import finished

PASSWORD = "correct-horse-battery-staple"
"""Of a family that has no account yet."""

_SPONSORSHIP = "/api/organization/sponsorship"
_SIGN_IN = {
    "grant_type": "password",
    "scope": "api offline_access",
    "client_id": "cli",
    "deviceType": "25",
    "deviceIdentifier": "5b0c5b1e-5a0d-4c43-9f0a-6f8f4a1c7e99",
    "deviceName": "wardenloop",
}


def redeem(scene: Scene, address: str) -> tuple[Caller, Answer]:
    """Follow the newest mail's link: an account if the family has none, a Families organization, the offer for it.

    The family, and what the cloud answered. Raises StoryFailed: no mail, or its link is not valid any more.
    """
    token = mailed(scene, address, "token", subject="Families")["token"]
    family = signed_in(scene, address, token)
    query = {"sponsorshipToken": token}
    verdict = done(family.call("POST", f"{_SPONSORSHIP}/validate-token", params=query)).body
    if not verdict["isTokenValid"]:
        raise StoryFailed("x.story.oldLink")
    wanted = {"planSponsorshipType": 0, "sponsoredOrganizationId": _bought(family, address)}
    return family, family.call("POST", f"{_SPONSORSHIP}/redeem", params=query, json=wanted)


def signed_in(scene: Scene, address: str, token: str | None = None) -> Caller:
    """The family on the cloud. token: that of an offer admits whoever has no account yet."""
    if token is not None:
        _register(scene.cloud, address, token)
    told = done(_prelogin(scene.cloud, address)).body
    form = _SIGN_IN | {"username": address, "password": _hashed(told, address)}
    answer = scene.cloud.call("POST", "/identity/connect/token", data=form)
    return scene.somebody(done(answer).body["access_token"])


def _prelogin(cloud: Caller, address: str) -> Answer:
    return cloud.call("POST", "/identity/accounts/prelogin/password", json={"email": address})


def _hashed(told: Mapping[str, Any], address: str) -> str:
    kdf = account.Kdf(told["kdf"], told["kdfIterations"], told.get("kdfMemory"), told.get("kdfParallelism"))
    return account.server_hash(account.master_key(PASSWORD, address, kdf), PASSWORD)


def _register(cloud: Caller, address: str, token: str) -> None:
    """Whoever has an account already is refused, and logs in to it."""
    keys = account.new_account(address, PASSWORD)
    body = finished(address, keys, {"orgSponsoredFreeFamilyPlanToken": token})
    cloud.call("POST", "/identity/accounts/register/finish", json=body)


def _bought(family: Caller, address: str) -> str:
    public = done(family.call("GET", "/api/accounts/keys")).body["publicKey"]
    order = {"name": "Family", "billingEmail": address, "planType": int(PlanType.FAMILIES_ANNUALLY), "skipTrial": True}
    bought = family.call("POST", "/api/organizations", json=order | {"additionalSeats": 0} | dict(keys_for(public)))
    return str(done(bought).body["id"])
