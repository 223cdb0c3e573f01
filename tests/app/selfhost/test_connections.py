"""Connections of organizations: shapes, permissions, and every refusal in its order."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from common.clock import ManualClock
from common.domains.organizations.models import Member
from common.enums import MemberStatus, MemberType
from common.server.transaction import db
from selfhost.billing_sync.models import OrganizationConnection
from tests.support.harness import Side, Workshop
from tests.support.plugins.licensing import CLOUD_ORGANIZATION, Account, Smith, Vaults, upload

CONNECTIONS = "/api/organizations/connections"
CREATE = "/api/organizations/licenses/self-hosted"
KEY = "0123456789abcdefghijABCDEFGHIJ"


@pytest.fixture
def acme(owner: Account, smith: Smith) -> Any:
    return upload(owner, CREATE, smith.organization(), key="4.k").json()["id"]


def wanted(organization_id: Any, connection_type: int = 1, config: Any = None, enabled: bool = True) -> dict[str, Any]:
    return {
        "type": connection_type,
        "organizationId": str(organization_id),
        "enabled": enabled,
        "config": {"billingSyncKey": KEY} if config is None else config,
    }


def refused(answer: Any, status: int = 400) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()["message"]


def member(vaults: Vaults, organization_id: Any, email: Any, role: Any, permissions: Any = None) -> Any:
    account = vaults.account(email)
    now = vaults.side.clock.now()
    vaults.add(
        Member(
            id=uuid4(),
            organization_id=UUID(organization_id),
            user_id=account.id,
            type=role,
            status=MemberStatus.CONFIRMED,
            permissions=permissions,
            creation_date=now,
            revision_date=now,
        )
    )
    return account


def test_saved_connection_shows_its_configuration_as_stored(owner: Account, acme: Any) -> None:
    made = owner.api.post(f"{CONNECTIONS}/", json=wanted(acme))
    assert made.status_code == 200, made.text
    assert list(made.json()) == ["id", "type", "organizationId", "enabled", "config"]
    assert made.json()["config"] == {
        "BillingSyncKey": KEY,
        "CloudOrganizationId": str(CLOUD_ORGANIZATION),
        "LastLicenseSync": None,
    }
    for name in ("1", "CloudBillingSync", "cloudbillingsync"):
        assert owner.api.get(f"{CONNECTIONS}/{acme}/{name}").json() == made.json()


def test_no_connection_reads_as_defaults(owner: Account, acme: Any) -> None:
    assert owner.api.get(f"{CONNECTIONS}/{acme}/1").json() == {
        "id": None,
        "type": 0,
        "organizationId": "00000000-0000-0000-0000-000000000000",
        "enabled": False,
        "config": None,
    }


def test_cloud_organization_is_never_taken_from_the_client(owner: Account, acme: Any) -> None:
    config = {"BILLINGSYNCKEY": KEY, "cloudOrganizationId": str(uuid4()), "lastLicenseSync": "2020-01-01T00:00:00Z"}
    made = owner.api.post(CONNECTIONS, json=wanted(acme, config=config)).json()
    assert made["config"]["CloudOrganizationId"] == str(CLOUD_ORGANIZATION)
    assert made["config"]["LastLicenseSync"] is None


@pytest.mark.parametrize("config", [{}, {"billingSyncKey": None}, {"billingSyncKey": "  "}])
def test_blank_key_is_accepted(owner: Account, acme: Any, config: dict[str, Any]) -> None:
    assert owner.api.post(CONNECTIONS, json=wanted(acme, config=config)).status_code == 200


def test_update_replaces_the_whole_configuration(owner: Account, acme: Any, selfhost: Side) -> None:
    made = owner.api.post(CONNECTIONS, json=wanted(acme)).json()
    stored = made["config"] | {"LastLicenseSync": "2026-08-20T14:16:19+00:00"}
    with selfhost.app.app_context():
        db.session.execute(sa.update(OrganizationConnection).values(config=json.dumps(stored)))
        db.session.commit()
    changed = owner.api.put(f"{CONNECTIONS}/{made['id']}", json=wanted(acme, enabled=False))
    assert changed.json() == made | {"enabled": False}


def test_delete(owner: Account, acme: Any) -> None:
    made = owner.api.post(CONNECTIONS, json=wanted(acme)).json()
    gone = owner.api.delete(f"{CONNECTIONS}/{made['id']}")
    assert (gone.status_code, gone.content) == (200, b"")
    assert owner.api.get(f"{CONNECTIONS}/{acme}/1").json()["id"] is None
    assert owner.api.delete(f"{CONNECTIONS}/{made['id']}").status_code == 404


@pytest.mark.parametrize("value", ["true", "false"])
def test_enabled_tells_whether_the_cloud_may_be_called(workshop: Workshop, value: str) -> None:
    vaults = Vaults(workshop.selfhost(globalSettings__enableCloudCommunication=value))
    assert vaults.account().api.get(f"{CONNECTIONS}/enabled").text == value


class TestRefusalsInOrder:
    """Each case also breaks everything that is checked after it."""

    def test_create(self, owner: Account, acme: Any, vaults: Vaults) -> None:
        admin = member(vaults, acme, "admin@contoso.example", MemberType.ADMIN)
        broken = wanted(acme, config="no object")
        vaults.file(acme).unlink()
        text = "You do not have permission to create a connection of type CloudBillingSync."
        assert refused(admin.api.post(CONNECTIONS, json=broken)) == text
        assert refused(owner.api.post(CONNECTIONS, json=wanted(uuid4()))) == text
        assert refused(owner.api.post(CONNECTIONS, json=wanted(acme, 9, config="x"))) == (
            "Unknown Organization connection Type: 9"
        )
        assert refused(owner.api.post(CONNECTIONS, json=broken)) == "Organization Connection configuration malformed"
        assert refused(owner.api.post(CONNECTIONS, json=wanted(acme, config={"billingSyncKey": 7}))) == (
            "Organization Connection configuration malformed"
        )
        assert refused(owner.api.post(CONNECTIONS, json=wanted(acme))) == "Cannot verify license file."

    def test_null_configuration_is_refused_not_a_fault(self, owner: Account, acme: Any) -> None:
        body = wanted(acme) | {"config": None}
        assert refused(owner.api.post(CONNECTIONS, json=body)) == "Organization Connection configuration malformed"

    def test_duplicate_comes_before_type_and_configuration(self, owner: Account, acme: Any) -> None:
        owner.api.post(CONNECTIONS, json=wanted(acme))
        assert refused(owner.api.post(CONNECTIONS, json=wanted(acme, config="x"))) == (
            "The requested organization already has a connection of type CloudBillingSync. "
            "Only one of each connection type may exist per organization."
        )

    def test_update(self, owner: Account, acme: Any, vaults: Vaults) -> None:
        admin = member(vaults, acme, "admin@contoso.example", MemberType.ADMIN)
        url = f"{CONNECTIONS}/{owner.api.post(CONNECTIONS, json=wanted(acme)).json()['id']}"
        vaults.file(acme).unlink()
        assert refused(owner.api.put(f"{CONNECTIONS}/{uuid4()}", json=wanted(acme)), 404) == "Resource not found."
        assert refused(owner.api.put(url, json=wanted(uuid4())), 404) == "Resource not found."
        assert refused(admin.api.put(url, json=wanted(acme, 2))) == (
            "You do not have permission to update this connection."
        )
        assert refused(owner.api.put(url, json=wanted(acme, 2, config="x"))) == (
            "The connection type cannot be changed."
        )
        assert refused(owner.api.put(url, json=wanted(acme, config="x"))) == (
            "Organization Connection configuration malformed"
        )
        assert refused(owner.api.put(url, json=wanted(acme))) == "Cannot verify license file."

    def test_read_and_delete(self, owner: Account, acme: Any, vaults: Vaults) -> None:
        admin = member(vaults, acme, "admin@contoso.example", MemberType.ADMIN)
        made = owner.api.post(CONNECTIONS, json=wanted(acme)).json()
        assert refused(admin.api.get(f"{CONNECTIONS}/{acme}/1")) == (
            "You do not have permission to retrieve a connection of type CloudBillingSync."
        )
        assert refused(admin.api.delete(f"{CONNECTIONS}/{made['id']}")) == (
            "You do not have permission to remove this connection of type CloudBillingSync."
        )
        assert refused(owner.api.get(f"{CONNECTIONS}/{acme}/Nonsense")) == "The model state is invalid."


class TestLicenseFile:
    @pytest.mark.parametrize("content", [b"", b"{}", b'{"LicenseKey": "x"} tail'])
    def test_file_that_is_no_license(self, owner: Account, acme: Any, vaults: Vaults, content: bytes) -> None:
        vaults.file(acme).write_bytes(content)
        assert refused(owner.api.post(CONNECTIONS, json=wanted(acme))) == "Cannot verify license file."

    def test_expired_token(self, owner: Account, acme: Any, clock: ManualClock) -> None:
        clock.advance(timedelta(days=366))
        assert refused(owner.api.post(CONNECTIONS, json=wanted(acme))) == "Cannot verify license file."

    def test_other_installation_and_passed_expiry_do_not_matter(
        self, owner: Account, acme: Any, smith: Smith, vaults: Vaults
    ) -> None:
        content = smith.organization(claims={"Expires": "01/01/2020 00:00:00"}, installation=uuid4())
        pascal = {name[0].upper() + name[1:]: value for name, value in json.loads(content).items()}
        vaults.file(acme).write_text(json.dumps(pascal))
        assert owner.api.post(CONNECTIONS, json=wanted(acme)).status_code == 200


def test_families_organizations_upload_only(owner: Account, smith: Smith) -> None:
    families = smith.organization(plan_type=22, license_key="families")
    organization_id = upload(owner, CREATE, families, key="4.k").json()["id"]
    text = (
        "A Families organization cannot use automatic sync. "
        "Download the license file from the cloud and upload it instead."
    )
    assert refused(owner.api.post(CONNECTIONS, json=wanted(organization_id))) == text
    assert refused(owner.api.post(f"{CREATE}/{organization_id}/sync/")) == text


class TestScim:
    def test_admins_and_permitted_custom_members_may(self, owner: Account, acme: Any, vaults: Vaults) -> None:
        custom = member(vaults, acme, "c@contoso.example", MemberType.CUSTOM, {"manageScim": True})
        plain = member(vaults, acme, "p@contoso.example", MemberType.CUSTOM, {"manageUsers": True})
        body = wanted(acme, 2, config={"enabled": True})
        assert refused(plain.api.post(CONNECTIONS, json=body)) == (
            "You do not have permission to create a connection of type Scim."
        )
        made = custom.api.post(CONNECTIONS, json=body)
        assert made.json()["config"] == {"ScimProvider": None, "Enabled": True}
        assert custom.api.get(f"{CONNECTIONS}/{acme}/2").json() == made.json()


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"7", b'{"type":"x"}', b'{"organizationId":"x"}', b'{"enabled":[]}', b'{"type":99999999999}'],
)
def test_odd_bodies_are_refused(owner: Account, acme: Any, body: bytes) -> None:
    for call in (owner.api.post, owner.api.put):
        url = CONNECTIONS if call == owner.api.post else f"{CONNECTIONS}/{uuid4()}"
        assert call(url, data=body, headers={"Content-Type": "application/json"}).status_code in (400, 404)
