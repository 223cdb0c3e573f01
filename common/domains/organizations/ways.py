"""The ways that lead a member to a collection: their own assignment, or else those of their groups.

Both are made once: putting them together costs more than asking the database.

Source: src/Sql/dbo/AdminConsole/Functions/UserCollectionDetails.sql; fidelity.md: groups.access.
"""

from functools import cache

import sqlalchemy as sa

from common.domains.organizations.models import CollectionGroup, CollectionMember, GroupMember


@cache
def ways() -> sa.Subquery:
    """For statements: member_id, collection_id, read_only, hide_passwords, manage; one row for each way.

    Where a member is assigned to a collection in person, that alone counts. Whoever reads one row for each collection
    takes the best: the least of the two limits, the most of `manage` (`best`).
    """
    own = sa.select(
        CollectionMember.member_id,
        CollectionMember.collection_id,
        CollectionMember.read_only,
        CollectionMember.hide_passwords,
        CollectionMember.manage,
    )
    in_person = sa.exists().where(
        CollectionMember.member_id == GroupMember.member_id,
        CollectionMember.collection_id == CollectionGroup.collection_id,
    )
    of_groups = (
        sa.select(
            GroupMember.member_id,
            CollectionGroup.collection_id,
            CollectionGroup.read_only,
            CollectionGroup.hide_passwords,
            CollectionGroup.manage,
        )
        .join(CollectionGroup, CollectionGroup.group_id == GroupMember.group_id)
        .where(~in_person)
    )
    return sa.union_all(own, of_groups).subquery("ways")


@cache
def best_ways() -> sa.Subquery:
    """The same, one row for each member and collection: the best of all ways."""
    each = ways()

    def number(name: str) -> sa.Cast[int]:
        return sa.cast(each.c[name], sa.Integer)  # PostgreSQL has no least or greatest of booleans

    return (
        sa.select(
            each.c.member_id,
            each.c.collection_id,
            sa.cast(sa.func.min(number("read_only")), sa.Boolean).label("read_only"),
            sa.cast(sa.func.min(number("hide_passwords")), sa.Boolean).label("hide_passwords"),
            sa.cast(sa.func.max(number("manage")), sa.Boolean).label("manage"),
        )
        .group_by(each.c.member_id, each.c.collection_id)
        .subquery("best_ways")
    )
