"""Machine clients of the token endpoint: finding them, and the two that both apps serve (API keys).

Source: src/Identity/IdentityServer/DynamicClientStore.cs, ClientProviders/{User,Organization}ClientProvider.cs.
"""

from uuid import UUID

from common.domains.accounts.service import find_user
from common.domains.organizations.memberships import public_api_key
from common.domains.organizations.service import find_organization
from common.enums import ApiKeyType
from common.server.clients import MachineClient
from common.server.context import Context
from common.server.observed import TokenCause, note_cause, observed


def find_client(ctx: Context, client_id: str) -> MachineClient | None:
    """The client behind `prefix.identifier`, or None."""
    prefix, _, identifier = client_id.partition(".")
    provider = ctx.clients.get(prefix)
    return provider(ctx, identifier) if provider else None


def user_client(ctx: Context, identifier: str) -> MachineClient | None:
    """`user.<id>`: signs in as the user with the personal API key."""
    user_id = _uuid(identifier)
    user = find_user(ctx, user_id) if user_id else None
    if user is None:
        return None
    return MachineClient(secret=user.api_key, scopes=frozenset({"api"}), user_id=user.id)


def organization_client(ctx: Context, identifier: str) -> MachineClient | None:
    """`organization.<id>`: the organization's default API key; needs it enabled and allowed to use the API."""
    organization_id = _uuid(identifier)
    secret = public_api_key(ctx, organization_id, ApiKeyType.DEFAULT) if organization_id else None
    if secret is None:
        if organization_id and observed() and find_organization(ctx, organization_id):
            note_cause(TokenCause.DISABLED)
        return None
    claims = {"client_sub": str(organization_id), "client_type": "Organization"}
    return MachineClient(secret=secret, scopes=frozenset({"api.organization"}), claims=claims)


def cause_of_refusal(client_id: str, secret: str | None, *, known: bool) -> TokenCause:
    """What is wrong with a pair of id and secret that proves nobody, as far as the pair tells. known: the id is.

    The wire does not say: fidelity.md: identity.token-refusals.
    """
    if known:
        return TokenCause.WRONG_KEY
    prefix, _, identifier = client_id.partition(".")
    if prefix and _uuid(identifier):
        return TokenCause.UNKNOWN_ID
    return TokenCause.SWAPPED if identifier and _uuid(secret or "") else TokenCause.MALFORMED_ID


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
