"""Machine clients of the token endpoint: `user.`, `organization.`, `installation.`, `internal.` and who provides them.

Source: src/Identity/IdentityServer/DynamicClientStore.cs, ClientProviders/*.cs; spec/identity-and-accounts.md 6.1.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from common.server.context import Context

HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True)
class MachineClient:
    """A client that proves itself with a secret.

    secret: what `client_secret` must equal. scopes: what it may ask for. lifetime: seconds of its access token.
    claims: put into the token beside `client_id`. user_id: the account it acts for (`user.` clients only).
    issued: called after a token was issued.
    """

    secret: str
    scopes: frozenset[str]
    lifetime: int = HOUR
    claims: Mapping[str, Any] = field(default_factory=dict)
    user_id: UUID | None = None
    issued: Callable[[], None] | None = None


ClientProvider = Callable[["Context", str], MachineClient | None]
"""Finds the client of one identifier (the part after the first dot); None when unknown or not enabled."""


class ClientRegistry:
    """The prefixes that this app serves."""

    def __init__(self, providers: Mapping[str, ClientProvider]) -> None:
        self._providers = dict(providers)

    def find(self, ctx: "Context", client_id: str) -> MachineClient | None:
        """The client behind `prefix.identifier`, or None."""
        prefix, _, identifier = client_id.partition(".")
        provider = self._providers.get(prefix)
        return provider(ctx, identifier) if provider else None
