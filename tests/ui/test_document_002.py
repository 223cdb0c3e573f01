"""The document on licences, followed on the screens sentence by sentence, each chapter by somebody of one language.

A second language would press the same buttons again: the texts of both are compared without a browser
(tests/architecture/test_catalogue, tests/app/pages), and how a page looks in both by tests/ui/test_screens.

Source: bitwarden.com/help/licensing-on-premise, its Chinese twin; fidelity.md: pages.shell.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import expect

from common.documents import LICENSES
from tests.support import steps
from tests.support.browser import Person
from tests.support.stack import COMMUNICATION, Stack

SEATS, ADDED = 10, 5
YEAR, GRACE = 365, 60


@dataclass
class Organization:
    """What the owner calls it, and where the file of its licence was saved."""

    name: str
    folder: Path

    def downloads(self, owner: Person, stack: Stack) -> Path:
        """ "Retrieve organization license", in the cloud."""
        owner.goes_to(stack.urls["cloud_us"])
        steps.opens_admin_console(owner, self.name)
        steps.goes_by_navigation(owner, "billing", "subscription")
        owner.follows("downloadLicense")
        owner.fills("enterInstallationId", stack.installation_id)
        saved = owner.saves(self.folder, "submit")
        assert saved.name == "bitwarden_organization_license.json"
        return saved

    def opens_subscription_here(self, owner: Person, stack: Stack) -> None:
        """The instance's Admin Console, Billing -> Subscription."""
        owner.goes_to(stack.urls["selfhost"])
        steps.opens_admin_console(owner, self.name)
        steps.goes_by_navigation(owner, "billing", "subscription")


def test_individual_license(stack: Stack, person: Callable[..., Person], tmp_path: Path) -> None:
    ada = person("Ada Alone", "en")

    stack.follows(LICENSES, "register")
    stack.follows(LICENSES, "verify-email")
    steps.registers(ada, stack, "selfhost")
    steps.registers(ada, stack, "cloud_us")
    stack.follows(LICENSES, "premium")
    steps.goes_by_navigation(ada, "settings", "subscription")
    ada.presses("x.premiumNow")
    ada.is_told("premiumUpdated")

    stack.follows(LICENSES, "download-individual-license")
    steps.goes_by_navigation(ada, "settings", "subscription")
    saved = ada.saves(tmp_path, "downloadLicense")
    assert saved.name == "bitwarden_premium_license.json"

    stack.follows(LICENSES, "apply-individual-license")
    ada.goes_to(stack.urls["selfhost"])
    steps.goes_by_navigation(ada, "settings", "subscription")
    ada.sees("licenseFile")
    ada.attaches(saved)
    ada.presses("submit")
    ada.is_told("premiumUpdated")
    ada.is_on("premiumMembership")
    ada.sees("active")

    stack.follows(LICENSES, "update-individual-license")
    ada.goes_to(stack.urls["cloud_us"])
    steps.goes_by_navigation(ada, "settings", "subscription")
    again = ada.saves(tmp_path / "again", "downloadLicense")
    ada.goes_to(stack.urls["selfhost"])
    steps.goes_by_navigation(ada, "settings", "subscription")
    ada.follows("updateLicense")
    ada.attaches(again)
    ada.presses("submit")
    ada.is_told("licenseUploadSuccess")


def test_organization_license(stack: Stack, person: Callable[..., Person], tmp_path: Path) -> None:
    owner = person("Olga Owner", "zh-CN")
    acme = Organization(f"Acme {owner.email.split('-')[1]}", tmp_path)
    stack.configure(**{COMMUNICATION: "false"})

    steps.registers(owner, stack, "selfhost")
    steps.registers(owner, stack, "cloud_us")
    stack.follows(LICENSES, "subscribe")
    steps.founds_organization(owner, acme.name, "planNameEnterprise", SEATS)

    stack.follows(LICENSES, "installation")
    stack.follows(LICENSES, "download-organization-license")
    saved = acme.downloads(owner, stack)

    stack.follows(LICENSES, "create-organization")
    owner.goes_to(stack.urls["selfhost"] + "/create-organization")
    owner.is_on("newOrganization")
    owner.attaches(saved)
    owner.reads(acme.name)
    owner.presses("submit")
    owner.is_told("organizationCreated")

    stack.follows(LICENSES, "add-seats")
    owner.goes_to(stack.urls["cloud_us"])
    steps.opens_admin_console(owner, acme.name)
    steps.goes_by_navigation(owner, "billing", "subscription")
    changes_seats(owner, SEATS + ADDED)

    stack.follows(LICENSES, "manual-update")
    again = acme.downloads(owner, stack)
    acme.opens_subscription_here(owner, stack)
    expect(owner.field("automaticSync")).to_be_disabled()
    owner.sees("x.cloudCommOffHint")
    owner.chooses("manualUpload")
    owner.attaches(again)
    owner.presses("submit")
    owner.is_told("licenseUploadSuccess")
    assert seats_here(stack, owner, acme.name) == SEATS + ADDED

    stack.follows(LICENSES, "enable-cloud-communication")
    stack.follows(LICENSES, "rebuild-and-start")
    stack.configure(**{COMMUNICATION: "true"})

    stack.follows(LICENSES, "generate-token")
    owner.goes_to(stack.urls["cloud_us"])
    steps.opens_admin_console(owner, acme.name)
    steps.copies_billing_token(owner)

    stack.follows(LICENSES, "save-token")
    acme.opens_subscription_here(owner, stack)
    steps.pastes_billing_token(owner)
    expect(steps.fact(owner, "lastLicenseSync")).to_contain_text(owner.t("never"))

    stack.follows(LICENSES, "sync-license")
    owner.goes_to(stack.urls["cloud_us"])
    steps.opens_admin_console(owner, acme.name)
    steps.goes_by_navigation(owner, "billing", "subscription")
    changes_seats(owner, SEATS + 2 * ADDED)
    acme.opens_subscription_here(owner, stack)
    owner.presses("syncLicense")
    owner.is_told("licenseSyncSuccess")
    expect(steps.fact(owner, "lastLicenseSync")).not_to_contain_text(owner.t("never"))
    assert seats_here(stack, owner, acme.name) == SEATS + 2 * ADDED

    stack.follows(LICENSES, "renewal")
    stack.wait_days(YEAR + 2)
    stack.follows(LICENSES, "grace")  # a year later the session is what it was
    acme.opens_subscription_here(owner, stack)
    banner = owner.tab.get_by_test_id("banner")
    expect(banner).to_contain_text(acme.name)
    stack.follows(LICENSES, "suspension")
    stack.wait_days(GRACE)
    stack.run_job("ValidateOrganizationsJob")
    acme.opens_subscription_here(owner, stack)
    expect(owner.tab.get_by_test_id("banner")).to_contain_text(owner.t("x.suspendedBanner", organization=acme.name))
    stack.follows(LICENSES, "recovery")
    owner.presses("syncLicense")
    owner.is_told("licenseSyncSuccess")
    expect(owner.tab.get_by_test_id("banner")).to_have_count(0)


def test_families_organizations_are_updated_by_hand_only(
    stack: Stack, person: Callable[..., Person], tmp_path: Path
) -> None:
    owner = person("Fay Family", "zh-CN")
    stack.follows(LICENSES, "families-manual-only")
    family = Organization(f"Family {owner.email.split('-')[1]}", tmp_path)
    steps.registers(owner, stack, "selfhost")
    steps.registers(owner, stack, "cloud_us")
    steps.founds_organization(owner, family.name, "planNameFamilies")
    saved = family.downloads(owner, stack)
    owner.goes_to(stack.urls["selfhost"] + "/create-organization")
    owner.attaches(saved)
    owner.presses("submit")
    owner.is_told("organizationCreated")

    family.opens_subscription_here(owner, stack)
    owner.sees("x.familiesManualOnly")
    owner.sees_not("automaticSync")
    owner.attaches(saved)
    owner.presses("submit")
    owner.is_told("licenseUploadSuccess")


def test_trial_has_no_billing_sync(stack: Stack, person: Callable[..., Person]) -> None:
    stack.follows(LICENSES, "trial-refused")
    owner = person("Tom Trial", "en")
    steps.registers(owner, stack, "cloud_us")
    steps.founds_trial(owner, stack, f"Trial {owner.email.split('-')[1]}")
    owner.goes_to(stack.urls["cloud_us"])
    steps.opens_admin_console(owner)
    steps.goes_by_navigation(owner, "billing", "subscription")
    owner.sees("x.trialNoSync")


def changes_seats(owner: Person, seats: int) -> None:
    """On the cloud's subscription page."""
    owner.fills("subscriptionSeats", str(seats))
    owner.presses("save")
    owner.is_told("subscriptionUpdated")


def seats_here(stack: Stack, owner: Person, name: str) -> int:
    """How many the instance grants, as other clients see it."""
    organizations = stack.sign_in("selfhost", owner.email).profile()["organizations"]
    return int(next(each["seats"] for each in organizations if each["name"] == name))
