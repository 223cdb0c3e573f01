"""Both apps in process for one test or benchmark: made fast, joined by the WSGI adapter, time in the test's hand."""

import base64
import hashlib
import shutil
import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from flask import Flask

from cloud_sim.app import create_app as create_cloud
from cloud_sim.settings import CloudSettings, cloud_settings
from common.clock import ManualClock
from common.crypto.certificates import CERTIFICATE_FILE
from common.crypto.passwords import CHEAPEST_COST, PasswordHashes
from common.server.database import create_tables
from common.server.http.wsgi import WsgiAdapter
from common.server.mail.messages import Mail
from common.server.mail.smtp import MemoryMailer
from common.server.transaction import db
from selfhost.app import create_app as create_selfhost
from selfhost.deployment.settings import SelfHostSettings, bind

START = datetime(2026, 8, 20, 12, 0, 0, tzinfo=UTC)
INSTALLATION_ID = "3f2b9c1e-6a57-4d0b-9b1a-b2c40101aaaa"
INSTALLATION_KEY = "installation-key-001"
ENC_STRING = "2.AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
WRAPPED_KEY = "4." + base64.b64encode(b"k" * 256).decode()
PUBLIC_KEY = base64.b64encode(b"p" * 294).decode()


class Api(requests.Session):
    """A requests session whose relative paths go to one app."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self.base_url = base_url
        self.trust_env = False

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        return super().request(method, url if "://" in url else self.base_url + url, *args, **kwargs)


@dataclass
class Side:
    """One app under test: its Flask app, a client that reaches it in process, its clock and the mails it sent."""

    app: Flask
    base_url: str
    clock: ManualClock
    mails: list[Mail]
    state: Path
    client: Api = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.new_client()

    def new_client(self) -> Api:
        """A client without any cookies or tokens."""
        client = Api(self.base_url)
        client.mount(self.base_url, WsgiAdapter(self.app))
        return client

    def sign_up(self, email: str, name: str = "Test User") -> "Person":
        """Register and log in a new account. Its keys are placeholders of the right shape, its hash needs no KDF."""
        person = Person(self, email, base64.b64encode(hashlib.sha256(email.encode()).digest()).decode())
        person.register(name)
        person.log_in()
        return person


@dataclass
class Person:
    """An account on one side, and a client that carries its access token."""

    side: Side
    email: str
    password_hash: str
    api: Api = field(init=False)
    token: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.api = self.side.new_client()

    @property
    def user_id(self) -> str:
        """The account's id, as the profile gives it."""
        return str(self.api.get("/api/accounts/profile").json()["id"])

    def register(self, name: str) -> None:
        """The two-step registration of a real client, with or without the mail."""
        asked = self.api.post(
            "/identity/accounts/register/send-verification-email", json={"email": self.email, "name": name}
        )
        token = asked.json() if asked.status_code == 200 else self._mailed_token()
        kdf = {"kdfType": 0, "iterations": 600_000}
        body = {
            "email": self.email,
            "emailVerificationToken": token,
            "masterPasswordAuthentication": {
                "salt": self.email,
                "kdf": kdf,
                "masterPasswordAuthenticationHash": self.password_hash,
            },
            "masterPasswordUnlock": {"salt": self.email, "kdf": kdf, "masterKeyWrappedUserKey": ENC_STRING},
            "userAsymmetricKeys": {"publicKey": PUBLIC_KEY, "encryptedPrivateKey": ENC_STRING},
        }
        done = self.api.post("/identity/accounts/register/finish", json=body)
        if done.status_code != 200:
            raise AssertionError(f"registration failed: {done.status_code} {done.text}")

    def log_in(self) -> None:
        """Password grant; the token is sent with every later request."""
        form = {
            "grant_type": "password",
            "username": self.email,
            "password": self.password_hash,
            "client_id": "web",
            "scope": "api offline_access",
            "deviceType": "9",
            "deviceIdentifier": "5a1b3c9d-0000-4000-8000-000000000001",
            "deviceName": "chrome",
        }
        answer = self.api.post("/identity/connect/token", data=form)
        if answer.status_code != 200:
            raise AssertionError(f"login failed: {answer.status_code} {answer.text}")
        self.token = answer.json()
        self.api.headers["Authorization"] = f"Bearer {self.token['access_token']}"

    def _mailed_token(self) -> str:
        text = next(mail.text for mail in reversed(self.side.mails) if mail.to == self.email)
        return requests.utils.unquote(text.split("finish-signup?token=")[1].split("&")[0])


class Workshop:
    """Makes apps with empty databases. `shelf` keeps, for the whole test process, what is slow to make: keys and empty
    databases, copied for each app."""

    def __init__(self, directory: Path, certificate_dir: Path, shelf: Path, clock: ManualClock) -> None:
        self.directory = directory
        self.certificate_dir = certificate_dir
        self.shelf = shelf
        self.clock = clock
        self.passwords = PasswordHashes(CHEAPEST_COST)

    def cloud(self, region: str = "US", **settings: Any) -> Side:
        """One region of the cloud with an empty database."""
        name = f"cloud-{region.lower()}"
        state = self._state(name)
        made: CloudSettings = cloud_settings(
            region,
            **{
                "base_url": f"http://{name}.test",
                "database_url": self._database(name, "cloud_sim"),
                "state_dir": state,
                "certificate_dir": self.certificate_dir,
                "secret_delay": 0.0,
                **settings,
            },
        )
        mailer = MemoryMailer()
        app = create_cloud(made, clock=self.clock, mailer=mailer, passwords=self.passwords)
        return self._ready(Side(app, made.base_url, self.clock, mailer.sent, state), "cloud_sim", name)

    def selfhost(self, *clouds: Side, **environment: str) -> Side:
        """A self-hosted instance with an empty database. It reaches these clouds; keywords are its environment."""
        state = self._state("selfhost")
        deployment: SelfHostSettings = bind(self._environment(state) | environment)
        mailer = MemoryMailer()
        http = requests.Session()
        http.trust_env = False
        for cloud in clouds:
            http.mount(cloud.base_url, WsgiAdapter(cloud.app))
        app = create_selfhost(deployment, clock=self.clock, http=http, mailer=mailer, passwords=self.passwords)
        vault = deployment.service_uris.vault
        return self._ready(Side(app, vault, self.clock, mailer.sent, state), "selfhost", "selfhost")

    def _environment(self, state: Path) -> dict[str, str]:
        hosts = {
            f"wardenloop__hosts__{service}.bitwarden.{domain}": f"http://cloud-{region}.test/{service}/"
            for region, domain in (("us", "com"), ("eu", "eu"))
            for service in ("api", "identity", "push")
        }
        return hosts | {
            "globalSettings__baseServiceUri__vault": "http://selfhost.test",
            "globalSettings__baseServiceUri__cloudRegion": "US",
            "globalSettings__installation__id": INSTALLATION_ID,
            "globalSettings__installation__key": INSTALLATION_KEY,
            "globalSettings__mail__replyToEmail": "no-reply@selfhost.test",
            "wardenloop__databaseUrl": self._database("selfhost", "selfhost"),
            "wardenloop__dataDirectory": str(state / "bwdata"),
            "wardenloop__stateDirectory": str(state),
            "wardenloop__secretDelaySeconds": "0",
            "wardenloop__licenseCertificates__0": str(self.certificate_dir / CERTIFICATE_FILE),
        }

    def _state(self, name: str) -> Path:
        state = self.directory / name
        keys = self.shelf / name
        if keys.exists():
            shutil.copytree(keys, state, dirs_exist_ok=True)
        state.mkdir(parents=True, exist_ok=True)
        return state

    def _database(self, name: str, package: str) -> str:
        path = self.directory / f"{name}.db"
        template = self.shelf / f"{package}.db"
        if template.exists() and not path.exists():
            shutil.copy(template, path)
        return f"sqlite:///{path}"

    def _ready(self, side: Side, package: str, name: str) -> Side:
        """Make the tables where no template had them, and put on the shelf what the next app can copy."""
        template, keys = self.shelf / f"{package}.db", self.shelf / name
        if not keys.exists():
            shutil.copytree(side.state, keys)
        database = self.directory / f"{name}.db"
        own_database = not database.exists() or side.app.config["SQLALCHEMY_DATABASE_URI"] != f"sqlite:///{database}"
        if own_database or not template.exists():
            with side.app.app_context():
                create_tables(db.engine, package)
                db.engine.dispose()
            if database.exists():
                with sqlite3.connect(database) as source, sqlite3.connect(template) as target:
                    source.backup(target)
        return side
