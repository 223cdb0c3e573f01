"""What a cloud issues, judged with plain `cryptography` and `base64`, not with our verifying half."""

import base64
import hashlib
import json
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from common.crypto.certificates import LicenseCertificate
from common.errors import Refusal
from common.license.canonical import organization_string, user_string
from common.license.dates import BillingView, SubscriptionView, user_claim_dates, user_dates
from common.license.model import LicensedOrganization
from common.license.signing import issue_organization_license, issue_user_license
from common.license.timestamps import Timestamp

JTI = UUID("0b9f6a0e-5f0e-4d59-8d0a-0f4a0c1b2d3e")


@pytest.fixture
def issued(
    acme: LicensedOrganization,
    annual: BillingView,
    installation_id: UUID,
    now: Timestamp,
    certificate: LicenseCertificate,
) -> Any:
    return issue_organization_license(
        acme, annual, installation_id, now_ticks=now.ticks, jti=JTI, certificate=certificate
    )


@pytest.fixture
def bob() -> SimpleNamespace:
    return SimpleNamespace(
        id=UUID("7076e8e7-3cec-5219-3ae1-f3de69f4ae3e"),
        name=None,
        email="bob@acme.example",
        email_verified=True,
        premium=True,
        license_key="kkkkkkkkkkkkkkkkkkkk",
        max_storage_gb=1,
    )


def segment(token: Any, index: Any) -> Any:
    part = token.split(".")[index]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def check_rsa(certificate: Any, signature: Any, message: Any) -> None:
    certificate.public.public_key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())


def check_proofs(file: Any, string: Any, certificate: Any) -> None:
    """Hash, signature and token of a file; an exception when one is wrong."""
    assert file.hash == base64.b64encode(hashlib.sha256(string(file, for_hash=True).encode()).digest()).decode()
    check_rsa(certificate, base64.b64decode(file.signature), string(file, for_hash=False).encode())
    check_rsa(certificate, segment(file.token, 2), file.token.rpartition(".")[0].encode())
    assert segment(file.token, 0) == b'{"alg":"RS256","typ":"JWT"}'


def test_organization_licence_carries_three_true_proofs(issued: Any, certificate: LicenseCertificate) -> None:
    check_proofs(issued, organization_string, certificate)


def test_file_copies_the_organization_except_what_the_cloud_never_fills(
    issued: Any, acme: LicensedOrganization, installation_id: UUID
) -> None:
    assert (issued.id, issued.installation_id, issued.name) == (acme.id, installation_id, "Bücher &amp; Söhne")
    assert (issued.version, issued.license_type) == (15, 1)
    assert issued.use_risk_insights
    assert issued.use_organization_domains
    assert not any(
        (
            issued.use_phishing_blocker,
            issued.use_automatic_user_confirmation,
            issued.use_disable_sm_ads_for_users,
            issued.use_my_items,
            issued.use_invite_links,
            issued.use_pam,
        )
    )
    assert not issued.limit_collection_creation_deletion


def test_file_dates_of_an_annual_organization(issued: Any) -> None:
    assert issued.issued.wire() == "2026-08-20T19:16:19.1234567Z"
    assert issued.refresh.wire() == "2026-09-19T19:16:19.1234567Z"
    assert issued.expires.wire() == "2027-03-16T00:00:00Z"
    assert issued.expiration_without_grace_period.wire() == "2027-01-15T00:00:00Z"
    assert not issued.trial


def test_token_payload_in_order_with_string_claims(issued: Any) -> None:
    text = segment(issued.token, 1).decode()
    payload = json.loads(text)
    names = list(payload)
    assert names[:4] == ["LicenseType", "Id", "Enabled", "PlanType"]
    assert names[-9:-6] == ["Seats", "MaxStorageGb", "ExpirationWithoutGracePeriod"]
    assert names[-6:] == ["jti", "nbf", "exp", "iat", "iss", "aud"]
    assert "BusinessName" not in payload
    assert "Bücher &amp; Söhne" in text
    assert payload["UsePam"] == "True"
    assert payload["Expires"] == "03/16/2027 00:00:00"
    assert [payload[name] for name in names[-6:]] == [
        "0b9f6a0e-5f0e-4d59-8d0a-0f4a0c1b2d3e",
        1787253379,
        1818789379,
        1787253379,
        "bitwarden",
        "organization:8d1f0c52-3a0e-4f8e-a1c7-b2c400f3d5a1",
    ]


def test_a_token_issued_on_29_february_dies_on_28_february(
    acme: LicensedOrganization, annual: BillingView, installation_id: UUID, certificate: LicenseCertificate
) -> None:
    now = Timestamp.parse("2028-02-29T12:00:00.9Z")
    file = issue_organization_license(
        acme, annual, installation_id, now_ticks=now.ticks, jti=JTI, certificate=certificate
    )
    payload = json.loads(segment(file.token, 1))
    assert Timestamp.of_epoch_seconds(payload["exp"]).wire() == "2029-02-28T12:00:00Z"


@pytest.mark.parametrize("version", [0, 17])
def test_versions_that_cannot_be_issued(
    acme: LicensedOrganization,
    annual: BillingView,
    installation_id: UUID,
    now: Timestamp,
    certificate: LicenseCertificate,
    version: int,
) -> None:
    with pytest.raises(Refusal, match=f"^Version {version} is not supported.$"):
        issue_organization_license(
            acme, annual, installation_id, now_ticks=now.ticks, jti=JTI, certificate=certificate, version=version
        )


def test_premium_licence_carries_three_true_proofs(
    bob: SimpleNamespace, annual: BillingView, now: Timestamp, certificate: LicenseCertificate
) -> None:
    file = issue_user_license(bob, annual, now_ticks=now.ticks, jti=JTI, certificate=certificate)
    check_proofs(file, user_string, certificate)
    assert (file.version, file.license_type, file.email) == (1, 0, "bob@acme.example")
    payload = json.loads(segment(file.token, 1))
    assert payload["aud"] == "user:7076e8e7-3cec-5219-3ae1-f3de69f4ae3e"
    assert "Name" not in payload


PAID_UNTIL = Timestamp.parse("2027-01-15T10:00:00Z")
INVOICE = Timestamp.parse("2026-12-03T09:00:00Z")


@pytest.mark.parametrize(
    ("billing", "expires", "file_refresh", "claim_refresh"),
    [
        (BillingView(PAID_UNTIL), "2027-01-22T10:00:00Z", "2027-01-15T00:00:00Z", "2027-01-15T10:00:00Z"),
        (BillingView(PAID_UNTIL, SubscriptionView()), "2027-01-22T10:00:00Z", None, "2027-01-15T10:00:00Z"),
        (
            BillingView(PAID_UNTIL, SubscriptionView(upcoming_invoice=INVOICE)),
            "2026-12-10T09:00:00Z",
            "2026-12-03T09:00:00Z",
            "2026-12-03T09:00:00Z",
        ),
        (BillingView(), None, None, None),
    ],
)
def test_dates_of_premium_licences(
    billing: Any, expires: str | None, file_refresh: str | None, claim_refresh: str | None, now: Timestamp
) -> None:
    def wire(moment: Any) -> Any:
        return moment and moment.wire()

    in_file, in_token = user_dates(billing, now.ticks), user_claim_dates(billing, now.ticks)
    assert (wire(in_file.expires), wire(in_file.refresh)) == (expires, file_refresh)
    assert (wire(in_token.expires), wire(in_token.refresh)) == (expires, claim_refresh)


def test_premium_trial(now: Timestamp) -> None:
    trial = BillingView(subscription=SubscriptionView(trial_end=now.plus_days(1)))
    assert user_dates(trial, now.ticks).trial
    assert not user_dates(trial, now.plus_days(1).ticks).trial
