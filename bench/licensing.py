"""Issuing an organization licence against the two RSA signatures that it contains."""

from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from bench.measure import Result, alternate, timed
from common.clock import SystemClock
from common.crypto.certificates import load_or_create
from common.license.dates import BillingView
from common.license.model import OrganizationLicense, fields_of
from common.license.signing import issue_organization_license

ORGANIZATION_ID = UUID("8d1f0c52-3a0e-4f8e-a1c7-b2c400f3d5a1")


def issue_license(directory: Path) -> Result:
    """File signature and token together."""
    certificate = load_or_create(directory)
    flags = {field.attribute: True for field in fields_of(OrganizationLicense) if field.attribute.startswith("use_")}
    numbers = dict.fromkeys(("seats", "max_collections", "max_storage_gb", "sm_seats", "sm_service_accounts"), 10)
    organization = SimpleNamespace(
        **{**flags, **numbers},
        id=ORGANIZATION_ID,
        name="Acme",
        business_name=None,
        billing_email="billing@acme.example",
        plan="Enterprise (Annually)",
        plan_type=20,
        license_key="Jk3sD8fQ2pLm9XvT1aZw",
        enabled=True,
        self_host=True,
        users_get_premium=True,
        limit_collection_creation=False,
        limit_collection_deletion=False,
        allow_admin_access_to_all_collection_items=True,
    )
    clock = SystemClock()

    def ours() -> None:
        issue_organization_license(
            organization,
            BillingView(),
            ORGANIZATION_ID,
            now_ticks=clock.ticks(),
            jti=ORGANIZATION_ID,
            certificate=certificate,
        )

    def reference() -> None:
        for _ in range(2):
            certificate.private_key.sign(b"x" * 1200, padding.PKCS1v15(), hashes.SHA256())

    mine, theirs = alternate(timed(ours), timed(reference), 100)
    return Result("issue an organization licence", mine, 1.10, theirs, "two bare RSA-4096 signatures")
