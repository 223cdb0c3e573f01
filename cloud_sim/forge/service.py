"""Forging a licence: from what this cloud would issue now, or from a file that somebody brings."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple
from uuid import UUID

from cloud_sim.context import CloudContext
from cloud_sim.forge import rules
from cloud_sim.installations import service as installations
from cloud_sim.licensing import service as licensing
from cloud_sim.releases.service import unknown_fields
from common.crypto.certificates import LicenseCertificate, unknown_certificate
from common.domains.accounts import service as accounts
from common.domains.organizations import service as organizations
from common.domains.organizations.models import Organization
from common.errors import Refusal, not_found
from common.license.files import UnreadableLicense
from common.license.forging import UnknownDefect, find_defects, forge
from common.license.inspection import read_license
from common.license.model import License, OrganizationLicense


class Wanted(NamedTuple):
    """What to begin with: a file, a user (id or e-mail address), or an organization (id or name; None = the only one).

    installation_id: None = the one that the organization's licence was last downloaded for, before any download the
    first one that this cloud knows (a stack's own instance). unsigned: the result
    carries no proof at all.
    """

    organization: str | None
    user: str | None
    installation_id: UUID | None
    content: bytes | None
    unsigned: bool


class Forged(NamedTuple):
    """A licence file with something wrong. organization: it is one for an organization."""

    content: bytes
    organization: bool


def forge_license(ctx: CloudContext, defects: Sequence[str], wanted: Wanted) -> Forged:
    """A licence with these defects; signed by this cloud's test certificate, a foreign one, or by nobody.

    Errors: 400 unknown or contradicting defects, nothing to begin with, no licence in the file; 404 unknown user; and
    what the cloud answers when it issues none.
    """
    check_defects(",".join(defects))
    begin = _begin(ctx, wanted)
    try:
        content = forge(
            begin,
            defects,
            now_ticks=ctx.clock.ticks(),
            certificate=ctx.certificate,
            foreign=_foreign,
            unsigned=wanted.unsigned,
            without=unknown_fields(ctx),
        )
    except UnknownDefect as error:
        raise rules.unknown_defect(error) from error
    return Forged(content, isinstance(begin, OrganizationLicense))


def check_defects(names: str) -> None:
    """Refuse what is no defect, or several that contradict each other. names: with commas."""
    try:
        find_defects(names.split(","))
    except UnknownDefect as error:
        raise rules.unknown_defect(error) from error


def spoil_license(ctx: CloudContext, names: str, content: bytes) -> bytes:
    """A licence that is about to be handed out, with these defects; what is no licence stays as it is."""
    try:
        return forge_license(ctx, names.split(","), Wanted(None, None, None, content, unsigned=False)).content
    except Refusal:
        return content


def _begin(ctx: CloudContext, wanted: Wanted) -> License:
    if wanted.content is not None:
        try:
            return read_license(wanted.content)
        except UnreadableLicense as error:
            raise rules.no_license(error) from error
    if wanted.user is not None:
        user = accounts.find_by_id_or_email(ctx, wanted.user)
        if user is None:
            raise not_found("sim.user")
        return licensing.license_of_user(ctx, user)
    organization = _organization(ctx, wanted.organization)
    installation_id = wanted.installation_id or _last_download(ctx, organization) or _installation(ctx)
    return licensing.license_for(ctx, organization, installation_id)


def _organization(ctx: CloudContext, text: str | None) -> Organization:
    found = organizations.find_by_id_or_name(ctx, text)
    if len(found) != 1:
        raise rules.which_organization(text, [each.name for each in found])
    return found[0]


def _installation(ctx: CloudContext) -> UUID:
    known = (each.id for each in installations.list_installations(ctx) if each.enabled)
    first = next(known, None)
    if first is None:
        raise rules.which_installation()
    return first


def _last_download(ctx: CloudContext, organization: Organization) -> UUID | None:
    known = licensing.licensed_installations(ctx, organization.id)
    return max(known, key=lambda each: each.last_issued).installation_id if known else None


@cache
def _foreign() -> LicenseCertificate:
    return unknown_certificate()
