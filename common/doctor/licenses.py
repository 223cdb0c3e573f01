"""Rules about licence files: whose they are, when they end, whether they still say what was signed.

Source: src/Core/Billing/Services/Implementations/LicensingService.cs, OrganizationLicense.cs; fidelity.md:
license.can-use, license.validation, license.expiration.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from common.configuration.values import parse_guid
from common.doctor.findings import Case, Finding, LicenseFile
from common.enums import ProductTier
from common.license.inspection import TOKEN_ENDS
from common.license.model import OrganizationLicense, has_token
from common.license.timestamps import Timestamp
from common.plans import tier_of

_DAY = "%Y-%m-%d"


def licenses(case: Case) -> Iterator[Finding]:
    """Each file by itself."""
    for given in case.licenses:
        file = given.inspection.file
        if given.utf_16:
            yield _of(given, "license-utf-16")
        if isinstance(file, OrganizationLicense):
            yield from _of_organization(case, given, file)
        yield from _dates(case, given)
        if not has_token(file):
            yield _of(given, "license-no-token", version=str(file.version))
        changed = [each.field for each in given.inspection.differences if not each.by_design]
        if changed:
            yield _of(given, "license-changed", fields=", ".join(changed))
        elif given.inspection.hash.finding == "bad":
            yield _of(given, "license-hash")


def repeated_licenses(case: Case) -> Iterator[Finding]:
    """One licence serves one organization."""
    first: dict[str, str] = {}
    for given in case.licenses:
        key = given.inspection.file.license_key
        if key and key in first:
            yield _of(given, "license-repeated", other=first[key])
        elif key:
            first[key] = given.name


def _of(given: LicenseFile, rule: str, **values: str) -> Finding:
    return Finding(rule, given.name, values=values)


def _of_organization(case: Case, given: LicenseFile, file: OrganizationLicense) -> Iterator[Finding]:
    installation = parse_guid(case.text("installation__id") or "")
    if installation is not None and installation.int and file.installation_id != installation:
        yield _of(given, "license-other-installation", license=str(file.installation_id), server=str(installation))
    if not file.enabled:
        yield _of(given, "license-disabled")
    if not file.self_host:
        yield _of(given, "license-not-self-hosted", plan=str(file.plan))
    if file.trial:
        yield _of(given, "license-trial")
    elif file.self_host and _cannot_sync(file.plan_type):
        yield _of(given, "license-plan", plan=str(file.plan))


def _cannot_sync(plan: int) -> bool:
    """Only Enterprise shows a billing sync token; of plans that nobody knows nothing is said."""
    return tier_of(plan) in (ProductTier.FAMILIES, ProductTier.TEAMS, ProductTier.TEAMS_STARTER)


def _dates(case: Case, given: LicenseFile) -> Iterator[Finding]:
    file, soon = given.inspection.file, case.now + timedelta(days=case.soon)
    expires = _moment(file.expires)
    paid = _moment(file.expiration_without_grace_period) if isinstance(file, OrganizationLicense) else None
    if expires is not None and expires < case.now:
        yield _of(given, "license-expired", when=f"{expires:{_DAY}}")
    elif paid is not None and expires is not None and paid < case.now:
        yield _of(given, "license-in-grace", paid=f"{paid:{_DAY}}", when=f"{expires:{_DAY}}")
    elif (first := min(filter(None, (paid, expires)), default=None)) is not None and first < soon:
        yield _of(given, "license-ends-soon", when=f"{first:{_DAY}}")
    token = next((_moment(each.when) for each in given.inspection.timeline if each.what == TOKEN_ENDS), None)
    if token is not None and token < case.now:
        yield _of(given, "license-token-expired", when=f"{token:{_DAY}}")
    elif token is not None and token < soon:
        yield _of(given, "license-token-ends-soon", when=f"{token:{_DAY}}")


def _moment(when: Timestamp | None) -> datetime | None:
    try:
        return when.datetime() if when is not None else None
    except (OverflowError, ValueError):
        return None
