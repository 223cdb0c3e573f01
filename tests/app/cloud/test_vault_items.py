"""A user's own items and folders; the same on both apps."""

from collections.abc import Callable
from datetime import timedelta
from itertools import cycle
from typing import Any
from uuid import uuid4

import pytest
import requests
import sqlalchemy as sa

from tests.support.harness import ENC_STRING, Person, Side, Workshop
from tests.support.statements import statements_of
from tests.support.vault import login_item

OTHER = ENC_STRING.replace("2.A", "2.B", 1)
LONG = f"2.{'A' * 22}==|{'A' * 1400}|{'A' * 43}="
INVALID = "The model state is invalid."


@pytest.fixture
def alice(side: Any) -> Person:
    person: Person = side.sign_up("alice@example.com")
    return person


@pytest.fixture
def mallory(side: Any, alice: Person) -> Person:
    person: Person = side.sign_up("mallory@example.com")
    return person


def _add(person: Person, **changes: Any) -> dict[str, Any]:
    answer = person.api.post("/api/ciphers", json=login_item(**changes))
    assert answer.status_code == 200, answer.text
    added: dict[str, Any] = answer.json()
    return added


def _synced(person: Person) -> dict[str, Any]:
    body: dict[str, Any] = person.api.get("/api/sync").json()
    return body


def _revision(person: Person) -> int:
    return int(person.api.get("/api/accounts/revision-date").text)


def test_an_item_comes_back_as_clients_know_it(alice: Person) -> None:
    added = _add(alice, fields=[{"type": 0, "name": ENC_STRING, "value": ENC_STRING}])
    login = login_item()["login"] | {"uri": ENC_STRING}
    expected = {
        "id": added["id"],
        "organizationId": None,
        "type": 1,
        "name": ENC_STRING,
        "notes": None,
        "login": login,
        "card": None,
        "identity": None,
        "secureNote": None,
        "sshKey": None,
        "fields": [{"type": 0, "name": ENC_STRING, "value": ENC_STRING, "linkedId": None}],
        "passwordHistory": None,
        "attachments": None,
        "organizationUseTotp": False,
        "revisionDate": "2026-08-20T12:00:00Z",
        "creationDate": "2026-08-20T12:00:00Z",
        "deletedDate": None,
        "archivedDate": None,
        "reprompt": 0,
        "key": None,
        "folderId": None,
        "favorite": False,
        "edit": True,
        "viewPassword": True,
        "permissions": {"delete": True, "restore": True},
        "object": "cipher",
    }
    expected |= dict.fromkeys(("bankAccount", "driversLicense", "passport")) | {"data": added["data"]}
    assert added == expected
    assert alice.api.get(f"/api/ciphers/{added['id']}").json() == expected
    details = expected | {"collectionIds": [], "object": "cipherDetails"}
    assert alice.api.get(f"/api/ciphers/{added['id']}/details").json() == details
    assert alice.api.get("/api/ciphers").json() == {"data": [details], "continuationToken": None, "object": "list"}
    assert _synced(alice)["ciphers"] == [details]


@pytest.mark.parametrize(
    ("kind", "member", "content"),
    [
        (2, "secureNote", {"type": 0}),
        (3, "card", {"cardholderName": ENC_STRING, "number": ENC_STRING}),
        (4, "identity", {"firstName": ENC_STRING, "ssn": ENC_STRING, "address1": ENC_STRING}),
        (5, "sshKey", {"privateKey": ENC_STRING, "publicKey": ENC_STRING, "keyFingerprint": ENC_STRING}),
    ],
)
def test_every_type_keeps_its_member(alice: Person, kind: int, member: str, content: dict[str, Any]) -> None:
    body = login_item(type=kind, login=None, **{member: content})
    stored = alice.api.post("/api/ciphers", json=body).json()
    assert stored["type"] == kind
    assert {name: stored[member][name] for name in content} == content
    assert stored["login"] is None


def test_member_names_are_read_in_any_case(alice: Person) -> None:
    body = {name[:1].upper() + name[1:]: value for name, value in login_item().items()}
    body["Login"] = {"Username": OTHER, "Uris": [{"Uri": OTHER}]}
    stored = alice.api.post("/api/ciphers", json=body).json()
    assert (stored["login"]["username"], stored["login"]["uris"][0]["uri"]) == (OTHER, OTHER)


def test_changes_replace_the_content_and_move_the_dates(side: Any, alice: Person) -> None:
    item, before = _add(alice), _revision(alice)
    side.clock.advance(timedelta(minutes=1))
    known = login_item(name=OTHER, favorite=True, lastKnownRevisionDate=item["revisionDate"])
    changed = alice.api.put(f"/api/ciphers/{item['id']}", json=known).json()
    assert (changed["name"], changed["favorite"]) == (OTHER, True)
    assert (changed["creationDate"], changed["revisionDate"]) == ("2026-08-20T12:00:00Z", "2026-08-20T12:01:00Z")
    assert _revision(alice) == before + 60_000
    late = alice.api.put(f"/api/ciphers/{item['id']}", json=known)
    assert late.status_code == 400
    assert late.json()["message"] == (
        "The item cannot be saved because it is out of date."
        " To edit this item, first sync your vault, or log out and back in."
    )


def test_an_item_encrypted_for_somebody_else_is_refused(alice: Person, mallory: Person) -> None:
    answer = alice.api.post("/api/ciphers", json=login_item(encryptedFor=mallory.user_id))
    assert answer.json()["message"] == "Cipher was not encrypted for the current user. Please try again."
    assert alice.api.post("/api/ciphers", json=login_item(encryptedFor=alice.user_id)).status_code == 200


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"name": None}, {"Name": ["The Name field is required."]}),
        ({"name": "plain"}, {"Name": ["Name is not a valid encrypted string."]}),
        ({"name": LONG}, {"Name": ["The field Name exceeds the maximum encrypted value length of 1000 characters."]}),
        ({"login": {"username": "x"}}, {"Login.Username": ["Username is not a valid encrypted string."]}),
        ({"login": None}, {"": ["The Login field is required."]}),
        ({"type": 99}, {"": ["Unsupported type: Type."]}),
    ],
)
def test_what_is_no_item_is_refused(alice: Person, changes: dict[str, Any], errors: dict[str, Any]) -> None:
    answer = alice.api.post("/api/ciphers", json=login_item(**changes))
    assert (answer.status_code, answer.json()["message"]) == (400, INVALID)
    assert answer.json()["validationErrors"] == errors


def test_trash_and_back(side: Any, alice: Person) -> None:
    path = f"/api/ciphers/{_add(alice)['id']}"
    side.clock.advance(timedelta(minutes=1))
    assert (alice.api.put(f"{path}/delete").status_code, alice.api.put(f"{path}/delete").text) == (200, "")
    assert _synced(alice)["ciphers"][0]["deletedDate"] == "2026-08-20T12:01:00Z"
    assert alice.api.put(f"{path}/restore").json()["deletedDate"] is None
    assert alice.api.delete(path).status_code == 200
    assert _synced(alice)["ciphers"] == []
    assert alice.api.delete(path).status_code == 404


def test_folders(side: Any, alice: Person) -> None:
    before = _revision(alice)
    side.clock.advance(timedelta(minutes=1))
    folder = alice.api.post("/api/folders", json={"name": ENC_STRING}).json()
    assert folder == {
        "id": folder["id"],
        "name": ENC_STRING,
        "revisionDate": "2026-08-20T12:01:00Z",
        "object": "folder",
    }
    assert _revision(alice) == before + 60_000
    path = f"/api/folders/{folder['id']}"
    assert alice.api.put(path, json={"name": OTHER}).json()["name"] == OTHER
    item = _add(alice, folderId=folder["id"])
    assert item["folderId"] == folder["id"]
    assert [each["name"] for each in _synced(alice)["folders"]] == [OTHER]
    assert alice.api.get("/api/folders").json()["data"] == [alice.api.get(path).json()]
    assert alice.api.delete(path).status_code == 200
    assert (_synced(alice)["folders"], _synced(alice)["ciphers"][0]["folderId"]) == ([], None)


def test_where_an_item_is_kept(alice: Person) -> None:
    folder = alice.api.post("/api/folders", json={"name": ENC_STRING}).json()["id"]
    path = f"/api/ciphers/{_add(alice)['id']}/partial"
    placed = alice.api.put(path, json={"folderId": folder, "favorite": True}).json()
    assert (placed["folderId"], placed["favorite"]) == (folder, True)
    placed = alice.api.put(path, json={"folderId": "", "favorite": False}).json()
    assert (placed["folderId"], placed["favorite"]) == (None, False)


def test_many_at_once(alice: Person) -> None:
    folder = alice.api.post("/api/folders", json={"name": ENC_STRING}).json()["id"]
    ids = [_add(alice)["id"] for _ in range(3)]
    assert alice.api.put("/api/ciphers/move", json={"ids": ids[:2], "folderId": folder}).status_code == 200
    assert [each["folderId"] for each in _synced(alice)["ciphers"]].count(folder) == 2
    assert alice.api.put("/api/ciphers/delete", json={"ids": [*ids, str(uuid4())]}).status_code == 200
    assert all(each["deletedDate"] for each in _synced(alice)["ciphers"])
    restored = alice.api.put("/api/ciphers/restore", json={"ids": ids[:1]}).json()["data"]
    assert [(each["id"], each["object"]) for each in restored] == [(ids[0], "cipherMini")]
    assert alice.api.delete("/api/ciphers", json={"ids": ids[1:]}).status_code == 200
    assert [each["id"] for each in _synced(alice)["ciphers"]] == [ids[0]]


@pytest.mark.parametrize("verb", ["delete", "move", "restore"])
def test_only_the_cloud_limits_how_many(workshop: Workshop, verb: str) -> None:
    body: dict[str, Any] = {"ids": [str(uuid4()) for _ in range(501)], "folderId": None}
    refused = workshop.cloud().sign_up("a@example.com").api.put(f"/api/ciphers/{verb}", json=body)
    assert refused.json()["message"] == f"You can only {verb} up to 500 items at a time."
    body["ids"] = body["ids"] * 100
    assert workshop.selfhost().sign_up("a@example.com").api.put(f"/api/ciphers/{verb}", json=body).status_code == 200


def test_purge_needs_the_secret(alice: Person) -> None:
    _add(alice)
    alice.api.post("/api/folders", json={"name": ENC_STRING})
    refused = alice.api.post("/api/ciphers/purge", json={"masterPasswordHash": "wrong"})
    assert refused.json()["validationErrors"] == {"": ["User verification failed."]}
    assert alice.api.post("/api/ciphers/purge", json={"masterPasswordHash": alice.password_hash}).status_code == 200
    assert (_synced(alice)["ciphers"], _synced(alice)["folders"]) == ([], [])


def test_what_others_own_is_not_there(alice: Person, mallory: Person) -> None:
    item = _add(alice)["id"]
    folder = alice.api.post("/api/folders", json={"name": ENC_STRING}).json()["id"]
    calls: list[tuple[str, str, Any]] = [
        ("GET", f"/ciphers/{item}", None),
        ("GET", f"/ciphers/{item}/details", None),
        ("PUT", f"/ciphers/{item}", login_item()),
        ("PUT", f"/ciphers/{item}/partial", {"favorite": True}),
        ("PUT", f"/ciphers/{item}/delete", None),
        ("PUT", f"/ciphers/{item}/restore", None),
        ("PUT", f"/ciphers/{item}/collections", {"collectionIds": [str(uuid4())]}),
        ("DELETE", f"/ciphers/{item}", None),
        ("GET", f"/folders/{folder}", None),
        ("PUT", f"/folders/{folder}", {"name": OTHER}),
        ("DELETE", f"/folders/{folder}", None),
        ("POST", "/ciphers", login_item(folderId=folder)),
        ("PUT", "/ciphers/move", {"ids": [_add(mallory)["id"]], "folderId": folder}),
    ]
    for method, path, body in calls:
        assert mallory.api.request(method, f"/api{path}", json=body).status_code == 404, (method, path)
    for method in ("PUT", "DELETE"):
        mallory.api.request(method, "/api/ciphers/delete" if method == "PUT" else "/api/ciphers", json={"ids": [item]})
    assert [(each["id"], each["deletedDate"]) for each in _synced(alice)["ciphers"]] == [(item, None)]
    assert alice.api.get(f"/api/folders/{folder}").json()["name"] == ENC_STRING


def test_a_sync_costs_the_same_statements_however_many_items(side: Any, alice: Person) -> None:
    empty = statements_of(side, lambda: _synced(alice))
    for _ in range(5):
        folder = alice.api.post("/api/folders", json={"name": ENC_STRING}).json()["id"]
        _add(alice, folderId=folder)
    assert statements_of(side, lambda: _synced(alice)) == empty


def test_deleting_the_account_deletes_the_vault(side: Any, alice: Person) -> None:
    from common.domains.vault.models import Cipher, Folder
    from common.server.transaction import db

    _add(alice, folderId=alice.api.post("/api/folders", json={"name": ENC_STRING}).json()["id"])
    secret = {"masterPasswordHash": alice.password_hash}
    assert alice.api.delete("/api/accounts", json=secret).status_code == 200
    with side.app.app_context():
        assert [db.session.scalar(sa.select(sa.func.count()).select_from(table)) for table in (Cipher, Folder)] == [
            0,
            0,
        ]


ODD: list[Any] = [
    None,
    True,
    -1,
    10**30,
    1.5,
    "",
    "\u0000",
    "x" * 5000,
    "2.A|B|C",
    [],
    {},
    [None],
    [[]],
    {"uris": [None]},
]
DATES = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", 10**12, "2026"]


@pytest.mark.parametrize("member", [*login_item(), "key", "encryptedFor", "lastKnownRevisionDate"])
def test_odd_items_are_refused_or_taken_but_never_a_fault(side: Side, alice: Person, member: str) -> None:
    """All three read the same model, so a value is told by two of them: one on either side."""
    item = _add(alice)["id"]
    ways: list[Callable[[Any], requests.Response]] = [
        lambda body: alice.api.post("/api/ciphers", json=body),
        lambda body: alice.api.put(f"/api/ciphers/{item}", json=body),
        lambda body: alice.api.post("/api/ciphers/create", json={"cipher": body}),
    ]
    first = side.app.name == "selfhost"
    for value, tell in zip([*ODD, *DATES], cycle([*ways[first:], *ways[:first]]), strict=False):
        assert tell(login_item(**{member: value})).status_code < 500, value
    for value in DATES:
        history = [{"password": ENC_STRING, "lastUsedDate": value}]
        assert alice.api.post("/api/ciphers", json=login_item(passwordHistory=history)).status_code < 500, value
    assert alice.api.get("/api/sync").status_code == 200


def test_the_vault_lives_on_postgresql(workshop: Workshop, postgres_url: str) -> None:
    alice = workshop.cloud(database_url=postgres_url).sign_up("alice@example.com")
    folder = alice.api.post("/api/folders", json={"name": ENC_STRING}).json()["id"]
    ids = [_add(alice, folderId=folder)["id"] for _ in range(2)]
    path = f"/api/ciphers/{ids[0]}"
    assert alice.api.put(path, json=login_item(name=OTHER, favorite=True)).json()["favorite"] is True
    assert alice.api.put("/api/ciphers/delete", json={"ids": ids}).status_code == 200
    assert alice.api.put("/api/ciphers/move", json={"ids": ids, "folderId": None}).status_code == 200
    assert alice.api.put(f"{path}/restore").json()["folderId"] is None
    assert alice.api.delete("/api/ciphers", json={"ids": ids[1:]}).status_code == 200
    assert [each["name"] for each in _synced(alice)["ciphers"]] == [OTHER]
