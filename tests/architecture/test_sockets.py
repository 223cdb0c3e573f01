"""Nothing leaves this machine by accident: few modules can open a connection, and those ask where it leads."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, module, paths, shown, text

NETWORK = frozenset(
    {
        "aiosmtpd",
        "asyncio",
        "ftplib",
        "http.client",
        "http.server",
        "httpx",
        "imaplib",
        "nntplib",
        "poplib",
        "psycopg",
        "smtplib",
        "socket",
        "socketserver",
        "ssl",
        "telnetlib",
        "urllib.request",
        "urllib3",
        "websockets",
        "xmlrpc",
    }
)
"""What opens sockets or looks names up. `requests` is looked at by what is called of it."""

CLIENTS = {
    "common/server/http/session.py": "HTTP: every session of every process",
    "common/server/http/alive.py": "whether a local app serves",
    "common/server/mail/smtp.py": "mail",
}
"""They connect, after they have asked `Destinations`."""

HARMLESS = {
    "common/cli/client.py": "writes an uploaded form",
    "common/cli/stack.py": "binds to find out whether a port is free",
    "common/desk/__main__.py": "listens",
    "common/desk/mailbox/door.py": "listens",
    "common/desk/mailbox/sink.py": "talks to who has connected",
    "common/serve/command.py": "has a loop",
    "common/serve/ending.py": "has a loop",
    "common/serve/instance.py": "listens",
    "common/crypto/session_authority.py": "certificates for who listens",
    "common/serve/official/command.py": "has a loop",
    "common/serve/official/proxy.py": "listens, and passes on to this stack's own apps, which its places name",
    "common/serve/places.py": "binds, and gives the sockets to who listens",
    "common/serve/process.py": "listens",
    "common/server/http/wsgi.py": "header and answer types of an adapter without sockets",
    "common/server/front/connection.py": "is connected to",
    "common/server/front/server.py": "listens",
    "common/server/front/worker.py": "listens",
    "selfhost/cloud/unreached.py": "an exception",
}
CALLED = frozenset({"Session", "delete", "get", "head", "options", "patch", "post", "put", "request", "session"})
"""Of the module `requests`: what reaches the network, or makes what does."""


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(module(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _is_network(name: str) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in NETWORK)


def _relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_only_these_modules_can_open_a_socket() -> None:
    found = {_relative(path) for path in paths(".py") if any(map(_is_network, _imports(path)))}
    assert found - CLIENTS.keys() - HARMLESS.keys() == set()


def test_only_the_session_of_ours_reaches_out_through_requests() -> None:
    found = [
        f"{shown(path)}:{node.lineno}"
        for path in paths(".py")
        for node in ast.walk(module(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CALLED
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "requests"
    ]
    assert found == []
    assert "requests.Session" in text(ROOT / "common/server/http/session.py")  # as the base of ours


@pytest.mark.parametrize("path", CLIENTS)
def test_a_client_asks_before_it_connects(path: str) -> None:
    asked = {
        node.func.attr
        for node in ast.walk(module(ROOT / path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert asked & {"check", "check_url"}
