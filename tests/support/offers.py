"""On the cloud: an Enterprise organization, families that it sponsors, an instance that syncs. For tests."""

import re
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote_plus
from uuid import UUID

import requests
import sqlalchemy as sa

from common.domains.sponsorships.models import OrganizationSponsorship
from common.server.mail.messages import Mail
from common.server.transaction import db
from tests.support.answers import ok
from tests.support.harness import WRAPPED_KEY, Api, Person, Side
from tests.support.scenarios import billing_sync_token, new_organization

FAMILIES_ANNUALLY = 22
OFFER, REVERTED = "Accept Your Free Families Subscription", "Your Families Sponsorship was Removed"
POLICY_REMOVAL = "Removal of Free Bitwarden Families plan"
BASE = "/api/organization/sponsorship"
OWNER, ADMIN, USER, CUSTOM = 0, 1, 2, 4


@dataclass
class Sponsor:
    """An Enterprise organization on the cloud and short words for what happens around its sponsorships."""

    side: Side
    owner: Person
    id: str
    families: list["Family"] = field(default_factory=list)

    def offer(self, email: str | None, by: Person | None = None, **more: Any) -> requests.Response:
        """A member gives something away."""
        body = {"planSponsorshipType": 0, "sponsoredEmail": email, "friendlyName": email} | more
        return (by or self.owner).api.post(f"{BASE}/{self.id}/families-for-enterprise", json=body)

    def resend(self, name: str | None, by: Person | None = None) -> requests.Response:
        """Somebody asks for the mail again."""
        params = {} if name is None else {"sponsoredFriendlyName": name}
        return (by or self.owner).api.post(f"{BASE}/{self.id}/families-for-enterprise/resend", params=params)

    def revoke(self, by: Person | None = None) -> requests.Response:
        """A member takes the own offer back."""
        return (by or self.owner).api.delete(f"{BASE}/{self.id}")

    def revoke_named(self, name: str, by: Person | None = None) -> requests.Response:
        """Somebody takes an offer back by its name."""
        return (by or self.owner).api.delete(f"{BASE}/{self.id}/{name}/revoke")

    def listed(self, by: Person | None = None) -> requests.Response:
        """The list of admin-initiated ones."""
        return (by or self.owner).api.get(f"{BASE}/{self.id}/sponsored")

    def policy(self, enabled: bool, organization: str | None = None, by: Person | None = None) -> None:
        """Switch policy 13."""
        path = f"/api/organizations/{organization or self.id}/policies/13"
        ok((by or self.owner).api.put(path, json={"policy": {"enabled": enabled}}))

    def settings(self, **changes: Any) -> None:
        """Change abilities and limits through simulator control."""
        path = f"/_sim/organizations/{self.id}"
        self.side.once(("settings", path, repr(changes)), lambda: ok(self.side.client.post(path, json=changes)))

    def bill(self, event: str, organization: str | None = None, **details: Any) -> Any:
        """Cause a billing event."""
        return ok(
            self.side.client.post(f"/_sim/organizations/{organization or self.id}/subscription/{event}", json=details)
        )

    def join(self, person: Person, role: int = USER, confirmed: bool = True, **more: Any) -> str:
        """Make somebody a member; the member's id."""
        who = self.id, *(each.api.headers.get("Authorization") for each in (self.owner, person))
        return self.side.once(
            ("join", who, role, confirmed, repr(more)), lambda: self._join(person, role, confirmed, more)
        )

    def _join(self, person: Person, role: int, confirmed: bool, more: dict[str, Any]) -> str:
        path = f"/api/organizations/{self.id}/users"
        body = {"emails": [person.email], "type": role, "collections": [], "groups": []} | more
        ok(self.owner.api.post(f"{path}/invite", json=body))
        mail = next(mail for mail in reversed(self.side.mails) if mail.to == person.email)
        link = parse_qs(mail.text.split("/#/accept-organization?")[1].splitlines()[0])
        member = link["organizationUserId"][0]
        ok(person.api.post(f"{path}/{member}/accept", json={"token": link["token"][0]}))
        if confirmed:
            ok(self.owner.api.post(f"{path}/{member}/confirm", json={"key": WRAPPED_KEY}))
        return member

    def person(self, email: str, role: int = USER, **more: Any) -> Person:
        """A new account that is a confirmed member."""
        person = self.side.sign_up(email)
        self.join(person, role, **more)
        return person

    def rows(self) -> list[OrganizationSponsorship]:
        """The stored sponsorships, by name, detached."""
        return rows_of(self.side, self.id)

    def row(self) -> OrganizationSponsorship:
        """The only one."""
        [row] = self.rows()
        return row

    def row_of(self, name: str) -> OrganizationSponsorship:
        """The one of this friendly name."""
        [row] = [row for row in self.rows() if row.friendly_name == name]
        return row

    def change_row(self, **values: Any) -> None:
        """Change every stored sponsorship past the routes."""
        row = OrganizationSponsorship
        with self.side.app.app_context():
            db.session.execute(sa.update(row).where(row.sponsoring_organization_id == UUID(self.id)).values(values))
            db.session.commit()

    def mails(self, subject: str = OFFER) -> list[Mail]:
        """The mails of this subject."""
        return [mail for mail in self.side.mails if mail.subject == subject]

    def token(self, email: str) -> str:
        """The token of the newest offer to this address."""
        mail = next(mail for mail in reversed(self.mails()) if mail.to == email)
        found = re.search(r"token=([^&\s]+)", mail.text)
        assert found is not None
        return unquote_plus(found.group(1))

    def profile(self, person: Person | None = None) -> dict[str, Any]:
        """The organization as the member's profile shows it."""
        rows = ok((person or self.owner).api.get("/api/accounts/profile"))["organizations"]
        [row] = [each for each in rows if each["id"] == self.id]
        return row

    def family(self, email: str = "friend@home.example", **more: Any) -> "Family":
        """Somebody with a Families organization of their own."""
        person = self.side.sign_up(email)
        organization = new_organization(person, "The <Friends>", FAMILIES_ANNUALLY, additionalSeats=0, **more)["id"]
        family = Family(self, person, organization)
        self.families.append(family)
        return family


@dataclass
class Family:
    """A Families organization and its owner."""

    sponsor: Sponsor
    person: Person
    id: str

    def validate(self, token: str) -> Any:
        """Ask what a token is worth."""
        return ok(self.person.api.post(f"{BASE}/validate-token", params={"sponsorshipToken": token}))

    def redeem(self, token: str | None = None, organization: str | None = None) -> requests.Response:
        """Take an offer."""
        token = self.sponsor.token(self.person.email) if token is None else token
        body = {"planSponsorshipType": 0, "sponsoredOrganizationId": organization or self.id}
        return self.person.api.post(f"{BASE}/redeem", params={"sponsorshipToken": token}, json=body)

    def remove(self, by: Person | None = None) -> requests.Response:
        """Give the sponsorship up."""
        return (by or self.person).api.delete(f"{BASE}/sponsored/{self.id}")

    def sponsored_item(self) -> bool:
        """Whether the subscription is on the sponsored price."""
        subscription = ok(self.person.api.get(f"/api/organizations/{self.id}/subscription"))["subscription"]
        return any(item["sponsoredSubscriptionItem"] for item in subscription["items"])


@dataclass
class Instance:
    """An installation that syncs the sponsorships of one organization."""

    sponsor: Sponsor
    api: Api
    id: str
    key: str

    def sync(self, *rows: dict[str, Any], **more: Any) -> requests.Response:
        """Send a batch."""
        body = {"billingSyncKey": self.key, "sponsoringOrganizationCloudId": self.sponsor.id}
        return self.api.post(f"{BASE}/sync", json=body | {"sponsorshipsBatch": list(rows)} | more)

    def synced(self, *rows: dict[str, Any]) -> list[dict[str, Any]]:
        """Send a batch that must be accepted; the answered rows."""
        answered: list[dict[str, Any]] = ok(self.sync(*rows))["sponsorshipsBatch"]
        return answered


def told(email: str = "friend@home.example", member: str | None = None, **more: Any) -> dict[str, Any]:
    """A row as an instance sends it, of a new member unless one is given."""
    return {
        "sponsoringOrganizationUserId": member or str(uuid.uuid4()),
        "friendlyName": email,
        "offeredToEmail": email,
        "planSponsorshipType": 0,
        "lastSyncDate": None,
        "validUntil": None,
        "toDelete": False,
    } | more


def rows_of(side: Side, organization_id: str) -> list[OrganizationSponsorship]:
    """The stored sponsorships of an organization, by name, detached."""
    row = OrganizationSponsorship
    with side.app.app_context():
        query = sa.select(row).where(row.sponsoring_organization_id == UUID(organization_id))
        found = list(db.session.scalars(query.order_by(row.friendly_name, row.id)))
        db.session.expunge_all()
        return found


def make_sponsor(side: Side, **more: Any) -> Sponsor:
    """An Enterprise organization past its trial, with the ability to sponsor people who are no members."""
    owner = side.sign_up("owner@acme.example")
    sponsor = Sponsor(side, owner, new_organization(owner, "Acme & Co", **more)["id"])
    sponsor.settings(useAdminSponsoredFamilies=True)
    return sponsor


def make_instance(sponsor: Sponsor) -> Instance:
    """An installation that knows the organization's billing sync token."""
    side = sponsor.side

    def make() -> tuple[str, str, str]:
        made = ok(side.client.post("/api/installations", json={"email": "admin@acme.example"}))
        token = installation_token(side, made, "api.installation")
        return made["id"], token, billing_sync_token(sponsor.owner, sponsor.id)

    installation_id, token, sync_token = side.once(("instance", sponsor.id), make)
    api = side.new_client()
    api.headers["Authorization"] = f"Bearer {token}"
    return Instance(sponsor, api, installation_id, sync_token)


def installation_token(side: Side, installation: dict[str, Any], scope: str) -> str:
    """An access token of an installation."""
    form = {
        "grant_type": "client_credentials",
        "client_id": f"installation.{installation['id']}",
        "client_secret": installation["key"],
        "scope": scope,
    }
    return str(ok(side.client.post("/identity/connect/token", data=form))["access_token"])
