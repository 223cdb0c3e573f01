"""Calling the push relay. Source: src/Core/Platform/Push, src/Core/Platform/PushRegistration."""

from selfhost.cloud.client import CloudClient
from selfhost.cloud.tokens import PUSH_SCOPE
from selfhost.cloud.trouble import Part
from selfhost.context import SelfHostContext


def relay_client(ctx: SelfHostContext) -> CloudClient:
    """The conversation with the relay."""
    return CloudClient(ctx, PUSH_SCOPE, Part.PUSH)


def tell_relay(relay: CloudClient, path: str, body: object) -> None:
    """Make one call; a call that fails is logged and forgotten, as upstream does."""
    relay.send("POST", path, body, bytes)
