"""An administrator at the System Administrator Portal, as a browser without scripts: links, forms, cookies.

Source: fidelity.md: portal.pages, pages.portal.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote_plus, urlencode

from common.cli.client import Mailbox, Server

_LIST = "/admin/organizations"


@dataclass(frozen=True)
class Form:
    """A form of a page. fields: the hidden ones, the token against forged requests among them."""

    action: str
    fields: dict[str, str]
    buttons: list[str] = field(default_factory=list)


@dataclass
class Page:
    """What of a page a visitor can read and press. links: text -> address. facts: label -> text."""

    text: str = ""
    forms: list[Form] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)

    def button(self, label: str) -> Form | None:
        """The form with this button, or None."""
        return next((form for form in self.forms if label in form.buttons), None)


class Portal:
    """One browser at the portal of an instance."""

    def __init__(self, server: Server, mailbox: Mailbox) -> None:
        """server: not shared with others, because it keeps the cookies."""
        self._server = server
        self._mailbox = mailbox

    def sign_in(self, email: str, wanted: str) -> tuple[Page, str]:
        """Ask for the list of organizations with `wanted` in their name, follow the login link in the mail.

        The list, and the subject of the mail. LookupError where there is no login form.
        """
        query = urlencode({"name": wanted})
        login = self._open(f"{_LIST}?{query}")
        form = _required(login.button("Continue"), "Continue", login)
        self._send(form, Email=email)
        mail = self._mailbox.wait_for(email, link_to=f"{self._server.base_url}/admin/login/confirm", carrying=query)
        link = next(link for link in mail["links"] if query in unquote_plus(link))
        return self._open(link.removeprefix(self._server.base_url)), str(mail["subject"])

    def organization(self, name: str) -> Page:
        """The page of an organization, by way of the list. LookupError when the list has no such name."""
        found = self._open(f"{_LIST}?{urlencode({'name': name})}")
        if name not in found.links:
            raise LookupError(f"the portal lists no organization {name}: {found.text}")
        return self._open(found.links[name])

    def manual_sync(self, name: str) -> Page:
        """Press Manually Sync on the page of an organization; the page with the result."""
        page = self.organization(name)
        return self._send(_required(page.button("Manually Sync"), "Manually Sync", page))

    def _open(self, path: str) -> Page:
        return read_page(self._server.get(path))

    def _send(self, form: Form, **more: str) -> Page:
        return read_page(self._server.call("POST", form.action, data=form.fields | more))


def _required(form: Form | None, label: str, page: Page) -> Form:
    if form is None:
        raise LookupError(f"the page has no button {label}: {page.text}")
    return form


def read_page(html: str) -> Page:
    """Read a page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.page.text = " ".join(" ".join(reader.words).split())
    return reader.page


class _Reader(HTMLParser):
    """Collects while it reads. The text of the innermost open `a`, `button`, `dt` or `dd` goes to that as well."""

    _TAKEN = frozenset(("a", "button", "dt", "dd"))

    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self.words: list[str] = []
        self._open: list[tuple[str, dict[str, str], list[str]]] = []
        self._form: Form | None = None
        self._label = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(values.get("action", ""), {})
            self.page.forms.append(self._form)
        elif tag == "input" and values.get("type") == "hidden" and self._form is not None:
            self._form.fields[values["name"]] = values.get("value", "")
        elif tag in self._TAKEN:
            self._open.append((tag, values, []))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif self._open and self._open[-1][0] == tag:
            _, values, words = self._open.pop()
            self._take(tag, values, " ".join(" ".join(words).split()))

    def _take(self, tag: str, values: dict[str, str], text: str) -> None:
        if tag == "a":
            self.page.links[text] = values.get("href", "")
        elif tag == "button" and self._form is not None:
            self._form.buttons.append(text)
        elif tag == "dt":
            self._label = text
        elif tag == "dd":
            self.page.facts[self._label] = text

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        for _, _, words in self._open:
            words.append(data)
