"""The parts wired into the cloud app."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from cloud_sim.settings import CloudSettings
from common.crypto.certificates import LicenseCertificate
from common.server.app import context as wired_context
from common.server.context import Context, Side
from common.server.foresight import Hand


class CloudSide(Side):
    """The cloud's side, with what follows there in a domain that its cause must not know."""

    @abstractmethod
    def sponsored_period_began(
        self, ctx: "CloudContext", families_id: UUID, began: datetime, ends: datetime, hand: Hand
    ) -> None:
        """A Families organization on the sponsored price begins a paid period. hand: how what follows is done."""


@dataclass(frozen=True)
class CloudContext(Context):
    """What a cloud use case may reach; `certificate` signs licences."""

    settings: CloudSettings
    side: CloudSide
    certificate: LicenseCertificate


def context() -> CloudContext:
    """The parts wired into the current cloud app."""
    return cast(CloudContext, wired_context())
