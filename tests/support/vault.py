"""Items and folders for tests, and an organization with a collection on either side."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from common.domains.organizations.models import Collection, CollectionMember, Member, Organization
from tests.support.harness import ENC_STRING, Person, Side

AddRows = Callable[..., None]


def login_item(**changes: Any) -> dict[str, Any]:
    """A login as the command line client sends it."""
    login = {
        "uris": [{"uri": ENC_STRING, "match": None, "uriChecksum": None}],
        "username": ENC_STRING,
        "password": ENC_STRING,
        "passwordRevisionDate": None,
        "totp": None,
        "autofillOnPageLoad": None,
        "fido2Credentials": None,
    }
    item = {"type": 1, "name": ENC_STRING, "notes": None, "favorite": False, "reprompt": 0, "login": login}
    return item | {"folderId": None, "organizationId": None, "fields": None, "passwordHistory": None} | changes


@dataclass
class SharedPlace:
    """An organization with one collection."""

    side: Side
    rows: AddRows
    organization_id: UUID
    collection_id: UUID

    def join(self, person: Person, *, kind: int = 2, status: int = 2, **access: bool) -> None:
        """Make somebody a member who may use the collection. kind: 0 owner, 2 user."""
        now = self.side.clock.now()
        member = Member(
            id=uuid4(),
            organization_id=self.organization_id,
            user_id=UUID(person.user_id),
            status=status,
            type=kind,
            creation_date=now,
            revision_date=now,
        )
        assigned = CollectionMember(collection_id=self.collection_id, member_id=member.id, **access)
        self.rows(self.side, member, assigned)

    def item(self, **changes: Any) -> dict[str, Any]:
        """The body that puts a login into the collection."""
        cipher = login_item(organizationId=str(self.organization_id), **changes)
        return {"cipher": cipher, "collectionIds": [str(self.collection_id)]}


def shared_place(side: Side, rows: AddRows, **changes: Any) -> SharedPlace:
    """Put an Enterprise organization with a collection into the database."""
    now = side.clock.now()
    dates = {"creation_date": now, "revision_date": now}
    plain = {"name": "Acme", "billing_email": "b@acme.example", "plan": "Enterprise (Annually)", "plan_type": 20}
    organization = Organization(id=uuid4(), **(plain | dates | changes))
    collection = Collection(id=uuid4(), organization_id=organization.id, name=ENC_STRING, **dates)
    ids = (organization.id, collection.id)
    rows(side, organization, collection)
    return SharedPlace(side, rows, *ids)
