"""What an account is made of as the wire tells it: keys, API key."""

from common.domains.accounts.models import User
from common.wire.accounts import AccountKeyPair, AccountKeys, KeysAnswer
from common.wire.api_keys import ApiKeyResponse


def account_keys(user: User) -> AccountKeys | None:
    """The key pairs of an account; None without any."""
    if user.private_key is None:
        return None
    pair = AccountKeyPair(wrapped_private_key=user.private_key, public_key=user.public_key)
    return AccountKeys(public_key_encryption_key_pair=pair)


def keys(user: User) -> KeysAnswer:
    """All keys of an account."""
    return KeysAnswer(
        key=user.key,
        public_key=user.public_key,
        private_key=user.private_key,
        account_keys=account_keys(user),
    )


def api_key(user: User) -> ApiKeyResponse:
    """The personal API key."""
    return ApiKeyResponse(api_key=user.api_key, revision_date=user.revision_date)
