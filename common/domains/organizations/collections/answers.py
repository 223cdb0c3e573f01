"""Collections as the wire tells them."""

from collections.abc import Iterable

from common.domains.organizations.collections.service import Access, CollectionView
from common.domains.organizations.memberships import OwnCollection
from common.domains.organizations.models import Collection
from common.wire.collections import (
    CollectionAccessAnswer,
    CollectionAccessDetails,
    CollectionDetails,
    CollectionResponse,
)


def collection(row: Collection) -> CollectionResponse:
    """A collection."""
    return CollectionResponse(
        id=row.id, organization_id=row.organization_id, name=row.name, external_id=row.external_id
    )


def access(granted: Iterable[Access]) -> list[CollectionAccessAnswer]:
    """Who may do what with a collection, or with which collections."""
    return [
        CollectionAccessAnswer(
            id=each.id, read_only=each.read_only, hide_passwords=each.hide_passwords, manage=each.manage
        )
        for each in granted
    ]


def collection_access_details(view: CollectionView) -> CollectionAccessDetails:
    """A collection with who may use it."""
    own = view.own
    return CollectionAccessDetails(
        id=view.collection.id,
        organization_id=view.collection.organization_id,
        name=view.collection.name,
        external_id=view.collection.external_id,
        read_only=own is not None and own.read_only,
        hide_passwords=own is not None and own.hide_passwords,
        manage=own is not None and own.manage,
        assigned=own is not None,
        unmanaged=view.unmanaged,
        users=access(view.members),
        groups=access(view.groups),
    )


def collection_details(own: OwnCollection) -> CollectionDetails:
    """A collection as the member who may use it sees it."""
    row = own.collection
    return CollectionDetails(
        id=row.id,
        organization_id=row.organization_id,
        name=row.name,
        external_id=row.external_id,
        read_only=own.read_only,
        hide_passwords=own.hide_passwords,
        manage=own.manage,
    )
