"""The offer: a member of the self-hosted organization makes it, the first sync through the portal sends it.

Source: document 000, step 4; fidelity.md: sponsorship.routes, portal.pages.
"""

from common.cli import selfhost
from common.cli.client import register
from common.cli.loop.sponsorship import expect_state, shown, sync_by_hand
from common.cli.loop.step import step
from common.cli.loop.world import PASSWORD, World, expect
from common.cli.members import add_member
from common.documents import SPONSORSHIPS

OFFER_SUBJECT = "Accept Your Free Families Subscription"
FAMILIES_FOR_ENTERPRISE = 0


@step(SPONSORSHIPS, "member")
def join(world: World) -> str:
    email = world.email("sponsor")
    world.sponsor = register(world.instance, world.mailbox, email, PASSWORD, "Loop Sponsor", world.ids)
    add_member(world.owner_here, world.sponsor, world.organization, world.mailbox)
    available = world.sponsor.organization(world.organization)["familySponsorshipAvailable"]
    expect(available, True, "a sponsorship is available to the member")
    return f"member: {email}, familySponsorshipAvailable: true"


@step(SPONSORSHIPS, "offer")
def offer(world: World) -> str:
    email = world.email("family")
    body = {"planSponsorshipType": FAMILIES_FOR_ENTERPRISE, "sponsoredEmail": email, "friendlyName": email}
    world.sponsor.post(f"/organization/sponsorship/self-hosted/{world.organization}/families-for-enterprise", body)
    expect_state(world, "requested", awaiting=True)
    return f"{email}: {shown(world)}"


@step(SPONSORSHIPS, "portal-login")
def sign_in_to_portal(world: World) -> str:
    admin = selfhost.environment_value(world.home, "adminSettings__admins").split(",")[0].strip()
    organizations, subject = world.portal.sign_in(admin, world.name)
    expect(world.name in organizations.links, True, "the portal lists the organization")
    return f"{admin}: {subject} → {world.name}"


@step(SPONSORSHIPS, "portal-organization")
def open_in_portal(world: World) -> str:
    page = world.portal.organization(world.name)
    expect("Billing Sync Enabled Never" in page.text, True, "the connection has never been synced")
    expect(page.button("Manually Sync") is not None, True, "the button is on the page")
    return "Connections: Billing Sync, Enabled, Never, Manually Sync"


@step(SPONSORSHIPS, "manual-sync")
def sync_offer(world: World) -> str:
    tally = sync_by_hand(world)
    expect_state(world, "sent", awaiting=False)
    mail = world.mailbox.wait_for(world.email("family"), subject=OFFER_SUBJECT, link_to=world.cloud.base_url)
    return f"{tally}; {shown(world)}; mail: {mail['subject']}"
