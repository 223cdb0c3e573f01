"""What the start page knows: the stack's addresses and accounts as its home keeps them, and what the apps answer."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import requests

from common.desk.instance import region_of
from common.desk.rules import Document, Facts, checklist, state_of, whose_story
from common.files import read_json
from common.server.destinations import Destinations
from common.server.http.session import create_session

APPS = ("cloud_us", "cloud_eu", "selfhost")
PATIENCE = 5.0
"""Seconds that an app may take to answer."""


class App(NamedTuple):
    """One app of the stack. now: its simulated time (ISO 8601), None when it does not answer."""

    name: str
    url: str
    now: str | None
    progress: Mapping[str, Any]


class Account(NamedTuple):
    """An account. app: where it is. password: "" where the stack did not make it."""

    app: str
    email: str
    password: str
    role: str


class Desk(NamedTuple):
    """Everything on the start page. person: whose checklist it is. region: of the cloud the instance belongs to.

    administrators: addresses that may enter the portal. there, here: the organization in the cloud and on the instance
    that the person works on, {} without one. communication: whether the instance talks to the cloud.
    """

    apps: Mapping[str, App]
    accounts: list[Account]
    person: str
    people: list[str]
    region: str
    administrators: list[str]
    documents: list[Document]
    there: Facts
    here: Facts
    communication: bool


def desk_of(home: Path, person: str | None) -> Desk:
    """Read the home and ask all apps at the same time. person: an address; None = whose story was told last."""
    stack, kept = read_json(home / "stack.json") or {}, read_json(home / "accounts.json") or {}
    accounts = [
        Account(each["app"], each["email"], each["password"], each["role"]) for each in kept.get("accounts", ())
    ]
    email = person or whose_story(kept, f"cloud_{region_of(home).lower()}")
    with ThreadPoolExecutor(len(APPS)) as pool:
        asked = pool.map(lambda name: _ask(name, stack.get(name, ""), stack.get("ca"), email), APPS)
        apps = {app.name: app for app in asked}
    accounts += _others(apps.values(), accounts)
    people = list(dict.fromkeys(each.email for each in accounts))
    instance = apps["selfhost"].progress
    region = str(instance.get("region") or region_of(home))
    cloud = apps[f"cloud_{region.lower()}"].progress
    administrators = list(instance.get("portalAdministrators", ()))
    state, talks = state_of(cloud, instance), bool(instance.get("cloudCommunication"))
    steps = checklist(cloud, instance)
    return Desk(apps, accounts, email, people, region, administrators, steps, state.there, state.here, talks)


def _others(apps: Iterable[App], known: Iterable[Account]) -> list[Account]:
    """Accounts that somebody else made, of whom the stack knows no password."""
    named = {(each.app, each.email) for each in known}
    return [
        Account(app.name, email, "", "")
        for app in apps
        for email in app.progress.get("people", ())
        if (app.name, email) not in named
    ]


def _ask(name: str, url: str, authority: str | None, email: str) -> App:
    try:
        bundle = Path(authority) if authority else None
        with create_session(PATIENCE, destinations=Destinations.to(url), ca_bundle=bundle) as session:
            clock = session.get(f"{url}/_sim/clock")
            facts = session.get(f"{url}/_sim/progress", params={"email": email})
            clock.raise_for_status()
            facts.raise_for_status()
            return App(name, url, clock.json()["now"], facts.json())
    except (requests.RequestException, ValueError, KeyError):
        return App(name, url, None, {})
