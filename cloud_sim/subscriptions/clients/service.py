"""Providers and their organizations: what upstream's staff and the providers' people would do in portals of theirs.

Source: bitwarden_license/src/Commercial.Core/Billing/Providers/Services/ProviderBillingService.cs
(AddExistingOrganization), bitwarden_license/src/Commercial.Core/AdminConsole/Services/ProviderService.cs,
bitwarden_license/src/Commercial.Core/AdminConsole/Providers/RemoveOrganizationFromProviderCommand.cs;
fidelity.md: organization.providers.
"""

from uuid import UUID

from cloud_sim.providers import rules
from cloud_sim.providers import service as providers
from cloud_sim.providers.models import Provider
from cloud_sim.providers.rules import PERIOD_MONTHS, ProviderType
from cloud_sim.subscriptions import mails, service
from cloud_sim.subscriptions.payments.service import forget_payment_method
from cloud_sim.subscriptions.plan_changes import move_to_plan
from cloud_sim.subscriptions.rules import ENDED, send_invoices
from cloud_sim.subscriptions.settling import change
from common.domains.organizations.models import Organization
from common.domains.organizations.rules import display_name
from common.domains.organizations.service import has_owner_besides, lock_organization, owner_addresses
from common.enums import OrganizationStatus
from common.errors import bad_request, conflict, not_found
from common.plans import PLANS, Plan, plan_of
from common.server.context import Context
from common.server.outbox.service import queue


def open_provider(ctx: Context, name: str, kind: ProviderType, billing_email: str) -> Provider:
    """A new provider; one that manages organizations is subscribed for them."""
    now = ctx.clock.now()
    provider = Provider(
        id=ctx.ids.uuid(),
        name=name,
        type=kind,
        enabled=True,
        billing_email=billing_email,
        creation_date=now,
        revision_date=now,
    )
    ctx.session.add(provider)
    ctx.session.flush()
    if rules.pays_for_clients(kind):
        service.start_for_provider(ctx, provider, PERIOD_MONTHS[kind])
    return provider


def cause(ctx: Context, provider_id: UUID, event: str) -> Provider:
    """Have something happen to a provider's subscription; its organizations are switched off and on with it."""
    provider = _locked(ctx, provider_id)
    organizations, clients = providers.lock_clients(ctx, [provider_id])
    service.cause(ctx, provider, event, [organizations[each] for each in clients.get(provider_id, ())])
    return provider


def take_on(ctx: Context, organization_id: UUID, provider_id: UUID) -> Provider:
    """Have a provider manage, or resell, an organization. Raises 409 when one does already, 400 for its plan."""
    provider = _locked(ctx, provider_id)
    organization = _locked_organization(ctx, organization_id)
    if providers.provider_of(ctx, organization.id) is not None:
        raise conflict("Organization already belongs to a provider.", rule="provider.taken")
    plan = rules.managed_plan(provider.type, organization.tier)
    if rules.pays_for_clients(provider.type):
        _manage(ctx, organization, provider, PLANS[plan])
    else:
        _send_invoices(ctx, organization)
    providers.link(ctx, organization.id, provider)
    return provider


def _manage(ctx: Context, organization: Organization, provider: Provider, plan: Plan) -> None:
    """From now on the provider's subscription pays; the organization's own is gone, its invoices stay."""
    service.remove_subscription(ctx, organization, None)
    move_to_plan(ctx, organization, plan)
    organization.max_storage_gb = plan.password_manager.base_storage_gb
    organization.billing_email = provider.billing_email
    organization.max_autoscale_seats = None
    organization.status = OrganizationStatus.MANAGED


def _send_invoices(ctx: Context, organization: Organization) -> None:
    subscription = service.subscription_of_organization(ctx, organization)
    if subscription is not None and subscription.status not in ENDED:
        change(ctx, subscription, organization, send_invoices)


def let_go(ctx: Context, organization_id: UUID) -> None:
    """Have an organization pay for itself again, by invoices; its owners are mailed.

    Raises 404 without a provider, 400 without an owner.
    """
    organization = _locked_organization(ctx, organization_id)
    provider = providers.provider_of(ctx, organization.id)
    if provider is None:
        raise not_found("provider.none")
    if not has_owner_besides(ctx, organization.id):
        raise bad_request("Organization must have at least one confirmed owner.", rule="provider.owner")
    owners = owner_addresses(ctx, organization.id)
    organization.billing_email = min(owners)
    plan = plan_of(organization.plan_type)
    if organization.status == OrganizationStatus.MANAGED and plan is not None:
        organization.status = OrganizationStatus.CREATED
        service.start_for_organization(ctx, organization, plan, trial_days=0, by_invoice=True)
    else:
        _send_invoices(ctx, organization)
        forget_payment_method(ctx, organization)
    providers.unlink(ctx, organization.id)
    for each in owners:
        queue(ctx, mails.update_payment_method(each, display_name(organization.name) or "", provider.name))


def _locked(ctx: Context, provider_id: UUID) -> Provider:
    provider = providers.lock_providers(ctx, [provider_id]).get(provider_id)
    if provider is None:
        raise not_found("sim.provider")
    return provider


def _locked_organization(ctx: Context, organization_id: UUID) -> Organization:
    organization = lock_organization(ctx, organization_id)
    if organization is None:
        raise not_found("sim.organization")
    return organization
