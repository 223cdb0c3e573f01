"""`wardenloop serve`: everything in one process, which says where it is and ends with who started it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.waiting import until

PATIENCE = 120


@contextmanager
def served(*words: str) -> Iterator[tuple["subprocess.Popen[str]", dict[str, Any]]]:
    """A server, and what it said about itself."""
    command = [sys.executable, "-m", "wardenloop", "serve", *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(PATIENCE)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("serve") / "home"


@pytest.fixture(scope="module")
def told(home: Path) -> Iterator[dict[str, Any]]:
    with served("--home", str(home)) as (_, told):
        yield told


def _command(home: Path, *words: str) -> str:
    command = [sys.executable, "-m", "wardenloop", "--home", str(home), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_what_it_says_is_enough_for_a_first_call(told: dict[str, Any]) -> None:
    assert told["ready"] is True
    owners = [each for each in told["accounts"] if each["email"] == "owner@acme.example"]
    assert {each["app"] for each in owners} == {"cloud_us", "cloud_eu", "selfhost"}
    for owner in owners:
        profile = requests.get(
            f"{told[owner['app']]}/api/accounts/profile",
            headers={"Authorization": f"Bearer {owner['access_token']}"},
            timeout=PATIENCE,
        )
        assert profile.json()["email"] == owner["email"]
    installation = told["installations"][0]
    organization = told["organizations"][0]["id"]
    bearer = {"Authorization": f"Bearer {owners[0]['access_token']}"}
    licence = requests.get(
        f"{told['cloud_us']}/api/organizations/{organization}/license",
        params={"installationId": installation["id"]},
        headers=bearer,
        timeout=PATIENCE,
    )
    assert licence.json()["installationId"] == installation["id"]


def test_reset_brings_the_beginning_back(told: dict[str, Any]) -> None:
    installations = f"{told['cloud_us']}/api/installations"
    made = requests.post(installations, json={"email": "new@example.com"}, timeout=PATIENCE).json()["id"]
    assert requests.get(f"{installations}/{made}", timeout=PATIENCE).status_code == 200
    requests.post(f"{told['control']}/reset", timeout=PATIENCE).raise_for_status()
    assert requests.get(f"{installations}/{made}", timeout=PATIENCE).status_code == 404
    kept = told["installations"][0]["id"]
    assert requests.get(f"{installations}/{kept}", timeout=PATIENCE).status_code == 200


def test_the_instance_obeys_its_commands(told: dict[str, Any], home: Path) -> None:
    def release() -> str:
        text: str = requests.get(f"{told['selfhost']}/api/version", timeout=PATIENCE).json()
        return text

    assert release() == "2026.8.0"
    _command(home, "selfhost", "release", "v2025.1.0", "--yes")
    _command(home, "selfhost", "restart", "--yes")
    assert release() == "2025.1.0"
    _command(home, "selfhost", "stop", "--yes")
    with pytest.raises(requests.ConnectionError):
        release()
    requests.post(f"{told['control']}/reset", timeout=PATIENCE).raise_for_status()
    assert release() == "2026.8.0"


def test_it_is_known_as_a_stack(told: dict[str, Any], home: Path) -> None:
    status = json.loads(_command(home, "status", "--json"))
    assert status["running"] and [each["process"] for each in status["processes"] if not each["up"]] == []


def test_without_a_home_nothing_is_left_of_it() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as parent:
        with served("--world", "empty", "--parent", str(parent.pid)) as (process, told):
            folder = Path(told["home"]).parent
            assert folder.is_dir() and told["accounts"] == []
            parent.communicate(b"\n")
            until(lambda: process.poll() is not None, "it ends with its parent")
            assert process.returncode == 0
        assert not folder.exists()
    with pytest.raises(requests.ConnectionError):
        requests.get(told["start"], timeout=PATIENCE)


def test_it_ends_with_a_shell_that_nobody_has_waited_for() -> None:
    line = f"{sys.executable} -m wardenloop serve --world empty --parent $$ >&2 & read -r _"
    with subprocess.Popen(["sh", "-c", line], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as shell:
        assert shell.stdin is not None and shell.stderr is not None
        told = json.loads(shell.stderr.readline())
        shell.stdin.write("\n")
        shell.stdin.flush()
        assert shell.stderr.read() == ""  # until the server has ended: it holds the other end
        assert not Path(told["home"]).exists()


def test_it_ends_when_whoever_started_it_lets_go() -> None:
    with served("--world", "empty") as (process, told):
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(PATIENCE) == 0
        assert not Path(told["home"]).exists()
