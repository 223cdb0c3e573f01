"""What events are made of, without the models that they are answered with."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class Recorded(NamedTuple):
    """An event of an organization. type: number of upstream's EventType."""

    type: int
    installation_id: UUID | None
    date: datetime
