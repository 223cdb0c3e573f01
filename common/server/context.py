"""What a use case may reach: the parts that an app factory wired together, handed to every service function."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.orm import Session

from common.clock import Clock
from common.crypto.keys import SigningKey
from common.crypto.passwords import PasswordHashes
from common.crypto.tokens import TokenProtector
from common.domains.identity.clients import ClientRegistry
from common.ids import Ids
from common.server.mail.smtp import Mailer
from common.settings import CommonSettings

if TYPE_CHECKING:
    from common.domains.accounts.models import User
    from common.domains.organizations.models import Organization


@dataclass(frozen=True)
class Grace:
    """An organization lives on after its paid period. ended: when the period did. days_left: until it is suspended."""

    ended: datetime
    days_left: int


@dataclass(frozen=True)
class Context:
    """The parts both apps share.

    session: the database session of the current request or job step. signing_key: signs and verifies access tokens.
    protector: seals opaque tokens (registration, invitation, verification). clients: OAuth client prefixes served here.
    """

    session: Session
    clock: Clock
    ids: Ids
    mailer: Mailer
    passwords: PasswordHashes
    signing_key: SigningKey
    protector: TokenProtector
    clients: ClientRegistry
    settings: CommonSettings

    def premium_claim(self, user: "User") -> bool:
        """Whether an access token issued now says premium. An instance looks closer, at the licence file."""
        return user.premium

    def policy_switched_on(self, organization_id: UUID, policy_type: int) -> None:
        """A policy was off and is on now. Nothing follows from that, except on the cloud."""

    def grace_of(self, organization: "Organization") -> Grace | None:
        """The grace period that the organization is in. Only an instance has one: the cloud bills and suspends."""
        return None
