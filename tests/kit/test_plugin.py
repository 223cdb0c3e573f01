"""The plugin seen from outside: pytest run on a project's files, here and over workers. Also run by .ci/kit, alone."""

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

OTHERS = ("randomly", "playwright", "schemathesis", "anyio", "hypothesispytest")
"""Plugins beside ours: one knows no session inside another, and together they cost a process more than it does."""

PLAIN = ("-p", "no:cacheprovider", *(word for other in OTHERS for word in ("-p", f"no:{other}")))

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute()
"""What worlds and keys are kept in: inside a test of `pytester` home is another one, where all would be made again."""


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(CACHE))


MARKED = """
from datetime import UTC, datetime, timedelta

import pytest
from wardenloop import Refused


@pytest.mark.wardenloop(world="synced")
def test_a_world_by_name(wardenloop):
    owned = {each["app"]: each for each in wardenloop.server.saved.organizations}
    assert owned["cloud_us"]["name"] == owned["selfhost"]["name"] == "Acme"
    assert owned["cloud_us"]["billing_sync_token"]
    [acme], [here] = wardenloop.cloud.organizations, wardenloop.selfhost.organizations
    assert acme.billing_sync_token() == owned["cloud_us"]["billing_sync_token"]
    assert (acme.seats, here.enabled) == (here.seats, True)


def test_no_world(wardenloop):
    assert wardenloop.server.saved.organizations == []
    assert wardenloop.selfhost.release == "2026.8.0"


@pytest.mark.wardenloop(time="2026-03-01", frozen=True)
def test_a_moment_that_stands_still(wardenloop):
    assert wardenloop.clock.now == wardenloop.clock.now == datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.wardenloop(time="2026-03-01")
class TestNearest:
    @pytest.mark.wardenloop(time=datetime(2026, 5, 1))
    def test_the_nearest_marker_wins(self, wardenloop):
        assert datetime(2026, 5, 1, tzinfo=UTC) <= wardenloop.clock.now < datetime(2026, 5, 2, tzinfo=UTC)


@pytest.mark.wardenloop(release="v2023.10.0", settings={"globalSettings__disableUserRegistration": True})
@pytest.mark.parametrize("go", [1, 2])
def test_an_older_instance_that_registers_nobody(wardenloop, go):
    assert wardenloop.selfhost.release == "2023.10.0"
    with pytest.raises(Refused):
        wardenloop.selfhost.account("somebody@example.com")


@pytest.mark.wardenloop(tls=True)
def test_https(wardenloop):
    assert wardenloop.cloud.url.startswith("https://")
    assert wardenloop.cloud.session.get(wardenloop.cloud.api + "/alive").ok


def test_the_bare_server(wardenloop_server):
    wardenloop_server.reset()
    assert wardenloop_server.told["cloud_us"].startswith("http://127.0.0.1:")
"""

FAILING = """
import pytest


def test_fails(wardenloop):
    owner = wardenloop.cloud.account("owner@example.com")
    wardenloop.clock.set("2027-02-01", freeze=True)
    owner.session.get(f"{wardenloop.cloud.api}/accounts/profile")
    wardenloop.journal.assert_called(operation="GET /api/accounts/profile", status=404)


@pytest.mark.wardenloop(wrold="synced")
def test_misspelt(wardenloop):
    pass
"""

WORKERS = """
import os

import pytest


@pytest.mark.parametrize("number", range(6))
def test_own_world(wardenloop, number):
    with open(os.environ["SEEN"], "a") as seen:
        seen.write(f"{os.environ['PYTEST_XDIST_WORKER']} {wardenloop.cloud.url} {wardenloop.server.home}\\n")
    wardenloop.cloud.account("same@example.com")
"""


SEEDED = """
import os

import pytest


@pytest.mark.parametrize("number", range(2))
def test_ids(wardenloop, number):
    acme = wardenloop.cloud.organization("Acme")
    here = wardenloop.selfhost.create_organization(acme.download_license())
    wardenloop.selfhost.connect(here, token := acme.billing_sync_token())
    wardenloop.selfhost.sync_license(here)
    with open(os.environ["SEEN"], "a") as seen:
        seen.write(f"{acme.id} {acme.owner.email} {token} {here.id}\\n")
"""


def test_how_a_test_begins(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(MARKED)
    pytester.runpytest_inprocess(*PLAIN).assert_outcomes(passed=8)


def test_a_failure_tells_what_happened_and_keeps_the_world(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(FAILING)
    done = pytester.runpytest_inprocess(*PLAIN, "--wardenloop-keep=kept")
    done.assert_outcomes(failed=1, errors=1)
    done.stdout.fnmatch_lines(
        [
            "*was not called at all.",
            "*status is 200, not 404*",
            "*wardenloop: what happened*",
            "It is 2027-02-01 00:00:00 there.",
            "cloud-us  clock 2027-02-01T00:00:00Z",
            "*200 GET /api/accounts/profile  by user *",
            "mail to owner@example.com: Verify Your Email",
            "*wardenloop: the world*",
            "Open it: wardenloop --home *kept* up",
            "Password of whom the kit registered without another: correct-horse-battery-staple",
        ]
    )
    assert "known are frozen, official_hosts, release" in done.stdout.str()
    [home] = (pytester.path / "kept").iterdir()
    assert json.loads((home / "stack.json").read_bytes())["cloud_us"].startswith("http://127.0.0.1:")
    assert (home / "cloud-us" / "cloud.db").stat().st_size > 0


def test_the_same_seed_gives_the_same_ids(
    pytester: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first and the second test, in a world that was just built and in one that was built before."""
    with suppress(FileNotFoundError):
        shutil.copytree(CACHE / "wardenloop" / "keys", tmp_path / "wardenloop" / "keys")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    pytester.makepyfile(SEEDED)
    for _ in range(2):
        pytester.runpytest_inprocess(*PLAIN, "--wardenloop-seed=7").assert_outcomes(passed=2)
    lines = (tmp_path / "seen").read_text().splitlines()
    assert len(lines) == 4 and len(set(lines)) == 1, lines


def test_workers_share_nothing(pytester: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("xdist")
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    pytester.makepyfile(WORKERS)
    done = pytester.runpytest_subprocess(*PLAIN, "-n", "2", "--dist", "each")
    done.assert_outcomes(passed=12)
    seen = {tuple(line.split()) for line in (tmp_path / "seen").read_text().splitlines()}
    assert len(seen) == len({url for _, url, _ in seen}) == len({home for *_, home in seen}) == 2
    assert not any(Path(home).exists() for *_, home in seen)
