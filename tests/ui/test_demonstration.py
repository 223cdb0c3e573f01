"""A whole demonstration in the browser, no terminal: a fresh world, both documents, time, an incident, a snapshot.

Source: fidelity.md: pages.own.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from common.cli.client import Client
from common.documents import documents
from common.ids import SystemIds
from tests.support import steps
from tests.support.brought import organization_license
from tests.support.browser import Benches, Person
from tests.support.shared import run_folder
from tests.support.stack import PASSWORD, Stack, stack_for_browsers
from tests.ui.test_document_000 import OFFER_SUBJECT, redeems

OWNER, FRIEND = "owner@acme.example", "friend@home.example"
LONG_MS = 180_000
"""A whole world is put in place of another."""

STEPS = list(
    dict.fromkeys(
        str(task.task) for document in documents().values() for chapter in document.chapters for task in chapter.tasks
    )
)
INCIDENT = ("Stage", "Break", "See", "Explain", "Repair", "Works")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Stack]:
    """One of its own: a fresh world would take the others' people away."""
    with stack_for_browsers(run_folder(tmp_path_factory) / "demonstration", worker_id) as started:
        yield started


@pytest.fixture(scope="module")
def benches(browser: Browser, stack: Stack) -> Benches:
    return Benches(browser, [f"http://{stack.host(app)}" for app in ("cloud_us", "cloud_eu", "selfhost", "mailbox")])


@pytest.mark.parametrize(
    ("language", "world"), [("en", "x.worldReset"), ("zh-CN", "apply-eu-empty")], ids=["english", "chinese-eu"]
)
def test_a_whole_demonstration(stack: Stack, person: Callable[..., Person], language: str, world: str) -> None:
    presenter = person("Olivia Owner", language, OWNER)
    opens(presenter, stack, "/worlds")
    agrees_to(presenter, presenter.tab.get_by_test_id(world))
    expect(presenter.tab.get_by_test_id("x.rehearsal.kept")).to_contain_text("replaced")

    opens(presenter, stack, "/")
    for key in STEPS:
        if key == "x.stepRedeem" and language == "en":  # by hand: the friend opens the mail
            friend = person("Fay Family", language, FRIEND)
            steps.follows_mail(friend, stack, OFFER_SUBJECT, stack.urls["cloud_us"])
            redeems(friend, "Family")
            opens(presenter, stack, "/")
        if language != "en" and step(presenter, key).get_attribute("data-state") != "done":
            is_shown(presenter, key)
        has_done(presenter, key)
    saves_everything(presenter, stack)

    subscription_here(presenter)
    moves_on(presenter, "x.simUntilRenewal")
    expect(banner(presenter)).to_have_attribute("class", "banner banner-warning")
    moves_on(presenter, "x.simUntilGraceEnd")
    moves_on(presenter, "x.simByDay")
    expect(banner(presenter)).to_have_attribute("class", "banner banner-danger")
    presenter.presses("syncLicense")
    presenter.is_told("licenseSyncSuccess")
    expect(banner(presenter)).to_have_count(0)

    tells_an_incident(presenter, stack)
    comes_back(presenter, stack)


def opens(person: Person, stack: Stack, path: str) -> None:
    """A page of the desk, scripts running."""
    person.goes_to(stack.urls["start"] + path)
    ready(person)


def ready(person: Person) -> None:
    expect(person.tab.locator("html[data-ready]")).to_be_attached()


@contextmanager
def goes_on(person: Person) -> Iterator[None]:
    """What is pressed leads to a page, however long it takes."""
    with person.tab.expect_navigation(timeout=LONG_MS):
        yield
    ready(person)


def agrees_to(person: Person, link: Locator) -> None:
    """What asks first, in a dialog."""
    link.click()
    with goes_on(person):
        person.tab.locator("dialog[open]").get_by_test_id("x.askDo").click()


def step(person: Person, key: str) -> Locator:
    return person.tab.locator("li").and_(person.tab.get_by_test_id(key)).first


def has_done(person: Person, key: str) -> None:
    """*Do it for me* on the start page, unless it is done."""
    if step(person, key).get_attribute("data-state") != "done":
        with goes_on(person):
            button = "x.doItForMe" if key == "x.stepCommunication" else f"do-{key}"
            person.tab.get_by_test_id(button).first.click()
    expect(step(person, key)).to_have_attribute("data-state", "done")


def is_shown(person: Person, key: str) -> None:
    """*Show me* leads to what is pressed next, signed in, also in the portal and in the mail."""
    link = person.tab.get_by_test_id(f"show-{key}").first
    if key == "x.stepCommunication":  # done in a file, which is told on the page itself
        expect(link).to_have_count(0)
        return
    with person.context.expect_page() as opened:
        link.click()
    expect(opened.value.locator("#content .shown-control").first).to_be_visible()
    opened.value.close()


def saves_everything(person: Person, stack: Stack) -> None:
    """A snapshot of the moment before time moves."""
    opens(person, stack, "/worlds")
    person.fills("x.snapshotName", "everything-done")
    with goes_on(person):
        person.tab.get_by_test_id("x.snapshotSave").click()


def subscription_here(person: Person) -> None:
    """*Log in as* the owner on the instance, then by the product switcher to Billing -> Subscription."""
    with goes_on(person):
        person.tab.get_by_role("navigation").get_by_test_id("x.startPage").first.click()
    link = person.tab.locator(f'a[href^="/log-in-as?app=selfhost&email={OWNER.replace("@", "%40")}"]').first
    person.opens_in_new_tab(link)
    person.tab.wait_for_url("**/vault")
    ready(person)
    steps.opens_admin_console(person, "Acme")
    steps.goes_by_navigation(person, "billing", "subscription")
    person.is_on("subscription")


def moves_on(person: Person, key: str) -> None:
    """By the clock of the bar: look ahead, then go; the page behind it is looked at again."""
    ready(person)
    person.tab.get_by_test_id("x.clock").click()
    panel = person.tab.locator("dialog[open]")
    panel.get_by_test_id(key).click()
    panel.get_by_test_id("x.simGo").click()
    panel.get_by_test_id("x.simFurther").wait_for(timeout=LONG_MS)
    person.tab.reload()
    ready(person)


def banner(person: Person) -> Locator:
    return person.tab.get_by_test_id("banner")


def tells_an_incident(person: Person, stack: Stack) -> None:
    """Step by step, and the exchange behind the refusal, which the inspector shows."""
    opens(person, stack, "/incidents")
    with goes_on(person):
        person.tab.get_by_test_id("incident-rotated-token").get_by_role("link").click()
    for number, each in enumerate(INCIDENT, 1):
        with goes_on(person):
            person.tab.get_by_test_id(f"x.incidentDo{each}").click()
        expect(person.tab.locator("ol.story > li[data-state=expected]")).to_have_count(number)
    person.tab.get_by_test_id("x.incidentExchange").first.click()
    exchange = person.tab.locator("dialog[open]")
    exchange.get_by_test_id("x.entryTogether").wait_for()
    expect(exchange).to_contain_text("Invalid Billing Sync Key")


def comes_back(person: Person, stack: Stack) -> None:
    """To the snapshot: everything is done, and nothing is overdue."""
    opens(person, stack, "/worlds")
    agrees_to(person, person.tab.get_by_test_id("snapshot-everything-done").get_by_test_id("x.snapshotLoad"))
    opens(person, stack, "/")
    for key in STEPS:
        expect(step(person, key)).to_have_attribute("data-state", "done")
    subscription_here(person)
    expect(banner(person)).to_have_count(0)


class Newcomer:
    """Somebody who has a symptom in front, and finds its cause; three clicks are enough."""

    def __init__(self, person: Person, stack: Stack) -> None:
        self.person, self.stack = person, stack
        self._left = 3

    def has_in_front(self, url: str) -> None:
        """The page where something is wrong."""
        self.person.goes_to(url)
        ready(self.person)
        self._left = 3

    def clicks(self, link: Locator) -> Locator:
        """A link, in this window or a new one; the page that it leads to."""
        self._left -= 1
        assert self._left >= 0
        if link.get_attribute("target"):
            self.person.opens_in_new_tab(link)
        else:
            link.click()
        ready(self.person)
        return self.person.tab.locator("main")

    def explains(self) -> Locator:
        """The link beside what is told."""
        return self.clicks(self.person.tab.get_by_test_id("explained").filter(visible=True).last)

    def inspects(self) -> Locator:
        """The inspector, from the navigation of the desk."""
        return self.clicks(self.person.tab.get_by_role("navigation").get_by_test_id("x.inspector").first)


def test_five_causes_are_each_found_in_three_clicks(stack: Stack, person: Callable[..., Person]) -> None:
    """Each from what a person sees to why it is so."""
    stack.command.done("world", "apply", "synced")
    owner = person("Olivia Owner", "en", OWNER)
    newcomer = Newcomer(owner, stack)
    (here,) = stack.server("selfhost").get("/_sim/progress", email=OWNER)["organizations"]
    steps.has_logged_in_to_portal(owner, stack)
    opens(owner, stack, f"/log-in-as?app=selfhost&email={OWNER}".replace("@", "%40"))
    subscription = f"{stack.urls['selfhost']}/organizations/{here['id']}/billing/subscription"

    newcomer.has_in_front(f"{stack.urls['selfhost']}/admin/organizations/view/{here['id']}")
    owner.presses("admin.manuallySync")
    owner.sees("admin.billingSynced")
    expect(newcomer.explains().get_by_test_id("x.nothingSent")).to_be_visible()

    installation = f"/_sim/installations/{stack.installation_id}"
    stack.server("cloud_us").post(installation, {"enabled": False})
    newcomer.has_in_front(subscription)
    owner.presses("syncLicense")
    expect(newcomer.explains()).to_contain_text("POST /identity/connect/token")
    cause = newcomer.clicks(owner.tab.get_by_role("link", name=owner.t("x.entryBecause")))
    expect(cause.get_by_text("disabled", exact=True)).to_be_visible()
    stack.server("cloud_us").post(installation, {"enabled": True})

    opens(owner, stack, "/")
    has_done(owner, "x.stepSponsor")
    newcomer.has_in_front(stack.urls["start"])
    expect(newcomer.inspects().get_by_test_id("x.verdictNotSent")).to_contain_text(FRIEND)

    opens(owner, stack, "/")
    for key in ("x.stepManualSync", "x.stepRedeem"):
        has_done(owner, key)
    newcomer.has_in_front(stack.urls["start"])
    expect(newcomer.inspects().get_by_test_id("x.verdictCloudAhead")).to_contain_text(FRIEND)

    client = Client(stack.server("cloud_us"), OWNER, PASSWORD, SystemIds()).sign_in()
    (there,) = client.profile()["organizations"]
    proof = {"type": 1, "masterPasswordHash": client.password_hash}
    client.post(f"/organizations/{there['id']}/rotate-api-key", proof)
    newcomer.has_in_front(subscription)
    owner.presses("syncLicense")
    expect(newcomer.explains()).to_contain_text("Invalid Billing Sync Key")
    checks = newcomer.inspects().get_by_test_id("x.checkSameToken")
    expect(checks).to_have_attribute("data-state", "broken")


def test_a_license_of_ones_own_becomes_a_world_and_is_rehearsed(
    stack: Stack, person: Callable[..., Person], tmp_path: Path
) -> None:
    """The page puts a whole world in place of the one under itself, and goes on in it."""
    file = tmp_path / "license.json"
    file.write_text(json.dumps(organization_license()), "utf-8")
    admin = person("Ada Admin", "zh-CN")
    opens(admin, stack, "/rehearse")
    admin.tab.locator("#license").set_input_files(file)
    admin.tab.get_by_test_id("x.rehearsal.import").click()
    made = admin.tab.get_by_test_id("x.rehearsal.imported")
    made.wait_for(timeout=LONG_MS)
    expect(made).to_contain_text("Hash、Issued、Signature、Token")  # everything else is equal
    opens(admin, stack, "/rehearse/renewal")
    admin.tab.get_by_test_id("do-look").click()
    looked = admin.tab.get_by_test_id("step-look")
    expect(looked).to_have_attribute("data-state", "expected", timeout=LONG_MS)
    expect(looked).to_contain_text("2027-03-16")
