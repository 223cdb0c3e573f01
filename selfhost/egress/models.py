"""The rules of the simulated network that are in force."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class EgressRule(Base):
    """What the network does to connections to one host. host: name, `name:port`, or `*` for all others."""

    __tablename__ = "egress_rules"

    host: Mapped[str] = mapped_column(sa.String(255), primary_key=True)
    rule: Mapped[str] = mapped_column(sa.String(20))
