"""Applicants: people of the account vectors, and how they register and sign in."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

FIXTURES = Path(__file__).parents[2] / "fixtures"
DEVICE = {"deviceType": "25", "deviceIdentifier": "c6b7c915-da54-4d55-8b3a-f798166d4dcf", "deviceName": "linux"}


@dataclass(frozen=True)
class Applicant:
    """An account of tests/fixtures/crypto.json: real keys made by a real derivation, no derivation in the test."""

    email: str
    name: str
    hash: str
    key: str
    public_key: str
    private_key: str
    kdf: dict[str, Any]

    @property
    def halves(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The two halves of the master password as newer clients send them."""
        salt = {"salt": self.email, "kdf": self.kdf}
        return (
            salt | {"masterPasswordAuthenticationHash": self.hash},
            salt | {"masterKeyWrappedUserKey": self.key},
        )

    @property
    def registration(self) -> dict[str, Any]:
        """The body of register/finish without its token."""
        authentication, unlock = self.halves
        return {
            "email": self.email,
            "masterPasswordHash": self.hash,
            "masterPasswordHint": "the usual",
            "userSymmetricKey": self.key,
            "userAsymmetricKeys": {"publicKey": self.public_key, "encryptedPrivateKey": self.private_key},
            "masterPasswordAuthentication": authentication,
            "masterPasswordUnlock": unlock,
        }

    @property
    def login(self) -> dict[str, str]:
        """The form of a password grant by the command line client."""
        credentials = {"username": self.email, "password": self.hash}
        return DEVICE | credentials | {"grant_type": "password", "client_id": "cli", "scope": "api offline_access"}

    @property
    def secret(self) -> dict[str, str]:
        """A secret verification body."""
        return {"masterPasswordHash": self.hash}


def _applicant(account: dict[str, Any]) -> Applicant:
    names = {"kdfType": "kdf", "iterations": "kdfIterations", "memory": "kdfMemory", "parallelism": "kdfParallelism"}
    return Applicant(
        email=account["email"].strip().lower(),
        name=account["displayName"],
        hash=account["masterPasswordHash"],
        key=account["protectedUserKey"],
        public_key=account["publicKeyB64"],
        private_key=account["encryptedPrivateKey"],
        kdf={wire: account[name] for wire, name in names.items()},
    )


@pytest.fixture(scope="session")
def people() -> list[Applicant]:
    """Accounts whose settings a server accepts today."""
    accounts = json.loads((FIXTURES / "crypto.json").read_text())["accounts"]
    return [_applicant(account) for account in accounts if account["kdf"] == 1 or account["kdfIterations"] >= 600_000]


@pytest.fixture(params=["cloud", "selfhost"])
def side(request: pytest.FixtureRequest) -> Any:
    """Either app: what accounts can do is the same on both."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def owner(people: list[Applicant]) -> Applicant:
    """Somebody to register."""
    return people[0]


Register = Callable[..., Any]


@pytest.fixture
def register() -> Register:
    """register(side, person): the two-step registration without mail."""

    def both_steps(side: Any, person: Applicant) -> None:
        asked = side.client.post(
            "/identity/accounts/register/send-verification-email", json={"email": person.email, "name": person.name}
        )
        assert asked.status_code == 200, asked.text
        body = person.registration | {"emailVerificationToken": asked.json()}
        finished = side.client.post("/identity/accounts/register/finish", json=body)
        assert finished.status_code == 200, finished.text

    return both_steps


@pytest.fixture
def sign_in(register: Register) -> Register:
    """sign_in(side, person, **fields): an API client with the person's access token; registers if need be."""

    def sign_in(side: Any, person: Applicant, **fields: str) -> Any:
        answer = side.client.post("/identity/connect/token", data=person.login | fields)
        if answer.status_code == 400:
            register(side, person)
            answer = side.client.post("/identity/connect/token", data=person.login | fields)
        assert answer.status_code == 200, answer.text
        client = side.new_client()
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return client

    return sign_in


@pytest.fixture
def rows() -> Callable[..., None]:
    """rows(side, *rows): put rows straight into the database of a side."""
    from common.server.transaction import db

    def add(side: Any, *instances: object) -> None:
        with side.app.app_context():
            for instance in instances:
                db.session.add(instance)
                db.session.flush()
            db.session.commit()

    return add
