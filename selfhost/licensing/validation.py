"""The recurring look at every licence in use: what is no longer licensed is switched off, and its owner is told.

Source: src/Core/Billing/Services/Implementations/LicensingService.cs; fidelity.md: license.validation.
"""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar
from uuid import UUID

import sqlalchemy as sa

from common.domains.accounts.service import User, lock_users, premium_accounts
from common.domains.organizations.rules import display_name
from common.domains.organizations.service import lock_organizations
from common.errors import Refusal
from common.license.claims import UnreadableClaim
from common.license.files import UnreadableLicense
from common.license.model import AnyLicense, License, OrganizationLicense, UserLicense
from common.quirks import Quirk
from common.server.database import inserting
from common.server.mail import messages
from common.server.observed import note_refusal
from common.server.outbox.service import queue
from common.server.transaction import outside_transaction, own_transaction
from selfhost.context import SelfHostContext
from selfhost.license_files import rules, stored, verdicts
from selfhost.license_files import service as files
from selfhost.licensing.models import PremiumCheck
from selfhost.organizations import service as organizations
from selfhost.organizations.service import Organization

log = logging.getLogger(__name__)

AnyOwner = TypeVar("AnyOwner", Organization, User)

CHECK_PREMIUM_EVERY = timedelta(days=1)


class Unjudged(Exception):
    """A licence that could not be judged, and whose it is. trouble: what stood in the way."""

    def __init__(self, owner: str, trouble: Exception) -> None:
        super().__init__(f"{owner}: {trouble}")
        self.trouble = trouble


class ValidationTrouble(Exception):
    """Some licences could not be judged; all the others were dealt with."""

    def __init__(self, what: str, troubles: Iterable[Exception]) -> None:
        self.troubles = list(troubles)
        found = "".join(f"\n  {trouble}" for trouble in self.troubles)
        super().__init__(f"There were one or more exceptions while validating {what}.{found}")


class Finding(NamedTuple):
    """An owner whose licence is not good. expires: of the stored file, None without one."""

    owner_id: UUID
    reason: str
    expires: datetime | None


# --- organizations


def validate_organizations(ctx: SelfHostContext, only: Collection[UUID] | None = None) -> frozenset[UUID]:
    """Disable every enabled organization whose licence does not carry it any more; which these were.

    All licences are judged without the lock; only those found bad are looked at again under it, so that an upload in
    between counts. Reads do not grow in number with the organizations. only: look at these.
    Errors: ValidationTrouble at the end, for the licences that could not be judged; those organizations stay enabled.
    """
    found, troubles = _organization_findings(ctx, among=None if only is None else frozenset(only))
    if found:
        with own_transaction(ctx.session):
            files.lock(ctx)
            locked = lock_organizations(ctx, found)
            confirmed, _ = _organization_findings(ctx, only=frozenset(found))
            for finding in confirmed.values():
                _disable(ctx, locked[finding.owner_id], finding)
    if troubles:
        raise ValidationTrouble("organizations", troubles)
    return frozenset(found)


def _organization_findings(
    ctx: SelfHostContext, *, only: frozenset[UUID] | None = None, among: frozenset[UUID] | None = None
) -> tuple[dict[UUID, Finding], list[Exception]]:
    """Judge enabled organizations: `only` some of them inside the current transaction; all, or those `among` them,
    outside of any."""
    enabled = organizations.enabled_organizations(ctx, only if among is None else among)
    keys = Counter(organizations.license_keys(ctx))
    read = _reader(ctx, files.ORGANIZATION, OrganizationLicense)
    if only is None:
        log.info("Validating licenses for %s organizations.", len(enabled))

    def judge(organization: Organization) -> Finding | None:
        file = read(organization.id)
        if file is None:
            return Finding(organization.id, rules.NO_LICENSE_FILE, None)
        shared = keys[_key_of(ctx, file)] > 1
        return _finding(file, organization.id, verdicts.organization_defect(ctx, file, organization, shared=shared))

    with _alone(ctx, only):
        return _judged(judge, iter(enabled))


def _key_of(ctx: SelfHostContext, file: OrganizationLicense) -> str | None:
    """The key in force: that of the token where there is a good one. Upstream: the file's (quirk)."""
    try:
        claims = None if ctx.settings.quirk(Quirk.UNSIGNED_LICENSE_KEY) else verdicts.claims_of(ctx, file)
    except Refusal:
        claims = None
    return file.license_key if claims is None else claims.text("LicenseKey")


class Judged(NamedTuple):
    """What is stored for an organization, and what the next validation makes of it.

    file: None without one, or with one that nobody can read (unreadable: why). in_force: what counts of it; the file
    where its token is refused (token: why). reason: why the organization is switched off, None = it is not.
    """

    file: OrganizationLicense | None
    in_force: OrganizationLicense | None
    unreadable: str | None
    token: str | None
    reason: str | None


def judged_organizations(ctx: SelfHostContext, wanted: Sequence[Organization]) -> dict[UUID, Judged]:
    """Judge what is stored for these as the validation would, and change nothing (two statements)."""
    keys = Counter(each.license_key for each in organizations.enabled_organizations(ctx))
    read = _reader(ctx, files.ORGANIZATION, OrganizationLicense)
    return {each.id: _judged_one(ctx, each, read, keys) for each in wanted}


def _judged_one(
    ctx: SelfHostContext,
    organization: Organization,
    read: Callable[[UUID], OrganizationLicense | None],
    keys: Counter[str | None],
) -> Judged:
    try:
        file = read(organization.id)
    except (UnreadableLicense, OSError) as error:
        return Judged(None, None, str(error), None, None)
    if file is None:
        return Judged(None, None, None, None, rules.NO_LICENSE_FILE)
    try:
        in_force, token = verdicts.in_force(file, verdicts.claims_of(ctx, file)), None
    except Refusal as refusal:
        in_force, token = file, refusal.message
    try:
        shared = keys[_key_of(ctx, file)] > 1
        reason = verdicts.organization_defect(ctx, file, organization, shared=shared)
    except (Refusal, UnreadableClaim):  # it stays as it is
        reason = None
    return Judged(file, in_force, None, token, reason)


def _disable(ctx: SelfHostContext, organization: Organization, finding: Finding) -> None:
    name = display_name(organization.name) or ""
    log.info(
        "Organization %s (%s) has an invalid license and is being disabled. Reason: %s",
        organization.id,
        name,
        finding.reason,
    )
    note_refusal("validation.organization", f"Organization {organization.id} is disabled: {finding.reason}")
    organizations.switch_off(ctx, organization, finding.expires)
    queue(ctx, messages.license_expired(organization.billing_email, name))


# --- users


def validate_users(ctx: SelfHostContext) -> bool:
    """Take premium from every user whose licence does not carry it any more; else as `validate_organizations`.

    Upstream stops at the first licence that cannot be judged; one broken file must not protect the others.
    """
    found, troubles = _user_findings(ctx)
    if found:
        with own_transaction(ctx.session):
            files.lock(ctx)
            locked = lock_users(ctx, found)
            confirmed, _ = _user_findings(ctx, only=frozenset(found))
            for finding in confirmed.values():
                _take_premium(ctx, locked[finding.owner_id], finding)
    if troubles:
        raise ValidationTrouble("users", troubles)
    return bool(found)


def validate_user_premium(ctx: SelfHostContext, user: User) -> bool:
    """Whether a user who gets an access token now has premium; looks at the licence at most once a day.

    A licence that cannot be judged takes nothing away here (upstream: no token at the first try, one at the second).
    Source: src/Identity/IdentityServer/ProfileService.cs; fidelity.md: license.validation.
    """
    if not user.premium or _was_checked_lately(ctx, user.id):
        return user.premium
    log.info("Validating premium license for user %s(%s).", user.id, user.email)
    if _fresh_finding(ctx, user) is None:
        return user.premium
    user_id = user.id
    with own_transaction(ctx.session):  # the lock on licences comes before all others, so what was locked is let go
        files.lock(ctx)
        locked = lock_users(ctx, [user_id]).get(user_id)
        if locked is not None and locked.premium and (finding := _fresh_finding(ctx, locked)) is not None:
            _take_premium(ctx, locked, finding)
    return user.premium


def _fresh_finding(ctx: SelfHostContext, user: User) -> Finding | None:
    """What is wrong with the user's licence now; None also when it cannot be judged."""
    try:
        return _user_finding(ctx, stored.user_license(ctx, user.id), user)
    except (Refusal, UnreadableLicense, OSError) as trouble:
        log.error("The premium license of user %s cannot be judged: %s", user.id, trouble)
        return None


def _user_findings(
    ctx: SelfHostContext, *, only: frozenset[UUID] | None = None
) -> tuple[dict[UUID, Finding], list[Exception]]:
    users = premium_accounts(ctx)
    read = _reader(ctx, files.USER, UserLicense)
    if only is None:
        log.info("Validating premium for %s users.", len(users))
    chosen = (each for each in users if only is None or each.id in only)
    with _alone(ctx, only):
        return _judged(lambda user: _user_finding(ctx, read(user.id), user), chosen)


def _user_finding(ctx: SelfHostContext, file: UserLicense | None, user: User) -> Finding | None:
    if file is None:
        return Finding(user.id, rules.NO_LICENSE_FILE, None)
    return _finding(file, user.id, verdicts.user_defect(ctx, file, user))


def _take_premium(ctx: SelfHostContext, user: User, finding: Finding) -> None:
    log.info(
        "User %s(%s) has an invalid license and premium is being disabled. Reason: %s",
        user.id,
        user.email,
        finding.reason,
    )
    note_refusal("validation.user", f"User {user.id} loses premium: {finding.reason}")
    now = ctx.clock.now()
    user.premium = False
    user.premium_expiration_date = finding.expires or now
    user.revision_date = now
    queue(ctx, messages.license_expired(user.email))


def _was_checked_lately(ctx: SelfHostContext, user_id: UUID) -> bool:
    """Whether the last check is less than a day old; if not, it is now (the stamp comes before the check)."""
    now = ctx.clock.now()
    last = ctx.session.scalar(sa.select(PremiumCheck.checked_at).where(PremiumCheck.user_id == user_id))
    if last is not None and timedelta() <= now - last < CHECK_PREMIUM_EVERY:
        return True
    stamp = inserting(ctx.session, PremiumCheck).values(user_id=user_id, checked_at=now)
    ctx.session.execute(stamp.on_conflict_do_update(index_elements=["user_id"], set_={"checked_at": now}))
    return False


# --- shared


@contextmanager
def _alone(ctx: SelfHostContext, only: frozenset[UUID] | None) -> Iterator[None]:
    """Judging many licences takes a while: where all are, rows are kept as plain values and no transaction is open."""
    if only is not None:
        yield
        return
    ctx.session.expunge_all()
    with outside_transaction(ctx.session):
        yield


def _reader(ctx: SelfHostContext, kind: str, license_class: type[AnyLicense]) -> Callable[[UUID], AnyLicense | None]:
    """Reads stored files one by one after one statement for those that are not on the disk yet."""
    staged = files.staged(ctx, kind)

    def read(owner_id: UUID) -> AnyLicense | None:
        content = staged[owner_id] if owner_id in staged else files.read_published(ctx, kind, owner_id)
        return stored.parsed(content, license_class)

    return read


def _finding(file: License, owner_id: UUID, reason: str | None) -> Finding | None:
    if reason is None:
        return None
    return Finding(owner_id, reason, file.expires.datetime() if file.expires else None)


def _name_of(owner: Organization | User) -> str:
    """What people call the owner of a licence, and its id."""
    name = owner.email if isinstance(owner, User) else display_name(owner.name)
    return f"{name} ({owner.id})"


def _judged(
    judge: Callable[[AnyOwner], Finding | None], owners: Iterator[AnyOwner]
) -> tuple[dict[UUID, Finding], list[Exception]]:
    found: dict[UUID, Finding] = {}
    troubles: list[Exception] = []
    for owner in owners:
        try:
            finding = judge(owner)
        except (Refusal, UnreadableLicense, OSError, UnreadableClaim) as trouble:
            troubles.append(Unjudged(_name_of(owner), trouble))
        else:
            if finding is not None:
                found[owner.id] = finding
    return found, troubles
