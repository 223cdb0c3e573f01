"""The whole product as a user runs it: processes, sockets, the command line, the guided run."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import requests
from click.testing import CliRunner

from common.cli import selfhost
from common.cli.home import Home
from common.cli.main import main
from common.server.destinations import is_this_machine
from tests.support import production
from tests.support.brought import organization_license
from tests.support.chinese import unexplained_in, walk
from tests.support.keeper import members
from tests.support.shared import shared
from tests.support.spoken import ELSEWHERE, WIRE, asked
from tests.support.stack import HOST, OFFSETS, Wardenloop, free_base_port, is_free

STEPS = {"002 ": 24, "000 ": 17 + 21}
ROOT = Path(__file__).parents[2]
RECORDING = ROOT / "tests" / "recording"
CONTACTED, RESTARTED, LICENSE = "contacted.txt", "restarted.txt", "license.json"
COMMANDS_THERE = {" ".join(words) for words, each in walk(main) if not isinstance(each, click.Group)}
REGION_LINE = "globalSettings__baseServiceUri__cloudRegion=US"


def download_license(urls: dict[str, Any]) -> bytes:
    """The licence of the first world's organization, of now, with nothing but what `urls --json` prints."""
    path = f"/api/organizations/{urls['organizations'][0]['id']}/license"
    bearer = {"Authorization": f"Bearer {urls['accounts'][0]['access_token']}"}
    installation = {"installationId": urls["installations"][0]["id"]}
    answer = requests.get(urls["cloud_us"] + path, params=installation, headers=bearer)
    assert answer.ok, answer.text
    return answer.content


@pytest.fixture(scope="module")
def wardenloop(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Wardenloop]:
    """A running stack with its first world, which these tests have for themselves."""

    folder = tmp_path_factory.mktemp("stack") / "own"
    recording = os.pathsep.join(filter(None, (str(RECORDING), os.environ.get("PYTHONPATH"))))
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), production.PROXY)
    watched = proxies | {"PYTHONPATH": recording, "PYTHONWARDENLOOP_TRAP": str(folder / CONTACTED)}

    def start(folder: Path) -> int:
        command = Wardenloop(folder / "home", free_base_port(worker_id), watched)
        command.done("up", "--detach", "--base-port", str(command.base_port))
        selfhost.set_environment_lines(Home(command.home), **production.ENVIRONMENT)
        restarted = command("selfhost", "--yes", "restart")
        (folder / RESTARTED).write_text(restarted.stderr)
        (folder / LICENSE).write_bytes(download_license(command.urls()))
        return command.base_port

    with shared(folder, start) as base_port:
        command = Wardenloop(folder / "home", base_port, watched)
        yield command
        command.done("down")
        assert len(members(folder)) == 1  # the keeper


def test_urls_and_accounts_work(wardenloop: Wardenloop) -> None:
    urls = json.loads(wardenloop("urls", "--json").stdout)
    assert urls["cloud_us"] == f"http://{HOST}:{wardenloop.base_port + 1}"
    for app in ("cloud_us", "cloud_eu", "selfhost"):
        assert requests.get(f"{urls[app]}/api/alive").ok
        account = next(account for account in urls["accounts"] if account["app"] == app)
        bearer = {"Authorization": f"Bearer {account['access_token']}"}
        profile = requests.get(f"{urls[app]}/api/accounts/profile", headers=bearer).json()
        assert (profile["id"], profile["email"]) == (account["user_id"], account["email"])
    assert requests.get(f"{urls['mailbox']}/alive").ok


def test_every_key_that_is_printed_gets_a_token(wardenloop: Wardenloop) -> None:
    urls = json.loads(wardenloop("urls", "--json").stdout)
    device = {"deviceType": "21", "deviceIdentifier": "0b9a9d0e-52a5-4b8a-9d7c-0a53a1b6a001", "deviceName": "t"}
    for kind, scope in (("accounts", "api"), ("organizations", "api.organization"), ("installations", "api.push")):
        for each in urls[kind][:1]:  # those of the first world; a guided run disables organizations
            secret = each.get("client_secret") or each["key"]
            form = {"grant_type": "client_credentials", "client_id": each["client_id"], "client_secret": secret}
            answer = requests.post(f"{urls[each['app']]}/identity/connect/token", data=form | device | {"scope": scope})
            assert answer.status_code == 200, (each, answer.text)


def test_status_shows_every_process_up(wardenloop: Wardenloop) -> None:
    status = json.loads(wardenloop("status", "--json").stdout)
    assert {row["process"]: row["up"] for row in status["processes"]} == {
        "cloud-us": True,
        "cloud-us-jobs": True,
        "cloud-eu": True,
        "cloud-eu-jobs": True,
        "selfhost": True,
        "selfhost-jobs": True,
        "desk": True,
    }


def assert_nothing_left(wardenloop: Wardenloop) -> None:
    """No process of the stack, nor a command, contacted or looked up anybody else; and people were told."""
    told = (wardenloop.home.parent / RESTARTED).read_text()
    logs = "".join(path.read_text() for path in (wardenloop.home / "bwdata" / "logs" / "api" / "Api").glob("*.txt"))
    for text in (told, logs):
        assert production.MAIL_HOST in text and "built-in mailbox takes every mail" in text
        assert production.SECRET not in text
    contacted = [line.split("\t") for line in (wardenloop.home.parent / CONTACTED).read_text().splitlines()]
    assert {event for event, _ in contacted} >= {"socket.connect", "socket.getaddrinfo"}
    assert [host for _, host in contacted if not is_this_machine(host)] == []


def test_the_guided_run_succeeds_twice_in_one_world(wardenloop: Wardenloop) -> None:
    for language in ("en", "zh"):
        done = wardenloop("loop", "--json", "--lang", language)
        steps = json.loads(done.stdout)["steps"]
        assert [(step["name"], step["error"]) for step in steps if not step["ok"]] == []
        assert done.returncode == 0
        assert {page: sum(step["document"].startswith(page) for step in steps) for page in STEPS} == STEPS
    environment = (wardenloop.home / "bwdata" / "env" / "global.override.env").read_text()
    assert REGION_LINE in environment.splitlines()
    assert "bitwarden.eu" not in environment
    assert production.MAIL_HOST in environment
    assert_nothing_left(wardenloop)


def readme_lines() -> list[str]:
    """Those behind the three doors (tests/kit/test_docs.py), but for whole runs, the stack that is there already, and
    PostgreSQL."""
    text = (ROOT / "README.md").read_text("utf-8").partition("\n## Start\n")[2]
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    left_out = re.compile(r"make |.* up --detach|export WARDENLOOP_DATABASE_URL|echo .*databaseUrl")
    return [line for line in lines if line and not left_out.match(line)]


def test_the_lines_of_the_readme_work_as_they_stand_without_a_terminal(wardenloop: Wardenloop, tmp_path: Path) -> None:
    urls = wardenloop.urls()
    (tmp_path / "license.json").write_bytes((wardenloop.home.parent / LICENSE).read_bytes())
    (tmp_path / ".wardenloop").symlink_to(wardenloop.home)
    command = tmp_path / "bin" / "wardenloop"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m common.cli.main "$@"\n')
    command.chmod(0o755)
    script = "\n".join(["set -ex", *readme_lines()]).replace("/tmp/world", str(wardenloop.home))
    assert script.count("wardenloop license") == 4 and "selfhost --yes restart" in script and "curl" in script
    environment = os.environ | wardenloop.environment | {"PATH": f"{command.parent}:{os.environ['PATH']}"}
    environment = {name: value for name, value in environment.items() if "proxy" not in name.lower()}  # curl's own
    done = subprocess.run(
        ["sh", "-c", script], stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=tmp_path, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Verified by its token." in done.stdout and urls["accounts"][0]["user_id"] in done.stdout


def test_as_root_the_commands_of_the_instance_ask_and_name_the_answer(wardenloop: Wardenloop) -> None:
    refused = wardenloop("selfhost", "restart")
    if os.geteuid() == 0:
        assert refused.returncode != 0 and "--yes" in refused.stderr
    else:
        assert refused.returncode == 0


def test_a_sync_by_hand_tells_its_outcome(wardenloop: Wardenloop) -> None:
    played = wardenloop("loop", "--document", "000", "--region", "us", "--json")
    assert played.returncode == 0, played.stdout
    newest = json.loads(wardenloop.done("sponsorships", "runs", "--json"))["runs"][0]
    done = json.loads(wardenloop.done("sponsorships", "sync", newest["organizationId"], "--json"))
    assert (done["trigger"], done["error"], done["organizationId"]) == ("manual", None, newest["organizationId"])
    assert done["number"] > newest["number"]
    assert wardenloop.done("sponsorships", "runs").splitlines()[0].split()[0] == str(done["number"])
    unknown = wardenloop("sponsorships", "sync", "Nobody")
    assert (unknown.returncode, newest["organizationId"] in unknown.stderr) == (1, True)


def _without_tokens(urls: dict[str, Any]) -> dict[str, Any]:
    accounts = [{name: each[name] for name in each if name != "access_token"} for each in urls["accounts"]]
    return urls | {"accounts": accounts}


def test_a_second_stack_on_the_same_ports_is_refused(wardenloop: Wardenloop, tmp_path: Path) -> None:
    refused = Wardenloop(tmp_path / "other", 0)("up", "--detach", "--base-port", str(wardenloop.base_port))
    assert refused.returncode == 1
    assert f"Port {wardenloop.base_port + 1} (cloud-us)" in refused.stderr
    assert "--base-port" in refused.stderr


def test_the_world_survives_down_and_up(wardenloop: Wardenloop) -> None:
    before = _without_tokens(wardenloop.urls())
    assert wardenloop("down").returncode == 0
    assert all(is_free(wardenloop.base_port + offset) for offset in OFFSETS)
    assert wardenloop("loop").returncode == 1
    again = wardenloop("up", "--detach")
    assert again.returncode == 0, again.stdout + again.stderr
    assert _without_tokens(wardenloop.urls()) == before
    assert requests.get(f"http://{HOST}:{wardenloop.base_port + 3}/api/alive").ok


def test_the_journal_says_why_a_token_was_refused(wardenloop: Wardenloop) -> None:
    """With every process of the stack real: written by one, read at the desk, followed over a connection that stays."""
    urls = json.loads(wardenloop("urls", "--json").stdout)
    journal, installation = f"{urls['start']}/_sim/journal", urls["installations"][0]
    form = {"grant_type": "client_credentials", "scope": "api.licensing", "client_secret": "wrong"}
    asked = form | {"client_id": f"installation.{installation['id']}"}
    with requests.get(f"{journal}/stream", stream=True, timeout=60) as events:
        lines = events.iter_lines()
        assert next(lines) == b": "  # it is followed from here on
        assert requests.post(f"{urls['cloud_eu']}/identity/connect/token", data=asked).json() == {
            "error": "invalid_client"
        }
        told = next(json.loads(line[6:]) for line in lines if line.startswith(b"data: ") and b"invalid_client" in line)
    asking = (
        "--operation",
        "POST /identity/connect/token",
        "--status",
        "400",
        "--caller",
        installation["id"],
        "--json",
    )
    found = json.loads(wardenloop("journal", "find", *asking).stdout)["matches"]
    assert [(each["id"], each["cause"]) for each in found] == [(told["id"], "other-region")]
    assert json.loads(wardenloop("journal", "list", "--json").stdout)["silent"] == []


@pytest.mark.last
def test_everything_that_commands_say_is_chinese_for_who_wants_that(wardenloop: Wardenloop, tmp_path: Path) -> None:
    """A literal text of a server has its meaning beside it. In this process: starting each command anew is dear."""
    wardenloop.done("world", "apply", "synced")
    walked, wrong = set(), {}
    for words in asked(tmp_path, wardenloop.home / "certificate" / "license.crt.pem"):
        shown = {"LC_ALL": "C.UTF-8", "COLUMNS": "1000"}
        told = CliRunner().invoke(main, ["--home", str(wardenloop.home), "--lang", "zh", *words], env=shown)
        assert isinstance(told.exception, SystemExit | None), (words, told.exception)
        command = next(each for each in (" ".join(words[:2]), words[0]) if each in COMMANDS_THERE)
        walked.add(command)
        if command not in WIRE and (english := unexplained_in(told.output)):
            wrong[words] = english
    assert wrong == {}
    assert walked ^ COMMANDS_THERE == ELSEWHERE


def rehearsal_lines(page: str) -> list[str]:
    """Of all blocks, but for the stack that is there already."""
    blocks = re.findall(r"```shell\n(.*?)```", (ROOT / "docs" / page).read_text("utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line != "wardenloop up --detach"]


@pytest.mark.last
def test_the_lines_of_the_rehearsal_work_as_they_stand_without_a_terminal(
    wardenloop: Wardenloop, tmp_path: Path
) -> None:
    """The Chinese page has the same ones. Fewer people, for each makes keys."""
    lines = rehearsal_lines("rehearsal.md")
    names = {"My organization": "我的组织"}
    assert [line.replace(*next(iter(names.items()))) for line in lines] == rehearsal_lines("rehearsal.zh-CN.md")
    assert len(lines) == 8 and sum(line.startswith("wardenloop rehearse") for line in lines) == 3
    (tmp_path / "bitwarden_organization_license.json").write_text(
        json.dumps(organization_license(name="My organization"))
    )
    (tmp_path / "bwdata" / "env").mkdir(parents=True)
    (tmp_path / "bwdata" / "env" / "global.override.env").write_text(
        f"globalSettings__mail__smtp__password={production.SECRET}\nglobalSettings__enableCloudCommunication=true\n"
    )
    command = tmp_path / "bin" / "wardenloop"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m common.cli.main --home "{wardenloop.home}" "$@"\n')
    command.chmod(0o755)
    script = "\n".join(["set -ex", *lines]).replace("--users 40", "--users 2 --yes")
    environment = os.environ | wardenloop.environment | {"PATH": f"{command.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-c", script], stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=tmp_path, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert production.SECRET not in done.stdout + done.stderr
    assert (tmp_path / "licence.ics").read_text().startswith("BEGIN:VCALENDAR")
    assert {each.name for each in (tmp_path / "report").iterdir()} == {
        "rehearsal-renewal.md",
        "rehearsal-renewal.html",
    }
    assert "演练" in done.stdout or "设置计费同步" in done.stdout
    assert_nothing_left_outside(wardenloop)


def assert_nothing_left_outside(wardenloop: Wardenloop) -> None:
    contacted = [line.split("\t") for line in (wardenloop.home.parent / CONTACTED).read_text().splitlines()]
    assert [host for _, host in contacted if not is_this_machine(host)] == []
