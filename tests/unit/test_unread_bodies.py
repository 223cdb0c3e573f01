"""Bodies that cannot be read: members that are `required` in C#, wrong types of JSON, and what is missing then.

Source: System.Text.Json; ASP.NET Core: ParameterBinder; test/Api.IntegrationTest/Auth/Controllers/
AccountsControllerTest.cs (PostKdf_MissingRequiredJsonKey_BadRequest); fidelity.md: wire.bodies.
"""

from typing import Any

import pytest

from common.errors import InvalidModel
from common.wire.base import WireRequest
from common.wire.billing import PaymentMethodUpdate, PurchasePreview, SubscriptionRestart
from common.wire.identity import PreloginRequest
from common.wire.master_password import KdfRequest

REQUESTS = "Bit.Api.Billing.Models.Requests"
PAYMENT = f"{REQUESTS}.Payment"
ADDRESS = {"country": "DE", "postalCode": "10115"}
PURCHASE = {"tier": "enterprise", "cadence": "annually", "passwordManager": {"seats": 1}}
CARD = {"type": "card", "token": "pm_card_visa"}


def missing(type_name: str, *names: str) -> str:
    listed = ", ".join(f"'{name}'" for name in names)
    return f"JSON deserialization for type '{type_name}' was missing required properties including: {listed}."


def refused(model: type[WireRequest], body: Any) -> Any:
    with pytest.raises(InvalidModel) as caught:
        model.read(body)
    return caught.value.validation_errors


REQUEST = {"request": ["The request field is required."]}


@pytest.mark.parametrize(
    ("model", "body", "errors"),
    [
        (
            SubscriptionRestart,
            {},
            {
                "$": [
                    missing(f"{REQUESTS}.Subscriptions.RestartSubscriptionRequest", "paymentMethod", "billingAddress")
                ],
                **REQUEST,
            },
        ),
        (
            SubscriptionRestart,
            {"PaymentMethod": {"type": "card"}, "billingAddress": {}},
            {"$.paymentMethod": [missing(f"{PAYMENT}.MinimalTokenizedPaymentMethodRequest", "token")], **REQUEST},
        ),
        (
            SubscriptionRestart,
            {"billingAddress": {"country": "DE"}, "paymentMethod": {}},
            {"$.billingAddress": [missing(f"{PAYMENT}.CheckoutBillingAddressRequest", "postalCode")], **REQUEST},
        ),
        (
            PaymentMethodUpdate,
            {"type": 1},
            {
                "$.type": [
                    "The JSON value could not be converted. Path: $.type | LineNumber: 0 | BytePositionInLine: 0."
                ],
                **REQUEST,
            },
        ),
        (PaymentMethodUpdate, {**CARD, "token": None}, {"Token": ["The Token field is required."]}),
        (
            PurchasePreview,
            {"purchase": None, "billingAddress": ADDRESS},
            {"Purchase": ["The Purchase field is required."]},
        ),
        (
            PurchasePreview,
            {"purchase": {**PURCHASE, "passwordManager": {}}, "billingAddress": ADDRESS},
            {"Purchase.PasswordManager.Seats": ["Password Manager seats must be between 1 and 100,000"]},
        ),
        (
            KdfRequest,
            {"masterPasswordHash": "aGFzaA==", "authenticationData": {}},
            {
                "$.authenticationData": [
                    missing(
                        "Bit.Core.KeyManagement.Models.Api.Request.MasterPasswordAuthenticationDataRequestModel",
                        "kdf",
                        "masterPasswordAuthenticationHash",
                        "salt",
                    )
                ]
            },
        ),
        (
            PreloginRequest,
            [],
            {
                "$": ["The JSON value could not be converted. Path: $ | LineNumber: 0 | BytePositionInLine: 0."],
                "model": ["The model field is required."],
            },
        ),
    ],
)
def test_the_first_thing_that_cannot_be_read_is_told_alone(model: type[WireRequest], body: Any, errors: Any) -> None:
    assert refused(model, body) == errors
