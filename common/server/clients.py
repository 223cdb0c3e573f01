"""Machine clients of the token endpoint as data. Source: src/Identity/IdentityServer/ClientProviders/*.cs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True)
class MachineClient:
    """A client that proves itself with a secret.

    secret: what `client_secret` must equal. scopes: what it may ask for. lifetime: seconds of its access token.
    claims: put into the token beside `client_id`. user_id: the account it acts for (`user.` clients only).
    issuing: called before a token is issued; gives claims that this token alone has.
    """

    secret: str
    scopes: frozenset[str]
    lifetime: int = HOUR
    claims: Mapping[str, Any] = field(default_factory=dict)
    user_id: UUID | None = None
    issuing: Callable[[], Mapping[str, Any]] | None = None
