"""Pages on which licence files are applied: a person's premium, a new organization, an organization's licence.

Source: fidelity.md: pages.premium, pages.organization-billing, license.create.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from common.domains.accounts.service import require_user
from common.domains.organizations.rules import display_name
from common.domains.organizations.service import require_owner
from common.enums import ProductTier
from common.errors import Refusal
from common.license.model import OrganizationLicense, fields_of
from common.server import policy
from common.server.operation import FILE, TEXT, page
from common.server.upload import read_file
from common.ui.answers import FieldProblem, done, explain_at, go
from common.ui.forms import FIELD
from common.ui.guards import me, signed_in
from common.ui.pages import page_blueprint, render
from common.ui.visit import read_cookie, visit
from common.wire.selfhost import LicenseForm
from selfhost.billing_sync import service as billing_sync
from selfhost.billing_sync.pages import LAST_FAILURE
from selfhost.context import context
from selfhost.licensing import service
from selfhost.licensing.service import Change
from selfhost.licensing.subscription import paid_term
from selfhost.organizations.service import NewVault, Organization
from selfhost.sponsorships import runs

bp = page_blueprint("licensing_pages", __name__)

PREMIUM = "/settings/subscription/premium"
MEMBERSHIP = "/settings/subscription/user-subscription"
OF_ORGANIZATION = "/organizations/<uuid:organization_id>/billing/subscription"
UPLOAD_FORM = {FIELD: TEXT, "license": FILE}
CREATION_FORM = UPLOAD_FORM | dict.fromkeys(("key", "collectionName", "publicKey", "encryptedPrivateKey"), TEXT)

PREMIUM_FILE = "bitwarden_premium_license.json"
ORGANIZATION_FILE = "bitwarden_organization_license.json"

CHANGES = "license-changes"


def _uploaded() -> bytes | None:
    part = request.files.get("license")
    if part is None or not part.filename:
        raise FieldProblem("license", "selectFile")
    return read_file("license")


# --- premium


@bp.get("/settings/subscription")
@policy.page(signed_in)
@page()
def show_own_subscription() -> ResponseReturnValue:
    """Lead to the page that fits."""
    return go(MEMBERSHIP if me().premium else PREMIUM)


@bp.get(PREMIUM)
@policy.page(signed_in)
@page()
def show_premium_upload() -> ResponseReturnValue:
    """Where a person without premium uploads the licence."""
    if me().premium:
        return go(MEMBERSHIP)
    return render("licensing/premium.html", file_name=PREMIUM_FILE, cloud_vault=context().deployment.cloud_vault_url)


@bp.post(PREMIUM)
@policy.page(signed_in)
@page(form=UPLOAD_FORM)
def become_premium() -> ResponseReturnValue:
    """Apply the first premium licence."""
    _apply_premium()
    return done(MEMBERSHIP, "premiumUpdated")


@bp.get(MEMBERSHIP)
@policy.page(signed_in)
@page()
def show_membership() -> ResponseReturnValue:
    """How long premium lasts on this server."""
    ctx = context()
    if not me().premium:
        return go(PREMIUM)
    end = require_user(ctx, me().id).premium_expiration_date
    expired = end is not None and end <= ctx.clock.now()
    return render("licensing/membership.html", end=end, expired=expired, cloud_vault=ctx.deployment.cloud_vault_url)


@bp.get("/settings/subscription/update-license")
@policy.page(signed_in)
@page()
def show_premium_update() -> ResponseReturnValue:
    """The dialog in which a newer premium licence is uploaded."""
    return render("licensing/update_premium.html", file_name=PREMIUM_FILE)


@bp.post("/settings/subscription/update-license")
@policy.page(signed_in)
@page(form=UPLOAD_FORM)
def update_premium() -> ResponseReturnValue:
    """Apply a newer premium licence."""
    _apply_premium()
    return done(MEMBERSHIP, "licenseUploadSuccess")


def _apply_premium() -> None:
    content, user = _uploaded(), me()
    if not user.email_verified:
        raise FieldProblem("license", "verifyEmailFirst")
    service.apply_premium_license(context(), user.id, content)


# --- a new organization


@bp.get("/create-organization")
@policy.page(signed_in)
@page()
def show_creation() -> ResponseReturnValue:
    """Where an organization is made of a licence file."""
    installation_id = context().deployment.installation_id
    return render("licensing/create_organization.html", file_name=ORGANIZATION_FILE, installation_id=installation_id)


@bp.post("/create-organization")
@policy.page(signed_in)
@page(form=CREATION_FORM)
def create_organization() -> ResponseReturnValue:
    """Create the organization with the keys that a script in the page has made for it."""
    content, form = _uploaded(), request.form
    keys = {"publicKey": form.get("publicKey"), "encryptedPrivateKey": form.get("encryptedPrivateKey")}
    sent = LicenseForm.read(
        {"license": "present", "key": form.get("key"), "collectionName": form.get("collectionName"), "keys": keys}
    )
    vault = NewVault(
        key=sent.key,
        collection_name=sent.collection_name,
        public_key=sent.keys.public_key if sent.keys else None,
        private_key=sent.keys.encrypted_private_key if sent.keys else None,
    )
    organization = service.create_organization_from_license(context(), me().id, content, vault)
    return done(f"/organizations/{organization.id}", "organizationCreated", "organizationReadyToGo")


# --- the licence of an organization


class Renewal(NamedTuple):
    """How an organization's licence is renewed, and what may be done here and now.

    communication: cloud communication is on. sync: the billing sync connection. failure: why the last sync failed.
    """

    upload_only: bool
    communication: bool
    sync: billing_sync.BillingSync | None
    failure: billing_sync.SyncFailure | None
    sponsorships_synced: datetime | None
    host: str

    @property
    def may_sync(self) -> bool:
        """Whether the cloud can be asked for the licence."""
        return self.communication and self.sync is not None and self.sync.enabled


@bp.get(OF_ORGANIZATION)
@policy.page(signed_in)
@page()
def show_organization_license(organization_id: UUID) -> ResponseReturnValue:
    """Plan and term of an organization, and both ways to a newer licence; open to owners of a suspended one, too."""
    ctx = context()
    organization = require_owner(ctx, organization_id, me().id)
    term = paid_term(ctx, organization_id)
    paid_until, suspended_at = (term.paid_until, term.suspended_at) if term else (organization.expiration_date, None)
    return render(
        "licensing/organization.html",
        organization=organization,
        readable=term is not None and term.readable,
        ends=paid_until,
        suspended_at=suspended_at if suspended_at != paid_until else None,
        now=ctx.clock.now(),
        renewal=_renewal(organization),
        changes=_told_changes(organization_id),
        file_name=ORGANIZATION_FILE,
        installation_id=ctx.deployment.installation_id,
        cloud_page=_cloud_page(term.cloud_id if term else None),
    )


def _cloud_page(cloud_id: UUID | None) -> str:
    """Where this organization's subscription is on the cloud; the vault there when its id is not known."""
    path = f"#/organizations/{cloud_id}/billing/subscription" if cloud_id else ""
    return context().deployment.cloud_vault_url + path


def _renewal(organization: Organization) -> Renewal:
    ctx = context()
    return Renewal(
        upload_only=organization.tier == ProductTier.FAMILIES,
        communication=billing_sync.is_sync_possible(ctx),
        sync=billing_sync.billing_sync_of(ctx, organization.id),
        failure=billing_sync.last_failure(ctx, organization.id, billing_sync.LICENSE_SYNC),
        sponsorships_synced=runs.last_sync(ctx, organization.id),
        host=urlsplit(ctx.deployment.cloud_api_url).netloc,
    )


@bp.post(f"{OF_ORGANIZATION}/license")
@policy.page(signed_in)
@page(form=UPLOAD_FORM)
def update_license(organization_id: UUID) -> ResponseReturnValue:
    """Apply an uploaded licence."""
    changes = service.update_license(context(), me().id, organization_id, _uploaded())
    _tell_changes(organization_id, changes)
    return done(f"/organizations/{organization_id}/billing/subscription", "licenseUploadSuccess")


@bp.post(f"{OF_ORGANIZATION}/sync")
@policy.page(signed_in)
@page(form={FIELD: TEXT}, statuses=(409, 504))
def sync_license(organization_id: UUID) -> ResponseReturnValue:
    """Fetch the licence from the cloud. Whatever fails on the way there has one text; the details tell more."""
    try:
        changes = service.sync_license(context(), me().id, organization_id)
    except Refusal as refusal:
        if refusal.rule == service.CLOUD_FAILED:
            explain_at(LAST_FAILURE.format(organization_id=organization_id))
        raise
    _tell_changes(organization_id, changes)
    return done(f"/organizations/{organization_id}/billing/subscription", "licenseSyncSuccess")


# --- what an update changed, told once on the page that follows

_SHOWN_BY_NAME = {"expiration_date": "Expires"} | {each.attribute: each.name for each in fields_of(OrganizationLicense)}
_NEVER_SHOWN = ("license_key",)


def _tell_changes(organization_id: UUID, changes: Sequence[Change]) -> None:
    told = [
        {"name": _SHOWN_BY_NAME[each.name], "before": _plain(each.before), "after": _plain(each.after)}
        for each in changes
        if each.name not in _NEVER_SHOWN
    ]
    sealed = context().protector.protect(CHANGES, {"organization": str(organization_id), "changes": told})
    visit().remember(CHANGES, sealed)


def _told_changes(organization_id: UUID) -> list[dict[str, str]] | None:
    ctx = context()
    cookie = read_cookie(CHANGES)
    if cookie is None:
        return None
    visit().remember(CHANGES, None)
    sealed = ctx.protector.unprotect(CHANGES, cookie, ctx.clock.now())
    if sealed is None or sealed["organization"] != str(organization_id):
        return None
    told = sealed["changes"]
    return [each | {part: _word(each["name"], each[part]) for part in ("before", "after")} for each in told]


def _plain(value: Any) -> Any:
    return {"moment": value.isoformat()} if isinstance(value, datetime) else value


def _word(name: str, value: Any) -> str:
    """What stood or stands in a member of the licence, in the language of whoever looks."""
    t = visit().texts
    match value:
        case bool():
            yes, no = ("admin.enabled", "admin.disabled") if name == "Enabled" else ("x.yes", "x.no")
            return t(yes if value else no)
        case {"moment": str(moment)}:
            return t.date(datetime.fromisoformat(moment))
        case str():
            return t.plan(value) if name == "Plan" else display_name(value) or "–"
        case _:
            return "–" if value is None else str(value)
