"""Killed with -9 in the middle of an upload or a sync, at every point where something becomes visible: after the next
start disk and database agree, and show either the old licence or the new one."""

import json
import os
import signal
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import requests
import sqlalchemy as sa
from requests.adapters import BaseAdapter
from sqlalchemy.orm import Session

from common.domains.accounts.models import User
from common.domains.organizations.models import Organization
from common.server.transaction import db
from selfhost.license_files import service as files
from selfhost.licensing import service
from tests.support.harness import Workshop
from tests.support.plugins.licensing import Account, Smith, Vaults, upload

LICENSES = "/api/organizations/licenses/self-hosted"
CONNECTIONS = "/api/organizations/connections"
EMAIL = "owner@contoso.example"
MOST_POINTS = 60


class World:
    """An instance whose processes come and go; its files and its database stay."""

    def __init__(self, workshop: Workshop, smith: Smith) -> None:
        self.workshop, self.smith = workshop, smith
        vaults = self.start()
        owner = vaults.account(EMAIL)
        self.owner_id, self.token = owner.id, owner.api.headers["Authorization"]
        self.organization_id = upload(owner, LICENSES, smith.organization(seats=10), key="4.k").json()["id"]
        assert upload(owner, "/api/accounts/license", smith.user(EMAIL, license_key="old")).status_code == 200
        body = {
            "type": 1,
            "organizationId": self.organization_id,
            "enabled": True,
            "config": {"billingSyncKey": "key"},
        }
        assert owner.api.post(CONNECTIONS, json=body).status_code == 200
        self.stop(vaults)

    def start(self) -> Vaults:
        return Vaults(self.workshop.selfhost(globalSettings__enableCloudCommunication="true"))

    def stop(self, vaults: Vaults) -> None:
        self.workshop.stop(vaults.side)

    def owner(self, vaults: Vaults) -> Account:
        api = vaults.side.new_client()
        api.headers["Authorization"] = self.token
        return Account(self.owner_id, EMAIL, api)

    def in_a_process_killed_at(self, point: Any, action: Any) -> bool:
        """True when the process reached its `point`-th visible step and died there, False when it came to its end."""
        child = os.fork()
        if child == 0:
            try:
                vaults = self.start()
                owner = self.owner(vaults)
                owner.api.get("/api/accounts/subscription")
                die_at(point)
                os._exit(0 if action(owner, vaults).status_code == 200 else 3)
            finally:
                os._exit(4)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            return True
        assert os.WEXITSTATUS(status) == 0
        return False


def die_at(point: Any) -> None:
    """Kill this process before or after the `point`-th step that others can see."""
    steps = count(1)

    def watched(function: Any) -> Any:
        def step(*args: Any, **kwargs: Any) -> Any:
            if next(steps) == point:
                os.kill(os.getpid(), signal.SIGKILL)
            result = function(*args, **kwargs)
            if next(steps) == point:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return step

    steps_of: list[tuple[Any, str]] = [(os, "fsync"), (Path, "replace"), (Session, "commit"), (Session, "flush")]
    for owner, name in steps_of:
        setattr(owner, name, watched(getattr(owner, name)))


class CloudOfOneAnswer(BaseAdapter):
    """Gives a token to everybody and one licence."""

    def __init__(self, content: Any) -> None:
        super().__init__()
        self.content = content

    def send(self, request: Any, *_args: Any, **_kwargs: Any) -> Any:
        response = requests.Response()
        response.status_code, response.reason, response.request = 200, "OK", request
        response._content = b'{"access_token":"a.b.c"}' if request.url.endswith("token") else self.content
        return response

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def world(workshop: Workshop, smith: Smith) -> World:
    return World(workshop, smith)


def check_every_point(world: Any, action: Any, agreed: Any) -> None:
    """Kill at point 1, 2, 3, ... until the action comes to its end; `agreed` says which licence is in force."""
    seen = []
    for point in range(1, MOST_POINTS):
        killed = world.in_a_process_killed_at(point, action)
        vaults = world.start()
        world.owner(vaults).api.get("/api/accounts/subscription")
        seen.append(agreed(vaults))
        for kind in (files.ORGANIZATION, files.USER):
            names = [path.name for path in vaults.file("x", kind).parent.iterdir()]
            assert len(names) == 1 and names[0].endswith(".json"), names
        world.stop(vaults)
        if not killed:
            assert seen[0] == "old"
            assert seen[-1] == "new"
            assert len(seen) > 10
            return
    pytest.fail("the action never ended")


def organization_in_force(world: Any) -> Any:
    def agreed(vaults: Vaults) -> Any:
        row, stored = vaults.organization(world.organization_id), vaults.on_disk(world.organization_id)
        assert stored["Seats"] == row.seats
        found = {10: "old", 25: "new"}[row.seats or 0]
        with vaults.side.app.app_context():  # back to the start for the next point
            db.session.execute(
                sa.update(Organization).where(Organization.id == UUID(world.organization_id)).values(seats=10)
            )
            db.session.commit()
        path = vaults.file(world.organization_id)
        path.write_text(json.dumps(stored | {"Seats": 10}))
        return found

    return agreed


def test_upload(world: World, smith: Smith) -> None:
    content = smith.organization(seats=25)

    def send(owner: Any, _vaults: Any) -> Any:
        return upload(owner, f"{LICENSES}/{world.organization_id}", content)

    check_every_point(world, send, organization_in_force(world))


def test_sync(world: World, smith: Smith) -> None:
    content = smith.organization(seats=25)

    def send(owner: Any, vaults: Vaults) -> Any:
        http = vaults.side.app.extensions["wardenloop"].http
        http.mount("http://", CloudOfOneAnswer(content))
        return owner.api.post(f"{LICENSES}/{world.organization_id}/sync/")

    check_every_point(world, send, organization_in_force(world))


def test_premium(world: World, smith: Smith) -> None:
    content = smith.user(EMAIL, license_key="new")

    def send(owner: Any, _vaults: Any) -> Any:
        return upload(owner, "/api/accounts/license", content)

    def agreed(vaults: Vaults) -> Any:
        found, stored = vaults.user(world.owner_id).license_key, vaults.on_disk(world.owner_id, "user")
        assert stored["LicenseKey"] == found
        with vaults.side.app.app_context():
            db.session.execute(sa.update(User).values(license_key="old"))
            db.session.commit()
        vaults.file(world.owner_id, "user").write_text(json.dumps(stored | {"LicenseKey": "old"}))
        return found

    check_every_point(world, send, agreed)


def test_creation(world: World, smith: Smith) -> None:
    """Nothing, or an organization with its file."""
    content = smith.organization(license_key="second")
    outcomes = set()
    for point in range(1, MOST_POINTS):
        killed = world.in_a_process_killed_at(point, lambda owner, _: upload(owner, LICENSES, content, key="4.k"))
        vaults = world.start()
        world.owner(vaults).api.get("/api/accounts/subscription")
        with vaults.side.app.app_context():
            found = db.session.scalars(sa.select(Organization.id).where(Organization.license_key == "second")).all()
        names = {path.stem for path in vaults.file("x").parent.iterdir()} - {world.organization_id}
        assert names == {str(each) for each in found}
        outcomes.add(len(found))
        for each in found:
            vaults.file(each).unlink()
        with vaults.side.app.app_context():
            db.session.execute(sa.delete(Organization).where(Organization.license_key == "second"))
            db.session.commit()
        world.stop(vaults)
        if not killed:
            assert outcomes == {0, 1}
            return
    pytest.fail("the action never ended")


def test_deletion(world: World, smith: Smith) -> None:
    """An organization with its file, or neither."""

    def delete(_owner: Any, vaults: Vaults) -> Any:
        with vaults.side.app.app_context():
            service.delete_organization(vaults.side.app.extensions["wardenloop"], UUID(world.organization_id))
        done = requests.Response()
        done.status_code = 200
        return done

    outcomes = []
    for point in range(1, MOST_POINTS):
        killed = world.in_a_process_killed_at(point, delete)
        vaults = world.start()
        owner = world.owner(vaults)
        owner.api.get("/api/accounts/subscription")
        with vaults.side.app.app_context():
            outcomes.append(db.session.get(Organization, UUID(world.organization_id)) is not None)
        assert vaults.file(world.organization_id).exists() is outcomes[-1]
        if not outcomes[-1]:
            made = upload(owner, LICENSES, smith.organization(seats=10), key="4.k")
            world.organization_id = made.json()["id"]
        world.stop(vaults)
        if not killed:
            assert outcomes[0] and not outcomes[-1] and outcomes.count(False) > 2
            return
    pytest.fail("the action never ended")
