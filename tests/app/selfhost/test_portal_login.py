"""Signing in to the System Administrator Portal: the mailed link, the session, and forms that only we can send."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from common.clock import ManualClock
from common.server.mail.smtp import MailFailed
from tests.support.harness import Workshop
from tests.support.portal import ADMIN, ask_for_link, form_token, link_in, sign_in

SENT = "If this address belongs to an administrator, a login link is on its way."
BAD_LINK = "This login confirmation link is invalid. Try logging in again."


@pytest.fixture
def portal(workshop: Workshop) -> Any:
    return workshop.selfhost(adminSettings__admins=f" {ADMIN.upper()} , other@contoso.example:stamp1")


def test_administrator_gets_a_link_that_signs_in(portal: Any) -> None:
    client = portal.new_client()
    answer = ask_for_link(client)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/admin/login?success=3"
    assert SENT in unescape(client.get("/admin/login?success=3").text)
    (mail,) = portal.mails
    assert (mail.to, mail.subject) == (ADMIN, "[Admin] Continue Logging In")
    assert link_in(mail).startswith("http://selfhost.test/admin/login/confirm?returnUrl=")

    confirmed = client.get(link_in(mail), allow_redirects=False)
    assert confirmed.headers["Location"] == "/admin"
    cookie = confirmed.headers["Set-Cookie"]
    assert cookie.startswith("Bitwarden_Admin_")
    assert "HttpOnly" in cookie and "Path=/admin" in cookie and "SameSite=Lax" in cookie
    assert ADMIN in client.get("/admin").text


def test_two_portals_on_one_host_sign_nobody_out(workshop: Workshop) -> None:
    """Cookies ignore ports: the second one must not take the place of the first one's."""
    vault = "globalSettings__baseServiceUri__vault"
    addresses = ("http://127.0.0.1:8403", "http://127.0.0.1:9403")
    names = [
        {
            cookie.name
            for cookie in sign_in(workshop.selfhost(adminSettings__admins=ADMIN, **{vault: address}))[0].cookies
        }
        for address in addresses
    ]
    assert all(names) and not names[0] & names[1]


def test_answer_is_the_same_for_everybody_else_but_no_mail_goes_out(portal: Any) -> None:
    answer = ask_for_link(portal.new_client(), "stranger@contoso.example")
    assert answer.headers["Location"] == "/admin/login?success=3"
    assert portal.mails == []


def test_what_is_no_address_gets_the_form_again(portal: Any) -> None:
    answer = ask_for_link(portal.new_client(), "nonsense")
    assert answer.status_code == 200
    assert "Input is not an email address." in answer.text
    assert 'value="nonsense"' in answer.text


def test_link_lives_fifteen_minutes(portal: Any, clock: ManualClock) -> None:
    client = portal.new_client()
    ask_for_link(client)
    clock.advance(timedelta(minutes=14, seconds=59))
    assert client.get(link_in(portal.mails[0]), allow_redirects=False).headers["Location"] == "/admin"
    clock.advance(timedelta(seconds=1))
    late = client.get(link_in(portal.mails[0]), allow_redirects=False)
    assert late.headers["Location"] == "/admin/login?error=2"
    assert BAD_LINK in unescape(portal.new_client().get("/admin/login?error=2").text)


@pytest.mark.parametrize("change", [("email=admin%40", "email=other%40"), ("token=", "token=x"), ("token=", "other=")])
def test_changed_link_is_refused(portal: Any, change: Any) -> None:
    client = portal.new_client()
    ask_for_link(client)
    link = link_in(portal.mails[0])
    assert change[0] in link
    assert client.get(link.replace(*change), allow_redirects=False).headers["Location"] == "/admin/login?error=2"
    assert client.get("/admin", allow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/admin/organizations?name=a", "/admin/organizations?name=a"),
        ("https://evil.example/", "/admin"),
        ("//evil.example/", "/admin"),
        ("/\\evil.example/", "/admin"),
        ("/a\r\nSet-Cookie: x=y", "/admin"),
        ("", "/admin"),
    ],
)
def test_link_leads_to_local_places_only(portal: Any, wanted: str, leads_to: str) -> None:
    _, confirmed = sign_in(portal, return_url=wanted)
    assert confirmed.headers["Location"] == leads_to


def test_tampered_return_url_in_the_link_stays_local(portal: Any) -> None:
    client = portal.new_client()
    ask_for_link(client)
    link = re.sub(r"returnUrl=[^&]*", "returnUrl=https%3A%2F%2Fevil.example", link_in(portal.mails[0]))
    assert client.get(link, allow_redirects=False).headers["Location"] == "/admin"


def test_pages_send_strangers_to_the_login_and_back(portal: Any) -> None:
    client = portal.new_client()
    answer = client.get("/admin/organizations?name=a", allow_redirects=False)
    assert answer.status_code == 303
    target = urlsplit(answer.headers["Location"])
    assert target.path == "/admin/login"
    assert parse_qs(target.query) == {"returnUrl": ["/admin/organizations?name=a"]}
    assert 'name="ReturnUrl" value="/admin/organizations?name=a"' in unescape(
        client.get(answer.headers["Location"]).text
    )


def test_session_slides_and_ends_after_two_idle_days(portal: Any, clock: ManualClock) -> None:
    client, _ = sign_in(portal)
    clock.advance(timedelta(hours=23))
    assert "Bitwarden_Admin" not in client.get("/admin").headers.get("Set-Cookie", "")
    clock.advance(timedelta(hours=2))
    assert "Bitwarden_Admin_" in client.get("/admin").headers["Set-Cookie"]
    clock.advance(timedelta(hours=47))
    assert client.get("/admin", allow_redirects=False).status_code == 200
    clock.advance(timedelta(hours=48))
    denied = client.get("/admin", allow_redirects=False)
    assert denied.status_code == 303
    assert "Access denied. Please log in." in client.get(denied.headers["Location"]).text


@pytest.mark.parametrize("admins", ["", "other@contoso.example:stamp2", "somebody@contoso.example"])
def test_session_ends_when_the_settings_no_longer_name_its_owner(workshop: Workshop, admins: str) -> None:
    portal = workshop.selfhost(adminSettings__admins="other@contoso.example:stamp1")
    client, _ = sign_in(portal, "other@contoso.example")
    assert client.get("/admin", allow_redirects=False).status_code == 200
    restarted = workshop.selfhost(adminSettings__admins=admins)
    again = restarted.new_client()
    again.cookies.update(client.cookies)
    assert again.get("/admin", allow_redirects=False).status_code == 303


def test_logging_out_needs_the_form_and_ends_the_session(portal: Any) -> None:
    client, _ = sign_in(portal)
    assert client.post("/admin/login/logout", allow_redirects=False).status_code == 400
    assert client.get("/admin", allow_redirects=False).status_code == 200
    form = {"__RequestVerificationToken": form_token(client.get("/admin"))}
    out = client.post("/admin/login/logout", data=form, allow_redirects=False)
    assert out.headers["Location"] == "/admin/login?success=1"
    assert "You have been logged out." in client.get("/admin/login?success=1").text
    assert client.get("/admin", allow_redirects=False).status_code == 303


def test_form_of_another_browser_or_from_before_the_login_is_refused(portal: Any) -> None:
    stranger_token = form_token(portal.new_client().get("/admin/login"))
    client = portal.new_client()
    early_token = form_token(client.get("/admin/login"))
    answer = client.post("/admin/login", data={"Email": ADMIN, "__RequestVerificationToken": stranger_token})
    assert answer.status_code == 400
    assert portal.mails == []
    client, _ = sign_in(portal)
    for token in (stranger_token, early_token, "PortalForm_x", ""):
        assert client.post("/admin/login/logout", data={"__RequestVerificationToken": token}).status_code == 400


def test_mail_that_cannot_be_sent_tells_strangers_nothing(
    portal: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_mail: Any) -> None:
        raise MailFailed("no server")

    monkeypatch.setattr(portal.app.extensions["wardenloop"].mailer, "send", fail)
    assert ask_for_link(portal.new_client()).headers["Location"] == "/admin/login?success=3"
    assert "no server" in caplog.text


@pytest.mark.parametrize("email", [ADMIN, "stranger@example.com"])
@pytest.mark.parametrize(
    ("language", "told"), [("en", "No login link can be sent at present"), ("zh-CN", "目前无法发送登录链接")]
)
def test_a_broken_mail_server_is_told_to_every_address_alike(
    portal: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, email: str, language: str, told: str
) -> None:
    def fail() -> None:
        raise MailFailed("no server")

    monkeypatch.setattr(portal.app.extensions["wardenloop"].mailer, "check", fail)
    client = portal.new_client()
    assert ask_for_link(client, email).headers["Location"] == "/admin/login?error=4"
    page = client.get("/admin/login?error=4", headers={"Accept-Language": language}).text
    assert told in page and 'role="alert"' in page
    (line,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert line.name.startswith("selfhost.portal")
    assert line.getMessage() == "The portal's login links cannot be mailed: no server"
    assert portal.mails == []


def test_login_page_says_why_nobody_can_get_in(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    portal = workshop.selfhost()
    monkeypatch.setattr(portal.app.extensions["wardenloop"].mailer, "configured", False)
    text = portal.client.get("/admin/login").text
    assert "adminSettings__admins" in text
    assert "globalSettings__mail__smtp__host" in text


def test_pages_are_locked_down(portal: Any) -> None:
    client, _ = sign_in(portal)
    for path in ("/admin", "/admin/login", "/admin/users", "/admin/organizations"):
        page = client.get(path)
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "script-src 'self';" in policy and "unsafe" not in policy
        assert page.headers["Cache-Control"] == "no-store"
        assert not re.search(r"<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=", page.text)


def test_portal_speaks_chinese_when_asked(portal: Any) -> None:
    client = portal.new_client()
    form = {"__RequestVerificationToken": form_token(client.get("/admin/login")), "language": "zh-Hans"}
    chosen = client.post("/admin/language", data=form | {"back": "/admin/login"}, allow_redirects=False)
    assert chosen.headers["Location"] == "/admin/login"
    assert "请在下面输入您的电子邮箱地址以登录。" in client.get("/admin/login").text
    assert '<html lang="zh-Hans"' in client.get("/login").text  # the vault follows
    other = portal.new_client()
    assert "登录" in other.get("/admin/login", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}).text


def test_nobody_elses_page_can_switch_the_language(portal: Any) -> None:
    client = portal.new_client()
    client.get("/admin/login")
    assert client.post("/admin/language", data={"language": "zh-Hans"}).status_code == 400
    assert '<html lang="en"' in client.get("/admin/login").text


def test_alive_answers_anybody(portal: Any) -> None:
    assert portal.client.get("/admin/alive").json() == "2026-08-20T12:00:00Z"
