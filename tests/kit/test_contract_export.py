"""The contract for other tools, each looked at by a tool of its kind."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import jsonschema
import openapi_spec_validator
import pytest
from click.testing import CliRunner
from flask import Flask
from pact import Verifier
from werkzeug.serving import make_server

from tests.support.harness import Side
from wardenloop.contract.cases import load_cases
from wardenloop.contract.commands import contract
from wardenloop.contract.export.har import as_har
from wardenloop.contract.export.openapi import as_openapi
from wardenloop.contract.export.pact import write_pacts
from wardenloop.contract.export.samples import filled, sample
from wardenloop.contract.export.schemas import as_json_schema
from wardenloop.contract.patterns import compare

HAR_SCHEMA = Path(__file__).parents[1] / "fixtures" / "har.schema.json"


def test_openapi_is_valid_and_whole() -> None:
    document = json.loads(as_openapi())
    openapi_spec_validator.validate(document)
    operations = [each for path in document["paths"].values() for each in path.values()]
    names = [each["operationId"] for each in operations]
    assert len(names) == len(set(names)) >= 60
    examples = [
        name
        for each in operations
        for answer in each["responses"].values()
        for name in answer.get("content", {}).get("application/json", {}).get("examples", {})
    ]
    assert len(examples) == sum(each.expect.media_type == "application/json" for each in load_cases())
    licence = document["components"]["schemas"]["OrganizationLicense"]["properties"]
    assert len(licence) == 51
    assert licence["use2fa"] == {"type": "boolean"}
    assert licence["expirationWithoutGracePeriod"] == {"type": ["null", "string"], "format": "date-time"}
    assert licence["id"]["type"] == "string"


def test_schemas_are_schemas_and_take_what_the_cases_expect() -> None:
    document = json.loads(as_json_schema())
    jsonschema.Draft202012Validator.check_schema(document)
    for case in load_cases():
        if case.expect.media_type == "application/json":
            schema = {**document["$defs"][f"case:{case.id}"], "$defs": document["$defs"]}
            value = sample(case.expect.body)
            assert list(compare(filled(case.expect.body), value)) == [], case.id
            assert [each.message for each in jsonschema.Draft202012Validator(schema).iter_errors(value)] == [], case.id


def test_a_schema_refuses_what_the_case_refuses() -> None:
    schema = json.loads(as_json_schema())["$defs"]["case:installations/show/unknown"]
    right = sample(next(each for each in load_cases() if each.id == "installations/show/unknown").expect.body)
    validator = jsonschema.Draft202012Validator(schema)
    for wrong in (
        {**right, "message": "resource not found."},
        {**right, "extra": 1},
        {name: value for name, value in right.items() if name != "object"},
        {**right, "validationErrors": ""},
    ):
        assert not validator.is_valid(wrong), wrong


def test_the_archive_is_one() -> None:
    archive = json.loads(as_har())
    jsonschema.validate(archive, json.loads(HAR_SCHEMA.read_text("utf-8")))
    assert len(archive["log"]["entries"]) == len(load_cases())
    (download,) = [each for each in archive["log"]["entries"] if each["_case"]["id"] == "licences/sync/camel-case"]
    assert json.loads(download["request"]["postData"]["text"]).keys() == {"licenseKey", "billingSyncKey"}
    assert download["response"]["content"]["mimeType"] == "application/json"


def test_a_pact_has_an_interaction_for_each_case(tmp_path: Path) -> None:
    done = CliRunner().invoke(contract, ["export", "--format", "pact", "-o", str(tmp_path / "pacts")])
    assert done.exit_code == 0, done.output
    written = [json.loads(path.read_text("utf-8")) for path in sorted((tmp_path / "pacts").glob("*.json"))]
    assert [each["provider"]["name"] for each in written] == ["bitwarden-cloud", "bitwarden-instance"]
    assert sum(len(each["interactions"]) for each in written) == len(load_cases())


def test_the_verifier_of_pact_finds_our_cloud_right(
    cloud: Side, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what needs no state: pact has no word for ids and tokens that only the provider knows."""
    monkeypatch.setenv("PACT_DO_NOT_TRACK", "true")
    cases = [each for each in load_cases() if each.side == "cloud" and not each.needs and each.ask.caller == "nobody"]
    assert len(cases) >= 20
    (path,) = write_pacts(tmp_path, cases)
    with serving(cloud.app) as address:
        verifier = Verifier("bitwarden-cloud", host="127.0.0.1").add_transport(url=address).add_source(path)
        verifier.verify()
        assert verifier.results["result"] is True
    broken = json.loads(path.read_text("utf-8"))
    with serving(cloud.app) as address:
        for interaction in broken["interactions"]:
            interaction["response"]["status"] = 418
        path.write_text(json.dumps(broken))
        with pytest.raises(RuntimeError):
            Verifier("bitwarden-cloud", host="127.0.0.1").add_transport(url=address).add_source(path).verify()


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The app at a port of its own."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_part_can_be_exported_to_a_file(tmp_path: Path) -> None:
    words = ["export", "--format", "openapi", "--only", "installations", "-o", str(tmp_path / "a.json")]
    assert CliRunner().invoke(contract, words).exit_code == 0
    paths = json.loads((tmp_path / "a.json").read_text("utf-8"))["paths"]
    assert set(paths) == {"/api/installations", "/api/installations/{installationId}"}
    assert CliRunner().invoke(contract, ["export", "--format", "pact"]).exit_code == 2
