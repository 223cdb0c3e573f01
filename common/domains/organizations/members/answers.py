"""Members as the wire tells them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from common.domains.organizations.collections.answers import access
from common.domains.organizations.members.service import MemberView
from common.wire.members import (
    MemberDetails,
    MemberOutcome,
    MemberPublicKey,
    MemberResponse,
    MiniMemberResponse,
    Permissions,
)


def member(view: MemberView) -> MemberResponse:
    """A member in the list of members."""
    user = view.user
    return MemberResponse(
        **_members(view),
        name=user.name if user else None,
        email=view.email,
        avatar_color=user.avatar_color if user else None,
        two_factor_enabled=user is not None and user.two_factor_enabled,
        groups=list(view.group_ids),
    )


def member_details(view: MemberView, *, with_groups: bool) -> MemberDetails:
    """One member. with_groups: say which groups they are in."""
    asked: dict[str, Any] = {"groups": list(view.group_ids)} if with_groups else {}
    return MemberDetails(**_members(view), **asked)


def _members(view: MemberView) -> dict[str, Any]:
    row, user = view.member, view.user
    return {
        "id": row.id,
        "user_id": row.user_id,
        "type": row.type,
        "status": row.status,
        "external_id": row.external_id,
        "access_secrets_manager": row.access_secrets_manager,
        "has_master_password": user is not None and user.master_password_hash is not None,
        "collections": access(view.access),
        "creation_date": row.creation_date,
        "permissions": Permissions.model_validate(row.permissions or {}),
    }


def mini_member(view: MemberView) -> MiniMemberResponse:
    """What every member may know about another one."""
    row = view.member
    return MiniMemberResponse(
        id=row.id,
        user_id=row.user_id,
        type=row.type,
        status=row.status,
        name=view.user.name if view.user else None,
        email=view.email,
    )


def public_keys(views: Iterable[MemberView]) -> Iterator[MemberPublicKey]:
    """The keys of those who have an account."""
    for view in views:
        if view.user is not None:
            yield MemberPublicKey(id=view.member.id, user_id=view.user.id, key=view.user.public_key)


def outcomes(errors: Mapping[UUID, str]) -> Iterator[MemberOutcome]:
    """How each of several members fared. errors: empty = well."""
    return (MemberOutcome(id=member_id, error=error) for member_id, error in errors.items())
