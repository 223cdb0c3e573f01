"""The page on which an owner sees, makes and rotates the billing sync token: three views of one dialog.

The token is only ever in the answer to a form, never behind an address. Once the master password was given, the page
carries a sealed proof of it for a few minutes, so that rotating does not ask again. Source: fidelity.md:
pages.organization-billing.
"""

import json
from datetime import timedelta
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from cloud_sim.billing_sync import rules, service
from cloud_sim.context import context
from common.domains.accounts.service import User, require_user
from common.domains.organizations.models import Organization, OrganizationApiKey
from common.domains.sponsorships.service import last_sync
from common.server import policy
from common.server.operation import OPTIONAL_TEXT, TEXT, page
from common.ui.answers import FieldProblem
from common.ui.forms import FIELD
from common.ui.guards import me, signed_in
from common.ui.pages import page_blueprint, render
from common.ui.visit import say

bp = page_blueprint("billing_sync_pages", __name__)

TOKEN = "/organizations/<uuid:organization_id>/billing/sync-token"
PROOF_LASTS = timedelta(minutes=15)
PROOF_FORM = {FIELD: TEXT, "proof": TEXT}

_PROOF = "BillingSyncProof"


@bp.get(TOKEN)
@policy.page(signed_in)
@page()
def ask_for_password(organization_id: UUID) -> ResponseReturnValue:
    """View 1: the master password."""
    ctx = context()
    organization = service.require_token_access(ctx, me().id, organization_id)
    return render(
        "billing_sync/verify.html",
        organization=organization,
        has_token=service.has_token(ctx, organization),
        kdf=_kdf(require_user(ctx, me().id)),
    )


def _kdf(user: User) -> str:
    settings = (user.kdf, user.kdf_iterations, user.kdf_memory, user.kdf_parallelism)
    return json.dumps(dict(zip(("type", "iterations", "memory", "parallelism"), settings, strict=True)))


@bp.post(TOKEN)
@policy.page(signed_in)
@page(form={FIELD: TEXT, "masterPasswordHash": OPTIONAL_TEXT, "proof": OPTIONAL_TEXT})
def show_token(organization_id: UUID) -> ResponseReturnValue:
    """View 2: the token, made if there was none."""
    ctx = context()
    organization = service.require_token_access(ctx, me().id, organization_id)
    password_hash = _proven(organization_id) if "proof" in request.form else request.form.get("masterPasswordHash")
    token = service.reveal_token(ctx, me().id, organization_id, password_hash)
    return _token_page(organization, token, password_hash)


@bp.post(f"{TOKEN}/rotation-warning")
@policy.page(signed_in)
@page(form=PROOF_FORM)
def warn_of_rotation(organization_id: UUID) -> ResponseReturnValue:
    """View 3: what follows from a new token."""
    organization = service.require_token_access(context(), me().id, organization_id)
    _proven(organization_id)
    return render("billing_sync/rotate.html", organization=organization, proof=request.form["proof"])


@bp.post(f"{TOKEN}/rotate")
@policy.page(signed_in)
@page(form=PROOF_FORM)
def rotate_token(organization_id: UUID) -> ResponseReturnValue:
    """Replace the token; view 2 again."""
    ctx = context()
    organization = service.require_token_access(ctx, me().id, organization_id)
    password_hash = _proven(organization_id)
    token = service.rotate_token(ctx, me().id, organization_id, password_hash)
    say("billingSyncApiKeyRotated")
    return _token_page(organization, token, password_hash)


def _token_page(
    organization: Organization, token: OrganizationApiKey, password_hash: str | None
) -> ResponseReturnValue:
    ctx = context()
    synced = last_sync(ctx, organization.id)
    return render(
        "billing_sync/token.html",
        organization=organization,
        token=token.api_key,
        last_sync=synced,
        days_unseen=rules.days_unseen(token.revision_date, synced, ctx.clock.now()),
        proof=_seal(organization.id, password_hash),
    )


def _seal(organization_id: UUID, password_hash: str | None) -> str:
    ctx = context()
    content = {"user": str(me().id), "organization": str(organization_id), "hash": password_hash}
    return ctx.protector.protect(_PROOF, content, ctx.clock.now() + PROOF_LASTS)


def _proven(organization_id: UUID) -> str:
    """The hash that was proven on this page; the service checks it again, as it may have been changed since."""
    ctx = context()
    sealed = ctx.protector.unprotect(_PROOF, request.form.get("proof", ""), ctx.clock.now())
    if sealed is None or (sealed["user"], sealed["organization"]) != (str(me().id), str(organization_id)):
        raise FieldProblem("proof", "x.proofEnded")
    return str(sealed["hash"])
