"""What time brings to licences in force: paid periods that end, grace that ends.

Source: fidelity.md: license.expiration, license.validation.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

from common.domains.accounts.service import premium_accounts
from common.domains.organizations.rules import display_name
from common.license.files import UnreadableLicense
from common.sim.timeline.entries import Entry, Kind
from selfhost.context import SelfHostContext
from selfhost.licensing.rules import may_be_in_grace
from selfhost.licensing.subscription import paid_term
from selfhost.organizations.service import Organization, enabled_organizations

_RULE = "license.expiration"


def entries(ctx: SelfHostContext, until: datetime, only: Collection[UUID] | None = None) -> Iterator[Entry]:
    """Of every enabled organization and every account with premium; files are read only where their end may be near.

    only: of these organizations, and of no account.
    """
    for each in enabled_organizations(ctx, only):
        if may_be_in_grace(each.expiration_date, until):
            yield from _of_organization(ctx, each)
    if only is not None:
        return
    for user in premium_accounts(ctx):
        if user.premium_expiration_date is not None:
            yield Entry(
                user.premium_expiration_date, Kind.LICENSE_EXPIRY, user.email, "license.premium", other_id=user.id
            )


def _of_organization(ctx: SelfHostContext, organization: Organization) -> Iterator[Entry]:
    try:
        term = paid_term(ctx, organization.id)
    except (UnreadableLicense, OSError):
        return
    name = display_name(organization.name) or ""
    if term is None or term.suspended_at is None:
        return
    if term.paid_until is not None and term.paid_until < term.suspended_at:
        yield Entry(term.paid_until, Kind.GRACE_BEGIN, name, _RULE, organization.id)
        yield Entry(term.suspended_at, Kind.GRACE_END, name, _RULE, organization.id)
    else:
        yield Entry(term.suspended_at, Kind.LICENSE_EXPIRY, name, _RULE, organization.id)
