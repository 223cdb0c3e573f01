"""What the pages' toolkit does not know and is given by `create_app`: who is signed in, and the frame of a page."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, cast
from uuid import UUID

from flask import Flask, current_app

from common.server.context import Context
from common.server.locale.texts import Texts
from common.ui.shell import Shell


class Person(Protocol):
    """Who is signed in. Templates may show more of it, as `me`."""

    @property
    def id(self) -> UUID: ...
    @property
    def email(self) -> str: ...
    @property
    def email_verified(self) -> bool: ...
    @property
    def premium(self) -> bool: ...


class Place(NamedTuple):
    """Where somebody looks. root: what the app is served below, no final slash. path: of the page, below that."""

    texts: Texts
    root: str
    path: str


class Given(NamedTuple):
    """The people and the frame of an app's pages.

    user_of: who a session token belongs to, None when it has ended. open_session: a fresh token for this user.
    lengthen_session: it is in use. close_session: ends one. shell_of: the frame round a page; its last argument is the
    organization whose Admin Console is looked at, None elsewhere.
    """

    user_of: Callable[[Context, str | None], Person | None]
    open_session: Callable[[Context, UUID], str]
    lengthen_session: Callable[[Context, str | None], None]
    close_session: Callable[[Context, str | None], None]
    shell_of: Callable[[Context, Person | None, Place, Any], Shell]


_KEY = "wardenloop-pages"


def give(app: Flask, given: Given) -> None:
    """Hand an app's pages what they need."""
    app.extensions[_KEY] = given


def given() -> Given:
    """What the current app was given."""
    return cast(Given, current_app.extensions[_KEY])
