"""Bodies of billing history and of what is asked before something is bought.

Source: src/Core/Billing/Models/BillingHistoryInfo.cs, src/Api/Billing/Models/**; fidelity.md: billing.history,
billing.checkout.
"""

from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from common.enums import ProductTier
from common.wire.base import RequiredText, WireDate, WireModel, WireRequest
from common.wire.fields import Int16, Int32
from common.wire.plans import Price

_REQUESTS = "Bit.Api.Billing.Models.Requests"


class HistoryInvoice(WireModel):
    """An invoice of the whole history. url, pdf_url: of the payment provider's pages, which there are none of here."""

    amount: Price
    date: WireDate | None
    url: None = None
    pdf_url: None = None
    number: str
    paid: bool


class HistoryTransaction(WireModel):
    """A charge of the whole history. type 0 = charge, payment_method_type 0 = card."""

    created_date: WireDate
    amount: Price
    refunded: bool | None = None
    partially_refunded: bool | None = False
    refunded_amount: Price | None = None
    type: int = 0
    payment_method_type: int | None = 0
    details: str | None = None


class BillingInvoice(WireModel):
    """An invoice of a list."""

    id: str
    amount: Price
    date: WireDate | None
    url: None = None
    pdf_url: None = None
    number: str
    paid: bool


class BillingTransaction(WireModel):
    """A charge of a list."""

    id: str
    created_date: WireDate
    amount: Price
    refunded: bool | None = None
    partially_refunded: bool | None = False
    refunded_amount: Price | None = None
    type: int = 0
    payment_method_type: int | None = 0
    details: str | None = None


class AccountBillingHistory(WireModel):
    """All that a person was charged."""

    invoices: list[HistoryInvoice] = Field(default_factory=list)
    transactions: list[HistoryTransaction] = Field(default_factory=list)
    object: str = "billingHistory"


class OrganizationBillingHistory(WireModel):
    """All that an organization was charged."""

    invoices: list[BillingInvoice] = Field(default_factory=list)
    transactions: list[BillingTransaction] = Field(default_factory=list)


class PaymentSource(WireModel):
    """With what somebody pays, in words. type: PaymentMethodType.

    Source: src/Core/Billing/Models/BillingInfo.cs.
    """

    type: int
    card_brand: str | None = None
    description: str
    needs_verification: bool = False


class OrganizationBilling(WireModel):
    """What an organization owes, nothing here, and pays with."""

    balance: Price = Decimal(0)
    payment_source: PaymentSource | None = None
    object: str = "billing"


class TaxPreview(WireModel):
    """What something would cost. Nothing is taxed here."""

    tax: Price
    total: Price


def _tier(value: Any) -> Any:
    """A name in any case, or a number."""
    if isinstance(value, str):
        return next((each for each in ProductTier if each.name.replace("_", "").lower() == value.lower()), value)
    return value


def _cadence(value: Any) -> Any:
    """PlanCadenceType: by name in any case, or by number."""
    if isinstance(value, str):
        return value.lower()
    return dict(enumerate(("annually", "monthly"))).get(value, value) if isinstance(value, int) else value


Tier = Annotated[ProductTier, BeforeValidator(_tier)]
Cadence = Annotated[Literal["annually", "monthly"], BeforeValidator(_cadence)]


def _within(least: int, most: int, text: str) -> Any:
    def check(value: int | None) -> int | None:
        if value is not None and not least <= value <= most:
            raise ValueError(text)
        return value

    return AfterValidator(check)


SEATS = _within(1, 100_000, "Password Manager seats must be between 1 and 100,000")
STORAGE = _within(0, 99, "Additional storage must be between 0 and 99 GB")


class BillingAddress(WireRequest):
    """Where a buyer is."""

    demanded: ClassVar[tuple[str, ...]] = ("country", "postal_code")
    type_name: ClassVar[str] = f"{_REQUESTS}.Payment.MinimalBillingAddressRequest"

    country: str
    postal_code: RequiredText

    @field_validator("country")
    @classmethod
    def _two_letters(cls, country: str) -> str:
        if len(country) != 2:
            raise ValueError("Country code must be 2 characters long.")
        return country


class TaxId(WireRequest):
    """A tax id and the kind it is of."""

    code: RequiredText
    value: RequiredText


class CheckoutAddress(BillingAddress):
    """Where a buyer is, with a tax id."""

    type_name: ClassVar[str] = f"{_REQUESTS}.Payment.CheckoutBillingAddressRequest"

    tax_id: TaxId | None = None


class FullAddress(CheckoutAddress):
    """`PUT /organizations/{id}/billing/vnext/address`."""

    type_name: ClassVar[str] = f"{_REQUESTS}.Payment.BillingAddressRequest"
    argument: ClassVar[str] = "request"

    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None


class PaymentMethod(WireRequest):
    """A payment method that the payment provider gave a token for."""

    demanded: ClassVar[tuple[str, ...]] = ("type", "token")
    type_name: ClassVar[str] = f"{_REQUESTS}.Payment.MinimalTokenizedPaymentMethodRequest"

    type: RequiredText
    token: RequiredText

    @field_validator("type")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in ("bankAccount", "card", "payPal"):
            raise ValueError("Payment method type must be one of: bankAccount, card, payPal")
        return kind


class PaymentMethodUpdate(PaymentMethod):
    """`PUT .../billing/vnext/payment-method`."""

    type_name: ClassVar[str] = f"{_REQUESTS}.Payment.TokenizedPaymentMethodRequest"
    argument: ClassVar[str] = "request"

    billing_address: BillingAddress | None = None


class SubscriptionRestart(WireRequest):
    """`POST /organizations/{id}/billing/vnext/subscription/restart`."""

    demanded: ClassVar[tuple[str, ...]] = ("payment_method", "billing_address")
    type_name: ClassVar[str] = f"{_REQUESTS}.Subscriptions.RestartSubscriptionRequest"
    argument: ClassVar[str] = "request"

    payment_method: PaymentMethod
    billing_address: CheckoutAddress


class PasswordManagerPurchase(WireRequest):
    """Seats and storage that are bought."""

    seats: Annotated[Int32, SEATS] = Field(default=0, validate_default=True)
    additional_storage: Annotated[Int32, STORAGE] = 0
    sponsored: bool = False


class SecretsManagerPurchase(WireRequest):
    """Seats and service accounts of the Secrets Manager that are bought."""

    seats: Annotated[Int32, _within(1, 100_000, "Secrets Manager seats must be between 1 and 100,000")] = Field(
        default=0, validate_default=True
    )
    additional_service_accounts: Annotated[
        Int32, _within(0, 100_000, "Additional service accounts must be between 0 and 100,000")
    ] = 0
    standalone: bool = False


class Purchase(WireRequest):
    """A plan that is bought."""

    demanded: ClassVar[tuple[str, ...]] = ("password_manager",)
    type_name: ClassVar[str] = f"{_REQUESTS}.Organizations.OrganizationSubscriptionPurchaseRequest"

    tier: Tier = ProductTier.FREE
    cadence: Cadence = "annually"
    password_manager: PasswordManagerPurchase
    secrets_manager: SecretsManagerPurchase | None = None

    @model_validator(mode="after")
    def _fits_families(self) -> "Purchase":
        if self.tier == ProductTier.FAMILIES and self.cadence == "monthly":
            raise ValueError("Monthly cadence is not available on the Families plan.")
        if self.tier == ProductTier.FAMILIES and self.secrets_manager is not None:
            raise ValueError("Secrets Manager is not available on the Families plan.")
        return self


class PurchasePreview(WireRequest):
    """`POST /billing/preview-invoice/organizations/subscriptions/purchase`."""

    demanded: ClassVar[tuple[str, ...]] = ("purchase", "billing_address")
    type_name: ClassVar[str] = (
        "Bit.Api.Billing.Models.Requests.PreviewInvoice.PreviewOrganizationSubscriptionPurchaseTaxRequest"
    )
    argument: ClassVar[str] = "request"

    purchase: Purchase
    billing_address: CheckoutAddress


class PlanChange(WireRequest):
    """Another plan for the same organization."""

    tier: Tier = ProductTier.FREE
    cadence: Cadence = "annually"

    @model_validator(mode="after")
    def _fits_families(self) -> "PlanChange":
        if self.tier == ProductTier.FAMILIES and self.cadence == "monthly":
            raise ValueError("Monthly billing cadence is not available for the Families plan.")
        return self


class PlanChangePreview(WireRequest):
    """`POST /billing/preview-invoice/organizations/{id}/subscription/plan-change`."""

    demanded: ClassVar[tuple[str, ...]] = ("plan", "billing_address")
    type_name: ClassVar[str] = (
        "Bit.Api.Billing.Models.Requests.PreviewInvoice.PreviewOrganizationSubscriptionPlanChangeTaxRequest"
    )
    argument: ClassVar[str] = "request"

    plan: PlanChange
    billing_address: CheckoutAddress


class PasswordManagerUpdate(WireRequest):
    """Seats and storage as they would be; null = as they are."""

    seats: Annotated[Int32 | None, SEATS] = None
    additional_storage: Annotated[Int32 | None, STORAGE] = None


class SecretsManagerUpdate(WireRequest):
    """The same of the Secrets Manager."""

    seats: Annotated[Int32 | None, _within(0, 100_000, "Secrets Manager seats must be between 0 and 100,000")] = None
    additional_service_accounts: Annotated[
        Int32 | None, _within(0, 100_000, "Additional service accounts must be between 0 and 100,000")
    ] = None


class SubscriptionChange(WireRequest):
    """What of a subscription would be different."""

    password_manager: PasswordManagerUpdate | None = None
    secrets_manager: SecretsManagerUpdate | None = None


class UpdatePreview(WireRequest):
    """`PUT /billing/preview-invoice/organizations/{id}/subscription/update`."""

    demanded: ClassVar[tuple[str, ...]] = ("update",)
    type_name: ClassVar[str] = (
        "Bit.Api.Billing.Models.Requests.PreviewInvoice.PreviewOrganizationSubscriptionUpdateTaxRequest"
    )
    argument: ClassVar[str] = "request"

    update: SubscriptionChange


class PremiumPreview(WireRequest):
    """`POST /billing/preview-invoice/premium/subscriptions/purchase`."""

    demanded: ClassVar[tuple[str, ...]] = ("billing_address",)
    type_name: ClassVar[str] = (
        "Bit.Api.Billing.Models.Requests.PreviewInvoice.PreviewPremiumSubscriptionPurchaseTaxRequest"
    )
    argument: ClassVar[str] = "request"

    additional_storage: Annotated[Int16, _within(0, 99, "Additional storage must be between 0 and 99 GB.")] = 0
    billing_address: BillingAddress


class PremiumUpgradePreview(WireRequest):
    """`POST /billing/preview-invoice/premium/subscriptions/upgrade`."""

    demanded: ClassVar[tuple[str, ...]] = ("target_product_tier_type", "billing_address")
    type_name: ClassVar[str] = f"{_REQUESTS}.PreviewInvoice.PreviewPremiumUpgradeProrationRequest"
    argument: ClassVar[str] = "request"

    target_product_tier_type: Tier
    billing_address: BillingAddress


class PremiumUpgradeTold(WireModel):
    """What it costs to turn premium into an organization now. credit: for the rest of the period of premium."""

    new_plan_prorated_amount: Price
    credit: Price
    tax: Price
    total: Price
    new_plan_prorated_months: int


class PremiumUpgrade(WireRequest):
    """`POST /account/billing/vnext/upgrade`.

    Source: src/Api/Billing/Models/Requests/Premium/UpgradePremiumToOrganizationRequest.cs.
    """

    demanded: ClassVar[tuple[str, ...]] = ("target_product_tier_type", "billing_address")
    type_name: ClassVar[str] = f"{_REQUESTS}.Premium.UpgradePremiumToOrganizationRequest"
    argument: ClassVar[str] = "request"

    organization_name: RequiredText
    key: RequiredText
    public_key: RequiredText
    encrypted_private_key: RequiredText
    collection_name: str | None = None
    target_product_tier_type: Tier
    billing_address: CheckoutAddress


class StorageAdjustment(WireRequest):
    """`POST /organizations/{id}/storage`: GB more, or fewer."""

    storage_gb_adjustment: Int16

    @field_validator("storage_gb_adjustment")
    @classmethod
    def _not_nothing(cls, change: int) -> int:
        if change == 0:
            raise ValueError("Storage adjustment cannot be 0.")
        return change


class PremiumStorage(WireRequest):
    """`PUT /account/billing/vnext/subscription/storage`: GB beyond what premium brings."""

    argument: ClassVar[str] = "request"

    additional_storage_gb: Int16 = 0

    @field_validator("additional_storage_gb")
    @classmethod
    def _for_sale(cls, more: int) -> int:
        if more < 0:
            raise ValueError("Additional storage cannot be negative.")
        if more > 99:
            raise ValueError("Maximum additional storage is 99 GB.")
        return more
