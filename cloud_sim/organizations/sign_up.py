"""From the body on the wire to what the service takes."""

from typing import Any

from cloud_sim.organizations.rules import SignUp
from cloud_sim.subscriptions.payments.rules import BY_NUMBER
from common.wire.organizations import OrganizationCreate


def sign_up(new: OrganizationCreate) -> SignUp:
    """What is asked for, as the service takes it."""
    return SignUp(
        name=new.name,
        billing_email=new.billing_email,
        plan_type=new.plan_type,
        key=new.key,
        public_key=new.keys.public_key,
        private_key=new.keys.encrypted_private_key,
        business_name=new.business_name,
        collection_name=new.collection_name,
        additional_seats=new.additional_seats,
        additional_storage_gb=new.additional_storage_gb or 0,
        premium_access=new.premium_access_addon,
        max_autoscale_seats=new.max_autoscale_seats,
        use_secrets_manager=new.use_secrets_manager,
        additional_sm_seats=new.additional_sm_seats or 0,
        additional_service_accounts=new.additional_service_accounts or 0,
        skip_trial=new.skip_trial,
        trial_length=new.trial_length,
        payment=_payment(new),
        address=_address(new),
    )


def _payment(new: OrganizationCreate) -> tuple[str, str] | None:
    if not new.payment_token:
        return None
    number = new.payment_method_type or 0
    return BY_NUMBER[number] if number < len(BY_NUMBER) else BY_NUMBER[0], new.payment_token


def _address(new: OrganizationCreate) -> dict[str, Any] | None:
    if not (new.billing_address_country and new.billing_address_postal_code):
        return None
    return {
        "country": new.billing_address_country,
        "postalCode": new.billing_address_postal_code,
        "line1": new.billing_address_line1,
        "line2": new.billing_address_line2,
        "city": new.billing_address_city,
        "state": new.billing_address_state,
        "taxId": None,
    }
