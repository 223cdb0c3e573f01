"""A new licence for an existing organization, by upload: what moves, what stays, what is in use."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from common.clock import ManualClock
from common.domains.organizations.models import Collection, Group, Member, Organization, Policy, SsoConfig
from common.enums import MemberStatus, MemberType, PolicyType
from common.server.transaction import db
from selfhost.billing_sync.models import OrganizationConnection
from tests.support.harness import Side
from tests.support.plugins.licensing import Account, Smith, Vaults, upload

CREATE = "/api/organizations/licenses/self-hosted"


@pytest.fixture
def acme(owner: Account, smith: Smith) -> Any:
    """The id of the owner's organization."""
    return upload(owner, CREATE, smith.organization(), key="4.k").json()["id"]


def update(account: Any, organization_id: Any, content: Any) -> Any:
    return upload(account, f"{CREATE}/{organization_id}", content)


def refused(account: Any, organization_id: Any, content: Any) -> Any:
    answer = update(account, organization_id, content)
    assert answer.status_code == 400, answer.text
    return answer.json()["message"]


def state(vaults: Vaults, organization_id: Any) -> Any:
    row = vaults.organization(organization_id)
    columns = {column.key: getattr(row, column.key) for column in Organization.__table__.columns}
    return columns, vaults.file(organization_id).read_bytes()


def test_everything_the_license_says_moves_and_nothing_else(
    owner: Account, acme: Any, vaults: Vaults, smith: Smith, clock: ManualClock, selfhost: Side
) -> None:
    with selfhost.app.app_context():
        db.session.execute(sa.update(Organization).values(status=0, limit_collection_creation=True, public_key="pub"))
        db.session.commit()
    clock.advance(timedelta(days=3))
    answer = update(
        owner,
        acme,
        smith.organization(name="New &lt;name&gt;", seats=33, plan_type=14, use_pam=False, max_storage_gb=7),
    )
    assert (answer.status_code, answer.content) == (200, b"")
    row = vaults.organization(acme)
    assert (row.name, row.seats, row.plan_type, row.use_pam) == ("New &lt;name&gt;", 33, 14, False)
    assert (row.status, row.limit_collection_creation, row.public_key, row.max_storage_gb) == (0, True, "pub", 10240)
    assert row.revision_date == clock.now()


def test_claims_win_over_the_file_and_are_stored(owner: Account, acme: Any, vaults: Vaults, smith: Smith) -> None:
    content = smith.organization(
        edit={"seats": 999, "name": "Edited", "billingEmail": "x@y.z"},
        claims={"Seats": "44", "UseSso": "true", "UseGroups": None, "LicenseType": "1"},
    )
    assert update(owner, acme, content).status_code == 200
    row, stored = vaults.organization(acme), vaults.on_disk(acme)
    assert (row.seats, row.name, row.use_sso, row.use_groups) == (44, "Contoso &amp; Sons", True, False)
    assert (stored["Seats"], stored["Name"], stored["UseGroups"]) == (44, "Contoso &amp; Sons", False)
    assert stored["Expires"].count("Z") == 0  # a date out of a claim carries no zone
    assert stored["Token"] == json.loads(content)["token"]


def test_longer_file_is_replaced_whole(owner: Account, acme: Any, vaults: Vaults, smith: Smith) -> None:
    update(owner, acme, smith.organization(name="N" * 200))
    longer = vaults.file(acme).stat().st_size
    update(owner, acme, smith.organization(name="N"))
    assert vaults.file(acme).stat().st_size < longer
    assert vaults.on_disk(acme)["Name"] == "N"


def test_fresh_license_brings_back_a_disabled_organization(
    owner: Account, acme: Any, vaults: Vaults, selfhost: Side, smith: Smith
) -> None:
    with selfhost.app.app_context():
        db.session.execute(sa.update(Organization).values(enabled=False))
        db.session.commit()
    assert update(owner, acme, smith.organization()).status_code == 200
    assert vaults.organization(acme).enabled


@pytest.mark.parametrize("organization_id", ["0" * 8, "6189475a-cbd6-483c-949d-0e29616e8991"])
def test_unknown_organization(owner: Account, smith: Smith, organization_id: Any) -> None:
    answer = update(owner, organization_id, smith.organization())
    assert (answer.status_code, answer.json()["message"]) == (404, "Resource not found.")


@pytest.mark.parametrize("role", [None, MemberType.ADMIN])
def test_only_owners(acme: Any, vaults: Vaults, smith: Smith, clock: ManualClock, role: Any) -> None:
    other = vaults.account("other@contoso.example")
    if role is not None:
        dates = {"creation_date": clock.now(), "revision_date": clock.now()}
        vaults.add(
            Member(
                id=uuid4(),
                organization_id=UUID(acme),
                user_id=other.id,
                type=role,
                status=MemberStatus.CONFIRMED,
                **dates,
            )
        )
    answer = update(other, acme, b"not even a licence")
    assert (answer.status_code, answer.json()["message"]) == (404, "Resource not found.")


def test_anonymous_and_unreadable(acme: Any, owner: Account, vaults: Vaults) -> None:
    assert vaults.side.new_client().post(f"{CREATE}/{acme}").status_code == 401
    assert refused(owner, acme, b"nonsense") == "Invalid license"
    missing = update(owner, acme, None)
    assert missing.json()["validationErrors"] == {"License": ["The License field is required."]}


@pytest.mark.parametrize("enabled", [True, False])
def test_license_of_another_organization(
    owner: Account, acme: Any, vaults: Vaults, smith: Smith, selfhost: Side, enabled: bool
) -> None:
    """Found by the key in the file, disabled organizations included, before the token is even looked at."""
    other = upload(owner, CREATE, smith.organization(license_key="other-key"), key="4.k").json()["id"]
    with selfhost.app.app_context():
        db.session.execute(sa.update(Organization).where(Organization.id == UUID(other)).values(enabled=enabled))
        db.session.commit()
    content = smith.organization(license_key="other-key", edit={"token": "broken"})
    assert refused(owner, acme, content) == "License is already in use by another organization vault."


def test_token_then_use(owner: Account, acme: Any, vaults: Vaults, smith: Smith, clock: ManualClock) -> None:
    before = state(vaults, acme)
    assert refused(owner, acme, smith.organization(edit={"token": "a.b"})).startswith("Invalid license. IDX12741")
    assert refused(owner, acme, smith.organization(claims={"aud": "organization:x"})).startswith(
        "Invalid license. IDX10214"
    )
    assert refused(owner, acme, smith.organization(claims={"InstallationId": str(uuid4())})) == (
        "Invalid license. The installation ID does not match the current installation."
    )
    assert refused(owner, acme, smith.organization(claims={"LicenseType": "User"})).startswith(
        "Invalid license. Premium licenses cannot be applied to an organization vault."
    )
    stale = smith.organization(token=False)
    clock.advance(timedelta(days=500))
    assert refused(owner, acme, stale) == "Invalid license. The license has expired."
    assert state(vaults, acme) == before


def test_expired_claim_is_still_accepted_on_upload(owner: Account, acme: Any, smith: Smith, clock: ManualClock) -> None:
    content = smith.organization(claims={"Expires": "01/01/2020 00:00:00"})
    assert update(owner, acme, content).status_code == 200


class TestInUse:
    """Base case of upstream's SelfHostedOrganizationDetailsTests: everything on and everything in use."""

    @pytest.fixture(autouse=True)
    def everything_in_use(self, owner: Account, acme: Any, vaults: Vaults, clock: ManualClock) -> None:
        self.owner, self.acme, self.vaults = owner, acme, vaults
        organization_id = UUID(acme)
        self.dates = dates = {"creation_date": clock.now(), "revision_date": clock.now()}
        self.ids = {"organization_id": organization_id}
        members = [
            Member(
                id=uuid4(),
                email=f"m{number}@contoso.example",
                type=MemberType.CUSTOM if number == 8 else MemberType.USER,
                status=[MemberStatus.INVITED, MemberStatus.ACCEPTED, MemberStatus.CONFIRMED][number % 3],
                **self.ids,
                **dates,
            )
            for number in range(9)
        ]
        revoked = Member(id=uuid4(), email="gone@x.example", type=2, status=MemberStatus.REVOKED, **self.ids, **dates)
        vaults.add(
            *members,
            revoked,
            *[Collection(id=uuid4(), name="2.x", **self.ids, **dates) for _ in range(5)],
            *[Group(id=uuid4(), name="g", **self.ids, **dates) for _ in range(5)],
            Policy(id=uuid4(), type=PolicyType.RESET_PASSWORD, enabled=True, **self.ids, **dates),
            Policy(id=uuid4(), type=PolicyType.MASTER_PASSWORD, enabled=False, **self.ids, **dates),
            SsoConfig(enabled=True, member_decryption_type=1, **self.ids, **dates),
            OrganizationConnection(id=uuid4(), type=2, enabled=True, config='{"Enabled":true}', **self.ids),
        )

    def change(self, statement: Any) -> None:
        with self.vaults.side.app.app_context():
            db.session.execute(statement)
            db.session.commit()

    def test_fits_exactly(self, smith: Smith) -> None:
        assert update(self.owner, self.acme, smith.organization(seats=10, max_collections=5)).status_code == 200

    @pytest.mark.parametrize(
        ("values", "text"),
        [
            (
                {"seats": 9},
                "Your organization currently has 10 seats filled. Your new license only has (9) seats. "
                "Remove some users.",
            ),
            (
                {"max_collections": 4},
                "Your organization currently has 5 collections. Your new license allows for a maximum of (4) "
                "collections. Remove some collections.",
            ),
            (
                {"use_groups": False},
                "Your organization currently has 5 groups. Your new license does not allow for the use of groups. "
                "Remove all groups.",
            ),
            (
                {"use_policies": False},
                "Your organization currently has 1 enabled policies. Your new license does not allow for the use of "
                "policies. Disable all policies.",
            ),
            (
                {"use_sso": False},
                "Your organization currently has a SSO configuration. Your new license does not allow for the use of "
                "SSO. Disable your SSO configuration.",
            ),
            (
                {"use_key_connector": False},
                "Your organization currently has Key Connector enabled. Your new license does not allow for the use "
                "of Key Connector. Disable your Key Connector.",
            ),
            (
                {"use_scim": False},
                "Your new plan does not allow the SCIM feature. Disable your SCIM configuration.",
            ),
            (
                {"use_custom_permissions": False},
                "Your new plan does not allow the Custom Permissions feature. "
                "Disable your Custom Permissions configuration.",
            ),
            (
                {"use_reset_password": False},
                "Your new license does not allow the Password Reset feature. Disable your Password Reset policy.",
            ),
        ],
    )
    @pytest.mark.parametrize("token", [True, False])
    def test_what_is_in_use_stays_licensed(self, smith: Smith, values: dict[str, Any], text: str, token: bool) -> None:
        before = state(self.vaults, self.acme)
        assert refused(self.owner, self.acme, smith.organization(token=token, **values)) == text
        assert state(self.vaults, self.acme) == before

    def test_only_the_first_is_told_in_order(self, smith: Smith) -> None:
        lost: dict[str, Any] = {
            "seats": 1,
            "max_collections": 1,
            **dict.fromkeys(
                (
                    "use_groups",
                    "use_policies",
                    "use_sso",
                    "use_key_connector",
                    "use_scim",
                    "use_custom_permissions",
                    "use_reset_password",
                ),
                False,
            ),
        }
        seen = []
        while lost:
            seen.append(refused(self.owner, self.acme, smith.organization(**lost)))
            lost.pop(next(iter(lost)))
        assert len(set(seen)) == 9
        assert "seats" in seen[0] and "Password Reset" in seen[-1]

    @pytest.mark.parametrize(
        ("values", "statement"),
        [
            ({"use_policies": False}, sa.update(Policy).values(enabled=False)),
            ({"use_sso": False}, sa.update(SsoConfig).values(enabled=False)),
            ({"use_sso": False}, sa.delete(SsoConfig)),
            ({"use_key_connector": False}, sa.update(SsoConfig).values(member_decryption_type=0)),
            ({"use_key_connector": False}, sa.delete(SsoConfig)),
            ({"use_scim": False}, sa.update(OrganizationConnection).values(config='{"Enabled":false}')),
            ({"use_scim": False}, sa.delete(OrganizationConnection)),
            ({"use_custom_permissions": False}, sa.delete(Member).where(Member.type == MemberType.CUSTOM)),
            ({"use_reset_password": False}, sa.update(Policy).values(enabled=False)),
        ],
    )
    def test_what_is_not_in_use_may_go(self, smith: Smith, values: dict[str, Any], statement: Any) -> None:
        self.change(statement)
        assert update(self.owner, self.acme, smith.organization(**values)).status_code == 200

    def test_a_single_group_may_stay_behind(self, smith: Smith) -> None:
        self.change(sa.delete(Group).where(Group.id != sa.select(Group.id).limit(1).scalar_subquery()))
        assert update(self.owner, self.acme, smith.organization(use_groups=False)).status_code == 200

    def test_abilities_the_organization_never_had_are_not_missed(self, smith: Smith) -> None:
        self.change(sa.update(Organization).values(use_sso=False, use_groups=False))
        assert update(self.owner, self.acme, smith.organization(use_sso=False, use_groups=False)).status_code == 200
