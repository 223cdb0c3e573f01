"""Independent Python clients, as they are on PyPI, over verified TLS against a cloud and the instance.

What one of them writes the other one reads. Source: fidelity.md: clients.calls.
"""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bit_vault_warden_client import CredentialsNotFoundError, WardenAuthData, WardenClient, WardenConfiguration
from bit_vault_warden_client.bcrypt import BitwardenSecrets, decrypt_bitwarden_data
from httpx import HTTPStatusError
from vaultwarden.clients.bitwarden import BitwardenAPIClient
from vaultwarden.models.bitwarden import Organization, get_organization
from vaultwarden.utils.crypto import CIPHERS, decrypt, encrypt

from common.cli.client import Client
from common.cli.organizations import buy_organization, open_organization
from common.crypto.account import Kdf
from common.enums import PlanType
from common.ids import SystemIds
from tests.support.stack import DEFAULT_COLLECTION, PASSWORD, Stack, new_address

APPS = ("cloud_us", "selfhost")


@pytest.fixture(autouse=True)
def surroundings(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority that the clients trust, and where one of them keeps its cache."""
    monkeypatch.setenv("SSL_CERT_FILE", str(stack.ca))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(stack.ca))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@dataclass
class World:
    """An app, somebody who owns an organization there, and the API key of that person."""

    url: str
    person: Client
    api_key: str

    def vaultwarden(self) -> BitwardenAPIClient:
        """python-vaultwarden, fresh."""
        client_id = f"user.{self.person.profile()['id']}"
        device = str(SystemIds().uuid())
        return BitwardenAPIClient(self.url, self.person.email, PASSWORD, client_id, self.api_key, device)

    def organization(self) -> Organization:
        """The person's organization through a fresh python-vaultwarden."""
        client = self.vaultwarden()
        enabled = next(each for each in self.person.profile()["organizations"] if each["enabled"])
        return get_organization(client, enabled["id"])

    def warden(self) -> WardenClient:
        """bit-vault-warden-client, fresh."""
        login = WardenAuthData("api offline_access", "web", "password", deviceType=21, deviceName="python")
        return WardenClient(WardenConfiguration(self.url, self.person.email, PASSWORD, login))


@pytest.fixture(params=APPS)
def world(stack: Stack, request: pytest.FixtureRequest) -> World:
    person = stack.sign_in(request.param, stack.owner(request.param))
    return World(stack.base(request.param), person, _api_key(person))


def _api_key(person: Client) -> str:
    key: str = person.post("/accounts/api-key", {"masterPasswordHash": person.password_hash})["apiKey"]
    return key


# --- python-vaultwarden


def test_organizations_and_the_default_collection(world: World) -> None:
    names = {each.Name for each in world.vaultwarden().sync().Profile.Organizations}
    assert names == {each["name"] for each in world.person.profile()["organizations"]}
    organization = world.organization()
    assert organization.Name in names
    assert [each.Name for each in organization.collections()] == [DEFAULT_COLLECTION]
    (member,) = (each for each in organization.users() if each.Email == world.person.email)
    default = organization.collection(DEFAULT_COLLECTION)
    assert default is not None
    assert [each.Manage for each in default.users() if each.UserId == member.Id] == [True]


@pytest.fixture(params=APPS)
def own_world(stack: Stack, request: pytest.FixtureRequest) -> World:
    """With an organization that nobody reads meanwhile, as others do those of the guided run."""
    email = new_address("python")
    person = stack.register("cloud_us", email)
    organization = buy_organization(person, "Python", PlanType.ENTERPRISE_ANNUALLY, seats=1)
    if request.param == "selfhost":
        path = f"/organizations/{organization}/license"
        file = person.get(path, installationId=stack.installation_id)
        person = stack.register("selfhost", email)
        open_organization(person, file)
    return World(stack.base(request.param), person, _api_key(person))


def test_a_collection_is_made_and_deleted(own_world: World) -> None:
    world = own_world
    made = world.organization().create_collection("Made by python")
    shown = world.organization().collections()
    assert {each.Name for each in shown} == {DEFAULT_COLLECTION, "Made by python"}
    assert {each.Id for each in shown if each.Name == "Made by python"} == {made.Id}
    assert made.users() == []
    world.organization().delete_collection(made.Id)
    assert [each.Name for each in world.organization().collections()] == [DEFAULT_COLLECTION]


def test_an_argon2id_account(stack: Stack) -> None:
    person = stack.register("cloud_us", new_address("argon"), kdf=Kdf.argon2id())
    client = World(stack.base("cloud_us"), person, _api_key(person)).vaultwarden()
    assert client.sync().Profile.Email == person.email
    assert client.connect_token is not None
    assert len(client.connect_token.user_key) == 64
    assert client.connect_token.orgs_key[:1] == b"\x30"  # the private key in DER


def test_a_wrong_api_key(world: World) -> None:
    world.api_key = "x" * 30
    with pytest.raises(HTTPStatusError) as refused:
        world.vaultwarden().sync()
    assert (refused.value.response.status_code, refused.value.response.json()) == (400, {"error": "invalid_client"})


# --- both: items


@pytest.fixture(params=["own", "organization"])
def item(world: World, request: pytest.FixtureRequest) -> Iterator[str]:
    """The id of a login that python-vaultwarden has stored: one's own, or in the default collection."""
    client = world.vaultwarden()
    client.sync()
    assert client.connect_token is not None
    if request.param == "own":
        path, body = "api/ciphers", _router(client.connect_token.user_key)
    else:
        organization = world.organization()
        collection = organization.collection(DEFAULT_COLLECTION)
        shared = _router(organization.key()) | {"organizationId": str(organization.Id)}
        path, body = "api/ciphers/create", {"cipher": shared, "collectionIds": [str(collection.Id)]}
    made = client.api_request("POST", path, json=body).json()["id"]
    yield made
    client.api_request("DELETE", f"api/ciphers/{made}")


def _router(key: bytes) -> dict[str, Any]:
    def sealed(text: str) -> str:
        return str(encrypt(CIPHERS.sym, text, key))

    return {"type": 1, "name": sealed("Router"), "login": {"username": sealed("me"), "password": sealed("s3cret")}}


def test_an_item_comes_back(world: World, item: str) -> None:
    client = world.vaultwarden()
    found = next(each for each in client.sync().Ciphers if each["id"] == item)
    assert client.connect_token is not None
    key = world.organization().key() if found["organizationId"] else client.connect_token.user_key
    assert decrypt(found["name"], key).decode() == "Router"
    assert decrypt(found["login"]["password"], key) == b"s3cret"


def test_the_text_of_an_item_trips_a_client_that_wants_an_object(world: World, item: str) -> None:
    """bit-vault-warden-client reads `data` as an object of names; upstream's has been a text since 2025."""
    synced = world.vaultwarden().sync()
    assert isinstance(next(each for each in synced.Ciphers if each["id"] == item)["data"], str)
    with pytest.raises(TypeError, match="string indices must be integers"):
        world.warden().fetch_credentials("router")


# --- bit-vault-warden-client


def test_what_is_synced_is_decrypted(own_world: World) -> None:
    world = own_world
    client = world.warden()
    with pytest.raises(CredentialsNotFoundError):
        client.fetch_credentials("never stored")
    kept = json.loads(Path(client.config.cache_file).read_text())
    profile = kept["DATA"]["profile"]
    assert {each["name"] for each in profile["organizations"]} == {
        each["name"] for each in world.person.profile()["organizations"]
    }
    secrets = BitwardenSecrets(
        email=world.person.email,
        kdfIterations=kept["KDFITERATIONS"],
        MasterPassword=PASSWORD.encode(),
        ProtectedSymmetricKey=profile["key"],
        ProtectedRSAPrivateKey=profile["privateKey"],
    )
    decrypted = json.loads(decrypt_bitwarden_data(kept["DATA"], secrets))
    assert {each["name"] for each in decrypted["collections"]} == {DEFAULT_COLLECTION}
