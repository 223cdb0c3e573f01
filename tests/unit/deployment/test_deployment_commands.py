"""The other words of bitwarden.sh: what they print, leave behind and put into effect."""

import json
import os
import signal
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from common.server.processes import execute
from selfhost.deployment import environment_files
from selfhost.deployment.configuration import SelfHostSettings
from selfhost.deployment.runner import Runner, Service
from selfhost.deployment.settings import load_effective
from selfhost.deployment.state import Desired, read_desired, read_status, runner_alive, write_desired
from tests.support.waiting import PATIENCE, until

CONVERSION_ERROR = (
    "Failed to convert configuration value at 'GlobalSettings:EnableCloudCommunication' to type 'System.Boolean'."
)
Twin = Any  # the fixture's class lives in conftest.py
SLEEP = execute(sys.executable, "-c", "import time; time.sleep(600)")


def effective(twin: Twin) -> SelfHostSettings:
    return load_effective(twin.home.effective)


def up(twin: Twin) -> bool:
    return read_desired(twin.home).up


@contextmanager
def runner_thread(twin: Twin, service: Service) -> Iterator[None]:
    runner = Runner(twin.home, service, os.environ, poll=0.02)
    thread = threading.Thread(target=runner.run)
    thread.start()
    try:
        until(lambda: read_status(twin.home, service.name) is not None)
        yield
    finally:
        runner.end()
        thread.join(PATIENCE)


@pytest.fixture
def running(installed: Twin) -> Iterator[Twin]:
    """Installed, with a runner of api that has a trivial program."""
    with runner_thread(installed, Service("api", lambda _s, ready: SLEEP(ready), lambda _s, _child: True)):
        yield installed


def test_preamble(twin: Twin) -> None:
    lines = twin("updateself").output.splitlines()
    for line in (
        "=" * 51,
        "bitwarden.sh version 2026.8.0",
    ):
        assert line in lines
    assert not any("Copyright" in line for line in lines)  # upstream's would stand above code that is not upstream's


def test_help_lists_the_words(twin: Twin) -> None:
    twin.root = True
    result = twin("help")
    words = "install start restart stop update updatedb updaterun updateself updateconf uninstall renewcert rebuild"
    assert result.exit_code == 0 and set(words.split()) < set(result.output.splitlines())


@pytest.mark.parametrize("words", [("bogus",), ("bogus", "--with", "flags"), ()])
def test_unknown_word(twin: Twin, words: tuple[str, ...]) -> None:
    result = twin(*words)
    lines = result.output.splitlines()
    assert result.exit_code == 0
    assert lines[lines.index("No command found.") + 1] == "" and "compresslogs" in lines


@pytest.mark.parametrize("word", ["start", "stop", "rebuild", "update", "updatedb", "uninstall", "compresslogs"])
def test_words_that_need_an_installation(twin: Twin, word: str) -> None:
    result = twin(word)
    assert result.output.endswith(f"Cannot find a Bitwarden installation at {twin.data.path}.\n")
    assert result.exit_code == 1


def test_a_second_word_is_the_data_directory(twin: Twin) -> None:
    assert "Cannot find a Bitwarden installation at /no/where." in twin("stop", "/no/where").output


@pytest.mark.parametrize(("answer", "exit_code"), [("y", 0), ("YES", 0), ("n", 1), ("", 1)])
def test_root_is_asked(installed: Twin, answer: str, exit_code: int) -> None:
    installed.root = True
    result = installed("stop", typed=answer + "\n")
    assert "WARNING: This script is running as the root user!" in result.output
    assert result.exit_code == exit_code and ("Continuing...." in result.output) == (exit_code == 0)


def test_root_without_terminal_needs_the_flag(installed: Twin) -> None:
    installed.root = True
    refused = installed("stop")
    assert refused.exit_code == 2 and "--yes" in refused.output
    assert installed("stop", "--yes").exit_code == 0


def test_start_without_runner_names_the_way_out(installed: Twin) -> None:
    result = installed("start")
    assert result.exit_code == 1 and "wardenloop up" in result.output and not up(installed)


def test_a_program_that_crashes_fails_the_start_with_its_last_words(installed: Twin) -> None:
    crash = execute(sys.executable, "-c", "exit('no such table')")
    crasher = Service("api", lambda _s, ready: crash(ready), lambda _s, _child: False)
    with runner_thread(installed, crasher):
        result = installed("start")
    assert result.exit_code == 1 and "no such table" in result.stderr and "up and running" not in result.output


@pytest.mark.processes
def test_home_before_or_behind_the_word(installed: Twin) -> None:
    for words in (
        ("--home", str(installed.home.path), "stop", "--yes"),
        ("stop", "--yes", "--home", str(installed.home.path)),
    ):
        command = [sys.executable, "-m", "selfhost.deployment", *words]
        assert subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


@pytest.mark.processes
def test_the_run_word_stays_until_it_is_told_to_end(installed: Twin) -> None:
    command = [sys.executable, "-m", "selfhost.deployment", "run", "jobs", "--home", str(installed.home.path)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        until(lambda: read_status(installed.home, "jobs") is not None or process.poll() is not None)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
    assert not runner_alive(installed.home, "jobs")


def test_a_stack_that_is_stopped_during_a_restart_starts_the_instance_next_time(
    installed: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Service("api", lambda _s, ready: SLEEP(ready), lambda _s, _child: True)
    with ExitStack() as stack:
        stack.enter_context(runner_thread(installed, service))
        assert installed("start").exit_code == 0
        monkeypatch.setattr(environment_files, "write_simulator_env", lambda *_words: stack.close())
        result = installed("restart")
    assert (result.exit_code, up(installed)) == (1, True)
    assert "Its next `wardenloop up` starts the instance." in result.output
    with runner_thread(installed, service):
        until(lambda: getattr(read_status(installed.home, "api"), "state", None) == "healthy")


def test_a_restart_without_a_stack_leaves_the_instance_as_it_shall_be(installed: Twin) -> None:
    write_desired(installed.home, Desired(1, up=True))
    result = installed("restart")
    assert (result.exit_code, up(installed)) == (1, True)
    assert "start the stack with `wardenloop up` first" in result.output


def test_editing_the_file_changes_nothing_until_restart(running: Twin) -> None:
    assert running("start").exit_code == 0
    running.add_line("globalSettings__enableCloudCommunication=true")
    assert not effective(running).enable_cloud_communication
    result = running("restart")
    assert result.exit_code == 0 and effective(running).enable_cloud_communication
    at = result.output.index("\nBitwarden is up and running!\n")
    assert result.output[at:] == (
        f"\nBitwarden is up and running!\n{'=' * 51}\n\nvisit http://localhost\n"
        "to update, run `./bitwarden.sh updateself` and then `./bitwarden.sh update`\n\n"
    )


def test_rebuild_leaves_the_instance_down_and_start_takes_the_new_configuration(running: Twin) -> None:
    running("start")
    running.add_line("GLOBALSETTINGS__ENABLECLOUDCOMMUNICATION=true")
    result = running("rebuild")
    expected = [
        "",
        "Building docker environment files.",
        "Building docker environment override files.",
        "Building nginx config.",
        "Building FIDO U2F app id.",
        "Building docker-compose.yml.",
        "",
    ]
    assert result.output.splitlines()[-len(expected) :] == expected
    status = read_status(running.home, "api")
    assert not up(running) and status is not None and status.state == "down"
    assert running("start").exit_code == 0 and effective(running).enable_cloud_communication


def test_a_bad_value_fails_the_start_and_the_instance_stays_down(running: Twin) -> None:
    running("start")
    running.add_line("globalSettings__enableCloudCommunication=yes")
    result = running("restart")
    assert result.stderr.splitlines() == [CONVERSION_ERROR] and result.exit_code == 1
    status = read_status(running.home, "api")
    assert not up(running) and status is not None and status.state == "down"


def test_deleted_installation_id_comes_back_as_zeros_and_stops_the_start(running: Twin) -> None:
    kept = [line for line in running.data.override_env.read_text().splitlines() if "installation__id" not in line]
    running.data.override_env.write_text("\n".join(kept))
    running("rebuild")
    assert running.overrides["globalSettings__installation__id"] == "00000000-0000-0000-0000-000000000000"
    result = running("start")
    assert result.stderr == "Installation Id must be set for self-hosted installations.\n" and result.exit_code == 1


def test_rewriting_rules_of_rebuild(installed: Twin) -> None:
    before = installed.overrides
    text = installed.data.override_env.read_text().replace("globalSettings__duo__aKey", "globalSettings__gone")
    text = text.replace("adminSettings__admins=", "adminSettings__admins='ops@x.org' ")
    text += "\n# only words\n#old=1\nglobalSettings__pushRelayBaseUri=REPLACE\nmine=a$b\n"
    installed.data.override_env.write_text(text)
    config = installed.data.config.read_text().replace("url: http://localhost", "url: https://bw.example.com")
    installed.data.config.write_text(config)
    result = installed("rebuild")
    after = installed.overrides
    assert "Updated globalSettings__baseServiceUri__vault to match value in config.yml" in result.output
    assert after["globalSettings__baseServiceUri__vault"] == "https://bw.example.com"
    assert after["globalSettings__installation__id"] == before["globalSettings__installation__id"]
    assert after["globalSettings__internalIdentityKey"] == before["globalSettings__internalIdentityKey"]
    assert len(after["globalSettings__duo__aKey"]) == 64, "a deleted secret comes back"
    assert after["adminSettings__admins"] == "'ops@x.org' " and after["mine"] == "a$b" and after["#old"] == "1"
    assert "globalSettings__pushRelayBaseUri" not in after
    assert "only words" not in installed.data.override_env.read_text()


def test_push_notifications_off_writes_the_placeholder(installed: Twin) -> None:
    config = installed.data.config.read_text()
    installed.data.config.write_text(config.replace("push_notifications: true", "push_notifications: false"))
    installed("rebuild")
    assert installed.overrides["globalSettings__pushRelayBaseUri"] == "REPLACE"
    installed("start", "--no-wait")
    assert effective(installed).push_relay_url is None


def test_the_documents_lines_lead_to_the_simulated_eu_cloud(installed: Twin) -> None:
    installed("start", "--no-wait")
    fresh = effective(installed)
    assert fresh.cloud_region == "EU" and fresh.cloud_api_url == "http://us.test:4000/api/", (
        "a fresh EU install asks the US"
    )
    assert fresh.push_relay_url == "http://us.test:4000/push/"
    installed.add_line(
        "globalSettings__enableCloudCommunication=true",
        "globalSettings__installation__identityUri=https://identity.bitwarden.eu",
        "globalSettings__installation__apiUri=https://api.bitwarden.eu",
        "globalSettings__pushRelayBaseUri=https://push.bitwarden.eu",
    )
    installed("rebuild")
    installed("start", "--no-wait")
    settings = effective(installed)
    assert settings.cloud_identity_url == "http://eu.test:4100/identity/"
    assert settings.cloud_api_url == "http://eu.test:4100/api/"
    assert settings.push_relay_url == "http://eu.test:4100/push/"


def test_snapshot(installed: Twin) -> None:
    installed("start", "--no-wait")
    snapshot = json.loads(installed.home.effective.read_text())
    assert snapshot["release"] == "2026.8.0" and snapshot["started_at"] == "2026-08-20T12:00:00+00:00"
    assert snapshot["generation"] == read_desired(installed.home).generation
    assert snapshot["environment"]["LOCAL_UID"]
    assert installed.home.effective.stat().st_mode & 0o077 == 0, "it holds secrets"


def test_the_certificate_of_the_stack_is_accepted_even_in_a_folder_with_an_odd_name(installed: Twin) -> None:
    assert "every license will be refused" in installed("start", "--no-wait").stderr
    certificate = installed.home.path / "certificate/license.crt.pem"
    certificate.parent.mkdir()
    certificate.touch()
    assert "every license will be refused" not in installed("restart", "--no-wait").stderr
    assert effective(installed).simulator.license_certificates == (certificate,)


def test_dollar_in_a_value_loses_its_tail_with_a_warning(installed: Twin) -> None:
    installed.add_line("globalSettings__mail__replyToEmail=abcd$x")
    result = installed("start", "--no-wait")
    assert 'The "x" variable is not set. Defaulting to a blank string.' in result.stderr
    assert effective(installed).reply_to_email == "abcd"


def test_an_unreadable_env_file_names_file_and_line(installed: Twin) -> None:
    installed.data.override_env.write_text("A=1\nbad key=2\n")
    result = installed("start")
    assert result.exit_code == 1 and "global.override.env: line 2: unexpected character" in result.stderr


def test_start_after_a_failed_install_misses_the_compose_file(twin: Twin) -> None:
    twin.install("--install-id", "no-guid")
    result = twin("start")
    assert result.exit_code == 1 and "docker-compose.yml: no such file or directory" in result.stderr


def test_stop_waits_until_the_program_is_gone(running: Twin) -> None:
    running("start")
    status = read_status(running.home, "api")
    assert status is not None and status.pid is not None
    result = running("stop")
    assert result.exit_code == 0
    with pytest.raises(ProcessLookupError):
        os.kill(status.pid, 0)


def test_release_dial_and_update(running: Twin) -> None:
    running("start")
    running("release", "v2023.10")
    old = effective(running)
    assert (old.abilities.accepts, old.abilities.reads_tokens) == (13, False)
    running("rebuild")
    assert ":2023.10.0" in running.data.compose.read_text(), "a chosen release survives a rebuild"
    running("start")
    result = running("update")
    assert "Update not needed" not in result.output and "Database update complete" in result.output
    assert effective(running).abilities.accepts == 16 and up(running)
    again = running("update")
    assert again.output.splitlines()[-1] == "Update not needed" and again.exit_code == 0


def test_an_old_script_needs_updateself_first(running: Twin) -> None:
    running("release", "v2023.10", "--script")
    running("start")
    result = running("update")
    assert "bitwarden.sh version 2023.10.0" in result.output and result.output.endswith("Update not needed\n")
    assert running("updateself").output.endswith("Updated self.\n")
    running("update")
    assert str(effective(running).release) == "2026.8.0"


def test_unknown_release(installed: Twin) -> None:
    result = installed("release", "v2031.1")
    assert result.exit_code == 1 and "2031.1.0 is not known" in result.stderr


def test_uninstall(installed: Twin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    installed("start", "--no-wait")
    (installed.data.path / "mssql/data/wardenloop.db").write_text("rows")
    canceled = installed("uninstall", "--save-database", "n", "--confirm", "n", "--purge", "n")
    assert canceled.exit_code == 1 and "(!) Bitwarden uninstall canceled. " in canceled.output
    assert installed.data.path.exists()
    done = installed("uninstall", typed="y\ny\nn\n")
    assert done.exit_code == 0
    for text in (
        "(WARNING: UNINSTALL STARTED) Would you like to save the database files? (y/n): ",
        "Saving database files.",
        "Are you sure you want to uninstall Bitwarden? (y/n): ",
        f"Uninstalling Bitwarden...\nRemoving {installed.data.path}\nRemoving MSSQL docker volume.\n",
        "Bitwarden uninstall complete!",
    ):
        assert text in done.output
    assert not installed.data.path.exists() and not up(installed)
    with tarfile.open("bitwarden_database.tar.gz") as tar:
        assert "bwdata/mssql/data/wardenloop.db" in tar.getnames()


@pytest.mark.parametrize(
    ("dates", "error"),
    [
        (("2026", "20260102"), "Error: start date format is invalid. Please use YYYYMMDD."),
        (("20260231", "20260302"), "Error: start date format is invalid. Please use YYYYMMDD."),
        (("20260101", "x"), "Error: end date format is invalid. Please use YYYYMMDD."),
        (("20260101",), "Cannot find a Bitwarden installation at 20260101."),
        (("20260103", "20260102"), "Error: start date (20260103) must be earlier than end date (20260102)."),
    ],
)
def test_compresslogs_dates(installed: Twin, dates: tuple[str, ...], error: str) -> None:
    result = installed("compresslogs", *dates)
    assert result.output.endswith(error + "\n") and result.exit_code == 1


@pytest.mark.parametrize(
    ("dates", "name", "days"),
    [
        ((), "bitwarden-logs-all.tar.gz", {"20260101", "20260102", "20260103"}),
        (("20260101", "20260102"), "bitwarden-logs-20260101-to-20260102.tar.gz", {"20260101", "20260102"}),
        (("20260103", "20260103"), "bitwarden-logs-20260103.tar.gz", {"20260103"}),
    ],
)
def test_compresslogs(
    installed: Twin,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    dates: tuple[str, ...],
    name: str,
    days: set[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = installed.data.logs / "api/Api"
    folder.mkdir(parents=True)
    for day in ("20260101", "20260102", "20260103"):
        (folder / f"{day}.txt").write_text(day)
    result = installed("compresslogs", *dates)
    assert result.output.endswith(f"Logs compressed into {tmp_path}/{name}\n")
    with tarfile.open(name) as tar:
        assert set(tar.getnames()) == {f"bwdata/logs/api/Api/{day}.txt" for day in days}


@pytest.mark.processes
def test_two_commands_on_one_home_take_turns(installed: Twin) -> None:
    results: list[int] = []
    threads = [
        threading.Thread(target=lambda: results.append(_generation_after_no_wait_start(installed))) for _ in range(3)
    ]
    write_desired(installed.home, Desired(10, up=False))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    # start while up is stop and start: generations 11, 13, 15
    assert read_desired(installed.home).generation == 15
    assert json.loads(installed.home.effective.read_text())["generation"] == 15


def _generation_after_no_wait_start(twin: Twin) -> int:
    arguments = ["start", "--yes", "--no-wait", "--home", str(twin.home.path)]
    return subprocess.run(
        [sys.executable, "-m", "selfhost.deployment", *arguments], stdin=subprocess.DEVNULL, check=True
    ).returncode
