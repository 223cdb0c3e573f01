"""Making an organization from a licence file, and what of the file its licences still are."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from cloud_sim.context import CloudContext
from cloud_sim.imported import rules
from cloud_sim.imported.models import ImportedLicense, ImportedPremium
from cloud_sim.subscriptions.service import start_as, start_premium_as
from common.domains.accounts import service as accounts
from common.domains.accounts.service import User
from common.domains.organizations import service as organizations
from common.domains.organizations.api_keys.service import create_key
from common.domains.organizations.models import Organization
from common.enums import ApiKeyType
from common.errors import not_found
from common.license.dates import LicenseDates, UserLicenseDates
from common.license.model import OrganizationLicense, UserLicense
from common.license.origins import Origin, origin_of
from common.license.timestamps import Timestamp
from common.plans import PREMIUM
from common.releases import Abilities
from common.server.context import Context


class Keys(NamedTuple):
    """What the owner's client makes for a new organization."""

    key: str
    public_key: str
    private_key: str
    collection_name: str | None


class PremiumAsImported(NamedTuple):
    """How a premium licence is issued again."""

    with_token: bool
    lacks: frozenset[str]
    dates: UserLicenseDates

    def of(self, release: Abilities) -> Abilities:
        """What a cloud of this release does about this licence."""
        return release._replace(writes_tokens=self.with_token, unknown_fields=self.lacks)


class AsImported(NamedTuple):
    """How a licence is issued again. dates: None = those that billing gives."""

    version: int
    with_token: bool
    lacks: frozenset[str]
    dates: LicenseDates | None

    def of(self, release: Abilities) -> Abilities:
        """What a cloud of this release does about this licence."""
        return release._replace(writes_tokens=self.with_token, unknown_fields=self.lacks)


def import_organization(
    ctx: CloudContext, owner_email: str, file: OrganizationLicense, keys: Keys, lacks: Collection[str], *, token: bool
) -> tuple[Organization, Origin]:
    """Make the organization of this licence, with its subscription and this owner.

    token: the file carries one. Errors: 404 no such account; 400 what no organization can have, a second one of the id.
    """
    rules.check(file, lacks)
    found = accounts.find_by_id_or_email(ctx, owner_email)
    if found is None:
        raise not_found("sim.user")
    owner = accounts.lock_user(ctx, found.id)
    if organizations.find_organization(ctx, file.id) is not None:
        raise rules.organization_exists()
    origin, now = origin_of(file), ctx.clock.now()
    expiration = origin.billing.expiration_date
    organization = Organization(
        **rules.organization_columns(file),
        expiration_date=expiration.datetime() if expiration else None,
        public_key=keys.public_key,
        private_key=keys.private_key,
        creation_date=now,
        revision_date=now,
    )
    ctx.session.add(organization)
    ctx.session.flush()
    terms = rules.terms_of(file, origin)
    if terms is not None:
        start_as(ctx, organization, terms)
    create_key(ctx, organization.id, ApiKeyType.DEFAULT)
    member = organizations.add_owner(ctx, organization, owner, keys.key)
    if keys.collection_name:
        organizations.create_collection(ctx, organization, keys.collection_name, managed_by=member)
    _keep(ctx, organization, file, origin, lacks, token=token)
    return organization, origin


def import_premium(ctx: CloudContext, email: str, file: UserLicense, lacks: Collection[str], *, token: bool) -> User:
    """Make an account premium as this licence says; its id stays its own.

    token: the file carries one. Errors: 404 no such account; 400 what no account can have, premium already.
    """
    rules.check_premium(file, lacks)
    found = accounts.find_by_id_or_email(ctx, email)
    if found is None:
        raise not_found("sim.user")
    user = accounts.lock_user(ctx, found.id)
    terms = rules.premium_terms_of(file)
    start_premium_as(ctx, user, terms, file.max_storage_gb or PREMIUM.storage_gb)
    user.license_key, user.name, user.premium = file.license_key, file.name, file.premium
    row = ImportedPremium(
        user_id=user.id,
        with_token=token,
        lacks=",".join(sorted(lacks)),
        expires=_text(file.expires),
        refresh=_text(file.refresh),
        trial=file.trial,
        expiration_date=user.premium_expiration_date,
        until=terms.period_end,
    )
    ctx.session.add(row)
    return user


def _keep(
    ctx: Context,
    organization: Organization,
    file: OrganizationLicense,
    origin: Origin,
    lacks: Collection[str],
    *,
    token: bool,
) -> None:
    row = ImportedLicense(
        organization_id=organization.id,
        version=file.version,
        with_token=token,
        lacks=",".join(sorted(lacks)),
        expires=_text(file.expires),
        refresh=_text(file.refresh),
        without_grace=_text(file.expiration_without_grace_period),
        trial=file.trial,
        expiration_date=organization.expiration_date,
        until=rules.kept_until(file, origin),
    )
    ctx.session.add(row)


def as_imported(ctx: Context, organization_id: UUID, organization: Organization | None = None) -> AsImported | None:
    """What its licences still are of the file that it was made from; None once its billing went on, or never."""
    row = ctx.session.get(ImportedLicense, organization_id)
    here = organization or (organizations.find_organization(ctx, organization_id) if row else None)
    if row is None or here is None or here.expiration_date != row.expiration_date:
        return None
    if row.until is not None and row.until <= ctx.clock.now():
        return None
    lacks = frozenset(row.lacks.split(",")) - {""}
    return AsImported(row.version, row.with_token, lacks, _dates(row))


def premium_as_imported(ctx: Context, user: User) -> PremiumAsImported | None:
    """The same of an account's premium."""
    row = ctx.session.get(ImportedPremium, user.id)
    if row is None or user.premium_expiration_date != row.expiration_date:
        return None
    if row.until is not None and row.until <= ctx.clock.now():
        return None
    expires, refresh = (Timestamp.parse(each) if each else None for each in (row.expires, row.refresh))
    return PremiumAsImported(
        row.with_token, frozenset(row.lacks.split(",")) - {""}, UserLicenseDates(expires, refresh, row.trial)
    )


def _dates(row: ImportedLicense) -> LicenseDates | None:
    if row.expires is None or row.refresh is None:
        return None
    ends = Timestamp.parse(row.without_grace) if row.without_grace else None
    return LicenseDates(Timestamp.parse(row.expires), Timestamp.parse(row.refresh), ends, row.trial)


def _text(date: Timestamp | None) -> str | None:
    return date.wire() if date else None
