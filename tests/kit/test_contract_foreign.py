"""What the runner says of a mock that somebody else wrote: right here, wrong there, and silent elsewhere."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import responses
from click.testing import CliRunner
from flask import Flask, Response, jsonify, request

from wardenloop.contract.accounts import read_accounts
from wardenloop.contract.cases import in_region, load_cases
from wardenloop.contract.commands import contract

BASE = "http://mock.test"
KNOWN, UNKNOWN = "3f2b9c1e-6a57-4d0b-9b1a-b2c40101aaaa", "00000000-0000-0000-0000-000000000000"
LICENSE_KEY, SYNC_KEY = "Jk3sD8fQ2pLm9XvT1aZw", "s" * 30
ACCOUNTS = f"""
installation: {{id: {KNOWN}, key: installation-key-001}}
licensing: {{token: licensing-token}}
syncing: {{token: syncing-token}}
pushing: {{token: pushing-token}}
organization: {{id: 8d1f0c52-3a0e-4f8e-a1c7-b2c400f3d5a1, licenseKey: {LICENSE_KEY}, syncKey: {SYNC_KEY}}}
owner: {{email: owner@example.com, hash: aGFzaA==, token: owner-token, id: {KNOWN}}}
license: given
"""


def error(message: str) -> dict[str, Any]:
    """As upstream has it."""
    return {
        "object": "error",
        "message": message,
        "validationErrors": None,
        "exceptionMessage": None,
        "exceptionStackTrace": None,
        "innerExceptionMessage": None,
    }


def bare(status: int, challenge: str | None = None) -> Response:
    """A status and nothing else."""
    answer = Response(status=status, headers={"WWW-Authenticate": challenge} if challenge else None)
    del answer.headers["Content-Type"]
    return answer


def mock() -> Flask:
    """Somebody's mock: installations and the refusals of a licence sync, written from memory."""
    app = Flask("mock")
    app.json.sort_keys = False  # type: ignore[attr-defined]

    @app.get("/api/installations/<installation>")
    def show(installation: str) -> Any:
        if installation != KNOWN:
            return jsonify(error("Resource not found.")), 404
        return jsonify(Id=installation, key=None, enabled="true", object="installation")  # two mistakes

    @app.get("/api/licenses/organization/<organization>")
    def sync(organization: str) -> Any:
        token = request.headers.get("Authorization")
        if token is None:
            return bare(401, challenge="Bearer")
        if token != "Bearer licensing-token":
            return bare(401)  # should be 403
        body = request.get_json(silent=True) or {}
        if body.get("licenseKey") != LICENSE_KEY:
            return jsonify(error("Invalid license key.")), 400
        return jsonify(error("Invalid billing sync key")), 400  # another text

    return app


@pytest.fixture
def mocked(tmp_path: Path) -> Iterator[Path]:
    """The mock, and a file of accounts for it."""
    accounts = tmp_path / "accounts.yaml"
    accounts.write_text(ACCOUNTS)
    with answering(mock(), BASE):
        yield accounts


@contextmanager
def answering(app: Flask, base: str) -> Iterator[None]:
    """An app behind `responses`."""
    client = app.test_client()

    def answer(sent: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        url = urlsplit(str(sent.url))
        told = client.open(
            url.path,
            method=sent.method,
            query_string=url.query,
            headers=dict(sent.headers),
            data=sent.body or b"",
        )
        return told.status_code, dict(told.headers), told.data

    with responses.RequestsMock(assert_all_requests_are_fired=False) as stub:
        for method in ("GET", "POST", "PUT", "DELETE"):
            stub.add_callback(
                method,
                re.compile(rf"{base}/.*"),
                callback=answer,
                content_type=None,
            )
        yield


def run(accounts: Path, *more: str) -> tuple[int, dict[str, Any]]:
    words = ["run", "--target", BASE, "--side", "cloud", "--accounts", str(accounts), "--json", *more]
    done = CliRunner().invoke(contract, words)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    told = json.loads(done.stdout)
    return done.exit_code, {each["id"]: each for each in told["cases"]} | {"counts": told["counts"]}


def differences(case: dict[str, Any]) -> set[tuple[str, str]]:
    return {(each["path"], each["kind"]) for each in case["differences"]}


def test_what_is_right_passes_and_what_is_wrong_is_named(mocked: Path) -> None:
    status, told = run(mocked, "--only", "licences/sync", "--only", "installations/show")
    assert status == 1
    assert told["installations/show/unknown"]["outcome"] == "passed"
    assert differences(told["installations/show"]) == {("$.id", "casing"), ("$.enabled", "type")}
    assert told["licences/sync/license-key/wrong"]["outcome"] == "passed"
    assert told["licences/sync/nobody"]["outcome"] == "passed"
    assert differences(told["licences/sync/token/wrong"]) == {("$.message", "value")}
    (difference,) = told["licences/sync/token/wrong"]["differences"]
    assert difference["expected"] == "'Invalid Billing Sync Key'"
    assert differences(told["licences/sync/other-scope/push"]) == {("status", "status")}


def test_what_it_cannot_do_is_not_run_and_says_why(mocked: Path) -> None:
    _, told = run(mocked, "--only", "licences/sync", "--only", "sponsorships/revoke")
    assert told["counts"]["not-run"] > 5
    assert told["licences/sync/disabled-installation"]["outcome"] == "not-run"
    assert "POST /api/installations answered 404" in told["licences/sync/disabled-installation"]["reason"]
    assert told["sponsorships/revoke/offered"]["outcome"] == "not-run"


def test_nothing_that_writes_is_sent_safely(mocked: Path) -> None:
    status, told = run(mocked, "--only", "installations", "--safe")
    assert status == 1
    asked = [each for name, each in told.items() if name != "counts" and each["outcome"] != "not-run"]
    assert {each["request"].split(" ")[0] for each in asked} == {"GET"}
    assert {call.request.method for call in responses.mock.calls} <= {"GET"}
    assert told["installations/register"]["reason"] == "--safe: it would change something"


def test_differences_that_do_not_matter_can_be_left_out(mocked: Path) -> None:
    status, told = run(mocked, "--only", "installations/show", "--safe", "--ignore", "casing", "--ignore", "type")
    assert (status, told["installations/show"]["outcome"]) == (1, "passed")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "--target", "https://api.bitwarden.com"], "--dangerously-real"),
        (["run", "--target", BASE, "--only", "nonsense"], "no case is called so"),
        (["run", "--target", BASE, "--report", "report.txt"], ".xml, .html or .json"),
    ],
)
def test_what_is_not_understood_is_said_before_anything_is_asked(words: list[str], said: str) -> None:
    done = CliRunner().invoke(contract, words)
    assert done.exit_code == 2
    assert said in done.output


DOCS = (Path(__file__).parents[2] / "docs" / "contract.md").read_text("utf-8")


@pytest.fixture
def of_the_docs(tmp_path: Path) -> Iterator[Path]:
    """The mock and the accounts of docs/contract.md; the folder of the latter."""
    source, accounts = (
        re.findall(rf"^```{language}\n(# {name}.*?)^```", DOCS, re.DOTALL | re.MULTILINE)[0]
        for language, name in (("python", "mock.py"), ("yaml", "mine.yaml"))
    )
    names: dict[str, Any] = {"__name__": "mock"}
    exec(compile(source, "mock.py", "exec"), names)
    (tmp_path / "mine.yaml").write_text(accounts)
    with answering(names["app"], "http://127.0.0.1:5000"):
        yield tmp_path


def test_the_mock_of_the_docs(of_the_docs: Path) -> None:
    found = re.search(r"^\$ wardenloop contract (run .*)\n((?:.+\n)+?)```", DOCS, re.MULTILINE)
    assert found is not None
    words = found[1].replace("mine.yaml", str(of_the_docs / "mine.yaml")).split()
    done = CliRunner().invoke(contract, words)
    assert done.exit_code == 1
    assert found[2] in done.output, done.output


def test_what_a_small_server_does_not_know_is_told_once(of_the_docs: Path) -> None:
    words = [
        "run",
        "--target",
        "http://127.0.0.1:5000",
        "--side",
        "cloud",
        "--accounts",
        str(of_the_docs / "mine.yaml"),
    ]
    told = CliRunner().invoke(contract, words).output.splitlines()
    assert len(told) < 40
    assert not [line for line in told if "<html" in line or "<!doctype" in line]
    [at] = [number for number, line in enumerate(told) if line == 'DIFFERS  answered 404 text/html "404 Not Found"']
    assert re.match(r" +\d\d+ cases: .*, .* and \d+ more \(-v tells each\)$", told[at + 1])
    assert len([line for line in told if line.startswith("not run  because state owner: POST /identity/")]) == 1
    every = CliRunner().invoke(contract, [*words, "-v"]).output
    assert "DIFFERS  identity/prelogin/unfit: It needs an address." in every
    assert "status: status: expected 400, found 404 404 Not Found" in every
    assert len([line for line in every.splitlines() if line.startswith("not run  ")]) > 100


def test_a_word_of_a_name_will_do(mocked: Path) -> None:
    _, told = run(mocked, "--only", "sync", "--only", "installations/sh")
    groups = {name.partition("/")[0] for name in told if name != "counts"}
    assert groups == {"identity", "installations", "licences", "sponsorships", "sponsorship-sync"}
    assert not [name for name in told if name.startswith("installations/register")]


@pytest.mark.parametrize(
    ("target", "region", "expected"),
    [
        ("http://us.test", None, ("http://us.test", "of-us")),
        ("http://eu.test/", None, ("http://eu.test", None)),
        ("http://here.test", None, ("http://us.test", "of-us")),
        ("http://here.test", "EU", ("http://eu.test", None)),
    ],
)
def test_a_region_is_one_cloud_of_a_stack(
    tmp_path: Path, target: str, region: str | None, expected: tuple[str, str | None]
) -> None:
    """An installation is known to its own region only."""
    file = tmp_path / "urls.json"
    installation = {"app": "cloud_us", "id": "of-us", "key": "k"}
    urls = {"cloud_us": "http://us.test", "cloud_eu": "http://eu.test", "selfhost": "http://here.test"}
    file.write_text(json.dumps(urls | {"installations": [installation]}))
    told = read_accounts(file, target, region)
    assert (told.cloud, told.values.get("installation.id")) == expected


def test_a_server_tells_its_region() -> None:
    [case] = [each for each in load_cases() if each.id == "server/config/cloud"]
    assert case.expect.body["environment"]["cloudRegion"] == "<~US|EU>"
    assert in_region(case, "EU").expect.body["environment"]["cloudRegion"] == "EU"


def test_a_server_that_is_not_there_is_no_success() -> None:
    with responses.RequestsMock():
        done = CliRunner().invoke(contract, ["run", "--target", "http://127.0.0.1:9"])
    assert done.exit_code == 1
    assert "127.0.0.1" in done.output
