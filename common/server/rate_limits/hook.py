"""Where requests are counted: before anything else happens, by the address they come from.

The header that names the caller is believed of ourselves and of known proxies only: anybody can send it.
Source: src/Api/appsettings.json (IpRateLimitOptions: RealIpHeader); fidelity.md: wire.rate-limits;
src/SharedWeb/Utilities/ServiceCollectionExtensions.cs (KnownProxies, KnownNetworks).
"""

from ipaddress import ip_address

from flask import current_app, request

from common.server.acting import REAL_ADDRESS
from common.server.context import Context
from common.server.rate_limits.service import count_call


def enforce() -> None:
    """Count the request. Raises 429."""
    service, _, rest = request.path.strip("/").partition("/")
    ctx: Context = current_app.extensions["wardenloop"]
    count_call(ctx, _address(ctx), service.lower(), request.method, "/" + rest)


def _address(ctx: Context) -> str:
    peer = request.remote_addr or ""
    named = request.headers.get(REAL_ADDRESS)
    return named if named and _is_known_proxy(ctx, peer) else peer


def _is_known_proxy(ctx: Context, peer: str) -> bool:
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or any(address in network for network in ctx.settings.known_proxies)
