"""An administrator at the System Administrator Portal, as a browser without scripts sees it."""

import re
from html import unescape
from typing import Any

import requests
import sqlalchemy as sa

from common.server.mail.messages import Mail
from common.server.transaction import db
from selfhost.billing_sync.models import OrganizationConnection
from tests.support.harness import Api, Side, Workshop, make_pair
from tests.support.sponsorships import SponsorLoop, world

ADMIN = "admin@contoso.example"
LIST = "/admin/organizations"


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


class Portal:
    """An administrator in front of the portal of a connected instance."""

    def __init__(self, workshop: Workshop, **environment: str) -> None:
        self.pair = make_pair(workshop, adminSettings__admins=ADMIN, **environment)
        self.loop: SponsorLoop = world(self.pair)
        self.client, _ = sign_in(self.pair.selfhost)
        self.path = f"{LIST}/view/{self.loop.id}"
        self.sync_path = f"{LIST}/triggerbillingsync/{self.loop.id}"
        self.delete_path = f"{LIST}/delete/{self.loop.id}"

    def text(self, path: str | None = None, language: str = "en") -> str:
        """The HTML of a page (its organization's unless another is named), entities resolved."""
        page = self.client.get(path or self.path, headers={"Accept-Language": language})
        assert page.status_code == 200, page.text
        return unescape(page.text)

    def press(self, path: str, on: str | None = None, **headers: str) -> requests.Response:
        """Send a form that is one button, with the token of the page it stands on."""
        form = {"__RequestVerificationToken": form_token(self.client.get(on or self.path))}
        return self.client.post(path, data=form, headers=headers, allow_redirects=False)

    def press_sync(self) -> requests.Response:
        """Manually Sync."""
        return self.press(self.sync_path)

    def change_connection(self, **values: Any) -> None:
        """Write to the connection's row."""
        with self.pair.selfhost.app.app_context():
            db.session.execute(sa.update(OrganizationConnection).values(**values))
            db.session.commit()

    def runs(self) -> list[dict[str, Any]]:
        """The syncs so far, newest first."""
        rows: list[dict[str, Any]] = self.pair.selfhost.client.get("/_sim/sponsorships/runs").json()["data"]
        return rows


def row_of(text: str, head: str) -> dict[str, str]:
    """The cells of a row as people read them: heading of the column -> text, the button under ''."""
    row = re.search(rf'<tr>\s*<th scope="row"[^>]*>{head}</th>.*?</tr>', text, re.DOTALL)
    assert row is not None
    cells = re.findall(r"<td([^>]*)>(.*?)</td>", row.group(0), re.DOTALL)
    return {_label(attributes): plain(cell) for attributes, cell in cells}


def _label(attributes: str) -> str:
    found = re.search(r'data-label="([^"]*)"', attributes)
    return found.group(1) if found else ""


def plain(html: str) -> str:
    """The text between the tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
