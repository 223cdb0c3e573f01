"""Bodies of the simulator's control of providers, who manage or resell organizations; upstream's portals are not here.

Source: fidelity.md: organization.providers.
"""

from typing import Literal
from uuid import UUID

from pydantic import Field

from common.wire.base import Email, RequiredText, WireDate, WireModel, WireRequest

ProviderKind = Literal["msp", "reseller", "business-unit"]


class NewProvider(WireRequest):
    """A provider to be. billing_email: also of the organizations that it manages."""

    name: RequiredText = Field(max_length=50)
    type: ProviderKind
    billing_email: Email = "billing@provider.example"


class ClientOf(WireRequest):
    """Whose an organization becomes."""

    provider_id: UUID


class SimulatedProvider(WireModel):
    """A provider, the state of its own subscription (null = it has none), and its organizations."""

    id: UUID
    name: str
    type: ProviderKind
    enabled: bool
    billing_email: str
    status: str | None
    period_end: WireDate | None
    organizations: list[UUID]
