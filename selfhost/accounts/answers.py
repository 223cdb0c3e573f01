"""The premium of an instance's user as the wire tells it."""

from common.domains.accounts.models import User
from common.wire.selfhost import InstanceUserSubscription


def subscription(user: User) -> InstanceUserSubscription:
    """Storage and end of premium."""
    return InstanceUserSubscription(max_storage_gb=user.max_storage_gb, expiration=user.premium_expiration_date)
