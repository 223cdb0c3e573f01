"""The commands that do what owners do: sync a licence, rotate and save a billing sync token."""

import json
import stat
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from common.cli import license_download, license_sync, owners
from common.cli.billing_tokens import billing_token
from common.cli.home import Home, Ports
from common.cli.worlds import files, reading
from common.cli.worlds.applying import build
from common.crypto import account
from common.license.files import read_any
from common.license.model import OrganizationLicense
from tests.support.harness import Workshop
from tests.support.license_loop import CHECK_INTERNET_AND_TOKEN
from tests.support.stages import InProcessStage, empty_stage

ACME = "Acme"


@pytest.fixture
def place(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcessStage]:
    """The world `synced`."""
    monkeypatch.setattr(account, "new_rsa_key_pair", cache(account.new_rsa_key_pair))
    monkeypatch.setattr(account, "master_key", cache(account.master_key))
    with empty_stage(workshop) as made:
        build(reading.read(*files.find("synced")), made.stage)
        yield made


@pytest.fixture
def home(place: InProcessStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Of a stack that consists of these apps; nobody keeps a journal."""
    kept = Home(tmp_path)
    kept.save_stack(Ports(1024))
    kept.add_accounts(*place.stage.accounts, organizations=place.stage.organizations)
    servers = {"cloud_us": place.stage.servers["us"], "cloud_eu": place.stage.servers["eu"]}
    servers |= {"selfhost": place.stage.servers["selfhost"], "start": place.stage.servers["selfhost"]}
    for module in (owners, license_sync):
        monkeypatch.setattr(module, "server", lambda home, app: servers[app])
    return kept


def _run(home: Home, command: click.Command, *words: str) -> Result:
    return CliRunner().invoke(command, words, obj=home)


def _told(result: Result) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def test_a_token_is_rotated_refused_and_saved_again(home: Home, place: InProcessStage) -> None:
    ours = next(each.id for each in home.saved().organizations if each.app == "selfhost")
    synced = _run(home, license_sync.sync_command, ACME, "--json")
    assert (synced.exit_code, _told(synced)["synced"], _told(synced)["organizationId"]) == (0, True, ours)
    before = _run(home, billing_token, "show", ACME).stdout
    rotated = _told(_run(home, billing_token, "rotate", ACME, "--json"))
    assert rotated["token"] != before.strip() and rotated["app"] == "cloud-us"
    refused = _run(home, license_sync.sync_command, ACME, "--json")
    assert (refused.exit_code, _told(refused)["error"]) == (1, CHECK_INTERNET_AND_TOKEN)
    assert _run(home, billing_token, "save", ours, "--lang", "zh").stdout == "实例已为 Acme 保存令牌。\n"
    assert _told(_run(home, license_sync.sync_command, ours, "--json"))["license"]["seats"] == 10
    assert _run(home, billing_token, "save", ACME, "0.wrong").exit_code == 0
    assert _run(home, license_sync.sync_command, ACME).exit_code == 1


def test_the_license_of_the_cloud_comes_into_a_file(home: Home, place: InProcessStage, tmp_path: Path) -> None:
    installation, file = place.stage.installations[0].id, tmp_path / "license.json"
    refused = _run(home, license_download.download_command, ACME, "-o", str(file), "--lang", "zh")
    assert (refused.exit_code, "--installation ID" in refused.stderr, file.exists()) == (2, True, False)
    words = [ACME, "--installation", str(installation), "-o", str(file), "--json"]
    told = _told(_run(home, license_download.download_command, *words))
    found = read_any(file.read_bytes(), OrganizationLicense)
    assert (str(found.installation_id), found.seats, told["app"]) == (str(installation), 10, "cloud-us")
    assert told["organizationId"] == str(found.id) and found.signature and found.token
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    shown = _run(home, license_download.download_command, ACME, "--installation", str(installation), "-o", "-")
    assert read_any(shown.stdout.encode(), OrganizationLicense).seats == 10
    unknown = _run(home, license_download.download_command, ACME, "--installation", told["organizationId"])
    assert "Invalid installation id" in str(unknown.exception) and unknown.stdout == ""


def test_an_organization_that_nobody_owns_is_refused_with_those_there_are(home: Home) -> None:
    refused = _run(home, billing_token, "rotate", "Acme Ltd")
    assert refused.exit_code == 1
    assert "No account of this stack owns Acme Ltd there. Known: Acme (" in refused.stderr
