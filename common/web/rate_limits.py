"""Where requests are counted: before anything else happens, by the address they come from.

Source: src/SharedWeb (IpRateLimitOptions: RealIpHeader); spec/identity-and-accounts.md 13.5.
"""

from flask import current_app, request

from common.context import Context
from common.rate_limits.service import count_call

REAL_ADDRESS = "X-Connecting-IP"


def enforce() -> None:
    """Count the request. Raises 429."""
    service, _, rest = request.path.strip("/").partition("/")
    address = request.headers.get(REAL_ADDRESS) or request.remote_addr or ""
    ctx: Context = current_app.extensions["wardenloop"]
    count_call(ctx, address, service.lower(), request.method, "/" + rest)
