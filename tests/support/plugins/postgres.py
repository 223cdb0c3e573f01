"""A private PostgreSQL cluster for the tests: one per run, whatever the number of workers; a fresh database per use.

Enabled by `pytest_plugins` in tests/conftest.py. Without server binaries the tests that ask for it are skipped; with
CI=true they fail.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from tests.support.keeper import ELSEWHERE
from tests.support.shared import run_folder, shared

SUPERUSER = "wardenloop"
_UNPRIVILEGED = ("postgres", "nobody")
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


@pytest.fixture(scope="session")
def postgres_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Socket folder of the running cluster that the workers share."""
    binaries = _server_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed (looked in PATH and /usr/lib/postgresql/*/bin)")
    folder = run_folder(tmp_path_factory) / "postgres"
    with shared(folder, partial(_start_cluster, binaries), ending=signal.SIGQUIT) as sockets:
        yield Path(sockets)


@pytest.fixture
def postgres_url(postgres_cluster: Path) -> str:
    """SQLAlchemy URL of a database that nobody has used yet."""
    return new_database(postgres_cluster)


def new_database(postgres_cluster: Path) -> str:
    """The same, for those that keep it longer than one test."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(host=str(postgres_cluster), user=SUPERUSER, dbname="postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"postgresql+psycopg://{SUPERUSER}@/{name}?host={quote(str(postgres_cluster), safe='')}"


def _server_binaries() -> Path | None:
    """The folder with initdb and pg_ctl, newest version first."""
    in_path = shutil.which("initdb")
    if in_path:
        return Path(in_path).resolve().parent
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(versions, key=lambda path: int(path.parent.name), default=None)


def _start_cluster(binaries: Path, home: Path) -> str:
    # under /tmp and not under pytest's folder: that one is closed to other users, and socket paths must be short
    folder = Path(tempfile.mkdtemp(prefix="wardenloop-pg-", dir="/tmp"))
    (home / ELSEWHERE).write_text(str(folder))
    account = _unprivileged_account()
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' "
    options += " ".join(f"-c {name}={value}" for name, value in _FAST.items())
    data = str(folder / "data")
    _run(home, binaries / "initdb", "-D", data, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C")
    _run(home, binaries / "pg_ctl", "-D", data, "-w", "-t", "60", "-l", str(folder / "log"), "-o", options, "start")
    return str(folder)


def _run(home: Path, program: Path, *arguments: str) -> None:
    """Run a server program, which refuses to work as root; it carries its home for the keeper to see."""
    account = _unprivileged_account()
    identity: dict[str, Any] = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    # output into a file: pg_ctl leaves the server behind, which would keep a pipe open for ever
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [str(program), *arguments],
            cwd="/",
            env=os.environ | {"WARDENLOOP_TEST_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            **identity,
        )
        output.seek(0)
        assert done.returncode == 0, f"{program.name}: {output.read().decode(errors='replace')}"


def _unprivileged_account() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(known[name] for name in _UNPRIVILEGED if name in known)
