"""The two steps of the login page, a phone on which messages cover nothing, and browsers without keys.

Source: fidelity.md: pages.shell.
"""

from collections.abc import Callable
from urllib.parse import quote

from playwright.sync_api import Locator, expect

from common.cli.client import link_parameters
from common.cli.organizations import buy_organization
from common.enums import PlanType
from tests.support import steps
from tests.support.browser import Person
from tests.support.stack import Stack

PHONE = {"width": 360, "height": 640}


def test_enter_goes_from_the_address_to_the_password_to_the_vault(stack: Stack, person: Callable[..., Person]) -> None:
    ann = person("Ann")
    stack.register("cloud_us", ann.email, ann.name)
    ann.goes_to(stack.urls["cloud_us"] + "/login")
    expect(ann.tab.get_by_label(ann.t("masterPass")).first).to_be_hidden()
    ann.field("emailAddress").fill("nobody")
    ann.tab.keyboard.press("Enter")
    ann.sees("inputEmail")

    ann.field("emailAddress").fill(ann.email)
    ann.tab.keyboard.press("Enter")
    expect(ann.tab.get_by_text(ann.t("loggingInAs"))).to_contain_text(ann.email)
    expect(ann.field("masterPass")).to_be_focused()
    ann.tab.keyboard.type(ann.password)
    ann.tab.keyboard.press("Enter")
    ann.is_on("vault")


def test_somebody_else_goes_back_and_leaves_no_password(stack: Stack, person: Callable[..., Person]) -> None:
    ann = person("Ann")
    ann.goes_to(f"{stack.urls['cloud_us']}/login?email={quote('bob@ui.example')}")
    ann.reads("bob@ui.example")
    ann.fills("masterPass", "typed by Bob")
    ann.presses("notYou")
    expect(ann.field("emailAddress")).to_be_focused()
    ann.fills("emailAddress", ann.email)
    ann.presses("continue")
    ann.reads(ann.email)
    expect(ann.field("masterPass")).to_have_value("")


def test_the_step_survives_another_language(stack: Stack, person: Callable[..., Person]) -> None:
    ann = person("Ann")
    ann.goes_to(stack.urls["selfhost"] + "/login")
    ann.fills("emailAddress", ann.email)
    ann.presses("continue")
    ann.fills("masterPass", ann.password)
    ann.presses("x.languageSwitch")
    ann.language = "zh-CN"
    ann.sees("loggingInAs")
    ann.reads(ann.email)
    expect(ann.field("masterPass")).to_have_value(ann.password)


def test_a_remembered_address_is_filled_in(stack: Stack, person: Callable[..., Person]) -> None:
    ann = person("Ann")
    stack.register("cloud_us", ann.email, ann.name)
    ann.goes_to(stack.urls["cloud_us"] + "/login")
    ann.chooses("rememberEmail")
    steps.fills_login(ann)
    ann.is_on("vault")
    steps.logs_out(ann)
    expect(ann.field("emailAddress")).to_have_value(ann.email)


def test_the_other_region_is_a_click_away(stack: Stack, person: Callable[..., Person]) -> None:
    ann = person("Ann")
    ann.goes_to(stack.urls["cloud_us"] + "/login")
    ann.follows("x.regionEu")
    ann.tab.wait_for_url(stack.urls["cloud_eu"] + "/login")


def test_messages_leave_the_button_free_on_a_phone(stack: Stack, person: Callable[..., Person]) -> None:
    ann = person("Ann", "zh-CN", viewport=PHONE)
    ann.goes_to(f"{stack.urls['cloud_us']}/login?email={quote(ann.email)}")
    for told in range(1, 4):
        ann.fills("masterPass", "not the right one")
        ann.presses("loginWithMasterPassword")
        expect(ann.tab.locator("#toasts > *")).to_have_count(told)
    expect(ann.tab.get_by_role("alert")).to_have_count(1)  # the others wait behind it
    assert _can_be_pressed(ann.front.get_by_test_id("loginWithMasterPassword"))


def _can_be_pressed(button: Locator) -> bool:
    """Whether a finger that scrolls it up meets it."""
    return bool(
        button.evaluate(
            """(it) => { scrollBy({ top: it.getBoundingClientRect().top - 100, behavior: "instant" });
            const { x, y, width, height } = it.getBoundingClientRect();
            const hit = document.elementFromPoint(x + width / 2, y + height / 2);
            return hit !== null && it.contains(hit); }"""
        )
    )


def test_a_browser_without_keys_asks_for_the_master_password(stack: Stack, person: Callable[..., Person]) -> None:
    owner, nora = person("Olga"), person("Nora")
    api, member = (stack.register("cloud_us", each.email, each.name) for each in (owner, nora))
    organization = buy_organization(api, f"Lock {owner.email}", PlanType.ENTERPRISE_ANNUALLY, seats=3)
    users = f"/organizations/{organization}/users"
    api.post(f"{users}/invite", {"emails": [nora.email], "type": 2, "collections": [], "groups": []})
    invitation = link_parameters(stack.mailbox.wait_for(nora.email, carrying="accept-organization"), "token")
    member.post(f"{users}/{invitation['organizationUserId']}/accept", {"token": invitation["token"]})

    steps.has_logged_in(owner, stack, "cloud_us")  # as by *Log in as*: signed in, and no key was made of a password
    owner.goes_to(f"{stack.urls['cloud_us']}/organizations/{organization}/members")
    owner.follows("confirm")
    owner.fills("masterPass", owner.password)
    owner.presses("confirm")
    owner.is_told("hasBeenConfirmed", user=nora.name)
