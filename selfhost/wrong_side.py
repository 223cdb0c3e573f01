"""The cloud's own routes, which an instance refuses.

Source: fidelity.md: license.download, organization.reads, account.subscription, wire.sides, sponsorship.routes.
"""

from common.errors import only_when_not_self_hosted
from common.server.wrong_side import Guarded, guard

_ANY = ("GET", "POST", "PUT", "DELETE")

CLOUD_ROUTES = (
    Guarded(("POST",), "/installations", "anonymous"),
    Guarded(("GET",), "/installations/<installation_id>", "anonymous"),
    Guarded(("GET",), "/licenses/organization/<organization_id>", "licensing"),
    Guarded(("GET",), "/licenses/user/<user_id>", "licensing"),
    Guarded(("GET",), "/accounts/billing/history"),
    Guarded(("POST",), "/organizations"),
    Guarded(("POST",), "/organizations/create-without-payment"),
    Guarded(("GET",), "/organizations/<organization_id>/license"),
    Guarded(("POST",), "/organizations/<organization_id>/upgrade"),
    Guarded(("POST",), "/organizations/<organization_id>/subscription"),
    Guarded(("POST",), "/organizations/<organization_id>/sm-subscription"),
    Guarded(("POST",), "/organizations/<organization_id>/seat"),
    Guarded(("POST",), "/organizations/<organization_id>/storage"),
    Guarded(("POST",), "/organizations/<organization_id>/cancel"),
    Guarded(("POST",), "/organizations/<organization_id>/reinstate"),
    Guarded(_ANY, "/organizations/<organization_id>/billing/vnext/<path:rest>"),
    Guarded(_ANY, "/account/billing/vnext/<path:rest>"),
)

bp = guard("cloud_routes", CLOUD_ROUTES, only_when_not_self_hosted)
