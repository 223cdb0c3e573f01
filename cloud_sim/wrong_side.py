"""The instance's own routes, which the cloud refuses.

Source: fidelity.md: license.download, license.create, account.subscription. Connections answer with texts of their own
(cloud_sim/billing_sync), sponsorships guard theirs themselves.
"""

from common.domains.organizations.requirements import MEMBER_OR_PROVIDER
from common.errors import only_when_self_hosted
from common.server import policy
from common.server.upload import require_license
from common.server.wrong_side import Guarded, guard

SELF_HOSTED_ROUTES = (
    Guarded(("POST",), "/organizations/licenses/self-hosted"),
    Guarded(("POST",), "/organizations/licenses/self-hosted/<organization_id>"),
    Guarded(("POST",), "/organizations/licenses/self-hosted/<organization_id>/sync"),
    Guarded(("POST",), "/accounts/license", check=require_license),
    Guarded(("POST",), "/account/billing/vnext/self-host/license"),
    Guarded(
        ("GET",),
        "/organizations/<uuid:organization_id>/billing/vnext/self-host/metadata",
        policy.organization(MEMBER_OR_PROVIDER),
    ),
)

bp = guard("self_hosted_routes", SELF_HOSTED_ROUTES, only_when_self_hosted)
