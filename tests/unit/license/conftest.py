"""Results of upstream's own licence classes, certificates, and the subjects that licences are made for."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from common.crypto.certificates import LicenseCertificate, create_license_certificate
from common.license.dates import BillingView, SubscriptionView
from common.license.model import Kind, LicensedOrganization, OrganizationLicense, fields_of
from common.license.timestamps import Timestamp

RUNS: Mapping[str, Any] = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "license_runs.json").read_text(encoding="ascii")
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test's argument `organization_claims_case` takes the block `claims_cases` of `organization`, one by one."""
    for kind, blocks in RUNS.items():
        for block, cases in blocks.items():
            name = f"{kind}_{block}".removesuffix("s")
            if name in metafunc.fixturenames:
                metafunc.parametrize(name, cases, ids=[case["id"] for case in cases])


def _attribute(property_name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])|(?<=Use)(?=2fa)", "_", property_name).lower()


def _value(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name.endswith("Date"):
        return Timestamp.parse(value)
    return UUID(value) if name == "Id" else value


def _moment(text: str | None) -> Timestamp | None:
    return None if text is None else Timestamp.parse(text)


@pytest.fixture
def subject() -> Callable[[Mapping[str, Any]], Any]:
    """An organization or user out of C# property names."""

    def build(properties: Mapping[str, Any]) -> Any:
        return SimpleNamespace(**{_attribute(name): _value(name, value) for name, value in properties.items()})

    return build


@pytest.fixture
def subscription() -> Callable[..., SubscriptionView | None]:
    """A subscription of the recorded runs; `organization`: without a subscription object there is none."""

    def build(info: Mapping[str, Any] | None, *, user: bool = False) -> SubscriptionView | None:
        if info is None or (info["Subscription"] is None and not user):
            return None
        inner = info["Subscription"] or {}
        invoice = (info["UpcomingInvoice"] or {}).get("Date")
        return SubscriptionView(
            trial_end=_moment(inner.get("TrialEndDate")),
            period_start=_moment(inner.get("PeriodStartDate")),
            period_end=_moment(inner.get("PeriodEndDate")),
            upcoming_invoice=_moment(invoice),
        )

    return build


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> LicenseCertificate:
    """A licence certificate; shorter than the real ones because making those takes seconds."""
    return create_license_certificate(tmp_path_factory.mktemp("certificate"), key_bits=2048)


@pytest.fixture(scope="session")
def foreign_certificate(tmp_path_factory: pytest.TempPathFactory) -> LicenseCertificate:
    """Somebody else's."""
    return create_license_certificate(tmp_path_factory.mktemp("foreign"), key_bits=2048)


NOW = Timestamp.parse("2026-08-20T19:16:19.1234567Z")


@pytest.fixture
def now() -> Timestamp:
    return NOW


@pytest.fixture
def installation_id() -> UUID:
    return UUID("3f2b9c1e-6a57-4d0b-9b1a-b2c40101aaaa")


@pytest.fixture
def acme() -> LicensedOrganization:
    """An enterprise organization with every ability except three."""
    abilities = {each.attribute: True for each in fields_of(OrganizationLicense) if each.kind is Kind.FLAG}
    return SimpleNamespace(
        **{
            **abilities,
            **{"use_secrets_manager": False, "limit_collection_creation": False, "limit_collection_deletion": False},
            "id": UUID("8d1f0c52-3a0e-4f8e-a1c7-b2c400f3d5a1"),
            "name": "Bücher &amp; Söhne",
            "billing_email": "billing@acme.example",
            "business_name": None,
            "plan": "Enterprise (Annually)",
            "plan_type": 20,
            "license_key": "Jk3sD8fQ2pLm9XvT1aZw",
            "seats": 10,
            "max_collections": None,
            "max_storage_gb": 1,
            "sm_seats": None,
            "sm_service_accounts": None,
        }
    )


@pytest.fixture
def annual() -> BillingView:
    """Paid until 2027-01-15, after a trial."""
    return BillingView(
        expiration_date=Timestamp.parse("2027-01-15T00:00:00Z"),
        subscription=SubscriptionView(
            trial_end=Timestamp.parse("2026-01-20T00:00:00Z"),
            period_start=Timestamp.parse("2026-01-15T00:00:00Z"),
            period_end=Timestamp.parse("2027-01-15T00:00:00Z"),
            status="active",
        ),
    )
