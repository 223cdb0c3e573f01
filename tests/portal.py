"""An administrator at the System Administrator Portal, as a browser without scripts sees it."""

import re
from html import unescape

import requests

from common.mail.messages import Mail
from tests.harness import Api, Side

ADMIN = "admin@contoso.example"


def form_token(page: requests.Response) -> str:
    """The token in the first form of a page."""
    found = re.search(r'name="__RequestVerificationToken" value="([^"]+)"', page.text)
    assert found is not None
    return unescape(found.group(1))


def ask_for_link(client: Api, email: str = ADMIN, return_url: str = "") -> requests.Response:
    """Send the login form."""
    page = client.get("/admin/login")
    form = {"Email": email, "ReturnUrl": return_url, "__RequestVerificationToken": form_token(page)}
    return client.post("/admin/login", data=form, allow_redirects=False)


def link_in(mail: Mail) -> str:
    """Where the mail leads."""
    found = re.search(r"http\S+/login/confirm\S+", mail.text)
    assert found is not None
    return found.group(0)


def sign_in(portal: Side, email: str = ADMIN, return_url: str = "") -> tuple[Api, requests.Response]:
    """Follow the mailed link with a fresh browser: the browser, and what the link answered."""
    client = portal.new_client()
    ask_for_link(client, email, return_url)
    confirmed = client.get(link_in(portal.mails[-1]), allow_redirects=False)
    return client, confirmed
