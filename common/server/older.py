"""Routes that newer releases no longer have: served for the web vaults of earlier ones, or 404 as upstream."""

from flask import abort

from common.quirks import Quirk
from common.server.context import Context


def require_older(ctx: Context) -> None:
    """404 where it is to be as upstream. Source: fidelity.md: clients.older."""
    if ctx.settings.quirk(Quirk.GONE_ROUTES):
        abort(404)
