"""Snapshots of a running stack: under traffic, with another configuration, after a kill, and as a second stack."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from common.cli import selfhost
from tests.support.stack import Stack, Wardenloop, free_base_port
from tests.support.waiting import until

FAMILY = {"name": "Family", "owner": "a@b.example", "plan": "families-annually"}
RELEASED = "globalSettings__disableUserRegistration"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("snapshots")
    command = Wardenloop(folder / "home", free_base_port(worker_id))
    command.done("up", "--detach", "--base-port", str(command.base_port))
    yield Stack.running(command)
    command.done("down")


def people(stack: Stack) -> set[str]:
    """Names in the profiles of the owner, on both sides."""
    owner = stack.accounts[0]["email"]
    return {str(stack.sign_in(app, owner).profile()["name"]) for app in ("cloud_us", "selfhost")}


def rename(stack: Stack, name: str) -> None:
    for app in ("cloud_us", "selfhost"):
        stack.sign_in(app, stack.accounts[0]["email"]).call("PUT", "/accounts/profile", json={"name": name})


def test_a_load_under_traffic_refuses_nobody_and_brings_the_instance_back(stack: Stack) -> None:
    """Also the configuration that was in effect: the instance is started anew with it."""
    stack.command.done("snapshot", "save", "before")
    rename(stack, "Somebody Else")
    statuses: list[int] = []
    ended = threading.Event()

    def ask() -> None:
        with requests.Session() as session:
            while not ended.is_set():
                statuses.append(session.get(stack.urls["cloud_us"] + "/api/plans").status_code)

    asking = threading.Thread(target=ask)
    asking.start()
    until(lambda: statuses)
    shown = json.loads(stack.command.done("snapshot", "load", "before", "--json"))
    so_far = len(statuses)
    until(lambda: len(statuses) > so_far)
    ended.set()
    asking.join()
    assert shown["name"] == "before" and set(statuses) == {200}
    assert people(stack) == {"Olivia Owner"}

    stack.configure(**{RELEASED: "true"})
    stack.command.done("reset")
    assert selfhost.environment_value(stack.home, RELEASED) == "false"
    stack.register("selfhost", "somebody.new@test.example")


def test_a_stack_that_is_killed_in_the_middle_comes_back_whole(stack: Stack) -> None:
    rename(stack, "Somebody Else")
    stack.command.done("snapshot", "save", "else")
    pid, _ = stack.home.supervisor()
    assert pid is not None
    shelf = stack.home.root / "snapshots"
    wanted, before = (json.loads((shelf / f"{name}.json").read_text()) for name in ("seed", "else"))
    (shelf / "loading.json").write_text(json.dumps({"to": wanted, "back": before}))
    os.kill(pid, signal.SIGKILL)
    stack.command.done("up", "--detach")
    assert people(stack) == {"Olivia Owner"}
    assert not (shelf / "loading.json").exists()


def test_a_second_stack_goes_another_way(stack: Stack, tmp_path: Path) -> None:
    other = Wardenloop(tmp_path / "other", 0)
    try:
        stack.command.done("snapshot", "load", "seed", "--home", str(other.home), "--base-port", "auto")
        fork = Stack.running(other)
        assert fork.hosts.isdisjoint(stack.hosts)
        assert fork.accounts[0]["user_id"] == stack.accounts[0]["user_id"]
        rename(fork, "Somebody Else")
        assert (people(fork), people(stack)) == ({"Somebody Else"}, {"Olivia Owner"})
        fork.register("selfhost", "fork@test.example")  # its mail came to the mailbox of the fork
    finally:
        other("down")


def test_a_world_takes_the_place_of_another(stack: Stack) -> None:
    """Last, because it brings other people. What makes no world changes nothing."""
    desk = stack.urls["start"] + "/_sim/world"
    refused = requests.post(desk, data="accounts:\n  - {email: a@b.example, at: [mars]}\n")
    assert refused.status_code == 400
    assert refused.json()["message"] == "standard input, line 2, accounts[0].at[0]: 'mars' is none of us, eu, selfhost."
    impossible = {"accounts": [{"email": "a@b.example", "at": ["us"]}], "organizations": [{**FAMILY, "seats": 50}]}
    failed = requests.post(desk, json=impossible)
    assert failed.status_code == 400 and "could not be built" in failed.json()["message"]
    assert people(stack) == {"Olivia Owner"}
    assert requests.post(desk, json={"name": "licensed"}).json()["organizations"] == 1
    told = requests.get(desk).json()
    assert [each["email"] for each in told["accounts"]] == ["owner@acme.example"]
    assert [(each["name"], each["instance"]) for each in told["organizations"]] == [("Acme", {})]
    assert "127.0.0.1" not in json.dumps(told)
