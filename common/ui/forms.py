"""Forms that only a page of ours, in this browser, for this person can send.

A form carries a sealed copy of a secret that the browser holds in a cookie, bound to whoever is signed in.
"""

from hmac import compare_digest

from common.server.context import Context

FIELD = "__RequestVerificationToken"
"""Name of the hidden field, as in upstream's portal."""

_PREFIX = "Form"


def form_token(ctx: Context, secret: str, subject: str | None) -> str:
    """What a form carries. secret: the browser's cookie. subject: who is signed in."""
    return ctx.protector.protect(_PREFIX, {"secret": secret, "subject": subject})


def is_own_form(ctx: Context, token: str, secret: str | None, subject: str | None) -> bool:
    """Whether a posted form carries the token of `form_token`."""
    sealed = ctx.protector.unprotect(_PREFIX, token, ctx.clock.now())
    if sealed is None or not secret:
        return False
    return compare_digest(sealed["secret"].encode(), secret.encode()) and sealed["subject"] == subject


def is_form_of_another(ctx: Context, token: str, subject: str | None) -> bool:
    """Whether a page of ours gave this form to somebody else, who was signed in here before."""
    sealed = ctx.protector.unprotect(_PREFIX, token, ctx.clock.now())
    return sealed is not None and sealed["subject"] is not None and sealed["subject"] != subject
