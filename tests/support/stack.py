"""A stack as a user runs it, for the tests over sockets: the `wardenloop` command with a home and ports of its own."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from common.cli import selfhost
from common.cli.client import Client, Mailbox, Server, register
from common.cli.home import Home
from common.crypto.account import Kdf
from common.documents import documents
from common.ids import SystemIds
from tests.support.ports import free_port, ports_for_stacks
from tests.support.shared import shared

HOST = "127.0.0.1"
OFFSETS = (1, 2, 3, 4, 25)
PASSWORD = "correct-horse-battery-staple"
TYPED_PASSWORD = "a-Master Password/that+stays&here"
"""With every character that an encoding would change: for those who type it into a browser."""

COMMUNICATION = "globalSettings__enableCloudCommunication"
_DAY = 24 * 3600
DEFAULT_COLLECTION = "Default collection"
_START_SECONDS = 120
_COMMAND_SECONDS = 1200.0
"""Of the longest, on a machine with much else to do: nobody waits so long for what works."""


@dataclass
class Wardenloop:
    """The command with one home. base_port: nobody else's. environment: on top of this process's own."""

    home: Path
    base_port: int
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, timeout: float = _COMMAND_SECONDS) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "common.cli.main", "--home", str(self.home), *arguments]
        environment = os.environ | self.environment
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=timeout,
            cwd=self.home.parent,
            env=environment,
            stdin=subprocess.DEVNULL,
        )

    def done(self, *arguments: str) -> str:
        """What a command printed that has to succeed."""
        outcome = self(*arguments)
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        return outcome.stdout

    def urls(self) -> dict[str, Any]:
        """Addresses and accounts."""
        document: dict[str, Any] = json.loads(self.done("urls", "--json"))
        return document


@dataclass
class Stack:
    """A running stack, and what happens on it beside a browser or a client: terminal, time, other people.

    urls: `cloud_us`, `cloud_eu`, `selfhost`, `mailbox`. accounts: what `wardenloop urls --json` tells. ca: the
    authority of a stack with TLS. password: of everybody whom a test registers.
    """

    command: Wardenloop
    urls: dict[str, str]
    accounts: list[dict[str, str]]
    ca: Path | None = None
    password: str = PASSWORD

    @classmethod
    def running(cls, command: Wardenloop, *, password: str = PASSWORD, tls: bool = False) -> "Stack":
        """The stack that was started with this command."""
        told = command.urls()
        urls = {app: told[app] for app in ("start", "cloud_us", "cloud_eu", "selfhost", "mailbox")}
        ca = Path(command.done("ca").strip()) if tls else None
        return cls(command, urls, told["accounts"], ca, password)

    @property
    def home(self) -> Home:
        """Its folder."""
        return Home(self.command.home.resolve())

    # --- addresses

    @property
    def hosts(self) -> frozenset[str]:
        """`host:port` of all of them."""
        return frozenset(urlsplit(url).netloc for url in self.urls.values())

    def host(self, app: str) -> str:
        """`host:port` of one."""
        return urlsplit(self.urls[app]).netloc

    def base(self, app: str) -> str:
        """Base URL by host name (the addresses in `urls` are numeric)."""
        return self.urls[app].replace(HOST, "localhost")

    # --- people

    @property
    def mailbox(self) -> Mailbox:
        """The mailbox's JSON."""
        return Mailbox(self.urls["mailbox"], ca=self.ca)

    def server(self, app: str) -> Server:
        """An app without an account."""
        return Server(self.urls[app], ca=self.ca)

    def register(self, app: str, email: str, name: str = "Test User", kdf: Kdf | None = None) -> Client:
        """Somebody new, who uses another client than a browser."""
        return register(self.server(app), self.mailbox, email, self.password, name, SystemIds(), kdf)

    def sign_in(self, app: str, email: str) -> Client:
        """The other client of somebody who has an account."""
        return Client(self.server(app), email, self.password, SystemIds()).sign_in()

    def owner(self, app: str) -> str:
        """E-mail address of somebody who owns an organization of the guided run there, or just lives there."""
        found = [account["email"] for account in self.accounts if account["app"] == app]
        owners = [email for email in found if email.startswith("owner-")]
        return (owners or found)[0]

    # --- the instance's terminal, and time

    @property
    def installation_id(self) -> str:
        """As the line of the environment file says."""
        return selfhost.environment_value(self.home, "globalSettings__installation__id")

    def bitwarden_sh(self, *arguments: str) -> None:
        """A command at the instance's terminal."""
        selfhost.run(self.home, *arguments)

    def configure(self, **lines: str) -> None:
        """Change lines of `global.override.env` and put them into effect, as the documents say."""
        selfhost.set_environment_lines(self.home, **lines)
        self.bitwarden_sh("rebuild")
        self.bitwarden_sh("start")

    def wait_days(self, days: float) -> None:
        """Simulated time, for all apps alike; the instance first: what a cloud ahead of it issues is not valid yet."""
        for app in ("selfhost", "cloud_us", "cloud_eu"):
            self.server(app).move_clock({"advanceSeconds": days * _DAY})

    def run_job(self, name: str) -> dict[str, Any]:
        """One of the instance's recurring jobs, now."""
        done: dict[str, Any] = self.server("selfhost").post(f"/_sim/jobs/{name}/run")
        return done

    def follows(self, document: str, step: str) -> None:
        """Say which step of a document comes now: a test that fails shows how far it came, and in which words."""
        told = documents()[document].steps[step]
        print(f"{document} {told.anchor}: {told.en}")


@contextlib.contextmanager
def stack_for_browsers(folder: Path, worker_id: str) -> Iterator[Stack]:
    """A stack of people who type their passwords, which all users of this folder share."""

    def start(folder: Path) -> int:
        command = Wardenloop(folder / "home", free_base_port(worker_id))
        command.done("up", "--detach", "--base-port", str(command.base_port))
        return command.base_port

    with shared(folder, start) as base_port:
        yield Stack.running(Wardenloop(folder / "home", base_port), password=TYPED_PASSWORD)


def new_address(who: str) -> str:
    """An address that nobody has used."""
    return f"{who}-{SystemIds().digits(8)}@test.example"


@contextlib.contextmanager
def another_cloud(stack: Stack, **settings: str) -> Iterator[str]:
    """The URL of one more process of the US cloud, on the same database. settings: WARDENLOOP_* of its own."""
    port = free_port()
    home, url = stack.command.home, f"https://localhost:{port}"
    values = {"REGION": "US", "BASE_URL": url, "STATE_DIR": str(home / "cloud-us")} | settings
    values["CERTIFICATE_DIR"] = str(home / "certificate")
    command = [sys.executable, "-m", "gunicorn", "-c", "python:common.server.serving", "-b", f"{HOST}:{port}"]
    command += ["--certfile", str(home / "tls" / "server.crt.pem"), "--keyfile", str(home / "tls" / "server.key.pem")]
    environment = os.environ | {f"WARDENLOOP_{name}": value for name, value in values.items()}
    process = subprocess.Popen([*command, "cloud_sim.wsgi:app"], env=environment)
    try:
        end = time.monotonic() + _START_SECONDS
        while not Server(url, ca=stack.ca).is_alive():
            assert process.poll() is None and time.monotonic() < end, "the further process did not start"
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


def free_base_port(_worker_id: str) -> int:
    """Of a stack: among this process's own; the name of its worker says nothing that it does not know."""
    for base in ports_for_stacks()[::30]:
        if all(is_free(base + offset) for offset in OFFSETS):
            return base
    raise AssertionError("no free ports")


def is_free(port: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as candidate:
        return candidate.connect_ex((HOST, port)) != 0
