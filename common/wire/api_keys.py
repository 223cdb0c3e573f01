"""Bodies of the organization API key routes. Source: src/Api/AdminConsole/Models/**/OrganizationApiKey*.cs."""

from common.wire.base import WireDate, WireModel
from common.wire.fields import EnumNumber
from common.wire.master_password import SecretVerification


class ApiKeyRequest(SecretVerification):
    """A secret and the purpose of the wanted key; a missing `type` means the public API key."""

    type: EnumNumber = 0


class ApiKeyResponse(WireModel):
    """An organization API key, secret included."""

    api_key: str
    revision_date: WireDate
    object: str = "apiKey"


class KeyInformation(WireModel):
    """That a key exists and since when."""

    key_type: int
    revision_date: WireDate
    object: str = "keyInformation"
