"""Two apps full of people and things, made once; each operation finds them as they were."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest
from flask import Flask

from common.clock import ManualClock
from common.crypto.tokens import sign_access_token
from common.server.openapi.document import document_of
from tests.support.harness import ENC_STRING, PUBLIC_KEY, START, WRAPPED_KEY, Api, Person, Side, Workshop, make_pair
from tests.support.openapi import Known, Operation, operations_of
from tests.support.portal import ADMIN
from tests.support.scenarios import billing_sync_token, connect, create_from_license, download_license, new_organization
from tests.support.shelf import Shelf


@dataclass
class World:
    """One app, clients of everybody who may call it, values that mean something to it, and its state as it was."""

    side: Side
    owner: Person
    callers: dict[str, Api]
    known: Known
    live: sqlite3.Connection
    saved: sqlite3.Connection
    _version: int = -1

    def restore(self) -> None:
        """Undo what the calls did, if they did anything."""
        if self._version != self._data_version():
            self.saved.backup(self.live)
            self._version = self._data_version()

    def _data_version(self) -> int:
        """Changes when somebody else changes the database."""
        return int(self.live.execute("PRAGMA data_version").fetchone()[0])

    @cached_property
    def document(self) -> Any:
        """What the app says of itself."""
        return document_of(self.side.app)

    @cached_property
    def operations(self) -> list[Operation]:
        """Every operation of the document."""
        return list(operations_of(self.document))


def _join(organization_id: str, owner: Person, joining: Person) -> str:
    """Invite, accept, confirm; the member's id."""
    users = f"/api/organizations/{organization_id}/users"
    owner.api.post(f"{users}/invite", json={"emails": [joining.email], "type": 2}).raise_for_status()
    rows = owner.api.get(users).json()["data"]
    member = str(next(row["id"] for row in rows if row["email"] == joining.email))
    text = next(mail.text for mail in reversed(owner.side.mails) if mail.to == joining.email)
    token = text.split("&token=")[1].split("&")[0]
    accepted = joining.api.post(f"{users}/{member}/accept", json={"token": unquote_plus(token)})
    accepted.raise_for_status()
    owner.api.post(f"{users}/{member}/confirm", json={"key": WRAPPED_KEY}).raise_for_status()
    return member


def _installation_client(side: Side, app: Flask, installation_id: str) -> Api:
    """A client with every scope an installation may have; an instance issues no such tokens, so it is made here."""
    ctx = app.extensions["wardenloop"]
    now = side.clock.now()
    claims = {
        "iss": ctx.settings.issuer,
        "nbf": int(now.timestamp()),
        "exp": int((now + timedelta(days=1)).timestamp()),
        "client_id": f"installation.{installation_id}",
        "client_sub": installation_id,
        "scope": ["api.push", "api.licensing", "api.installation"],
    }
    client = side.new_client()
    client.headers["Authorization"] = f"Bearer {sign_access_token(claims, ctx.signing_key)}"
    return client


def _furnish(side: Side, owner: Person, organization_id: str) -> dict[str, list[Any]]:
    """A member, a collection, a group; what is known then."""
    member = side.sign_up("member@acme.example")
    base = f"/api/organizations/{organization_id}"
    member_id = _join(organization_id, owner, member)
    collection = owner.api.post(f"{base}/collections", json={"name": ENC_STRING}).json()["id"]
    group = owner.api.post(f"{base}/groups", json={"name": "Staff"}).json().get("id")
    people = [owner, member]
    folder = owner.api.post("/api/folders", json={"name": ENC_STRING}).json()["id"]
    item = {"type": 2, "name": ENC_STRING, "secureNote": {"type": 0}}
    ciphers = [owner.api.post("/api/ciphers", json=item).json()["id"] for _ in range(2)]
    shared = {"cipher": item | {"organizationId": organization_id}, "collectionIds": [collection]}
    ciphers.append(owner.api.post("/api/ciphers/create", json=shared).json()["id"])
    return {
        "member": [member],
        "organizationid": [organization_id],
        "memberid": [member_id],
        "ids": [[member_id], ciphers],
        "folderid": [folder, None],
        "cipherid": ciphers,
        "collectionids": [[collection], []],
        "collectionid": [collection],
        "groupid": [group] if group else [],
        "user": [owner.user_id, member.email],
        "email": [owner.email, "new@acme.example"],
        "emails": [["new@acme.example"]],
        "billingemail": [owner.email],
        "sponsoredemail": ["family@home.example", member.email],
        "username": [owner.email],
        "masterpasswordhash": [person.password_hash for person in people],
        "password": [owner.password_hash],
        "granttype": ["password", "client_credentials", "refresh_token"],
        "clientid": ["web", "cli"],
        "scope": ["api offline_access"],
        "type": [0, 1, 2, 4],
        "plantype": [0, 7, 20, 22],
        "policytype": [0, 3, 13],
        "keytype": [0, 1],
        "connectiontype": ["1", "CloudBillingSync"],
        "key": [WRAPPED_KEY],
        "publickey": [PUBLIC_KEY],
        "encryptedprivatekey": [ENC_STRING],
        "collectionname": [ENC_STRING],
        "name": [ENC_STRING, "Acme"],
        "event": ["renew", "seats", "cancel", "plan", "set-expiration"],
        "xdeviceidentifier": ["5a1b3c9d-0000-4000-8000-000000000001"],
        "xrequestemail": ["b3duZXJAYWNtZS5leGFtcGxl"],
    }


def _world(side: Side, owner: Person, database: Path, installation_id: str, known: dict[str, list[Any]]) -> World:
    callers = {
        "owner": owner.api,
        "member": known.pop("member")[0].api,
        "installation": _installation_client(side, side.app, installation_id),
        "nobody": side.new_client(),
    }
    live, saved = sqlite3.connect(database), sqlite3.connect(":memory:")
    live.backup(saved)
    return World(side, owner, callers, known, live, saved)


@pytest.fixture(scope="module")
def workshop_of_module(shelf: Shelf) -> Iterator[Workshop]:
    """Like `workshop`, for a whole module."""
    with closing(Workshop(shelf, ManualClock(START))) as made:
        yield made


@pytest.fixture(scope="module")
def worlds(workshop_of_module: Workshop) -> Callable[[str], World]:
    """worlds("cloud"), worlds("selfhost"): made at first use; both come out of one licence loop."""
    pair = make_pair(workshop_of_module, adminSettings__admins=ADMIN)
    cloud_organization = str(new_organization(pair.cloud_owner)["id"])
    token = billing_sync_token(pair.cloud_owner, cloud_organization)
    installation = str(pair.installation["id"])
    made: dict[str, World] = {}

    def cloud() -> World:
        known = _furnish(pair.cloud, pair.cloud_owner, cloud_organization)
        license_key = download_license(pair.cloud_owner, cloud_organization, installation)["licenseKey"]
        known |= {
            "installationid": [installation],
            "billingsynckey": [token],
            "licensekey": [license_key],
            "sponsoringorganizationcloudid": [cloud_organization],
        }
        return _world(pair.cloud, pair.cloud_owner, workshop_of_module.directory / "cloud-us.db", installation, known)

    def selfhost() -> World:
        license_file = download_license(pair.cloud_owner, cloud_organization, installation)
        organization = str(create_from_license(pair.owner, license_file)["id"])
        known = _furnish(pair.selfhost, pair.owner, organization)
        connection = connect(pair.owner, organization, token)["id"]
        known |= {
            "connectionid": [connection],
            "config": [{"billingSyncKey": token}],
            "file": [str(license_file).encode()],
        }
        return _world(pair.selfhost, pair.owner, workshop_of_module.directory / "selfhost.db", installation, known)

    def world(name: str) -> World:
        if name not in made:
            made[name] = {"cloud": cloud, "selfhost": selfhost}[name]()
        return made[name]

    return world
