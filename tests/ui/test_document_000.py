"""The document on Families sponsorships, followed on the screens in Chinese in the EU, which has one step more.

In the US it is played without a browser (tests/process/test_stack: document 000), and its page's texts in both
languages are compared in process.

Source: bitwarden.com/help/families-for-enterprise-self-hosted, its Chinese twin; fidelity.md: pages.shell.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect

from common.documents import SPONSORSHIPS
from tests.support import steps
from tests.support.browser import Person
from tests.support.stack import COMMUNICATION, Stack

EU_LINES = {
    "globalSettings__baseServiceUri__cloudRegion": "EU",
    "globalSettings__installation__identityUri": "https://identity.bitwarden.eu",
    "globalSettings__installation__apiUri": "https://api.bitwarden.eu",
    "globalSettings__pushRelayBaseUri": "https://push.bitwarden.eu",
}
OFFER_SUBJECT = "Accept Your Free Families Subscription"


@dataclass
class Region:
    """A cloud region. app: of Stack.urls. radio: its label on the installation page."""

    app: str
    radio: str
    lines: dict[str, str]


EU = Region("cloud_eu", "x.regionEu", EU_LINES)


@pytest.fixture
def environment(stack: Stack) -> Iterator[None]:
    """The instance gets its lines back."""
    before = stack.home.environment_file.read_text("utf-8")
    yield
    stack.home.environment_file.write_text(before, "utf-8")
    stack.configure()


@pytest.mark.usefixtures("environment")
def test_families_sponsorship(stack: Stack, person: Callable[..., Person], tmp_path: Path) -> None:
    cloud = EU
    owner = person("Olga Owner", "zh-CN")
    member = person("Max Member", "zh-CN")
    family = person("Fay Family", "zh-CN")
    name = f"Acme {owner.email.split('-')[1]} EU"

    stack.follows(SPONSORSHIPS, "installation-of-the-region")
    installation_lines = gets_installation(owner, stack, cloud)
    for step in ("cloud-communication", "eu-settings", "rebuild"):
        stack.follows(SPONSORSHIPS, step)
    lines = {COMMUNICATION: "true", "adminSettings__admins": owner.email, **cloud.lines, **installation_lines}
    stack.configure(**lines)

    stack.follows(SPONSORSHIPS, "enterprise-organization")
    stack.follows(SPONSORSHIPS, "license")
    stack.follows(SPONSORSHIPS, "member")
    steps.registers(owner, stack, "selfhost")
    steps.registers(owner, stack, cloud.app)
    steps.founds_organization(owner, name, "planNameEnterprise", 10)
    applies_license(owner, stack, cloud, name, tmp_path)
    joins(member, owner, stack, name)

    stack.follows(SPONSORSHIPS, "generate-token")
    owner.goes_to(stack.urls[cloud.app])
    steps.opens_admin_console(owner, name)
    steps.copies_billing_token(owner)

    stack.follows(SPONSORSHIPS, "save-token")
    owner.goes_to(stack.urls["selfhost"])
    steps.opens_admin_console(owner, name)
    steps.goes_by_navigation(owner, "billing", "subscription")
    steps.pastes_billing_token(owner)
    expect(steps.fact(owner, "lastLicenseSync")).to_contain_text(owner.t("never"))

    stack.follows(SPONSORSHIPS, "offer")
    member.goes_to(stack.urls["selfhost"])
    steps.goes_by_navigation(member, "settings", "sponsoredFamilies")
    member.fills("sponsoredFamiliesEmail", family.email)
    member.presses("redeem")
    member.is_told("sponsorshipCreated")
    shows(member, family.email, "requested", awaiting=True)

    stack.follows(SPONSORSHIPS, "portal-login")
    steps.logs_in_to_portal(owner, stack)
    stack.follows(SPONSORSHIPS, "portal-organization")
    stack.follows(SPONSORSHIPS, "manual-sync")
    syncs_by_hand(owner, name)
    looks_again(member, stack)
    shows(member, family.email, "sent", awaiting=False)

    stack.follows(SPONSORSHIPS, "redeem")
    steps.follows_mail(family, stack, OFFER_SUBJECT, stack.urls[cloud.app])
    redeems(family, f"Family {name}")

    stack.follows(SPONSORSHIPS, "active")
    syncs_by_hand(owner, name)
    looks_again(member, stack)
    shows(member, family.email, "active", awaiting=False)

    stack.follows(SPONSORSHIPS, "revoke")
    member.tab.get_by_role("row").filter(has_text=family.email).locator("summary, button").first.click()
    member.follows("remove")
    member.presses("remove")
    member.is_told("reclaimedFreePlan")
    expect(member.tab.get_by_role("row").filter(has_text=family.email)).to_contain_text(member.t("x.awaitingSync"))


def gets_installation(owner: Person, stack: Stack, cloud: Region) -> dict[str, str]:
    """The page for installation ids; the lines for `global.override.env` that it gives."""
    owner.goes_to(stack.urls[cloud.app] + "/host")
    owner.is_on("x.hostTitle")
    owner.chooses(cloud.radio)
    owner.fills("x.hostEmail", owner.email)
    owner.presses("x.hostSubmit")
    owner.sees("x.hostKeyOnce")
    block = owner.tab.locator("code, pre, textarea").filter(has_text="globalSettings__installation__id=").first
    text = block.text_content() or ""
    lines = dict(line.strip().split("=", 1) for line in text.splitlines() if "=" in line)
    assert {"globalSettings__installation__id", "globalSettings__installation__key"} <= lines.keys()
    return lines


def applies_license(owner: Person, stack: Stack, cloud: Region, name: str, folder: Path) -> None:
    """Download in the cloud, upload here."""
    owner.goes_to(stack.urls[cloud.app])
    steps.opens_admin_console(owner, name)
    steps.goes_by_navigation(owner, "billing", "subscription")
    owner.follows("downloadLicense")
    owner.fills("enterInstallationId", stack.installation_id)
    saved = owner.saves(folder, "submit")
    owner.goes_to(stack.urls["selfhost"] + "/create-organization")
    owner.attaches(saved)
    owner.presses("submit")
    owner.is_told("organizationCreated")


def joins(member: Person, owner: Person, stack: Stack, name: str) -> None:
    """The owner invites, the member registers and accepts, the owner confirms."""
    owner.goes_to(stack.urls["selfhost"])
    steps.opens_admin_console(owner, name)
    steps.goes_by_navigation(owner, "members")
    owner.follows("inviteMember")
    owner.fills("email", member.email)
    owner.presses("save")
    owner.is_told("invitedUsers")
    steps.registers(member, stack, "selfhost")
    steps.follows_mail(member, stack, name, stack.urls["selfhost"])
    member.is_told("inviteAccepted")
    owner.tab.reload()
    row = owner.tab.get_by_role("row").filter(has_text=member.email)
    row.get_by_role("link", name=owner.t("confirm"), exact=True).click()
    owner.presses("confirm")
    owner.is_told("hasBeenConfirmed", user=member.name)


def shows(member: Person, email: str, status: str, *, awaiting: bool) -> None:
    """The row of an offer has this status, and the chip Awaiting Sync or not."""
    row = member.tab.get_by_role("row").filter(has_text=email)
    expect(row).to_contain_text(member.t(status))
    chip = row.get_by_text(member.t("x.awaitingSync"), exact=True)
    expect(chip).to_have_count(1 if awaiting else 0)


def looks_again(member: Person, stack: Stack) -> None:
    """At the page of sponsorships."""
    member.goes_to(stack.urls["selfhost"])
    steps.goes_by_navigation(member, "settings", "sponsoredFamilies")


def syncs_by_hand(admin: Person, name: str) -> None:
    """Organizations, the organization, Connections, Manually Sync."""
    admin.tab.get_by_role("navigation").get_by_role(
        "link", name=admin.t("admin.organizations"), exact=True
    ).first.click()
    admin.tab.get_by_role("link", name=name).first.click()
    admin.sees("admin.connections")
    admin.presses("admin.manuallySync")
    admin.sees("admin.billingSynced")


def redeems(family: Person, name: str) -> None:
    """From the offer's mail: create the account, name a new Families organization, accept."""
    steps.finishes_registration(family)
    family.is_on("sponsoredFamiliesOffer")
    family.fills("organizationName", name)
    family.presses("submit")
    family.is_told("sponsoredFamiliesOfferRedeemed")
