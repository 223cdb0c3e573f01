"""What a person can cause ends with a sentence that names the next command, never with a traceback."""

import errno
import fcntl
import io
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from common.cli import running, stack
from common.cli.client import Server
from common.cli.failure import RequestFailed
from common.cli.home import Home, Ports, SavedAccount
from common.cli.main import main
from common.files import write_json
from common.server.terminal import accept_any_character, json_text, told
from tests.support.stack import free_base_port


def run(home: Path, *arguments: str, **options: Any) -> Result:
    """A command that must not fall over; its result."""
    result = CliRunner().invoke(main, ["--home", str(home), *arguments], **options)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert "Traceback" not in result.output
    return result


@pytest.fixture
def home(tmp_path: Path, worker_id: str) -> Home:
    """A world that is complete; nothing of it runs."""
    made = Home(tmp_path / "home")
    made.save_stack(Ports(free_base_port(worker_id)))
    made.add_accounts(SavedAccount("a@b.example", "p", "cloud_us", "owner"))
    return made


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "There is no space left"),
        (errno.EDQUOT, "There is no space left"),
        (errno.EFBIG, "There is no space left"),
        (errno.EROFS, "--home"),
        (errno.EACCES, "Choose another folder with --home"),
    ],
)
def test_trouble_of_the_system_names_the_file_and_what_to_do(number: int, words: str) -> None:
    text = told(OSError(number, os.strerror(number), "/a/file"))
    assert words in text and "/a/file" in text and os.strerror(number) in text


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO])
def test_up_in_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(*_path: object, **_more: object) -> None:
        raise OSError(number, os.strerror(number), str(tmp_path / "none"))

    monkeypatch.setattr(Path, "mkdir", refuse)
    result = run(tmp_path / "none", "up", "--detach")
    assert result.exit_code == 1
    assert os.strerror(number) in result.output


def test_a_fresh_start_asks_before_it_ends_a_stack(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    monkeypatch.setattr(stack, "is_running", lambda _home: True)
    monkeypatch.setattr(stack, "start", lambda *_words, **_more: started.append("one"))
    monkeypatch.setattr(running, "_bring_to_life", lambda *_words, **_more: True)
    without = run(home.root, "up", "--fresh", "--detach")
    assert (without.exit_code, started) == (1, [])
    assert str(home.root) in without.output and "--yes" in without.output
    monkeypatch.setattr(running, "_can_answer", lambda: True)
    assert (run(home.root, "up", "--fresh", "--detach", input="n\n").exit_code, started) == (1, [])
    assert (run(home.root, "up", "--fresh", "--detach", input="y\n").exit_code, started) == (0, ["one"])
    assert (run(home.root, "up", "--fresh", "--yes", "--detach").exit_code, started) == (0, ["one", "one"])


def test_an_instance_that_does_not_start_leaves_the_rest_to_repair_it_with(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[Home] = []
    monkeypatch.setattr(stack, "start", lambda *_words, **_more: None)
    monkeypatch.setattr(stack, "stop", stopped.append)
    monkeypatch.setattr(stack, "is_running", lambda _home: True)
    monkeypatch.setattr(stack, "is_alive", lambda _home, process: process != "selfhost")
    monkeypatch.setattr(stack, "_CRASH_SECONDS", 0.0)
    write_json(home.root / "selfhost" / "desired.json", {"generation": 1, "state": "up"})
    write_json(home.root / "selfhost" / "api.status.json", {"state": "crashed", "error": "It cannot be read."})
    result = run(home.root, "up", "--detach")
    assert (result.exit_code, stopped) == (1, [])
    assert "It cannot be read." in result.output and "`wardenloop selfhost restart`" in result.output


@pytest.mark.parametrize("command", [["status"], ["urls"], ["clock", "show"], ["up"]])
@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b'{"base_port": "many"}'])
def test_a_broken_stack_file_is_named(home: Home, command: list[str], content: bytes) -> None:
    home.stack_file.write_bytes(content)
    result = run(home.root, *command)
    assert result.exit_code == 1
    assert str(home.stack_file) in result.output and "up --fresh" in result.output


@pytest.mark.parametrize("content", [b"{", b'{"accounts": [{"email": "x"}]}', b'{"accounts": [7]}'])
def test_a_broken_file_of_accounts_is_named(home: Home, content: bytes) -> None:
    home.accounts_file.write_bytes(content)
    result = run(home.root, "urls")
    assert result.exit_code == 1
    assert str(home.accounts_file) in result.output and "up --fresh" in result.output


@pytest.mark.parametrize(
    "command", [["clock", "show"], ["jobs", "list"], ["jobs", "run", "X"], ["sponsorships", "runs"], ["clock", "reset"]]
)
@pytest.mark.parametrize(("running", "words"), [(False, "wardenloop up --detach"), (True, "wardenloop status")])
def test_a_stack_that_is_down_is_told_without_names_of_classes(
    home: Home, monkeypatch: pytest.MonkeyPatch, command: list[str], running: bool, words: str
) -> None:
    monkeypatch.setattr(stack, "is_running", lambda _home: running)
    result = run(home.root, *command)
    assert result.exit_code == 1
    assert "Connection refused" in result.output and words in result.output
    assert "HTTPConnectionPool" not in result.output


def test_a_server_that_failed_leads_to_the_log(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_more: object) -> Any:
        raise RequestFailed("POST /_sim/clock", 500, "")

    monkeypatch.setattr(Server, "call", fail)
    assert "wardenloop logs" in run(home.root, "clock", "show").output


def test_time_does_not_move_back_and_says_what_does(home: Home) -> None:
    result = run(home.root, "clock", "advance", "-5d")
    assert result.exit_code == 2
    assert "-5d" in result.output and "wardenloop clock reset" in result.output


def test_a_terminal_that_knows_no_chinese_shows_question_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="latin-1"))
    accept_any_character()
    print("许可证 é", flush=True)
    assert written.getvalue() == b"??? \xe9\n"


def test_json_loses_nothing_at_such_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for encoding in ("latin-1", "utf-8"):
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
        text = json_text({"name": "许可证 😀"})
        assert json.loads(text.encode(encoding).decode(encoding)) == {"name": "许可证 😀"}


@pytest.mark.parametrize(
    "options",
    [
        ["5d", "--app", "selfhost", "--dry-run"],
        ["--until", "next", "--jump"],
        [],
        ["5d", "--to", "2030-01-01"],
    ],
)
def test_time_is_moved_only_as_it_was_meant(home: Home, monkeypatch: pytest.MonkeyPatch, options: list[str]) -> None:
    """A jump cannot be tried out, and needs to know how far."""
    moved: list[str] = []
    monkeypatch.setattr(Server, "call", lambda _server, method, path, **_: moved.append(path))
    assert run(home.root, "clock", "advance", *options).exit_code == 2
    assert moved == []


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colour_can_be_refused(home: Home, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[" in run(home.root, "status", color=True).output
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert "\x1b[" not in run(home.root, "status", color=True).output


@pytest.mark.parametrize("columns", ["1", "20", "40"])
@pytest.mark.parametrize("command", [["--help"], ["status"], ["urls"], ["clock", "--help"]])
def test_a_narrow_terminal(home: Home, monkeypatch: pytest.MonkeyPatch, columns: str, command: list[str]) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert run(home.root, *command).output


def test_the_help_says_what_the_exit_status_means() -> None:
    assert "Exit status: 0 = done" in " ".join(run(Path("none"), "--help").output.split())


def _small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


@pytest.mark.parametrize("limit", [_small_files])
def test_the_instance_s_own_commands_on_a_full_disk(tmp_path: Path, limit: Callable[[], None]) -> None:
    command = [sys.executable, "-m", "selfhost.deployment", "--home", str(tmp_path), "--yes", "updateself"]
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limit, env=unmeasured)
    assert done.returncode == 1
    assert "There is no space left" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("closed", [(0,), (0, 1, 2)])
def test_a_command_without_standard_files_gets_some(closed: tuple[int, ...], tmp_path: Path) -> None:
    """A file opened later must not take their numbers: whoever is started would lose it."""
    seen = tmp_path / "seen"
    program = (
        "import os, sys; from common.server.terminal import open_standard_files; open_standard_files(); "
        "later = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT); "
        "os.write(later, repr((later > 2, *map(os.get_inheritable, range(3)))).encode())"
    )
    words = " ".join(f"{number}>&-" for number in closed)
    subprocess.run(["/bin/sh", "-c", f'exec "$0" -c "$1" "$2" {words}', sys.executable, program, str(seen)], check=True)
    assert seen.read_text() == "(True, True, True, True)"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
@pytest.mark.parametrize(
    "words", [["common.cli.main", "--help"], ["common.cli.main", "--version"], ["selfhost.deployment", "--help"]]
)
def test_output_that_cannot_be_written(words: list[str]) -> None:
    """Also what is said before a command runs."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-m", *words], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: There is no space left to write") and done.stderr.count("\n") == 1


def test_one_fresh_start_after_the_other(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever begins anew holds its turn from before the start until its stack serves."""
    seen = []

    def is_held(*_words: object, **_more: object) -> bool:
        folder = os.open(home.root, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            seen.append("free")
        except BlockingIOError:
            seen.append("held")
        finally:
            os.close(folder)
        return True

    monkeypatch.setattr(stack, "start", is_held)
    monkeypatch.setattr(running, "_bring_to_life", is_held)
    monkeypatch.setattr(running, "_watch", is_held)
    monkeypatch.setattr(stack, "stop", is_held)
    home.lock_file.write_text("7")
    assert run(home.root, "up", "--fresh", "--yes").exit_code == 0
    assert seen == ["held", "held", "free", "free"]


def test_who_watched_does_not_end_the_stack_of_who_began_anew(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []
    monkeypatch.setattr(stack, "start", lambda *_words, **_more: home.lock_file.write_text("7"))
    monkeypatch.setattr(running, "_bring_to_life", lambda *_words, **_more: True)
    monkeypatch.setattr(running, "_watch", lambda *_words, **_more: home.lock_file.write_text("8"))
    monkeypatch.setattr(stack, "stop", lambda _home: ended.append("ended"))
    assert (run(home.root, "up").exit_code, ended) == (0, [])
    monkeypatch.setattr(running, "_watch", lambda *_words, **_more: None)
    assert (run(home.root, "up").exit_code, ended) == (0, ["ended"])
