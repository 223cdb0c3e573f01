"""Organization API keys: the public API's client secret, the billing sync token, the SCIM key.

Source: src/Api/AdminConsole/Controllers/OrganizationsController.cs; fidelity.md: billing-sync.api-keys.
"""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa

from common.crypto.master_password import SecretProof
from common.domains.accounts import service as accounts
from common.domains.organizations import rules
from common.domains.organizations.models import Organization, OrganizationApiKey
from common.domains.organizations.service import find_api_key, require_standing
from common.enums import ApiKeyType
from common.errors import invalid_field, not_found
from common.quirks import Quirk
from common.server.context import Context
from common.server.database import inserting
from common.server.locks import lock_row
from common.server.transaction import own_transaction

API_KEY_LENGTH = 30


def create_key(ctx: Context, organization_id: UUID, key_type: ApiKeyType) -> OrganizationApiKey:
    """Make a key: 30 characters out of A-Z a-z 0-9; or find the one that another request has just made."""
    fresh = inserting(ctx.session, OrganizationApiKey).values(
        id=ctx.ids.uuid(),
        organization_id=organization_id,
        type=key_type,
        api_key=ctx.ids.secret(API_KEY_LENGTH),
        revision_date=ctx.clock.now(),
    )
    ctx.session.execute(fresh.on_conflict_do_nothing(index_elements=["organization_id", "type"]))
    key = find_api_key(ctx, organization_id, key_type)
    if key is None:  # the organization is going in this very moment
        raise not_found("api-key.organization-gone")
    return key


def reveal_api_key(
    ctx: Context,
    caller_id: UUID,
    organization_id: UUID,
    key_type: int,
    proof: SecretProof,
) -> OrganizationApiKey:
    """Show the key of one purpose to its owner, making it when there is none.

    Raises 404 for a caller without the right and for a tier without such keys, what the side refuses, and the slow
    400 for a wrong secret. A wrong secret makes no key, unless quirk `key-before-password` asks for upstream's order.
    Source: fidelity.md: billing-sync.api-keys.
    """
    purpose = _require_purpose(key_type)
    organization = _require_access(ctx, caller_id, organization_id, purpose)
    if not rules.offers_api_key(organization.tier, purpose):
        raise not_found("api-key.tier")
    ctx.side.check_api_key(ctx, organization.id, purpose)
    return key_after_proof(ctx, caller_id, organization.id, purpose, proof)


def rotate_api_key(
    ctx: Context,
    caller_id: UUID,
    organization_id: UUID,
    key_type: int,
    proof: SecretProof,
) -> OrganizationApiKey:
    """Replace a key; the old one is refused at once. Like `reveal_api_key`, but upstream asks no tier here."""
    purpose = _require_purpose(key_type)
    organization = _require_access(ctx, caller_id, organization_id, purpose)
    ctx.side.check_api_key(ctx, organization.id, purpose)
    key = key_after_proof(ctx, caller_id, organization.id, purpose, proof)
    replace_key(ctx, key)
    return key


def replace_key(ctx: Context, key: OrganizationApiKey) -> None:
    """Make the key a new one; the old one is refused at once. Raises 404 when its organization has just gone."""
    locked = lock_row(ctx.session, OrganizationApiKey, key.id)
    if locked is None:
        raise not_found("api-key.organization-gone")
    key.api_key = ctx.ids.secret(API_KEY_LENGTH)
    key.revision_date = ctx.clock.now()


def api_key_information(
    ctx: Context, caller_id: UUID, organization_id: UUID, key_type: int | None = None
) -> list[OrganizationApiKey]:
    """The keys there are, of one purpose or of all. Raises 404 for a caller without the right."""
    _require_access(ctx, caller_id, organization_id, key_type)
    query = sa.select(OrganizationApiKey).where(OrganizationApiKey.organization_id == organization_id)
    if key_type is not None:
        query = query.where(OrganizationApiKey.type == key_type)
    return list(ctx.session.scalars(query.order_by(OrganizationApiKey.type)))


def organizations_with_key(ctx: Context, organization_ids: Collection[UUID], key_type: ApiKeyType) -> set[UUID]:
    """Those of these organizations that have a key of this purpose (one statement)."""
    row = OrganizationApiKey
    query = sa.select(row.organization_id).where(row.organization_id.in_(organization_ids), row.type == key_type)
    return set(ctx.session.scalars(query))


def keys_of(ctx: Context, organization_ids: Collection[UUID], key_type: ApiKeyType) -> dict[UUID, OrganizationApiKey]:
    """Their keys of this purpose, by organization (one statement)."""
    row = OrganizationApiKey
    query = sa.select(row).where(row.organization_id.in_(organization_ids), row.type == key_type)
    return {each.organization_id: each for each in ctx.session.scalars(query)}


def _require_purpose(key_type: int) -> ApiKeyType:
    try:
        return ApiKeyType(key_type)
    except ValueError:
        # Upstream runs into an unhandled 500 here.
        raise invalid_field("Type", "The field Type is invalid.", rule="api-key.type") from None


def _require_access(ctx: Context, caller_id: UUID, organization_id: UUID, key_type: int | None) -> Organization:
    def allowed(member: rules.Role) -> bool:
        return rules.may_use_api_key(member, key_type)

    return require_standing(ctx, organization_id, caller_id, allowed).organization


def key_after_proof(
    ctx: Context, caller_id: UUID, organization_id: UUID, purpose: ApiKeyType, proof: SecretProof
) -> OrganizationApiKey:
    """The key for somebody who may have it, made when there is none. Raises the slow 400 for a wrong secret."""
    if ctx.settings.quirk(Quirk.KEY_BEFORE_PASSWORD) and find_api_key(ctx, organization_id, purpose) is None:
        with own_transaction(ctx.session):  # the refusal below takes everything back, and upstream's key stays
            create_key(ctx, organization_id, purpose)
    user = accounts.require_user(ctx, caller_id)
    accounts.require_secret(ctx, user, proof.master_password_hash, proof.otp)
    return find_api_key(ctx, organization_id, purpose) or create_key(ctx, organization_id, purpose)
