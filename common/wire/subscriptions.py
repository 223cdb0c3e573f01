"""Bodies of the cloud's billing routes: subscriptions of organizations and premium users, seats, premium, control.

Source: src/Api/Models/Response/BillingSubscription.cs, src/Api/AdminConsole/Models/Response/Organizations/
OrganizationResponseModel.cs, src/Core/Billing/Subscriptions/Models/*.cs; fidelity.md: organization.subscription,
account.subscription.
"""

from typing import Any, ClassVar, Self

from pydantic import Field, field_validator, model_validator

from common.errors import Refusal, invalid_model
from common.wire.base import RequiredText, WireDate, WireModel, WireRequest
from common.wire.billing import BillingAddress, PaymentMethod
from common.wire.fields import EnumNumber, Int16, Int32
from common.wire.organizations import KeyPair, OrganizationResponse
from common.wire.plans import Price


class PremiumPart(WireModel):
    """One thing that premium is made of."""

    stripe_price_id: str
    price: Price
    provided: int


class PremiumPlan(WireModel):
    """What premium costs."""

    name: str = "Premium"
    legacy_year: int | None = None
    available: bool = True
    seat: PremiumPart
    storage: PremiumPart


class InactiveSubscription(WireModel):
    """What ends an inactive subscription."""

    resolution: str


class FreeTrial(WireModel):
    """A trial that nobody has said a payment method for."""

    remaining_trial_days: int


class UpcomingRenewal(WireModel):
    """An invoice that is about to come."""

    renewal_date: WireDate


class IssuedRenewal(WireModel):
    """An invoice that was sent."""

    issued_date: WireDate
    due_date: WireDate


class PastDueRenewal(WireModel):
    """An invoice that nobody has paid."""

    suspension_date: WireDate


class ResellerRenewal(WireModel):
    """The invoice of an organization that is resold. type: `upcoming`, `issued` or `past_due`."""

    type: str
    upcoming: UpcomingRenewal | None = None
    issued: IssuedRenewal | None = None
    past_due: PastDueRenewal | None = None


class BillingWarnings(WireModel):
    """What the web vault warns about."""

    free_trial: FreeTrial | None = None
    inactive_subscription: InactiveSubscription | None
    reseller_renewal: ResellerRenewal | None = None
    tax_id: dict[str, Any] | None = None
    scheduled_price_increase: dict[str, Any] | None = None


class SubscriptionItem(WireModel):
    """One position of a subscription."""

    product_id: str
    name: str
    amount: Price
    quantity: int
    interval: str
    sponsored_subscription_item: bool = False
    addon_subscription_item: bool = False


class SubscriptionDetails(WireModel):
    """A subscription as the payment provider tells it."""

    trial_start_date: WireDate | None
    trial_end_date: WireDate | None
    period_start_date: WireDate
    period_end_date: WireDate
    cancelled_date: WireDate | None
    cancel_at_end_date: bool
    status: str
    cancelled: bool
    items: list[SubscriptionItem] | None
    collection_method: str = "charge_automatically"
    suspension_date: WireDate | None = None
    unpaid_period_end_date: WireDate | None = None
    grace_period: int = 14


class UpcomingInvoice(WireModel):
    """The next invoice."""

    amount: Price | None
    date: WireDate


class OrganizationSubscription(OrganizationResponse):
    """`GET /organizations/{id}/subscription` on the cloud."""

    billing_email: str | None
    storage_name: str | None = None
    storage_gb: float = 0
    customer_discount: None = None
    subscription: SubscriptionDetails | None = None
    upcoming_invoice: UpcomingInvoice | None = None
    pending_annual_upgrade: None = None
    sm_service_accounts_grace: int | None = None
    expiration_without_grace_period: None = None
    expiration: WireDate | None
    exempt_from_billing_automation: bool = False
    object: str = "organizationSubscription"


class SeatsAdjustment(WireRequest):
    """`POST /organizations/{id}/seat`."""

    seat_adjustment: Int32

    @field_validator("seat_adjustment")
    @classmethod
    def _something(cls, value: int) -> int:
        if value == 0:
            raise ValueError("Seat adjustment cannot be 0.")
        return value


class SubscriptionUpdate(WireRequest):
    """`POST /organizations/{id}/subscription`."""

    seat_adjustment: Int32 = 0
    max_autoscale_seats: Int32 | None = Field(default=None, ge=0)


class SecretsManagerSubscribe(WireRequest):
    """`POST /organizations/{id}/subscribe-secrets-manager`.

    Source: src/Api/Models/Request/Organizations/SecretsManagerSubscribeRequestModel.cs.
    """

    additional_sm_seats: Int32 = Field(default=0, ge=0)
    additional_service_accounts: Int32 = Field(default=0, ge=0)


class SecretsManagerUpdate(WireRequest):
    """`POST /organizations/{id}/sm-subscription`.

    Source: src/Api/Models/Request/Organizations/SecretsManagerSubscriptionUpdateRequestModel.cs.
    """

    seat_adjustment: Int32 = 0
    max_autoscale_seats: Int32 | None = None
    service_account_adjustment: Int32 = 0
    max_autoscale_service_accounts: Int32 | None = None


class Cancellation(WireRequest):
    """`POST /organizations/{id}/cancel`; nobody reads the reasons here."""

    reason: str | None = None
    feedback: str | None = None


class Upgrade(WireRequest):
    """`POST /organizations/{id}/upgrade`."""

    business_name: str | None = Field(default=None, max_length=50)
    plan_type: EnumNumber = 0
    additional_seats: Int32 = Field(default=0, ge=0)
    additional_storage_gb: Int16 | None = Field(default=None, ge=0, le=99)
    additional_sm_seats: Int32 | None = Field(default=None, ge=0)
    additional_service_accounts: Int32 | None = Field(default=None, ge=0)
    use_secrets_manager: bool = False
    premium_access_addon: bool = False
    keys: KeyPair | None = None


class PaymentAnswer(WireModel):
    """What a purchase answers."""

    user_profile: None = None
    payment_intent_client_secret: str | None = None
    success: bool = True
    object: str = "payment"


class AccountCredit(WireRequest):
    """Paying with what is left of the account's credit. Source: NonTokenizedPaymentMethodRequest.cs."""

    demanded: ClassVar[tuple[str, ...]] = ("type",)
    type_name: ClassVar[str] = "Bit.Api.Billing.Models.Requests.Payment.NonTokenizedPaymentMethodRequest"

    type: RequiredText

    @field_validator("type")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind != "accountCredit":
            raise ValueError("Payment method type must be one of: accountCredit")
        return kind


class PremiumPurchase(WireRequest):
    """`POST /account/billing/vnext/subscription`. Source: PremiumCloudHostedSubscriptionRequest.cs."""

    demanded: ClassVar[tuple[str, ...]] = ("billing_address",)
    type_name: ClassVar[str] = "Bit.Api.Billing.Models.Requests.Premium.PremiumCloudHostedSubscriptionRequest"
    argument: ClassVar[str] = "request"

    tokenized_payment_method: PaymentMethod | None = None
    non_tokenized_payment_method: AccountCredit | None = None
    billing_address: BillingAddress
    additional_storage_gb: Int16 = Field(default=0, ge=0, le=99)

    @model_validator(mode="after")
    def _paid_in_one_way(self) -> Self:
        ways = (self.tokenized_payment_method, self.non_tokenized_payment_method)
        if None not in ways:
            raise self._about_both("Only one of TokenizedPaymentMethod or NonTokenizedPaymentMethod can be provided.")
        if ways == (None, None):
            raise self._about_both("Either TokenizedPaymentMethod or NonTokenizedPaymentMethod must be provided.")
        return self

    @staticmethod
    def _about_both(text: str) -> Refusal:
        both = {name: [text] for name in ("TokenizedPaymentMethod", "NonTokenizedPaymentMethod")}
        return invalid_model(both, rule="model-state")


class CartItem(WireModel):
    """One position of a premium user's cart."""

    translation_key: str
    quantity: int
    cost: Price
    discount: None = None


class PasswordManagerCart(WireModel):
    """`cart.passwordManager`."""

    seats: CartItem
    additional_storage: CartItem | None = None


class Cart(WireModel):
    """What a premium user pays for."""

    password_manager: PasswordManagerCart
    secrets_manager: None = None
    cadence: str = "annually"
    discount: None = None
    estimated_tax: int = 0


class Storage(WireModel):
    """Storage of a premium user; nothing is ever stored here."""

    available: int
    used: int = 0
    readable_used: str = "0 Bytes"


class PremiumSubscription(WireModel):
    """`GET /account/billing/vnext/subscription`."""

    status: str
    cart: Cart
    storage: Storage
    cancel_at: WireDate | None = None
    canceled: WireDate | None = None
    next_charge: WireDate | None = None
    suspension: WireDate | None = None
    grace_period: int | None = None


class EventDetails(WireRequest):
    """What a subscription event under `/_sim` may carry; every event takes what it needs.

    seats: for `seats`. plan_type: for `plan` and `start`. trial_days: for `start` and `create`.
    expiration_date: for `set-expiration` and `remove-subscription`, null = no end.
    """

    seats: Int32 | None = Field(default=None, ge=1)
    plan_type: Int32 | None = None
    trial_days: Int32 | None = Field(default=None, ge=0, le=730)
    expiration_date: WireDate | None = None


class SimulatedInvoice(WireModel):
    """What one period cost. date: when it begins. status: `paid`, `open`, `void`. due: of one that was sent."""

    number: str
    date: WireDate
    amount: Price
    status: str
    due: WireDate | None


class SimulatedInvoices(WireModel):
    """The newest first."""

    data: list[SimulatedInvoice]


class SimulatedSubscription(WireModel):
    """The state after an event: of the subscription and of whoever pays for it."""

    status: str | None
    trial_end: WireDate | None = None
    period_start: WireDate | None = None
    period_end: WireDate | None = None
    cancel_at: WireDate | None = None
    canceled_at: WireDate | None = None
    seats: int | None = None
    enabled: bool
    expiration_date: WireDate | None


class OrganizationSettings(WireRequest):
    """What upstream's staff sets by hand in its own portal; absent = left as it is, `seats: null` = no limit."""

    enabled: bool | None = None
    seats: Int32 | None = Field(default=None, ge=0)
    max_collections: Int32 | None = Field(default=None, ge=0, le=32767)
    max_storage_gb: Int32 | None = Field(default=None, ge=0, le=32767)
    sm_seats: Int32 | None = Field(default=None, ge=0)
    sm_service_accounts: Int32 | None = Field(default=None, ge=0)
    self_host: bool | None = None
    users_get_premium: bool | None = None
    use_policies: bool | None = None
    use_sso: bool | None = None
    use_key_connector: bool | None = None
    use_scim: bool | None = None
    use_groups: bool | None = None
    use_events: bool | None = None
    use_directory: bool | None = None
    use_totp: bool | None = None
    use_2fa: bool | None = None
    use_api: bool | None = None
    use_reset_password: bool | None = None
    use_custom_permissions: bool | None = None
    use_password_manager: bool | None = None
    use_secrets_manager: bool | None = None
    use_risk_insights: bool | None = None
    use_phishing_blocker: bool | None = None
    use_organization_domains: bool | None = None
    use_admin_sponsored_families: bool | None = None
    use_automatic_user_confirmation: bool | None = None
    use_disable_sm_ads_for_users: bool | None = None
    use_my_items: bool | None = None
    use_invite_links: bool | None = None
    use_pam: bool | None = None
    limit_collection_creation: bool | None = None
    limit_collection_deletion: bool | None = None
    limit_item_deletion: bool | None = None
    allow_admin_access_to_all_collection_items: bool | None = None

    @model_validator(mode="after")
    def _flags_are_not_null(self) -> Self:
        for name in self.model_fields_set:
            if getattr(self, name) is None and name not in _NULLABLE:
                raise ValueError(f"{name} is not nullable.")
        return self

    @property
    def changes(self) -> dict[str, Any]:
        """Column -> new value, of what was given."""
        return {name: getattr(self, name) for name in self.model_fields_set}


_NULLABLE = frozenset({"seats", "max_collections", "max_storage_gb", "sm_seats", "sm_service_accounts"})
