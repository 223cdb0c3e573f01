"""Notes what happens in every Python process that finds this on PYTHONPATH.

Which routes are called, by whom and with what outcome.

Python imports a module of this name by itself, so that apps served by a stack are recorded without a line of recording
in them. Off unless PYTHONWARDENLOOP_RECORD names the file to append to (the instance hands PYTHON* on to its programs).
One line a finding, with tabs: app, method, rule, caller, status. See tests/support/operations.py.

Who is contacted: off unless PYTHONWARDENLOOP_TRAP names the file. One line a host: audit event of Python, host.
"""

import os
import sys
from pathlib import Path
from typing import Any

RECORD = os.environ.get("PYTHONWARDENLOOP_RECORD")
TRAP = os.environ.get("PYTHONWARDENLOOP_TRAP")
OUTGOING = ("connect", "sendto", "sendmsg", "getaddrinfo", "gethostbyname", "gethostbyaddr", "getnameinfo")
REAL_CLIENTS = ("Bitwarden_CLI/", "python-httpx/")  # the latter: python-vaultwarden
AT_RANDOM = ("tests/contract/test_openapi_answers.py", "tests/contract/test_openapi_schemathesis.py")
"""Tests that call everything; what they touch is not tested for what it does."""


def _record(path: str) -> None:
    from flask import Flask, Response, request, request_finished

    noted: set[str] = set()

    def note(app: Flask, response: Response, **_more: object) -> None:
        if request.url_rule is None or os.environ.get("PYTEST_CURRENT_TEST", "").startswith(AT_RANDOM):
            return
        if "wardenloop.fault" in request.environ:  # common/sim/faults/hook.py: it says nothing about the app
            return
        real = "pytest" not in sys.modules and request.user_agent.string.startswith(REAL_CLIENTS)
        caller = "client" if real else "tests"
        line = "\t".join((app.name, request.method, request.url_rule.rule, caller, str(response.status_code))) + "\n"
        if line not in noted:
            noted.add(line)
            with Path(path).open("a", encoding="utf-8") as record:
                record.write(line)

    request_finished.connect(note, weak=False)


def _trap(path: str) -> None:
    """Note every host that this process connects to, sends to or looks up, below Python's own `socket` module."""
    noted: set[str] = set()

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if not event.startswith("socket.") or event.split(".")[1] not in OUTGOING:
            return
        target = arguments[1] if event in ("socket.connect", "socket.sendto", "socket.sendmsg") else arguments[0]
        if isinstance(target, str | bytes) and event == "socket.connect":
            return  # the path of a Unix socket
        host = target[0] if isinstance(target, tuple) else target
        line = f"{event}\t{host.decode() if isinstance(host, bytes) else host}\n"
        if line not in noted:
            noted.add(line)
            with Path(path).open("a", encoding="utf-8") as record:
                record.write(line)

    sys.addaudithook(note)


if RECORD:
    _record(RECORD)
if TRAP:
    _trap(TRAP)
