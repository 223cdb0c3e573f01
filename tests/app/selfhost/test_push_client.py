"""The instance as a client of the push relay: what it tells, when, and that nobody ever waits for it."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests
import sqlalchemy as sa

from common.clock import ManualClock
from common.domains.identity.models import Device
from common.server.transaction import db
from common.sim.service import simulated_clock
from selfhost.cloud.client import CloudClient
from selfhost.push import service
from selfhost.push.models import PushMessage
from selfhost.worker import send_pushes
from tests.support.harness import Workshop, make_pair
from tests.support.plugins.licensing import Smith, Vaults
from tests.support.sponsorships import line_of, world

RELAY = {"globalSettings__pushRelayBaseUri": "https://push.bitwarden.com"}


class Relayed:
    """A pair whose instance uses the push relay of its cloud."""

    def __init__(self, workshop: Workshop, **environment: Any) -> None:
        self.pair = make_pair(workshop, **RELAY | environment)
        self.line = line_of(self.pair)
        self.client: CloudClient | None = None

    @property
    def ctx(self) -> Any:
        return self.pair.selfhost.app.extensions["wardenloop"]

    def send(self) -> Any:
        with self.pair.selfhost.app.app_context():
            self.client = self.client or service.relay_client(self.ctx)
            return service.send_pending(self.ctx, self.client)

    def received(self) -> Any:
        return self.pair.cloud.client.get("/_sim/push").json()["data"]

    def waiting(self) -> Any:
        with self.pair.selfhost.app.app_context():
            return db.session.scalar(sa.select(sa.func.count()).select_from(PushMessage))

    def device(self, kind: int = 0, push_token: str | None = "apns-1") -> Any:
        device = Device(
            id=uuid4(),
            user_id=UUID(self.pair.owner.user_id),
            name="phone",
            type=kind,
            identifier=str(uuid4()),
            push_token=push_token,
            creation_date=self.pair.selfhost.clock.now(),
            revision_date=self.pair.selfhost.clock.now(),
        )
        device_id = device.id
        Vaults(self.pair.selfhost).add(device)
        return device_id


@pytest.fixture
def relayed(workshop: Workshop) -> Relayed:
    return Relayed(workshop)


def test_new_organization_tells_its_owner(relayed: Relayed) -> None:
    world(relayed.pair)
    assert relayed.received() == []
    assert relayed.send() == 1
    (call,) = relayed.received()
    body = call["body"]
    assert (call["action"], body["type"], body["userId"]) == ("send", 6, relayed.pair.owner.user_id)
    assert body["payload"] == {"userId": relayed.pair.owner.user_id, "date": "2026-08-20T12:00:00Z"}
    others = ("organizationId", "deviceId", "identifier", "clientType", "installationId")
    assert [body[name] for name in others] == [None] * 5
    assert relayed.send() == 0


def test_new_premium_tells_the_user(relayed: Relayed, smith: Smith) -> None:
    smith.installation = UUID(relayed.pair.installation["id"])
    owner = relayed.pair.owner
    with relayed.pair.selfhost.app.app_context():
        db.session.execute(sa.text("UPDATE users SET email_verified = 1"))
        db.session.commit()
    answer = owner.api.post("/api/accounts/license", files={"license": ("l.json", smith.user(owner.email))})
    assert answer.status_code == 200, answer.text
    relayed.send()
    assert [call["body"]["type"] for call in relayed.received()] == [5]


def test_devices_with_a_push_token_are_registered_once_and_again_with_a_new_one(relayed: Relayed) -> None:
    organization = world(relayed.pair).id
    phone = relayed.device(1)
    relayed.device(9, "browser")
    relayed.device(0, None)
    relayed.send()
    (call,) = [each for each in relayed.received() if each["action"] == "register"]
    body = call["body"]
    assert (body["deviceId"], body["pushToken"], body["type"]) == (str(phone), "apns-1", 1)
    assert body["userId"] == relayed.pair.owner.user_id
    assert body["organizationIds"] == [organization]
    assert body["installationId"] == relayed.pair.installation["id"]
    assert relayed.send() == 0
    with relayed.pair.selfhost.app.app_context():
        db.session.execute(sa.update(Device).where(Device.id == phone).values(push_token="apns-2"))
        db.session.commit()
    relayed.send()
    tokens = {each["body"]["pushToken"] for each in relayed.received() if each["action"] == "register"}
    assert tokens == {"apns-1", "apns-2"}


def test_relay_that_is_down_neither_delays_nor_fails_a_request(relayed: Relayed) -> None:
    relayed.line.down = True
    with relayed.pair.selfhost.app.app_context():
        before = len(relayed.line.requests)
        service.vault_changed(relayed.ctx, UUID(int=1))
        db.session.commit()
        assert len(relayed.line.requests) == before
    assert relayed.send() == 1
    relayed.line.down = False
    assert (relayed.send(), relayed.received()) == (0, [])


def test_all_that_waits_is_sent_although_the_time_is_read_from_the_database(relayed: Relayed) -> None:
    with relayed.pair.selfhost.app.app_context():
        ctx = replace(relayed.ctx, clock=simulated_clock(relayed.ctx.session))
        for number in (1, 2):
            service.vault_changed(ctx, UUID(int=number))
        db.session.commit()
        db.session.remove()
        assert service.send_pending(ctx, service.relay_client(ctx)) == 2
    assert len(relayed.received()) == 2


def test_refused_token_silences_the_relay_for_a_day(workshop: Workshop, clock: ManualClock) -> None:
    relayed = Relayed(workshop, globalSettings__installation__key="wrong")

    def call() -> Any:
        with relayed.pair.selfhost.app.app_context():
            service.vault_changed(relayed.ctx, UUID(int=1))
            db.session.commit()
        relayed.send()
        return len(relayed.line.requests)

    first = call()
    clock.advance(timedelta(hours=23))
    assert call() == first
    clock.advance(timedelta(hours=2))
    assert call() == first + 1


@pytest.mark.parametrize(
    "environment",
    [{"globalSettings__pushRelayBaseUri": "REPLACE"}, {"globalSettings__installation__key": ""}],
)
def test_without_relay_or_key_nothing_is_queued(workshop: Workshop, environment: dict[str, Any]) -> None:
    relayed = Relayed(workshop, **environment)
    with relayed.pair.selfhost.app.app_context():
        service.vault_changed(relayed.ctx, UUID(int=1))
        db.session.commit()
    assert relayed.waiting() == 0


def test_communication_switched_off_does_not_silence_the_relay(workshop: Workshop) -> None:
    relayed = Relayed(workshop, globalSettings__enableCloudCommunication="false")
    with relayed.pair.selfhost.app.app_context():
        service.vault_changed(relayed.ctx, UUID(int=1))
        db.session.commit()
    relayed.send()
    assert len(relayed.received()) == 1


def test_queue_is_bounded(relayed: Relayed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "WAITING_AT_MOST", 3)
    with relayed.pair.selfhost.app.app_context():
        for _ in range(5):
            service.vault_changed(relayed.ctx, UUID(int=1))
        db.session.commit()
    assert relayed.waiting() == 3


def test_refused_request_tells_nobody(relayed: Relayed) -> None:
    with relayed.pair.selfhost.app.app_context():
        service.vault_changed(relayed.ctx, UUID(int=1))
        db.session.rollback()
    assert relayed.send() == 0


def test_sender_works_until_told_to_stop(relayed: Relayed) -> None:
    stop = threading.Event()
    with relayed.pair.selfhost.app.app_context():
        service.vault_changed(relayed.ctx, UUID(int=1))
        db.session.commit()
    relayed.line.before = lambda request: stop.set() if request.url.endswith("push/send") else None
    send_pushes(stop, relayed.pair.selfhost.app, poll_seconds=0)
    assert len(relayed.received()) == 1


def test_sender_ends_at_once_without_a_relay(workshop: Workshop) -> None:
    side = workshop.selfhost()
    send_pushes(threading.Event(), side.app, poll_seconds=60)


def test_hanging_relay_is_a_failure_like_any_other(relayed: Relayed) -> None:
    def hang(_request: Any) -> None:
        raise requests.ReadTimeout

    relayed.line.before = hang
    with relayed.pair.selfhost.app.app_context():
        service.vault_changed(relayed.ctx, UUID(int=1))
        db.session.commit()
    assert relayed.send() == 1
    assert relayed.waiting() == 0
