"""`wardenloop logs`, and the lines about requests in it."""

import io
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from common.cli import log_file, logs, stack
from common.cli.home import Home, Ports
from common.cli.main import main
from common.server.request_log import RequestLog


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    made.save_stack(Ports(8400))
    made.log_file.parent.mkdir()
    made.log_file.write_text("12:00:00 desk.1 | hello\n12:00:00 selfhost.1 | served\n")
    for day, line in (("20260820", "old"), ("20260821", "new")):
        path = tmp_path / "bwdata" / "logs" / "api" / "Api" / f"{day}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{line}\n")
    return made


def shown(home: Home, *arguments: str) -> str:
    return CliRunner().invoke(main, ["--home", str(home.root), "logs", *arguments]).output


def test_the_instance_s_newest_log_file_comes_after_the_output_of_the_processes(home: Home) -> None:
    end = "\n==> bwdata/logs/api/Api/20260821.txt <==\nnew\n"
    assert shown(home) == home.log_file.read_text() + end
    assert shown(home, "selfhost") == "12:00:00 selfhost.1 | served\n" + end
    assert shown(home, "desk") == "12:00:00 desk.1 | hello\n"


def test_logs_of_the_desk_are_found_by_its_former_name(home: Home) -> None:
    assert shown(home, "mail") == "12:00:00 desk.1 | hello\n"


def test_without_a_stack_there_is_nothing_to_show_and_the_way_to_start_one_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--home", str(tmp_path / "none"), "logs"])
    assert result.exit_code == 1
    assert "wardenloop up" in result.output


def test_new_lines_of_both_kinds_are_followed_also_into_the_next_day(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = home.root / "bwdata" / "logs" / "api" / "Api"

    def coming(*_path: object) -> Any:
        yield "12:00:01 desk.1 | more\n"
        (folder / "20260821.txt").open("a").write("half")
        yield None
        (folder / "20260821.txt").open("a").write(" and half\n")
        yield None
        (folder / "20260822.txt").write_text("tomorrow\n")
        yield None

    monkeypatch.setattr(stack, "is_running", lambda _home: True)
    monkeypatch.setattr(log_file, "follow_with_pauses", coming)
    monkeypatch.setattr(logs, "_POLL", -1.0)
    assert shown(home, "-f", "-n", "0") == "12:00:01 desk.1 | more\nhalf and half\ntomorrow\n"


def answered(method: str, path: str, **more: str) -> str:
    lines: list[str] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("404 NOT FOUND", [])
        return [b"x"]

    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "REMOTE_ADDR": "127.0.0.1"} | more
    assert RequestLog(app, lines.append)(environ, lambda _status, _headers: None) == [b"x"]
    return "".join(lines)


def test_a_request_is_told_without_its_query() -> None:
    line = answered("POST", "/identity/connect/token", QUERY_STRING="token=secret")
    assert line.startswith("127.0.0.1 POST /identity/connect/token 404 ") and line.endswith(" ms\n")
    assert "secret" not in line


def test_a_path_cannot_begin_a_line_of_its_own() -> None:
    line = answered("GET", "/x\n12:00:00 desk.1 | forged \xe9")
    assert line.count("\n") == 1 and "%0A" in line and "%E9" in line


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/alive"), ("GET", "/_sim/clock"), ("GET", "/assets/ui/style.css")]
)
def test_who_only_looks_whether_somebody_is_there_is_not_told(method: str, path: str) -> None:
    assert answered(method, path) == ""


def test_what_a_test_changes_is_told() -> None:
    assert answered("POST", "/_sim/clock")


def test_an_app_that_raises_is_told_too() -> None:
    lines: list[str] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        RequestLog(app, lines.append)({"REQUEST_METHOD": "GET", "PATH_INFO": "/x"}, io.StringIO().write)
    assert len(lines) == 1 and " GET /x - " in lines[0]
