"""HTTP of billing history. Source: src/Api/Billing/Controllers/{Accounts,Organization}BillingController.cs;
fidelity.md: billing.history.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from uuid import UUID

from flask import Blueprint, Response

from cloud_sim.providers.service import provider_of
from cloud_sim.subscriptions import service
from cloud_sim.subscriptions.history import answers, rules
from cloud_sim.subscriptions.history.rules import Invoice
from cloud_sim.subscriptions.history.service import invoices_of
from cloud_sim.subscriptions.models import Subscription
from cloud_sim.subscriptions.payments.answers import payment_source
from cloud_sim.subscriptions.payments.service import customer_of
from cloud_sim.subscriptions.settling import Subscriber, terms_of
from common.domains.accounts.service import require_user
from common.domains.organizations.rules import is_owner
from common.domains.organizations.service import known_organization, membership
from common.errors import unauthorized
from common.server import policy
from common.server.app import context
from common.server.body import answer, bare, query_moment, query_text
from common.server.failures import NoRight
from common.server.operation import operation
from common.wire.billing import (
    AccountBillingHistory,
    BillingInvoice,
    BillingTransaction,
    OrganizationBilling,
    OrganizationBillingHistory,
)

bp = Blueprint("billing_history", __name__)

HISTORY = 20
"""Invoices of a whole history."""


def _invoices(subscriber: Subscriber, subscription: Subscription | None) -> Iterator[Invoice]:
    terms = terms_of(subscription) if subscription is not None else None
    return iter(invoices_of(context(), subscriber.id, subscription, terms))


def _own() -> Iterator[Invoice]:
    ctx = context()
    user = require_user(ctx, policy.caller().user)
    return _invoices(user, service.subscription_of_user(ctx, user))


def _of_organization(organization_id: UUID) -> Iterator[Invoice] | None:
    """None for everybody but its owners, and for these too where a provider has the billing."""
    ctx = context()
    member = membership(ctx, organization_id, policy.caller().user)
    if member is None or not is_owner(member) or provider_of(ctx, organization_id) is not None:
        return None
    organization = known_organization(ctx, organization_id)
    return _invoices(organization, service.subscription_of_organization(ctx, organization))


def _require(found: Iterator[Invoice] | None) -> Iterator[Invoice]:
    """A bare 401 for whoever may not look."""
    if found is None:
        raise NoRight
    return found


def _page(found: Iterator[Invoice]) -> Response:
    chosen = rules.page(found, status=query_text("status"), after=query_text("startAfter"))
    return bare([each.wire() for each in answers.invoices(chosen)])


def _charges(found: Iterator[Invoice]) -> Response:
    before: datetime | None = query_moment("startAfter")
    chosen = islice(rules.charges(found, before=before), rules.PAGE)
    return bare([each.wire() for each in answers.transactions(chosen)])


@bp.get("/accounts/billing/history")
@policy.application
@operation(answer=AccountBillingHistory)
def show_account_history() -> Response:
    """What the caller was charged for premium."""
    found = list(islice(_own(), HISTORY))
    return answer(
        AccountBillingHistory(
            invoices=answers.history_invoices(found),
            transactions=answers.history_transactions(rules.charges(iter(found))),
        )
    )


@bp.get("/accounts/billing/invoices")
@policy.application
@operation(query=["status", "startAfter"], answer=list[BillingInvoice])
def list_account_invoices() -> Response:
    """Invoices for the caller's premium, five at a time, without the list envelope."""
    return _page(_own())


@bp.get("/accounts/billing/transactions")
@policy.application
@operation(query=["startAfter"], answer=list[BillingTransaction])
def list_account_transactions() -> Response:
    """Charges for the caller's premium, five at a time, without the list envelope."""
    return _charges(_own())


@bp.get("/organizations/<uuid:organization_id>/billing")
@policy.application
@operation(answer=OrganizationBilling)
def show_organization_billing(organization_id: UUID) -> Response:
    """Balance and payment method of an organization, for its owners; an envelope with 401 for others."""
    if _of_organization(organization_id) is None:
        raise unauthorized("billing.history")
    ctx = context()
    customer = customer_of(ctx, known_organization(ctx, organization_id))
    return answer(OrganizationBilling(payment_source=payment_source(customer)))


@bp.get("/organizations/<uuid:organization_id>/billing/history")
@policy.application
@operation(answer=OrganizationBillingHistory)
def show_organization_history(organization_id: UUID) -> Response:
    """What an organization was charged, for its owners; an envelope with 401 for others."""
    found = _of_organization(organization_id)
    if found is None:
        raise unauthorized("billing.history")
    listed = list(islice(found, HISTORY))
    return answer(
        OrganizationBillingHistory(
            invoices=answers.invoices(listed), transactions=answers.transactions(rules.charges(iter(listed)))
        )
    )


@bp.get("/organizations/<uuid:organization_id>/billing/invoices")
@policy.application
@operation(query=["status", "startAfter"], answer=list[BillingInvoice])
def list_organization_invoices(organization_id: UUID) -> Response:
    """Invoices of an organization, five at a time, without the list envelope; a bare 401 for others than owners."""
    return _page(_require(_of_organization(organization_id)))


@bp.get("/organizations/<uuid:organization_id>/billing/transactions")
@policy.application
@operation(query=["startAfter"], answer=list[BillingTransaction])
def list_organization_transactions(organization_id: UUID) -> Response:
    """Charges of an organization, five at a time, without the list envelope; a bare 401 for others than owners."""
    return _charges(_require(_of_organization(organization_id)))
