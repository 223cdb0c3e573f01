"""What an instance tells about the term of a licence.

Source: src/Api/Billing/Controllers/OrganizationsController.cs (GetSubscription); fidelity.md:
license.subscription-page.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from common.errors import Refusal
from common.license.files import UnreadableLicense
from common.license.model import OrganizationLicense
from common.license.timestamps import Timestamp
from common.server.context import Grace
from selfhost.context import SelfHostContext
from selfhost.license_files import stored, verdicts
from selfhost.licensing import rules
from selfhost.organizations import service as organizations
from selfhost.organizations.service import Organization


class Term(NamedTuple):
    """How long a licence runs as the wire tells it. expiration: with the grace period."""

    expiration: Timestamp | None = None
    without_grace: Timestamp | None = None


def subscription_of(ctx: SelfHostContext, caller_id: UUID, organization_id: UUID) -> tuple[Organization, Term]:
    """An organization and the term of its stored licence; no dates without a readable file (upstream: 500).

    Errors: 404 not an owner; 400 `Invalid license. ...` when the token is no longer good.
    """
    organization = organizations.require_owned(ctx, organization_id, caller_id)
    file = _stored_license(ctx, organization_id)
    if file is None:
        return organization, Term()
    claims = verdicts.claims_of(ctx, file)
    if claims is None:
        return organization, Term(file.expires, rules.expiration_without_grace(file))
    in_force = verdicts.in_force(file, claims)
    return organization, Term(in_force.expires, in_force.expiration_without_grace_period)


class PaidTerm(NamedTuple):
    """How long a licence runs as people count.

    paid_until: end of the paid period. suspended_at: end of the grace period; the same where there is none.
    cloud_id: `Id` of the file. readable: False for a file whose token has run out or is no longer accepted.
    """

    paid_until: datetime | None
    suspended_at: datetime | None
    cloud_id: UUID
    readable: bool


def paid_term(ctx: SelfHostContext, organization_id: UUID) -> PaidTerm | None:
    """The term of the stored licence; None without a file. A token that has run out leaves what the file says."""
    file = _stored_license(ctx, organization_id)
    if file is None:
        return None
    try:
        file, readable = verdicts.in_force(file, verdicts.claims_of(ctx, file)), True
    except Refusal:
        readable = False
    return PaidTerm(_moment(rules.paid_until(file)), _moment(file.expires), file.id, readable)


def grace_of(ctx: SelfHostContext, organization: Organization) -> Grace | None:
    """The grace period that an organization is in; its file is read only when its end is near enough for one.

    Source: fidelity.md: pages.organization-billing (grace timeline).
    """
    now = ctx.clock.now()
    if not organization.enabled or not rules.may_be_in_grace(organization.expiration_date, now):
        return None
    term = paid_term(ctx, organization.id)
    if term is None or term.paid_until is None or term.suspended_at is None:
        return None
    days = rules.days_of_grace(term.paid_until, term.suspended_at, now)
    return None if days is None else Grace(term.paid_until, days)


def _stored_license(ctx: SelfHostContext, organization_id: UUID) -> OrganizationLicense | None:
    try:
        return stored.organization_license(ctx, organization_id)
    except (UnreadableLicense, OSError):
        return None


def _moment(date: Timestamp | None) -> datetime | None:
    return date.datetime() if date else None
