"""One browser looking at one page: its language and theme, who is signed in, and the cookies that remember it.

Cookies ignore ports, and the apps of several stacks share 127.0.0.1: all but language and theme carry the name of
their app and a mark of its address.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from flask import Response, g, request

from common.server.app import context
from common.server.context import Context
from common.server.locale.texts import Texts, language_of
from common.ui.given import Person, given

LANGUAGE_COOKIE = "wardenloop_language"
THEME_COOKIE = "wardenloop_theme"
SHARED = (LANGUAGE_COOKIE, THEME_COOKIE)
"""Of all stacks on the host. Never Secure: a page over plain http could not change what one over https has set."""

THEMES = ("system", "light", "dark")

_SECRET_LENGTH = 32
_MARK_LENGTH = 8
A_YEAR = 365 * 24 * 3600


@dataclass
class Visit:
    """What the request's cookies say, and what is to be said to the browser.

    secret: known to this browser alone, ties forms to it. toasts: shown by the next page that is rendered.
    details: where a refusal is explained (`href`, `label`). frame: values for the templates of pages outside the web
    vault, in place of those of the vault's frame.
    """

    texts: Texts
    theme: str
    user: Person | None
    secret: str
    toasts: list[dict[str, Any]]
    set_cookies: dict[str, str | None] = field(default_factory=dict)
    details: dict[str, str] | None = None
    frame: dict[str, Any] = field(default_factory=dict)

    def remember(self, name: str, value: str | None) -> None:
        """Set one of the app's own cookies; None deletes it."""
        self.set_cookies[name] = value


SESSION, FORM_SECRET, FLASH, DEVICE = "session", "form", "flash", "device"
EMAIL, NEXT = "email", "next"
"""EMAIL: filled in on the login page. NEXT: where to go on to after a registration, which a mail interrupts."""

KEPT = (DEVICE, EMAIL)
"""These live on when the browser is closed."""


def cookie_name(name: str) -> str:
    """The name of a cookie of this app. Every process that serves the same address has the same."""
    ctx = context()
    return f"wardenloop_{mark_of(ctx.settings.base_url)}_{ctx.side.name}_{name}"


def mark_of(address: str) -> str:
    """What tells the cookies of this address from those of others on the same host, whatever their port."""
    return hashlib.sha256(address.encode()).hexdigest()[:_MARK_LENGTH]


def read_cookie(name: str) -> str | None:
    """One of the app's own cookies."""
    return request.cookies.get(cookie_name(name))


def visit() -> Visit:
    """The visit of the current request."""
    if "visit" not in g:
        g.visit = _read()
    found: Visit = g.visit
    return found


def _read() -> Visit:
    ctx = context()
    language = language_of((request.cookies.get(LANGUAGE_COOKIE), *request.accept_languages.values()))
    theme = request.cookies.get(THEME_COOKIE, "")
    return Visit(
        texts=Texts(language),
        theme=theme if theme in THEMES else THEMES[0],
        user=given().user_of(ctx, read_cookie(SESSION)),
        secret=read_cookie(FORM_SECRET) or ctx.ids.secret(_SECRET_LENGTH),
        toasts=_flashed(ctx),
    )


def _flashed(ctx: Context) -> list[dict[str, Any]]:
    sealed = ctx.protector.unprotect(FLASH, read_cookie(FLASH) or "", ctx.clock.now())
    return list(sealed["toasts"]) if sealed else []


def subject_of(user: Person | None) -> str | None:
    """Who a form belongs to."""
    return str(user.id) if user is not None else None


def flash(key: str, body: str | None = None, kind: str = "success", **values: object) -> None:
    """Have the next page show a toast of this title, and of this text below it. kind: `success`, `warning`."""
    ctx, current = context(), visit()
    texts = {name: str(value) for name, value in values.items()}
    waiting = [*current.toasts, {"key": key, "body": body, "values": texts, "kind": kind}]
    current.remember(FLASH, ctx.protector.protect(FLASH, {"toasts": waiting}))


def say(key: str, **values: object) -> None:
    """Have this very page show a toast of this text."""
    visit().toasts.append({"key": key, "values": values})


def sign_in(user: Person) -> None:
    """Sign the browser in under a fresh token; whatever it had before ends, its forms too."""
    ctx, current = context(), visit()
    given().close_session(ctx, read_cookie(SESSION))
    current.user = user
    _drop_toasts(current)
    current.secret = ctx.ids.secret(_SECRET_LENGTH)
    current.remember(SESSION, given().open_session(ctx, user.id))


def sign_out() -> None:
    """Sign the browser out."""
    current = visit()
    given().close_session(context(), read_cookie(SESSION))
    current.user = None
    _drop_toasts(current)
    current.remember(SESSION, None)
    current.remember(FORM_SECRET, None)


def _drop_toasts(current: Visit) -> None:
    """What waits to be said is nobody's business who comes next."""
    if current.toasts:
        current.toasts.clear()
        current.remember(FLASH, None)


def write_cookies(response: Response) -> None:
    """Put what the visit has to say into the answer."""
    current = visit()
    if read_cookie(FORM_SECRET) != current.secret:
        current.set_cookies.setdefault(FORM_SECRET, current.secret)
    for name, value in current.set_cookies.items():
        set_cookie(response, cookie_name(name), value, keep=name in KEPT)


def came_over_https() -> bool:
    """Whether the browser speaks https: to us, or to a proxy in front that says so.

    Not what the settings call our address: a cookie that is Secure on a plain connection never comes back.
    """
    return request.is_secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https"


def set_cookie(response: Response, name: str, value: str | None, *, keep: bool = False) -> None:
    """Lax, because links in mails lead here from another site; out of reach of scripts. None deletes the cookie."""
    age = 0 if value is None else A_YEAR if keep else None
    secure = came_over_https() and name not in SHARED
    response.set_cookie(name, value or "", max_age=age, path="/", httponly=True, samesite="Lax", secure=secure)
