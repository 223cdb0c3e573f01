"""Names of snapshots, and a world that moves to other addresses."""

import pytest

from common.errors import Refusal
from common.sim.snapshots.folders import belongs
from common.sim.snapshots.rules import checked_name, moved, moves, own_name


@pytest.mark.parametrize("name", ["a", "before-renewal", "v1.2", "A_b", "x" * 64])
def test_names(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "../a", "a\\b", "a b", "x" * 65, "a\n", "ä", "a\0"])
def test_no_names(name: str) -> None:
    with pytest.raises(Refusal) as refused:
        checked_name(name)
    assert refused.value.status == 400


@pytest.mark.parametrize("name", ["seed", "Seed"])
def test_the_name_of_the_seed_is_taken(name: str) -> None:
    with pytest.raises(Refusal) as refused:
        own_name(name)
    assert refused.value.status == 409


def test_addresses_are_replaced_once_and_whole() -> None:
    there = {"home": "/tmp/a", "cloud": "http://127.0.0.1:8401", "host": "127.0.0.1:8401", "same": "x"}
    here = {"home": "/tmp/a/b", "cloud": "http://127.0.0.1:8402", "host": "127.0.0.1:8402", "same": "x"}
    text = b"/tmp/a/bwdata /tmp/ab http://127.0.0.1:8401/api 127.0.0.1:8401 127.0.0.1:84011 x"
    other = b"/tmp/a/b/bwdata /tmp/ab http://127.0.0.1:8402/api 127.0.0.1:8402 127.0.0.1:84011 x"
    for size in (1, 2, 7, 16, 30, len(text)):
        blocks = [text[at : at + size] for at in range(0, len(text), size)]
        assert b"".join(moved(blocks, moves(there, here))) == other, size
    back = moves({"one": "127.0.0.1:1", "two": "127.0.0.1:2"}, {"one": "127.0.0.1:2", "two": "127.0.0.1:3"})
    assert b"".join(moved([b"127.0.0.1:1 127.0.0.1:2"], back)) == b"127.0.0.1:2 127.0.0.1:3"


def test_an_address_that_is_none_is_replaced_nowhere() -> None:
    assert moves({"home": "", "start": "http://127.0.0.1:8404"}, {"home": "/tmp/b", "start": "http://x:1"}) == {
        "http://127.0.0.1:8404": "http://x:1"
    }


@pytest.mark.parametrize(
    "path",
    [
        "../etc/passwd",
        "/etc/passwd",
        "bwdata/../../x",
        "snapshots/seed.json",
        "stack.json",
        "selfhost/desired.json",
        "selfhost/api.status.json",
        "bwdata/logs/api/1.txt",
        "cloud-us/cloud.db-wal",
        "cloud-us/gate-door",
        "tls/ca.key",
        "",
    ],
)
def test_files_that_no_snapshot_brings(path: str) -> None:
    assert not belongs(path)


@pytest.mark.parametrize("path", ["bwdata/config.yml", "accounts.json", "cloud-us/token-protection.key"])
def test_files_of_a_world(path: str) -> None:
    assert belongs(path)
