"""Bodies of routes that earlier releases had: web vaults of theirs ask for them.

Source: bitwarden/server v2025.12.0: src/Api/Billing/Models, src/Api/Models; fidelity.md: clients.older.
"""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from common.enums import KdfType
from common.wire.accounts import KeysRequest
from common.wire.base import RequiredText, WireDate, WireModel, WireRequest
from common.wire.billing import PaymentSource
from common.wire.fields import Guid, Hint, Int32, Name, StrictEmail
from common.wire.plans import Price
from common.wire.subscriptions import SubscriptionDetails, UpcomingInvoice


class OlderMetadata(WireModel):
    """`GET /organizations/{id}/billing/metadata` as v2025.6 had it; later ones had fewer members, v2026.3 no route."""

    is_eligible_for_self_host: bool = False
    is_managed: bool = False
    is_on_secrets_manager_standalone: bool = False
    is_subscription_unpaid: bool = False
    has_subscription: bool = False
    has_open_invoice: bool = False
    is_subscription_canceled: bool = False
    invoice_due_date: WireDate | None = None
    invoice_created_date: WireDate | None = None
    sub_period_end_date: WireDate | None = None
    organization_occupied_seats: int = 0


class OlderAddress(WireModel):
    """`GET /organizations/{id}/tax`, `GET /accounts/tax`."""

    tax_id_number: str | None = None
    tax_id_type: str | None = None
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


class OlderAddressUpdate(WireRequest):
    """`PUT /organizations/{id}/tax`, `PUT /accounts/tax`."""

    country: RequiredText
    postal_code: str | None = None
    tax_id: str | None = None
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None


class OlderPaymentUpdate(OlderAddressUpdate):
    """`POST /organizations/{id}/payment`, `POST /accounts/payment`. payment_method_type: of BY_NUMBER, then credit."""

    payment_method_type: Annotated[int, Field(ge=0, le=2)]
    payment_token: RequiredText


class OlderPayment(WireModel):
    """`GET /accounts/billing/payment-method`."""

    balance: Price = Decimal(0)
    payment_source: PaymentSource | None = None
    object: str = "billingPayment"


class OlderPremium(WireModel):
    """`GET /accounts/subscription` of a cloud. license: the file as it would be downloaded."""

    storage_name: str | None = None
    storage_gb: int = 0
    max_storage_gb: int | None
    upcoming_invoice: UpcomingInvoice | None = None
    subscription: SubscriptionDetails | None = None
    customer_discount: None = None
    license: dict[str, Any]
    expiration: WireDate | None
    object: str = "subscription"


class OlderPremiumForm(WireRequest):
    """The fields of `POST /accounts/premium`, as texts."""

    payment_method_type: Annotated[int, Field(ge=0, le=3)]
    payment_token: str | None = None
    additional_storage_gb: Annotated[int, Field(ge=0, le=99)] = 0
    country: str | None = None
    postal_code: str | None = None


class OlderRegistration(WireRequest):
    """`POST /identity/accounts/register`, to v2025.4. token: of an invitation."""

    name: Name | None = None
    email: StrictEmail
    master_password_hash: Annotated[str, Field(min_length=1, max_length=1000)]
    master_password_hint: Hint | None = None
    key: RequiredText
    keys: KeysRequest
    token: str | None = None
    organization_user_id: Guid | None = None
    kdf: KdfType | None = None
    kdf_iterations: Int32 | None = None
    kdf_memory: Int32 | None = None
    kdf_parallelism: Int32 | None = None


class OlderRegistered(WireModel):
    """The account is made. captcha_bypass_token: nobody is asked for one."""

    captcha_bypass_token: str = ""
    object: str = "register"
