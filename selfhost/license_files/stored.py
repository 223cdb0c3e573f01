"""The licence files in force as values: what is stored for an organization or a user, and whether it is genuine."""

from uuid import UUID

from common.errors import Refusal
from common.license.files import UnreadableLicense, read_disk
from common.license.model import AnyLicense, OrganizationLicense, UserLicense
from selfhost.context import SelfHostContext
from selfhost.license_files import service as files
from selfhost.license_files import verdicts


def organization_license(ctx: SelfHostContext, organization_id: UUID) -> OrganizationLicense | None:
    """The stored licence, None when there is no file. Errors: UnreadableLicense."""
    return parsed(files.read(ctx, files.ORGANIZATION, organization_id), OrganizationLicense)


def user_license(ctx: SelfHostContext, user_id: UUID) -> UserLicense | None:
    """The stored premium licence, None when there is no file. Errors: UnreadableLicense."""
    return parsed(files.read(ctx, files.USER, user_id), UserLicense)


def verified_organization_license(ctx: SelfHostContext, organization_id: UUID) -> OrganizationLicense | None:
    """The stored licence if its token or signature is good; neither dates nor installation are looked at.

    A file that cannot be read is not genuine either (upstream: 500).
    Source: src/Core/Billing/Services/Implementations/LicensingService.cs; fidelity.md: billing-sync.connection.
    """
    try:
        license_file = organization_license(ctx, organization_id)
        return license_file if license_file is not None and verdicts.is_genuine(ctx, license_file) else None
    except (UnreadableLicense, Refusal, OSError):
        return None


def parsed(content: bytes | None, license_class: type[AnyLicense]) -> AnyLicense | None:
    """A file's content as a licence. Errors: UnreadableLicense."""
    return None if content is None else read_disk(content, license_class)
