"""Reaching the running apps of a stack from a command: a refusal or silence ends the command with the reason."""

from typing import TYPE_CHECKING

from common.cli.home import Home
from common.cli.language import worded
from common.cli.stack import StackError

if TYPE_CHECKING:
    from common.cli.client import Server

APPS = ("cloud_us", "cloud_eu", "selfhost")


def server(home: Home, app: str) -> "Server":
    """The app of this name. Raises StackError when there is no stack."""
    from common.cli.client import Server  # noqa: PLC0415 - `serve` shares commands that may call, and calls nobody

    addresses = home.urls()
    if app not in addresses:
        raise StackError(worded("x.cli.noStack", home=home.root))
    return Server(addresses[app], ca=home.ca)
