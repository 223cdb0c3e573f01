"""What people do again and again on the pages, told once: register, log in, find their way, read their mail."""

import re
from functools import cache
from html import unescape

from playwright.sync_api import APIResponse, Locator, expect

from common.cli.organizations import buy_organization
from common.crypto import account
from common.crypto.account import Kdf
from common.enums import PlanType
from tests.support.browser import Person
from tests.support.stack import Stack

PORTAL_SUBJECT = "[Admin] Continue Logging In"


def registers(person: Person, stack: Stack, app: str) -> None:
    """Opens an account by way of the mailed link, and is logged in then."""
    person.goes_to(stack.urls[app])
    person.follows("createAccount")
    person.is_on("createAccount")
    person.fills("emailAddress", person.email)
    person.fills("name", person.name)
    person.presses("continue")
    person.is_on("checkYourEmail")
    follows_mail(person, stack, "Verify Your Email", stack.urls[app])
    finishes_registration(person)


def finishes_registration(person: Person) -> None:
    """Chooses the master password on the page that a mailed link opened."""
    person.is_on("setAStrongPassword")
    person.fills("masterPass", person.password)
    person.fills("confirmMasterPassword", person.password)
    person.presses("createAccount")
    expect(person.tab.get_by_role("heading", level=1)).not_to_have_text(person.t("setAStrongPassword"))


def logs_in(person: Person, stack: Stack, app: str) -> None:
    """With the master password; the vault is in front then."""
    person.goes_to(stack.urls[app] + "/login")
    fills_login(person)
    expect(person.tab.get_by_role("heading", level=1)).not_to_have_text(person.t("logIn"))


def has_logged_in(person: Person, stack: Stack, app: str) -> None:
    """The same session without the pages that lead to it; the browser has no keys then, as if it had been locked."""
    address, browser = stack.urls[app] + "/login", person.context.request
    proof = _password_hash(person.email, person.password)
    form = _form_token(browser.get(address)) | {"email": person.email, "masterPasswordHash": proof}
    _leads_on(browser.post(address, form=form, max_redirects=0))


def has_logged_in_to_portal(person: Person, stack: Stack, app: str = "selfhost") -> None:
    """The same for the portal."""
    portal, browser = f"{stack.urls[app]}/admin", person.context.request
    form = _form_token(browser.get(f"{portal}/login")) | {"Email": person.email}
    _leads_on(browser.post(f"{portal}/login", form=form, max_redirects=0))
    mail = stack.mailbox.wait_for(person.email, subject=PORTAL_SUBJECT, link_to=portal)
    link = next(each for each in mail["links"] if each.startswith(portal))
    _leads_on(browser.get(link, max_redirects=0))


@cache
def _password_hash(email: str, password: str) -> str:
    return account.server_hash(account.master_key(password, email, Kdf()), password)


def _form_token(page: APIResponse) -> dict[str, str | float | bool]:
    found = re.search(r'name="(__RequestVerificationToken)" value="([^"]+)"', page.text())
    assert found is not None, page.url
    return {found[1]: unescape(found[2])}


def _leads_on(answer: APIResponse) -> None:
    assert answer.status in (302, 303), f"{answer.url}: {answer.status} {answer.text()}"


def logs_in_to_portal(person: Person, stack: Stack, app: str = "selfhost") -> None:
    """The System Administrator Portal: no password, a link by mail."""
    person.goes_to(f"{stack.urls[app]}/admin")
    person.tab.locator("input[type=email]").fill(person.email)
    person.presses("continue")
    expect(person.tab.get_by_text(person.t("x.adminLinkSent"))).to_be_visible()
    follows_mail(person, stack, PORTAL_SUBJECT, f"{stack.urls[app]}/admin")


def fills_login(person: Person, password: str | None = None) -> None:
    """The form of the login page, in its two steps."""
    person.is_on("logIn")
    person.fills("emailAddress", person.email)
    person.presses("continue")
    person.fills("masterPass", password or person.password)
    person.presses("loginWithMasterPassword")


def logs_out(person: Person) -> None:
    """By the account menu."""
    opens_menu(person, "x.account")
    person.presses("logOut")
    person.is_on("logIn")


def opens_menu(person: Person, key: str) -> None:
    """A menu of the top bar."""
    person.tab.locator("summary").filter(has_text=person.t(key)).filter(visible=True).first.click()


def opens_admin_console(person: Person, organization: str | None = None) -> None:
    """By the product switcher, then to this organization."""
    opens_menu(person, "switchProducts")
    person.follows("adminConsole")
    if organization is not None:
        switches_organization(person, organization)


def switches_organization(person: Person, organization: str) -> None:
    """By the organization switcher, unless it is the one in front."""
    switcher = person.tab.get_by_test_id("organizationSwitcher")
    summary = switcher.locator("summary")
    if organization not in summary.inner_text():
        summary.click()
        switcher.get_by_role("link", name=organization).click()
    expect(summary).to_contain_text(organization)


def goes_by_navigation(person: Person, *keys: str) -> None:
    """Through the side navigation: groups are opened, the last one is the page."""
    *groups, page = keys
    place = person.tab.locator("#side")
    for key in groups:
        group = place.locator("details").filter(has=person.tab.locator("summary", has_text=_whole(person.t(key)))).first
        if group.get_attribute("open") is None:
            group.locator("summary").first.click()
        place = group
    place.get_by_role("link", name=person.t(page), exact=True).first.click()


def follows_mail(person: Person, stack: Stack, subject: str, link_to: str) -> None:
    """Opens the newest such mail in the mailbox, and its link in a new tab."""
    mail = stack.mailbox.wait_for(person.email, subject=subject, link_to=link_to)
    person.goes_to(f"{stack.urls['mailbox']}/messages/{mail['id']}")
    link = person.tab.get_by_role("link").filter(visible=True).and_(person.tab.locator(f'[href^="{link_to}"]')).first
    person.opens_in_new_tab(link)


def _whole(text: str) -> re.Pattern[str]:
    return re.compile(rf"^\s*{re.escape(text)}\s*$")


def founds_organization(person: Person, name: str, plan: str, seats: int | None = None) -> None:
    """A new cloud organization. plan: key of its label."""
    base = person.tab.url.split("/", 3)
    person.goes_to("/".join(base[:3]) + "/create-organization")
    person.is_on("newOrganization")
    person.fills("organizationName", name)
    person.fills("billingEmail", person.email)
    person.chooses(plan)
    if seats is not None:
        person.fills("userSeats", str(seats))
    person.presses("submit")
    person.is_told("organizationCreated")


def founds_trial(person: Person, stack: Stack, name: str) -> None:
    """An Enterprise organization in its free trial, as other clients make it."""
    buy_organization(stack.sign_in("cloud_us", person.email), name, PlanType.ENTERPRISE_ANNUALLY, seats=1, trial=True)


def copies_billing_token(owner: Person) -> None:
    """Billing -> Subscription, Set up billing sync, master password, Generate token, copy."""
    goes_by_navigation(owner, "billing", "subscription")
    owner.follows("setUpBillingSync")
    owner.fills("masterPass", owner.password)
    owner.presses("generateToken")
    owner.sees("x.tokenCopyHint")
    owner.context.grant_permissions(["clipboard-read", "clipboard-write"])
    owner.front.get_by_role("button", name=owner.t("copyValue")).first.click()
    owner.is_told("valueCopied", value=owner.t("billingSyncKey"))


def pastes_billing_token(owner: Person) -> None:
    """Automatic sync, Manage billing sync, paste, Save."""
    owner.chooses("automaticSync")
    owner.follows("manageBillingSync")
    owner.field("billingSyncKey").focus()
    owner.tab.keyboard.press("Control+V")
    owner.presses("save")
    owner.is_told("x.tokenSaved")


def fact(person: Person, key: str) -> Locator:
    """What stands beside a term of a list of facts."""
    return person.tab.locator("dt", has_text=_whole(person.t(key))).locator("xpath=following-sibling::dd[1]")
