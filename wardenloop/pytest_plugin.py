"""The fixtures `wardenloop` and `wardenloop_server`, and the marker `wardenloop`. Loaded by pytest itself.

One server for each session (and worker of xdist), a clean world for each test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from wardenloop.server import Server
    from wardenloop.stack import Stack

_MARKER = "wardenloop"
_KNOWN = frozenset({"world", "time", "release", "tls", "frozen", "settings", "official_hosts"})
_SHOWN = 12
_SERVERS: pytest.StashKey[dict[bool, Server]] = pytest.StashKey()
_USED: pytest.StashKey[Stack] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--wardenloop-keep`, `--wardenloop-seed`."""
    group = parser.getgroup("wardenloop", "the Bitwarden licensing loop, simulated")
    group.addoption(
        "--wardenloop-keep",
        nargs="?",
        const=".wardenloop-kept",
        metavar="FOLDER",
        help="keep the world of each failed test below FOLDER (.wardenloop-kept), to be opened with `wardenloop up`",
    )
    group.addoption(
        "--wardenloop-seed",
        type=int,
        metavar="N",
        help="make ids and tokens of this number: a test gets the same ones each time, alone or among others",
    )


def pytest_configure(config: pytest.Config) -> None:
    """The marker is known."""
    config.addinivalue_line(
        "markers",
        "wardenloop(world=..., time=..., frozen=..., release=..., tls=..., settings=..., official_hosts=...): "
        "how the world of a test begins",
    )
    config.stash[_SERVERS] = {}


def pytest_unconfigure(config: pytest.Config) -> None:
    """All servers end."""
    for server in config.stash.get(_SERVERS, {}).values():
        server.close()


def _server(config: pytest.Config, *, tls: bool) -> Server:
    from wardenloop.server import Server  # noqa: PLC0415 - for those who use it

    servers = config.stash[_SERVERS]
    if tls not in servers or not servers[tls].is_alive:
        servers[tls] = Server(tls=tls, seed=config.getoption("wardenloop_seed"))
    return servers[tls]


@pytest.fixture(scope="session")
def wardenloop_server(pytestconfig: pytest.Config) -> Server:
    """The server of this session, for those who reset by hand; it is started once.

    ```python
    def test_it_is_there(wardenloop_server):
        assert wardenloop_server.told["cloud_us"].startswith("http://127.0.0.1:")
    ```
    """
    return _server(pytestconfig, tls=False)


@pytest.fixture
def wardenloop(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """The whole stack with a clean world: nobody is registered, an installed instance, real time, an empty journal.

    ```python
    def test_seats_of_the_licence(wardenloop):
        acme = wardenloop.cloud.organization("Acme", seats=20)
        assert acme.download_license()["Seats"] == 20
    ```
    """
    from wardenloop.stack import Stack  # noqa: PLC0415 - for those who use it

    wanted = _wanted(request.node)
    stack = Stack(_server(request.config, tls=bool(wanted.pop("tls", False))))
    official = wanted.pop("official_hosts", False)
    stack.begin(**wanted)
    request.node.stash[_USED] = stack
    if not official:
        yield stack
        return
    from wardenloop.official import official_hosts  # noqa: PLC0415 - needs `responses`

    with official_hosts(stack):
        yield stack


def _wanted(item: pytest.Item) -> dict[str, Any]:
    """What the markers of a test say, the nearest one first."""
    wanted: dict[str, Any] = {}
    for marker in item.iter_markers(_MARKER):
        unknown = sorted(marker.kwargs.keys() - _KNOWN)
        if unknown or marker.args:
            known = ", ".join(sorted(_KNOWN))
            raise pytest.UsageError(f"{item.nodeid}: wardenloop({', '.join(unknown)}): known are {known}, by name.")
        wanted = {**marker.kwargs, **wanted}
    return wanted


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A failed test shows what happened on the wire."""
    outcome: Any = yield
    report = outcome.get_result()
    stack = item.stash.get(_USED, None)
    if stack is None or call.when != "call" or not report.failed:
        return
    try:
        report.sections.append(("wardenloop: what happened", _what_happened(stack)))
        folder = item.config.getoption("wardenloop_keep")
        if folder:
            report.sections.append(("wardenloop: the world", _keep(stack, Path(folder), item.nodeid)))
    except Exception as error:
        report.sections.append(("wardenloop", f"nothing can be said of the stack: {error}"))


def _what_happened(stack: Stack) -> str:
    from wardenloop.journal import line_of  # noqa: PLC0415 - as above

    lines = [f"It is {stack.clock.now:%Y-%m-%d %H:%M:%S} there."]
    lines += [line for line in map(line_of, stack.journal.raw(200)) if line][-_SHOWN:]
    mails = stack.mailbox.messages()[:_SHOWN]
    lines += [f"mail to {', '.join(each.to)}: {each.subject}" for each in reversed(mails)]
    return "\n".join(lines)


def _keep(stack: Stack, folder: Path, nodeid: str) -> str:
    """A home of its own with the world as it is, for `wardenloop up`."""
    from wardenloop.people import PASSWORD  # noqa: PLC0415 - as above

    name = re.sub(r"[^A-Za-z0-9]+", "-", nodeid).strip("-")[-60:].strip("-")
    number, target = 1, folder.resolve() / name
    while target.exists():
        number += 1
        target = folder.resolve() / f"{name}-{number}"
    kept = stack.snapshot("kept")
    stack.server.command("snapshot", "load", kept.name, "--home", str(target))
    kept.remove()
    stack.server.command_in(target, "down")
    return f"Open it: wardenloop --home {target} up\nPassword of whom the kit registered without another: {PASSWORD}"
