"""Signing in to the System Administrator Portal: a mailed link and a sealed session.

Both are sealed texts; nothing about them is stored, so every process knows them all. The session lives in real time:
moving simulated time logs nobody out.
Source: src/Admin/Auth/Controllers/LoginController.cs, src/Core/Identity/PasswordlessSignInManager.cs;
fidelity.md: portal.login.
"""

import logging
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlencode

from common.errors import not_found
from common.server.mail.messages import admin_login
from common.server.mail.smtp import MailFailed
from common.server.outbox.service import hand_over
from common.server.transaction import outside_transaction
from selfhost.context import SelfHostContext
from selfhost.deployment.configuration import AdminUser
from selfhost.portal.login import rules

SECRET_LENGTH = 32

log = logging.getLogger(__name__)

_LINK = "PortalLink"
_SESSION = "PortalSession"


class Session(NamedTuple):
    """A signed-in administrator. renewed: the cookie text that replaces the one that was shown, or None."""

    admin: AdminUser
    renewed: str | None = None


def request_login(ctx: SelfHostContext, email: str, return_url: str | None) -> bool:
    """Mail a link to this address if it is an administrator's; nobody is told whether it is.

    False when the mail server takes no mail from us: found out for every address alike, before it is looked at. A mail
    that it refuses to send to this one is for the log only.
    """
    try:
        with outside_transaction(ctx.session):
            ctx.mailer.check()
    except MailFailed as failure:
        log.error("The portal's login links cannot be mailed: %s", failure)
        return False
    admin = rules.find_admin(ctx.deployment.admins, email)
    if admin is None:
        log.warning("Portal login asked for %s, which adminSettings__admins does not name.", email.strip())
        return True
    token = ctx.protector.protect(_LINK, rules.identity_of(admin), ctx.clock.now() + rules.LINK_LIFETIME)
    mail = admin_login(ctx.deployment.service_uris.admin, admin.email, rules.local_url(return_url), token)
    try:
        hand_over(ctx, [mail])
    except MailFailed as failure:
        log.error("The portal's login link for %s cannot be mailed: %s", admin.email, failure)
    return True


def open_entrance(ctx: SelfHostContext, email: str, path: str) -> str:
    """The path of a link as the mailed one, for who presents; it leads to `path`. Errors: 404 there is no such
    administrator."""
    admin = rules.find_admin(ctx.deployment.admins, email)
    if admin is None:
        raise not_found("sim.entrance")
    token = ctx.protector.protect(_LINK, rules.identity_of(admin), ctx.clock.now() + rules.LINK_LIFETIME)
    asked = {"returnUrl": rules.local_url(path), "email": admin.email, "token": token}
    return f"{rules.HOME}/login/confirm?{urlencode(asked)}"


def confirm_login(ctx: SelfHostContext, email: str, token: str) -> str | None:
    """The cookie text of a new session for who shows the mailed link; None for a link that is no good.

    A link works until its end, also twice: mail programs look at links before people do.
    """
    remembered = ctx.protector.unprotect(_LINK, token, ctx.clock.now())
    admin = rules.still_admin(ctx.deployment.admins, remembered or {})
    if admin is None or rules.find_admin((admin,), email) is None:
        return None
    return _open_session(ctx, admin)


def session_of(ctx: SelfHostContext, cookie: str | None) -> Session | None:
    """Who shows this cookie; None when it is no good, too old, or the settings no longer name its owner."""
    now = ctx.clock.real()
    remembered = ctx.protector.unprotect(_SESSION, cookie or "", now)
    admin = rules.still_admin(ctx.deployment.admins, remembered or {})
    if remembered is None or admin is None:
        return None
    renew = rules.is_due_for_renewal(datetime.fromisoformat(remembered["opened"]), now)
    return Session(admin, _open_session(ctx, admin) if renew else None)


def _open_session(ctx: SelfHostContext, admin: AdminUser) -> str:
    now = ctx.clock.real()
    remembered = rules.identity_of(admin) | {"opened": now.isoformat()}
    return ctx.protector.protect(_SESSION, remembered, now + rules.SESSION_LIFETIME)
