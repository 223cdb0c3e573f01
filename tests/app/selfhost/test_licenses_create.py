"""An organization made from a licence file: what comes of it, and every refusal in its order."""

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from common.clock import ManualClock
from common.domains.organizations.models import (
    Collection,
    CollectionMember,
    Member,
    Organization,
    OrganizationApiKey,
    Policy,
)
from common.enums import MemberStatus, MemberType, PolicyType
from common.license.model import Kind, OrganizationLicense, fields_of
from common.server.transaction import db
from tests.support.harness import Side, Workshop
from tests.support.plugins.licensing import LICENSE_KEY, Account, Smith, Vaults, upload

CREATE = "/api/organizations/licenses/self-hosted"
NAME = "2.AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


def create(account: Any, content: Any, **fields: Any) -> Any:
    return upload(account, CREATE, content, **{"key": "4.owner-key", **fields})


def rows(selfhost: Any, query: Any) -> Any:
    with selfhost.app.app_context():
        return db.session.execute(query).all()


def test_organization_is_what_its_license_says(owner: Account, vaults: Vaults, smith: Smith) -> None:
    answer = create(owner, smith.organization(seats=12, use_pam=False), collectionName=NAME)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["object"] == "organization"
    assert (body["name"], body["seats"], body["maxStorageGb"]) == ("Contoso & Sons", 12, 10240)
    assert (body["useSso"], body["usePam"], body["usePhishingBlocker"]) == (True, False, True)
    assert body["plan"] == body["plan"] | {
        "object": "plan",
        "type": 20,
        "productTier": 3,
        "name": "Enterprise (Annually)",
        "hasSso": False,
    }
    stored = vaults.organization(body["id"])
    assert stored.license_key == LICENSE_KEY
    assert stored.enabled and stored.status == 1
    assert stored.expiration_date == (smith.clock.now() + timedelta(days=335 + 60)).replace(microsecond=0)


def test_owner_key_api_key_and_collection_are_made(
    owner: Account, vaults: Vaults, selfhost: Side, smith: Smith
) -> None:
    made = create(
        owner,
        smith.organization(),
        collectionName=NAME,
        **{"keys.publicKey": "cHVibGlj", "keys.encryptedPrivateKey": NAME},
    )
    organization_id = made.json()["id"]
    assert made.json()["hasPublicAndPrivateKeys"] is True
    (member,) = rows(selfhost, sa.select(Member.id, Member.user_id, Member.type, Member.status, Member.key))
    assert member[1:] == (owner.id, MemberType.OWNER, MemberStatus.CONFIRMED, "4.owner-key")
    (key,) = rows(selfhost, sa.select(OrganizationApiKey.type, OrganizationApiKey.api_key))
    assert key.type == 0 and len(key.api_key) == 30
    (collection,) = rows(selfhost, sa.select(Collection.id, Collection.name, Collection.organization_id))
    assert (collection.name, str(collection.organization_id)) == (NAME, organization_id)
    assert rows(selfhost, sa.select(CollectionMember.member_id, CollectionMember.manage)) == [(member.id, True)]


def test_no_collection_without_a_name(owner: Account, selfhost: Side, smith: Smith) -> None:
    assert create(owner, smith.organization()).status_code == 200
    assert rows(selfhost, sa.select(Collection.id)) == []


DATES = [each for each in fields_of(OrganizationLicense) if each.kind is Kind.DATE]
"""A claim's moment is stored without its zone. Source: fidelity.md: license.store."""


def test_file_is_stored_in_pascal_case_as_its_token_says(owner: Account, vaults: Vaults, smith: Smith) -> None:
    content = smith.organization(use_pam=True)
    organization_id = create(owner, content).json()["id"]
    stored, sent = vaults.on_disk(organization_id), json.loads(content)
    told = {each.wire_name: True for each in fields_of(OrganizationLicense) if not each.filled}
    told |= {each.wire_name: sent[each.wire_name].rstrip("Z") for each in DATES}
    assert {name[0].lower() + name[1:]: value for name, value in stored.items()} == sent | told
    assert list(stored)[:3] == ["LicenseKey", "InstallationId", "Id"]
    assert not vaults.file(organization_id).read_bytes().endswith(b"\n")
    assert sorted(path.name for path in vaults.file(organization_id).parent.iterdir()) == [f"{organization_id}.json"]


def test_license_without_token_is_taken_by_its_own_values(owner: Account, vaults: Vaults, smith: Smith) -> None:
    made = create(owner, smith.organization(token=False, use_pam=True)).json()
    assert made["usePam"] is False
    assert vaults.on_disk(made["id"])["Token"] is None


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"key": ""}, {"Key": ["The Key field is required."]}),
        ({"collectionName": "plain"}, {"CollectionName": ["CollectionName is not a valid encrypted string."]}),
        (
            {"collectionName": f"2.{'A' * 1200}|{'A' * 24}|{'A' * 44}"},
            {
                "CollectionName": [
                    "The field CollectionName exceeds the maximum encrypted value length of 1000 characters."
                ]
            },
        ),
        (
            {"keys.publicKey": "cHVibGlj"},
            {"Keys.EncryptedPrivateKey": ["The EncryptedPrivateKey field is required."]},
        ),
    ],
)
def test_form_is_checked_first(owner: Account, smith: Smith, fields: dict[str, Any], errors: dict[str, Any]) -> None:
    answer = create(owner, b"no licence at all", **fields)
    assert answer.status_code == 400
    assert answer.json()["message"] == "The model state is invalid."
    assert answer.json()["validationErrors"].keys() == errors.keys()
    for name, texts in errors.items():
        assert answer.json()["validationErrors"][name][-1:] == texts


def test_missing_file_is_a_field_error(owner: Account) -> None:
    answer = create(owner, None)
    assert answer.status_code == 400
    assert answer.json()["validationErrors"] == {"License": ["The License field is required."]}


@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"[]", b"{", b'{"seats": "10"}', b'{"seats": 1,}', b"{} x", b"{" + b" " * 52_000 + b"}"],
)
def test_unreadable_file(owner: Account, content: Any) -> None:
    answer = create(owner, content)
    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid license")


def test_request_without_a_length_is_unreadable(owner: Account, smith: Smith) -> None:
    boundary = "x" * 20
    body = (
        (
            f'--{boundary}\r\nContent-Disposition: form-data; name="key"\r\n\r\n4.k\r\n--{boundary}\r\n'
            f'Content-Disposition: form-data; name="license"; filename="l.json"\r\n\r\n'
        ).encode()
        + smith.organization()
        + f"\r\n--{boundary}--\r\n".encode()
    )
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    answer = owner.api.post(CREATE, data=iter([body]), headers=headers)
    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid license")


PREMIUM = (
    "Premium licenses cannot be applied to an organization vault. "
    "Upload this license from your personal account Settings page."
)


@pytest.mark.parametrize("license_type", [0, None, 7])
def test_only_an_organization_license_makes_an_organization(
    owner: Account, smith: Smith, license_type: int | None
) -> None:
    content = smith.organization(edit={"licenseType": license_type, "token": "broken"})
    assert create(owner, content).json()["message"] == PREMIUM


def test_token_comes_before_what_it_says(owner: Account, smith: Smith, clock: ManualClock) -> None:
    content = smith.organization(self_host=False)
    clock.advance(timedelta(days=366))
    assert create(owner, content).json()["message"].startswith("Invalid license. IDX10223: Lifetime validation failed.")


def test_every_unusable_thing_is_told_at_once(owner: Account, smith: Smith) -> None:
    content = smith.organization(self_host=False, enabled=False, installation=uuid4())
    assert create(owner, content).json()["message"] == (
        "Invalid license. Your cloud-hosted organization is currently disabled.\n"
        "The installation ID does not match the current installation.\n"
        "The license does not allow for on-premise hosting of organizations."
    )


def test_unsupported_version_stands_alone(owner: Account, smith: Smith) -> None:
    content = smith.organization(token=False, self_host=False, edit={"version": 17})
    answer = create(owner, content)
    assert (answer.status_code, answer.json()["message"]) == (400, "Version 17 is not supported.")


def test_foreign_signature(owner: Account, smith: Smith) -> None:
    content = smith.organization(token=False, edit={"seats": 11})
    assert create(owner, content).json()["message"] == "Invalid license. The license verification failed."


def test_license_of_an_enabled_organization_is_taken(
    owner: Account, vaults: Vaults, smith: Smith, selfhost: Side
) -> None:
    first = create(owner, smith.organization()).json()["id"]
    answer = create(owner, smith.organization())
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        "License is already in use by another organization vault.",
    )
    with selfhost.app.app_context():
        db.session.execute(sa.update(Organization).values(enabled=False))
        db.session.commit()
    second = create(owner, smith.organization())
    assert second.status_code == 200
    assert second.json()["id"] != first


@pytest.mark.parametrize(
    ("policy", "role", "refused"),
    [
        (PolicyType.SINGLE_ORG, MemberType.USER, True),
        (PolicyType.SINGLE_ORG, MemberType.ADMIN, False),
        (PolicyType.AUTOMATIC_USER_CONFIRMATION, MemberType.OWNER, True),
        (PolicyType.MASTER_PASSWORD, MemberType.USER, False),
    ],
)
def test_members_bound_to_another_organization(
    owner: Account, vaults: Vaults, smith: Smith, clock: ManualClock, policy: Any, role: Any, refused: bool
) -> None:
    other = create(vaults.account("other@contoso.example"), smith.organization(license_key="other")).json()["id"]
    organization_id = vaults.organization(other).id
    now = clock.now()
    dates = {"creation_date": now, "revision_date": now}
    vaults.add(
        Policy(id=uuid4(), organization_id=organization_id, type=policy, enabled=True, **dates),
        Member(
            id=uuid4(),
            organization_id=organization_id,
            user_id=owner.id,
            type=role,
            status=MemberStatus.ACCEPTED,
            **dates,
        ),
    )
    answer = create(owner, smith.organization())
    if refused:
        assert answer.json()["message"] == (
            "You cannot create a new organization vault because your current membership "
            "doesn't allow you to join or create additional organization vaults."
        )
    else:
        assert answer.status_code == 200


def test_refusal_leaves_nothing(owner: Account, selfhost: Side, vaults: Vaults, smith: Smith) -> None:
    create(owner, smith.organization(self_host=False))
    assert rows(selfhost, sa.select(Organization.id)) == []
    assert not vaults.file("x").parent.exists() or list(vaults.file("x").parent.iterdir()) == []


def test_read_only_disk_leaves_nothing(owner: Account, selfhost: Side, vaults: Vaults, smith: Smith) -> None:
    folder = vaults.file("x").parent
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file where the folder should be")
    assert create(owner, smith.organization()).status_code == 500
    assert rows(selfhost, sa.select(Organization.id)) == []


def test_account_gone(vaults: Vaults, smith: Smith) -> None:
    stranger = SimpleNamespace(api=vaults.side.new_client())
    stranger.api.headers["Authorization"] = f"Bearer {vaults.token(uuid4())}"
    answer = create(stranger, smith.organization())
    assert (answer.status_code, answer.json()["message"]) == (401, "Unauthorized.")


class TestReleaseDial:
    """The simulated server release decides which versions are understood."""

    @pytest.mark.parametrize("token", [True, False])
    def test_old_server_refuses_todays_file(self, workshop: Workshop, smith: Smith, token: bool) -> None:
        vaults = _instance(workshop, wardenloop__release="v2023.10")
        answer = create(vaults.account(), smith.organization(token=token))
        assert (answer.status_code, answer.json()["message"]) == (400, "Version 15 is not supported.")

    @pytest.mark.parametrize(
        ("release", "told"),
        [
            ("v1.23.0", (500, "An unhandled server error has occurred.")),
            ("v1.24.0", (400, "Version 15 is not supported.")),
        ],
    )
    def test_the_oldest_servers_have_no_words_for_it(
        self, workshop: Workshop, smith: Smith, release: str, told: tuple[int, str]
    ) -> None:
        alice = _instance(workshop, wardenloop__release=release).account()
        answer = create(alice, smith.organization())
        assert (answer.status_code, answer.json()["message"]) == told
        assert alice.api.get("/api/organizations").json()["data"] == []

    def test_newer_server_accepts_it(self, workshop: Workshop, smith: Smith) -> None:
        vaults = _instance(workshop, wardenloop__release="v2024.1")
        assert create(vaults.account(), smith.organization()).status_code == 200

    def test_upstream_ignores_the_version_of_a_file_with_token(self, workshop: Workshop, smith: Smith) -> None:
        content = smith.organization(edit={"version": 99})
        sane = _instance(workshop).account()
        assert create(sane, content).json()["message"] == "Version 99 is not supported."
        quirky = _instance(workshop, wardenloop__quirks="token-skips-version").account("q@contoso.example")
        assert create(quirky, content).status_code == 200


def _instance(workshop: Workshop, **environment: Any) -> Any:
    from tests.support.plugins.licensing import Vaults

    return Vaults(workshop.selfhost(**environment))
