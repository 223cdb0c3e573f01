"""Both apps in process for one test or benchmark: made fast, joined by the WSGI adapter, time in the test's hand."""

import base64
import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

import requests
from flask import Flask

from cloud_sim.app import create_app as create_cloud
from cloud_sim.settings import CloudSettings, cloud_settings
from common.clock import ManualClock
from common.crypto.certificates import CERTIFICATE_FILE
from common.crypto.passwords import CHEAPEST_COST, PasswordHashes
from common.server.database import create_tables
from common.server.http.session import create_session
from common.server.http.wsgi import WsgiAdapter
from common.server.mail.messages import Mail
from common.server.mail.smtp import MemoryMailer
from common.server.transaction import db
from common.settings import JournalSettings
from selfhost.app import create_app as create_selfhost
from selfhost.deployment.configuration import SelfHostSettings
from selfhost.deployment.settings import bind
from tests.support.beginnings import Beginning, once
from tests.support.shelf import KeptApp, Shelf, snapshot

T = TypeVar("T")

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
    beginning: Beginning | None = field(default=None, repr=False)
    client: Api = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.new_client()

    def new_client(self) -> Api:
        """A client without any cookies or tokens."""
        client = Api(self.base_url)
        client.mount(self.base_url, WsgiAdapter(self.app))
        return client

    def person(self, email: str, token: dict[str, Any] | None = None) -> "Person":
        """Somebody with this address, signed in when there is a token. The hash needs no KDF."""
        person = Person(self, email, base64.b64encode(hashlib.sha256(email.encode()).digest()).decode())
        if token is not None:
            person.use(token)
        return person

    def sign_up(self, email: str, name: str = "Test User") -> "Person":
        """Register and log in a new account. Its keys are placeholders of the right shape."""
        person = self.person(email)

        def sign_up() -> dict[str, Any]:
            person.register(name)
            person.log_in()
            return person.token

        person.use(self.once(("sign up", email, name), sign_up))
        return person

    def once(self, step: Hashable, make: Callable[[], T]) -> T:
        """What `make` does to this side, which tests often begin with: see tests/support/beginnings.py."""
        if self.beginning is None:
            return make()
        return self.beginning.once((self.clock.now(), step), make, self.mails)


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
        self.use(answer.json())

    def use(self, token: dict[str, Any]) -> None:
        """Send this token with every later request."""
        self.token = token
        self.api.headers["Authorization"] = f"Bearer {self.token['access_token']}"

    def _mailed_token(self) -> str:
        text = next(mail.text for mail in reversed(self.side.mails) if mail.to == self.email)
        return unquote(text.split("finish-signup?token=")[1].split("&")[0])


class Workshop:
    """Makes apps with empty databases on a bench of its own. Close it when they are not needed any more."""

    def __init__(self, shelf: Shelf, clock: ManualClock) -> None:
        self.shelf = shelf
        self.clock = clock
        self.directory = shelf.take_bench()
        self.certificate_dir = shelf.certificate_dir
        self.passwords = PasswordHashes(CHEAPEST_COST)
        self._apps: list[KeptApp] = []
        self._beginnings: dict[str, Beginning] = {}

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was made here yet."""
        return not any(self.directory.iterdir()) and self.clock.now() == START

    def stop(self, side: Side) -> None:
        """The app goes, its database and its files stay: the next one of this kind is a restart."""
        for kept in [kept for kept in self._apps if kept.app is side.app]:
            self._apps.remove(kept)
            self.shelf.return_app(kept)

    def close(self) -> None:
        """Give everything back."""
        for kept in self._apps:
            self.shelf.return_app(kept)
        self._apps.clear()
        self.shelf.return_bench(self.directory)

    def cloud(self, region: str = "US", **settings: Any) -> Side:
        """One region of the cloud with an empty database."""
        name = f"cloud-{region.lower()}"
        is_new = self._is_new(name)
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
        app = self._app(
            made,
            lambda: create_cloud(made, clock=self.clock, mailer=mailer, passwords=self.passwords),
            seeded=made.seed is not None,
            mailer=mailer,
        )
        self._ready(app, "cloud_sim", name, state)
        side = Side(app, made.base_url, self.clock, mailer.sent, state)
        self.begin(side, name, made if is_new and made.seed is None else None)
        return side

    def selfhost(self, *clouds: Side, **environment: str) -> Side:
        """A self-hosted instance with an empty database. It reaches these clouds; keywords are its environment."""
        is_new = self._is_new("selfhost")
        state = self._state("selfhost")
        lines = self.environment(state) | environment
        deployment: SelfHostSettings = bind(lines)
        mailer, http = MemoryMailer(), create_session(deployment.simulator.cloud_timeout, traced=True)
        for cloud in clouds:
            http.mount(cloud.base_url, WsgiAdapter(cloud.app))

        def make() -> Flask:
            return create_selfhost(deployment, clock=self.clock, http=http, mailer=mailer, passwords=self.passwords)

        shaping = frozenset(line for line in lines.items() if not line[0].startswith("globalSettings__installation__"))
        seeded = deployment.simulator.seed is not None
        app = self._app(
            shaping, make, seeded=seeded, deployment=deployment, mailer=mailer, session_to_cloud=lambda: http
        )
        self._ready(app, "selfhost", "selfhost", state)
        side = Side(app, deployment.service_uris.vault, self.clock, mailer.sent, state)
        self.begin(side, "selfhost", frozenset(lines.items()) if is_new and not seeded else None)
        return side

    def begin(self, side: Side, name: str, world: Hashable | None) -> None:
        """The side has the database of this name, which holds a world that is always the same; None: who knows what."""
        former = self._beginnings.pop(name, None)
        if former is not None:
            former.end()
        if world is not None and self._is_at_the_bench(side.app):
            app = next(kept for kept in self._apps if kept.app is side.app)
            begun = Beginning(self.shelf.kept, app, self.directory / f"{name}.db", (name, world))
            side.beginning = self._beginnings[name] = begun

    def environment(self, state: Path) -> dict[str, str]:
        """Settings of an instance that keeps its state in this folder."""
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
            "wardenloop__journal": "0",
            "wardenloop__licenseCertificates__0": str(self.certificate_dir / CERTIFICATE_FILE),
        }

    def _state(self, name: str) -> Path:
        state = self.directory / name
        if not state.exists():
            self.shelf.fill_state(name, state)
        return state

    def _is_new(self, name: str) -> bool:
        """Whether an app of this name will find an empty database."""
        return not (self.directory / f"{name}.db").exists()

    def _database(self, name: str, package: str) -> str:
        path = self.directory / f"{name}.db"
        self.shelf.lay_out_database(package, path)
        return f"sqlite:///{path}"

    def _app(self, settings: Hashable, make: Callable[[], Flask], *, seeded: bool, **parts: Any) -> Flask:
        """An app of these settings, made or taken from the shelf, with the parts of this workshop.

        seeded: it draws from a row that begins with it.
        """
        kept = KeptApp((settings, self), make()) if seeded else self.shelf.app(settings, make)
        if self._is_at_the_bench(kept.app):
            self._apps.append(kept)
        return kept.renew(replace(kept.parts, clock=self.clock, passwords=self.passwords, **parts))

    def _is_at_the_bench(self, app: Flask) -> bool:
        return str(self.directory) in str(app.config["SQLALCHEMY_DATABASE_URI"])

    def _ready(self, app: Flask, package: str, name: str, state: Path) -> None:
        """Remember the keys of a new app, and make the tables of a database that did not lie on the bench."""
        self.shelf.keep_state(name, state)
        if not self._is_at_the_bench(app):
            with app.app_context():
                create_tables(db.engine, package)
                db.engine.dispose()


@dataclass
class Pair:
    """A cloud and an instance that is registered there, an owner signed in on both, cloud communication on."""

    cloud: Side
    selfhost: Side
    cloud_owner: Person
    owner: Person
    installation: dict[str, str]

    def once(self, step: Hashable, make: Callable[[], T]) -> T:
        """What `make` does to both sides, which tests often begin with: see tests/support/beginnings.py."""
        sides = (self.cloud, self.selfhost)
        begun = [side.beginning for side in sides if side.beginning is not None]
        if len(begun) < len(sides) or any(_keeps_a_journal(side) for side in sides):
            return make()
        callers = [person.api.headers.get("Authorization") for person in (self.cloud_owner, self.owner)]
        step = (self.cloud.clock.now(), *callers, step)
        return once(begun, step, make, [side.mails for side in sides], self.selfhost.state / "bwdata")


def _keeps_a_journal(side: Side) -> bool:
    return bool(side.app.extensions["wardenloop"].settings.journal.entries)


def make_pair(workshop: Workshop, region: str = "US", **environment: str) -> Pair:
    """A pair in one region; keywords are more settings of the instance (the cloud keeps a journal when it does).

    What a workshop makes first is made once in a process: later ones get copies of the two databases.
    """
    key = ("pair", region, *sorted(environment.items()))
    if not workshop.is_untouched or any("database" in name.lower() for name in environment):
        return _new_pair(workshop, region, environment)
    if key in workshop.shelf.kept:
        pair = _kept_pair(workshop, workshop.shelf.kept[key], region, environment)
    else:
        pair = _new_pair(workshop, region, environment)
        workshop.shelf.kept[key] = _KeptPair.of(pair, workshop)
    workshop.begin(pair.cloud, f"cloud-{region.lower()}", key)
    workshop.begin(pair.selfhost, "selfhost", key)
    return pair


def _new_pair(workshop: Workshop, region: str, environment: dict[str, str]) -> Pair:
    cloud = workshop.cloud(region, journal=_journal_of(environment))
    installation = cloud.client.post("/api/installations", json={"email": "admin@example.com"}).json()
    selfhost = workshop.selfhost(cloud, **_connected(installation, region) | environment)
    email = "owner@acme.example"
    return Pair(cloud, selfhost, cloud.sign_up(email), selfhost.sign_up(email), installation)


def _journal_of(environment: dict[str, str]) -> JournalSettings:
    return JournalSettings(int(environment.get("wardenloop__journal", 0)))


def _connected(installation: dict[str, str], region: str) -> dict[str, str]:
    domain = {"US": "com", "EU": "eu"}[region]
    return {
        "globalSettings__enableCloudCommunication": "true",
        "globalSettings__baseServiceUri__cloudRegion": region,
        "globalSettings__installation__id": installation["id"],
        "globalSettings__installation__key": installation["key"],
        "globalSettings__installation__apiUri": f"https://api.bitwarden.{domain}",
        "globalSettings__installation__identityUri": f"https://identity.bitwarden.{domain}",
    }


@dataclass(frozen=True)
class _KeptPair:
    """What a new pair consists of: both databases, their people's tokens, the mails that were sent."""

    databases: dict[str, bytes]
    installation: dict[str, str]
    tokens: tuple[dict[str, Any], dict[str, Any]]
    mails: tuple[list[Mail], list[Mail]]

    @classmethod
    def of(cls, pair: Pair, workshop: Workshop) -> "_KeptPair":
        return cls(
            {path.name: snapshot(path) for path in workshop.directory.glob("*.db")},
            pair.installation,
            (pair.cloud_owner.token, pair.owner.token),
            (list(pair.cloud.mails), list(pair.selfhost.mails)),
        )


def _kept_pair(workshop: Workshop, kept: _KeptPair, region: str, environment: dict[str, str]) -> Pair:
    for name, content in kept.databases.items():
        (workshop.directory / name).write_bytes(content)
    cloud = workshop.cloud(region, journal=_journal_of(environment))
    selfhost = workshop.selfhost(cloud, **_connected(kept.installation, region) | environment)
    for side, mails in zip((cloud, selfhost), kept.mails, strict=True):
        side.mails.extend(mails)
    there, here = (
        side.person("owner@acme.example", token) for side, token in zip((cloud, selfhost), kept.tokens, strict=True)
    )
    return Pair(cloud, selfhost, there, here, dict(kept.installation))
