"""Bringing a licence with the settings of a real server, and rehearsing with it, contacts nobody but this machine."""

import json
import socket
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from common.cli.home import Home
from common.cli.worlds.applying import build
from common.cli.worlds.bringing import import_command, issued_now, premium_issued_now
from common.cli.worlds.importing import NOT_COMPARED_OF_PREMIUM, Given, compared, plan_import
from common.crypto import account
from common.desk.rehearsals import service
from common.desk.rehearsals.stories import STORIES
from common.ids import SystemIds
from tests.support.brought import organization_license, premium_license
from tests.support.harness import Workshop
from tests.support.rehearsals import Rehearsed
from tests.support.silence import Trap, trap  # noqa: F401 - a fixture
from tests.support.stages import empty_stage

G = "globalSettings__"
ENVIRONMENT = f"""
{G}baseServiceUri__vault=https://vault.mueller.example.com
{G}baseServiceUri__cloudRegion=US
{G}installation__identityUri=https://identity.bitwarden.com
{G}installation__apiUri=https://api.bitwarden.com
{G}pushRelayBaseUri=https://push.bitwarden.com
{G}mail__smtp__host=smtp.office365.com
{G}mail__smtp__password=hunter2
{G}mail__replyToEmail=no-reply@mueller.example.com
{G}hibpApiKey=0123456789abcdef
{G}enableCloudCommunication=true
HTTPS_PROXY=http://proxy.mueller.example.com:3128
"""


@pytest.fixture(autouse=True)
def one_key_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "new_rsa_key_pair", cache(account.new_rsa_key_pair))
    monkeypatch.setattr(account, "master_key", cache(account.master_key))


def assert_armed(trap: Trap) -> None:  # noqa: F811
    assert trap.outside == []
    with pytest.raises(OSError, match="the trap"):
        socket.getaddrinfo("api.bitwarden.com", 443)
    assert trap.outside == ["api.bitwarden.com"]  # it would have been seen


def test_an_import_and_a_whole_rehearsal(workshop: Workshop, tmp_path: Path, trap: Trap) -> None:  # noqa: F811
    (tmp_path / "desk").mkdir()
    files = [json.dumps(each).encode() for each in (organization_license("annual"), premium_license())]
    given = Given(files[0], ENVIRONMENT.encode(), files[1], users=2)
    planned = plan_import(given, SystemIds(), datetime(2031, 1, 1, tzinfo=UTC))
    with empty_stage(workshop) as place:
        build(planned.world, place.stage)
        assert planned.premium is not None
        issued, premium = issued_now(place.stage, planned), premium_issued_now(place.stage, planned)
        assert issued is not None and compared(planned.file, issued, planned.not_compared) == []
        assert premium is not None and compared(planned.premium, premium, NOT_COMPARED_OF_PREMIUM) == []
        assert place.stage.refusals == []
        rehearsed = Rehearsed(place, "US", "owner@organization.example", tmp_path)
        done = [
            service.perform(rehearsed.stage(), "families", step, list(step.problems), tmp_path)
            for step in STORIES["families"]
        ]
    assert [each["step"] for each in done if not each["asExpected"]] == []
    assert_armed(trap)


def test_the_command(tmp_path: Path, trap: Trap) -> None:  # noqa: F811
    (tmp_path / "license.json").write_text(json.dumps(organization_license()))
    (tmp_path / "real.env").write_text(ENVIRONMENT)
    words = ["--license", str(tmp_path / "license.json"), "--env", str(tmp_path / "real.env"), "--dry-run", "--json"]
    ran = CliRunner().invoke(import_command, words, obj=Home(tmp_path / "home"))
    assert ran.exit_code == 0, ran.output
    verdicts: dict[str, Any] = {each["name"]: each["verdict"] for each in json.loads(ran.stdout)["settings"]}
    assert verdicts[f"{G}mail__smtp__password"] == "secret" and "hunter2" not in ran.output
    assert_armed(trap)
