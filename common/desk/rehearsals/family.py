"""The family that an offer goes to: an account in the cloud, made by the link of the mail, and what it redeems.

Source: fidelity.md: sponsorship.routes, identity.registration.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from common.crypto import account
from common.desk.rehearsals.stage import FAMILY, Seen, Stage
from common.desk.stories.home import keys_for
from common.desk.stories.scene import Answer, Caller, StoryFailed, done
from common.enums import PlanType

_PASSWORD = "correct-horse-battery-staple"
_SPONSORSHIP = "/api/organization/sponsorship"
_SIGN_IN = {
    "grant_type": "password",
    "scope": "api offline_access",
    "client_id": "cli",
    "username": FAMILY,
    "deviceType": "25",
    "deviceIdentifier": "5b0c5b1e-5a0d-4c43-9f0a-6f8f4a1c7e99",
    "deviceName": "wardenloop",
}


def redeem(stage: Stage) -> Seen:
    """Follow the newest mail's link: an account if the family has none, a Families organization, the offer for it."""
    token = _token(stage)
    family = _signed_in(stage, token)
    query = {"sponsorshipToken": token}
    verdict = done("look at the offer", family.call("POST", f"{_SPONSORSHIP}/validate-token", params=query)).body
    if not verdict["isTokenValid"]:
        raise StoryFailed("The link of the mail is not valid any more.")
    wanted = {"planSponsorshipType": 0, "sponsoredOrganizationId": _bought(family)}
    answer = family.call("POST", f"{_SPONSORSHIP}/redeem", params=query, json=wanted)
    if not answer.ok:
        return Seen(answer.text, False)
    return Seen("", _is_sponsored(family) and _offer(stage)["status"] == "sent")


def become_active(stage: Stage) -> Seen:
    """The next sync tells the instance; then both sides are looked at."""
    answer = stage.scene.sync_sponsorships()
    if not answer.ok:
        return Seen(answer.text, False)
    offer = _offer(stage)
    active = offer["status"] == "active" and not offer["awaitingSync"]
    return Seen(str(offer["validUntil"] or ""), active and _is_sponsored(_signed_in(stage)))


def _token(stage: Stage) -> str:
    """Of the newest mail that has one."""
    for mail in reversed(stage.mails(FAMILY)):
        for link in mail.links:
            parts = urlsplit(link)
            found = parse_qs(parts.fragment.partition("?")[2] or parts.query)
            if "Families" in mail.subject and "token" in found:
                return found["token"][0]
    raise StoryFailed(f"{FAMILY} has no mail with an offer.")


def _signed_in(stage: Stage, token: str | None = None) -> Caller:
    """token: that of an offer admits whoever has no account yet."""
    if token is not None:
        _register(stage.scene.cloud, token)
    hashed = _hashed(done("ask how to log in", _prelogin(stage.scene.cloud)).body)
    answer = stage.scene.cloud.call("POST", "/identity/connect/token", data=_SIGN_IN | {"password": hashed})
    return stage.somebody(done("log in as the family", answer).body["access_token"])


def _prelogin(cloud: Caller) -> Answer:
    return cloud.call("POST", "/identity/accounts/prelogin/password", json={"email": FAMILY})


def _hashed(told: Mapping[str, Any]) -> str:
    kdf = account.Kdf(told["kdf"], told["kdfIterations"], told.get("kdfMemory"), told.get("kdfParallelism"))
    return account.server_hash(account.master_key(_PASSWORD, FAMILY, kdf), _PASSWORD)


def _register(cloud: Caller, token: str) -> None:
    """Whoever has an account already is refused, and logs in to it."""
    keys = account.new_account(FAMILY, _PASSWORD)
    kdf: dict[str, int | None] = {"kdfType": int(keys.kdf.type), "iterations": keys.kdf.iterations}
    kdf |= {"memory": keys.kdf.memory, "parallelism": keys.kdf.parallelism} if keys.kdf.memory else {}
    body = {
        "email": FAMILY,
        "masterPasswordHash": keys.master_password_hash,
        "masterPasswordHint": None,
        "userSymmetricKey": keys.protected_user_key,
        "userAsymmetricKeys": {"publicKey": keys.public_key, "encryptedPrivateKey": keys.encrypted_private_key},
        "masterPasswordAuthentication": {
            "salt": keys.salt,
            "kdf": kdf,
            "masterPasswordAuthenticationHash": keys.master_password_hash,
        },
        "masterPasswordUnlock": {
            "salt": keys.salt,
            "kdf": kdf,
            "masterKeyWrappedUserKey": keys.protected_user_key,
        },
        "orgSponsoredFreeFamilyPlanToken": token,
    }
    cloud.call("POST", "/identity/accounts/register/finish", json=body)


def _bought(family: Caller) -> str:
    public = done("look at the keys", family.call("GET", "/api/accounts/keys")).body["publicKey"]
    order = {"name": "Family", "billingEmail": FAMILY, "planType": int(PlanType.FAMILIES_ANNUALLY), "skipTrial": True}
    bought = family.call("POST", "/api/organizations", json=order | {"additionalSeats": 0} | dict(keys_for(public)))
    return str(done("open a Families organization", bought).body["id"])


def _is_sponsored(family: Caller) -> bool:
    """Whether the cloud has the newest organization of the family on the sponsored price."""
    rows = done("look at the profile", family.call("GET", "/api/accounts/profile")).body["organizations"]
    answers = [family.call("GET", f"/api/organizations/{each['id']}/subscription") for each in rows]
    plans = [done("look at the subscription", each).body["subscription"] for each in answers]
    return any(item["sponsoredSubscriptionItem"] for plan in plans if plan for item in plan["items"])


def has_redeemed(stage: Stage) -> bool:
    """Whether the instance knows of an offer that was redeemed."""
    return any(each["validUntil"] for each in _offers(stage))


def _offers(stage: Stage) -> list[dict[str, Any]]:
    answer = stage.scene.instance.call("GET", f"/_sim/organizations/{stage.scene.id}/sponsorships")
    return list(done("look at the sponsorships", answer).body["data"])


def _offer(stage: Stage) -> Mapping[str, Any]:
    """The newest, as the instance has it."""
    rows = _offers(stage)
    if not rows:
        raise StoryFailed("The instance has no sponsorship.")
    return rows[-1]
