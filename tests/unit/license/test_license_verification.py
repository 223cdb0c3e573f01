"""Whether an instance takes a licence: signatures made with plain `cryptography`, and the release dial."""

import base64
import dataclasses
import logging
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from common.crypto.certificates import LicenseCertificate
from common.enums import LicenseType
from common.errors import Refusal
from common.license.claims import Claims
from common.license.dates import BillingView
from common.license.model import LicensedOrganization, OrganizationLicense, UserLicense
from common.license.signing import issue_organization_license
from common.license.timestamps import Timestamp
from common.license.verification import (
    can_use_organization,
    can_use_user,
    read_token,
    verify_license,
    verify_organization_data,
    verify_signature,
    verify_user_data,
)

INSTALLATION = UUID(int=3)
USER_STRING = (
    "license:user|Email:bob@acme.example|Expires:|Hash:abc=|Id:00000000-0000-0000-0000-000000000007|Issued:1787253379"
    "|LicenseKey:key|MaxStorageGb:1|Name:Bücher|Premium:true|Refresh:|Trial:false|Version:1"
)
ORGANIZATION_STRING = (
    "license:organization|BillingEmail:|BusinessName:|Enabled:true|Expires:|Hash:|Id:00000000-0000-0000-0000-000000000007"
    "|InstallationId:00000000-0000-0000-0000-000000000003|Issued:1787253379|LicenseKey:key|MaxCollections:|MaxStorageGb:"
    "|Name:|Plan:|PlanType:FamiliesAnnually|Refresh:|Seats:|SelfHost:true|Trial:false|UseDirectory:false|UseGroups:false"
    "|UseTotp:false|Version:1"
)


def rsa(certificate: Any, text: Any, algorithm: Any = None) -> Any:
    signature = certificate.private_key.sign(text.encode(), padding.PKCS1v15(), algorithm or hashes.SHA256())
    return base64.b64encode(signature).decode()


@pytest.fixture
def premium(now: Timestamp, certificate: LicenseCertificate) -> UserLicense:
    return UserLicense(
        license_key="key",
        id=UUID(int=7),
        name="Bücher",
        email="bob@acme.example",
        premium=True,
        max_storage_gb=1,
        version=1,
        issued=now,
        hash="abc=",
        signature=rsa(certificate, USER_STRING),
    )


@pytest.fixture
def families(now: Timestamp, certificate: LicenseCertificate) -> OrganizationLicense:
    """A licence of the oldest version, without token."""
    return OrganizationLicense(
        license_key="key",
        id=UUID(int=7),
        installation_id=INSTALLATION,
        enabled=True,
        self_host=True,
        plan_type=1,
        version=1,
        issued=now,
        signature=rsa(certificate, ORGANIZATION_STRING),
    )


def message(call: Any) -> Any:
    with pytest.raises(Refusal) as refusal:
        call()
    assert refusal.value.status == 400
    return refusal.value.message


def test_signatures_made_elsewhere_verify(
    premium: UserLicense,
    families: OrganizationLicense,
    certificate: LicenseCertificate,
    foreign_certificate: LicenseCertificate,
) -> None:
    trusted = (foreign_certificate.public, certificate.public)
    assert verify_signature(premium, trusted)
    assert verify_signature(families, trusted)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Bücherei"},
        {"premium": False},
        {"hash": "other"},
        {"signature": None},
        {"signature": ""},
        {"signature": "no base64!"},
        {"signature": "AAAA"},
    ],
)
def test_a_changed_file_does_not_verify(
    premium: UserLicense, certificate: LicenseCertificate, now: Timestamp, change: dict[str, Any]
) -> None:
    changed = dataclasses.replace(premium, **change)
    assert not verify_signature(changed, (certificate.public,))
    assert not verify_license(changed, (certificate.public,), now.ticks)


def test_neither_does_another_key_another_hash_algorithm_or_no_key(
    premium: UserLicense, certificate: LicenseCertificate, foreign_certificate: LicenseCertificate
) -> None:
    assert not verify_signature(premium, (foreign_certificate.public,))
    assert not verify_signature(premium, ())
    sha512 = dataclasses.replace(premium, signature=rsa(certificate, USER_STRING, hashes.SHA512()))
    assert not verify_signature(sha512, (certificate.public,))


def test_unsigned_fields_may_change(families: OrganizationLicense, certificate: LicenseCertificate) -> None:
    changed = dataclasses.replace(families, use_pam=True, license_type=1, use_sso=True)
    assert verify_signature(changed, (certificate.public,))


def test_with_a_token_the_signature_is_never_looked_at(
    premium: UserLicense, certificate: LicenseCertificate, now: Timestamp, caplog: pytest.LogCaptureFixture
) -> None:
    with_token = dataclasses.replace(premium, token="x")
    with caplog.at_level(logging.WARNING):
        assert not verify_license(with_token, (certificate.public,), now.ticks)
    assert "Invalid token." in caplog.messages
    assert verify_license(with_token, (certificate.public,), now.ticks, token_aware=False)
    assert verify_license(dataclasses.replace(premium, token=" "), (certificate.public,), now.ticks)


def test_an_unsupported_version_raises_without_token(
    families: OrganizationLicense, certificate: LicenseCertificate, now: Timestamp
) -> None:
    future = dataclasses.replace(families, version=17)
    assert message(lambda: verify_license(future, (certificate.public,), now.ticks)) == "Version 17 is not supported."
    assert message(lambda: verify_signature(families, (certificate.public,), max_version=0)) == (
        "Version 1 is not supported."
    )


def use(
    file: Any, certificate: Any, now: Any, claims: Any = None, installation_id: Any = INSTALLATION, **dial: Any
) -> None:
    can_use_organization(file, claims, installation_id, now.ticks, (certificate.public,), **dial)


def test_a_licence_without_token_can_be_used(
    families: OrganizationLicense, certificate: LicenseCertificate, now: Timestamp
) -> None:
    use(families, certificate, now)


def test_every_failing_row_is_told(
    families: OrganizationLicense, certificate: LicenseCertificate, now: Timestamp
) -> None:
    bad = dataclasses.replace(
        families,
        enabled=False,
        issued=now.plus_days(1),
        expires=now.plus_days(-1),
        self_host=False,
        license_type=0,
    )
    assert message(lambda: use(bad, certificate, now, installation_id=UUID(int=4))) == (
        "Invalid license. Your cloud-hosted organization is currently disabled.\n"
        "The license hasn't been issued yet.\n"
        "The license has expired.\n"
        "The installation ID does not match the current installation.\n"
        "The license does not allow for on-premise hosting of organizations.\n"
        "Premium licenses cannot be applied to an organization vault."
        " Upload this license from your personal account Settings page.\n"
        "The license verification failed."
    )


TOKEN_OK = [
    ("Enabled", "True"),
    ("SelfHost", "True"),
    ("LicenseType", "Organization"),
    ("InstallationId", str(INSTALLATION)),
]


@pytest.mark.parametrize("claims", [None, Claims(TOKEN_OK)])
@pytest.mark.parametrize(("version", "newest"), [(15, 13), (17, 16), (0, 16)])
def test_the_release_decides_about_the_version_before_anything_else(
    families: OrganizationLicense,
    certificate: LicenseCertificate,
    now: Timestamp,
    claims: Any,
    version: int,
    newest: int,
) -> None:
    file = dataclasses.replace(families, version=version, enabled=False)
    assert message(lambda: use(file, certificate, now, claims, UUID(int=4), max_version=newest)) == (
        f"Version {version} is not supported."
    )


def test_upstream_never_looks_at_the_version_of_a_licence_with_token(
    families: OrganizationLicense, certificate: LicenseCertificate, now: Timestamp
) -> None:
    file = dataclasses.replace(families, version=17)
    use(file, certificate, now, Claims(TOKEN_OK), version_checked_with_token=False)
    assert message(lambda: use(file, certificate, now, None, version_checked_with_token=False)) == (
        "Version 17 is not supported."
    )


@pytest.fixture
def issued(
    acme: LicensedOrganization,
    annual: BillingView,
    installation_id: UUID,
    now: Timestamp,
    certificate: LicenseCertificate,
) -> Any:
    return issue_organization_license(
        acme, annual, installation_id, now_ticks=now.ticks, jti=UUID(int=1), certificate=certificate
    )


def test_an_issued_licence_goes_all_the_way(
    issued: Any, acme: LicensedOrganization, installation_id: UUID, now: Timestamp, certificate: LicenseCertificate
) -> None:
    trusted = (certificate.public,)
    claims = read_token(issued, trusted, now.ticks)
    assert claims is not None
    assert verify_license(issued, trusted, now.ticks)
    assert verify_signature(issued, trusted)
    can_use_organization(issued, claims, installation_id, now.ticks, trusted)
    assert verify_organization_data(issued, claims, acme, installation_id, now.ticks)
    assert not verify_organization_data(issued, claims, acme, UUID(int=4), now.ticks)


def test_the_data_check_ends_with_the_expires_claim(
    issued: Any, acme: LicensedOrganization, installation_id: UUID, now: Timestamp, certificate: LicenseCertificate
) -> None:
    claims = read_token(issued, (certificate.public,), now.ticks)
    last = issued.expires.ticks
    assert verify_organization_data(issued, claims, acme, installation_id, last)
    assert not verify_organization_data(issued, claims, acme, installation_id, last + 1)


def test_an_old_release_takes_the_same_file_by_its_signature(
    issued: Any, acme: LicensedOrganization, installation_id: UUID, now: Timestamp, certificate: LicenseCertificate
) -> None:
    trusted = (certificate.public,)
    claims = read_token(issued, trusted, now.ticks, token_aware=False)
    assert claims is None
    can_use_organization(issued, claims, installation_id, now.ticks, trusted, max_version=15)
    assert verify_organization_data(issued, claims, acme, installation_id, now.ticks, max_version=15)
    assert message(
        lambda: verify_organization_data(issued, claims, acme, installation_id, now.ticks, max_version=13)
    ) == ("Version 15 is not supported.")


@pytest.fixture
def bob() -> SimpleNamespace:
    return SimpleNamespace(email="Bob@Acme.example", email_verified=True, license_key="key", premium=True)


def test_premium_licences_are_bound_to_key_and_address(
    premium: UserLicense, bob: SimpleNamespace, now: Timestamp
) -> None:
    can_use_user(premium, None, bob, now.ticks)
    assert verify_user_data(premium, None, bob, now.ticks)
    bob.email = "robert@acme.example"
    assert message(lambda: can_use_user(premium, None, bob, now.ticks)) == (
        "Invalid license. The user's email does not match the license email."
    )
    assert not verify_user_data(premium, None, bob, now.ticks)


def test_premium_without_token_has_dates_with_token_none(
    premium: UserLicense, bob: SimpleNamespace, now: Timestamp
) -> None:
    expired = dataclasses.replace(premium, expires=now.plus_days(-1))
    claims = Claims([("LicenseKey", "key"), ("Premium", "True"), ("Email", "bob@acme.example")])
    assert message(lambda: can_use_user(expired, None, bob, now.ticks)) == "Invalid license. The license has expired."
    assert not verify_user_data(expired, None, bob, now.ticks)
    can_use_user(expired, claims, bob, now.ticks)
    assert verify_user_data(expired, claims, bob, now.ticks)


def test_a_premium_licence_of_an_unknown_version(premium: UserLicense, bob: SimpleNamespace, now: Timestamp) -> None:
    file = dataclasses.replace(premium, version=2)
    for claims in (None, Claims([("Email", "bob@acme.example")])):
        assert message(lambda claims=claims: can_use_user(file, claims, bob, now.ticks)) == (
            "Version 2 is not supported."
        )
    can_use_user(file, Claims([("Email", "bob@acme.example")]), bob, now.ticks, version_checked_with_token=False)


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"enabled": False}, "license.can-use.disabled"),
        ({"self_host": False}, "license.can-use.self-host"),
        ({"installation_id": UUID(int=4)}, "license.can-use.installation"),
        ({"installation_id": UUID(int=4), "self_host": False}, "license.can-use.installation"),
        ({"license_type": LicenseType.USER, "enabled": False}, "license.type"),
        ({"hash": "changed"}, "license.not-verified"),
    ],
)
def test_the_rule_of_a_refusal_says_what_to_look_at_first(
    families: OrganizationLicense, certificate: LicenseCertificate, now: Timestamp, changed: dict[str, Any], rule: str
) -> None:
    file = dataclasses.replace(families, **changed)
    with pytest.raises(Refusal) as refusal:
        use(file, certificate, now)
    assert refusal.value.rule == rule


def test_the_rule_of_a_refused_premium_licence_says_which_address_it_is_about(
    premium: UserLicense, bob: SimpleNamespace, now: Timestamp
) -> None:
    bob.email_verified = False
    with pytest.raises(Refusal) as refusal:
        can_use_user(premium, None, bob, now.ticks)
    assert refusal.value.rule == "license.can-use.email-not-verified"
