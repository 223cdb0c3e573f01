"""From the body on the wire to what the service takes."""

from cloud_sim.organizations.rules import SignUp
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
        payment_token=new.payment_token,
    )
