"""The calls that other people's scripts make of the tester's hand, as they spell them: each works, in this order."""

import json
import shlex
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from common.cli.main import main
from common.license.inspection import read_license
from tests.support.stack import Stack, Wardenloop, free_base_port
from tests.support.waiting import PATIENCE, until

LICENSES = "/api/organizations/licenses/self-hosted"


class Script:
    """Somebody's script: lines that begin with `wardenloop`, in a folder of its own."""

    def __init__(self, command: Wardenloop) -> None:
        self.command = command

    def __call__(self, line: str) -> str:
        """What a line printed that has to succeed; it is run in this process, as that is cheaper."""
        program, *words = shlex.split(line)
        assert program == "wardenloop"
        done = CliRunner().invoke(main, ["--home", str(self.command.home), *words])
        assert done.exit_code == 0, (line, done.output, done.exception)
        return done.stdout

    def told(self, line: str) -> Any:
        """The one JSON object of a line."""
        return json.loads(self(line))


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Script]:
    command = Wardenloop(tmp_path_factory.mktemp("calls") / "home", free_base_port(worker_id))
    command.done("up", "--fresh", "--world", "synced", "--detach", "--base-port", str(command.base_port))
    yield Script(command)
    command.done("down")


def sync(stack: Stack) -> requests.Response:
    """The owner of the world's organization presses *Sync license*."""
    owner = next(each for each in stack.accounts if each["app"] == "selfhost" and each.get("access_token"))
    mine = next(each for each in stack.command.urls()["organizations"] if each["app"] == "selfhost")
    bearer = {"Authorization": f"Bearer {owner['access_token']}"}
    return requests.post(f"{stack.urls['selfhost']}{LICENSES}/{mine['id']}/sync", headers=bearer, timeout=2 * PATIENCE)


def test_every_call_works_as_it_is_written(script: Script, tmp_path: Path) -> None:
    stack = Stack.running(script.command)
    script(
        'wardenloop faults add --app cloud-us --operation "GET /api/licenses/organization/{organization_id}" '
        "--times 2 --status 503"
    )
    assert [sync(stack).status_code for _ in range(3)] == [400, 400, 200]
    refused = script.told(
        "wardenloop journal find --operation 'POST /api/organizations/licenses/self-hosted/{organization_id}/sync' "
        "--status 400 --json"
    )
    assert [each["because"]["entry"] is not None for each in refused["matches"]] == [True, True]
    assert {"cloud-us", "selfhost"} <= {each["app"] for each in script.told("wardenloop journal list --json")["data"]}

    script("wardenloop egress set identity.bitwarden.com drop")
    script("wardenloop snapshot save dropped")
    waiting = threading.Thread(target=sync, args=(stack,))
    waiting.start()
    logs = stack.home.root / "bwdata" / "logs" / "api" / "Api"
    until(lambda: any('rule "drop" of "identity' in path.read_text() for path in logs.glob("*.txt")))
    script("wardenloop reset")  # nobody waits for the 90 seconds of a dropped packet
    waiting.join(PATIENCE)
    assert not waiting.is_alive() and sync(stack).status_code == 200
    script("wardenloop snapshot load dropped")
    assert "drop" in script("wardenloop egress list")
    script("wardenloop reset")

    planned = script.told("wardenloop clock advance --until renewal --dry-run --json")
    agenda = script.told("wardenloop agenda --days 500 --json")["data"]
    assert all({"at", "app", "kind", "subject", "rule"} <= set(each) for each in agenda)
    renewal = next(each for each in agenda if each["kind"] == "renewal")
    assert planned["to"] >= renewal["at"] and renewal in planned["events"]

    (tmp_path / "world.yaml").write_text(script("wardenloop world export"))
    forge = script.told("wardenloop license forge --list --json")["data"]
    answers = {each["defect"]: each["answers"] for each in forge}
    script(f"wardenloop license forge expired,foreign-certificate -o {tmp_path / 'forged.json'}")
    assert read_license((tmp_path / "forged.json").read_bytes()).token

    played = script.told("wardenloop clock advance 370d --json")
    assert {"from", "to", "events"} <= set(played)
    assert renewal["at"] in {each["at"] for each in played["events"] if each["kind"] == "renewal"}
    assert answers["expired"]["2026.8.0"]["update"].startswith("Invalid license.")
    script(f"wardenloop world apply {tmp_path / 'world.yaml'}")

    assert "2023.10.0" in {each["release"] for each in script.told("wardenloop release list --json")["data"]}
    script("wardenloop release set selfhost v2023.10")
    assert script.told("wardenloop release list --json")["simulated"]["selfhost"] == "2023.10.0"
    assert "2065" in {each["name"] for each in script.told("wardenloop incident list --json")["data"]}
    steps = script.told("wardenloop incident run 2065 --json")["steps"]
    assert [(each["step"], each["asExpected"]) for each in steps] == [
        (step, True) for step in ("stage", "see", "explain", "repair", "works")
    ]
