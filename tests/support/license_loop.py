"""An Enterprise organization on both sides, connected, and peers that answer what a test wants."""

from typing import Any
from uuid import UUID

import requests
import sqlalchemy as sa
from requests.adapters import BaseAdapter

from common.domains.organizations.models import Organization
from common.enums import ApiKeyType
from common.server.transaction import db
from selfhost.billing_sync import service as billing_sync
from tests.support.harness import ENC_STRING, PUBLIC_KEY, WRAPPED_KEY

LICENSES = "/api/organizations/licenses/self-hosted"
CONNECTIONS = "/api/organizations/connections"
CHECK_INTERNET_AND_TOKEN = (
    "An error has occurred. Check your internet connection and ensure the billing token is correct."
)


class Loop:
    """An Enterprise organization on the cloud and its twin on the instance, connected by the billing sync token."""

    def __init__(self, pair: Any) -> None:
        self.pair = pair
        self.cloud_id, self.id, self.connection = pair.once("loop", self._close)

    def _close(self) -> tuple[str, str, Any]:
        created = self.pair.cloud_owner.api.post(
            "/api/organizations",
            json={
                "name": "Acme",
                "billingEmail": "billing@acme.example",
                "planType": 20,
                "additionalSeats": 10,
                "key": WRAPPED_KEY,
                "keys": {"publicKey": PUBLIC_KEY, "encryptedPrivateKey": ENC_STRING},
                "skipTrial": True,
            },
        )
        assert created.status_code == 200, created.text
        self.cloud_id = created.json()["id"]
        self.id = self.upload(LICENSES, key=WRAPPED_KEY).json()["id"]
        return self.cloud_id, self.id, self.connect(self.billing_sync_token()).json()

    def download(self) -> bytes:
        answer = self.pair.cloud_owner.api.get(
            f"/api/organizations/{self.cloud_id}/license?installationId={self.pair.installation['id']}"
        )
        assert answer.status_code == 200, answer.text
        return answer.content

    def upload(self, path: str, **fields: str) -> requests.Response:
        files = {name: (None, value) for name, value in fields.items()}
        answer = self.pair.owner.api.post(path, files=files | {"license": ("l.json", self.download())})
        assert answer.status_code == 200, answer.text
        return answer

    def billing_sync_token(self, rotate: bool = False) -> str:
        answer = self.pair.cloud_owner.api.post(
            f"/api/organizations/{self.cloud_id}/{'rotate-api-key' if rotate else 'api-key'}",
            json={"type": ApiKeyType.BILLING_SYNC, "masterPasswordHash": self.pair.cloud_owner.password_hash},
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["apiKey"]

    def connect(self, key: str) -> requests.Response:
        body = {"type": 1, "organizationId": self.id, "enabled": True, "config": {"billingSyncKey": key}}
        known = getattr(self, "connection", None)
        if known:
            return self.pair.owner.api.put(f"{CONNECTIONS}/{known['id']}", json=body)
        return self.pair.owner.api.post(f"{CONNECTIONS}/", json=body)

    def sync(self) -> requests.Response:
        return self.pair.owner.api.post(f"{LICENSES}/{self.id}/sync/")

    def refused(self) -> str:
        before = self.state()
        answer = self.sync()
        assert answer.status_code == 400, answer.text
        assert self.state() == before
        return answer.json()["message"]

    def state(self) -> tuple[object, ...]:
        row = self.organization()
        columns = [getattr(row, column.key) for column in Organization.__table__.columns]
        connection = self.pair.owner.api.get(f"{CONNECTIONS}/{self.id}/1").json()
        return columns, connection, self.file()

    def organization(self) -> Organization:
        with self.pair.selfhost.app.app_context():
            return db.session.get_one(Organization, UUID(self.id))

    def file(self) -> bytes:
        folder = self.pair.selfhost.app.extensions["wardenloop"].deployment.license_directory
        return (folder / "organization" / f"{self.id}.json").read_bytes()

    def last_sync(self) -> str | None:
        return self.pair.owner.api.get(f"{CONNECTIONS}/{self.id}/1").json()["config"]["LastLicenseSync"]

    def failure(self) -> Any:
        with self.pair.selfhost.app.app_context():
            ctx = self.pair.selfhost.app.extensions["wardenloop"]
            return billing_sync.last_failure(ctx, UUID(self.id), billing_sync.LICENSE_SYNC)

    def change_cloud(self, **values: object) -> None:
        with self.pair.cloud.app.app_context():
            db.session.execute(sa.update(Organization).values(**values))
            db.session.commit()

    def change_instance(self, statement: sa.Executable) -> None:
        with self.pair.selfhost.app.app_context():
            db.session.execute(statement)
            db.session.commit()


class Answering(BaseAdapter):
    """A peer that answers everything alike, or fails."""

    def __init__(self, answer: bytes | Exception, status: int = 200) -> None:
        super().__init__()
        self.answer, self.status = answer, status
        self.requests: list[requests.PreparedRequest] = []

    def send(self, request: Any, *_args: Any, **_kwargs: Any) -> Any:
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        response = requests.Response()
        response.status_code, response.reason = self.status, "Bad Request" if self.status == 400 else "OK"
        response._content, response.url, response.request = self.answer, request.url, request
        return response

    def close(self) -> None:
        """Nothing is open."""
