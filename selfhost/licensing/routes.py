"""Licence uploads, the licence sync, and how long a licence runs: `/organizations/licenses/self-hosted`,
`/accounts/license`, `/organizations/{id}/subscription`.

Source: src/Api/Controllers/SelfHosted/SelfHostedOrganizationLicensesController.cs; fidelity.md: license.create.
"""

from uuid import UUID

from flask import Blueprint, Response

from common.domains.organizations.answers import organization as organization_answer
from common.server import policy
from common.server.body import answer, nothing, path_uuid, read_json
from common.server.operation import EMPTY_OBJECT, FILE, HTML, OPTIONAL_TEXT, TEXT, operation
from common.server.upload import file_marker, form_text, read_file, require_license
from common.wire.base import ErrorAnswer
from common.wire.master_password import SecretVerification
from common.wire.organizations import OrganizationResponse
from common.wire.selfhost import InstanceOrganizationSubscription, LicenseForm
from selfhost.context import context
from selfhost.licensing import answers, service
from selfhost.licensing.subscription import subscription_of
from selfhost.organizations.service import NewVault

bp = Blueprint("licenses", __name__)

UPLOAD_FORM = {"license": FILE}
CREATION_FORM = UPLOAD_FORM | {
    "key": TEXT,
    "collectionName": OPTIONAL_TEXT,
    "keys.publicKey": OPTIONAL_TEXT,
    "keys.encryptedPrivateKey": OPTIONAL_TEXT,
}


@bp.post("/organizations/licenses/self-hosted")
@policy.application
@operation(form=CREATION_FORM, answer=OrganizationResponse)
def create_organization() -> Response:
    """Create an organization from a licence file."""
    keys = {"publicKey": form_text("keys.publicKey"), "encryptedPrivateKey": form_text("keys.encryptedPrivateKey")}
    form = LicenseForm.read(
        {
            "license": file_marker("license"),
            "key": form_text("key"),
            "collectionName": form_text("collectionName") or None,
            "keys": keys if any(keys.values()) else None,
        }
    )
    vault = NewVault(
        key=form.key,
        collection_name=form.collection_name,
        public_key=form.keys.public_key if form.keys else None,
        private_key=form.keys.encrypted_private_key if form.keys else None,
    )
    organization = service.create_organization_from_license(
        context(), policy.caller().user, read_file("license"), vault
    )
    return answer(organization_answer(organization))


@bp.post("/organizations/licenses/self-hosted/<organization_id>")
@policy.application
@operation(form=UPLOAD_FORM)
def update_license(organization_id: str) -> Response:
    """Apply an uploaded licence to an organization."""
    require_license()
    service.update_license(context(), policy.caller().user, path_uuid(organization_id), read_file("license"))
    return nothing()


@bp.post("/organizations/licenses/self-hosted/<guid:organization_id>/sync")
@policy.application
@operation(answers={409: ErrorAnswer, 504: HTML})
def sync_license(organization_id: UUID) -> Response:
    """Fetch the organization's licence from the cloud."""
    service.sync_license(context(), policy.caller().user, organization_id)
    return nothing()


@bp.get("/organizations/<uuid:organization_id>/subscription")
@policy.application
@operation(answer=InstanceOrganizationSubscription)
def show_subscription(organization_id: UUID) -> Response:
    """An organization and how long its licence runs."""
    organization, term = subscription_of(context(), policy.caller().user, organization_id)
    return answer(answers.organization_subscription(organization, term))


@bp.delete("/organizations/<guid:organization_id>")
@bp.post("/organizations/<guid:organization_id>/delete")
@policy.application
@operation(body=SecretVerification)
def delete_organization(organization_id: UUID) -> Response:
    """Delete an organization after checking the secret; its licence file goes with it."""
    proof = read_json(SecretVerification).proof
    service.delete_own_organization(context(), policy.caller().user, organization_id, proof)
    return nothing()


@bp.post("/accounts/license")
@policy.application
@operation(form=UPLOAD_FORM)
def apply_premium_license() -> Response:
    """Apply a premium licence, the first one or a newer one."""
    require_license()
    service.apply_premium_license(context(), policy.caller().user, read_file("license"))
    return nothing()


@bp.post("/account/billing/vnext/self-host/license")
@policy.application
@operation(form=UPLOAD_FORM, answer=EMPTY_OBJECT, answers={500: ErrorAnswer})
def create_premium() -> Response:
    """Become a premium user: the newer form."""
    require_license()
    service.create_premium(context(), policy.caller().user, read_file("license"))
    return answer({})
