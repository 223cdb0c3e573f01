"""The states that cases begin in, and how they are made on a server that has none of it yet.

Each function leaves values behind under the names that cases use (`{organization.id}`), and takes what a file of
accounts gives instead of making it: an account by `token`, or by `email` and `password` or `hash`; an organization by
`id`; an installation by `id` and `key`. Source of the calls: fidelity.md: clients.calls.
"""

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

from wardenloop.contract.stage import OFFER, CannotPrepare, Stage
from wardenloop.contract.texts import said

ENC_STRING = "2.AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
WRAPPED_KEY = "4." + base64.b64encode(b"k" * 256).decode()
PUBLIC_KEY = base64.b64encode(b"p" * 294).decode()
NAME = "Contract & Sons"
_FAMILIES, _TEAMS, _ENTERPRISE, _FREE = 22, 18, 20, 0
_ADMIN, _USER, _CUSTOM = 1, 2, 4
_DEVICE = {"deviceType": "9", "deviceIdentifier": "5a1b3c9d-0000-4000-8000-000000000001", "deviceName": "chrome"}
_KDF_ITERATIONS = 600_000


def person(name: str) -> Callable[[Stage], None]:
    """Somebody with an account, signed in. Leaves NAME.email, .hash, .token, .refresh, .id."""

    def made(stage: Stage) -> None:
        if not stage.has(f"{name}.email") and not stage.has(f"{name}.token"):
            _register(stage, name)
        if not stage.has(f"{name}.hash") and stage.has(f"{name}.password"):
            stage.values[f"{name}.hash"] = _server_hash(stage, name)
        if not stage.has(f"{name}.token"):
            _sign_in(stage, name)
        if not stage.has(f"{name}.id"):
            profile = stage.call("GET /api/accounts/profile", name)
            stage.values |= {f"{name}.id": profile["id"], f"{name}.email": profile["email"]}

    return made


def _register(stage: Stage, name: str) -> None:
    email = stage.values.get(f"{name}.address") or f"contract-{name}-{stage.run}@example.com"
    wanted = {"email": email, "name": f"Contract {name}", "receiveMarketingEmails": False}
    token = stage.call("POST /identity/accounts/register/send-verification-email", json=wanted)
    if token is None:
        token = stage.link(email, "finish-signup")["token"]
    secret = base64.b64encode(hashlib.sha256(email.encode()).digest()).decode()
    kdf = {"kdfType": 0, "iterations": _KDF_ITERATIONS}
    body = {
        "email": email,
        "emailVerificationToken": token,
        "masterPasswordAuthentication": {"salt": email, "kdf": kdf, "masterPasswordAuthenticationHash": secret},
        "masterPasswordUnlock": {"salt": email, "kdf": kdf, "masterKeyWrappedUserKey": ENC_STRING},
        "userAsymmetricKeys": {"publicKey": PUBLIC_KEY, "encryptedPrivateKey": ENC_STRING},
    }
    stage.call("POST /identity/accounts/register/finish", json=body)
    stage.values |= {f"{name}.email": email, f"{name}.hash": secret}


def _server_hash(stage: Stage, name: str) -> str:
    """What proves a master password, with today's default derivation. Source: fidelity.md: account.crypto."""
    email = str(stage.need(f"{name}.email")).strip().lower()
    password = str(stage.need(f"{name}.password")).encode()
    told = stage.call("POST /identity/accounts/prelogin/password", json={"email": email})
    if told.get("kdf") != 0:
        raise CannotPrepare(
            said(
                "the key derivation of {email} is not PBKDF2: give {name}.hash or {name}.token", email=email, name=name
            )
        )
    key = hashlib.pbkdf2_hmac("sha256", password, email.encode(), told["kdfIterations"])
    return base64.b64encode(hashlib.pbkdf2_hmac("sha256", key, password, 1)).decode()


def _sign_in(stage: Stage, name: str) -> None:
    form = {
        "grant_type": "password",
        "username": stage.need(f"{name}.email"),
        "password": stage.need(f"{name}.hash"),
        "client_id": "web",
        "scope": "api offline_access",
        **_DEVICE,
    }
    told = stage.call("POST /identity/connect/token", form=form)
    stage.values |= {f"{name}.token": told["access_token"], f"{name}.refresh": told["refresh_token"]}


def bought(name: str, plan: int, **more: Any) -> Callable[[Stage], None]:
    """An organization of the owner's, of a cloud. Leaves NAME.id."""

    def made(stage: Stage) -> None:
        stage.prepare("owner")
        if not stage.has(f"{name}.id"):
            stage.values[f"{name}.id"] = _buy(stage, "owner", plan, **more)

    return made


def _buy(stage: Stage, owner: str, plan: int, **more: Any) -> Any:
    body = {
        "name": NAME,
        "billingEmail": stage.need(f"{owner}.email"),
        "planType": plan,
        "additionalSeats": 0 if plan in (_FAMILIES, _FREE) else 10,
        "skipTrial": True,
        "key": WRAPPED_KEY,
        "keys": {"publicKey": PUBLIC_KEY, "encryptedPrivateKey": ENC_STRING},
        "collectionName": ENC_STRING,
    }
    return stage.call("POST /api/organizations", owner, json=body | more)["id"]


def billed(name: str, event: str, **details: Any) -> Callable[[Stage], None]:
    """An Enterprise organization to which a billing event has happened. Leaves NAME.id."""

    def made(stage: Stage) -> None:
        if stage.has(f"{name}.id"):
            return
        bought(name, _ENTERPRISE)(stage)
        path = f"/_sim/organizations/{stage.need(f'{name}.id')}/subscription/{event}"
        _control(stage, f"POST {path}", json=details)

    return made


def _control(stage: Stage, request: str, **content: Any) -> Any:
    """Something that no client can cause."""
    try:
        return stage.call(request, **content)
    except CannotPrepare as error:
        raise CannotPrepare(said("only the simulator's own control can make it ({problem})", problem=error)) from error


def installation(stage: Stage) -> None:
    """An installation and its three tokens. Leaves installation.id, .key; licensing, syncing, pushing .token."""
    if not stage.has("installation.id", "installation.key"):
        told = stage.call("POST /api/installations", json={"email": "contract@example.com"})
        stage.values |= {"installation.id": told["id"], "installation.key": told["key"]}
    for caller, scope in (("licensing", "licensing"), ("syncing", "installation"), ("pushing", "push")):
        _token_of_installation(stage, "installation", caller, scope)


def _token_of_installation(stage: Stage, name: str, caller: str, scope: str) -> None:
    if stage.has(f"{caller}.token"):
        return
    form = {
        "grant_type": "client_credentials",
        "scope": f"api.{scope}",
        "client_id": f"installation.{stage.need(f'{name}.id')}",
        "client_secret": stage.need(f"{name}.key"),
    }
    stage.values[f"{caller}.token"] = stage.call("POST /identity/connect/token", form=form)["access_token"]


def disabled_installation(stage: Stage) -> None:
    """An installation that was switched off after it got its tokens. Leaves disabled.id, .key; disabled.token."""
    if stage.has("disabled.id", "disabled.key"):
        return
    told = stage.call("POST /api/installations", json={"email": "contract@example.com"})
    stage.values |= {"disabled.id": told["id"], "disabled.key": told["key"]}
    _token_of_installation(stage, "disabled", "disabled", "licensing")
    _control(stage, f"POST /_sim/installations/{told['id']}", json={"enabled": False})


def sync_key(stage: Stage) -> None:
    """The billing sync token of the organization. Leaves organization.syncKey."""
    stage.prepare("organization")
    if not stage.has("organization.syncKey"):
        body = {"type": 1, "masterPasswordHash": stage.need("owner.hash")}
        path = f"/api/organizations/{stage.need('organization.id')}/api-key"
        stage.values["organization.syncKey"] = stage.call(f"POST {path}", "owner", json=body)["apiKey"]


def license_key(stage: Stage) -> None:
    """A licence of the organization for the installation. Leaves license (decoded), organization.licenseKey."""
    if stage.has("organization.licenseKey", "license"):
        return
    stage.prepare("organization", "installation")
    path = f"/api/organizations/{stage.need('organization.id')}/license"
    told = stage.call(f"GET {path}?installationId={stage.need('installation.id')}", "owner")
    stage.values |= {"license": told, "organization.licenseKey": told["licenseKey"]}


def period(stage: Stage) -> None:
    """The end of the organization's paid period. Leaves period.end."""
    stage.prepare("organization")
    told = stage.call(f"GET /api/organizations/{stage.need('organization.id')}/subscription", "owner")
    stage.values["period.end"] = told["subscription"]["periodEndDate"]


def joined(name: str, role: int, organization: str = "organization", **more: Any) -> Callable[[Stage], None]:
    """A confirmed member. Leaves NAME.token and the rest of an account, NAME.member (the membership's id)."""

    def made(stage: Stage) -> None:
        known = stage.has(f"{name}.token") or stage.has(f"{name}.email")
        stage.prepare(organization)
        person(name)(stage)
        if known:
            return
        email, users = stage.need(f"{name}.email"), f"/api/organizations/{stage.need(f'{organization}.id')}/users"
        body = {"emails": [email], "type": role, "collections": [], "groups": [], **more}
        stage.call(f"POST {users}/invite", "owner", json=body)
        link = stage.link(email, "accept-organization")
        member = link["organizationUserId"]
        stage.call(f"POST {users}/{member}/accept", name, json={"token": link["token"]})
        stage.call(f"POST {users}/{member}/confirm", "owner", json={"key": WRAPPED_KEY})
        stage.values[f"{name}.member"] = member

    return made


def sponsoring(stage: Stage) -> None:
    """The organization may sponsor people who are no members (on a cloud)."""
    stage.prepare("organization")
    path = f"/_sim/organizations/{stage.need('organization.id')}"
    _control(stage, f"POST {path}", json={"useAdminSponsoredFamilies": True})


def offer(stage: Stage) -> None:
    """Somebody with a Families organization got an offer. Leaves family.*, families.id, sponsor.id, offer.token."""
    person("family")(stage)
    if stage.has("offer.token", "families.id"):
        return
    stage.prepare("owner")
    stage.values["families.id"] = _buy(stage, "family", _FAMILIES)
    stage.values["sponsor.id"] = _buy(stage, "owner", _ENTERPRISE)
    email = stage.need("family.email")
    path = f"/api/organization/sponsorship/{stage.need('sponsor.id')}/families-for-enterprise"
    body = {"planSponsorshipType": 0, "sponsoredEmail": email, "friendlyName": email}
    stage.call(f"POST {path}", "owner", json=body)
    stage.values["offer.token"] = stage.link(email, OFFER)["token"]


def redeemed(stage: Stage) -> None:
    """The offer was taken."""
    stage.prepare("offer")
    path = f"/api/organization/sponsorship/redeem?sponsorshipToken={stage.need('offer.token')}"
    body = {"planSponsorshipType": 0, "sponsoredOrganizationId": stage.need("families.id")}
    stage.call(f"POST {path}", "family", json=body)


def policy(name: str, state: str) -> Callable[[Stage], None]:
    """The policy against Families sponsorships is on."""

    def made(stage: Stage) -> None:
        stage.prepare(state)
        path = f"/api/organizations/{stage.need(f'{name}.id')}/policies/13"
        stage.call(f"PUT {path}", "owner", json={"policy": {"enabled": True}})

    return made


def premium(stage: Stage) -> None:
    """The owner has Premium. Leaves premium.license."""
    if stage.has("premium.license"):
        return
    stage.prepare("owner")
    _control(stage, f"POST /_sim/users/{stage.need('owner.email')}/premium", json={})
    stage.values["premium.license"] = stage.call("GET /api/account/billing/vnext/license", "owner")


def personal_key(stage: Stage) -> None:
    """The owner's own API key. Leaves owner.apiKey."""
    stage.prepare("owner")
    if not stage.has("owner.apiKey"):
        told = stage.call("POST /api/accounts/api-key", "owner", json={"masterPasswordHash": stage.need("owner.hash")})
        stage.values["owner.apiKey"] = told["apiKey"]


def organization_key(stage: Stage) -> None:
    """The organization's own API key. Leaves organization.apiKey."""
    stage.prepare("organization")
    if not stage.has("organization.apiKey"):
        path = f"/api/organizations/{stage.need('organization.id')}/api-key"
        body = {"type": 0, "masterPasswordHash": stage.need("owner.hash")}
        stage.values["organization.apiKey"] = stage.call(f"POST {path}", "owner", json=body)["apiKey"]


def license_here(stage: Stage) -> None:
    """A licence that this instance takes, and others that it does not.

    Leaves license.file (text) and its variants, license.expires-bare, cloud.id, cloud.syncKey.
    """
    if stage.has("license.file"):
        stage.values |= _variants(json.loads(stage.need("license.file")))
        return
    cloud = _cloud(stage)
    cloud.prepare("owner")
    organization = _buy(cloud, "owner", _ENTERPRISE)
    secret = {"type": 1, "masterPasswordHash": cloud.need("owner.hash")}
    token = cloud.call(f"POST /api/organizations/{organization}/api-key", "owner", json=secret)["apiKey"]
    elsewhere = cloud.call("POST /api/installations", json={"email": "contract@example.com"})["id"]
    path = f"/api/organizations/{organization}/license"
    file, other = (
        cloud.call(f"GET {path}?installationId={each}", "owner") for each in (stage.need("installation.id"), elsewhere)
    )
    stage.values |= {
        "license.file": json.dumps(file),
        "license.elsewhere": json.dumps(other),
        "license.expires-bare": file["expires"].removesuffix("Z"),
        "cloud.id": file["id"],
        "cloud.syncKey": token,
        **_variants(file),
    }


def _cloud(stage: Stage) -> Stage:
    if stage.cloud is None:
        raise CannotPrepare(said("a licence is needed: give license.file in the accounts, or the address of the cloud"))
    return stage.cloud


def _variants(file: dict[str, Any]) -> dict[str, str]:
    """Files made of a licence with an editor."""
    header, payload, signature = str(file["token"]).split(".")
    tokenless = file | {"token": None}
    made = {
        "tokenless": tokenless,
        "edited": tokenless | {"seats": 1000},
        "version-17": tokenless | {"version": 17},
        "premium-kind": file | {"licenseType": 0},
        "no-kind": {name: value for name, value in file.items() if name != "licenseType"},
        "bad-token": file | {"token": f"{header}.{payload}.{signature[::-1]}"},
        "other-id": file | {"id": "3f2b9c1e-6a57-4d0b-9b1a-b2c40101aaaa"},
        "pascal": {name[:1].upper() + name[1:]: value for name, value in file.items()},
    }
    return {f"license.{name}": json.dumps(each) for name, each in made.items()}


def premium_license(stage: Stage) -> None:
    """Somebody whose address is that of a premium licence. Leaves holder.*, premium.file."""
    if not stage.has("premium.file"):
        cloud = _cloud(stage)
        cloud.prepare("premium")
        stage.values |= {
            "premium.file": json.dumps(cloud.need("premium.license")),
            "holder.address": cloud.need("owner.email"),
        }
    person("holder")(stage)


def licensed(stage: Stage) -> None:
    """An organization that was made of that licence. Leaves organization.id."""
    stage.prepare("license", "owner")
    if stage.has("organization.id"):
        return
    content = {"license": stage.need("license.file"), "key": WRAPPED_KEY, "collectionName": ENC_STRING}
    told = stage.call("POST /api/organizations/licenses/self-hosted", "owner", files=content)
    stage.values["organization.id"] = told["id"]


def communicating(stage: Stage) -> None:
    """The instance may talk to its cloud."""
    stage.prepare("owner")
    if stage.call("GET /api/organizations/connections/enabled", "owner") is not True:
        raise CannotPrepare(said("cloud communication is off on the target"))


def connected(stage: Stage) -> None:
    """The organization is connected to its organization in the cloud. Leaves connection.id."""
    stage.prepare("organization")
    if stage.has("connection.id"):
        return
    config = {"billingSyncKey": stage.need("cloud.syncKey")}
    body = {"type": 1, "organizationId": stage.need("organization.id"), "enabled": True, "config": config}
    stage.values["connection.id"] = stage.call("POST /api/organizations/connections", "owner", json=body)["id"]


_PEOPLE: dict[str, Callable[[Stage], None]] = {
    "stranger": person("stranger"),
    "member": joined("member", _USER),
    "admin": joined("admin", _ADMIN),
    "custom": joined("custom", _CUSTOM, permissions={"manageUsers": True}),
}
CLOUD: dict[str, Callable[[Stage], None]] = {
    **_PEOPLE,
    "owner": person("owner"),
    "organization": bought("organization", _ENTERPRISE),
    "spare": bought("spare", _ENTERPRISE),
    "keyless": bought("keyless", _ENTERPRISE),
    "teams": bought("teams", _TEAMS),
    "families-of-owner": bought("plain", _FAMILIES),
    "free": bought("free", _FREE),
    "trial": bought("trial", _ENTERPRISE, skipTrial=False),
    "canceled": billed("canceled", "cancel"),
    "past-due": billed("overdue", "past-due"),
    "expired": billed("expired", "remove-subscription", expirationDate="2020-01-01T00:00:00Z"),
    "invoiced": billed("invoiced", "remove-subscription", expirationDate="2099-01-01T00:00:00Z"),
    "installation": installation,
    "disabled-installation": disabled_installation,
    "sync-key": sync_key,
    "license-key": license_key,
    "period": period,
    "sponsoring": sponsoring,
    "offer": offer,
    "redeemed": redeemed,
    "policy": policy("organization", "organization"),
    "policy-of-sponsor": policy("sponsor", "offer"),
    "premium": premium,
    "personal-key": personal_key,
    "organization-key": organization_key,
}
SELFHOST: dict[str, Callable[[Stage], None]] = {
    **_PEOPLE,
    "owner": person("owner"),
    "license": license_here,
    "premium-license": premium_license,
    "organization": licensed,
    "connection": connected,
    "communication": communicating,
    "personal-key": personal_key,
    "organization-key": organization_key,
}
STATES = {"cloud": CLOUD, "selfhost": SELFHOST}
