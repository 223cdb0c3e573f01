"""Accounts: people who are registered with a server, with real keys, and what they do as their clients do it."""

from typing import Any, NamedTuple

import requests

from wardenloop import keys
from wardenloop.errors import Refused
from wardenloop.http import Http
from wardenloop.licenses import License
from wardenloop.mailbox import Mailbox, Message

PASSWORD = "correct-horse-battery-staple"
_FINISH = "finish-signup?"
_FAMILIES = 0
_FAMILIES_PLAN = 22  # FamiliesAnnually
_PREMIUM_FILE = "bitwarden_premium_license.json"


class ApiKey(NamedTuple):
    """A personal or an organization's API key, as `bw login --apikey` takes it."""

    client_id: str
    client_secret: str


class Account:
    """Somebody with an account on one server. Made by `stack.cloud.account()` and `stack.selfhost.account()`."""

    def __init__(self, http: Http, mailbox: Mailbox, email: str, password: str) -> None:
        self.email = email.strip().lower()
        self.password = password
        self._http = http
        self._mailbox = mailbox
        self._device = str(http.made_up())
        self._tokens: dict[str, Any] = {}
        self._kdf: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"<Account {self.email} at {self._http.url}>"

    # --- who they are

    @property
    def id(self) -> str:
        """The user's id."""
        return str(self.profile["id"])

    @property
    def profile(self) -> dict[str, Any]:
        """The account and its organizations, read anew."""
        found: dict[str, Any] = self.call("GET", "/accounts/profile")
        return found

    @property
    def premium(self) -> bool:
        """Whether the account has premium, read anew."""
        return bool(self.profile["premium"])

    @property
    def token(self) -> str:
        """An access token that works now."""
        self.call("GET", "/accounts/revision-date")
        return str(self._tokens["access_token"])

    @property
    def api_key(self) -> ApiKey:
        """The personal API key."""
        key = self.call("POST", "/accounts/api-key", json={"masterPasswordHash": self.password_hash})
        return ApiKey(f"user.{self.id}", str(key["apiKey"]))

    @property
    def session(self) -> requests.Session:
        """For hand-made calls: signed in, trusting the stack. The journal counts them, as those of a tool."""
        return self._http.session(self.token)

    @property
    def public_key(self) -> str:
        """What others wrap keys with for this account: base64 of DER."""
        if not self._tokens:
            self.sign_in()
        return str(self._tokens["AccountKeys"]["publicKeyEncryptionKeyPair"]["publicKey"])

    @property
    def password_hash(self) -> str:
        """What proves the master password to the server, which says how the key of an account of a world is derived."""
        if self._kdf is None:
            told = self._http.post("/identity/accounts/prelogin", {"email": self.email})
            named = {"iterations": "kdfIterations", "memory": "kdfMemory", "parallelism": "kdfParallelism"}
            self._kdf = {"kdfType": told["kdf"], **{name: told[theirs] for name, theirs in named.items()}}
        return keys.password_hash(self.email, self.password, self._kdf)

    # --- what they do

    def download_license(self) -> License:
        """The premium licence file. Raises Refused without premium."""
        return _license(self.call("GET", "/account/billing/vnext/license"), _PREMIUM_FILE)

    def redeem(self, offer: "Message | str", family: Any = None) -> dict[str, Any]:
        """Take a Families offer. offer: the mail, its token, or nothing but "" for the newest mail to this account.

        family: the Families organization that it is for; one is opened where there is none. The organization's answer.
        """
        token = self._offered(offer)
        organization = getattr(family, "id", family) or self._own_family()
        body = {"planSponsorshipType": _FAMILIES, "sponsoredOrganizationId": organization}
        self.call("POST", "/organization/sponsorship/redeem", params={"sponsorshipToken": token}, json=body)
        self.refresh()
        found: dict[str, Any] = self.call("GET", f"/organizations/{organization}")
        return found

    @property
    def sponsorships(self) -> list[dict[str, Any]]:
        """What this account sponsors: `organizationId`, `friendlyName`, `validUntil`, `lastSyncDate`, `toDelete`."""
        given = [each for each in self.profile["organizations"] if each.get("familySponsorshipFriendlyName")]
        return [
            {
                "organizationId": each["id"],
                "friendlyName": each["familySponsorshipFriendlyName"],
                "validUntil": each.get("familySponsorshipValidUntil"),
                "lastSyncDate": each.get("familySponsorshipLastSyncDate"),
                "toDelete": each.get("familySponsorshipToDelete"),
            }
            for each in given
        ]

    def call(self, method: str, path: str, **body: Any) -> Any:
        """A call of the kit, below `/api`, as this account. Raises Refused."""
        if not self._tokens:
            self.sign_in()
        try:
            return self._http.call(method, f"/api{path}", bearer=self._tokens["access_token"], **body)
        except Refused as refused:
            if refused.status != 401:
                raise
        self.refresh()
        return self._http.call(method, f"/api{path}", bearer=self._tokens["access_token"], **body)

    # --- getting in

    def register(self) -> "Account":
        """Open the account as the web vault does, by way of the mailbox where the server asks for it."""
        wanted = {"email": self.email, "name": self.email.partition("@")[0], "receiveMarketingEmails": False}
        token = self._http.post("/identity/accounts/register/send-verification-email", wanted)
        token = token or self._mailed(f"{_FINISH}").parameter("token")
        clicked = {"email": self.email, "emailVerificationToken": token}
        self._http.post("/identity/accounts/register/verification-email-clicked", clicked)
        return self.open({"emailVerificationToken": token})

    def open(self, proof: dict[str, str]) -> "Account":
        """Choose the master password. proof: what admits the address."""
        made, self._kdf = keys.new_account(self.email, self.password), keys.KDF
        self._http.post(
            "/identity/accounts/register/finish",
            {
                "email": self.email,
                "masterPasswordHint": None,
                "userAsymmetricKeys": {
                    "publicKey": made.public_key,
                    "encryptedPrivateKey": made.wrapped_private_key,
                },
                "masterPasswordAuthentication": {
                    "salt": self.email,
                    "kdf": keys.KDF,
                    "masterPasswordAuthenticationHash": made.password_hash,
                },
                "masterPasswordUnlock": {
                    "salt": self.email,
                    "kdf": keys.KDF,
                    "masterKeyWrappedUserKey": made.wrapped_user_key,
                },
                "masterPasswordHash": made.password_hash,
                "userSymmetricKey": made.wrapped_user_key,
                **proof,
            },
        )
        return self

    def sign_in(self) -> None:
        """Password grant."""
        self._tokens = self._token(
            grant_type="password",
            scope="api offline_access",
            username=self.email,
            password=self.password_hash,
            deviceType="25",
            deviceIdentifier=self._device,
            deviceName="wardenloop",
        )

    def refresh(self) -> None:
        """New tokens, which say what the account may do now."""
        if not self._tokens:
            return self.sign_in()
        try:
            self._tokens |= self._token(grant_type="refresh_token", refresh_token=self._tokens["refresh_token"])
        except Refused as refused:
            if refused.status != 400:
                raise
            self.sign_in()
        return None

    def _token(self, **form: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._http.call("POST", "/identity/connect/token", data={"client_id": "cli", **form})
        return answer

    def _mailed(self, link: str) -> Message:
        """The newest mail to this account that leads to its own server."""
        return self._mailbox.wait_for(to=self.email, link=link)

    def _offered(self, offer: "Message | str") -> str:
        if isinstance(offer, str) and offer and "@" not in offer:
            return offer
        message = offer if isinstance(offer, Message) else self._mailbox.wait_for(to=self.email, link="token=")
        return message.parameter("token")

    def _own_family(self) -> str:
        for each in self.profile["organizations"]:
            if self.call("GET", f"/organizations/{each['id']}")["planType"] == _FAMILIES_PLAN:
                return str(each["id"])
        return str(buy(self, "Family", _FAMILIES_PLAN)["id"])


def buy(owner: Account, name: str, plan_type: int, *, seats: int = 0, trial: bool = False) -> dict[str, Any]:
    """Open an organization on the cloud; the answer."""
    made = keys.new_organization(owner.public_key)
    created: dict[str, Any] = owner.call(
        "POST",
        "/organizations",
        json={
            "name": name,
            "billingEmail": owner.email,
            "planType": plan_type,
            "additionalSeats": seats,
            "skipTrial": not trial,
            "key": made.wrapped_key,
            "keys": {"publicKey": made.public_key, "encryptedPrivateKey": made.wrapped_private_key},
            "collectionName": made.collection_name,
        },
    )
    owner.refresh()
    return created


def _license(told: dict[str, Any], name: str) -> License:
    found = License.of(told)
    return License(found.content, name)
