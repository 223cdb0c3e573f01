"""Bodies of the routes that configure single sign-on. Source: src/Api/AdminConsole/Models/**/OrganizationSso*.cs."""

from typing import Any

from pydantic import Field

from common.wire.base import WireModel, WireRequest
from common.wire.fields import EnumNumber


class SsoData(WireRequest):
    """Configuration of single sign-on as far as the licence checks look at it."""

    config_type: EnumNumber = 1
    member_decryption_type: EnumNumber = 0
    key_connector_url: str | None = None


class SsoSave(WireRequest):
    """`POST /organizations/{id}/sso`."""

    enabled: bool = False
    identifier: str | None = Field(default=None, max_length=50)
    data: SsoData


class SsoResponse(WireModel):
    """Single sign-on of an organization; `data` is null until it was saved once."""

    enabled: bool = False
    identifier: str | None = None
    data: dict[str, Any] | None = None
    urls: dict[str, str]
    object: str = "organizationSso"
