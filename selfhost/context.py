"""The parts wired into the self-hosted app."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from common.crypto.certificates import VerificationCertificate
from common.server.app import context as wired_context
from common.server.context import Context
from selfhost.deployment.configuration import SelfHostSettings

if TYPE_CHECKING:
    import requests


@dataclass(frozen=True)
class SelfHostContext(Context):
    """What a use case of the instance may reach.

    deployment: the configuration in effect. session_to_cloud: made when it is first wanted. certificates: whose
    licences are accepted. egress: asks what the simulated network does, host -> rule (selfhost/egress).
    """

    deployment: SelfHostSettings
    session_to_cloud: "Callable[[], requests.Session]"
    certificates: tuple[VerificationCertificate, ...]
    egress: Callable[[], Mapping[str, str]]

    @property
    def http(self) -> "requests.Session":
        """The session that reaches the cloud."""
        return self.session_to_cloud()


def context() -> SelfHostContext:
    """The parts wired into the current self-hosted app."""
    return cast(SelfHostContext, wired_context())
