"""The rules against what upstream's own classes answered (tests/fixtures/license_runs.json)."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import pytest

from common.errors import Refusal
from common.license.canonical import license_hash, organization_string, user_string
from common.license.claims import Claims, organization_claims, user_claims
from common.license.dates import BillingView, SubscriptionView, organization_dates, user_claim_dates
from common.license.files import read_any
from common.license.model import OrganizationLicense, UserLicense
from common.license.timestamps import Timestamp
from common.license.verification import (
    can_use_organization,
    can_use_user,
    organization_failures,
    verify_organization_data,
    verify_user_data,
)


def organization_file(case: Any) -> Any:
    return read_any(json.dumps(case["license"]).encode(), OrganizationLicense)


def user_file(case: Any) -> Any:
    return read_any(json.dumps(case["license"]).encode(), UserLicense)


def claims_in(case: Any) -> Any:
    return None if case["claims"] is None else Claims(map(tuple, case["claims"]))


def ticks_in(case: Any) -> Any:
    return Timestamp.parse(case["now"]).ticks


def check_strings(case: Any, file: Any, string: Any) -> None:
    if case["error"]:
        with pytest.raises(Refusal) as refusal:
            string(file, for_hash=True)
        assert (refusal.value.status, refusal.value.message) == (400, case["error"])
        return
    text = string(file, for_hash=True)
    assert text == case["data_for_hash"]
    assert license_hash(text) == case["hash_base64"]
    hashed = dataclasses.replace(file, hash=case["hash_base64"])
    assert string(hashed, for_hash=False) == case["data_for_signature"]


def test_organization_strings(organization_case: Any) -> None:
    check_strings(organization_case, organization_file(organization_case), organization_string)


def test_user_strings(user_case: Any) -> None:
    check_strings(user_case, user_file(user_case), user_string)


def test_fresh_dates(
    organization_fresh_date_case: Any,
    subject: Callable[[Mapping[str, Any]], Any],
    subscription: Callable[..., SubscriptionView | None],
) -> None:
    case = organization_fresh_date_case
    billing = BillingView(subject(case["organization"]).expiration_date, subscription(case["subscription_info"]))
    dates = organization_dates(billing, ticks_in(case))
    expected = {
        name: value if value is None or name == "Trial" else Timestamp.parse(value)
        for name, value in case["expected"].items()
    }
    assert expected == {
        "Expires": dates.expires,
        "Refresh": dates.refresh,
        "ExpirationWithoutGracePeriod": dates.expiration_without_grace_period,
        "Trial": dates.trial,
    }


def test_organization_claims(
    organization_claims_case: Any,
    subject: Callable[[Mapping[str, Any]], Any],
    subscription: Callable[..., SubscriptionView | None],
) -> None:
    case = organization_claims_case
    organization = subject(case["organization"])
    billing = BillingView(organization.expiration_date, subscription(case["subscription_info"]))
    installation_id = case["installation_id"] and UUID(case["installation_id"])
    now = Timestamp.parse(case["now"])
    claims = organization_claims(organization, organization_dates(billing, now.ticks), installation_id, now)
    assert claims == list(map(tuple, case["expected_claims"]))


def test_user_claims(
    user_claims_case: Any,
    subject: Callable[[Mapping[str, Any]], Any],
    subscription: Callable[..., SubscriptionView | None],
) -> None:
    case = user_claims_case
    user = subject(case["user"])
    billing = BillingView(user.premium_expiration_date, subscription(case["subscription_info"], user=True))
    now = Timestamp.parse(case["now"])
    claims = user_claims(user, user_claim_dates(billing, now.ticks), now)
    assert claims == list(map(tuple, case["expected_claims"]))


def test_can_use_rows(organization_can_use_case: Any) -> None:
    case = organization_can_use_case
    failures = organization_failures(
        organization_file(case),
        claims_in(case),
        UUID(case["installation_id"]),
        ticks_in(case),
        signature_verifies=lambda: case["signature_verifies"],
    )
    assert (not failures) == case["expected"]["can_use"]
    assert ("Invalid license. " + "\n".join(failures) if failures else "") == case["expected"]["exception"]


def test_can_use_with_token_and_upstreams_blindness_to_versions(organization_can_use_case: Any) -> None:
    case = organization_can_use_case
    if case["claims"] is None:
        return

    def use() -> None:
        can_use_organization(
            organization_file(case),
            claims_in(case),
            UUID(case["installation_id"]),
            ticks_in(case),
            certificates=(),
            version_checked_with_token=False,
        )

    if case["expected"]["can_use"]:
        use()
    else:
        with pytest.raises(Refusal) as refusal:
            use()
        assert refusal.value.message == case["expected"]["exception"]


def test_verify_organization_data(
    organization_verify_data_case: Any, subject: Callable[[Mapping[str, Any]], Any]
) -> None:
    case = organization_verify_data_case

    def verify() -> Any:
        return verify_organization_data(
            organization_file(case),
            claims_in(case),
            subject(case["organization"]),
            UUID(case["installation_id"]),
            ticks_in(case),
        )

    if case["error"]:
        with pytest.raises(Refusal) as refusal:
            verify()
        assert case["error"].endswith(refusal.value.message)
    else:
        assert verify() == case["expected"]


def test_can_use_user(user_verify_case: Any, subject: Callable[[Mapping[str, Any]], Any]) -> None:
    case = user_verify_case

    def use() -> None:
        can_use_user(
            user_file(case),
            claims_in(case),
            subject(case["user"]),
            ticks_in(case),
            version_checked_with_token=False,
        )

    expected = case["can_use_error"] or case["expected_can_use"]["exception"]
    if not expected:
        use()
        return
    with pytest.raises(Refusal) as refusal:
        use()
    assert refusal.value.message == expected.removeprefix("NotSupportedException: ")


def test_verify_user_data(user_verify_case: Any, subject: Callable[[Mapping[str, Any]], Any]) -> None:
    case = user_verify_case

    def verify() -> Any:
        return verify_user_data(user_file(case), claims_in(case), subject(case["user"]), ticks_in(case))

    if case["verify_data_error"]:
        with pytest.raises(Refusal) as refusal:
            verify()
        assert case["verify_data_error"].endswith(refusal.value.message)
    else:
        assert verify() == case["expected_verify_data"]
