"""A running stack for the browser tests, and what happens on it beside the browser: terminal, time, other people."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from common.cli import selfhost
from common.cli.client import Client, Mailbox, Server, register
from common.cli.home import Home
from common.documents import documents
from common.ids import SystemIds
from tests.support.stack import Wardenloop

PASSWORD = "a-Master Password/that+stays&here"
"""Of everybody; with every character that an encoding would change."""

COMMUNICATION = "globalSettings__enableCloudCommunication"
_DAY = 24 * 3600


@dataclass
class Stage:
    """Both clouds, the instance with its jobs, and the mailbox, as processes. urls: `cloud_us`, `selfhost`, ..."""

    wardenloop: Wardenloop
    home: Home
    urls: dict[str, str]

    @classmethod
    def raise_(cls, folder: Path, base_port: int) -> "Stage":
        """Start a new stack; the home is made in this folder."""
        Wardenloop(folder / "home", base_port).done("up", "--detach", "--base-port", str(base_port))
        return cls.running(folder, base_port)

    @classmethod
    def running(cls, folder: Path, base_port: int) -> "Stage":
        """The stack that was started there."""
        wardenloop = Wardenloop(folder / "home", base_port)
        home = Home(wardenloop.home.resolve())
        return cls(wardenloop, home, home.urls())

    def follows(self, document: str, step: str) -> None:
        """Say which step of a document comes now: a test that fails shows how far it came, and in which words."""
        told = documents()[document].steps[step]
        print(f"{document} {told.anchor}: {told.en}")

    @property
    def hosts(self) -> frozenset[str]:
        """`host:port` of all of them."""
        return frozenset(urlsplit(url).netloc for url in self.urls.values())

    def host(self, app: str) -> str:
        """`host:port` of one."""
        return urlsplit(self.urls[app]).netloc

    @property
    def mailbox(self) -> Mailbox:
        """The mailbox's JSON."""
        return Mailbox(self.urls["mailbox"])

    def server(self, app: str) -> Server:
        """An app without an account."""
        return Server(self.urls[app])

    def member(self, app: str, email: str, name: str = "Test Person") -> Client:
        """Somebody who has opened an account with another client than the browser."""
        return register(self.server(app), self.mailbox, email, PASSWORD, name, SystemIds())

    def client(self, app: str, email: str) -> Client:
        """The other client of somebody who has an account."""
        return Client(self.server(app), email, PASSWORD, SystemIds()).sign_in()

    @property
    def installation_id(self) -> str:
        """As the line of the environment file says."""
        return selfhost.environment_value(self.home, "globalSettings__installation__id")

    def bitwarden_sh(self, *arguments: str) -> None:
        """A command at the instance's terminal."""
        selfhost.run(self.home, *arguments)

    def configure(self, **lines: str) -> None:
        """Change lines of `global.override.env` and put them into effect, as the documents say."""
        selfhost.set_environment_lines(self.home, **lines)
        self.bitwarden_sh("rebuild")
        self.bitwarden_sh("start")

    def wait_days(self, days: float) -> None:
        """Simulated time, for all apps alike."""
        for app in ("cloud_us", "cloud_eu", "selfhost"):
            self.server(app).move_clock({"advanceSeconds": days * _DAY})

    def run_job(self, name: str) -> dict[str, Any]:
        """One of the instance's recurring jobs, now."""
        done: dict[str, Any] = self.server("selfhost").post(f"/_sim/jobs/{name}/run")
        return done

    def strike(self) -> None:
        """Stop everything."""
        self.wardenloop("down")
