"""The API documents in other tools: a linter without a warning, and two generators whose clients make a call."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from tests.support.bw import node, npm_package
from wardenloop import Stack
from wardenloop.contract.export.openapi import as_openapi

DOCS = Path(__file__).parents[2] / "docs"

PYTHON = """
import sys

from cloud import AuthenticatedClient
from cloud.api.licensing import get_api_organizations_organization_id_license as license
from cloud.models import OrganizationLicense

url, token, organization, installation = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=token)
told = license.sync(organization, client=client, installation_id=installation)
assert isinstance(told, OrganizationLicense), told
print(told.name, told.seats)
"""

CONTROL = """
import sys

from control import AuthenticatedClient
from control.api.simulator_control import get_sim_agenda, post_sim_advance, post_sim_faults
from control.models import AddedFaults, AdvanceOrder, AdvanceReport, FaultOrder, FaultOrderDoType0, StackAgenda

url, organization = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token="none is needed on loopback", timeout=120)
do = FaultOrderDoType0.from_dict({"status": 503})
added = post_sim_faults.sync(client=client, body=FaultOrder(app="cloud-us", operation="GET /api/alive", do=do))
assert isinstance(added, AddedFaults), added
agenda = get_sim_agenda.sync(client=client, organization=organization)
assert isinstance(agenda, StackAgenda), agenda
report = post_sim_advance.sync(client=client, body=AdvanceOrder(by="1d"), wait="true")
assert isinstance(report, AdvanceReport), report
print(added.data[0].operation, [each.kind for each in agenda.data if each.kind == "renewal"][0], report.ended)
"""

TYPESCRIPT = """
import type { components } from "./cloud.js";

type License = components["schemas"]["OrganizationLicense"];

export async function license(url: string, token: string, id: string, installation: string): Promise<string> {
    const path = `/api/organizations/${id}/license?installationId=${installation}`;
    const told = (await (await fetch(url + path, { headers: { Authorization: `Bearer ${token}` } })).json()) as License;
    const seats: number | null = told.seats;
    return `${told.name} ${seats}`;
}
"""


def run(folder: Path, *words: object, **more: str) -> str:
    done = subprocess.run(
        [str(each) for each in words], cwd=folder, env=os.environ | more, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def documents(wardenloop: Stack, tmp_path: Path) -> Mapping[str, Path]:
    """Each document of a stack in a file."""
    at = {
        "cloud": f"{wardenloop.cloud.url}/openapi.json",
        "selfhost": f"{wardenloop.selfhost.url}/openapi.json",
        "control": f"{wardenloop.server.desk.url}/_sim/openapi.json",
    }
    files = {name: tmp_path / f"{name}.json" for name in at}
    for name, url in at.items():
        files[name].write_text(requests.get(url, timeout=60).text)
    return files


def test_a_linter_has_nothing_to_say(documents: Mapping[str, Path], tmp_path: Path) -> None:
    exported = tmp_path / "exported.json"
    exported.write_text(as_openapi())
    redocly = npm_package("redocly-2", "@redocly/cli@2.77.0") / ".bin" / "redocly"
    command = (node(), redocly, "lint", "--config", DOCS / "redocly.yaml", "--format", "json")
    told = run(tmp_path, *command, *documents.values(), exported, REDOCLY_TELEMETRY="off")
    assert told.count('"problems": []') == len(documents) + 1, told


def test_openapi_python_client_drops_nothing_and_its_client_calls(
    wardenloop: Stack, documents: Mapping[str, Path], tmp_path: Path
) -> None:
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    generate = (sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none")
    config = ("--config", DOCS / "openapi-python-client.yaml")
    for name in ("cloud", "control"):
        said = run(tmp_path, *generate, *config, "--path", documents[name], "--output-path", name, PATH=beside)
        assert said.split() == ["Generating", name]
    (tmp_path / "call.py").write_text(PYTHON)
    acme = wardenloop.cloud.organization("Acme", seats=7)
    arguments = (wardenloop.cloud.url, acme.owner.token, acme.id, wardenloop.selfhost.installation.id)
    assert run(tmp_path, sys.executable, "call.py", *arguments).split() == ["Acme", "7"]
    (tmp_path / "calls.py").write_text(CONTROL)
    before = wardenloop.clock.now
    told = run(tmp_path, sys.executable, "calls.py", wardenloop.server.desk.url, acme.id)
    assert told.split() == ["GET", "/api/alive", "renewal", "True"]
    assert wardenloop.clock.now - before >= timedelta(days=1)
    assert wardenloop.cloud.session.get(f"{wardenloop.cloud.api}/alive", timeout=60).status_code == 503


def test_openapi_typescript_is_strict_and_its_types_fit_a_call(
    wardenloop: Stack, documents: Mapping[str, Path], tmp_path: Path
) -> None:
    tools = npm_package("openapi-typescript-7", "openapi-typescript@7", "typescript@5") / ".bin"
    for name in ("cloud", "control"):
        run(tmp_path, node(), tools / "openapi-typescript", documents[name], "-o", f"{name}.d.ts")
    (tmp_path / "license.ts").write_text(TYPESCRIPT)
    strict = ("--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom")
    run(tmp_path, node(), tools / "tsc", *strict, "license.ts", "control.d.ts")
    acme = wardenloop.cloud.organization("Acme", seats=7)
    arguments = (wardenloop.cloud.url, acme.owner.token, acme.id, wardenloop.selfhost.installation.id)
    call = f"import('./license.js').then(({{license}}) => license(...{json.dumps(arguments)})).then(console.log)"
    assert run(tmp_path, node(), "-e", call).split() == ["Acme", "7"]
