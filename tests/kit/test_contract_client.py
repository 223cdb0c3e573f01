"""What the report says of a client, from a journal and from an HTTP Archive."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.support.harness import Pair, Workshop, make_pair
from tests.support.scenarios import new_organization
from wardenloop.contract.client import Exchange, judge, read_exchanges
from wardenloop.contract.commands import contract

VERSION = {"bitwarden-client-version": "2026.8.0", "device-type": "25"}
JSON, FORM = {"content-type": "application/json; charset=utf-8"}, {"content-type": "application/x-www-form-urlencoded"}
SIGNED = {"authorization": "Bearer x", **VERSION}
PASSWORD = "grant_type=password&username=a&password=b&client_id=cli"
INSTALLATION = "grant_type=client_credentials&client_id=installation.1&client_secret=s&scope=api.licensing"


def call(method: str, path: str, body: str = "", status: int = 200, query: str = "", **headers: str) -> Exchange:
    found = {name.replace("_", "-"): value for name, value in headers.items()}
    return Exchange(method, path, query, found or {**SIGNED, **(JSON if body else {})}, body, status, answered="{}")


def rules(*exchanges: Exchange) -> set[tuple[str, str]]:
    return {(each.severity, each.rule) for each in judge(exchanges)}


def test_a_client_that_does_it_right_is_told_nothing() -> None:
    token = Exchange("POST", "/identity/connect/token", "", FORM | VERSION, PASSWORD, 200)
    put = call("PUT", "/api/accounts/profile", '{"name":"a"}')
    upload = Exchange(
        "POST", "/api/accounts/license", "", SIGNED | {"content-type": "multipart/form-data; b"}, "x", 200
    )
    machine = Exchange("POST", "/identity/connect/token", "", FORM, INSTALLATION, 200)
    sync = Exchange(
        "GET", "/api/licenses/organization/1", "", {"authorization": "B", **JSON}, "{}", 200, "{}", (), "installation.1"
    )
    redeem = call("POST", "/api/organization/sponsorship/redeem", "{}", query="sponsorshipToken=a")
    assert judge([token, put, upload, machine, sync, redeem]) == []


@pytest.mark.parametrize(
    ("exchange", "found"),
    [
        (call("POST", "/api/installations", "{}", content_type="text/plain"), ("refused", "content-type")),
        (
            call(
                "POST",
                "/identity/connect/token",
                PASSWORD,
                content_type="application/json",
                bitwarden_client_version="1",
            ),
            ("refused", "content-type"),
        ),
        (
            call("POST", "/identity/connect/token", PASSWORD, content_type=FORM["content-type"]),
            ("refused", "client-version"),
        ),
        (call("GET", "/api/sync", authorization="Bearer x"), ("unnoticed", "device-type")),
        (call("POST", "/api/accounts/profile", "{}"), ("habit", "deprecated-path")),
        (
            call("POST", "/api/organization/sponsorship/3f2b9c1e-6a57-4d0b-9b1a-b2c40101aaaa/delete"),
            ("habit", "deprecated-path"),
        ),
        (call("POST", "/api/accounts/register", "{}", 404), ("refused", "deprecated-path")),
        (call("GET", "/api//sync", status=404), ("refused", "no-route")),
        (call("DELETE", "/api/sync", status=405), ("refused", "no-route")),
        (call("GET", "/api/sync", query="access_token=x"), ("habit", "secret-in-url")),
        (call("GET", "/api/sync", query="client_secret=x"), ("habit", "secret-in-url")),
    ],
)
def test_each_habit_has_its_rule(exchange: Exchange, found: tuple[str, str]) -> None:
    assert rules(exchange) == {found}


def test_what_is_only_seen_over_time() -> None:
    refused = call("POST", "/api/installations", '{"email":"a"}', 400)
    assert rules(refused, refused) == {("habit", "retry-after-400")}
    assert rules(refused, call("POST", "/api/installations", '{"email":"b"}', 400)) == set()
    token = Exchange("POST", "/identity/connect/token", "", FORM, INSTALLATION, 200)
    sync = Exchange(
        "POST",
        "/api/organization/sponsorship/sync",
        "",
        {"authorization": "B", **JSON},
        "{}",
        200,
        "{}",
        (),
        "installation.1",
    )
    assert rules(*[token, sync] * 3) == {("habit", "token-per-call")}
    assert rules(token, *[sync] * 6) == set()


@pytest.fixture
def journal(workshop: Workshop, tmp_path: Path) -> tuple[Path, Path]:
    """What a client did here: as the journal has it, and as an HTTP Archive."""
    pair: Pair = make_pair(workshop, wardenloop__journal="1000")
    pair.cloud.client.delete("/_sim/journal")
    owner = pair.cloud_owner
    organization = new_organization(owner)["id"]
    owner.api.put("/api/accounts/profile", json={"name": "New", "colour": "red"})
    owner.api.get(f"/api/organizations/{organization}/api-key-information?access_token=secret")
    owner.api.put("/api/accounts/profile", json={"name": "New", "shape": 1}, headers={"Bitwarden-Client-Name": "cli"})
    pair.cloud.client.get("/login")
    pair.cloud.client.post("/api/installations", json={"nobody": 1}, headers={"User-Agent": "wardenloop-kit/1"})
    paths = tmp_path / "journal.json", tmp_path / "journal.har"
    for path, name in zip(paths, ("journal", "journal.har"), strict=True):
        path.write_text(pair.cloud.client.get(f"/_sim/{name}", params={"limit": "1000"}).text)
    return paths


def _report(*words: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(contract, ["client", "--json", *words])
    return done.exit_code, json.loads(done.stdout)


def test_a_journal_names_what_nobody_read(journal: tuple[Path, Path]) -> None:
    status, told = _report("--file", str(journal[0]))
    found = {each["rule"]: each for each in told["findings"]}
    assert status == 1
    unknown = {each["says"] for each in told["findings"] if each["rule"] == "unknown-member"}
    assert unknown == {f"PUT /accounts/profile has no member {name}" for name in ("colour", "shape")}
    assert "access_token" in found["secret-in-url"]["says"]
    assert "device-type" in found
    assert all("/login" not in each.path for each in read_exchanges(json.loads(journal[0].read_text())))
    allowed = [word for rule in found for word in ("--allow", rule)]
    assert _report("--file", str(journal[0]), *allowed)[0] == 0


def test_an_archive_is_read_as_well(journal: tuple[Path, Path]) -> None:
    status, told = _report("--file", str(journal[1]))
    assert status == 1
    assert {"secret-in-url", "device-type"} <= {each["rule"] for each in told["findings"]}
    assert "unknown-member" not in {each["rule"] for each in told["findings"]}


def test_what_is_neither_says_so(tmp_path: Path) -> None:
    for text in ("[]", "{}", "no JSON", '{"log": {"entries": [{}]}}'):
        (tmp_path / "a").write_text(text)
        done = CliRunner().invoke(contract, ["client", "--file", str(tmp_path / "a")])
        assert (done.exit_code, "Traceback" in done.output) == (2, False), text
    assert CliRunner().invoke(contract, ["client"]).exit_code == 2
