"""Organization API keys as the wire tells them."""

from common.domains.organizations.models import OrganizationApiKey
from common.wire.api_keys import ApiKeyResponse, KeyInformation


def api_key(key: OrganizationApiKey) -> ApiKeyResponse:
    """A key, secret included."""
    return ApiKeyResponse(api_key=key.api_key, revision_date=key.revision_date)


def key_information(key: OrganizationApiKey) -> KeyInformation:
    """That a key exists and since when."""
    return KeyInformation(key_type=key.type, revision_date=key.revision_date)
