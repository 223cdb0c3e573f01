"""The instance's own routes, which the cloud refuses.

Source: fidelity.md: license.download, license.create, account.subscription. Connections answer with texts of their own
(cloud_sim/billing_sync), sponsorships guard theirs themselves.
"""

from common.errors import only_when_self_hosted
from common.server.wrong_side import Guarded, guard

SELF_HOSTED_ROUTES = (
    Guarded(("POST",), "/organizations/licenses/self-hosted"),
    Guarded(("POST",), "/organizations/licenses/self-hosted/<organization_id>"),
    Guarded(("POST",), "/organizations/licenses/self-hosted/<organization_id>/sync"),
    Guarded(("POST",), "/accounts/license"),
    Guarded(("GET",), "/accounts/subscription"),
    Guarded(("POST",), "/account/billing/vnext/self-host/license"),
    Guarded(("GET",), "/organizations/<organization_id>/billing/vnext/self-host/metadata"),
)

bp = guard("self_hosted_routes", SELF_HOSTED_ROUTES, only_when_self_hosted)
