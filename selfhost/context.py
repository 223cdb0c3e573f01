"""The parts wired into the self-hosted app."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

import requests

from common.crypto.certificates import VerificationCertificate
from common.server.app import context as wired_context
from common.server.context import Context
from selfhost.deployment.configuration import SelfHostSettings


@dataclass(frozen=True)
class SelfHostContext(Context):
    """What a use case of the instance may reach.

    deployment: the configuration in effect. http: the session that reaches the cloud. certificates: whose licences are
    accepted. egress: asks what the simulated network does, host -> rule (selfhost/egress).
    """

    deployment: SelfHostSettings
    http: requests.Session
    certificates: tuple[VerificationCertificate, ...]
    egress: Callable[[], Mapping[str, str]]


def context() -> SelfHostContext:
    """The parts wired into the current self-hosted app."""
    return cast(SelfHostContext, wired_context())
