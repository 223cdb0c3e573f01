"""The whole product as a user runs it: processes, sockets, the command line, the guided run."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

HOST = "127.0.0.1"
OFFSETS = (1, 2, 3, 4, 25)
STEPS = 24


@dataclass
class Wardenloop:
    """The command with one home. base_port: nobody else's."""

    home: Path
    base_port: int

    def __call__(self, *arguments: str, timeout: float = 300) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "common.cli.main", "--home", str(self.home), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, cwd=self.home.parent)


def _free_base_port(worker_id: str) -> int:
    """In this worker's own range, below the ephemeral ports."""
    first = 26_000 + 500 * int(worker_id.removeprefix("gw").replace("master", "0"))
    for base in range(first, first + 500, 50):
        if all(_is_free(base + offset) for offset in OFFSETS):
            return base
    raise AssertionError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as candidate:
        return candidate.connect_ex((HOST, port)) != 0


@pytest.fixture(scope="module")
def wardenloop(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Wardenloop]:
    """A running stack with its first world."""
    command = Wardenloop(tmp_path_factory.mktemp("stack") / "home", _free_base_port(worker_id))
    started = command("up", "--detach", "--base-port", str(command.base_port))
    assert started.returncode == 0, started.stdout + started.stderr
    yield command
    command("down")


def test_urls_and_accounts_work(wardenloop: Wardenloop) -> None:
    urls = json.loads(wardenloop("urls", "--json").stdout)
    assert urls["cloud_us"] == f"http://{HOST}:{wardenloop.base_port + 1}"
    for app in ("cloud_us", "cloud_eu", "selfhost"):
        assert requests.get(f"{urls[app]}/api/alive").ok
        account = next(account for account in urls["accounts"] if account["app"] == app)
        assert account.keys() == {"email", "password", "app", "role"}
    assert requests.get(f"{urls['mailbox']}/alive").ok


def test_status_shows_every_process_up(wardenloop: Wardenloop) -> None:
    status = json.loads(wardenloop("status", "--json").stdout)
    assert {row["process"]: row["up"] for row in status["processes"]} == {
        "cloud-us": True,
        "cloud-eu": True,
        "selfhost": True,
        "selfhost-jobs": True,
        "mail": True,
    }


def test_the_guided_run_succeeds_twice_in_one_world(wardenloop: Wardenloop) -> None:
    for language in ("en", "zh"):
        done = wardenloop("loop", "--json", "--lang", language)
        steps = json.loads(done.stdout)["steps"]
        assert [step["error"] for step in steps if not step["ok"]] == []
        assert (done.returncode, len(steps)) == (0, STEPS)


def test_a_second_stack_on_the_same_ports_is_refused(wardenloop: Wardenloop, tmp_path: Path) -> None:
    refused = Wardenloop(tmp_path / "other", 0)("up", "--detach", "--base-port", str(wardenloop.base_port))
    assert refused.returncode == 1
    assert f"Port {wardenloop.base_port + 1} (cloud-us)" in refused.stderr
    assert "--base-port" in refused.stderr


def test_the_world_survives_down_and_up(wardenloop: Wardenloop) -> None:
    before = wardenloop("urls", "--json").stdout
    assert wardenloop("down").returncode == 0
    assert all(_is_free(wardenloop.base_port + offset) for offset in OFFSETS)
    assert wardenloop("loop").returncode == 1
    again = wardenloop("up", "--detach")
    assert again.returncode == 0, again.stdout + again.stderr
    assert wardenloop("urls", "--json").stdout == before
    assert requests.get(f"http://{HOST}:{wardenloop.base_port + 3}/api/alive").ok
