"""Policies and single sign-on as the wire tells them."""

from uuid import UUID

from common.domains.organizations.models import Policy, SsoConfig
from common.domains.organizations.policies.service import PolicyState
from common.wire.policies import PolicyAnswer, PolicyStatusResponse
from common.wire.sso import SsoResponse


def policy(row: Policy) -> PolicyAnswer:
    """A policy that was set."""
    return PolicyAnswer(
        id=row.id,
        organization_id=row.organization_id,
        type=row.type,
        data=row.data,
        enabled=row.enabled,
        revision_date=row.revision_date,
    )


def policy_status(state: PolicyState) -> PolicyStatusResponse:
    """A policy, set or not."""
    return PolicyStatusResponse(
        organization_id=state.organization_id, type=state.type, data=state.data or {}, enabled=state.enabled
    )


def sso(organization_id: UUID, config: SsoConfig | None, base_url: str) -> SsoResponse:
    """Single sign-on; the URLs are those a real sign-on service would have. config: None when it was never saved."""
    service = f"{base_url}/sso"
    urls = {
        "callbackPath": f"{service}/oidc-signin",
        "signedOutCallbackPath": f"{service}/oidc-signedout",
        "spEntityIdStatic": f"{service}/saml2",
        "spEntityId": f"{service}/saml2/{organization_id}",
        "spMetadataUrl": f"{service}/saml2/{organization_id}",
        "spAcsUrl": f"{service}/saml2/{organization_id}/Acs",
    }
    if config is None:
        return SsoResponse(urls=urls)
    data = {"configType": 1, "memberDecryptionType": config.member_decryption_type}
    return SsoResponse(enabled=config.enabled, identifier=config.identifier, data=data, urls=urls)
