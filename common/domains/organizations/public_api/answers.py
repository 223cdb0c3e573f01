"""Members, groups and policies as the Public API tells them."""

from collections.abc import Iterable

from common.domains.organizations.collections.answers import access
from common.domains.organizations.collections.service import Access
from common.domains.organizations.members.service import MemberView
from common.domains.organizations.models import Group, Policy
from common.enums import MemberType
from common.wire.members import Permissions
from common.wire.public_api import PublicGroup, PublicMember, PublicPolicy


def member(view: MemberView) -> PublicMember:
    """A member with collections."""
    row, user = view.member, view.user
    granted = Permissions.model_validate(row.permissions or {}) if row.type == MemberType.CUSTOM else None
    return PublicMember(
        id=row.id,
        user_id=row.user_id,
        name=user.name if user else None,
        email=view.email,
        two_factor_enabled=user is not None and user.two_factor_enabled,
        status=row.status,
        collections=access(view.access),
        type=row.type,
        external_id=row.external_id,
        permissions=granted,
    )


def policy(row: Policy) -> PublicPolicy:
    """A policy that was set."""
    return PublicPolicy(id=row.id, type=row.type, enabled=row.enabled, data=row.data)


def group(row: Group, allowed: Iterable[Access] | None) -> PublicGroup:
    """A group with collections."""
    told = access(tuple(allowed)) if allowed is not None else None
    return PublicGroup(id=row.id, collections=told, name=row.name, external_id=row.external_id)
