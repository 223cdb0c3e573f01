"""Routes that newer releases no longer have: served to web vaults of earlier ones, which say who they are.

Everybody else meets upstream's 404. Source: fidelity.md: clients.older.
"""

import re

from flask import abort, request

from common.quirks import Quirk
from common.server.context import Context

LAST = (2026, 4)
"""The last release whose web vault asks for one of them."""

_VERSION = re.compile(r"(\d{4})\.(\d{1,2})(?:\.\d+)?")


def is_older(ctx: Context) -> bool:
    """Whether the client says that it is of an earlier release, and is to be served."""
    found = _VERSION.fullmatch(request.headers.get("Bitwarden-Client-Version", ""))
    return found is not None and (int(found[1]), int(found[2])) <= LAST and not ctx.settings.quirk(Quirk.GONE_ROUTES)


def require_older(ctx: Context) -> None:
    """404 for everybody else."""
    if not is_older(ctx):
        abort(404)


def require_kept(ctx: Context) -> None:
    """404 where everything is to be as upstream: for what is served to any client."""
    if ctx.settings.quirk(Quirk.GONE_ROUTES):
        abort(404)
