"""Finding providers and the organizations that they manage or resell. Source: fidelity.md: organization.providers."""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa

from cloud_sim.providers.models import Provider, ProviderOrganization
from common.domains.organizations.models import Organization
from common.domains.organizations.service import lock_organizations
from common.server.context import Context, Manager
from common.server.locks import lock_rows


def provider_of(ctx: Context, organization_id: UUID) -> Provider | None:
    """Who manages or resells an organization, None = nobody (one statement)."""
    return ctx.session.scalar(
        sa.select(Provider)
        .join(ProviderOrganization, ProviderOrganization.provider_id == Provider.id)
        .where(ProviderOrganization.organization_id == organization_id)
    )


def managers_of(ctx: Context, organization_ids: Iterable[UUID]) -> dict[UUID, Manager]:
    """The same for several, by organization, as members are told (one statement)."""
    wanted = list(organization_ids)
    if not wanted:
        return {}
    link = ProviderOrganization
    query = (
        sa.select(link.organization_id, Provider.id, Provider.name, Provider.type)
        .join(Provider, Provider.id == link.provider_id)
        .where(link.organization_id.in_(wanted))
    )
    return {client: Manager(known_as, name, kind) for client, known_as, name, kind in ctx.session.execute(query)}


def find_provider(ctx: Context, provider_id: UUID) -> Provider | None:
    """The provider, or None."""
    return ctx.session.get(Provider, provider_id)


def find_providers(ctx: Context, ids: Iterable[UUID]) -> dict[UUID, Provider]:
    """Several providers by id (one statement)."""
    wanted = list(ids)
    if not wanted:
        return {}
    return {each.id: each for each in ctx.session.scalars(sa.select(Provider).where(Provider.id.in_(wanted)))}


def lock_providers(ctx: Context, ids: Iterable[UUID]) -> dict[UUID, Provider]:
    """Several providers that are about to be changed, or to take organizations on; these are locked after them."""
    return lock_rows(ctx.session, Provider, ids)


def lock_clients(
    ctx: Context, provider_ids: Iterable[UUID], others: Iterable[UUID] = ()
) -> tuple[dict[UUID, Organization], dict[UUID, list[UUID]]]:
    """The organizations of locked providers, and others beside them, locked by id; and which are whose by then.

    Nobody takes one on meanwhile, but one may have been let go before it was locked.
    """
    ids = list(provider_ids)
    found = [each for clients in clients_of(ctx, ids).values() for each in clients]
    locked = lock_organizations(ctx, [*found, *others])
    return locked, clients_of(ctx, ids)


def list_providers(ctx: Context) -> list[Provider]:
    """All of them, the oldest first."""
    return list(ctx.session.scalars(sa.select(Provider).order_by(Provider.creation_date, Provider.id)))


def clients_of(ctx: Context, provider_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """The organizations of providers, by provider (one statement)."""
    wanted = list(provider_ids)
    link, found = ProviderOrganization, dict[UUID, list[UUID]]()
    if wanted:
        query = sa.select(link.provider_id, link.organization_id).where(link.provider_id.in_(wanted))
        for provider_id, organization_id in ctx.session.execute(query.order_by(link.creation_date)):
            found.setdefault(provider_id, []).append(organization_id)
    return found


def link(ctx: Context, organization_id: UUID, provider: Provider) -> None:
    """Have a locked provider manage or resell a locked organization."""
    now = ctx.clock.now()
    ctx.session.add(ProviderOrganization(organization_id=organization_id, provider_id=provider.id, creation_date=now))
    ctx.session.flush()


def unlink(ctx: Context, organization_id: UUID) -> None:
    """Have a locked organization without provider."""
    row = ProviderOrganization
    ctx.session.execute(sa.delete(row).where(row.organization_id == organization_id))
