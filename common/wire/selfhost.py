"""Bodies that only an instance answers or reads.

Source: src/Api/Models/Response/OrganizationSubscriptionResponseModel.cs, SubscriptionResponseModel.cs,
src/Api/AdminConsole/Models/Request/Organizations/OrganizationCreateLicenseRequestModel.cs; fidelity.md:
license.create, license.subscription-page.
"""

from common.wire.base import RequiredText, WireDate, WireModel, WireRequest
from common.wire.fields import Sealed1000
from common.wire.organizations import KeyPair, OrganizationResponse


class LicenseForm(WireRequest):
    """The fields beside the file when an organization is created from a licence. license: whether the part is there."""

    license: RequiredText
    key: RequiredText
    collection_name: Sealed1000 | None = None
    keys: KeyPair | None = None


class LicenseUpload(WireRequest):
    """A form with nothing but the file. license: whether the part is there."""

    license: RequiredText


class InstanceOrganizationSubscription(OrganizationResponse):
    """An organization with the dates of its licence, as texts: those out of a token carry no zone."""

    storage_name: str | None = None
    storage_gb: int = 0
    customer_discount: None = None
    subscription: None = None
    upcoming_invoice: None = None
    pending_annual_upgrade: None = None
    sm_service_accounts_grace: None = None
    expiration_without_grace_period: str | None
    expiration: str | None
    exempt_from_billing_automation: bool = False
    object: str = "organizationSubscription"


class InstanceUserSubscription(WireModel):
    """The premium of an instance's user."""

    storage_name: str | None = None
    storage_gb: int = 0
    max_storage_gb: int | None
    expiration: WireDate | None
    object: str = "subscription"


class BillingMetadata(WireModel):
    """An instance knows nothing of billing."""

    is_on_secrets_manager_standalone: bool = False
    organization_occupied_seats: int = 0
