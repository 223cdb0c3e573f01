"""Organizations and what belongs to them: members, API keys, collections, groups, policies, single sign-on.

Source: src/Core/AdminConsole/Entities/*.cs, src/Core/Entities/OrganizationUser.cs; fidelity.md: license.file,
billing-sync.api-keys.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.enums import OrganizationStatus, ProductTier
from common.plans import tier_of
from common.server.database import Base


def _flag() -> Mapped[bool]:
    return mapped_column(default=False)


class Organization(Base):
    """An organization vault. Its abilities are named like the licence fields (common/license/model.py)."""

    __tablename__ = "organizations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(300))
    business_name: Mapped[str | None] = mapped_column(sa.String(300))
    billing_email: Mapped[str] = mapped_column(sa.String(256))
    plan: Mapped[str] = mapped_column(sa.String(50))
    plan_type: Mapped[int]
    status: Mapped[int] = mapped_column(default=OrganizationStatus.CREATED)
    enabled: Mapped[bool] = mapped_column(default=True)
    license_key: Mapped[str | None] = mapped_column(sa.String(100), index=True)
    expiration_date: Mapped[datetime | None]
    seats: Mapped[int | None]
    max_autoscale_seats: Mapped[int | None]
    max_collections: Mapped[int | None] = mapped_column(sa.SmallInteger)
    max_storage_gb: Mapped[int | None] = mapped_column(sa.SmallInteger)
    sm_seats: Mapped[int | None]
    sm_service_accounts: Mapped[int | None]
    max_autoscale_sm_seats: Mapped[int | None]
    max_autoscale_sm_service_accounts: Mapped[int | None]
    self_host: Mapped[bool] = _flag()
    users_get_premium: Mapped[bool] = _flag()
    use_policies: Mapped[bool] = _flag()
    use_sso: Mapped[bool] = _flag()
    use_key_connector: Mapped[bool] = _flag()
    use_scim: Mapped[bool] = _flag()
    use_groups: Mapped[bool] = _flag()
    use_events: Mapped[bool] = _flag()
    use_directory: Mapped[bool] = _flag()
    use_totp: Mapped[bool] = _flag()
    use_2fa: Mapped[bool] = _flag()
    use_api: Mapped[bool] = _flag()
    use_reset_password: Mapped[bool] = _flag()
    use_custom_permissions: Mapped[bool] = _flag()
    use_password_manager: Mapped[bool] = _flag()
    use_secrets_manager: Mapped[bool] = _flag()
    use_risk_insights: Mapped[bool] = _flag()
    use_phishing_blocker: Mapped[bool] = _flag()
    use_organization_domains: Mapped[bool] = _flag()
    use_admin_sponsored_families: Mapped[bool] = _flag()
    use_automatic_user_confirmation: Mapped[bool] = _flag()
    use_disable_sm_ads_for_users: Mapped[bool] = _flag()
    use_my_items: Mapped[bool] = _flag()
    use_invite_links: Mapped[bool] = _flag()
    use_pam: Mapped[bool] = _flag()
    limit_collection_creation: Mapped[bool] = _flag()
    limit_collection_deletion: Mapped[bool] = _flag()
    limit_item_deletion: Mapped[bool] = _flag()
    allow_admin_access_to_all_collection_items: Mapped[bool] = _flag()
    public_key: Mapped[str | None] = mapped_column(sa.Text)
    private_key: Mapped[str | None] = mapped_column(sa.Text)
    creation_date: Mapped[datetime]
    revision_date: Mapped[datetime]

    @property
    def tier(self) -> ProductTier:
        """The family of the organization's plan."""
        return tier_of(self.plan_type)


class Member(Base):
    """A user's place in an organization; `email` is set while the invitation is open, `user_id` afterwards.

    key: the organization key wrapped for the member (EncString type 4). permissions: granted ones of a Custom member.
    """

    __tablename__ = "members"
    __table_args__ = (
        sa.UniqueConstraint("organization_id", "user_id"),
        sa.Index("uq_members_invited", "organization_id", "email", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organizations.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    email: Mapped[str | None] = mapped_column(sa.String(256), index=True)
    key: Mapped[str | None] = mapped_column(sa.Text)
    status: Mapped[int]
    type: Mapped[int]
    permissions: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    external_id: Mapped[str | None] = mapped_column(sa.String(300))
    access_secrets_manager: Mapped[bool] = _flag()
    creation_date: Mapped[datetime]
    revision_date: Mapped[datetime]


class OrganizationApiKey(Base):
    """One secret per purpose; that of purpose BILLING_SYNC is the billing sync token."""

    __tablename__ = "organization_api_keys"
    __table_args__ = (sa.UniqueConstraint("organization_id", "type"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organizations.id", ondelete="CASCADE"))
    type: Mapped[int]
    api_key: Mapped[str] = mapped_column(sa.String(30))
    revision_date: Mapped[datetime]


class Collection(Base):
    """A collection; `name` is an EncString under the organization key."""

    __tablename__ = "collections"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organizations.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.Text)
    external_id: Mapped[str | None] = mapped_column(sa.String(300))
    creation_date: Mapped[datetime]
    revision_date: Mapped[datetime]


class CollectionMember(Base):
    """What one member may do with one collection."""

    __tablename__ = "collection_members"

    collection_id: Mapped[UUID] = mapped_column(sa.ForeignKey("collections.id", ondelete="CASCADE"), primary_key=True)
    member_id: Mapped[UUID] = mapped_column(sa.ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    read_only: Mapped[bool] = _flag()
    hide_passwords: Mapped[bool] = _flag()
    manage: Mapped[bool] = _flag()


class Group(Base):
    """A group of members."""

    __tablename__ = "groups"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organizations.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    external_id: Mapped[str | None] = mapped_column(sa.String(300))
    creation_date: Mapped[datetime]
    revision_date: Mapped[datetime]


class GroupMember(Base):
    """A member in a group."""

    __tablename__ = "group_members"

    group_id: Mapped[UUID] = mapped_column(sa.ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True)
    member_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("members.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class CollectionGroup(Base):
    """What the members of one group may do with one collection."""

    __tablename__ = "collection_groups"

    collection_id: Mapped[UUID] = mapped_column(sa.ForeignKey("collections.id", ondelete="CASCADE"), primary_key=True)
    group_id: Mapped[UUID] = mapped_column(sa.ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True, index=True)
    read_only: Mapped[bool] = _flag()
    hide_passwords: Mapped[bool] = _flag()
    manage: Mapped[bool] = _flag()


class Policy(Base):
    """A policy that was set at least once; `type` is a PolicyType number."""

    __tablename__ = "policies"
    __table_args__ = (sa.UniqueConstraint("organization_id", "type"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(sa.ForeignKey("organizations.id", ondelete="CASCADE"))
    type: Mapped[int]
    enabled: Mapped[bool] = _flag()
    data: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    creation_date: Mapped[datetime]
    revision_date: Mapped[datetime]


class SsoConfig(Base):
    """Single sign-on as far as a licence looks at it. member_decryption_type 1 = Key Connector.

    Source: src/Core/Auth/Enums/MemberDecryptionType.cs.
    """

    __tablename__ = "sso_configs"

    organization_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    enabled: Mapped[bool] = _flag()
    member_decryption_type: Mapped[int] = mapped_column(default=0)
    identifier: Mapped[str | None] = mapped_column(sa.String(50))
    creation_date: Mapped[datetime]
    revision_date: Mapped[datetime]
