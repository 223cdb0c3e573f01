"""HTTP of providers under `/_sim`: `/_sim/providers`, and `/_sim/organizations/{id}/provider`."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, Response

from cloud_sim.providers import service as providers
from cloud_sim.providers.models import Provider
from cloud_sim.providers.rules import ProviderType
from cloud_sim.subscriptions import rules
from cloud_sim.subscriptions import service as subscriptions
from cloud_sim.subscriptions.clients import service
from common.errors import bad_request
from common.server import policy
from common.server.app import context
from common.server.body import answer, answer_rows, nothing, read_json
from common.server.operation import Rows, operation
from common.wire.providers import ClientOf, NewProvider, ProviderKind, SimulatedProvider

bp = Blueprint("sim_providers", __name__, url_prefix="/_sim")

_KINDS: dict[int, ProviderKind] = {
    ProviderType.MSP: "msp",
    ProviderType.RESELLER: "reseller",
    ProviderType.BUSINESS_UNIT: "business-unit",
}
_NUMBERS = {name: ProviderType(number) for number, name in _KINDS.items()}


def _told(found: Sequence[Provider]) -> list[SimulatedProvider]:
    ctx = context()
    ids = [each.id for each in found]
    clients, paid = providers.clients_of(ctx, ids), subscriptions.subscriptions_of_providers(ctx, ids)
    return [
        SimulatedProvider(
            id=each.id,
            name=each.name,
            type=_KINDS[each.type],
            enabled=each.enabled,
            billing_email=each.billing_email,
            status=paid[each.id].status if each.id in paid else None,
            period_end=paid[each.id].period_end if each.id in paid else None,
            organizations=clients.get(each.id, []),
        )
        for each in found
    ]


@bp.get("/providers")
@policy.control
@operation(answer=Rows(SimulatedProvider))
def list_providers() -> Response:
    """Every provider, the oldest first."""
    return answer_rows(_told(providers.list_providers(context())))


@bp.post("/providers")
@policy.control
@operation(body=NewProvider, answer=SimulatedProvider)
def open_provider() -> Response:
    """A new provider: a managed service provider or a business unit pays for its organizations, a reseller does not."""
    wanted = read_json(NewProvider)
    made = service.open_provider(context(), wanted.name, _NUMBERS[wanted.type], wanted.billing_email)
    return answer(_told([made])[0])


@bp.post("/providers/<uuid:provider_id>/subscription/<event>")
@policy.control
@operation(answer=SimulatedProvider)
def cause_event(provider_id: UUID, event: str) -> Response:
    """Cause one billing event of a provider; unpaid or over, its organizations are switched off."""
    if event not in rules.EVENTS:
        raise bad_request(f"Unknown event; known are {', '.join(rules.EVENTS)}.", rule="sim.event")
    return answer(_told([service.cause(context(), provider_id, event)])[0])


@bp.post("/organizations/<uuid:organization_id>/provider")
@policy.control
@operation(body=ClientOf, answer=SimulatedProvider)
def take_on(organization_id: UUID) -> Response:
    """Have a provider manage or resell an organization."""
    wanted = read_json(ClientOf)
    made = service.take_on(context(), organization_id, wanted.provider_id)
    return answer(_told([made])[0])


@bp.delete("/organizations/<uuid:organization_id>/provider")
@policy.control
@operation()
def let_go(organization_id: UUID) -> Response:
    """Have an organization pay for itself again, by invoices."""
    service.let_go(context(), organization_id)
    return nothing()
