"""Pages of the billing sync connection: its token, its end, and why the last sync failed.

Source: fidelity.md: pages.organization-billing, billing-sync.connection, cloud.installations.
"""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from common.domains.organizations.service import require_owner
from common.enums import ProductTier
from common.server import policy
from common.server.operation import TEXT, page
from common.ui.answers import FieldProblem, done
from common.ui.forms import FIELD
from common.ui.guards import me, signed_in
from common.ui.pages import page_blueprint, render
from selfhost.billing_sync import service
from selfhost.context import context

bp = page_blueprint("billing_sync_pages", __name__)

OF_ORGANIZATION = "/organizations/<uuid:organization_id>/billing/sync"
LAST_FAILURE = "/organizations/{organization_id}/billing/sync/last-error"

CAUSES = {
    "not-simulated": "x.causeNotSimulated",
    "no-api-host": "x.causeNoApiHost",
    "wrong-port": "x.causeWrongPort",
    "plain-http-address": "x.causePlainHttp",
    "swapped": "x.causeSwapped",
    "no-such-path": "x.causeNoSuchPath",
    "refused": "x.causeRefused",
    "name-not-resolved": "x.causeNameNotResolved",
    "timeout": "x.causeTimeout",
    "tls": "x.causeTls",
    "tls-expired": "x.causeTlsExpired",
    "tls-name": "x.causeTlsName",
    "no-tls": "x.causeNoTls",
    "proxy": "x.causeProxy",
    "redirected": "x.causeRedirected",
    "web-page": "x.causeWebPage",
    "unreachable": "x.causeUnreachable",
    "invalid-client": "x.causeInvalidClient",
    "token-refused": "x.causeTokenRefused",
    "back-off": "x.causeBackOff",
    "overtaken": "x.causeOvertaken",
    "not-json": "x.causeNotJson",
    "unauthorized": "x.causeUnauthorized",
    "forbidden": "x.causeForbidden",
    "not-found": "x.causeUnknownOrganization",
    "unknown-organization": "x.causeUnknownOrganization",
    "invalid-billing-sync-key": "x.causeInvalidToken",
    "rejected": "x.causeRejected",
    "server-error": "x.causeServerError",
}
"""Reason of a failed sync (selfhost.cloud.trouble.CloudTrouble) -> the text that tells it."""


def _billing_page(organization_id: UUID) -> str:
    return f"/organizations/{organization_id}/billing/subscription"


@bp.get(OF_ORGANIZATION)
@policy.page(signed_in)
@page()
def show_billing_sync(organization_id: UUID) -> ResponseReturnValue:
    """The dialog with the token that is stored."""
    ctx = context()
    organization = require_owner(ctx, organization_id, me().id)
    return render(
        "billing_sync/billing_sync.html",
        organization=organization,
        upload_only=organization.tier == ProductTier.FAMILIES,
        communication=service.is_sync_possible(ctx),
        sync=service.billing_sync_of(ctx, organization_id),
    )


@bp.post(OF_ORGANIZATION)
@policy.page(signed_in)
@page(form={FIELD: TEXT, "billingSyncKey": TEXT})
def save_billing_sync(organization_id: UUID) -> ResponseReturnValue:
    """Store the token; whether it is good shows at the first sync."""
    key = request.form.get("billingSyncKey", "").strip()
    if not key:
        raise FieldProblem("billingSyncKey", "inputRequired")
    service.save_billing_sync_key(context(), me().id, organization_id, key)
    return done(_billing_page(organization_id), "x.tokenSaved")


@bp.get(f"{OF_ORGANIZATION}/delete")
@policy.page(signed_in)
@page()
def ask_about_deletion(organization_id: UUID) -> ResponseReturnValue:
    """The question before the token is deleted."""
    return render("billing_sync/delete.html", organization=require_owner(context(), organization_id, me().id))


@bp.post(f"{OF_ORGANIZATION}/delete")
@policy.page(signed_in)
@page(form={FIELD: TEXT})
def delete_billing_sync(organization_id: UUID) -> ResponseReturnValue:
    """Delete the token here."""
    service.remove_billing_sync(context(), me().id, organization_id)
    return done(_billing_page(organization_id), "x.connectionDeleted")


@bp.get(f"{OF_ORGANIZATION}/last-error")
@policy.page(signed_in)
@page()
def show_last_failure(organization_id: UUID) -> ResponseReturnValue:
    """What really went wrong at the last licence sync, which the wire does not tell."""
    ctx = context()
    organization = require_owner(ctx, organization_id, me().id)
    failure = service.last_failure(ctx, organization_id, service.LICENSE_SYNC)
    return render(
        "billing_sync/last_failure.html",
        organization=organization,
        failure=failure,
        cause=CAUSES.get(failure.reason) if failure else None,
        deployment=ctx.deployment,
    )
