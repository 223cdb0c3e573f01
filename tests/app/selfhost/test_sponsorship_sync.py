"""The sponsorship sync of an instance against a cloud of the test's own making: what is sent, what an answer does."""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from socket import gaierror
from typing import Any, cast
from uuid import UUID, uuid4

import jwt
import pytest
import requests
import sqlalchemy as sa
from requests.adapters import BaseAdapter
from urllib3.exceptions import NameResolutionError

from common.clock import ManualClock
from common.domains.sponsorships.models import OrganizationSponsorship
from common.server.transaction import db
from selfhost.billing_sync.models import OrganizationConnection
from tests.support.harness import Workshop
from tests.support.plugins.licensing import CLOUD_ORGANIZATION, Smith, Vaults, upload
from tests.support.sponsorships import rows_of
from tests.support.statements import statements_of

KEY = "0123456789abcdefghijABCDEFGHIJ"
LATER = datetime(2027, 8, 1, tzinfo=UTC)
ON = {"globalSettings__enableCloudCommunication": "true"}


class Cloud(BaseAdapter):
    """Answers the token endpoint with a token that lives long, and the sync as told."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[requests.PreparedRequest] = []
        self.batches: list[dict[str, Any]] = []
        self.token: tuple[int, Any] = (200, {"access_token": jwt.encode({"exp": 4_000_000_000}, "s" * 32)})
        self.answer: Callable[[Any], Any] = lambda row: row | {"lastSyncDate": "2026-08-20T12:00:00.1234567Z"}
        self.fixed: Any = None

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self.requests.append(request)
        if request.url.endswith("connect/token"):
            return self._respond(request, self.token)
        body = json.loads(b"".join(request.body))
        self.batches.append(body)
        if self.fixed is not None:
            fixed = self.fixed(len(self.batches)) if callable(self.fixed) else self.fixed
            if fixed is not None:
                return self._respond(request, fixed)
        rows = [self.answer(row) for row in body["sponsorshipsBatch"]]
        return self._respond(request, (200, {"sponsorshipsBatch": [row for row in rows if row is not None]}))

    def _respond(self, request: Any, answer: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code, content = answer
        response.url, response.request, response.reason = request.url, request, "reason"
        response._content = content if isinstance(content, bytes) else json.dumps(content).encode()
        return response

    def close(self) -> None:
        """Nothing is open."""

    @property
    def calls(self) -> list[str]:
        return [str(request.url).rpartition("/")[2] for request in self.requests]


class Instance:
    """An instance with one organization, its connection, and sponsorships put there by hand."""

    def __init__(self, workshop: Workshop, smith: Smith, **environment: Any) -> None:
        self.side = workshop.selfhost(**ON | environment)
        self.cloud = Cloud()
        self.side.app.extensions["wardenloop"].http.mount("http://", self.cloud)
        self.vaults = Vaults(self.side)
        self.owner = self.vaults.account()
        path = "/api/organizations/licenses/self-hosted"
        self.id = upload(self.owner, path, smith.organization(), key="4.k").json()["id"]
        self.connect()

    def connect(self, key: Any = KEY) -> None:
        body = {"type": 1, "organizationId": self.id, "enabled": True, "config": {"billingSyncKey": key}}
        assert self.owner.api.post("/api/organizations/connections", json=body).status_code == 200

    def add(self, name: Any, **columns: Any) -> None:
        now = self.side.clock.now()
        defaults = {
            "id": uuid4(),
            "sponsoring_organization_id": UUID(self.id),
            "sponsoring_organization_user_id": uuid4(),
            "friendly_name": name,
            "offered_to_email": name,
            "creation_date": now,
            "pending_since": now,
        }
        self.vaults.add(OrganizationSponsorship(**defaults | columns))

    def sync(self) -> Any:
        answer = self.side.client.post(f"/_sim/organizations/{self.id}/sponsorships/sync")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def rows(self) -> Any:
        return {row.friendly_name: row for row in rows_of(self.side, self.id)}

    def state(self) -> list[Any]:
        return [
            (row.friendly_name, row.last_sync_date, row.valid_until, row.to_delete, row.pending_since)
            for row in rows_of(self.side, self.id)
        ]

    def change(self, statement: Any) -> None:
        with self.side.app.app_context():
            db.session.execute(statement)
            db.session.commit()


@pytest.fixture
def instance(workshop: Workshop, smith: Smith) -> Instance:
    return Instance(workshop, smith)


def test_request_is_upstreams(instance: Instance) -> None:
    member = uuid4()
    instance.add(
        "a@b.example",
        sponsoring_organization_user_id=member,
        last_sync_date=LATER,
        notes="2.x",
        is_admin_initiated=True,
    )
    instance.cloud.token = (200, {"access_token": "string"})  # need not be a JWT on its first use
    instance.sync()
    token, call = instance.cloud.requests
    assert token.url == "http://cloud-us.test/identity/connect/token"
    assert "scope=api.installation" in str(token.body)
    assert (call.method, call.url) == ("POST", "http://cloud-us.test/api/organization/sponsorship/sync")
    assert call.headers["Authorization"] == "Bearer string"
    assert call.headers["Content-Type"] == "application/json; charset=utf-8"
    assert call.headers["Transfer-Encoding"] == "chunked"
    assert instance.cloud.batches == [
        {
            "billingSyncKey": KEY,
            "sponsoringOrganizationCloudId": str(CLOUD_ORGANIZATION),
            "sponsorshipsBatch": [
                {
                    "sponsoringOrganizationUserId": str(member),
                    "friendlyName": "a@b.example",
                    "offeredToEmail": "a@b.example",
                    "planSponsorshipType": 0,
                    "lastSyncDate": "2027-08-01T00:00:00Z",
                    "validUntil": None,
                    "toDelete": False,
                }
            ],
        }
    ]


def test_answer_is_taken_over_whatever_the_case_of_its_names(instance: Instance) -> None:
    instance.add("a@b.example")
    instance.cloud.answer = lambda row: {
        name[:1].upper() + name[1:]: value
        for name, value in (
            row | {"lastSyncDate": "2026-08-20T12:00:01Z", "validUntil": "2027-08-01T00:00:00Z"}
        ).items()
    }
    run = instance.sync()
    assert (run["error"], run["sent"], run["removed"], run["active"]) == (None, 1, 0, 1)
    row = instance.rows()["a@b.example"]
    assert (row.last_sync_date, row.valid_until) == (datetime(2026, 8, 20, 12, 0, 1, tzinfo=UTC), LATER)
    assert (row.to_delete, row.pending_since) == (False, None)


def test_what_the_cloud_removed_goes_and_nothing_else_does(instance: Instance) -> None:
    instance.add("gone@b.example", to_delete=True, last_sync_date=LATER)
    instance.add("kept@b.example")
    instance.cloud.answer = lambda row: (
        row
        | {
            "lastSyncDate": "2026-08-20T12:00:00Z",
            "cloudSponsorshipRemoved": row["toDelete"],
        }
    )
    assert instance.sync()["removed"] == 1
    assert list(instance.rows()) == ["kept@b.example"]


def test_rows_absent_from_the_answer_stay_and_wait(instance: Instance) -> None:
    instance.add("a@b.example")
    instance.add("leaver@b.example", to_delete=True)
    before = instance.state()
    instance.cloud.answer = lambda row: None  # what a cloud does whose organization is not Enterprise any more
    assert instance.sync()["error"] is None
    assert instance.state() == before


def test_offer_taken_back_before_the_cloud_knew_it_goes_with_the_next_sync(instance: Instance) -> None:
    """Upstream keeps it for ever: the cloud passes over it."""
    instance.add("leaver@b.example", to_delete=True)
    instance.cloud.answer = lambda row: None
    run = instance.sync()
    assert (run["error"], run["removed"]) == (None, 1)
    assert instance.rows() == {}


def test_nothing_to_sync_asks_nobody(instance: Instance, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "selfhost"):
        run = instance.sync()
    assert (run["error"], run["chunksTotal"], run["sent"]) == (None, 0, 0)
    assert instance.cloud.requests == []
    assert f"No existing sponsorships to sync for organization {instance.id}" in caplog.text


def test_one_token_serves_all_chunks_of_a_thousand(instance: Instance) -> None:
    instance.vaults.add(*(many(instance, 2500)))
    run = instance.sync()
    assert (run["error"], run["chunksDone"], run["chunksTotal"], run["sent"]) == (None, 3, 3, 2500)
    assert [len(batch["sponsorshipsBatch"]) for batch in instance.cloud.batches] == [1000, 1000, 500]
    assert instance.cloud.calls == ["token", "sync", "sync", "sync"]
    assert all(row.pending_since is None for row in instance.rows().values())


def many(instance: Any, number: Any) -> list[Any]:
    now = instance.side.clock.now()
    return [
        OrganizationSponsorship(
            id=uuid4(),
            sponsoring_organization_id=UUID(instance.id),
            sponsoring_organization_user_id=uuid4(),
            friendly_name=f"f{index}@b.example",
            offered_to_email=f"f{index}@b.example",
            creation_date=now,
            pending_since=now,
        )
        for index in range(number)
    ]


def test_nothing_is_saved_when_any_chunk_fails(instance: Instance) -> None:
    instance.vaults.add(*many(instance, 2001))
    before = instance.state()
    instance.cloud.fixed = lambda number: (500, b"") if number == 3 else None
    run = instance.sync()
    assert (run["error"], run["chunksDone"], run["chunksTotal"]) == ("Organization sync failed", 2, 3)
    assert instance.state() == before


def test_statements_grow_with_chunks_and_not_with_rows(instance: Instance) -> None:
    def cost(rows: Any) -> Any:
        instance.vaults.add(*many(instance, rows))
        return statements_of(instance.side, instance.sync)

    cost(1)  # the rules of the way out are read once
    few, more = cost(3), cost(990)
    three_chunks = cost(2000)
    assert few == more
    assert (three_chunks - more) % 2 == 0 and three_chunks - more <= 4 * 2


def test_rows_of_one_member_travel_together(instance: Instance) -> None:
    """The cloud matches a member's only row by the member alone, so rows of one member must not be torn apart."""
    member = UUID(int=2**127)
    rows = many(instance, 1001)
    for row in sorted(rows, key=lambda row: row.sponsoring_organization_user_id)[998:]:
        row.sponsoring_organization_user_id = member
    instance.vaults.add(*rows)
    instance.sync()
    holding = [
        [row["sponsoringOrganizationUserId"] for row in batch["sponsorshipsBatch"]].count(str(member))
        for batch in instance.cloud.batches
    ]
    assert sorted(holding)[-1] == 3 and sum(holding) == 3


def test_two_of_one_member_are_told_apart_by_name(instance: Instance) -> None:
    member = uuid4()
    instance.add("a@b.example", sponsoring_organization_user_id=member, to_delete=True, last_sync_date=LATER)
    instance.add("b@b.example", sponsoring_organization_user_id=member)
    instance.cloud.answer = lambda row: (
        row
        | {
            "lastSyncDate": "2026-08-20T12:00:00Z",
            "cloudSponsorshipRemoved": row["friendlyName"] == "a@b.example",
        }
    )
    assert instance.sync()["error"] is None
    assert list(instance.rows()) == ["b@b.example"]


def test_two_of_one_member_end_the_sync_as_a_quirk(workshop: Workshop, smith: Smith) -> None:
    instance = Instance(workshop, smith, wardenloop__quirks="sync-duplicate-member-raises")
    member = uuid4()
    for name in ("a@b.example", "b@b.example"):
        instance.add(name, sponsoring_organization_user_id=member)
    assert instance.sync()["error"] == f"An item with the same key has already been added. Key: {member}"
    assert instance.cloud.requests == []


@pytest.mark.parametrize(("quirks", "error"), [("", False), ("sync-unknown-member-raises", True)])
def test_answers_about_strangers_are_passed_over_or_end_the_sync_as_a_quirk(
    workshop: Workshop, smith: Smith, quirks: str, error: bool
) -> None:
    instance = Instance(workshop, smith, wardenloop__quirks=quirks)
    instance.add("a@b.example")
    stranger = {"sponsoringOrganizationUserId": str(uuid4()), "friendlyName": "x", "lastSyncDate": None}
    instance.cloud.fixed = (200, {"sponsorshipsBatch": [stranger]})
    assert (instance.sync()["error"] is not None) is error
    assert instance.rows()["a@b.example"].last_sync_date is None


# --- failures: upstream's text, and a reason beside it


def no_name() -> Any:
    reason = NameResolutionError("cloud-us.test", cast(Any, None), gaierror("no such host"))
    return requests.ConnectionError(reason)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((401, b""), "unauthorized"),
        ((403, b""), "forbidden"),
        ((404, {"message": "Resource not found."}), "not-found"),
        ((400, {"message": "Invalid organization"}), "unknown-organization"),
        ((400, {"message": "Invalid Billing Sync Key"}), "invalid-billing-sync-key"),
        ((400, {"message": "The model state is invalid."}), "rejected"),
        ((500, {"message": "An unhandled server error has occurred."}), "server-error"),
        ((200, b"<html>welcome to the hotel</html>"), "web-page"),
        ((200, b"null"), "empty-answer"),
        ((200, b"[]"), "not-json"),
        ((200, {"sponsorshipsBatch": [{"friendlyName": 1}]}), "not-json"),
        (requests.ConnectionError(ConnectionRefusedError()), "refused"),
        (requests.ReadTimeout(), "timeout"),
        (requests.exceptions.SSLError("unknown CA"), "tls"),
        (no_name(), "name-not-resolved"),
    ],
)
def test_every_failure_at_the_cloud_has_one_text_and_its_own_reason(
    instance: Instance, answer: Any, reason: str
) -> None:
    instance.add("a@b.example")
    before = instance.state()
    instance.cloud.fixed = answer
    run = instance.sync()
    assert (run["error"], run["reason"]) == ("Organization sync failed", reason)
    assert run["advice"]
    assert instance.state() == before


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ((400, {"error": "invalid_client"}), "invalid-client"),
        ((503, b""), "server-error"),
        ((200, b"<html>"), "web-page"),
        (requests.ConnectionError(ConnectionRefusedError()), "refused"),
    ],
)
def test_no_token_no_request(instance: Instance, token: Any, reason: str) -> None:
    instance.add("a@b.example")
    instance.cloud.token = token
    run = instance.sync()
    assert (run["error"], run["reason"]) == ("Organization sync failed", reason)
    assert instance.cloud.calls == ["token"]


@pytest.mark.parametrize("answer", [{}, {"sponsorshipsBatch": None}])
def test_answer_without_a_batch(instance: Instance, answer: dict[str, Any]) -> None:
    instance.add("a@b.example")
    instance.cloud.fixed = (200, answer)
    run = instance.sync()
    assert run["error"] == "Value cannot be null. (Parameter 'source')"
    assert run["reason"] == "no-batch"


def test_parse_error_of_the_token_is_shown_raw_as_a_quirk(workshop: Workshop, smith: Smith) -> None:
    instance = Instance(workshop, smith, wardenloop__quirks="token-parse-raises")
    instance.add("a@b.example")
    instance.cloud.token = (200, b"<html>")
    run = instance.sync()
    assert "Expecting value" in run["error"]
    assert run["reason"] == "unexpected"


def test_communication_off(workshop: Workshop, smith: Smith) -> None:
    instance = Instance(workshop, smith, globalSettings__enableCloudCommunication="false")
    instance.add("a@b.example")
    run = instance.sync()
    assert run["error"] == "Failed to sync instance with cloud - Cloud communication is disabled in global settings"
    assert run["reason"] == "communication-disabled"
    assert instance.cloud.requests == []


@pytest.mark.parametrize(
    ("values", "text", "reason"),
    [
        ({"enabled": False}, "Connection disabled for organization {}", "connection-disabled"),
        ({"config": None}, "No saved Connection config for organization {}", "connection-config"),
        ({"config": "{"}, "Error parsing Connection config for organization {}", "connection-config"),
        (
            {"config": '{"BillingSyncKey":" ","CloudOrganizationId":"8d1f0c52-3a0e-4f8e-a1c7-b2c400f3d5a1"}'},
            "Failed to get Billing Sync Key",
            "connection-no-key",
        ),
    ],
)
def test_connection_that_cannot_be_used(instance: Instance, values: dict[str, Any], text: str, reason: str) -> None:
    instance.add("a@b.example")
    instance.change(sa.update(OrganizationConnection).values(**values))
    run = instance.sync()
    assert (run["error"], run["reason"]) == (text.format(instance.id), reason)
    assert run["advice"] and instance.cloud.requests == []


def test_no_connection(instance: Instance) -> None:
    instance.add("a@b.example")
    instance.change(sa.delete(OrganizationConnection))
    assert instance.sync()["reason"] == "no-connection"


def test_unknown_organization_is_not_found(instance: Instance) -> None:
    path = f"/_sim/organizations/{uuid4()}/sponsorships/sync"
    assert instance.side.client.post(path).status_code == 404


# --- what happens meanwhile


def test_change_during_the_call_is_kept_and_waits(instance: Instance) -> None:
    instance.add("a@b.example")

    def revoke_meanwhile(row: Any) -> Any:
        change = {"to_delete": True, "revision": OrganizationSponsorship.revision + 1}
        instance.change(sa.update(OrganizationSponsorship).values(**change))
        return row | {"lastSyncDate": "2026-08-20T12:00:00Z"}

    instance.cloud.answer = revoke_meanwhile
    instance.sync()
    row = instance.rows()["a@b.example"]
    assert row.to_delete and row.pending_since is not None
    assert row.last_sync_date is not None


def test_progress_can_be_watched_from_outside(instance: Instance) -> None:
    instance.vaults.add(*many(instance, 1500))
    seen = []

    def watch(_number: Any) -> None:
        seen.extend(instance.side.client.get("/_sim/sponsorships/runs").json()["data"])

    instance.cloud.fixed = watch
    instance.sync()
    assert [(run["chunksDone"], run["chunksTotal"], run["sent"], run["finishedAt"]) for run in seen] == [
        (0, 2, 0, None),
        (1, 2, 1000, None),
    ]


def test_killed_run_is_closed_by_the_next(instance: Instance) -> None:
    class Killed(BaseException):
        """Stands for the end of the process."""

    def kill(_number: Any) -> None:
        raise Killed

    instance.add("a@b.example")
    instance.cloud.fixed = kill
    with pytest.raises(Killed):
        instance.sync()
    instance.cloud.fixed = None
    assert instance.sync()["error"] is None
    newest, killed = instance.side.client.get("/_sim/sponsorships/runs").json()["data"]
    assert (newest["error"], killed["reason"]) == (None, "interrupted")
    assert killed["finishedAt"] is not None


def test_runs_can_be_asked_for_by_organization_and_from_loopback_only(instance: Instance) -> None:
    instance.sync()
    path = "/_sim/sponsorships/runs"
    assert instance.side.client.get(path, params={"organizationId": str(uuid4())}).json() == {"data": []}
    assert len(instance.side.client.get(path, params={"organizationId": instance.id}).json()["data"]) == 1
    assert instance.side.client.get(path, headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 403


def test_real_cloud_gets_one_row_of_each_member(workshop: Workshop, smith: Smith) -> None:
    instance = Instance(
        workshop,
        smith,
        wardenloop__dangerouslyContactRealBitwarden="true",
        globalSettings__installation__apiUri="http://own.test/api/",
        globalSettings__installation__identityUri="http://own.test/identity/",
    )
    member = uuid4()
    instance.add("admin@b.example", sponsoring_organization_user_id=member, is_admin_initiated=True)
    instance.add("own@b.example", sponsoring_organization_user_id=member)
    instance.sync()
    (batch,) = instance.cloud.batches
    assert [row["friendlyName"] for row in batch["sponsorshipsBatch"]] == ["own@b.example"]
    assert instance.rows()["admin@b.example"].pending_since is not None


def test_long_ago_is_still_awaiting_sync(instance: Instance, clock: ManualClock) -> None:
    instance.add("a@b.example", pending_since=clock.now() - timedelta(days=400))
    instance.sync()
    assert instance.rows()["a@b.example"].pending_since is None
