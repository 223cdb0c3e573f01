"""Pictures of all screens: `python -m tests.ui.screens [--only NAME ...] [--docs]` (also `make screenshots`).

Each screen in both languages, light and dark, wide and on a phone, into screenshots/NAME/; --docs writes the chosen
ones, with few colours, into docs/images/.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright
from playwright.sync_api import Error as BrowserError

from tests.support import steps
from tests.support.browser import CATALOGUE_LANGUAGE, LOCALES, PATIENCE_MS, Person, Witness, launch_settings
from tests.support.furnished import Furnished, furnish
from tests.support.palette import write_small_png
from tests.support.stack import TYPED_PASSWORD, Stack, Wardenloop, free_base_port

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "screenshots"
DOCS = ROOT / "docs" / "images"
CONFIGURATIONS = ROOT / "tests" / "fixtures" / "configurations"
LARGEST_IN_DOCS = 80_000
THEMES = ("light", "dark")
SIZES: dict[str, ViewportSize] = {"wide": {"width": 1280, "height": 800}, "phone": {"width": 360, "height": 740}}
Act = Callable[[Person, Furnished], None]


@dataclass(frozen=True)
class Screen:
    """A page as somebody sees it.

    who: a name of Furnished.people; "" = nobody is logged in; "admin" = at the portal. path: with the names of ids in
    Furnished. then: what is pressed on it. docs: worth a place in the documentation. status: of the answer.
    """

    name: str
    app: str
    path: str
    who: str = ""
    then: Act | None = None
    docs: bool = False
    status: int = 200


def opens(key: str) -> Act:
    """Follow a link or press a button, whatever bears this label, and wait for the dialog that opens."""

    def act(person: Person, world: Furnished) -> None:
        name, dialog = person.t(key), person.tab.locator("dialog[open]")
        both = person.tab.get_by_role("link", name=name, exact=True).or_(
            person.tab.get_by_role("button", name=name, exact=True)
        )
        both.filter(visible=True).first.click()
        dialog.get_by_role("heading").first.wait_for()

    return act


def ticks(key: str) -> Act:
    """Choose a radio button or a box."""
    return lambda person, world: person.chooses(key)


def menu(key: str) -> Act:
    """Open a menu of the top bar."""
    return lambda person, world: steps.opens_menu(person, key)


def opens_clock(person: Person, world: Furnished) -> None:
    """The panel behind the clock of the bar."""
    person.tab.get_by_test_id("x.clock").click()
    person.tab.locator("dialog[open]").get_by_test_id("x.simUntilRenewal").wait_for()


def looks_ahead(person: Person, world: Furnished) -> None:
    """What happens until the renewal; nothing is done."""
    opens_clock(person, world)
    person.tab.locator("dialog[open]").get_by_test_id("x.simUntilRenewal").click()
    person.tab.locator("dialog[open]").get_by_test_id("x.simSummary").wait_for()


def looks_through(person: Person, _world: Furnished) -> None:
    """A file of a real server with much that is wrong."""
    person.tab.locator("#env").set_input_files(CONFIGURATIONS / "messy.env")
    person.tab.get_by_test_id("x.doctor.look").click()
    person.tab.get_by_test_id("x.doctor.findings").wait_for()


def opens_exchange(person: Person, world: Furnished) -> None:
    """The newest call of the inspector."""
    person.tab.get_by_test_id("x.exchange").get_by_role("link").first.click()
    person.tab.locator("dialog[open]").get_by_role("heading").first.wait_for()


def keeps_a_state(person: Person, world: Furnished) -> None:
    """One that is kept, compared with now."""
    person.tab.locator("#name").fill("before")
    with person.tab.expect_navigation():  # the page before may have the next button, too
        person.tab.get_by_test_id("x.stateKeep").click()
    person.tab.get_by_test_id("x.stateCompare").click()
    person.tab.get_by_test_id("x.stateSame").or_(person.tab.get_by_test_id("x.stateDifferences")).wait_for()


def scrolled_to(key: str) -> Act:
    """A heading at the top."""

    def act(person: Person, world: Furnished) -> None:
        person.tab.get_by_role("heading", name=person.t(key)).evaluate("heading => heading.scrollIntoView()")

    return act


def token(person: Person, world: Furnished) -> None:
    """The billing sync token, after the master password."""
    opens("viewBillingToken")(person, world)
    person.fills("masterPass", TYPED_PASSWORD)
    person.presses("continue")
    person.sees("x.tokenCopyHint")


def newest_mail(person: Person, world: Furnished) -> None:
    """The first mail of the list."""
    person.tab.get_by_test_id("x.mail").first.locator("a:not(.chip)").click()
    person.tab.wait_for_url("**/messages/*")


def license_chosen(person: Person, world: Furnished) -> None:
    """A licence file that is not sent yet."""
    person.attaches(world.license_file)


def wrong_login(person: Person, world: Furnished) -> None:
    """A master password that is not the right one."""
    person.fills("emailAddress", "olivia@acme.example")
    person.presses("continue")
    person.fills("masterPass", "not the right one")
    person.presses("loginWithMasterPassword")
    person.tab.get_by_role("alert").first.wait_for()


ON_CLOUD = "/organizations/{acme_on_cloud}"
HERE = "/organizations/{acme}"

SCREENS = (
    Screen("login", "cloud_us", "/login"),
    Screen("login-eu", "cloud_eu", "/login"),
    Screen("login-refused", "cloud_us", "/login", then=wrong_login),
    Screen("login-selfhost", "selfhost", "/login"),
    Screen("signup", "cloud_us", "/signup"),
    Screen("finish-signup", "cloud_us", "/finish-signup?email=nobody%40home.example&token=x&fromEmail=true"),
    Screen("signup-link-expired", "cloud_us", "/signup-link-expired"),
    Screen("host", "cloud_us", "/host"),
    Screen("not-found", "cloud_us", "/no/such/page", status=404),
    Screen("vault", "cloud_us", "/vault", "owner_on_cloud"),
    Screen("products", "cloud_us", "/vault", "owner_on_cloud", menu("switchProducts")),
    Screen("account-menu", "selfhost", "/vault", "owner_here", menu("x.account")),
    Screen("account", "cloud_us", "/settings/account", "owner_on_cloud"),
    Screen("preferences", "cloud_us", "/settings/preferences", "owner_on_cloud"),
    Screen("cloud-premium", "cloud_us", "/settings/subscription/premium", "family"),
    Screen("cloud-user-subscription", "cloud_us", "/settings/subscription/user-subscription", "owner_on_cloud"),
    Screen("selfhost-premium", "selfhost", "/settings/subscription/premium", "Ada"),
    Screen("selfhost-user-subscription", "selfhost", "/settings/subscription/user-subscription", "owner_here"),
    Screen(
        "selfhost-update-license",
        "selfhost",
        "/settings/subscription/user-subscription",
        "owner_here",
        opens("updateLicense"),
    ),
    Screen("cloud-new-organization", "cloud_us", "/create-organization", "owner_on_cloud"),
    Screen("selfhost-new-organization", "selfhost", "/create-organization", "owner_here", license_chosen, docs=True),
    Screen("cloud-subscription", "cloud_us", ON_CLOUD + "/billing/subscription", "owner_on_cloud"),
    Screen("cloud-subscription-trial", "cloud_us", "/organizations/{trial}/billing/subscription", "owner_on_cloud"),
    Screen(
        "download-license",
        "cloud_us",
        ON_CLOUD + "/billing/subscription",
        "owner_on_cloud",
        opens("downloadLicense"),
    ),
    Screen(
        "generate-token",
        "cloud_us",
        ON_CLOUD + "/billing/subscription",
        "owner_on_cloud",
        opens("viewBillingToken"),
    ),
    Screen("token", "cloud_us", ON_CLOUD + "/billing/subscription", "owner_on_cloud", token, docs=True),
    Screen("cloud-billing-history", "cloud_us", ON_CLOUD + "/billing/history", "owner_on_cloud"),
    Screen("cloud-events", "cloud_us", ON_CLOUD + "/reporting/events", "owner_on_cloud"),
    Screen("selfhost-events", "selfhost", HERE + "/reporting/events", "owner_here"),
    Screen("cloud-organization-info", "cloud_us", ON_CLOUD + "/settings/account", "owner_on_cloud"),
    Screen("cloud-policies", "cloud_us", ON_CLOUD + "/settings/policies", "owner_on_cloud"),
    Screen("cloud-members", "cloud_us", ON_CLOUD + "/members", "owner_on_cloud"),
    Screen("cloud-admin-sponsorships", "cloud_us", ON_CLOUD + "/members/sponsored-families", "owner_on_cloud"),
    Screen("cloud-collections", "cloud_us", ON_CLOUD + "/collections", "owner_on_cloud"),
    Screen("selfhost-subscription", "selfhost", HERE + "/billing/subscription", "owner_here", docs=True),
    Screen(
        "selfhost-manual-upload",
        "selfhost",
        HERE + "/billing/subscription",
        "owner_here",
        ticks("manualUpload"),
    ),
    Screen(
        "selfhost-manage-billing-sync",
        "selfhost",
        HERE + "/billing/subscription",
        "owner_here",
        opens("manageBillingSync"),
    ),
    Screen("members", "selfhost", HERE + "/members", "owner_here"),
    Screen("invite-member", "selfhost", HERE + "/members", "owner_here", opens("inviteMember")),
    Screen("policies", "selfhost", HERE + "/settings/policies", "owner_here"),
    Screen("admin-sponsorships", "selfhost", HERE + "/members/sponsored-families", "owner_here"),
    Screen("add-sponsorship", "selfhost", HERE + "/members/sponsored-families", "owner_here", opens("addSponsorship")),
    Screen("sponsored-families", "selfhost", "/settings/sponsored-families", "owner_here"),
    Screen("sponsored-requested", "selfhost", "/settings/sponsored-families", "Ada", docs=True),
    Screen("sponsored-sent", "selfhost", "/settings/sponsored-families", "Sam"),
    Screen("sponsored-active", "selfhost", "/settings/sponsored-families", "Mia"),
    Screen("redeem", "cloud_us", "/setup/families-for-enterprise?token={offer}", "invited", docs=True),
    Screen("redeem-bad-token", "cloud_us", "/setup/families-for-enterprise?token=x", "invited", status=400),
    Screen("sponsored-organization", "cloud_us", "/organizations/{families}/billing/subscription", "family"),
    Screen("portal-login", "selfhost", "/admin/login"),
    Screen("portal-dashboard", "selfhost", "/admin", "admin"),
    Screen("portal-users", "selfhost", "/admin/users", "admin"),
    Screen("portal-organizations", "selfhost", "/admin/organizations", "admin"),
    Screen(
        "portal-organization",
        "selfhost",
        "/admin/organizations/view/{acme}",
        "admin",
        scrolled_to("admin.connections"),
        docs=True,
    ),
    Screen("start", "start", "/", docs=True),
    Screen("clock", "selfhost", "/login", then=opens_clock),
    Screen("clock-ahead", "start", "/", then=looks_ahead, docs=True),
    Screen("time", "start", "/time", docs=True),
    Screen("inspector", "start", "/inspector", docs=True),
    Screen("inspector-call", "start", "/inspector", then=opens_exchange),
    Screen("inspector-states", "start", "/inspector/states", then=keeps_a_state),
    Screen("faults", "start", "/faults"),
    Screen("incidents", "start", "/incidents"),
    Screen("incident", "start", "/incidents/2065"),
    Screen("forge", "start", "/forge"),
    Screen("worlds", "start", "/worlds"),
    Screen("world-ask", "start", "/worlds/apply?world=trial"),
    Screen("rehearse", "start", "/rehearse"),
    Screen("rehearsal", "start", "/rehearse/billing-sync"),
    Screen("doctor", "start", "/doctor"),
    Screen("doctor-findings", "start", "/doctor", then=looks_through),
    Screen("openapi", "cloud_us", "/openapi?filter=sponsorship"),
    Screen("mailbox", "mailbox", ""),
    Screen("mail", "mailbox", "", then=newest_mail),
)


class Photographer:
    """Goes round with one browser; logs everybody in once."""

    def __init__(self, browser: Browser, world: Furnished) -> None:
        self._browser = browser
        self._world = world
        self._cookies: dict[tuple[str, str], list[Any]] = {}
        self._free: dict[tuple[str, str, str], Person] = {}

    @contextmanager
    def facing(
        self,
        screen: Screen,
        language: str,
        theme: str = "light",
        size: str = "wide",
    ) -> Iterator[Person]:
        """Somebody in front of this screen: in the tab where the one before looked at another, which costs a fifth."""
        look = language, theme, size
        person = self._free.pop(look, None) or self._person(self._context(*look), language)
        if screen.who:
            person.context.add_cookies(self._logged_in(screen.app, screen.who))
        answer = person.tab.goto(self.url(screen))
        assert answer is not None and answer.status == screen.status, f"{screen.path}: {answer and answer.status}"
        if screen.then is not None:
            screen.then(person, self._world)
        person.tab.locator("html[data-ready]").wait_for(state="attached")
        yield person
        person.tab.evaluate("sessionStorage.clear(); localStorage.clear()")
        person.context.clear_cookies()
        self._free[look] = person  # after no fault only

    def url(self, screen: Screen) -> str:
        """Its whole address."""
        return self._world.stack.urls[screen.app] + screen.path.format(**vars(self._world))

    def _context(self, language: str, theme: str, size: str) -> BrowserContext:
        return self._browser.new_context(
            locale=LOCALES[language],
            color_scheme="dark" if theme == "dark" else "light",
            viewport=SIZES[size],
            reduced_motion="reduce",
        )

    def _person(self, context: BrowserContext, language: str, email: str = "") -> Person:
        witness = Witness(self._world.stack.hosts, {TYPED_PASSWORD})
        context.set_default_timeout(PATIENCE_MS)
        witness.watch(context)
        return Person(email, email, TYPED_PASSWORD, language, context, witness, context.new_page())

    def _logged_in(self, app: str, who: str) -> list[Any]:
        """The cookies of somebody who is."""
        if (app, who) not in self._cookies:
            people = self._world.people
            email = (people["owner_here"] if who == "admin" else people[who]).email
            with self._browser.new_context(locale=LOCALES["en"]) as context:
                person = self._person(context, "en", email)
                log_in = steps.has_logged_in_to_portal if who == "admin" else steps.has_logged_in
                log_in(person, self._world.stack, app)
                self._cookies[app, who] = list(context.cookies())
        return self._cookies[app, who]


def take_all(photographer: Photographer, screens: Sequence[Screen]) -> list[str]:
    """All variants into screenshots/; what could not be taken."""
    failed = []
    for screen in screens:
        folder = PICTURES / screen.name
        folder.mkdir(parents=True, exist_ok=True)
        for language, theme, size in product(LOCALES, THEMES, SIZES):
            try:
                with photographer.facing(screen, language, theme, size) as person:
                    path = folder / f"{language}-{theme}-{size}.png"
                    person.tab.screenshot(path=path, full_page=not person.tab.locator("dialog[open]").count())
            except (BrowserError, AssertionError, LookupError) as error:
                failed.append(f"{screen.name} {language} {theme} {size}: {str(error).splitlines()[0]}")
                break
        print(f"{screen.name}{' FAILED' if failed and failed[-1].startswith(screen.name + ' ') else ''}", flush=True)
    return failed


def take_for_docs(photographer: Photographer, counter: Page, screens: Sequence[Screen]) -> list[str]:
    """The chosen ones in both languages into docs/images/; what could not be taken or is too large."""
    DOCS.mkdir(parents=True, exist_ok=True)
    failed = []
    for screen, language in product((each for each in screens if each.docs), LOCALES):
        path = DOCS / f"{screen.name}.{CATALOGUE_LANGUAGE[language]}.png"
        with photographer.facing(screen, language) as person:
            size = write_small_png(counter, person.tab.screenshot(), path)
        print(f"{path.relative_to(ROOT)} {size}", flush=True)
        if size > LARGEST_IN_DOCS:
            failed.append(f"{path.name}: {size} bytes")
    return failed


def main(arguments: Sequence[str]) -> int:
    """Set a world up, take the pictures, take the world down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=[screen.name for screen in SCREENS])
    parser.add_argument("--docs", action="store_true")
    chosen = parser.parse_args(arguments)
    screens = [screen for screen in SCREENS if not chosen.only or screen.name in chosen.only]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        command = Wardenloop(Path(folder) / "home", free_base_port("gw8"))
        command.done("up", "--detach", "--base-port", str(command.base_port))
        stack = Stack.running(command, password=TYPED_PASSWORD)
        try:
            browser = playwright.chromium.launch(**launch_settings())
            photographer = Photographer(browser, furnish(stack))
            if chosen.docs:
                failed = take_for_docs(photographer, browser.new_page(), screens)
            else:
                failed = take_all(photographer, screens)
        finally:
            command("down")
    print("\n".join(failed), file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
