"""The self-hosted instance: what its administrator, its owners and its members do."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wardenloop import keys
from wardenloop.cloud import Installation
from wardenloop.http import Http
from wardenloop.licenses import License
from wardenloop.mailbox import Mailbox
from wardenloop.people import Account
from wardenloop.sides import Side

_ROLES = {"owner": 0, "admin": 1, "user": 2, "custom": 4}
_STATUSES = {0: "invited", 1: "accepted", 2: "confirmed", -1: "revoked"}
_CLOUD_BILLING_SYNC = 1
_FAMILIES = 0
Given = License | dict[str, Any] | str | bytes | Path
"""A licence as a test has it: downloaded, decoded, a text, a path."""


class Here:
    """An organization on the instance. What it knows is read anew at each access."""

    def __init__(self, instance: "SelfHost", owner: Account, id: str, key: bytes | None = None) -> None:
        self.id = id
        self.owner = owner
        self.key = key
        self._instance = instance

    def __repr__(self) -> str:
        return f"<Organization {self.id} on the instance>"

    @property
    def name(self) -> str:
        """As its licence has it."""
        return str(self.profile["name"])

    @property
    def profile(self) -> dict[str, Any]:
        """As its owner's client sees it. LookupError when the owner is no member any more."""
        for each in self.owner.profile["organizations"]:
            if each["id"] == self.id:
                return dict(each)
        raise LookupError(f"{self.owner.email} is in no organization {self.id}")

    @property
    def enabled(self) -> bool:
        """Whether it is switched on."""
        return bool(self.profile["enabled"])

    @property
    def seats(self) -> int:
        """How many members it may have."""
        return int(self.profile["seats"])

    @property
    def subscription(self) -> dict[str, Any]:
        """Settings > Billing > Subscription."""
        found: dict[str, Any] = self.owner.call("GET", f"/organizations/{self.id}/subscription")
        return found

    @property
    def expires(self) -> datetime | None:
        """When the licence file that is applied stops being good."""
        file = self._instance.home / "bwdata" / "core" / "licenses" / "organization" / f"{self.id}.json"
        return _moment(License.of(file)["Expires"])

    @property
    def last_license_sync(self) -> datetime | None:
        """When its licence last came by billing sync; None = never."""
        path = f"/organizations/connections/{self.id}/{_CLOUD_BILLING_SYNC}"
        config = self.owner.call("GET", path).get("config") or {}
        return _moment({name.casefold(): value for name, value in config.items()}.get("lastlicensesync"))

    @property
    def members(self) -> list["Member"]:
        """Everybody in it."""
        told = self.owner.call("GET", f"/organizations/{self.id}/users")["data"]
        return [Member(self, str(each["id"]), str(each["email"])) for each in told]


class Member:
    """Somebody's place in an organization."""

    def __init__(self, organization: Here, id: str, email: str, account: Account | None = None) -> None:
        self.id = id
        self.email = email
        self.organization = organization
        self.account = account

    def __repr__(self) -> str:
        return f"<Member {self.email} of {self.organization.id}>"

    @property
    def status(self) -> str:
        """`invited`, `accepted`, `confirmed`, `revoked`; read anew."""
        path = f"/organizations/{self.organization.id}/users/{self.id}"
        return _STATUSES[self.organization.owner.call("GET", path)["status"]]


class Jobs:
    """The recurring jobs of the instance."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def list(self) -> list[dict[str, Any]]:
        """Each with its last run and when it is due next."""
        told: list[dict[str, Any]] = self._http.get("/_sim/jobs")["data"]
        return told

    def run(self, name: str) -> dict[str, Any]:
        """Run one now and wait for its end. Raises Refused that lists them for an unknown one."""
        told: dict[str, Any] = self._http.post(f"/_sim/jobs/{name}/run", {})
        return told


class SelfHost(Side):
    """The instance."""

    def __init__(
        self,
        http: Http,
        mailbox: Mailbox,
        saved: Any,
        control: Http,
        command: Callable[..., str],
        home: Path,
    ) -> None:
        """command: runs the instance's own words, such as `restart`. home: folder of the stack."""
        super().__init__("selfhost", http, mailbox, saved, control)
        self.jobs = Jobs(http)
        self._command = command
        self.home = home

    @property
    def installation(self) -> Installation:
        """The id and key that it was installed with."""
        told = self._saved.installation
        return Installation(str(told["id"]), str(told["key"]))

    @property
    def organizations(self) -> list[Here]:
        """Those that the world of the test began with, each by an owner of it."""
        return [
            Here(self, account, str(each["id"]))
            for account in self.accounts
            for each in account.profile["organizations"]
            if each["type"] == _ROLES["owner"]
        ]

    # --- people

    def invite(self, organization: Here, email: str, *, role: str = "user") -> Member:
        """Have an invitation mailed by the owner."""
        users, owner = f"/organizations/{organization.id}/users", organization.owner
        wanted = {"emails": [email.lower()], "type": _ROLES[role], "collections": [], "groups": []}
        owner.call("POST", f"{users}/invite", json=wanted)
        [found] = [each for each in organization.members if each.email == email.lower()]
        return found

    def accept(self, member: Member, account: Account | None = None) -> Member:
        """Follow the link in the mail. account: of the invited; one is registered when left out."""
        member.account = account or member.account or self._account_of(member.email)
        mail = self._mailbox.wait_for(to=member.email, link=member.id)
        body = {"token": mail.parameters("organizationUserId")["token"]}
        path = f"/organizations/{member.organization.id}/users/{member.id}/accept"
        member.account.call("POST", path, json=body)
        return member

    def confirm(self, member: Member) -> Member:
        """Have the owner give the organization's key to who has accepted."""
        organization, owner = member.organization, member.organization.owner
        users = f"/organizations/{organization.id}/users"
        [found] = owner.call("POST", f"{users}/public-keys", json={"ids": [member.id]})["data"]
        wrapped = keys.wrap(found["key"], organization.key or bytes(64))
        owner.call("POST", f"{users}/{member.id}/confirm", json={"key": wrapped})
        if member.account is not None:
            member.account.refresh()
        return member

    def member(self, organization: Here, email: str, *, role: str = "user") -> Member:
        """Invite, accept and confirm."""
        return self.confirm(self.accept(self.invite(organization, email, role=role)))

    def _account_of(self, email: str) -> Account:
        known = [each for each in self.accounts if each.email == email]
        return known[0] if known else self.account(email)

    # --- licences

    def create_organization(self, license: Given, *, owner: Account | None = None) -> Here:
        """Open an organization with its licence file, as *New organization* does. owner: a new account unless given."""
        owner = owner or self.account()
        made = keys.new_organization(owner.public_key)
        form = {"key": made.wrapped_key, "collectionName": made.collection_name}
        created = self._upload(owner, "/organizations/licenses/self-hosted", license, form)
        owner.refresh()
        pair = {"publicKey": made.public_key, "encryptedPrivateKey": made.wrapped_private_key}
        owner.call("POST", f"/organizations/{created['id']}/keys", json=pair)
        return Here(self, owner, str(created["id"]), made.key)

    def upload_license(self, to: "Here | Account", license: Given) -> None:
        """*Update license* of an organization, or the premium licence of an account."""
        if isinstance(to, Account):
            self._upload(to, "/accounts/license", license, {})
            to.refresh()
        else:
            self._upload(to.owner, f"/organizations/licenses/self-hosted/{to.id}", license, {})
            to.owner.refresh()

    def _upload(self, by: Account, path: str, license: Given, form: Mapping[str, str]) -> Any:
        file = License.of(license)
        return by.call("POST", path, files={"license": (file.name, file.content)}, data=form)

    # --- billing sync

    def connect(self, organization: Here, token: str) -> None:
        """*Manage billing sync*: save the cloud's billing sync token."""
        kind = f"/organizations/connections/{organization.id}/{_CLOUD_BILLING_SYNC}"
        body = {
            "type": _CLOUD_BILLING_SYNC,
            "organizationId": organization.id,
            "enabled": True,
            "config": {"billingSyncKey": token},
        }
        known = organization.owner.call("GET", kind).get("id")
        if known:
            organization.owner.call("PUT", f"/organizations/connections/{known}", json=body)
        else:
            organization.owner.call("POST", "/organizations/connections", json=body)

    def sync_license(self, organization: Here) -> None:
        """*Sync license*. Raises Refused with what the owner reads."""
        organization.owner.call("POST", f"/organizations/licenses/self-hosted/{organization.id}/sync", json={})
        organization.owner.refresh()

    # --- sponsorships

    def sponsor(self, member: "Member | Account", email: str, *, organization: Here | None = None) -> None:
        """Offer Families to an address, as *Free Bitwarden Families* does. organization: of an account in several."""
        account, where = self._sponsoring(member, organization)
        body = {"planSponsorshipType": _FAMILIES, "sponsoredEmail": email, "friendlyName": email}
        account.call("POST", f"/organization/sponsorship/self-hosted/{where}/families-for-enterprise", json=body)

    def revoke(self, member: "Member | Account", *, organization: Here | None = None) -> None:
        """Take the offer back, as who made it."""
        account, where = self._sponsoring(member, organization)
        account.call("DELETE", f"/organization/sponsorship/self-hosted/{where}")

    def sync_sponsorships(self, organization: Here) -> dict[str, Any]:
        """*Manually Sync* of the portal; the run: what was sent and removed, `error` None when it went well."""
        run: dict[str, Any] = self.http.post(f"/_sim/organizations/{organization.id}/sponsorships/sync", {})
        return run

    def sponsorships(self, organization: Here) -> list[dict[str, Any]]:
        """What it has offered, and how far each has come."""
        told: list[dict[str, Any]] = self.http.get(f"/_sim/organizations/{organization.id}/sponsorships")["data"]
        return told

    def _sponsoring(self, who: "Member | Account", organization: Here | None) -> tuple[Account, str]:
        if isinstance(who, Member):
            if who.account is None:
                raise ValueError(f"{who.email} has not accepted the invitation")
            return who.account, (organization or who.organization).id
        if organization is not None:
            return who, organization.id
        [only] = who.profile["organizations"]
        return who, str(only["id"])

    # --- the deployment

    def configure(self, **settings: "str | bool | int") -> None:
        """Write lines into `global.override.env` and restart: `globalSettings__disableUserRegistration=True`."""
        file = self.home / "bwdata" / "env" / "global.override.env"
        lines = file.read_text("utf-8").splitlines()
        for name, value in settings.items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            at = next((n for n, line in enumerate(lines) if line.partition("=")[0] == name), len(lines))
            lines[at : at + 1] = [f"{name}={text}"]
        file.write_text("\n".join(lines) + "\n", "utf-8")
        self.restart()

    def restart(self) -> None:
        """`./bitwarden.sh restart`: what the files say takes effect."""
        self._command("restart")


def _moment(text: str | None) -> datetime | None:
    """Aware; the instance's own texts are in UTC, as its containers' time is."""
    found = datetime.fromisoformat(text) if text else None
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found
