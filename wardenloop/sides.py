"""What a region of the cloud and the instance have in common for a client: addresses, sessions, people, a release."""

from typing import Any

import requests

from wardenloop.http import Http
from wardenloop.mailbox import Mailbox
from wardenloop.people import PASSWORD, Account


class Side:
    """One of the servers. Addresses have no final slash. Whatever it refuses raises `Refused`."""

    def __init__(self, name: str, http: Http, mailbox: Mailbox, saved: Any, control: Http) -> None:
        """name: `cloud-us`. saved: what was made before the test began. control: of the desk."""
        self.name = name
        self.http = http
        self._mailbox = mailbox
        self._saved = saved
        self._control = control

    @property
    def url(self) -> str:
        """Base address, and of the web vault."""
        return self.http.url

    @property
    def api(self) -> str:
        """What official clients call the API."""
        return f"{self.url}/api"

    @property
    def identity(self) -> str:
        """Where tokens come from."""
        return f"{self.url}/identity"

    @property
    def session(self) -> requests.Session:
        """For hand-made calls without an account."""
        return self.http.session()

    def account(self, email: str | None = None, *, password: str | None = None) -> Account:
        """Somebody who is registered here. email: made up when left out."""
        return Account(self.http, self._mailbox, email or self.http.somebody(), password or PASSWORD).register()

    @property
    def accounts(self) -> list[Account]:
        """Those that the world of the test began with."""
        known = self._of_this_side(self._saved.accounts)
        return [Account(self.http, self._mailbox, each["email"], each["password"]) for each in known]

    @property
    def release(self) -> str:
        """The server release that is simulated, such as `2026.8.0`; setting it takes effect at once in a cloud, and
        restarts the instance."""
        return str(self.http.get("/api/version"))

    @release.setter
    def release(self, wanted: str) -> None:
        self._control.put(f"/_sim/releases/{self.name}", {"release": wanted})

    def _of_this_side(self, saved: list[dict[str, Any]]) -> list[dict[str, Any]]:
        app = self.name.replace("-", "_")
        return [each for each in saved if each["app"] == app]
