"""The cloud's own routes, which an instance refuses.

Source: fidelity.md: license.download, organization.reads, account.subscription, wire.sides, sponsorship.routes.
"""

from common.domains.organizations.requirements import MANAGE_BILLING, MEMBER_OR_PROVIDER
from common.errors import only_when_not_self_hosted
from common.server import policy
from common.server.wrong_side import Guarded, guard
from common.wire.organizations import OrganizationCreate
from common.wire.public_api import PublicSubscriptionUpdate
from common.wire.subscriptions import (
    SeatsAdjustment,
    SecretsManagerSubscribe,
    SecretsManagerUpdate,
    SubscriptionUpdate,
    Upgrade,
)

_BILLING = "/organizations/<uuid:organization_id>/billing/vnext"
_OWN_BILLING = "/account/billing/vnext"
_MEMBERS = policy.organization(MEMBER_OR_PROVIDER)
_OWNERS = policy.organization(MANAGE_BILLING)
_GET, _POST, _PUT = ("GET",), ("POST",), ("PUT",)

CLOUD_ROUTES = (
    Guarded(_POST, "/installations", policy.anonymous, json=True),
    Guarded(_GET, "/installations/<installation_id>", policy.anonymous),
    Guarded(_GET, "/licenses/organization/<organization_id>", policy.licensing, json=True),
    Guarded(_GET, "/licenses/user/<user_id>", policy.licensing),
    Guarded(_GET, "/accounts/billing/history"),
    Guarded(_GET, "/public/organization/subscription", policy.public),
    Guarded(_PUT, "/public/organization/subscription", policy.public, body=PublicSubscriptionUpdate),
    Guarded(_GET, "/organizations/<uuid:organization_id>/billing"),
    Guarded(_POST, "/organizations", body=OrganizationCreate),
    Guarded(_POST, "/organizations/create-without-payment", body=OrganizationCreate),
    Guarded(_GET, "/organizations/<uuid:organization_id>/license"),
    Guarded(_POST, "/organizations/<uuid:organization_id>/upgrade", body=Upgrade),
    Guarded(_POST, "/organizations/<uuid:organization_id>/subscription", body=SubscriptionUpdate),
    Guarded(_POST, "/organizations/<guid('id'):organization_id>/sm-subscription", body=SecretsManagerUpdate),
    Guarded(_POST, "/organizations/<uuid:organization_id>/subscribe-secrets-manager", body=SecretsManagerSubscribe),
    Guarded(_POST, "/organizations/<uuid:organization_id>/seat", body=SeatsAdjustment),
    Guarded(_POST, "/organizations/<organization_id>/storage", json=True),
    Guarded(_POST, "/organizations/<uuid:organization_id>/reinstate"),
    Guarded(_GET, f"{_BILLING}/metadata", _MEMBERS),
    Guarded(_GET, f"{_BILLING}/warnings", _MEMBERS),
    Guarded(_GET, f"{_BILLING}/address", _OWNERS),
    Guarded(_PUT, f"{_BILLING}/address", _OWNERS, json=True),
    Guarded(_GET, f"{_BILLING}/payment-method", _OWNERS),
    Guarded(_PUT, f"{_BILLING}/payment-method", _OWNERS, json=True),
    Guarded(_GET, f"{_BILLING}/credit", _OWNERS),
    Guarded(_POST, f"{_BILLING}/credit/bitpay", _OWNERS, json=True),
    Guarded(_POST, f"{_BILLING}/subscription/restart", _OWNERS, json=True),
    Guarded(_GET, f"{_BILLING}/churn-mitigation-offer", _OWNERS),
    Guarded(_POST, f"{_BILLING}/churn-mitigation-offer/redeem", _OWNERS),
    Guarded(_GET, f"{_OWN_BILLING}/license"),
    Guarded(_GET, f"{_OWN_BILLING}/subscription"),
    Guarded(_POST, f"{_OWN_BILLING}/subscription", json=True),
    Guarded(_POST, f"{_OWN_BILLING}/subscription/reinstate"),
    Guarded(_PUT, f"{_OWN_BILLING}/subscription/storage", json=True),
    Guarded(_POST, f"{_OWN_BILLING}/upgrade", json=True),
    Guarded(_GET, f"{_OWN_BILLING}/payment-method"),
    Guarded(_PUT, f"{_OWN_BILLING}/payment-method", json=True),
    Guarded(_GET, f"{_OWN_BILLING}/credit"),
    Guarded(_POST, f"{_OWN_BILLING}/credit/bitpay", json=True),
    Guarded(_POST, f"{_OWN_BILLING}/premium/checkout", json=True),
    Guarded(_POST, f"{_OWN_BILLING}/portal-session"),
    Guarded(_POST, "/push/register", policy.push, json=True),
    Guarded(_POST, "/push/delete", policy.push, json=True),
    Guarded(_PUT, "/push/add-organization", policy.push, json=True),
    Guarded(_PUT, "/push/delete-organization", policy.push, json=True),
    Guarded(_POST, "/push/send", policy.push, json=True),
)

bp = guard("cloud_routes", CLOUD_ROUTES, only_when_not_self_hosted)
