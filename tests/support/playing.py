"""Time that lives in the databases, as on a real stack, and the desk's part in playing it, for two apps in process."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import requests

from common.clock import SystemClock
from common.desk.time.apps import AppRefused
from common.desk.time.service import Advance, Stack, advance, link
from common.sim.service import simulated_clock
from tests.support.harness import Pair, Side


@dataclass(frozen=True)
class InProcess:
    """Carries requests to one side."""

    side: Side

    def get(self, path: str, **query: str) -> Any:
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


def stack_of(pair: Pair) -> Stack:
    """Both sides as the desk sees them."""
    return link({"cloud-us": InProcess(pair.cloud), "selfhost": InProcess(pair.selfhost)})


def play(pair: Pair, step: timedelta) -> Advance:
    """Advance both by so much."""
    stack = stack_of(pair)
    course = Advance(stack.now, stack.now + step, stack.now)
    advance(stack, course, SystemClock())
    return course


def now_of(side: Side) -> datetime:
    """The side's time."""
    return datetime.fromisoformat(side.client.get("/_sim/clock").json()["now"])
