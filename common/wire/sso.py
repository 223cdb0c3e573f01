"""Bodies of the routes that configure single sign-on. Source: src/Api/AdminConsole/Models/**/OrganizationSso*.cs."""

from typing import Any, Self
from uuid import UUID

from pydantic import Field

from common.domains.organizations.models import SsoConfig
from common.wire.base import WireModel, WireRequest
from common.wire.fields import Int32


class SsoData(WireRequest):
    """Configuration of single sign-on as far as the licence checks look at it."""

    config_type: Int32 = 1
    member_decryption_type: Int32 = 0
    key_connector_url: str | None = None


class SsoSave(WireRequest):
    """`POST /organizations/{id}/sso`."""

    enabled: bool
    identifier: str | None = Field(default=None, max_length=50)
    data: SsoData


class SsoResponse(WireModel):
    """Single sign-on of an organization; `data` is null until it was saved once."""

    enabled: bool = False
    identifier: str | None = None
    data: dict[str, Any] | None = None
    urls: dict[str, str]
    object: str = "organizationSso"

    @classmethod
    def of(cls, organization_id: UUID, config: SsoConfig | None, base_url: str) -> Self:
        """Shape the configuration; the URLs are those a real sign-on service would have."""
        sso = f"{base_url}/sso"
        urls = {
            "callbackPath": f"{sso}/oidc-signin",
            "signedOutCallbackPath": f"{sso}/oidc-signedout",
            "spEntityIdStatic": f"{sso}/saml2",
            "spEntityId": f"{sso}/saml2/{organization_id}",
            "spMetadataUrl": f"{sso}/saml2/{organization_id}",
            "spAcsUrl": f"{sso}/saml2/{organization_id}/Acs",
        }
        if config is None:
            return cls(urls=urls)
        data = {"configType": 1, "memberDecryptionType": config.member_decryption_type}
        return cls(enabled=config.enabled, identifier=config.identifier, data=data, urls=urls)
