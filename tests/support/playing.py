"""Time that lives in the databases, as on a real stack, and the desk's part in playing it, for two apps in process."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests
import sqlalchemy as sa

from common.clock import SystemClock
from common.desk.time.apps import AppRefused
from common.desk.time.pending import NOWHERE, Ledger
from common.desk.time.service import advance, link
from common.desk.time.stack import Advance, Stack
from common.desk.time.stopped import Rest
from common.server.database import tables_of
from common.server.transaction import db
from common.sim.service import simulated_clock
from common.sim.snapshots.databases import Database
from tests.support.harness import Pair, Side
from tests.support.shelf import snapshot


@dataclass(frozen=True)
class InProcess:
    """Carries requests to one side."""

    side: Side

    @property
    def url(self) -> str:
        return self.side.base_url

    def get(self, path: str, **query: Any) -> Any:
        return _body(self.side.client.get(path, params=query))

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        return _body(self.side.client.post(path, json=dict(body)))

    def delete(self, path: str) -> Any:
        return _body(self.side.client.delete(path))

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        return _body(self.side.client.put(path, json=dict(body)))


def _body(answer: requests.Response) -> Any:
    if answer.status_code != 200:
        raise AppRefused(answer.json()["message"], answer.status_code)
    return answer.json() if answer.content else None


def let_time_run(pair: Pair) -> None:
    """From now on the time of both sides is real time with a shift, beginning where it stands."""
    for side in (pair.cloud, pair.selfhost):
        start = side.clock.now()
        parts = side.app.extensions["wardenloop"]
        side.app.extensions["wardenloop"] = replace(parts, clock=simulated_clock(parts.session))
        side.client.post("/_sim/clock", json={"now": start.isoformat(), "freeze": True}).raise_for_status()


def stack_of(pair: Pair, rest: Rest | None = None, ledger: Ledger = NOWHERE) -> Stack:
    """Both sides as the desk sees them. rest: of an instance that may be stopped."""
    sides = {"cloud-us": InProcess(pair.cloud), "selfhost": InProcess(pair.selfhost)}
    return link(sides, {"selfhost": rest} if rest else {}, ledger)


def play(pair: Pair, step: timedelta, rest: Rest | None = None, ledger: Ledger = NOWHERE) -> Advance:
    """Advance both by so much."""
    stack = stack_of(pair, rest, ledger)
    course = Advance(stack.now, stack.now + step, stack.now)
    advance(stack, course, SystemClock(), ledger)
    return course


def now_of(side: Side) -> datetime:
    """The side's time."""
    return datetime.fromisoformat(side.client.get("/_sim/clock").json()["now"])


class Kept:
    """A side as it was."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._database = Database(side.app.config["SQLALCHEMY_DATABASE_URI"])
        self._path = self._database.path
        self._folder = tempfile.TemporaryDirectory()
        self._kept = Path(self._folder.name) / "database"
        self._content = snapshot(self._path) if self._path else b""
        if self._path is None:
            self._database.save(self._kept)
        self._files = {path: path.read_bytes() for path in side.state.rglob("*") if path.is_file()}
        side.mails.clear()

    def restore(self) -> None:
        with self._side.app.app_context():
            db.engine.dispose()
        if self._path is None:
            self._database.load(self._kept)
        else:
            for beside in self._path.parent.glob(f"{self._path.name}-*"):
                beside.unlink()
            self._path.write_bytes(self._content)
        for path, content in self._files.items():
            path.write_bytes(content)
        self._side.mails.clear()


# every sync that was made has an entry there
_BOOKS = {"job_runs", "sponsorship_sync_runs", "clock_shift", "events", "newest_syncs"}


def world_of(side: Side) -> dict[str, Any]:
    """Rows by table, the mails that were sent, the licence files."""
    with side.app.app_context():
        rows = {
            table.name: sorted(map(tuple, db.session.execute(sa.select(*columns_of(table)))), key=repr)
            for table in tables_of(side.app.name)
            if table.name not in _BOOKS
        }
    mails = [(mail.to, mail.subject, mail.text) for mail in side.mails]
    files = {path.name: path.read_bytes() for path in side.state.rglob("*.json")}
    return rows | {"mails": mails, "files": files}


def columns_of(table: sa.Table) -> list[sa.Column[Any]]:
    """All but how many tokens were given out for syncs."""
    return [column for column in table.columns if column.name != "tokens_issued"]
