"""The life of a sponsorship after its offer: redeemed for a Families organization, active, revoked, ended.

Source: document 000, step 4; spec/billing-sync-and-sponsorships.md 6-8.
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
from common.cli.loop.sponsorship_offer import AWAITING_EN, AWAITING_ZH, FAMILIES_FOR_ENTERPRISE, OFFER_SUBJECT
from common.cli.loop.step import step
from common.cli.loop.world import DAY, PASSWORD, World, day, expect
from common.cli.organizations import buy_organization
from common.enums import PlanType

REVERTED_SUBJECT = "Your Families Sponsorship was Removed"


@step(
    "redeem",
    "self-hosting-families-sponsorships",
    zh="适用于新的或现有的家庭组织，可直接从网页密码库兑换。"
    "这指示您的自托管 Bitwarden 服务器正在等待与 Bitwarden 云同步，然后赞助才能完全兑换或更改。",
    en="It is for new or existing Families organizations and is redeemed right in the web vault. Your self-hosted "
    "server waits for the sync with Bitwarden's cloud before the sponsorship is fully redeemed or changed.",
)
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


@step(
    "active",
    "step-4-trigger-sync",
    zh="计费同步将每天进行一次，但您也可以随时手动触发同步。",
    en="The billing sync runs once a day, but you may trigger it by hand at any time.",
)
def sync_redemption(world: World) -> str:
    tally = sync_by_hand(world)
    expect_state(world, "active", awaiting=False)
    return f"{tally}; {shown(world)}, until {day(valid_until(world))}"


@step(
    "revoke",
    "step-4-trigger-sync, awaiting sync",
    zh=AWAITING_ZH,
    en=AWAITING_EN,
)
def revoke(world: World) -> str:
    world.sponsor.call("DELETE", f"/organization/sponsorship/self-hosted/{world.organization}")
    expect_state(world, "revokeWhenExpired", awaiting=True)
    return shown(world)


@step(
    "sync-revocation",
    "step-4-trigger-sync 2",
    zh="选择手动同步按钮。这指示您的自托管 Bitwarden 服务器正在等待与 Bitwarden 云同步，然后赞助才能完全兑换或更改。",
    en="Choose Manually Sync. Your self-hosted server waits for the sync with Bitwarden's cloud before the "
    "sponsorship is fully redeemed or changed.",
)
def sync_revocation(world: World) -> str:
    tally = sync_by_hand(world)
    expect_state(world, "revokeWhenExpired", awaiting=False)
    return f"{tally}; {shown(world)}"


@step(
    "daily-sync",
    "step-3-apply-billing-sync-token",
    zh="触发第一次同步后，企业版家庭将每天同步一次。",
    en="After the first sync was triggered, Families for Enterprise syncs once a day.",
)
def sync_daily(world: World) -> str:
    run = sync_by_itself(world, world.now() + DAY)
    expect(run["error"], None, "the daily sync")
    expect_state(world, "revokeWhenExpired", awaiting=False)
    return f"{day(run['startedAt'])}, {run['trigger']}: {run['sent']} sent; {shown(world)}"


@step(
    "end",
    "step-4-trigger-sync, awaiting sync",
    zh="然后赞助才能完全兑换或更改。",
    en="... before the sponsorship is fully redeemed or changed. (It has ended: the family pays for itself "
    "from now on.)",
)
def end(world: World) -> str:
    ends = valid_until(world)
    sync_by_itself(world, ends + DAY)
    mail = world.mailbox.wait_for(world.email("family"), subject=REVERTED_SUBJECT)
    expect(is_sponsored(world), False, "the Families organization is on the sponsored price")
    expect(states_of(world), [], "what is left of the sponsorship")
    return f"now: {day(world.now())}, mail: {mail['subject']}, self-hosted: removed"
