"""The life of a sponsorship after its offer: redeemed for a Families organization, active, revoked, ended.

Source: document 000, step 4; fidelity.md: sponsorship.routes.
"""

from common.cli.client import link_parameters, open_account
from common.cli.loop.sponsorship import (
    expect_state,
    is_sponsored,
    shown,
    states_of,
    sync_by_hand,
    sync_by_itself,
    valid_until,
)
from common.cli.loop.sponsorship_offer import FAMILIES_FOR_ENTERPRISE, OFFER_SUBJECT
from common.cli.loop.step import step
from common.cli.loop.world import DAY, PASSWORD, World, day, expect
from common.cli.organizations import buy_organization
from common.documents import SPONSORSHIPS
from common.enums import PlanType

REVERTED_SUBJECT = "Your Families Sponsorship was Removed"


@step(SPONSORSHIPS, "redeem")
def redeem(world: World) -> str:
    email = world.email("family")
    mail = world.mailbox.wait_for(email, subject=OFFER_SUBJECT, link_to=world.cloud.base_url)
    token = link_parameters(mail, "token")["token"]
    proof = {"orgSponsoredFreeFamilyPlanToken": token}
    world.family = open_account(world.cloud, email, PASSWORD, proof, world.ids)
    name = f"Family {world.tag}"
    world.family_organization = buy_organization(world.family, name, PlanType.FAMILIES_ANNUALLY)
    _take(world, token)
    expect(is_sponsored(world), True, "the Families organization is on the sponsored price")
    expect_state(world, "sent", awaiting=False)
    return f"{name}: sponsored, self-hosted: {shown(world)}"


def _take(world: World, token: str) -> None:
    query = {"sponsorshipToken": token}
    verdict = world.family.call("POST", "/organization/sponsorship/validate-token", params=query)
    expect(verdict["isTokenValid"], True, "the offer is valid")
    wanted = {
        "planSponsorshipType": FAMILIES_FOR_ENTERPRISE,
        "sponsoredOrganizationId": world.family_organization,
    }
    world.family.call("POST", "/organization/sponsorship/redeem", params=query, json=wanted)
    world.family.refresh()


@step(SPONSORSHIPS, "active")
def sync_redemption(world: World) -> str:
    tally = sync_by_hand(world)
    expect_state(world, "active", awaiting=False)
    return f"{tally}; {shown(world)}, until {day(valid_until(world))}"


@step(SPONSORSHIPS, "revoke")
def revoke(world: World) -> str:
    world.sponsor.call("DELETE", f"/organization/sponsorship/self-hosted/{world.organization}")
    expect_state(world, "revokeWhenExpired", awaiting=True)
    return shown(world)


@step(SPONSORSHIPS, "sync-revocation")
def sync_revocation(world: World) -> str:
    tally = sync_by_hand(world)
    expect_state(world, "revokeWhenExpired", awaiting=False)
    return f"{tally}; {shown(world)}"


@step(SPONSORSHIPS, "daily-sync")
def sync_daily(world: World) -> str:
    run = sync_by_itself(world, world.now() + DAY)
    expect(run["error"], None, "the daily sync")
    expect_state(world, "revokeWhenExpired", awaiting=False)
    return f"{day(run['startedAt'])}, {run['trigger']}: {run['sent']} sent; {shown(world)}"


@step(SPONSORSHIPS, "end")
def end(world: World) -> str:
    ends = valid_until(world)
    sync_by_itself(world, ends + DAY)
    mail = world.mailbox.wait_for(world.email("family"), subject=REVERTED_SUBJECT)
    expect(is_sponsored(world), False, "the Families organization is on the sponsored price")
    expect(states_of(world), [], "what is left of the sponsorship")
    return f"now: {day(world.now())}, mail: {mail['subject']}, self-hosted: removed"
