"""Mails that are written when they are sent: whether, and with which words, may depend on what has happened since."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from common.server.mail.messages import Mail


class WaitingMail(NamedTuple):
    """A mail that somebody took to send it. about: the row it speaks of. attempts: this one included."""

    id: UUID
    kind: str
    recipient: str
    about: UUID | None
    facts: dict[str, Any]
    attempts: int


MailWriter = Callable[[Any, Sequence[WaitingMail]], Mapping[UUID, Mail]]
"""Writes mails of its kind, given the context; those that are out of date by now are missing."""
