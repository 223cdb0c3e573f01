"""An organization whose members come and go, in short words."""

from typing import Any
from urllib.parse import parse_qs

from tests.support.harness import WRAPPED_KEY, Person, Side

OWNER, ADMIN, USER, CUSTOM = 0, 1, 2, 4
INVITED, ACCEPTED, CONFIRMED, REVOKED = 0, 1, 2, -1


class Club:
    """An organization, its owner, and short words for what happens to its members."""

    def __init__(self, side: Side, owner: Person, organization_id: str) -> None:
        self.side, self.owner, self.id = side, owner, organization_id
        self.path = f"/api/organizations/{organization_id}/users"

    def let_administrators_in(self) -> "Club":
        """Owners and admins reach all collections and items, which in a new organization they do not."""
        path = f"/api/organizations/{self.id}/collection-management"
        ok(self.owner.api.put(path, json={"allowAdminAccessToAllCollectionItems": True}))
        return self

    def invite(self, *emails: str, by: Person | None = None, **more: Any) -> Any:
        body = {"emails": list(emails), "type": USER, "collections": [], "groups": []} | more
        return (by or self.owner).api.post(f"{self.path}/invite", json=body)

    def member(self, email: str) -> dict[str, Any]:
        rows = self.owner.api.get(f"{self.path}?includeCollections=true&includeGroups=true").json()["data"]
        found: dict[str, Any] = next(row for row in rows if row["email"] == email)
        return found

    def link(self, email: str) -> dict[str, str]:
        """The parameters of the link in the last mail to this address."""
        text = next(mail.text for mail in reversed(self.side.mails) if mail.to == email)
        line = next(line for line in text.splitlines() if "/#/accept-organization?" in line)
        return {name: values[0] for name, values in parse_qs(line.split("?", 1)[1]).items()}

    def accept(self, person: Person, token: str | None = None) -> Any:
        member = self.member(person.email)["id"]
        token = token or self.link(person.email)["token"]
        return person.api.post(f"{self.path}/{member}/accept", json={"token": token})

    def join(self, person: Person, by: Person | None = None, **more: Any) -> str:
        """Invite, accept and confirm; the member's id."""
        who = [each.api.headers.get("Authorization") for each in (self.owner, person, by or self.owner)]
        step = "join", self.id, *who, repr(more)
        return self.side.once(step, lambda: self._join(person, by, more))

    def _join(self, person: Person, by: Person | None, more: dict[str, Any]) -> str:
        ok(self.invite(person.email, by=by, **more))
        ok(self.accept(person))
        member = str(self.member(person.email)["id"])
        ok(self.owner.api.post(f"{self.path}/{member}/confirm", json={"key": WRAPPED_KEY}))
        return member


def ok(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return answer


def refusal(answer: Any) -> str:
    assert answer.status_code == 400, answer.text
    return str(answer.json()["message"])
