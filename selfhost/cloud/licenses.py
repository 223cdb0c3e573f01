"""Asking the cloud for an organization's licence.

Source: src/Core/Billing/Organizations/Queries/GetSelfHostedOrganizationLicenseQuery.cs.
"""

from uuid import UUID

from common.license.files import UnreadableLicense, read_answer
from common.license.model import OrganizationLicense
from selfhost.cloud.client import CloudClient
from selfhost.cloud.tokens import LICENSING_SCOPE
from selfhost.cloud.trouble import CloudTrouble
from selfhost.context import SelfHostContext


def fetch_license(
    ctx: SelfHostContext, cloud_organization_id: UUID, *, license_key: str | None, billing_sync_key: str | None
) -> OrganizationLicense | CloudTrouble:
    """The licence that the cloud issues now; license_key: of the licence in force."""
    return CloudClient(ctx, LICENSING_SCOPE).send(
        "GET",
        f"licenses/organization/{cloud_organization_id}",
        {"licenseKey": license_key, "billingSyncKey": billing_sync_key},
        _read,
    )


def _read(content: bytes) -> OrganizationLicense:
    try:
        return read_answer(content, OrganizationLicense)
    except UnreadableLicense as error:
        raise ValueError(str(error)) from error
