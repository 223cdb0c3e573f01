"""The licence sync between a real cloud and a real instance in process: the loop, and everything that can go wrong."""

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, cast
from uuid import uuid4

import pytest
import requests
import sqlalchemy as sa
from requests.adapters import BaseAdapter

from common.clock import ManualClock
from common.domains.organizations.models import Member, Organization, OrganizationApiKey
from common.server.transaction import db
from selfhost.billing_sync import service as billing_sync
from tests.support.harness import Pair, Workshop, make_pair
from tests.support.license_loop import CHECK_INTERNET_AND_TOKEN, CONNECTIONS, LICENSES, Answering, Loop


@pytest.fixture
def loop(pair: Pair) -> Loop:
    return Loop(pair)


def test_sync_brings_what_changed_on_the_cloud(loop: Loop, clock: ManualClock) -> None:
    assert loop.last_sync() is None
    loop.change_cloud(seats=42, name="Acme &amp; Co")
    clock.advance(timedelta(minutes=30, microseconds=120))
    answer = loop.sync()
    assert (answer.status_code, answer.content) == (200, b"")
    assert (loop.organization().seats, loop.organization().name) == (42, "Acme &amp; Co")
    assert json.loads(loop.file())["Seats"] == 42
    assert loop.last_sync() == "2026-08-20T12:30:00.00012+00:00"


def test_both_spellings_of_the_route(loop: Loop) -> None:
    assert loop.pair.owner.api.post(f"{LICENSES}/{loop.id}/sync").status_code == 200
    assert loop.sync().status_code == 200


def test_rotated_key_is_refused_until_saved_again(loop: Loop) -> None:
    loop.sync()
    key = loop.billing_sync_token(rotate=True)
    assert loop.refused() == CHECK_INTERNET_AND_TOKEN
    loop.connect(key)
    assert loop.last_sync() is None  # saving the token forgets the last sync
    assert loop.sync().status_code == 200


def test_sync_brings_back_a_disabled_organization(loop: Loop) -> None:
    loop.change_instance(sa.update(Organization).values(enabled=False))
    assert loop.sync().status_code == 200
    assert loop.organization().enabled


def test_a_license_that_is_refused_moves_nothing(loop: Loop) -> None:
    loop.change_cloud(self_host=False)
    assert loop.refused() == ("Invalid license. The license does not allow for on-premise hosting of organizations.")
    loop.change_cloud(self_host=True, seats=0)
    assert loop.refused() == (
        "Your organization currently has 1 seats filled. Your new license only has (0) seats. Remove some users."
    )


class TestOrderOfRefusals:
    def test_who_may_ask(self, loop: Loop) -> None:
        stranger = loop.pair.selfhost.sign_up("stranger@acme.example")
        for organization_id in (loop.id, str(uuid4()), "nonsense"):
            answer = stranger.api.post(f"{LICENSES}/{organization_id}/sync")
            assert (answer.status_code, answer.json()["message"]) == (404, "Resource not found.")

    def test_no_connection_comes_before_cloud_communication(self, workshop: Workshop) -> None:
        loop = Loop(make_pair(workshop, globalSettings__enableCloudCommunication="false"))
        assert loop.refused() == "Cloud communication is disabled in global settings"
        loop.pair.owner.api.delete(f"{CONNECTIONS}/{loop.connection['id']}")
        assert loop.sync().status_code == 404

    @pytest.mark.parametrize(
        ("values", "text"),
        [
            ({"enabled": False, "config": None}, "Connection disabled for organization {}"),
            ({"config": " "}, "No saved Connection config for organization {}"),
            ({"config": "{"}, "Error parsing Connection config for organization {}"),
            (
                {"config": json.dumps({"BillingSyncKey": " ", "CloudOrganizationId": str(uuid4())})},
                "Failed to get Billing Sync Key",
            ),
        ],
    )
    def test_connection_that_cannot_be_used(self, loop: Loop, values: dict[str, Any], text: str) -> None:
        loop.change_instance(sa.update(billing_sync.OrganizationConnection).values(**values))
        answer = loop.sync()
        assert (answer.status_code, answer.json()["message"]) == (400, text.format(loop.id))


class TestWhatReallyFailed:
    """One text on the wire; the log and the kept failure tell the causes apart."""

    def check(self, loop: Any, reason: Any, caplog: Any, *lines: Any) -> None:
        caplog.clear()
        caplog.set_level(logging.INFO, logger="selfhost.cloud")
        if reason == "timeout":  # nginx gives up before the instance does
            assert loop.sync().status_code == 504
        else:
            assert loop.refused() == CHECK_INTERNET_AND_TOKEN
        assert loop.failure().reason == reason
        messages = [record.getMessage() for record in caplog.records if record.name.startswith("selfhost.cloud")]
        assert len(messages) == len(lines)
        for message, start in zip(messages, lines, strict=True):
            assert message.startswith(start), message

    def test_failure_is_forgotten_after_success(self, loop: Loop, caplog: pytest.LogCaptureFixture) -> None:
        key = loop.connection["config"]["BillingSyncKey"]
        loop.connect("wrong")
        self.check(
            loop,
            "invalid-billing-sync-key",
            caplog,
            "Request to https://api.bitwarden.com/licenses/organization/"
            f"{loop.cloud_id} is unsuccessful with status of 400-BAD REQUEST: Invalid Billing Sync Key",
        )
        loop.connect(key)
        loop.sync()
        assert loop.failure() is None

    def test_disabled_installation(self, loop: Loop, caplog: pytest.LogCaptureFixture) -> None:
        from cloud_sim.installations.models import Installation

        with loop.pair.cloud.app.app_context():
            db.session.execute(sa.update(Installation).values(enabled=False))
            db.session.commit()
        client = f"installation.{loop.pair.installation['id']}"
        self.check(
            loop,
            "invalid-client",
            caplog,
            f"Unsuccessful token response from https://identity.bitwarden.com/ for client {client} with status 400-",
            "Unable to send GET request to https://api.bitwarden.com/licenses/organization/",
        )

    def test_organization_of_another_region(self, loop: Loop, caplog: pytest.LogCaptureFixture) -> None:
        with loop.pair.cloud.app.app_context():
            db.session.execute(sa.delete(OrganizationApiKey))
            db.session.execute(sa.delete(Member))
            db.session.execute(sa.delete(Organization))
            db.session.commit()
        self.check(loop, "not-found", caplog, "Request to https://api.bitwarden.com/licenses/organization/")

    def test_api_of_the_other_region(self, loop: Loop, workshop: Workshop, caplog: pytest.LogCaptureFixture) -> None:
        """Identity of one region, API of the other: the token is not accepted (401 with an empty body)."""
        europe = workshop.cloud("EU")
        session = loop.pair.selfhost.app.extensions["wardenloop"].http
        session.mount("http://cloud-us.test/api/", europe_as_us(europe))
        self.check(loop, "unauthorized", caplog, "Failed to send to https://api.bitwarden.com/licenses/organization/")

    @pytest.mark.parametrize(
        ("error", "reason"),
        [
            (requests.ConnectionError(ConnectionRefusedError(111, "Connection refused")), "refused"),
            (requests.ConnectTimeout("timed out"), "timeout"),
            (requests.exceptions.SSLError("self-signed certificate"), "tls"),
            (requests.ConnectionError("reset"), "unreachable"),
        ],
    )
    @pytest.mark.parametrize("blocked", ["identity", "api"])
    def test_network(self, loop: Loop, caplog: pytest.LogCaptureFixture, error: Any, reason: str, blocked: str) -> None:
        loop.pair.selfhost.app.extensions["wardenloop"].http.mount(f"http://cloud-us.test/{blocked}/", Answering(error))
        lines = {
            "identity": (
                "Unable to authenticate with identity server.",
                "Empty token response from https://identity.bitwarden.com/ for client installation.",
                "Unable to send GET request to",
            ),
            "api": ("Failed to send to https://api.bitwarden.com/licenses/organization/",),
        }[blocked]
        self.check(loop, reason, caplog, *lines)

    @pytest.mark.parametrize("blocked", ["identity", "api"])
    def test_captive_portal(self, loop: Loop, caplog: pytest.LogCaptureFixture, blocked: str) -> None:
        loop.pair.selfhost.app.extensions["wardenloop"].http.mount(
            f"http://cloud-us.test/{blocked}/", Answering(b"<html>Welcome to our hotel</html>")
        )
        lines = {"identity": ("Empty token response", "Unable to send"), "api": ("Failed to send to",)}[blocked]
        self.check(loop, "web-page", caplog, *lines)

    @pytest.mark.parametrize("body", [b"null", b"[]", b'{"seats": "many"}'])
    def test_answer_that_is_no_license(self, loop: Loop, body: bytes) -> None:
        loop.pair.selfhost.app.extensions["wardenloop"].http.mount("http://cloud-us.test/api/", Answering(body))
        assert loop.refused() == CHECK_INTERNET_AND_TOKEN

    def test_each_click_asks_for_a_token_again(self, loop: Loop) -> None:
        """The 24 hour back-off lives as long as one conversation."""
        session = loop.pair.selfhost.app.extensions["wardenloop"].http
        refusing = Answering(b'{"error":"invalid_client"}', status=400)
        session.mount("http://cloud-us.test/identity/", refusing)
        loop.refused()
        loop.refused()
        assert len(refusing.requests) == 2


def test_wire_request(loop: Loop) -> None:
    """A GET with a chunked JSON body, and nothing that a real server would not send."""
    session = loop.pair.selfhost.app.extensions["wardenloop"].http
    listening = Answering(b'{"message":"no"}', status=400)
    session.mount("http://cloud-us.test/api/", listening)
    loop.refused()
    (request,) = listening.requests
    assert (request.method, request.url) == (
        "GET",
        f"http://cloud-us.test/api/licenses/organization/{loop.cloud_id}",
    )
    assert request.headers["Transfer-Encoding"] == "chunked"
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"
    assert request.headers["Accept"] == "application/json"
    assert request.headers["Authorization"].startswith("Bearer ey")
    assert json.loads(b"".join(cast(Any, request.body))) == {
        "licenseKey": loop.organization().license_key,
        "billingSyncKey": loop.connection["config"]["BillingSyncKey"],
    }


@pytest.mark.parametrize(("slash", "status", "reason"), [("/", 200, None), ("", 400, "no-such-path")])
def test_a_base_address_with_a_path_needs_its_final_slash(
    workshop: Workshop, slash: str, status: int, reason: str | None
) -> None:
    """Upstream glues base and path as texts."""
    loop = Loop(
        make_pair(
            workshop,
            globalSettings__installation__apiUri=f"http://cloud-us.test/api{slash}",
            globalSettings__installation__identityUri=f"http://cloud-us.test/identity{slash}",
        )
    )
    assert loop.sync().status_code == status
    failure = loop.failure()
    assert (failure.reason if failure else None) == reason


class TestWhileTheCloudIsAsked:
    """Nothing is locked meanwhile, and nothing that was true before is taken for granted afterwards."""

    @contextmanager
    def meanwhile(self, loop: Any, action: Any) -> Iterator[None]:
        session = loop.pair.selfhost.app.extensions["wardenloop"].http
        adapter = session.get_adapter("http://cloud-us.test/api/x")
        session.mount("http://cloud-us.test/api/", Meanwhile(adapter, action))
        yield
        session.mount("http://cloud-us.test/api/", adapter)

    def test_the_instance_goes_on_working(self, loop: Loop) -> None:
        seen = []

        def act() -> None:
            seen.append(loop.pair.owner.api.put("/api/accounts/profile", json={"name": "Alive"}).status_code)

        with self.meanwhile(loop, act):
            assert loop.sync().status_code == 200
        assert seen == [200]

    def test_deleted_organization(self, loop: Loop) -> None:
        with self.meanwhile(loop, lambda: loop.change_instance(sa.delete(Organization))):
            assert loop.sync().status_code == 404

    def test_owner_who_is_no_owner_any_more(self, loop: Loop) -> None:
        with self.meanwhile(loop, lambda: loop.change_instance(sa.update(Member).values(type=2))):
            assert loop.sync().status_code == 404

    def test_connection_removed(self, loop: Loop) -> None:
        def act() -> None:
            loop.pair.owner.api.delete(f"{CONNECTIONS}/{loop.connection['id']}")

        seats = loop.organization().seats or 0
        loop.change_cloud(seats=seats + 1)
        with self.meanwhile(loop, act):
            assert loop.sync().status_code == 404
        assert loop.organization().seats == seats

    def test_token_saved_again_keeps_the_new_token(self, loop: Loop) -> None:
        with self.meanwhile(loop, lambda: loop.connect("another-token")):
            assert loop.sync().status_code == 200
        connection = loop.pair.owner.api.get(f"{CONNECTIONS}/{loop.id}/1").json()
        assert connection["config"]["BillingSyncKey"] == "another-token"
        assert connection["config"]["LastLicenseSync"] is not None

    def test_older_license_does_not_replace_a_newer_one(self, loop: Loop, clock: ManualClock) -> None:
        old = loop.download()
        clock.advance(timedelta(hours=1))

        def act() -> None:
            loop.change_cloud(seats=77)
            loop.upload(f"{LICENSES}/{loop.id}")

        session = loop.pair.selfhost.app.extensions["wardenloop"].http
        session.mount("http://cloud-us.test/api/", Meanwhile(Answering(old), act))
        answer = loop.sync()
        assert answer.status_code == 409
        assert loop.organization().seats == 77
        assert loop.last_sync() is None


def test_uploads_and_syncs_at_once_leave_disk_and_database_agreeing(loop: Loop) -> None:
    def upload() -> None:
        client = loop.pair.selfhost.new_client()
        client.headers.update(loop.pair.owner.api.headers)
        for content in contents:
            client.post(f"{LICENSES}/{loop.id}", files={"license": ("l.json", content)})

    def sync() -> None:
        client = loop.pair.selfhost.new_client()
        client.headers.update(loop.pair.owner.api.headers)
        for _ in contents:
            client.post(f"{LICENSES}/{loop.id}/sync")

    contents = []
    for seats in range(20, 24):
        loop.change_cloud(seats=seats)
        contents.append(loop.download())
    threads = [threading.Thread(target=target) for target in (upload, sync, upload, sync)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = json.loads(loop.file())
    row = loop.organization()
    assert (stored["Seats"], stored["Name"], stored["LicenseKey"]) == (row.seats, row.name, row.license_key)


class Meanwhile(BaseAdapter):
    """A peer during whose answer something else happens."""

    def __init__(self, adapter: Any, action: Any) -> None:
        super().__init__()
        self.adapter, self.action = adapter, action

    def send(self, request: Any, *_args: Any, **kwargs: Any) -> Any:
        self.action()
        return self.adapter.send(request, **kwargs)

    def close(self) -> None:
        """Nothing is open."""


def europe_as_us(europe: Any) -> Any:
    """The European cloud at the address of the American one."""
    return europe.new_client().get_adapter(europe.base_url)
