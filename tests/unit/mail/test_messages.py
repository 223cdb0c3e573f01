"""Subjects, links and escaping of our mails."""

from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from common.server.mail.messages import (
    Invitation,
    Link,
    Mail,
    admin_login,
    compose,
    defused,
    license_expired,
    one_time_code,
    organization_confirmed,
    organization_invite,
    registration_verification,
    url_encode,
    verify_email,
)

VAULT = "https://vault.example.com"
USER = UUID("cb93e3dd-c5b6-4980-bbb7-a0737eacce44")
ORGANIZATION = UUID("0d4ecd51-254c-4023-99b1-7a7209984a82")


def link_of(mail: Mail) -> str:
    """The one link of the HTML part; the text part must show the same."""
    hrefs: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            hrefs.extend(value or "" for name, value in attrs if name == "href")

    Reader().feed(mail.html)
    (href,) = hrefs
    assert href in mail.text.split()
    return href


def invitation(*, exists: bool, free: bool = False, name: str = "Contoso") -> Invitation:
    return Invitation(
        organization_id=ORGANIZATION,
        organization_user_id=USER,
        organization_name=name,
        email="new+1@example.com",
        token="a b/c==",
        expires=datetime(2026, 3, 4, 5, 6, tzinfo=UTC),
        account_exists=exists,
        free_organization=free,
    )


@pytest.mark.parametrize("vault", [VAULT, f"{VAULT}/"])
def test_verify_email_of_an_existing_account(vault: str) -> None:
    mail = verify_email(vault, "a@example.com", USER, "tok+en/=")
    assert (mail.to, mail.subject, mail.category) == ("a@example.com", "Verify Your Email", "VerifyEmail")
    assert link_of(mail) == f"{VAULT}/#/verify-email?userId={USER}&token=tok%2Ben%2F%3D"


def test_registration_verification() -> None:
    mail = registration_verification(VAULT, "new+1@example.com", "Bw_x-y")
    assert mail.subject == "Verify Your Email"
    start = f"{VAULT}/redirect-connector.html#finish-signup?token=Bw_x-y&email=new%2B1%40example.com&fromEmail=true"
    assert link_of(mail) == start
    assert link_of(registration_verification(VAULT, "new+1@example.com", "Bw_x-y", "premium")) == (
        f"{start}&fromMarketing=premium"
    )


def test_license_expired_of_an_organization_and_of_premium() -> None:
    organization, premium = license_expired("billing@example.com", "Contoso"), license_expired("a@example.com")
    assert organization.subject == premium.subject == "License Expired"
    assert "Contoso" in organization.text
    assert "premium" in premium.text
    assert "premium" not in organization.text
    assert link_of(organization).startswith("https://bitwarden.com/help/")


@pytest.mark.parametrize(
    ("exists", "free", "subject"),
    [
        (True, False, "Contoso invited you to their Bitwarden vault"),
        (False, False, "Contoso set up a Bitwarden account for you"),
        (True, True, "You have been invited to a Bitwarden vault"),
        (False, True, "You have been invited to Bitwarden Password Manager"),
    ],
)
def test_invitation_subject(exists: bool, free: bool, subject: str) -> None:
    assert organization_invite(VAULT, invitation(exists=exists, free=free)).subject == subject


def test_invitation_link_and_end() -> None:
    mail = organization_invite(VAULT, invitation(exists=False, name="Contoso & Söhne"))
    page, _, query = link_of(mail).partition("?")
    assert page == f"{VAULT}/#/accept-organization"
    assert parse_qs(query, strict_parsing=True) == {
        "organizationId": [str(ORGANIZATION)],
        "organizationUserId": [str(USER)],
        "email": ["new+1@example.com"],
        "organizationName": ["Contoso & Söhne"],
        "token": ["a b/c=="],
        "initOrganization": ["False"],
        "orgUserHasExistingUser": ["False"],
    }
    assert "2026-03-04 at 05:06 UTC" in mail.text


def test_confirmed() -> None:
    mail = organization_confirmed(VAULT, "a@example.com", "Contoso")
    assert mail.subject == "You have been confirmed to Contoso"
    assert link_of(mail) == f"{VAULT}/#/"


def test_one_time_code_shows_in_both_parts() -> None:
    mail = one_time_code("a@example.com", "01234567")
    assert mail.subject == "Your Bitwarden Verification Code"
    assert "01234567" in mail.text
    assert "01234567" in mail.html
    assert "href" not in mail.html


def test_admin_login() -> None:
    mail = admin_login(f"{VAULT}/admin/", "ops@example.com", "/organizations?page=2", "t/+")
    assert mail.subject == "[Admin] Continue Logging In"
    parts = urlsplit(link_of(mail))
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{VAULT}/admin/login/confirm"
    assert parse_qs(parts.query) == {
        "returnUrl": ["/organizations?page=2"],
        "email": ["ops@example.com"],
        "token": ["t/+"],
    }


def test_html_part_is_escaped() -> None:
    hostile = '<script>alert("1")</script>&'
    mail = compose("a@example.com", hostile, "Test", [hostile], Link(hostile, 'https://x/?a="><script>'))
    assert "<script" not in mail.html
    assert mail.html.count("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;") == 3
    assert hostile in mail.text
    assert link_of(mail) == 'https://x/?a="><script>'


def test_name_with_a_line_break_stays_one_header_line() -> None:
    mail = organization_confirmed(VAULT, "a@example.com", "Contoso\r\nBcc: b@example.com")
    assert mail.subject == "You have been confirmed to Contoso Bcc: b@example.com"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Contoso", "Contoso"),
        ("Contoso Inc.", "Contoso Inc."),
        ("evil.example.com", "evil[dot]example[dot]com"),
        ("https://evil", "evil"),
        ("hthttp://tp://evil", "evil"),
        ("a@b", "a[at]b"),
    ],
)
def test_names_do_not_become_links(name: str, shown: str) -> None:
    assert defused(name) == shown


def test_form_encoding_of_dotnet() -> None:
    assert url_encode("a b+c/=~!*()_-.ä'") == "a+b%2Bc%2F%3D%7E!*()_-.%C3%A4%27"
