"""Starting, watching and stopping the processes of a stack: the Procfile under our supervisor, one per home."""

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import IO

import click

from common.cli import keys, log_file
from common.cli.home import HOST, Home, Ports
from common.cli.language import worded
from common.cli.leash import Leash
from common.clock import SystemClock
from common.crypto.server_files import ServerFiles
from common.server import marks
from common.server.http.alive import answers
from common.settings import process_environment

START_SECONDS = 90.0
STOP_SECONDS = 20.0
GRACE_SECONDS = 10.0
"""What those get to end who were left by a killed supervisor."""

_SETTLING_SECONDS = 0.5
"""Until a supervisor has noticed that one of its processes was killed, and is ending."""

_CRASH_SECONDS = 10.0
"""What an instance that does not start gets: its database may be about to start, too."""

_POLL_SECONDS = 0.03
_SUPERVISOR = "common.cli.supervisor"
_LOG_TAIL_LINES = 25
_APP_OF_PROCESS = {"cloud-us": "cloud_us", "cloud-eu": "cloud_eu", "selfhost": "selfhost", "desk": "mailbox"}
PROCESSES = ("cloud-us", "cloud-us-jobs", "cloud-eu", "cloud-eu-jobs", "selfhost", "selfhost-jobs", "desk")


class StackError(click.ClickException):
    """The stack cannot be started or stopped; the text says why and what to do."""


def is_running(home: Home) -> bool:
    """Whether a stack runs in this home: its supervisor holds the lock for as long as it lives."""
    try:
        with home.lock_file.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: those who ask do not hinder each other
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def start(
    home: Home,
    base_port: int | None = None,
    *,
    tls: bool | None = None,
    fresh: bool = False,
    leash: Leash | None = None,
    seed: int | None = None,
    public_url: str | None = None,
    at: str | None = None,
    host: str | None = None,
) -> None:
    """Start all processes in the background; they are not healthy yet. Raises StackError.

    base_port: as given, or the one the home was made with, or the default. tls: https or not; as the home was made
    with, or plain http. fresh: forget the world in this home first, and what runs in it. leash: None = let go at once.
    public_url: where a reverse proxy shows the apps; as the home was made with, or nowhere. at: when a new world
    begins, and its clocks stand still. host: where clouds and instance listen beside loopback; as the home was made.
    A world whose first set-up was never completed is forgotten too, and what a killed supervisor left is ended.
    """
    if fresh and is_running(home):
        stop(home)
    with _sole_lock(home) as lock:
        ports = _choose_ports(home, base_port, fresh=fresh)
        https = _choose_tls(home, tls, fresh=fresh)
        marks.end(marks.folder_of(home.root), GRACE_SECONDS)
        _require_free(ports)
        if fresh or not home.is_seeded:
            _forget_world(home, logs=fresh)
            keys.take(keys.cache_folder(process_environment()), home.root)
        else:
            _finish_load(home)
        public = "" if fresh and public_url is None else public_url
        also = "" if fresh and host is None else host
        environment = _prepare(home, ports, https=https, seed=seed, public_url=public, at=at, host=also)
        _launch(home, environment, lock, leash)


@contextlib.contextmanager
def held(
    home: Home, ports: Ports, *, https: bool, seed: int | None = None, at: str | None = None
) -> Iterator[ServerFiles | None]:
    """Have the home for a process that serves everything itself; it is found and ended like any other stack.

    A world that was never completed is forgotten. Gives the files to speak https with. Raises StackError.
    """
    with _sole_lock(home) as lock:
        marks.end(marks.folder_of(home.root), GRACE_SECONDS)
        if home.is_seeded:
            _finish_load(home)
        else:
            _forget_world(home, logs=False)
            keys.take(keys.cache_folder(process_environment()), home.root)
        home.keep_private()
        files = _server_files(home) if https else None
        home.save_stack(ports, files, seed, at=at, host="")  # it serves loopback alone
        lock.write(str(os.getpid()))
        lock.flush()
        yield files


def start_elsewhere(home: Home, base_port: int, *, tls: bool, settle: Callable[[], None], leash: Leash) -> None:
    """Start all processes on a world that `settle` puts into this empty home. Raises StackError.

    Nothing of it is left when that fails.
    """
    with _sole_lock(home) as lock:
        if home.ports() is not None or not home.is_ours:
            raise StackError(worded("x.cli.stackNotEmpty", home=home.root))
        ports = Ports(base_port)
        _require_free(ports)
        try:
            environment = _prepare(home, ports, https=tls)
            settle()
        except BaseException:
            _forget_world(home, logs=True)
            raise
        _launch(home, environment, lock, leash)


def _prepare(
    home: Home,
    ports: Ports,
    *,
    https: bool,
    seed: int | None = None,
    public_url: str | None = None,
    at: str | None = None,
    host: str | None = None,
) -> Mapping[str, str]:
    """Folders and addresses of a stack that is about to run; what its processes read."""
    home.keep_private()
    files = _server_files(home) if https else None
    home.save_stack(ports, files, seed, public_url, at, host)
    return _process_environment(home, ports, files)


def _finish_load(home: Home) -> None:
    """A snapshot that was being brought back when everything was killed."""
    if (home.root / "snapshots" / "loading.json").exists():
        from common.cli.snapshots import recover  # noqa: PLC0415 - for those who are in trouble

        recover(home)


def stop(home: Home) -> bool:
    """Stop everything that runs in this home, also what a killed supervisor has left; False when nothing did.

    Raises StackError when it does not end.
    """
    ran = is_running(home)
    if ran and not (_end_supervisor(home, signal.SIGTERM) or _end_supervisor(home, signal.SIGKILL)):
        raise StackError(worded("x.cli.stackDoesNotEnd", home=home.root))
    return marks.end(marks.folder_of(home.root), GRACE_SECONDS) or ran


def _end_supervisor(home: Home, number: signal.Signals) -> bool:
    """Signal the holder of the lock, and wait for its end; whether it came."""
    told: int | None = None

    def ended() -> bool:
        nonlocal told
        if not is_running(home):
            return True
        pid, ending = home.supervisor()
        if pid is not None and pid != told and (number == signal.SIGKILL or not ending):
            told = pid
            with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
                os.kill(pid, number)
        return False

    return _until(ended, STOP_SECONDS)


def wait_until_healthy(home: Home, processes: tuple[str, ...]) -> None:
    """Wait until these processes answer. Raises StackError with the end of the log when one does not."""
    waiting = list(processes)

    def all_alive() -> bool:
        while waiting and is_alive(home, waiting[0]):
            del waiting[0]
        return not waiting or not is_running(home)

    _until(all_alive, START_SECONDS)
    if silent := [process for process in waiting if not is_alive(home, process)]:
        names = ", ".join(silent)
        raise StackError(worded("x.cli.stackNotUp", names=names, file=home.log_file, log="".join(log_tail(home))))


def wait_for_instance(home: Home) -> str | None:
    """Wait until the self-hosted instance serves; what it says when it does not start although it is tried again.

    Raises StackError when nothing is heard of it.
    """
    crashed_since: float | None = None

    def settled() -> bool:
        nonlocal crashed_since
        if home.reported_state("api") == "crashed" and crashed_since is None:
            crashed_since = time.monotonic()
        lost = crashed_since is not None and time.monotonic() - crashed_since > _CRASH_SECONDS
        return lost or is_alive(home, "selfhost") or not is_running(home)

    _until(settled, START_SECONDS)
    if crashed_since is not None and is_running(home) and not is_alive(home, "selfhost"):
        return home.reported_error("api")
    wait_until_healthy(home, ("selfhost",))
    return None


def wait_for_runners(home: Home) -> None:
    """Wait until the instance's runners are there to take orders. Raises StackError."""
    if not _until(lambda: {home.reported_state(s) for s in ("api", "jobs")}.isdisjoint({None, "gone"}), START_SECONDS):
        raise StackError(worded("x.cli.stackNoRunner", file=home.log_file, log="".join(log_tail(home))))


def is_alive(home: Home, process: str) -> bool:
    """Whether a process with an HTTP side answers. Others end with the stack; the instance has a runner that tells."""
    if process.startswith("cloud-") and process.endswith("-jobs"):
        return is_running(home)
    if process == "selfhost-jobs":
        return is_running(home) and home.reported_state("jobs") == "healthy"
    url = url_of(home, process)
    return url is not None and answers(url + ("/alive" if process == "desk" else "/api/alive"))


def url_of(home: Home, process: str) -> str | None:
    """Base URL of a process that has one."""
    return home.urls().get(_APP_OF_PROCESS.get(process, ""))


def log_tail(home: Home, process: str | None = None, lines: int = _LOG_TAIL_LINES) -> list[str]:
    """The newest lines of the log, of one process or all."""
    return list(deque((line for line in log_file.lines(home.log_file) if is_from(line, process)), lines))


def follow_log(home: Home, process: str | None = None, *, from_start: bool = False) -> Iterator[str]:
    """Log lines as they come, until the stack ends."""
    coming = log_file.follow(home.log_file, lambda: is_running(home), from_start=from_start)
    return (line for line in coming if is_from(line, process))


def is_from(line: str, process: str | None) -> bool:
    """The supervisor's lines read `12:00:00 cloud-us.1 | text`, as honcho's."""
    return process is None or line.partition("|")[0].rstrip().endswith(f" {process}.1")


@contextlib.contextmanager
def _sole_lock(home: Home) -> Iterator[IO[str]]:
    """The open lock file, locked and empty. A stack that is just ending is waited for. Raises StackError."""
    home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    _require_ours(home)
    with home.lock_file.open("a+", encoding="utf-8") as file:
        began = time.monotonic()
        while not _locks(file):
            patience = STOP_SECONDS if home.supervisor()[1] else _SETTLING_SECONDS
            if time.monotonic() - began > patience:
                raise StackError(worded("x.cli.stackRuns", home=home.root))
            time.sleep(_POLL_SECONDS)
        file.truncate(0)  # nobody is the supervisor now
        yield file


def _locks(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _choose_ports(home: Home, base_port: int | None, *, fresh: bool) -> Ports:
    made_with = home.ports()
    if fresh and base_port is not None:
        return Ports(base_port)
    if made_with and home.is_seeded and base_port not in (None, made_with.base):
        raise StackError(worded("x.cli.stackPort", home=home.root, port=made_with.base))
    return Ports(base_port) if base_port is not None else made_with or Ports()


def _choose_tls(home: Home, tls: bool | None, *, fresh: bool) -> bool:
    """The addresses are written into everything a world holds, so the choice is made once."""
    if fresh and tls is not None:
        return tls
    if home.ports() and home.is_seeded and tls not in (None, home.uses_tls):
        raise StackError(worded("x.cli.stackTls" if home.uses_tls else "x.cli.stackNoTls", home=home.root))
    return home.uses_tls if tls is None else tls


def _server_files(home: Home) -> ServerFiles:
    from common.crypto.authority import UnreadableAuthority, renew_server_certificate  # noqa: PLC0415 - for https only

    try:
        return renew_server_certificate(home.tls_dir, SystemClock().now())
    except UnreadableAuthority as error:
        raise StackError(worded("x.cli.stackAuthority", error=error, folder=home.tls_dir)) from error


def _require_free(ports: Ports) -> None:
    if not ports.fits:
        raise StackError(worded("x.cli.stackHighPort", port=ports.base))
    for process, port in _taken(ports):
        raise StackError(worded("x.cli.stackPortTaken", port=port, process=process, base=ports.base))


def free_base_port() -> int:
    """One that nobody else is likely to choose at this moment, all of its ports free. Raises StackError."""
    bases = range(10_000, 30_000, 50)
    first: int = os.getpid() % len(bases)
    for base in chain(bases[first:], bases[:first]):
        if not _taken(Ports(base)):
            return base
    raise StackError(worded("x.cli.stackNoPorts"))


def _taken(ports: Ports) -> list[tuple[str, int]]:
    return [(process, port) for process, port in ports.by_process.items() if not _is_free(port)]


def can_listen(host: str) -> bool:
    """Whether this machine has this address."""
    return _is_free(0, host)


def _is_free(port: int, host: str = HOST) -> bool:
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((host, port))
        except OSError:
            return False
    return True


def _require_ours(home: Home) -> None:
    """Of a folder that was never a home not even a lock is made."""
    if not home.is_ours:
        raise StackError(worded("x.cli.stackNotOurs", home=home.root))


def _forget_world(home: Home, *, logs: bool) -> None:
    """Delete what a stack made here. A folder that was never a home is left alone. logs: also what was logged."""
    _require_ours(home)
    for path in home.owned():
        if path == home.log_file.parent and not logs:
            continue  # says why the first set-up did not come to its end
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _launch(
    home: Home, environment: Mapping[str, str], lock: IO[str], leash: Leash | None
) -> "subprocess.Popen[bytes]":
    """Run the supervisor in its own session. It inherits the lock, so the lock lasts exactly as long as it does."""
    log_file.LogFile(home.log_file).write(f"--- {SystemClock().now():%Y-%m-%d %H:%M:%S}Z up\n".encode())
    heard = [leash.heard] if leash else []
    with home.log_file.open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own command, no shell
            [sys.executable, "-P", "-m", _SUPERVISOR, str(procfile()), str(home.root.absolute()), *map(str, heard)],
            cwd=home.root,
            env={**process_environment(), **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(lock.fileno(), *heard),
        )


def procfile() -> Path:
    """The Procfile: of an installed package beside this module, else of the checkout."""
    installed = Path(__file__).with_name("Procfile")
    return installed if installed.exists() else Path(__file__).resolve().parents[2] / "Procfile"


def _process_environment(home: Home, ports: Ports, tls: ServerFiles | None) -> Mapping[str, str]:
    """The variables that the lines of the Procfile read."""
    by_process = ports.by_process
    https = {"SCHEME": "https", "TLS_CERTIFICATE": str(tls.certificate), "TLS_KEY": str(tls.key)} if tls else {}
    seed = {"WARDENLOOP_SEED": str(home.seed)} if home.seed is not None else {}
    seed |= {"WARDENLOOP_AT": home.at} if home.at is not None else {}
    public = {"WARDENLOOP_PUBLIC_URL": home.public_url} if home.public_url else {}
    public |= {"LISTEN_HOST": home.host} if home.host else {}
    return (
        https
        | seed
        | public
        | {
            "PYTHON": sys.executable,
            "PYTHONSAFEPATH": "1",  # a folder called `common` where the user stands must not replace ours
            "PYTHONUNBUFFERED": "1",
            "WARDENLOOP_HOME": str(home.root),
            "CLOUD_US_PORT": str(by_process["cloud-us"]),
            "CLOUD_EU_PORT": str(by_process["cloud-eu"]),
            "DESK_PORT": str(by_process["desk"]),
            "SMTP_PORT": str(by_process["smtp"]),
        }
    )


def _until(condition: Callable[[], bool], patience: float) -> bool:
    """Ask again and again for at most `patience` seconds; whether it became true."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(_POLL_SECONDS)
    return True
