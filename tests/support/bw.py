"""The official Bitwarden command line client, several releases of it, installed from npm outside the tree and run.

What is missing is told by the tests: skipped with a warning on a developer's machine, failed where CI=true.
"""

import contextlib
import fcntl
import json
import os
import platform
import select
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import pytest
import requests

from tests.support.ports import free_port

VERSIONS = ("2022.8.0", "2024.12.0", "2025.4.0", "2026.8.0", "2026.9.0")
OLDEST, NEWEST = VERSIONS[0], VERSIONS[-1]
_LEAST_NODE = 20
_OWN_NODE = "22"  # what the client's own package asks for
_INSTALL_SECONDS = 300
_COMMAND_SECONDS = 120
_SERVED_SECONDS = 120
_RESTARTS = 3
_LOST_SECONDS = 10
_LOST_ACCOUNT = "Account does not exist"

Told = TypeVar("Told")


@dataclass(frozen=True)
class Outcome:
    """How a command ended. output, error: without surrounding blanks."""

    status: int
    output: str
    error: str


@dataclass
class Bw:
    """One client with a data folder of its own, so that it is somebody's alone. ca: the authority it trusts.

    shelf: a folder that all workers of the run have, for what releases write alike for everybody.

    Source: fidelity.md: hosts.paths.
    """

    version: str
    data: Path
    ca: Path
    shelf: Path | None = None
    session: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    def try_(self, *arguments: str) -> Outcome:
        """Run a command."""
        command = [str(node()), str(installed(self.version)), *arguments]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            timeout=_COMMAND_SECONDS,
        )
        return Outcome(done.returncode, done.stdout.strip(), done.stderr.strip())

    def _environment(self) -> dict[str, str]:
        self.data.mkdir(parents=True, exist_ok=True)
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.data),
            "BITWARDENCLI_APPDATA_DIR": str(self.data),
            "BW_NOINTERACTION": "true",
            "BW_SESSION": self.session,
            "NODE_EXTRA_CA_CERTS": str(self.ca),
            "NODE_NO_WARNINGS": "1",
            **self.environment,
        }

    def __call__(self, *arguments: str) -> str:
        """What a command printed that has to succeed without a word on its error output."""
        return self._whole(self.try_(*arguments), arguments)

    def _whole(self, outcome: Outcome, arguments: tuple[str, ...]) -> str:
        assert (outcome.status, outcome.error) == (0, ""), f"bw {self.version} {arguments}: {outcome}"
        return outcome.output

    def json(self, *arguments: str) -> Any:
        """The decoded output of a command that has to succeed."""
        return json.loads(self(*arguments))

    def refused(self, *arguments: str) -> str:
        """What a command that has to fail says about it."""
        outcome = self.try_(*arguments)
        assert outcome.status == 1, f"bw {self.version} {arguments}: {outcome}"
        return outcome.error

    def says(self, *arguments: str) -> str:
        """The first that a command prints on its error output; then it is ended.

        2022.8.0 lives on for two minutes after it was asked for a second step: it never clears the timer of that login.
        """
        command = [str(node()), str(installed(self.version)), *arguments]
        with subprocess.Popen(
            command,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stderr is not None
            try:
                assert select.select([process.stderr], [], [], _COMMAND_SECONDS)[0], "bw says nothing"
                return os.read(process.stderr.fileno(), 4096).decode().strip()
            finally:
                process.kill()

    def configure(self, *server: str) -> None:
        """`config server`: one URL, or `--api URL --identity URL`. The old client tells of its new data file first.

        A release writes the same file for every address and asks nobody, so it is run once for all workers and copied.
        """
        assert self.shelf is not None
        kept = self.shelf / f"configured-{self.version}-{len(server)}.json"
        with kept.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.exists():
                outcome = self.try_("config", "server", *server)
                assert outcome.status == 0, outcome
                kept.write_text(json.dumps([server, self._file.read_text("utf-8")]), "utf-8")
        former, text = json.loads(kept.read_text("utf-8"))
        for was, is_now in zip(former, server, strict=True):
            text = text.replace(json.dumps(was), json.dumps(is_now))
        self.data.mkdir(parents=True, exist_ok=True)
        self._file.write_text(text, "utf-8")

    @property
    def _file(self) -> Path:
        return self.data / "data.json"

    def log_in(self, email: str, password: str, *second_step: str) -> None:
        """By master password; keeps the session, so that the vault is unlocked from then on.

        second_step: `--method 0 --code 123456`.

        Once more where the client has lost its own account: it locks its data file for each reading and writing, waits
        100 ms where the lock is taken, and goes on meanwhile with the accounts that it had read before the login.
        """
        outcome = self.try_(*(command := ("login", email, password, *second_step, "--raw")))
        self.session = self(*command) if _LOST_ACCOUNT in outcome.error else self._whole(outcome, command)

    @contextlib.contextmanager
    def served(self) -> Iterator["Served"]:
        """The client as one long-lived process (`bw serve`): a new process for each command takes seconds.

        Its copy is the server's from the start. The sync of a log in may fail without a word, or be overtaken by other
        writers of the old client's data file; a sync without `force` believes the date that it left.
        """
        port = free_port()
        command = [str(node()), str(installed(self.version)), "serve", "--hostname", "127.0.0.1", "--port", str(port)]

        def start() -> "subprocess.Popen[bytes]":
            return subprocess.Popen(
                command, env=self._environment(), stdin=subprocess.DEVNULL, stderr=said, stdout=said
            )

        with tempfile.TemporaryFile() as said:
            served = Served(f"http://127.0.0.1:{port}", start)
            try:
                served.wait()
                served.sync(force="true")
                yield served
            finally:
                served.stop()
                said.seek(0)
                print(f"bw {self.version} serve: {said.read().decode(errors='replace')[-2000:]}")


class Served:
    """The commands of a running `bw serve`: the same code as the commands of the same names.

    start: begins the process. One that has ended is begun anew: the client gives itself up when the machine is so busy
    that the lock of its data file grows old under it.
    """

    def __init__(self, url: str, start: Callable[[], "subprocess.Popen[bytes]"]) -> None:
        self._url = url
        self._start = start
        self._process = start()
        self._restarts = iter(range(_RESTARTS))
        self._http = requests.Session()
        self._http.trust_env = False

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait()

    def wait(self) -> "Served":
        """Until it listens."""
        end = time.monotonic() + _SERVED_SECONDS
        while not self._listens():
            assert time.monotonic() < end, "bw serve did not come to listen"
            time.sleep(0.1)
        return self

    def _listens(self) -> bool:
        try:
            self._http.get(f"{self._url}/status", timeout=_COMMAND_SECONDS)
        except requests.ConnectionError:
            return False
        return True

    def _begin_anew(self) -> bool:
        """Whether the process had ended, and one more runs now."""
        try:
            self._process.wait(1)
        except subprocess.TimeoutExpired:
            return False
        if next(self._restarts, None) is None:
            return False
        self._process = self._start()
        self.wait()
        return True

    def until(self, condition: Callable[[], Told]) -> Told:
        """What the condition tells as soon as it is something.

        Newer releases go on decrypting after a sync has answered, so what is listed may be a moment old. The oldest one
        may lose what a sync brought, when another writer of its data file overtakes it: it is then asked once more.
        """
        end = time.monotonic() + _SERVED_SECONDS
        again = time.monotonic() + _LOST_SECONDS
        while not (told := condition()):
            assert time.monotonic() < end, "bw serve did not come to show what was expected"
            if time.monotonic() > again:
                self.sync(force="true")
                again = time.monotonic() + _LOST_SECONDS
            time.sleep(0.1)
        return told

    def call(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """The data of a command that has to succeed.

        A client that says "Not found." is asked again. It looks things up in a copy that follows its file, and that a
        sync goes on replacing after it has answered; it says so without having asked the server.
        """

        def answer() -> Any:
            try:
                return self._http.request(
                    method, self._url + path, params=query, json=body, timeout=_COMMAND_SECONDS
                ).json()
            except requests.ConnectionError:
                if not self._begin_anew():
                    raise
                return answer()

        told = self.until(lambda: (found := answer()).get("message") != "Not found." and found)
        assert told["success"], f"bw {method} {path}: {told}"
        return told.get("data")

    def listed(self, kind: str, **query: str) -> list[dict[str, Any]]:
        """`bw list organizations|collections|items|folders|org-members|org-collections`."""
        entries: list[dict[str, Any]] = self.call("GET", f"/list/object/{kind}", **query)["data"]
        return entries

    def names(self, kind: str, **query: str) -> list[str]:
        """Decrypted names of a listing, sorted."""
        return sorted(entry["name"] for entry in self.listed(kind, **query))

    def ids(self, kind: str, **query: str) -> set[str]:
        """Ids of a listing."""
        return {entry["id"] for entry in self.listed(kind, **query)}

    def get(self, kind: str, of: str) -> Any:
        """`bw get item|folder|organization|password`."""
        return self.call("GET", f"/object/{kind}/{of}")

    def create(self, kind: str, document: dict[str, Any]) -> Any:
        """`bw create item|folder`; returns when the client itself knows what it made.

        It answers as soon as the server has and its file is written; its copy follows 100 to 400 ms later.
        """
        made = self.call("POST", f"/object/{kind}", document)
        self.get(kind, made["id"])
        return made

    def edit(self, kind: str, of: str, document: dict[str, Any] | list[str]) -> Any:
        """`bw edit item|folder|item-collections`."""
        return self.call("PUT", f"/object/{kind}/{of}", document)

    def delete(self, kind: str, of: str, **query: str) -> None:
        """`bw delete item|folder [--permanent]`."""
        self.call("DELETE", f"/object/{kind}/{of}", **query)

    def confirm(self, member: str, organization: str) -> None:
        """`bw confirm org-member`."""
        self.call("POST", f"/confirm/org-member/{member}", organizationId=organization)

    def move(self, of: str, organization: str, collections: list[str]) -> None:
        """`bw move`: give an own item to an organization."""
        self.call("POST", f"/move/{of}/{organization}", collections)

    def restore(self, of: str) -> None:
        """`bw restore item`."""
        self.call("POST", f"/restore/item/{of}")

    def sync(self, **options: str) -> None:
        """`bw sync [--force]`."""
        self.call("POST", "/sync", **options)

    def status(self) -> Any:
        """`bw status`."""
        return self.call("GET", "/status")["template"]

    def lock(self) -> None:
        """`bw lock`."""
        self.call("POST", "/lock")

    def unlock(self, password: str) -> None:
        """`bw unlock`."""
        self.call("POST", "/unlock", {"password": password})


@cache
def node() -> Path:
    """The system's Node, or where it is too old for the client one of our own from npm."""
    system = shutil.which("node")
    if system is not None:
        version = subprocess.run([system, "--version"], capture_output=True, text=True, check=True).stdout
        if int(version.removeprefix("v").split(".")[0]) >= _LEAST_NODE:
            return Path(system)
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    package = f"node-{platform.system().lower()}-{machine}"
    return npm_package(f"node-{_OWN_NODE}", f"{package}@{_OWN_NODE}") / package / "bin" / "node"


@cache
def installed(version: str) -> Path:
    """The program of this release."""
    return npm_package(f"bw-{version}", f"@bitwarden/cli@{version}") / "@bitwarden" / "cli" / "build" / "bw.js"


def npm_package(name: str, *packages: str) -> Path:
    """The `node_modules` with these packages, from the user's cache or fresh from npm. Skips, loudly, without npm."""
    cache_folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache_folder / "wardenloop" / name
    if not folder.exists():
        npm = shutil.which("npm")
        if npm is None:
            _missing(f"npm is not installed, so the official client cannot be fetched ({', '.join(packages)}).")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
            prefix = Path(unfinished) / "prefix"
            command = [
                npm,
                "install",
                "--prefix",
                str(prefix),
                *packages,
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
            ]
            done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_SECONDS)
            if done.returncode:
                _missing(f"npm cannot install {', '.join(packages)}: {done.stderr.strip()[-400:]}")
            with contextlib.suppress(OSError):  # somebody else was faster
                prefix.rename(folder)
    return folder / "node_modules"


def _missing(reason: str) -> NoReturn:
    warnings.warn(pytest.PytestWarning(f"NOT TESTED WITH THE OFFICIAL CLIENT: {reason}"), stacklevel=2)
    pytest.skip(reason)
