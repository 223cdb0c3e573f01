"""Reaching the running apps of a stack from a command: a refusal or silence ends the command with the reason."""

from common.cli.client import Server
from common.cli.home import Home
from common.cli.language import worded
from common.cli.stack import StackError

APPS = ("cloud_us", "cloud_eu", "selfhost")


def server(home: Home, app: str) -> Server:
    """The app of this name. Raises StackError when there is no stack."""
    addresses = home.urls()
    if app not in addresses:
        raise StackError(worded("x.cli.noStack", home=home.root))
    return Server(addresses[app], ca=home.ca)
