"""What this instance makes of a licence file: its certificates, its installation id, its release, its clock."""

from collections.abc import Iterator
from contextlib import contextmanager

from common.errors import Refusal
from common.license.canonical import UNSUPPORTED_VERSION
from common.license.claims import Claims, UnreadableClaim, with_claims
from common.license.earlier_releases import can_use_organization_then
from common.license.model import (
    AnyLicense,
    License,
    LicensedOrganization,
    LicensedUser,
    OrganizationLicense,
    UserLicense,
)
from common.license.timestamps import Timestamp
from common.license.tokens import EXPIRED, read_token, read_unverified_token
from common.license.verification import (
    can_use_organization,
    can_use_user,
    verify_license,
    verify_organization_data,
    verify_signature,
    verify_user_data,
)
from common.quirks import Quirk
from common.releases import Judging
from selfhost.context import SelfHostContext
from selfhost.license_files import rules


def claims_of(ctx: SelfHostContext, file: License) -> Claims | None:
    """The claims of the file's token; None without one, or when the simulated release does not know tokens.

    Errors: Refusal 400 `Invalid license. IDX...`.
    """
    return read_token(file, ctx.certificates, ctx.clock.ticks(), token_aware=ctx.deployment.abilities.reads_tokens)


def in_force(file: AnyLicense, claims: Claims | None) -> AnyLicense:
    """The values that count: those of the claims where there are claims. Errors: Refusal 400."""
    if claims is None:
        return file
    try:
        return with_claims(file, claims)
    except UnreadableClaim as error:
        raise rules.unreadable() from error


def require_usable(ctx: SelfHostContext, file: OrganizationLicense, claims: Claims | None) -> None:
    """Refuse an organization licence that this instance may not use. Errors: Refusal 400 of.

    Source: fidelity.md: license.can-use.
    """
    release, installation = ctx.deployment.abilities, ctx.deployment.installation_id
    if release.judging is not Judging.EVERY_REASON:
        with _versions_told(ctx):
            can_use_organization_then(file, installation, ctx.clock.ticks(), ctx.certificates, release)
        return
    can_use_organization(
        file,
        claims,
        installation,
        ctx.clock.ticks(),
        ctx.certificates,
        max_version=release.accepts,
        vault_wording=release.vault_wording,
        version_checked_with_token=not ctx.settings.quirk(Quirk.TOKEN_SKIPS_VERSION),
    )


def require_usable_by(ctx: SelfHostContext, file: UserLicense, claims: Claims | None, user: LicensedUser) -> None:
    """Refuse a premium licence that this account may not use. Errors: Refusal 400 of fidelity.md: license.premium."""
    checked = not ctx.settings.quirk(Quirk.TOKEN_SKIPS_VERSION)
    with _versions_told(ctx):
        can_use_user(file, claims, user, ctx.clock.ticks(), version_checked_with_token=checked)


def is_genuine(ctx: SelfHostContext, file: License) -> bool:
    """Whether token or signature are good. Errors: Refusal 400 `Version N is not supported.`, 500 before 1.24.0."""
    with _versions_told(ctx):
        return verify_license(
            file,
            ctx.certificates,
            ctx.clock.ticks(),
            max_version=ctx.deployment.abilities.accepts,
            token_aware=ctx.deployment.abilities.reads_tokens,
        )


@contextmanager
def _versions_told(ctx: SelfHostContext) -> Iterator[None]:
    """The refusal of a version as this release tells it.

    Source: src/Api/Utilities/ExceptionHandlerFilterAttribute.cs of the tags; fidelity.md: deployment.releases.
    """
    try:
        yield
    except Refusal as refusal:
        if refusal.rule == UNSUPPORTED_VERSION and not ctx.deployment.abilities.tells_versions:
            raise rules.version_untold() from None
        raise


def organization_defect(
    ctx: SelfHostContext, file: OrganizationLicense, organization: LicensedOrganization, *, shared: bool
) -> str | None:
    """Why a stored licence no longer carries its organization; None when it does. shared: others use it, too.

    A token that has run out hides its own `Expires`: upstream then only raises, for ever (quirk). Here the grace
    period still ends the organization. Errors: Refusal 400. Source: fidelity.md: license.validation; design section 2
    "grace".
    """
    if shared:
        return rules.MULTIPLE_ORGANIZATIONS
    try:
        claims = claims_of(ctx, file)
    except Refusal as refusal:
        if not _grace_is_over(ctx, file, refusal):
            raise
        return rules.INVALID_DATA
    now, release = ctx.clock.ticks(), ctx.deployment.abilities.accepts
    installation = ctx.deployment.installation_id
    if not verify_organization_data(file, claims, organization, installation, now, max_version=release):
        return rules.INVALID_DATA
    if claims is None and not verify_signature(file, ctx.certificates, max_version=release):
        return rules.INVALID_SIGNATURE
    return None


def user_defect(ctx: SelfHostContext, file: UserLicense, user: LicensedUser) -> str | None:
    """Why a stored premium licence no longer carries its user; None when it does. Errors: Refusal 400.

    Source: fidelity.md: license.validation.
    """
    try:
        claims = claims_of(ctx, file)
    except Refusal as refusal:
        if not _grace_is_over(ctx, file, refusal):
            raise
        return rules.INVALID_DATA
    if not verify_user_data(file, claims, user, ctx.clock.ticks()):
        return rules.INVALID_DATA
    if claims is None and not verify_signature(file, ctx.certificates):
        return rules.INVALID_SIGNATURE
    return None


def _grace_is_over(ctx: SelfHostContext, file: License, refusal: Refusal) -> bool:
    """Whether all that is wrong with a token is its age, and its `Expires` has passed as well."""
    if refusal.rule != EXPIRED or ctx.settings.quirk(Quirk.TOKEN_EXPIRY_RAISES):
        return False
    payload = read_unverified_token(file.token or "") or {}
    last_moment = Timestamp.of_epoch_seconds(int(float(str(payload["exp"])))).ticks
    try:
        claims = read_token(file, ctx.certificates, last_moment)
    except Refusal:
        return False
    return claims is not None and "Expires" in claims and claims.date("Expires").ticks < ctx.clock.ticks()
