"""Who may enter the System Administrator Portal, for how long, and where a link may lead afterwards. Pure.

Source: src/Admin/Auth/Controllers/LoginController.cs, src/Admin/IdentityServer/ReadOnlyEnvIdentityUserStore.cs;
fidelity.md: portal.login.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

LINK_LIFETIME = timedelta(minutes=15)
SESSION_LIFETIME = timedelta(days=2)
"""Sliding: a session that is used in the second half of its life lives on."""

HOME = "/admin"


class Admin(Protocol):
    """An entry of `adminSettings__admins`."""

    @property
    def email(self) -> str: ...

    @property
    def stamp(self) -> str: ...


AnyAdmin = TypeVar("AnyAdmin", bound=Admin)


def find_admin(admins: Iterable[AnyAdmin], email: str) -> AnyAdmin | None:
    """The configured administrator of this address, any case; None for everybody else."""
    wanted = email.strip().lower()
    return next((admin for admin in admins if admin.email == wanted), None)


def identity_of(admin: Admin) -> dict[str, Any]:
    """What a link or a session remembers of an administrator: another stamp in the settings ends both."""
    return {"email": admin.email, "stamp": admin.stamp}


def still_admin(admins: Iterable[AnyAdmin], remembered: Mapping[str, Any]) -> AnyAdmin | None:
    """The administrator a link or session was made for, if the settings still say so."""
    admin = find_admin(admins, str(remembered.get("email", "")))
    return admin if admin is not None and remembered.get("stamp") == admin.stamp else None


def is_due_for_renewal(opened: datetime, now: datetime) -> bool:
    """Whether more than half of the session's life is over."""
    return now - opened > SESSION_LIFETIME / 2


def is_address(text: str) -> bool:
    """`[EmailAddress]`: one @, not at either end."""
    return text.count("@") == 1 and not text.startswith("@") and not text.endswith("@") and text.isprintable()


def local_url(url: str | None) -> str:
    """Where to go after signing in: `url` if it stays on this server, else the portal's first page."""
    if not url or not url.startswith("/") or url[1:2] in ("/", "\\") or not url.isprintable():
        return HOME
    return url
