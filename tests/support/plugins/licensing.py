"""Accounts that are signed in, and licence files as a cloud would issue them, made without asking a cloud.

Enabled in tests/conftest.py. The files are signed with the certificate that the instances under test accept.
"""

import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import jwt
import pytest
import requests

from common.clock import ManualClock
from common.crypto.certificates import LicenseCertificate, load_or_create
from common.crypto.tokens import sign_access_token
from common.domains.accounts.models import User
from common.domains.organizations.models import Organization
from common.license.dates import BillingView, SubscriptionView
from common.license.files import to_wire
from common.license.model import OrganizationLicense, UserLicense, fields_of
from common.license.signing import issue_organization_license, issue_user_license
from common.license.timestamps import Timestamp
from common.server.transaction import db

if TYPE_CHECKING:
    from tests.support.harness import Api, Person, Side

INSTALLATION = UUID("3f2b9c1e-6a57-4d0b-9b1a-b2c40101aaaa")
CLOUD_ORGANIZATION = UUID("8d1f0c52-3a0e-4f8e-a1c7-b2c400f3d5a1")
LICENSE_KEY = "Jk3sD8fQ2pLm9XvT1aZw"
WRAPPED_KEY = "4.key-of-the-owner"
YEAR = timedelta(days=365)


@dataclass
class Account:
    """A user of one app with a client that is signed in as that user."""

    id: UUID
    email: str
    api: "Api"


@dataclass
class Smith:
    """Makes licence files. Dates follow the test's clock: an annual period that began 30 days ago."""

    certificate: LicenseCertificate
    clock: ManualClock
    installation: UUID = INSTALLATION
    billing: BillingView | None = field(default=None)

    def organization(
        self,
        *,
        token: bool = True,
        version: int = 15,
        claims: dict[str, Any] | None = None,
        edit: dict[str, Any] | None = None,
        **values: Any,
    ) -> bytes:
        """An organization's file as the web client saves it.

        values: of the cloud organization. claims: changed in the token before it is signed (None = left out).
        edit: changed in the finished file, without signing again.
        """
        made = issue_organization_license(
            _organization(values),
            self.billing or self.annual(),
            values.get("installation", self.installation),
            now_ticks=self.clock.ticks(),
            jti=uuid.uuid4(),
            certificate=self.certificate,
            version=version,
        )
        return self._saved(made, token, claims, edit)

    def user(
        self,
        email: str,
        *,
        token: bool = True,
        claims: dict[str, Any] | None = None,
        edit: dict[str, Any] | None = None,
        **values: Any,
    ) -> bytes:
        """A premium file of the cloud account with this address."""
        owner = SimpleNamespace(
            **{
                "id": uuid.uuid4(),
                "email": email,
                "name": "Alice",
                "email_verified": True,
                "premium": True,
                "license_key": "Pm3sD8fQ2pLm9XvT1aZw",
                "max_storage_gb": 1,
            }
            | values
        )
        billing = self.billing or BillingView(expiration_date=Timestamp.of(self.clock.now() + YEAR))
        made = issue_user_license(
            owner, billing, now_ticks=self.clock.ticks(), jti=uuid.uuid4(), certificate=self.certificate
        )
        return self._saved(made, token, claims, edit)

    def annual(self, start: datetime | None = None) -> BillingView:
        """A yearly subscription whose trial is long over."""
        begin = start or self.clock.now() - timedelta(days=30)
        end = Timestamp.of(begin + YEAR)
        return BillingView(
            expiration_date=end,
            subscription=SubscriptionView(
                trial_end=Timestamp.of(begin - timedelta(days=300)),
                period_start=Timestamp.of(begin),
                period_end=end,
                status="active",
            ),
        )

    def _saved(
        self,
        made: OrganizationLicense | UserLicense,
        token: bool,
        claims: dict[str, Any] | None,
        edit: dict[str, Any] | None,
    ) -> bytes:
        document = to_wire(made)
        if claims is not None:
            document["token"] = self._retold(str(document["token"]), claims)
        if not token:
            document["token"] = None
        return json.dumps(document | (edit or {}), indent=2).encode()

    def _retold(self, token: str, changes: dict[str, Any]) -> str:
        payload = jwt.decode(token, options={"verify_signature": False}) | changes
        kept = {name: value for name, value in payload.items() if value is not None}
        return jwt.encode(kept, self.certificate.private_key, "RS256")


def _organization(values: dict[str, Any]) -> SimpleNamespace:
    flags = {
        each.attribute: True
        for each in fields_of(OrganizationLicense)
        if each.attribute.startswith("use_") or each.attribute in ("users_get_premium", "self_host", "enabled")
    }
    return SimpleNamespace(
        **flags
        | {
            "id": CLOUD_ORGANIZATION,
            "name": "Contoso &amp; Sons",
            "billing_email": "billing@contoso.example",
            "business_name": None,
            "plan": "Enterprise (Annually)",
            "plan_type": 20,
            "license_key": LICENSE_KEY,
            "seats": 10,
            "max_collections": None,
            "max_storage_gb": 1,
            "sm_seats": None,
            "sm_service_accounts": None,
            "limit_collection_creation": False,
            "limit_collection_deletion": False,
            "allow_admin_access_to_all_collection_items": True,
        }
        | values
    )


@dataclass
class Vaults:
    """The people and organizations of one app, reached past its routes where a test only needs them to exist."""

    side: "Side"

    def account(self, email: str = "owner@contoso.example", **columns: Any) -> Account:
        """A new user, e-mail verified, with a signed-in client."""
        now = self.side.clock.now()
        user = User(
            **{
                "id": uuid.uuid4(),
                "email": email,
                "email_verified": True,
                "security_stamp": "stamp",
                "api_key": "key",
                "kdf": 0,
                "kdf_iterations": 600_000,
                "creation_date": now,
                "revision_date": now,
                "account_revision_date": now,
            }
            | columns
        )
        user_id = user.id
        with self.side.app.app_context():
            db.session.add(user)
            db.session.commit()
        client = self.side.new_client()
        client.headers["Authorization"] = f"Bearer {self.token(user_id)}"
        return Account(user_id, email, client)

    def token(self, user_id: UUID) -> str:
        """An access token of the web vault that outlives any test."""
        ctx = self.side.app.extensions["wardenloop"]
        now = self.side.clock.now()
        claims = {
            "iss": ctx.settings.issuer,
            "nbf": int((now - YEAR).timestamp()),
            "exp": int((now + 10 * YEAR).timestamp()),
            "client_id": "web",
            "scope": ["api", "offline_access"],
            "amr": ["Application"],
            "sub": str(user_id),
        }
        return sign_access_token(claims, ctx.signing_key)

    def organization(self, organization_id: str | UUID) -> Organization:
        """The stored row, detached."""
        with self.side.app.app_context():
            row = db.session.get(Organization, UUID(str(organization_id)))
            assert row is not None
            db.session.expunge(row)
            return row

    def user(self, user_id: UUID) -> User:
        """The stored row, detached."""
        with self.side.app.app_context():
            row = db.session.get(User, user_id)
            assert row is not None
            db.session.expunge(row)
            return row

    def add(self, *rows: Any) -> None:
        """Store rows."""
        with self.side.app.app_context():
            db.session.add_all(rows)
            db.session.commit()

    def file(self, owner_id: str | UUID, kind: str = "organization") -> Path:
        """Where the licence file of an owner lies."""
        return self.side.state / "bwdata" / "core" / "licenses" / kind / f"{owner_id}.json"

    def on_disk(self, owner_id: str | UUID, kind: str = "organization") -> dict[str, Any]:
        """The licence file of an owner."""
        document: dict[str, Any] = json.loads(self.file(owner_id, kind).read_bytes())
        return document


def upload(account: "Account | Person", path: str, content: bytes | None, /, **fields: str) -> requests.Response:
    """Send a form as the web vault does."""
    files: dict[str, Any] = {name: (None, value) for name, value in fields.items()}
    if content is not None:
        files["license"] = ("bitwarden_organization_license.json", content, "application/json")
    return account.api.post(path, files=files or {"nothing": (None, "")})


@pytest.fixture
def smith(certificate_dir: Path, clock: ManualClock) -> Smith:
    """Makes licence files that the instance accepts."""
    return Smith(load_or_create(certificate_dir), clock)


@pytest.fixture
def vaults(selfhost: "Side") -> Vaults:
    """The people and organizations of the instance."""
    return Vaults(selfhost)


@pytest.fixture
def owner(vaults: Vaults) -> Account:
    """A signed-in user of the instance who owns nothing yet."""
    return vaults.account()
