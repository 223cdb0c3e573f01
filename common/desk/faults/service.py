"""Faults of all apps through one door. Each app keeps its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from common.desk.time.apps import AppRefused
from common.desk.time.http import NotThere
from common.errors import Refusal, not_found
from common.sim.faults.rules import unknown

PATH = "/_sim/faults"
RULE = "sim.faults"


class Transport(Protocol):
    """Asks an app. Raises OSError when it does not answer, AppRefused when it refuses."""

    def get(self, path: str, **query: str) -> Any: ...

    def post(self, path: str, body: Mapping[str, Any]) -> Any: ...

    def delete(self, path: str) -> Any: ...


@dataclass
class Told:
    """What the apps said, by name. silent: those that did not answer."""

    answers: dict[str, Any] = field(default_factory=dict)
    silent: list[str] = field(default_factory=list)


def list_faults(apps: Mapping[str, Transport]) -> Told:
    """What is on, everywhere."""
    return ask_all(apps, lambda app: app.get(PATH)["data"])


def add_faults(apps: Mapping[str, Transport], wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Switch on a rule at its `app`, or a profile at it or (without one) at every cloud.

    Errors: what the app refuses it with; 503 it does not answer.
    """
    app, profile = wanted.get("app"), wanted.get("profile")
    if app is None and profile is not None:
        chosen = [name for name in apps if name.startswith("cloud")]
    else:
        chosen = [str(app).replace("_", "-")]
    for name in chosen:
        if name not in apps:
            raise unknown("app", "none" if app is None else str(app), apps)
    added: list[dict[str, Any]] = []
    for name in chosen:
        added += ask(partial(apps[name].post, PATH, {**wanted, "app": name}))["data"]
    return added


def clear_faults(apps: Mapping[str, Transport]) -> Told:
    """Switch all off."""
    return ask_all(apps, lambda app: app.delete(PATH)["cleared"])


def clear_fault(apps: Mapping[str, Transport], fault_id: UUID) -> None:
    """Switch one off, wherever it is. Errors: 404 nowhere; 503 perhaps at an app that does not answer."""
    silent: NotThere | None = None
    for app in apps.values():
        try:
            app.delete(f"{PATH}/{fault_id}")
            return
        except AppRefused:
            continue
        except NotThere as error:
            silent = error
    if silent is not None:
        raise Refusal(503, str(silent), rule=RULE)
    raise not_found(RULE)


def ask_all(apps: Mapping[str, Transport], question: Callable[[Transport], Any]) -> Told:
    """What each app answers, and which do not."""
    told = Told()
    for name, app in apps.items():
        try:
            told.answers[name] = question(app)
        except NotThere:
            told.silent.append(name)
    return told


def ask(question: Callable[[], Any]) -> Any:
    """The answer of one app. Errors: what it refuses; 503 it does not answer."""
    try:
        return question()
    except AppRefused as refused:
        raise Refusal(refused.status, str(refused), rule=RULE) from refused
    except NotThere as silent:
        raise Refusal(503, str(silent), rule=RULE) from silent
