"""Getting an account and getting in, on pages: registration in all its ways, the second step, new devices, the hint."""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import quote, urlsplit

import pytest

from common.crypto import totp
from tests.support.answers import ok
from tests.support.harness import ENC_STRING, PUBLIC_KEY, Person, Side, Workshop
from tests.support.offers import make_sponsor
from tests.support.scenarios import new_organization
from tests.support.visitor import Visitor

EMAIL = "ann@example.com"
KEYS = {
    "masterPasswordHash": "aGFzaA==",
    "kdf": "0",
    "kdfIterations": "600000",
    "kdfMemory": "",
    "kdfParallelism": "",
    "userSymmetricKey": ENC_STRING,
    "userAsymmetricPublicKey": PUBLIC_KEY,
    "userAsymmetricEncryptedPrivateKey": ENC_STRING,
}
"""What the script fills in."""

EXPIRED = "Expired link. Please restart registration or try logging in. You may already have an account"


def linked(side: Side, mark: str) -> str:
    """The page that the link of the last mail means: what follows `mark`."""
    text = side.mails[-1].text
    line = next(line for line in text.splitlines() if mark in line)
    return "/" + line.split(mark, 1)[1]


def signed_in_as(visitor: Visitor) -> str:
    """The address on the account page."""
    page = visitor.get("/settings/account").text
    return page.split('id="email" name="email" value="')[1].split('"')[0]


def profile(side: Side, email: str) -> Mapping[str, object]:
    """What a client is told about an account that the script's hash opens."""
    person = Person(side, email, KEYS["masterPasswordHash"])
    person.log_in()
    found: Mapping[str, object] = person.api.get("/api/accounts/profile").json()
    return found


def test_a_mailed_link_leads_to_an_account_and_on_to_the_page_that_was_wanted(workshop: Workshop) -> None:
    side = workshop.cloud(enable_email_verification=True)
    visitor = Visitor(side)
    asked = visitor.submit("/signup?next=/settings/preferences", {"email": EMAIL, "name": "Ann <b>Smith</b>"})
    assert asked.status_code == 200
    assert ("Check your email" in asked.text, EMAIL in asked.text) == (True, True)
    finish = linked(side, "/redirect-connector.html#")
    assert urlsplit(finish).path == "/finish-signup"
    done = visitor.submit(finish, KEYS | {"masterPasswordHint": "the usual"})
    assert (done.status_code, done.location) == (303, "/settings/preferences")
    page = visitor.get("/settings/account").text
    assert 'value="Ann &lt;b&gt;Smith&lt;/b&gt;"' in page
    assert (profile(side, EMAIL)["emailVerified"], profile(side, EMAIL)["name"]) == (True, "Ann <b>Smith</b>")
    assert visitor.get(finish).location == "/signup-link-expired"


def test_without_mail_verification_the_password_is_chosen_at_once(workshop: Workshop) -> None:
    side = workshop.cloud(enable_email_verification=False)
    visitor = Visitor(side)
    asked = visitor.submit("/signup", {"email": EMAIL, "name": ""})
    assert (asked.status_code, urlsplit(asked.location).path) == (303, "/finish-signup")
    assert visitor.submit(asked.location, KEYS).location == "/vault"
    assert signed_in_as(visitor) == EMAIL


def test_a_script_gets_the_keys_of_the_new_account(workshop: Workshop) -> None:
    visitor = Visitor(workshop.cloud(enable_email_verification=False))
    finish = visitor.submit("/signup", {"email": EMAIL}).location
    answer = visitor.submit(finish, KEYS, script=True).json
    assert answer["location"] == "/vault"
    assert (answer["keys"]["key"], answer["keys"]["privateKey"]) == (ENC_STRING, ENC_STRING)


@pytest.mark.parametrize("email", ["", "nobody", "a b@example.com"])
def test_an_address_nobody_can_have_is_marked(cloud: Side, email: str) -> None:
    answer = Visitor(cloud).submit("/signup", {"email": email}, script=True)
    assert (answer.status_code, list(answer.json["fields"])) == (400, ["email"])


def test_closed_registration_says_so(workshop: Workshop) -> None:
    answer = Visitor(workshop.cloud(disable_user_registration=True)).submit("/signup", {"email": EMAIL})
    assert answer.status_code == 400
    assert "Open registration has been disabled by the system administrator." in answer.text


def test_links_that_lead_nowhere_offer_to_start_again(cloud: Side) -> None:
    visitor = Visitor(cloud, "zh-CN")
    for address in ("/finish-signup", f"/finish-signup?email={EMAIL}&token=x"):
        assert visitor.get(address).location == "/signup-link-expired"
    page = visitor.get("/signup-link-expired").text
    assert f'<span lang="en" data-testid="x.wireMessage">{EXPIRED}</span>' in page
    assert ('href="/signup"' in page, 'href="/login"' in page) == (True, True)


def test_a_link_ends_after_a_quarter_of_an_hour(workshop: Workshop) -> None:
    side = workshop.cloud(enable_email_verification=False)
    visitor = Visitor(side)
    finish = visitor.submit("/signup", {"email": EMAIL}).location
    side.clock.advance(timedelta(minutes=15))
    assert visitor.get(finish).location == "/signup-link-expired"


def test_an_invitation_opens_an_account_without_a_second_mail(cloud: Side) -> None:
    owner = cloud.sign_up("olivia@acme.example")
    organization = new_organization(owner, "Acme <Ltd>")["id"]
    body = {"emails": [EMAIL], "type": 2, "collections": [], "groups": []}
    ok(owner.api.post(f"/api/organizations/{organization}/users/invite", json=body))
    visitor = Visitor(cloud)
    page = visitor.get(linked(cloud, "/#/")).text
    assert "Acme &lt;Ltd&gt;" in page
    finish = page.split('href="/finish-signup')[1].split('"')[0].replace("&amp;", "&")
    done = visitor.submit(f"/finish-signup{finish}", KEYS)
    accepted = visitor.get(done.location)
    assert (accepted.status_code, accepted.location) == (303, "/vault")
    assert "Invitation accepted" in visitor.get("/vault").text
    members = owner.api.get(f"/api/organizations/{organization}/users").json()["data"]
    assert [each["status"] for each in members if each["email"] == EMAIL] == [1]


def test_an_offer_opens_an_account_and_leads_back_to_it(cloud: Side) -> None:
    sponsor = make_sponsor(cloud)
    ok(sponsor.offer(EMAIL))
    token = sponsor.token(EMAIL)
    offer = f"/setup/families-for-enterprise?token={quote(token)}"
    finish = f"/finish-signup?email={EMAIL}&orgSponsoredFreeFamilyPlanToken={quote(token)}&next={quote(offer, safe='')}"
    visitor = Visitor(cloud)
    assert "readonly" in visitor.get(finish).text
    assert visitor.submit(finish, KEYS).location == offer
    assert profile(cloud, EMAIL)["emailVerified"] is True


def test_a_proof_of_another_address_makes_no_account(cloud: Side) -> None:
    sponsor = make_sponsor(cloud)
    ok(sponsor.offer(EMAIL))
    finish = f"/finish-signup?email=eve%40example.com&orgSponsoredFreeFamilyPlanToken={quote(sponsor.token(EMAIL))}"
    answer = Visitor(cloud).submit(finish, KEYS)
    assert (answer.status_code, "Invalid org sponsored free family plan token." in answer.text) == (400, True)


def test_the_address_is_remembered_when_that_is_wished(cloud: Side) -> None:
    person = cloud.sign_up("ann+x@example.com")
    visitor = Visitor(cloud)
    fields = {"email": person.email, "masterPasswordHash": person.password_hash}
    visitor.submit("/login", fields | {"rememberEmail": "true"})
    visitor.submit("/vault", {}, action="/logout")
    assert 'value="ann+x@example.com"' in visitor.get("/login").text
    other = Visitor(cloud)
    other.submit("/login", fields)
    other.submit("/vault", {}, action="/logout")
    assert "ann+x@example.com" not in other.get("/login").text


def test_an_address_in_the_link_takes_the_first_step(cloud: Side) -> None:
    visitor = Visitor(cloud)
    assert 'data-step="email"' in visitor.get("/login").text
    given = visitor.get("/login?email=ann%2Bx%40example.com").text
    assert ('data-step="password"' in given, 'value="ann+x@example.com"' in given) == (True, True)


def test_the_other_region_is_named_where_there_is_one(workshop: Workshop) -> None:
    eu = workshop.cloud("EU", other_region_url="http://us.test:8401/us")
    assert '<a href="http://us.test:8401/us/login" data-testid="otherRegion">' in Visitor(eu).get("/login").text
    assert '<a href="http://us.test:8401/us/signup" data-testid="otherRegion">' in Visitor(eu).get("/signup").text
    assert "otherRegion" not in Visitor(workshop.cloud()).get("/login").text


class SecondStep:
    """Somebody with a second step, at a browser of which the server knows nothing."""

    def __init__(self, side: Side) -> None:
        self.side, self.person = side, side.sign_up(EMAIL)
        self.secret = {"masterPasswordHash": self.person.password_hash}
        self.visitor = Visitor(side)
        self.key = ""

    def use_authenticator(self) -> None:
        shown = self.person.api.post("/api/two-factor/get-authenticator", json=self.secret).json()
        self.key = shown["authenticator"]["key"]
        body = self.secret | {"key": self.key, "token": self.code()}
        assert self.person.api.put("/api/two-factor/authenticator", json=body).status_code == 200
        self.side.clock.advance(timedelta(minutes=2))

    def use_mail(self) -> None:
        body = self.secret | {"email": EMAIL}
        assert self.person.api.post("/api/two-factor/send-email", json=body).status_code == 200
        assert self.person.api.put("/api/two-factor/email", json=body | {"token": self.mailed()}).status_code == 200

    def code(self) -> str:
        return totp.code_at(totp.key_of(self.key) or b"", totp.step_of(self.side.clock.now()))

    def mailed(self) -> str:
        return next(word for word in self.side.mails[-1].text.split() if word.isdigit() and len(word) in (6, 8))

    def log_in(self, action: str = "/login", **fields: str) -> Mapping[str, object]:
        form = {"email": EMAIL, "masterPasswordHash": self.person.password_hash} | fields
        page = "/login"
        self.visitor.get(page)
        answer: Mapping[str, object] = self._post(action, form)
        return answer

    def _post(self, action: str, form: Mapping[str, str]) -> Mapping[str, object]:
        token = self.visitor.get("/login").text.split('name="__RequestVerificationToken" value="')[1].split('"')[0]
        data = {"__RequestVerificationToken": token, **form}
        headers = {"X-Wardenloop-Form": "1"}
        found: Mapping[str, object] = self.visitor.client.post(action, data=data, headers=headers).json
        return found


def test_the_authenticator_is_asked_for_alone(cloud: Side) -> None:
    ann = SecondStep(cloud)
    ann.use_authenticator()
    assert ann.log_in() == {"reveal": "authenticatorCodeStep", "focus": "authenticatorCode"}
    assert ann.log_in(authenticatorCode="000000")["message"] == "Two-step token is invalid. Try again."
    assert ann.log_in(authenticatorCode=ann.code())["location"] == "/vault"


def test_a_mailed_second_step_comes_at_once_and_again_on_request(cloud: Side) -> None:
    ann = SecondStep(cloud)
    ann.use_mail()
    before = len(cloud.mails)
    assert ann.log_in() == {"reveal": "emailCodeStep", "focus": "emailCode"}
    assert ann.log_in("/login/send-code") == {"reveal": "twoStepSent", "focus": "emailCode"}
    assert len(cloud.mails) == before + 2
    assert ann.log_in(emailCode=ann.mailed())["location"] == "/vault"


def test_both_second_steps_are_offered_and_no_code_goes_to_a_stranger(cloud: Side) -> None:
    ann = SecondStep(cloud)
    ann.use_authenticator()
    ann.use_mail()
    assert ann.log_in() == {"reveal": "authenticatorCodeStep emailCodeStep", "focus": "authenticatorCode"}
    before = len(cloud.mails)
    refused = ann.log_in("/login/send-code", masterPasswordHash="d3Jvbmc=")
    assert (refused["message"], len(cloud.mails)) == ("Cannot send two-factor email.", before)


def test_a_new_device_shows_the_mailed_code_once(workshop: Workshop) -> None:
    side = workshop.cloud(enable_new_device_verification=True)
    ann = SecondStep(side)
    side.clock.advance(timedelta(days=2))
    assert ann.log_in() == {"reveal": "newDevice", "focus": "newDeviceOtp"}
    assert ann.log_in("/login/resend-code") == {"reveal": "newDeviceSent", "focus": "newDeviceOtp"}
    code = ann.mailed()
    assert ann.log_in(newDeviceOtp="12345678")["message"] == "invalid new device otp"
    assert ann.log_in(newDeviceOtp=code)["location"] == "/vault"
    ann.visitor.submit("/vault", {}, action="/logout")
    assert ann.log_in()["location"] == "/vault"


def test_the_hint_is_mailed_and_nothing_tells_whether_there_is_an_account(cloud: Side) -> None:
    cloud.sign_up(EMAIL)
    before = len(cloud.mails)
    for email in (EMAIL, "nobody@example.com"):
        visitor = Visitor(cloud)
        assert visitor.submit("/hint", {"email": email}).location == "/login"
        assert "If there is such an account" in visitor.get("/login").text
    assert [mail.to for mail in cloud.mails[before:]] == [EMAIL]


def test_pages_without_a_session_lead_to_the_login_and_back(cloud: Side) -> None:
    person = cloud.sign_up(EMAIL)
    visitor = Visitor(cloud)
    led = visitor.get("/settings/preferences?a=b").location
    fields = {"email": person.email, "masterPasswordHash": person.password_hash}
    assert visitor.submit(led, fields).location == "/settings/preferences?a=b"
