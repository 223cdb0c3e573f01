"""A stage for worlds in process: both regions, an instance that is installed on it, mails and time."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from common.cli.client import Mailbox, Server
from common.cli.worlds.stage import Stage
from common.clock import SystemClock
from common.crypto.account import Kdf
from common.desk.time.service import advance, link
from common.desk.time.stack import Advance
from common.enums import KdfType
from common.ids import SystemIds
from common.server.http.wsgi import WsgiAdapter
from common.settings import JournalSettings
from common.sim.service import simulated_clock
from tests.support.harness import Side, Workshop
from tests.support.playing import InProcess

CHEAP = Kdf(KdfType.ARGON2ID, 2, 15, 1)

Database = Callable[[], str]
"""Makes an empty database and gives its URL."""


class _Mails(Mailbox):
    """What the apps sent."""

    def __init__(self, sides: dict[str, Side]) -> None:
        self._sides = sides

    def wait_for(self, to: str, *, subject: str = "", link_to: str = "", carrying: str = "") -> dict[str, Any]:
        mails = [
            mail for side in self._sides.values() for mail in side.mails if mail.to == to and subject in mail.subject
        ]
        for mail in reversed(mails):
            links = re.findall(r"https?://[^\s<>\"]+", mail.text)
            chosen = [each for each in links if each.startswith(link_to) and carrying in unquote_plus(each)]
            if chosen or not (link_to or carrying):
                return {"subject": mail.subject, "links": chosen or links}
        raise TimeoutError(f"no mail {subject!r} to {to}")


class _Desk(Server):
    """Plays time; knows no faults."""

    def __init__(self, sides: dict[str, Side]) -> None:
        super().__init__("http://desk.test")
        self._sides = sides

    def call(self, method: str, path: str, **body: Any) -> Any:
        if path != "/_sim/advance":
            return {"data": []}
        stack = link({name: InProcess(side) for name, side in self._sides.items()})
        course = Advance(stack.now, datetime.fromisoformat(body["json"]["to"]), stack.now)
        advance(stack, course, SystemClock())
        return {"error": None}


@dataclass
class _Instance:
    workshop: Workshop
    sides: dict[str, Side]
    servers: dict[str, Server]
    lines: dict[str, str] = field(default_factory=dict)
    database: Database | None = None
    journal: int = 0

    def install(self, region: str, installation: Mapping[str, Any], settings: Mapping[str, str]) -> None:
        self.lines = dict(settings)
        side = self.workshop.selfhost(
            self.sides["cloud-us"],
            self.sides["cloud-eu"],
            **{
                "globalSettings__baseServiceUri__cloudRegion": region,
                "globalSettings__installation__id": installation["id"],
                "globalSettings__installation__key": installation["key"],
                "globalSettings__enableEmailVerification": "true",
                "wardenloop__journal": str(self.journal),
                **({"wardenloop__databaseUrl": self.database()} if self.database else {}),
                **settings,
            },
        )
        self.sides["selfhost"] = side
        self.servers["selfhost"] = _server(side)
        _let_time_run(side)

    def simulate(self, release: str) -> None:
        raise AssertionError("no releases in process")

    def settings(self) -> dict[str, str]:
        return self.lines


@dataclass
class InProcessStage:
    """stage: for the code under test. sides: the apps by their names, `selfhost` once it is installed."""

    stage: Stage
    sides: dict[str, Side]


@contextmanager
def empty_stage(workshop: Workshop, database: Database | None = None, *, journal: int = 0) -> Iterator[InProcessStage]:
    """Both regions without anybody, at the time of the workshop's clock. database: makes one for each app. journal:
    entries that each keeps."""
    sides = {}
    for region in ("US", "EU"):
        own = {"database_url": database()} if database else {}
        kept = JournalSettings(journal)
        sides[f"cloud-{region.lower()}"] = workshop.cloud(region, enable_email_verification=True, journal=kept, **own)
    for side in sides.values():
        _let_time_run(side)
    servers = {name.removeprefix("cloud-"): _server(side) for name, side in sides.items()}
    instance = _Instance(workshop, sides, servers, database=database, journal=journal)
    yield InProcessStage(Stage(servers, _Desk(sides), _Mails(sides), instance, SystemIds(), CHEAP), sides)


def _server(side: Side) -> Server:
    server = Server(side.base_url)
    server._session.mount(side.base_url, WsgiAdapter(side.app))
    return server


def _let_time_run(side: Side) -> None:
    parts = side.app.extensions["wardenloop"]
    side.app.extensions["wardenloop"] = replace(parts, clock=simulated_clock(parts.session))
    side.client.post("/_sim/clock", json={"now": side.clock.now().isoformat(), "freeze": True}).raise_for_status()
