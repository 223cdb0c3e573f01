"""Where a world is built: the apps, the mailbox, the instance's commands, and time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from common.cli import selfhost
from common.cli.client import Client, Mailbox, Server
from common.cli.home import Home, SavedAccount, SavedInstallation, SavedOrganization
from common.cli.seed import install
from common.cli.stack import wait_until_healthy
from common.configuration.env_file import quoted
from common.crypto.account import Kdf
from common.ids import Ids

APPS = {"us": "cloud_us", "eu": "cloud_eu", "selfhost": "selfhost"}


class Instance(Protocol):
    """The instance's commands."""

    def install(self, region: str, installation: Mapping[str, Any], settings: Mapping[str, str]) -> None:
        """Install it with this id and key and start it with these lines. region: `US`, `EU`."""

    def simulate(self, release: str) -> None:
        """Be this server release."""

    def settings(self) -> dict[str, str]:
        """The lines of its environment file."""


@dataclass
class Stage:
    """What is built on. servers: `us`, `eu`, `selfhost`. desk: of the stack. clients: who is signed in, by app and
    address. kdf: of new accounts, None = the clients' default. refusals: of licences that somebody brought, by the
    instance or the cloud, literally. came_on: told of each account that is there and each member who has accepted."""

    servers: Mapping[str, Server]
    desk: Server
    mailbox: Mailbox
    instance: Instance
    ids: Ids
    kdf: Kdf | None = None
    clients: dict[tuple[str, str], Client] = field(default_factory=dict)
    accounts: list[SavedAccount] = field(default_factory=list)
    organizations: list[SavedOrganization] = field(default_factory=list)
    installations: list[SavedInstallation] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    came_on: Callable[[], object] = lambda: None

    def now(self, place: str = "us") -> datetime:
        """Simulated time of an app."""
        return datetime.fromisoformat(self.servers[place].clock()["now"])

    def play_to(self, moment: datetime) -> None:
        """Have everything happen that becomes due by then."""
        if moment > self.now():
            report = self.desk.call("POST", "/_sim/advance", json={"to": moment.isoformat()}, params={"wait": "true"})
            if report.get("error"):
                raise LookupError(f"time cannot be played: {report['error']}")


class HomeInstance:
    """The instance of a home."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def install(self, region: str, installation: Mapping[str, Any], settings: Mapping[str, str]) -> None:
        lines = {name: quoted(value) for name, value in settings.items()}
        install(self._home, installation["id"], installation["key"], region=region, settings=lines)
        wait_until_healthy(self._home, ("selfhost",))

    def simulate(self, release: str) -> None:
        selfhost.run(self._home, "release", release)

    def settings(self) -> dict[str, str]:
        lines = self._home.environment_file.read_text("utf-8").splitlines()
        return {name: value for name, found, value in (line.partition("=") for line in lines) if found}


def stage_of(home: Home, ids: Ids) -> Stage:
    """The running stack of a home. Raises LookupError when there is none."""
    urls = home.urls()
    servers = {place: Server(urls[app], ca=home.ca) for place, app in APPS.items()}
    desk, mailbox = Server(urls["start"], ca=home.ca), Mailbox(urls["mailbox"], ca=home.ca, shown=home.shown)
    return Stage(servers, desk, mailbox, HomeInstance(home), ids)
