"""The parts wired into the self-hosted app."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import requests

from common.crypto.certificates import VerificationCertificate
from common.server.app import context as wired_context
from common.server.context import Context, Grace
from selfhost.deployment.settings import SelfHostSettings

if TYPE_CHECKING:
    from common.domains.accounts.models import User
    from common.domains.organizations.models import Organization


@dataclass(frozen=True)
class SelfHostContext(Context):
    """What a use case of the instance may reach.

    deployment: the configuration in effect. http: the session that reaches the cloud. certificates: whose licences are
    accepted. premium_check: decides about premium when a user gets an access token. grace_check: finds the grace period
    that an organization is in.
    """

    deployment: SelfHostSettings
    http: requests.Session
    certificates: tuple[VerificationCertificate, ...]
    premium_check: "Callable[[SelfHostContext, User], bool]"
    grace_check: "Callable[[SelfHostContext, Organization], Grace | None]"

    def premium_claim(self, user: "User") -> bool:
        """Whether an access token issued now says premium: by the licence file, looked at once a day."""
        return self.premium_check(self, user)

    def grace_of(self, organization: "Organization") -> Grace | None:
        """The grace period that the organization is in, by its licence file."""
        return self.grace_check(self, organization)


def context() -> SelfHostContext:
    """The parts wired into the current self-hosted app."""
    return cast(SelfHostContext, wired_context())
