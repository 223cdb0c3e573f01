"""Who is acting in the request that is served, and with what: what the event log says of each act.

Source: src/Core/Context/CurrentContext.cs, src/Core/Utilities/CoreHelpers.cs (GetIpAddress); fidelity.md: events.log.
"""

from typing import Any, NamedTuple
from uuid import UUID

from flask import current_app, g, has_request_context, request

from common.enums import device_type
from common.server.context import Context

REAL_ADDRESS = "X-Connecting-IP"
LONGEST_ADDRESS = 50
_BROWSERS = (
    ("Edg/", 12),
    ("OPR/", 11),
    ("Vivaldi/", 18),
    ("DuckDuckGo/", 26),
    ("Firefox/", 10),
    ("Chrome/", 9),
    ("Safari/", 17),
)
_UNKNOWN_BROWSER = 14


class Acting(NamedTuple):
    """user_id: who holds the access token, or is signed in to the pages. device_type: number of upstream's DeviceType.
    address: of the network."""

    user_id: UUID | None = None
    installation_id: UUID | None = None
    device_type: int | None = None
    address: str | None = None


def act_as(user_id: UUID) -> None:
    """Say whose browser this is; what a page does is this person's act."""
    g.acting_user_id = user_id


def acting() -> Acting:
    """Nobody where no request is served, and for the control of the simulator: no person's client is there."""
    if not has_request_context() or _policy() == "control":
        return Acting()
    caller = g.get("caller")
    if caller is None:
        return Acting(g.get("acting_user_id"), device_type=_device(None), address=_address())
    return Acting(caller.user_id, caller.installation_id, _device(caller.device_type), _address())


def _policy() -> str | None:
    view: Any = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "policy", None)


def _device(claimed: str | None) -> int | None:
    """The header goes before the claim of the token; a page of ours is the web vault of its browser."""
    named = device_type(request.headers.get("Device-Type", ""))
    if named is None and claimed is not None:
        named = device_type(claimed)
    if named is None and _policy() == "page":
        return browser(request.headers.get("User-Agent", ""))
    return named


def browser(user_agent: str) -> int:
    """The device type of a browser."""
    return next((number for mark, number in _BROWSERS if mark in user_agent), _UNKNOWN_BROWSER)


def _address() -> str | None:
    """Of the peer; the cloud believes the header that its front door sets, whoever sends it."""
    ctx: Context = current_app.extensions["wardenloop"]
    named = None if ctx.side.licensed else request.headers.get(REAL_ADDRESS)
    address = named if named is not None else request.remote_addr
    return address[:LONGEST_ADDRESS] if address is not None else None
