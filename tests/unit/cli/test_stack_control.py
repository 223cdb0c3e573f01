"""Starting and stopping a stack, with harmless programs in place of the apps."""

import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from honcho.environ import parse_procfile

from common.cli import running, stack
from common.cli.home import HOST, Home, Ports, SavedAccount
from common.cli.supervisor import program_of
from common.server import marks
from common.server.processes import Forked
from common.sim.snapshots import rules
from tests.support.ports import ports_for_stacks
from tests.support.waiting import PATIENCE

PROCFILE = """\
cloud-us: exec "$PYTHON" -m http.server --bind 127.0.0.1 "$CLOUD_US_PORT"
desk: echo "$WARDENLOOP_HOME"; exec sleep 600
"""


@pytest.fixture
def base_port() -> int:
    """A base port whose neighbours are free; no other run of the tests takes them."""
    return next(base for base in ports_for_stacks()[::50] if not stack._taken(Ports(base)))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    procfile = tmp_path / "Procfile"
    procfile.write_text(PROCFILE)
    monkeypatch.setattr(stack, "procfile", lambda: procfile)
    return Home(tmp_path / "a home")


def test_a_stack_runs_until_it_is_stopped(home: Home, base_port: int) -> None:
    stack.start(home, base_port)
    try:
        assert stack.is_running(home)
        assert home.urls()["cloud_us"] == f"http://{HOST}:{base_port + 1}"
        assert stack._until(lambda: not stack._is_free(base_port + 1), PATIENCE)
        assert stack._until(lambda: any(str(home.root) in line for line in stack.log_tail(home, "desk")), PATIENCE)
        with pytest.raises(stack.StackError, match="already running"):
            stack.start(home, base_port)
    finally:
        assert stack.stop(home)
    assert not stack.is_running(home)
    assert stack._is_free(base_port + 1)
    assert stack.stop(home) is False


def test_a_taken_port_is_named_with_the_option_that_moves_it(home: Home, base_port: int) -> None:
    with socket.create_server((HOST, base_port + 3)), pytest.raises(stack.StackError) as refused:
        stack.start(home, base_port)
    assert f"Port {base_port + 3} (selfhost)" in refused.value.message
    assert "--base-port" in refused.value.message
    assert not stack.is_running(home)


def test_free_ports_are_found_beside_those_of_a_neighbour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getpid", lambda: 7)
    first = stack.free_base_port()
    with socket.create_server((HOST, first + 25)):
        second = stack.free_base_port()
    assert first != second and not stack._taken(Ports(second))


def test_auto_leaves_a_world_at_its_ports(home: Home) -> None:
    assert running._chosen(home, "auto", fresh=False) is not None
    home.save_stack(Ports(8400))
    home.add_accounts(SavedAccount("a@b.example", "p", "cloud_us", "owner"))
    assert running._chosen(home, "auto", fresh=False) is None
    assert running._chosen(home, "auto", fresh=True) is not None
    assert running._chosen(home, 9400, fresh=False) == 9400


def test_a_failing_process_is_reported_with_the_end_of_the_log(home: Home, base_port: int) -> None:
    stack.procfile().write_text(f"cloud-us: echo no such luck; exec {sys.executable} -c 'raise SystemExit(3)'\n")
    stack.start(home, base_port)
    with pytest.raises(stack.StackError, match=r"(?s)Not up: cloud-us.*no such luck"):
        stack.wait_until_healthy(home, ("cloud-us",))
    assert not stack.is_running(home)


def test_a_world_keeps_its_ports(home: Home, base_port: int) -> None:
    home.save_stack(Ports(base_port))
    home.add_accounts(SavedAccount("a@b.example", "p", "cloud_us", "owner"))
    with pytest.raises(stack.StackError, match=f"uses base port {base_port}"):
        stack.start(home, base_port + 50)


def test_a_world_keeps_its_protocol(home: Home, base_port: int) -> None:
    home.save_stack(Ports(base_port))
    home.add_accounts(SavedAccount("a@b.example", "p", "cloud_us", "owner"))
    with pytest.raises(stack.StackError, match=r"without --tls.*--fresh"):
        stack.start(home, tls=True)
    stack.start(home, base_port, tls=True, fresh=True)
    stack.stop(home)
    home.add_accounts(SavedAccount("a@b.example", "p", "cloud_us", "owner"))
    stack.start(home)
    stack.stop(home)
    assert {url.partition(":")[0] for url in home.urls().values()} == {"https"}
    with pytest.raises(stack.StackError, match="made with --tls"):
        stack.start(home, tls=False)


def test_an_authority_that_somebody_trusts_survives_a_fresh_start(home: Home, base_port: int) -> None:
    seen = set()
    for _ in range(2):
        stack.start(home, base_port, tls=True, fresh=True)
        stack.stop(home)
        assert home.ca is not None
        seen.add(home.ca.read_bytes())
    assert len(seen) == 1


def test_processes_get_certificate_and_key_of_an_https_stack(home: Home, base_port: int) -> None:
    stack.procfile().write_text('desk: echo "$SCHEME $TLS_CERTIFICATE $TLS_KEY"; exec sleep 600\n')
    stack.start(home, base_port, tls=True)
    wanted = f"https {home.tls_dir / 'server.crt.pem'} {home.tls_dir / 'server.key.pem'}"
    assert stack._until(lambda: any(wanted in line for line in stack.log_tail(home)), PATIENCE)
    stack.stop(home)


def test_fresh_forgets_the_world_and_nothing_else(home: Home, base_port: int) -> None:
    home.save_stack(Ports(base_port))
    home.add_accounts(SavedAccount("a@b.example", "p", "cloud_us", "owner"))
    (home.root / "bwdata").mkdir()
    (home.root / "notes.txt").write_text("mine")
    (home.root / "snapshots").mkdir()
    (home.root / "snapshots" / "one.json").write_text("{}")
    stack.start(home, base_port, fresh=True)
    stack.stop(home)
    assert not home.is_seeded
    assert not (home.root / "bwdata").exists()
    assert (home.root / "notes.txt").read_text() == "mine"
    assert (home.root / "snapshots" / "one.json").exists()


def test_a_home_in_which_a_fresh_start_was_killed_is_still_ours(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for kept in ("snapshots", "tls"):
        (home.root / kept).mkdir()
    (home.root / rules.BUILDING).touch()
    assert home.is_ours
    (home.root / "mail").mkdir()
    assert not home.is_ours


def test_fresh_refuses_a_folder_that_is_no_home(home: Home, base_port: int) -> None:
    home.root.mkdir()
    (home.root / "mail").mkdir()
    with pytest.raises(stack.StackError, match="not made by wardenloop"):
        stack.start(home, base_port, fresh=True)
    assert list(home.root.iterdir()) == [home.root / "mail"]


def test_log_lines_are_told_apart_by_process() -> None:
    line = "12:00:00 cloud-us.1      | GET /api/alive\n"
    assert stack.is_from(line, "cloud-us")
    assert not stack.is_from(line, "cloud-eu")
    assert not stack.is_from("12:00:00 selfhost-jobs.1 | x\n", "selfhost")


def test_a_supervisor_that_is_killed_takes_its_processes_along(home: Home, base_port: int) -> None:
    stack.start(home, base_port)
    assert stack._until(lambda: not stack._is_free(base_port + 1), PATIENCE)
    os.kill(supervisor_of(home), signal.SIGKILL)
    assert stack._until(lambda: stack._is_free(base_port + 1) and not stack.is_running(home), PATIENCE)
    assert stack._until(lambda: not members_of(home), PATIENCE)
    assert stack.stop(home) is False
    stack.start(home, base_port)
    assert stack.stop(home)


def supervisor_of(home: Home) -> int:
    """Once it has said who it is."""
    assert stack._until(lambda: home.supervisor()[0] is not None, PATIENCE)
    return home.supervisor()[0] or 0


def members_of(home: Home) -> set[int]:
    return marks.living(marks.folder_of(home.root))


DEAF = "desk: trap '' TERM; echo deaf; while :; do sleep 600 & wait; done\n"


@pytest.mark.parametrize("end", [stack.stop, lambda home: stack.start(home)])
def test_what_a_killed_supervisor_left_is_ended(
    end: Callable[[Home], object], home: Home, base_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack, "GRACE_SECONDS", 0.5)
    stack.procfile().write_text(DEAF)
    stack.start(home, base_port)
    assert stack._until(lambda: any("deaf" in line for line in stack.log_tail(home)), PATIENCE)
    left = members_of(home)
    assert len(left) == 1
    os.kill(supervisor_of(home), signal.SIGKILL)
    assert stack._until(lambda: not stack.is_running(home), PATIENCE)
    assert members_of(home) == left, "it hears neither the kernel nor us"
    stack.procfile().write_text(PROCFILE)  # who comes after it hears
    end(home)
    assert not members_of(home) & left
    stack.stop(home)


LEAVES_LATE = (
    "import os, signal, socket, sys, time; "
    "listening = socket.create_server(('127.0.0.1', int(os.environ['DESK_PORT']))); "
    "signal.signal(signal.SIGTERM, lambda *_: (time.sleep(1), sys.exit())); print('there', flush=True); time.sleep(600)"
)


def test_a_start_waits_for_the_ports_of_those_who_are_ending(home: Home, base_port: int) -> None:
    stack.procfile().write_text(f"desk: exec {sys.executable} -c {shlex.quote(LEAVES_LATE)}\n")
    stack.start(home, base_port)
    assert stack._until(lambda: any("there" in line for line in stack.log_tail(home)), PATIENCE)
    os.kill(supervisor_of(home), signal.SIGKILL)
    stack.start(home)
    assert stack.stop(home)


def test_a_start_waits_for_a_stack_that_is_ending(home: Home, base_port: int) -> None:
    stack.procfile().write_text("desk: trap 'sleep 1; exit 0' TERM; echo there; while :; do sleep 600 & wait; done\n")
    stack.start(home, base_port)
    assert stack._until(lambda: any("there" in line for line in stack.log_tail(home)), PATIENCE)
    os.kill(supervisor_of(home), signal.SIGTERM)
    stack.start(home)
    assert stack.stop(home)


def test_a_supervisor_that_does_not_react_is_killed(
    home: Home, base_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.start(home, base_port)
    assert stack._until(lambda: not stack._is_free(base_port + 1), PATIENCE)
    os.kill(supervisor_of(home), signal.SIGSTOP)
    monkeypatch.setattr(stack, "STOP_SECONDS", 0.5)
    assert stack.stop(home)
    assert not stack.is_running(home) and not members_of(home)
    assert stack._is_free(base_port + 1)


def test_nobody_else_is_signalled(home: Home, base_port: int) -> None:
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as stranger:
        try:
            home.save_stack(Ports(base_port))
            home.lock_file.write_text(str(stranger.pid))
            folder = marks.folder_of(home.root)
            folder.mkdir()
            (folder / str(stranger.pid)).touch()
            assert stack.stop(home) is False
            assert not (folder / str(stranger.pid)).exists()
            stack.start(home, base_port)
            assert stack.stop(home)
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_the_log_survives_a_restart_and_is_private(home: Home, base_port: int) -> None:
    for _ in range(2):
        stack.start(home, base_port)
        supervisor_of(home)
        stack.stop(home)
    starts = [line for line in stack.log_tail(home, lines=1000) if line.startswith("--- ")]
    assert len(starts) == 2
    assert home.log_file.stat().st_mode & 0o777 == 0o600
    assert home.log_file.parent.stat().st_mode & 0o777 == 0o700


def test_the_procfile_names_the_processes_that_commands_know() -> None:
    lines = parse_procfile(stack.procfile().read_text()).processes
    assert tuple(lines) == stack.PROCESSES
    for line in lines.values():
        assert line.startswith('exec "${PYTHON:-python}" -m '), "one that the supervisor has to start from nothing"


def test_a_line_of_the_procfile_becomes_a_call_with_the_words_of_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a_program.py").write_text("import sys\n\ndef main():\n    print(sys.argv[1:])\n    return 7\n")
    monkeypatch.syspath_prepend(tmp_path)
    line = 'exec "${PYTHON:-python}" -m a_program US --home "${WHERE:-.wardenloop}" --port "${PORT:-8401}"'
    child = Forked(program_of(line, {"WHERE": "/a home"}), {})
    assert stack._until(lambda: child.exit_status() is not None, PATIENCE)
    assert (child.exit_status(), child.read()) == (7, b"['US', '--home', '/a home', '--port', '8401']\n")
    child.close()


BEGIN_AND_WAIT = """
import sys, time
from pathlib import Path
from common.cli import stack
from common.cli.home import Home
from common.cli.leash import EndAsked, Leash, told_to_end
stack.procfile = lambda: Path(sys.argv[3])
home, leash = Home(Path(sys.argv[1])), Leash()
with told_to_end():
    stack.start(home, int(sys.argv[2]), leash=leash)
    if sys.argv[4] == "detached":
        leash.let_go()
    print("there", flush=True)
    try:
        time.sleep(600)
    except EndAsked:
        stack.stop(home)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_a_stack_ends_with_what_holds_it(home: Home, base_port: int, number: signal.Signals) -> None:
    """Also when that has no time to say so, and when it was told to ignore Ctrl-C, as in the background of a script."""
    with begun(home, base_port, "held", ignored=signal.SIGINT) as process:
        os.killpg(process.pid, number)
        process.wait(PATIENCE)
        assert stack._until(lambda: not stack.is_running(home) and not members_of(home), PATIENCE)


@pytest.mark.parametrize(
    ("bond", "ignored", "number"),
    [("detached", signal.SIGINT, signal.SIGKILL), ("held", signal.SIGHUP, signal.SIGHUP)],
)
def test_a_stack_outlives_what_let_it_go_and_a_terminal_that_nohup_leaves(
    home: Home, base_port: int, bond: str, ignored: signal.Signals, number: signal.Signals
) -> None:
    with begun(home, base_port, bond, ignored) as process:
        assert supervisor_of(home)
        os.killpg(process.pid, number)
        if bond == "detached":
            process.wait(PATIENCE)
        assert not stack._until(lambda: not stack.is_running(home), 1)
        assert stack.stop(home)


def hear_all_but(ignored: signal.Signals) -> None:
    """Also when whoever runs the tests was told to ignore something."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN if number == ignored else signal.SIG_DFL)


@contextmanager
def begun(home: Home, base_port: int, bond: str, ignored: signal.Signals) -> Iterator["subprocess.Popen[str]"]:
    """A process, leader of its group, that has begun a stack."""
    words = [str(home.root), str(base_port), str(stack.procfile()), bond]
    with subprocess.Popen(
        [sys.executable, "-c", BEGIN_AND_WAIT, *words],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: hear_all_but(ignored),
    ) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == "there\n"
            yield process
        finally:
            process.kill()
            stack.stop(home)
