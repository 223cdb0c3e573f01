"""A stack as a user runs it, for the tests over sockets: the `wardenloop` command with a home and ports of its own."""

import json
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
OFFSETS = (1, 2, 3, 4, 25)


@dataclass
class Wardenloop:
    """The command with one home. base_port: nobody else's."""

    home: Path
    base_port: int

    def __call__(self, *arguments: str, timeout: float = 300) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "common.cli.main", "--home", str(self.home), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, cwd=self.home.parent)

    def done(self, *arguments: str) -> str:
        """What a command printed that has to succeed."""
        outcome = self(*arguments)
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        return outcome.stdout

    def urls(self) -> dict[str, Any]:
        """Addresses and accounts."""
        document: dict[str, Any] = json.loads(self.done("urls", "--json"))
        return document


def free_base_port(worker_id: str) -> int:
    """In this worker's own range, below the ephemeral ports."""
    first = 26_000 + 500 * int(worker_id.removeprefix("gw").replace("master", "0"))
    for base in range(first, first + 500, 50):
        if all(is_free(base + offset) for offset in OFFSETS):
            return base
    raise AssertionError("no free ports")


def is_free(port: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as candidate:
        return candidate.connect_ex((HOST, port)) != 0
