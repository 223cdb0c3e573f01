"""Whether an instance may use an organization licence, as releases before 2024.8.1 decided it: no token, one text.

Source: src/Core/Models/Business/OrganizationLicense.cs (CanUse), src/Core/Services/Implementations/
OrganizationService.cs (SignUpAsync, UpdateLicenseAsync) of the tags; fidelity.md: deployment.releases.
"""

from uuid import UUID

from common.crypto.certificates import Certificates
from common.enums import LicenseType
from common.errors import Refusal, bad_request
from common.license.canonical import require_version
from common.license.model import OrganizationLicense
from common.license.verification import premium_for_organization_text, verify_signature
from common.releases import Abilities, Judging

_DISABLED_OR_EXPIRED = "Invalid license. Your organization is disabled or the license has expired."
_ELSEWHERE = (
    "Invalid license. Make sure your license allows for on-premise hosting of organizations"
    " and that the installation id matches your current installation."
)
_NOT_SIGNED = "Invalid license."


def can_use_organization_then(
    file: OrganizationLicense, installation_id: UUID, now_ticks: int, certificates: Certificates, release: Abilities
) -> None:
    """Refuse a licence that an instance of such a release may not use.

    Errors: Refusal 400, one text; `Version N is not supported.` where the version is looked at.
    """
    if release.judging is Judging.SIGNATURE_FIRST:
        _signature_first(file, installation_id, now_ticks, certificates, release)
    else:
        _one_reason(file, installation_id, now_ticks, certificates, release)


def _signature_first(
    file: OrganizationLicense, installation_id: UUID, now_ticks: int, certificates: Certificates, release: Abilities
) -> None:
    if not _is_for_organizations(file):
        raise _refused(premium_for_organization_text(release.vault_wording), "license.type")
    if not verify_signature(file, certificates, max_version=release.accepts):
        raise _refused(_NOT_SIGNED, "license.not-verified")
    if not (_is_in_force(file, now_ticks) and file.installation_id == installation_id and file.self_host):
        raise _refused(_ELSEWHERE)


def _one_reason(
    file: OrganizationLicense, installation_id: UUID, now_ticks: int, certificates: Certificates, release: Abilities
) -> None:
    if not _is_in_force(file, now_ticks):
        raise _refused(_DISABLED_OR_EXPIRED)
    require_version(file, release.accepts)
    if not (file.installation_id == installation_id and file.self_host):
        raise _refused(_ELSEWHERE)
    if not _is_for_organizations(file):
        raise _refused(premium_for_organization_text(release.vault_wording), "license.type")
    if not verify_signature(file, certificates, max_version=release.accepts):
        raise _refused(_NOT_SIGNED, "license.not-verified")


def _is_in_force(file: OrganizationLicense, now_ticks: int) -> bool:
    expired = file.expires is not None and file.expires.ticks < now_ticks
    return file.enabled and file.issued.ticks <= now_ticks and not expired


def _is_for_organizations(file: OrganizationLicense) -> bool:
    return file.license_type in (None, LicenseType.ORGANIZATION)


def _refused(text: str, rule: str = "license.can-use") -> Refusal:
    return bad_request(text, rule=rule)
