"""The parts wired into the cloud app."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast
from uuid import UUID

from cloud_sim.settings import CloudSettings
from common.crypto.certificates import LicenseCertificate
from common.server.app import context as wired_context
from common.server.context import Context
from common.server.foresight import Hand

if TYPE_CHECKING:
    from common.domains.organizations.models import Organization


@dataclass(frozen=True)
class Consequences:
    """What follows in a domain that the cause must not know; create_app says what.

    sponsored_period_began: a Families organization on the sponsored price begins a paid period (its begin and end; by
    whose hand what follows is carried out).
    policy_switched_on: a policy (its number) was off before.
    """

    sponsored_period_began: Callable[["CloudContext", "Organization", datetime, datetime, Hand], None]
    policy_switched_on: Callable[["CloudContext", UUID, int], None]


@dataclass(frozen=True)
class CloudContext(Context):
    """What a cloud use case may reach; `certificate` signs licences."""

    settings: CloudSettings
    certificate: LicenseCertificate
    consequences: Consequences

    def policy_switched_on(self, organization_id: UUID, policy_type: int) -> None:
        """Tell whoever has to do with it."""
        self.consequences.policy_switched_on(self, organization_id, policy_type)


def context() -> CloudContext:
    """The parts wired into the current cloud app."""
    return cast(CloudContext, wired_context())
