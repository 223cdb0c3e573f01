"""What people do with their own account on pages: name, address, password, API key, preferences, deletion."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest

from tests.support.harness import ENC_STRING, Person, Side
from tests.support.scenarios import make_unverified, new_organization
from tests.support.visitor import Visitor

ACCOUNT = "/settings/account"
NEW_HASH = "bmV3IGhhc2g="


@pytest.fixture(params=["cloud", "selfhost"])
def side(request: pytest.FixtureRequest) -> Side:
    found: Side = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def ann(side: Side) -> Person:
    return side.sign_up("ann@example.com", "Ann")


@pytest.fixture
def visitor(side: Side, ann: Person) -> Visitor:
    return Visitor(side).log_in(ann)


def proof(person: Person) -> dict[str, str]:
    return {"masterPasswordHash": person.password_hash}


def verified(person: Person) -> bool:
    return bool(person.api.get("/api/accounts/profile").json()["emailVerified"])


def test_the_name_is_changed_and_shown_as_it_is(ann: Person, visitor: Visitor) -> None:
    assert visitor.submit(ACCOUNT, {"name": "<i>Ann</i> & Co"}).location == ACCOUNT
    page = visitor.get(ACCOUNT).text
    assert "Account saved" in page
    assert 'value="&lt;i&gt;Ann&lt;/i&gt; &amp; Co"' in page
    assert ann.api.get("/api/accounts/profile").json()["name"] == "<i>Ann</i> & Co"


def test_a_name_that_is_too_long_is_marked(visitor: Visitor) -> None:
    answer = visitor.submit(ACCOUNT, {"name": "a" * 51}, script=True)
    assert (answer.status_code, list(answer.json["fields"])) == (400, ["name"])


@pytest.mark.parametrize("path", [ACCOUNT, f"{ACCOUNT}/password", f"{ACCOUNT}/api-key", f"{ACCOUNT}/delete"])
def test_nobody_sees_an_account_without_a_session(side: Side, path: str) -> None:
    assert Visitor(side).get(path).location == f"/login?next={quote(path, safe='')}"


def test_an_address_is_verified_by_the_mailed_link(ann: Person, visitor: Visitor) -> None:
    make_unverified(ann)
    assert 'href="/settings/verify-email"' in visitor.get("/vault").text
    sent = visitor.submit("/settings/verify-email", {})
    assert sent.location == ACCOUNT
    page = visitor.get(ACCOUNT).text
    assert "Check your email inbox for a verification link." in page
    assert 'data-state="unverified"' in page
    link = "/" + ann.side.mails[-1].text.split("/#/")[1].splitlines()[0]
    assert Visitor(ann.side).get(link).location == "/"
    assert verified(ann)
    assert 'data-state="verified"' in visitor.get(ACCOUNT).text
    assert "/settings/verify-email" not in visitor.get("/vault").text


def test_an_address_that_was_verified_meanwhile_needs_no_mail(ann: Person, visitor: Visitor) -> None:
    make_unverified(ann)
    page = visitor.get("/settings/verify-email").text
    visitor.submit("/settings/verify-email", {})
    visitor.get("/" + ann.side.mails[-1].text.split("/#/")[1].splitlines()[0])
    mailed = len(ann.side.mails)
    token = re.findall(r'name="__RequestVerificationToken" value="([^"]+)"', page)[0]
    again = visitor.client.post("/settings/verify-email", data={"__RequestVerificationToken": token})
    assert (again.location, len(ann.side.mails)) == (ACCOUNT, mailed)
    assert "Account email verified" in visitor.get(ACCOUNT).text


def test_a_link_that_proves_nothing_says_what_to_do(side: Side, ann: Person) -> None:
    make_unverified(ann)
    visitor = Visitor(side)
    for query in ("", f"?userId={ann.user_id}&token=x", "?userId=x&token=x"):
        answer = visitor.get(f"/verify-email{query}")
        assert answer.status_code == 400
        assert "Unable to verify your email. Try sending a new verification email." in answer.text
    assert not verified(ann)


def test_a_verification_link_ends_after_a_day(side: Side, ann: Person, visitor: Visitor) -> None:
    make_unverified(ann)
    visitor.submit("/settings/verify-email", {})
    side.clock.advance(timedelta(days=1))
    assert visitor.get("/" + side.mails[-1].text.split("/#/")[1].splitlines()[0]).status_code == 400


def test_the_api_key_comes_after_the_master_password_and_can_be_replaced(ann: Person, visitor: Visitor) -> None:
    wrong = visitor.submit(f"{ACCOUNT}/api-key", {"masterPasswordHash": "d3Jvbmc="}, script=True)
    assert (wrong.status_code, wrong.json["message"]) == (400, "User verification failed.")
    key = ann.api.post("/api/accounts/api-key", json=proof(ann)).json()["apiKey"]
    assert key not in visitor.get(f"{ACCOUNT}/api-key").text
    shown = visitor.submit(f"{ACCOUNT}/api-key", proof(ann))
    assert (key in shown.text, f"user.{ann.user_id}" in shown.text) == (True, True)
    assert shown.headers["Cache-Control"] == "no-store"
    replaced = visitor.submit(f"{ACCOUNT}/api-key", proof(ann) | {"rotate": "true"}).text
    fresh = ann.api.post("/api/accounts/api-key", json=proof(ann)).json()["apiKey"]
    assert (key in replaced, fresh in replaced) == (False, True)


def test_a_new_master_password_signs_every_other_browser_out(side: Side, ann: Person, visitor: Visitor) -> None:
    other = Visitor(side).log_in(ann)
    fields = proof(ann) | {"newMasterPasswordHash": NEW_HASH, "key": ENC_STRING, "masterPasswordHint": "new one"}
    assert visitor.submit(f"{ACCOUNT}/password", fields).location == ACCOUNT
    assert "Master password changed" in visitor.get(ACCOUNT).text
    assert other.get(ACCOUNT).location.startswith("/login")
    changed = Person(side, ann.email, NEW_HASH)
    changed.log_in()
    assert changed.api.get("/api/accounts/profile").json()["email"] == ann.email


def test_a_wrong_current_password_changes_nothing(ann: Person, visitor: Visitor) -> None:
    fields = {"masterPasswordHash": "d3Jvbmc=", "newMasterPasswordHash": NEW_HASH, "key": ENC_STRING}
    answer = visitor.submit(f"{ACCOUNT}/password", fields, script=True)
    assert (answer.status_code, answer.json["message"]) == (400, "Incorrect password.")
    ann.log_in()


def test_an_account_is_deleted_after_its_master_password(side: Side, ann: Person, visitor: Visitor) -> None:
    assert "Delete this account?" in visitor.get(f"{ACCOUNT}/delete").text
    assert visitor.submit(f"{ACCOUNT}/delete", {"masterPasswordHash": "d3Jvbmc="}).status_code == 400
    assert visitor.submit(f"{ACCOUNT}/delete", proof(ann)).location == "/login"
    assert "Account deleted" in visitor.get("/login").text
    assert visitor.get(ACCOUNT).location.startswith("/login")
    side.sign_up(ann.email)


def test_the_only_owner_of_an_organization_cannot_go(cloud: Side) -> None:
    owner = cloud.sign_up("olivia@acme.example")
    new_organization(owner)
    visitor = Visitor(cloud).log_in(owner)
    answer = visitor.submit(f"{ACCOUNT}/delete", proof(owner), script=True)
    assert answer.status_code == 400
    assert answer.json["message"].startswith("Cannot delete this user because it is the sole owner")
    assert visitor.get(ACCOUNT).status_code == 200


def test_the_second_step_is_shown(ann: Person, visitor: Visitor) -> None:
    assert 'data-testid="twoStepLogin" data-state="off"' in visitor.get(ACCOUNT).text
    body = proof(ann) | {"email": ann.email}
    ann.api.post("/api/two-factor/send-email", json=body)
    code = next(word for word in ann.side.mails[-1].text.split() if word.isdigit())
    assert ann.api.put("/api/two-factor/email", json=body | {"token": code}).status_code == 200
    assert 'data-testid="twoStepLogin" data-state="on"' in visitor.get(ACCOUNT).text


def test_language_and_theme_are_chosen_and_given_back_to_the_browser(visitor: Visitor) -> None:
    page = "/settings/preferences"
    chosen = visitor.submit(page, {"language": "zh-Hans"}, action="/language")
    assert chosen.location == page
    visitor.submit(page, {"theme": "dark"}, action="/theme")
    text = visitor.get(page).text
    assert ('lang="zh-Hans"' in text, 'data-theme="dark"' in text) == (True, True)
    assert '<option value="zh-Hans" selected>' in text
    visitor.submit(page, {"language": ""}, action="/language")
    text = visitor.get(page).text
    assert ('lang="en"' in text, '<option value="" selected>' in text) == (True, True)
