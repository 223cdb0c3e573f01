"""Folders and items. What a client encrypted stays opaque.

Source: src/Core/Vault/Entities/{Cipher,Folder}.cs; fidelity.md: account.sync.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class Folder(Base):
    """A user's own shelf for items; `name` is an EncString under the user key."""

    __tablename__ = "folders"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.Text)
    creation_date: Mapped[datetime]
    revision_date: Mapped[datetime]


class Cipher(Base):
    """An item of a user (`user_id`) or of an organization (`organization_id`), never of both.

    data: name, notes, fields, password history and the member of its type, as on the wire. key: the item's own key.
    """

    __tablename__ = "ciphers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    organization_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("organizations.id", ondelete="CASCADE"), index=True
    )
    type: Mapped[int]
    data: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    reprompt: Mapped[int] = mapped_column(default=0)
    key: Mapped[str | None] = mapped_column(sa.Text)
    creation_date: Mapped[datetime]
    revision_date: Mapped[datetime]
    deleted_date: Mapped[datetime | None]


class CipherPlace(Base):
    """Where one user keeps an item: in which folder, and whether among the favorites."""

    __tablename__ = "cipher_places"

    cipher_id: Mapped[UUID] = mapped_column(sa.ForeignKey("ciphers.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    folder_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("folders.id", ondelete="SET NULL"), index=True)
    favorite: Mapped[bool] = mapped_column(default=False)


class CollectionCipher(Base):
    """An organization's item in one of its collections."""

    __tablename__ = "collection_ciphers"

    collection_id: Mapped[UUID] = mapped_column(sa.ForeignKey("collections.id", ondelete="CASCADE"), primary_key=True)
    cipher_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("ciphers.id", ondelete="CASCADE"), primary_key=True, index=True
    )
