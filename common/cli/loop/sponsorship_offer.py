"""The offer: a member of the self-hosted organization makes it, the first sync through the portal sends it.

Source: document 000, step 4; spec/billing-sync-and-sponsorships.md 6, 9.
"""

from common.cli import selfhost
from common.cli.client import register
from common.cli.loop.sponsorship import expect_state, shown, sync_by_hand
from common.cli.loop.step import step
from common.cli.loop.world import PASSWORD, World, expect
from common.cli.members import add_member

OFFER_SUBJECT = "Accept your Sponsored Families Plan"
FAMILIES_FOR_ENTERPRISE = 0
AWAITING_ZH = "在两次同步之间，兑换或更改赞助后，用户可能会看到 Awaiting Sync（等待同步）状态信息。"
AWAITING_EN = "Between two syncs, after a sponsorship was redeemed or changed, users may see the status Awaiting Sync."


@step(
    "member",
    "self-hosting-families-sponsorships",
    zh="企业组织成员可获得免费的家庭组织赞助。",
    en="Members of Enterprise organizations get a free sponsored Families organization.",
)
def join(world: World) -> str:
    email = world.email("sponsor")
    world.sponsor = register(world.instance, world.mailbox, email, PASSWORD, "Loop Sponsor", world.ids)
    add_member(world.owner_here, world.sponsor, world.organization, world.mailbox)
    available = world.sponsor.organization(world.organization)["familySponsorshipAvailable"]
    expect(available, True, "a sponsorship is available to the member")
    return f"member: {email}, familySponsorshipAvailable: true"


@step(
    "offer",
    "step-4-trigger-sync, awaiting sync",
    zh=f"可直接从网页密码库兑换。{AWAITING_ZH}",
    en=f"It can be redeemed right from the web vault. {AWAITING_EN}",
)
def offer(world: World) -> str:
    email = world.email("family")
    body = {"planSponsorshipType": FAMILIES_FOR_ENTERPRISE, "sponsoredEmail": email, "friendlyName": email}
    world.sponsor.post(f"/organization/sponsorship/self-hosted/{world.organization}/families-for-enterprise", body)
    expect_state(world, "requested", awaiting=True)
    return f"{email}: {shown(world)}"


@step(
    "portal-login",
    "step-4-trigger-sync 1",
    zh="打开自托管系统管理员门户，导航到组织。",
    en="Open the self-hosted System Administrator Portal and go to Organizations.",
)
def sign_in_to_portal(world: World) -> str:
    admin = selfhost.environment_value(world.home, "adminSettings__admins").split(",")[0].strip()
    organizations, subject = world.portal.sign_in(admin, world.name)
    expect(world.name in organizations.links, True, "the portal lists the organization")
    return f"{admin}: {subject} → {world.name}"


@step(
    "portal-organization",
    "step-4-trigger-sync 1-2",
    zh="然后选择您的企业组织。找到连接部分。",
    en="Choose your Enterprise organization. Find the section Connections.",
)
def open_in_portal(world: World) -> str:
    page = world.portal.organization(world.name)
    expect("Billing Sync Enabled Never" in page.text, True, "the connection has never been synced")
    expect(page.button("Manually Sync") is not None, True, "the button is on the page")
    return "Connections: Billing Sync, Enabled, Never, Manually Sync"


@step(
    "manual-sync",
    "step-4-trigger-sync 2",
    zh="找到连接部分然后选择手动同步按钮。",
    en="Find the section Connections and choose Manually Sync.",
)
def sync_offer(world: World) -> str:
    tally = sync_by_hand(world)
    expect_state(world, "sent", awaiting=False)
    mail = world.mailbox.wait_for(world.email("family"), subject=OFFER_SUBJECT, link_to=world.cloud.base_url)
    return f"{tally}; {shown(world)}; mail: {mail['subject']}"
