"""What an instance tells about the term of a licence.

Source: src/Api/Billing/Controllers/OrganizationsController.cs (GetSubscription); spec/licensing.md 7.8.
"""

from dataclasses import dataclass
from uuid import UUID

from common.license.files import UnreadableLicense
from common.license.timestamps import Timestamp
from selfhost.context import SelfHostContext
from selfhost.licensing import rules, stored, verdicts
from selfhost.organizations import service as organizations
from selfhost.organizations.service import Organization


@dataclass(frozen=True)
class Term:
    """How long a licence runs. expiration: with the grace period."""

    expiration: Timestamp | None = None
    without_grace: Timestamp | None = None


def subscription_of(ctx: SelfHostContext, caller_id: UUID, organization_id: UUID) -> tuple[Organization, Term]:
    """An organization and the term of its stored licence; no dates without a readable file (upstream: 500).

    Errors: 404 not an owner; 400 `Invalid license. ...` when the token is no longer good.
    """
    organization = organizations.require_owned(ctx, organization_id, caller_id)
    try:
        file = stored.organization_license(ctx, organization_id)
    except (UnreadableLicense, OSError):
        file = None
    if file is None:
        return organization, Term()
    claims = verdicts.claims_of(ctx, file)
    if claims is None:
        return organization, Term(file.expires, rules.expiration_without_grace(file))
    in_force = verdicts.in_force(file, claims)
    return organization, Term(in_force.expires, in_force.expiration_without_grace_period)
