"""What a use case may reach: the parts that an app factory wired together, handed to every service function.

One of them is the side: what the cloud and an instance decide differently.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from common.clock import Clock
from common.crypto.keys import SigningKey
from common.crypto.passwords import PasswordHashes
from common.crypto.tokens import TokenProtector
from common.ids import Ids
from common.server.clients import MachineClient
from common.server.mail.smtp import Mailer
from common.server.mail.waiting import MailWriter
from common.settings import CommonSettings


class Grace(NamedTuple):
    """An organization lives on after its paid period. ended: when the period did. days_left: until it is suspended."""

    ended: datetime
    days_left: int


class Manager(NamedTuple):
    """Who manages or resells an organization, as its members are told. type: as upstream numbers providers."""

    id: UUID
    name: str
    type: int


class Side(ABC):
    """Every decision that the cloud and an instance make differently. Takes ids and plain values, never rows.

    app: `cloud` or `selfhost`. region: `US` or `EU`, None on an instance. licensed: an organization is what its licence
    says, so that name and billing address are not changed here and no plan is sold. tells_by_sync: what is done about
    sponsorships waits for a sync that tells the cloud, and nobody is mailed. max_items: the most items of the vault in
    one request, None = any number. origins: further ones whose pages may call the wire (common/server/cors.py).
    """

    app: str
    region: str | None = None
    licensed: bool
    tells_by_sync: bool
    max_items: int | None
    origins: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Tells the apps of one machine apart: `us`, `eu`, `selfhost`."""
        return (self.region or self.app).lower()

    @property
    def app_name(self) -> str:
        """How people call the app: `cloud-us`, `cloud-eu`, `selfhost`."""
        return f"cloud-{self.region.lower()}" if self.region else self.app

    def release(self, ctx: "Context") -> str:
        """The server release that is simulated now."""
        return ctx.settings.version

    @abstractmethod
    def premium_claim(self, ctx: "Context", user_id: UUID, *, premium: bool) -> bool:
        """Whether an access token issued now says premium. premium: what the account says."""

    @abstractmethod
    def check_api_key(self, ctx: "Context", organization_id: UUID, key_type: int) -> None:
        """Refuse an API key of this purpose to an organization that its tier allows one."""

    @abstractmethod
    def grow_seats(self, ctx: "Context", organization_id: UUID, missing: int) -> None:
        """Get the seats that somebody who joins is short of, or refuse with the reason."""

    @abstractmethod
    def policy_switched_on(self, ctx: "Context", organization_id: UUID, policy_type: int) -> None:
        """What follows when a policy was off and is on now."""

    def managers_of(self, ctx: "Context", organization_ids: Sequence[UUID]) -> Mapping[UUID, Manager]:
        """Providers of organizations, by organization; nobody has one where nothing is billed."""
        return {}

    @abstractmethod
    def grace_of(self, ctx: "Context", organization_id: UUID) -> Grace | None:
        """The grace period that an organization is in, None = in none."""


ClientProvider = Callable[["Context", str], MachineClient | None]
"""Finds the machine client of one identifier (the part after the first dot); None when unknown or not enabled."""


KeepersOfLog = Callable[["Context", UUID], Sequence[UUID]]
"""The organizations in whose event logs an act of this user stands."""


@dataclass(frozen=True)
class Context:
    """The parts both apps share.

    session: the database session of the current request or job step. signing_key: signs and verifies access tokens.
    protector: seals opaque tokens (registration, invitation, verification). clients: the machine clients of the token
    endpoint, by the prefix of their id. side: what this kind of server decides. mail_writers: who writes the
    mails of a kind that are written when they are sent. keepers_of_log: the organizations that keep what a user does.
    """

    session: Session
    clock: Clock
    ids: Ids
    mailer: Mailer
    passwords: PasswordHashes
    signing_key: SigningKey
    protector: TokenProtector
    clients: Mapping[str, ClientProvider]
    settings: CommonSettings
    side: Side
    mail_writers: Mapping[str, MailWriter]
    keepers_of_log: KeepersOfLog
