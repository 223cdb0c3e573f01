"""Whose organizations the accounts of a stack own: a command that is given a name or an id acts as the owner."""

from typing import NamedTuple

import click

from common.cli.client import Client, Server
from common.cli.credentials import access_token
from common.cli.draws import ids_of_home
from common.cli.home import Home, SavedAccount
from common.cli.language import worded
from common.cli.servers import server
from common.enums import MemberType
from common.ids import Ids


class Owned(NamedTuple):
    """An organization on one app, and who owns it."""

    app: str
    id: str
    name: str
    account: SavedAccount
    token: str
    server: Server
    ids: Ids

    def client(self) -> Client:
        """The owner with the master password: what asks for it derives its hash, which takes a moment."""
        return Client(self.server, self.account.email, self.account.password, self.ids)


def owned(home: Home, app: str) -> list[Owned]:
    """What the accounts that the stack knows own there."""
    found: dict[str, Owned] = {}
    for account in home.saved().accounts:
        if account.app != app:
            continue
        there = server(home, app)
        token = access_token(there, account)
        if token is not None:
            for each in there.call("GET", "/api/accounts/profile", bearer=token)["organizations"]:
                if each["type"] == MemberType.OWNER:
                    known_as = str(each["id"])
                    found[known_as] = Owned(
                        app, known_as, str(each["name"]), account, token, there, ids_of_home(home, "owner")
                    )
    return list(found.values())


def find_owned(home: Home, apps: tuple[str, ...], wanted: str) -> Owned:
    """The one with this id or name. Raises ClickException: none, or several of that name."""
    every = [each for app in apps for each in owned(home, app)]
    found = [each for each in every if each.id == wanted.lower()] or [each for each in every if each.name == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(f"{each.id} ({each.app})" for each in found)
        raise click.ClickException(worded("x.cli.ownersSeveral", name=wanted, ids=ids))
    known = ", ".join(f"{each.name} ({each.id})" for each in every) or worded("x.cli.nobody")
    raise click.ClickException(worded("x.cli.ownersNone", name=wanted, known=known))
