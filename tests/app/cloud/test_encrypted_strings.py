"""Which members upstream marks `[EncryptedString]`, with which length; everything else is any text.

fidelity.md: account.encstring.
"""

from typing import Any

import pytest

from tests.support.harness import ENC_STRING, PUBLIC_KEY, WRAPPED_KEY, Person, Side
from tests.support.scenarios import new_organization

PLAIN = "in the clear"


def sealed(length: int) -> str:
    """An encrypted string of about this length."""
    head, _, mac = ENC_STRING.split("|")
    return "|".join((head, "A" * ((length - len(head) - len(mac) - 2) // 4 * 4), mac))


@pytest.fixture
def owner(cloud: Side) -> Person:
    return cloud.sign_up("owner@acme.example")


@pytest.fixture
def path(owner: Person) -> str:
    return f"/api/organizations/{new_organization(owner)['id']}"


def told(answer: Any) -> Any:
    assert answer.status_code == 400, answer.text
    return answer.json()["validationErrors"]


def test_what_is_not_encrypted_is_told_by_its_name(owner: Person, path: str) -> None:
    text = "DefaultUserCollectionName is not a valid encrypted string."
    somebody = "8d1f0c52-3a0e-4f8e-a1c7-b2c400f3d5a1"
    name = {"defaultUserCollectionName": PLAIN}
    for method, url, body in (
        ("POST", f"{path}/users/{somebody}/confirm", {"key": WRAPPED_KEY}),
        ("POST", f"{path}/users/confirm", {"keys": [{"id": somebody, "key": WRAPPED_KEY}]}),
        ("PUT", f"{path}/users/restore", {"ids": [somebody]}),
        ("PUT", f"{path}/users/{somebody}/restore/vnext", {}),
    ):
        answer = owner.api.request(method, url, json=body | name)
        assert told(answer) == {"DefaultUserCollectionName": [text]}, url


@pytest.mark.parametrize("name", [sealed(1016), sealed(4000)])
def test_a_name_has_at_most_1000_characters(owner: Person, path: str, name: str) -> None:
    text = "The field Name exceeds the maximum encrypted value length of 1000 characters."
    assert told(owner.api.post("/api/folders", json={"name": name})) == {"Name": [text]}
    assert told(owner.api.post(f"{path}/collections", json={"name": name})) == {"Name": [text]}
    assert owner.api.post("/api/folders", json={"name": sealed(1000)}).status_code == 200


def test_an_empty_text_is_missing_and_not_encrypted(owner: Person, path: str) -> None:
    texts = ["The Name field is required.", "Name is not a valid encrypted string."]
    assert told(owner.api.post("/api/folders", json={"name": ""})) == {"Name": texts}
    assert told(owner.api.post("/api/folders", json={})) == {"Name": texts[:1]}
    item = {"cipher": {"type": 2, "name": "", "secureNote": {"type": 0}}, "collectionIds": []}
    assert told(owner.api.post("/api/ciphers/create", json=item))["Cipher.Name"] == texts


def test_a_year_and_a_street_have_the_other_length(owner: Person) -> None:
    card = {"type": 3, "name": ENC_STRING, "card": {"expYear": sealed(1200), "expMonth": sealed(1200)}}
    assert told(owner.api.post("/api/ciphers", json=card)) == {
        "Card.ExpYear": ["The field ExpYear must be a string with a maximum length of 1000."],
        "Card.ExpMonth": ["The field ExpMonth exceeds the maximum encrypted value length of 1000 characters."],
    }


def test_what_upstream_does_not_mark_is_any_text(cloud: Side, owner: Person, path: str) -> None:
    item = {"type": 2, "name": ENC_STRING, "secureNote": {"type": 0}, "key": PLAIN}
    assert owner.api.post("/api/ciphers", json=item).json()["key"] == PLAIN
    body = {"masterPasswordHash": owner.password_hash, "newMasterPasswordHash": "b" * 44, "key": PLAIN}
    assert owner.api.post("/api/accounts/password", json=body).status_code == 200
    person = cloud.person("plain@acme.example")
    asked = {"email": person.email, "name": "Plain"}
    token = cloud.client.post("/identity/accounts/register/send-verification-email", json=asked).json()
    registration = {
        "email": person.email,
        "emailVerificationToken": token,
        "masterPasswordHash": person.password_hash,
        "userSymmetricKey": PLAIN,
        "userAsymmetricKeys": {"publicKey": PUBLIC_KEY, "encryptedPrivateKey": PLAIN},
        "kdf": 0,
        "kdfIterations": 600_000,
    }
    assert cloud.client.post("/identity/accounts/register/finish", json=registration).status_code == 200


def test_a_collection_keeps_its_name_unless_it_gets_one(owner: Person, path: str) -> None:
    made = owner.api.post(f"{path}/collections", json={"name": ENC_STRING}).json()
    url = f"{path}/collections/{made['id']}"
    assert owner.api.put(url, json={"externalId": "a-1"}).json()["name"] == ENC_STRING
    assert told(owner.api.put(url, json={"name": ""})) == {"Name": ["Name is not a valid encrypted string."]}
    assert sorted(owner.api.get(url).json()) == [
        "defaultUserCollectionEmail",
        "externalId",
        "id",
        "name",
        "object",
        "organizationId",
        "type",
    ]
