"""A world in which every screen has something to show: people, organizations and sponsorships in all their states."""

from dataclasses import dataclass
from pathlib import Path

from common.cli.client import Client, link_parameters
from common.cli.members import add_member
from common.cli.organizations import buy_organization, license_text, open_organization
from common.enums import ApiKeyType, ConnectionType, PlanType
from tests.support.stack import COMMUNICATION, Stack

OWNER = "olivia@acme.example"
OFFER_SUBJECT = "Accept Your Free Families Subscription"
_SEATS = 20


@dataclass
class Furnished:
    """What the addresses of screens are made of.

    people: `owner_on_cloud`, `owner_here`, `family` and `invited` (cloud), and the members here by first name: Ada's
    offer waits for a sync, Sam's was sent (to `invited`), Mia's is active (`family`). The rest are ids; offer:
    a token; license_file: of `trial`.
    """

    stack: Stack
    people: dict[str, Client]
    acme_on_cloud: str
    acme: str
    trial: str
    families: str
    offer: str
    license_file: Path


def furnish(stack: Stack) -> Furnished:
    """Set it all up through the API; a few seconds."""
    stack.configure(**{COMMUNICATION: "true", "adminSettings__admins": OWNER})
    cloud, here = stack.register("cloud_us", OWNER, "Olivia Owner"), stack.register("selfhost", OWNER, "Olivia Owner")
    acme_on_cloud = buy_organization(cloud, "Acme", PlanType.ENTERPRISE_ANNUALLY, seats=_SEATS)
    _change(stack, acme_on_cloud, useAdminSponsoredFamilies=True)
    trial = buy_organization(cloud, "Acme Labs", PlanType.ENTERPRISE_ANNUALLY, seats=3, trial=True)
    license_file = cloud.get(f"/organizations/{acme_on_cloud}/license", installationId=stack.installation_id)
    acme = open_organization(here, license_file)
    _connect(cloud, here, acme_on_cloud, acme)
    members = _people(stack, here, acme)
    _sponsor(members["Sam"], acme, "sam@home.example")
    _sponsor(members["Mia"], acme, "mia@home.example")
    _sync(stack, acme)
    family, families = _redeem(stack, "mia@home.example", "The Millers")
    _sync(stack, acme)
    _sponsor(members["Ada"], acme, "ada@home.example")  # waits for the next sync
    _premium(stack, cloud, here)
    invited = stack.register("cloud_us", "sam@home.example", "Sam Member")
    offer = _offer_token(stack, invited.email)
    people = {"owner_on_cloud": cloud, "owner_here": here, "family": family, "invited": invited, **members}
    return Furnished(stack, people, acme_on_cloud, acme, trial, families, offer, _saved_license(stack, cloud, trial))


def _saved_license(stack: Stack, owner: Client, organization: str) -> Path:
    path = stack.home.root.parent / "bitwarden_organization_license.json"
    file = owner.get(f"/organizations/{organization}/license", installationId=stack.installation_id)
    path.write_text(license_text(file), "utf-8")
    return path


def _change(stack: Stack, organization: str, **values: object) -> None:
    stack.server("cloud_us").post(f"/_sim/organizations/{organization}", values)


def _connect(cloud: Client, here: Client, acme_on_cloud: str, acme: str) -> None:
    secret = {"type": int(ApiKeyType.BILLING_SYNC), "masterPasswordHash": cloud.password_hash}
    token = cloud.post(f"/organizations/{acme_on_cloud}/api-key", secret)["apiKey"]
    kind = int(ConnectionType.CLOUD_BILLING_SYNC)
    here.post(
        "/organizations/connections/",
        {"type": kind, "organizationId": acme, "enabled": True, "config": {"billingSyncKey": token}},
    )
    here.post(f"/organizations/licenses/self-hosted/{acme}/sync/")


def _people(stack: Stack, owner: Client, acme: str) -> dict[str, Client]:
    """Three members, and two who are on their way."""
    members = {}
    for name in ("Ada", "Sam", "Mia"):
        members[name] = stack.register("selfhost", f"{name.lower()}@acme.example", f"{name} Member")
        add_member(owner, members[name], acme, stack.mailbox)
    role = {"type": 2, "collections": [], "groups": []}
    users = f"/organizations/{acme}/users"
    owner.post(f"{users}/invite", {"emails": ["ivan@acme.example", "nora@acme.example"]} | role)
    nora = stack.register("selfhost", "nora@acme.example", "Nora New")
    mail = stack.mailbox.wait_for(nora.email, carrying="accept-organization")
    invitation = link_parameters(mail, "organizationUserId")
    nora.post(f"{users}/{invitation['organizationUserId']}/accept", {"token": invitation["token"]})
    return members


def _sponsor(member: Client, acme: str, email: str) -> None:
    body = {"planSponsorshipType": 0, "sponsoredEmail": email, "friendlyName": email}
    member.post(f"/organization/sponsorship/self-hosted/{acme}/families-for-enterprise", body)


def _sync(stack: Stack, acme: str) -> None:
    stack.server("selfhost").post(f"/_sim/organizations/{acme}/sponsorships/sync")


def _offer_token(stack: Stack, email: str) -> str:
    return link_parameters(stack.mailbox.wait_for(email, subject=OFFER_SUBJECT), "token")["token"]


def _redeem(stack: Stack, email: str, name: str) -> tuple[Client, str]:
    """Somebody takes the offer for a new Families organization; its owner and id."""
    person = stack.register("cloud_us", email, "Mia Member")
    families = buy_organization(person, name, PlanType.FAMILIES_ANNUALLY)
    body = {"planSponsorshipType": 0, "sponsoredOrganizationId": families}
    query = {"sponsorshipToken": _offer_token(stack, email)}
    person.call("POST", "/organization/sponsorship/redeem", params=query, json=body)
    return person, families


def _premium(stack: Stack, cloud: Client, here: Client) -> None:
    """The owner has Premium on both sides."""
    stack.server("cloud_us").post(f"/_sim/users/{cloud.email}/premium")
    license_file = cloud.get("/account/billing/vnext/license")
    here.upload("/accounts/license", license_text(license_file))
