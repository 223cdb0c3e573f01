"""Creating and deleting organizations of the cloud.

Source: src/Core/AdminConsole/OrganizationFeatures/Organizations/{CloudOrganizationSignUp,OrganizationDelete}Command.cs.
"""

from dataclasses import replace
from uuid import UUID

from cloud_sim.organizations import rules
from cloud_sim.organizations.rules import SignUp
from cloud_sim.subscriptions import service as subscriptions
from cloud_sim.subscriptions.checkout.rules import first_seats
from cloud_sim.subscriptions.checkout.service import become, premium_to_become
from cloud_sim.subscriptions.payments.service import Payment, set_billing_address, set_payment_method
from cloud_sim.subscriptions.rules import check_payment
from common.crypto.master_password import SecretProof
from common.domains.accounts import service as accounts
from common.domains.organizations import service as organizations
from common.domains.organizations.api_keys.service import create_key
from common.domains.organizations.compliance import check_may_found
from common.domains.organizations.members.service import FREE_ADMIN
from common.domains.organizations.models import Organization
from common.domains.organizations.rules import stored_name
from common.domains.organizations.service import LICENSE_KEY_LENGTH
from common.enums import ApiKeyType, PlanType
from common.errors import bad_request
from common.plans import PLANS, Plan, plan_of, sign_up_abilities
from common.server.context import Context


def create_organization(ctx: Context, owner_id: UUID, wanted: SignUp) -> Organization:
    """Make an organization with its owner, its API key, its first collection and, unless Free, its subscription.

    Raises 400 for what the plan does not sell, for a second Free organization of one administrator and for a declined
    payment.
    """
    owner = accounts.lock_user(ctx, owner_id)
    plan = rules.check_plan(plan_of(wanted.plan_type), wanted)
    check_may_found(ctx, owner.id)
    check_payment(wanted.payment[1] if wanted.payment else None)
    if plan.type == PlanType.FREE and organizations.administers_free_organization(ctx, owner.id):
        raise bad_request(FREE_ADMIN, rule="organization.one-free")
    organization = _new_organization(ctx, plan, wanted)
    ctx.session.add(organization)
    ctx.session.flush()
    if plan.type != PlanType.FREE:
        subscriptions.start_for_organization(
            ctx,
            organization,
            plan,
            trial_days=rules.trial_days(plan, wanted),
            storage_gb=organization.max_storage_gb or 0,
            premium_access=wanted.premium_access,
        )
    if wanted.payment:
        set_payment_method(ctx, organization, Payment(*wanted.payment), wanted.address)
    create_key(ctx, organization.id, ApiKeyType.DEFAULT)
    member = organizations.add_owner(ctx, organization, owner, wanted.key)
    if wanted.collection_name:
        organizations.create_collection(ctx, organization, wanted.collection_name, managed_by=member)
    return organization


def upgrade_premium(ctx: Context, owner_id: UUID, wanted: SignUp) -> Organization:
    """Turn the premium of a user into an organization, whose subscription goes on where that of premium was.

    Raises 400 without premium or payment method. Source: src/Core/Billing/Premium/Commands/
    UpgradePremiumToOrganizationCommand.cs; fidelity.md: billing.premium-upgrade.
    """
    owner = accounts.lock_user(ctx, owner_id)
    plan = PLANS[PlanType(wanted.plan_type)]
    premium_to_become(ctx, owner)
    organization = _new_organization(ctx, plan, replace(wanted, billing_email=owner.email))
    organization.seats = first_seats(plan)
    ctx.session.add(organization)
    ctx.session.flush()
    become(ctx, owner, organization, plan)
    if wanted.address is not None:
        set_billing_address(ctx, organization, wanted.address)
    create_key(ctx, organization.id, ApiKeyType.DEFAULT)
    member = organizations.add_owner(ctx, organization, owner, wanted.key)
    if wanted.collection_name and wanted.collection_name.strip():
        organizations.create_collection(ctx, organization, wanted.collection_name, managed_by=member)
    return organization


def _new_organization(ctx: Context, plan: Plan, wanted: SignUp) -> Organization:
    now = ctx.clock.now()
    organization = Organization(
        id=ctx.ids.uuid(),
        name=stored_name(wanted.name),
        business_name=stored_name(wanted.business_name) if wanted.business_name else None,
        billing_email=wanted.billing_email,
        plan=plan.name,
        plan_type=plan.type,
        enabled=True,
        license_key=ctx.ids.secret(LICENSE_KEY_LENGTH),
        seats=plan.password_manager.base_seats + wanted.additional_seats,
        max_autoscale_seats=wanted.max_autoscale_seats,
        max_collections=plan.password_manager.max_collections,
        max_storage_gb=(plan.password_manager.base_storage_gb or 0) + wanted.additional_storage_gb,
        use_secrets_manager=wanted.use_secrets_manager,
        public_key=wanted.public_key,
        private_key=wanted.private_key,
        creation_date=now,
        revision_date=now,
        **sign_up_abilities(plan, premium_access=wanted.premium_access),
    )
    if wanted.use_secrets_manager and plan.secrets_manager is not None:
        organization.sm_seats = plan.secrets_manager.base_seats + wanted.additional_sm_seats
        organization.sm_service_accounts = (
            plan.secrets_manager.base_service_accounts + wanted.additional_service_accounts
        )
    return organization


def delete_organization(ctx: Context, caller_id: UUID, organization_id: UUID, proof: SecretProof) -> None:
    """Delete an organization with everything in it. Raises 404 for others than owners, the slow 400 for a wrong secret.

    Source also: src/Api/AdminConsole/Controllers/OrganizationsController.cs (Delete).
    """
    organizations.prove_owner(ctx, caller_id, organization_id, proof)
    ctx.session.delete(organizations.lock_deletable(ctx, caller_id, organization_id))
