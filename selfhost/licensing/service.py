"""Applying licences: to a new organization, to an existing one (by upload or by sync), to a premium user.

Every change is one transaction under the licence lock; its file is staged in it and published after it
(license_files). Nothing of a refused or failed one remains, on disk or in the database.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from common.crypto.master_password import SecretProof
from common.domains.accounts.service import User, lock_user
from common.domains.organizations import service as shared_organizations
from common.domains.organizations.compliance import check_may_found
from common.enums import ConnectionType
from common.errors import Refusal, not_found
from common.license.canonical import UNSUPPORTED_VERSION
from common.license.claims import Claims
from common.license.files import UnreadableLicense, read_disk, read_upload, to_disk_text
from common.license.model import AnyLicense, OrganizationLicense, UserLicense
from common.quirks import Quirk
from common.server.transaction import outside_transaction, own_transaction
from selfhost.billing_sync import rules as connection_rules
from selfhost.billing_sync import service as billing_sync
from selfhost.cloud import trouble
from selfhost.cloud.licenses import fetch_license
from selfhost.cloud.trouble import CloudTrouble
from selfhost.context import SelfHostContext
from selfhost.license_files import rules as file_rules
from selfhost.license_files import service as files
from selfhost.license_files import verdicts
from selfhost.licensing import rules
from selfhost.licensing.rules import CLOUD_FAILED as CLOUD_FAILED
from selfhost.licensing.rules import Change as Change
from selfhost.organizations import service as organizations
from selfhost.organizations.rules import MAX_STORAGE_GB
from selfhost.organizations.service import NewVault, Organization
from selfhost.push import service as push
from selfhost.sponsorships import service as sponsorships

Upload = bytes | None
"""Bytes of an uploaded file; None = the request had no length or was too long to be looked at."""


# --- organizations, by upload


def create_organization_from_license(
    ctx: SelfHostContext, caller_id: UUID, upload: Upload, vault: NewVault
) -> Organization:
    """A new organization of the caller, with what the licence allows.

    Errors: 401 account gone; 400 in the order of fidelity.md: license.create.
    Source: src/Core/AdminConsole/OrganizationFeatures/Organizations/SelfHostedOrganizationSignUpCommand.cs.
    """
    files.lock(ctx)
    owner = lock_user(ctx, caller_id)
    file = _readable(upload, OrganizationLicense, file_rules.unreadable())
    _raise(rules.premium_for_organization(file, ctx.deployment.abilities))
    claims = verdicts.claims_of(ctx, file)
    verdicts.require_usable(ctx, file, claims)
    license_file = verdicts.in_force(file, claims)
    kept = file if ctx.settings.quirk(Quirk.UNSIGNED_LICENSE_KEY) else license_file
    if organizations.is_license_enabled(ctx, kept.license_key):
        raise rules.license_in_use(ctx.deployment.abilities)
    check_may_found(ctx, owner.id)
    organization = organizations.create_licensed(ctx, owner, license_file, vault)
    push.organization_keys_changed(ctx, owner.id)
    files.stage(ctx, files.ORGANIZATION, organization.id, to_disk_text(kept))
    files.publish(ctx)
    return organization


def update_license(ctx: SelfHostContext, caller_id: UUID, organization_id: UUID, upload: Upload) -> Sequence[Change]:
    """Apply an uploaded licence to an organization; a good one also brings back a disabled organization.

    Gives what became different.

    Errors: 404 not an owner; 400 in the order of fidelity.md: license.update.
    """
    files.lock(ctx)
    organization = organizations.lock_owned(ctx, organization_id, caller_id)
    changes = _apply(ctx, organization, _readable(upload, OrganizationLicense, file_rules.unreadable()))
    files.publish(ctx)
    return changes


def delete_organization(ctx: SelfHostContext, organization_id: UUID) -> None:
    """Delete an organization of this instance with its connection, sponsorships and licence file; any state, any owner.

    The file goes the way it came: decided in the transaction, gone from the disk after it.
    Errors: 404 unknown organization. Source: src/Admin/AdminConsole/Controllers/OrganizationsController.cs (Delete).
    """
    files.lock(ctx)
    organization = organizations.lock_organization(ctx, organization_id)
    sponsorships.forget_sponsorships(ctx, organization_id)
    organizations.remove_organization(ctx, organization)
    files.stage(ctx, files.ORGANIZATION, organization_id, None)
    files.publish(ctx)


def delete_own_organization(ctx: SelfHostContext, caller_id: UUID, organization_id: UUID, proof: SecretProof) -> None:
    """The same for an owner who proves who they are. Errors: 404 not an owner; 400 wrong secret, Key Connector."""
    shared_organizations.prove_owner(ctx, caller_id, organization_id, proof)
    files.lock(ctx)
    shared_organizations.lock_deletable(ctx, caller_id, organization_id)
    delete_organization(ctx, organization_id)


def _apply(ctx: SelfHostContext, organization: Organization, file: OrganizationLicense) -> Sequence[Change]:
    """Check a licence against an organization and what it uses, then take it over and stage its file.

    The stored file has the values of the claims.
    Source: src/Core/Billing/Organizations/Commands/UpdateOrganizationLicenseCommand.cs.
    """
    _require_unused(ctx, file, organization)
    claims = verdicts.claims_of(ctx, file)
    license_file = verdicts.in_force(file, claims)
    if not ctx.settings.quirk(Quirk.UNSIGNED_LICENSE_KEY):
        _require_unused(ctx, license_file, organization)
    verdicts.require_usable(ctx, license_file, claims)
    _raise(rules.in_use(license_file, organization, _usage(ctx, organization.id)))
    before = organizations.licensed_state(organization)
    organizations.take_over_license(ctx, organization, license_file)
    files.stage(ctx, files.ORGANIZATION, organization.id, to_disk_text(license_file))
    return rules.changes(before, organizations.licensed_state(organization))


def _require_unused(ctx: SelfHostContext, file: OrganizationLicense, organization: Organization) -> None:
    """The key is that of no other organization. Asked of the file first, as upstream, then of what its token says."""
    if organizations.is_license_of_another(ctx, file.license_key, organization.id):
        raise rules.license_in_use(ctx.deployment.abilities)


def _usage(ctx: SelfHostContext, organization_id: UUID) -> rules.Usage:
    used = shared_organizations.usage(ctx, organization_id)
    return rules.Usage(
        occupied_seats=used.seats.total,
        collections=used.collections,
        groups=used.groups,
        enabled_policies=used.enabled_policies,
        sso_enabled=used.sso_enabled,
        key_connector=used.key_connector,
        scim_enabled=billing_sync.is_scim_enabled(ctx, organization_id),
        custom_members=used.custom_members,
        reset_password_policy=used.reset_password_policy,
    )


# --- organizations, by sync


class _SyncOrder(NamedTuple):
    """What was true before the cloud was asked; plain values, because no transaction is open meanwhile."""

    cloud_organization_id: UUID
    license_key: str | None
    billing_sync_key: str | None
    stored_file: bytes | None


def sync_license(ctx: SelfHostContext, caller_id: UUID, organization_id: UUID) -> Sequence[Change]:
    """Fetch the organization's licence from the cloud and apply it; `LastLicenseSync` moves only if that works.

    Gives what became different.

    No transaction is open while the cloud is asked, so everything is checked again afterwards.
    Errors: 404 and 400 in the order of fidelity.md: license.sync; 409 when a newer licence was applied meanwhile.
    """
    _, _, order = _prepare_sync(ctx, caller_id, organization_id)
    with outside_transaction(ctx.session):
        fetched = fetch_license(
            ctx, order.cloud_organization_id, license_key=order.license_key, billing_sync_key=order.billing_sync_key
        )
    files.lock(ctx)
    shared_organizations.lock_organization(ctx, organization_id)
    organization, connection, current = _prepare_sync(ctx, caller_id, organization_id)
    if isinstance(fetched, CloudTrouble):
        trouble.note(fetched)
        with own_transaction(ctx.session):
            billing_sync.record_failure(ctx, organization_id, billing_sync.LICENSE_SYNC, fetched)
        raise rules.cloud_failed(fetched.reason)
    if current.stored_file != order.stored_file and _is_older(fetched, current.stored_file):
        raise rules.overtaken()
    changes = _apply(ctx, organization, fetched)
    connection.config = billing_sync.usable_config(connection).synced(ctx.clock.now()).text()
    billing_sync.forget_failure(ctx, organization_id, billing_sync.LICENSE_SYNC)
    files.publish(ctx)
    return changes


def _prepare_sync(
    ctx: SelfHostContext, caller_id: UUID, organization_id: UUID
) -> tuple[Organization, billing_sync.OrganizationConnection, _SyncOrder]:
    organization = organizations.require_owned(ctx, organization_id, caller_id)
    _raise(connection_rules.upload_only(organization.tier))
    connection = billing_sync.find_connection(ctx, organization_id, ConnectionType.CLOUD_BILLING_SYNC)
    if connection is None:
        raise not_found("license-sync.no-connection")
    if not ctx.deployment.enable_cloud_communication:
        raise rules.cloud_communication_disabled()
    config = billing_sync.usable_config(connection)
    order = _SyncOrder(
        config.cloud_organization_id,
        organization.license_key,
        config.billing_sync_key,
        files.read(ctx, files.ORGANIZATION, organization_id),
    )
    return organization, connection, order


def _is_older(fetched: OrganizationLicense, stored_file: bytes | None) -> bool:
    try:
        current = read_disk(stored_file or b"", OrganizationLicense)
    except UnreadableLicense:
        return False
    return fetched.issued < current.issued


# --- premium


def apply_premium_license(ctx: SelfHostContext, user_id: UUID, upload: Upload) -> None:
    """Apply a premium licence to the caller's account, the first one or a newer one.

    Errors: 401 account gone; 400 in the order of fidelity.md: license.premium.
    Source: src/Core/Services/Implementations/UserService.cs (UpdateLicenseAsync).
    """
    files.lock(ctx)
    user = lock_user(ctx, user_id)
    file = _readable(upload, UserLicense, file_rules.unreadable())
    _raise(rules.organization_for_user(file))
    claims = _usable_by(ctx, file, user)
    license_file = verdicts.in_force(file, claims)
    _give_premium(ctx, user, license_file, premium=license_file.premium)
    files.publish(ctx)


def create_premium(ctx: SelfHostContext, user_id: UUID, upload: Upload) -> None:
    """Make the caller premium with a licence: the newer endpoint, which updates nobody.

    Upstream trusts the file's values here, also where a token says something else: quirk `unsigned-license-key`.

    Errors: 401 account gone; 400, and 500 for an unsupported version, in the order of fidelity.md: license.premium.
    Source: src/Core/Billing/Premium/Commands/CreatePremiumSelfHostedSubscriptionCommand.cs.
    """
    files.lock(ctx)
    user = lock_user(ctx, user_id)
    file = _readable(upload, UserLicense, file_rules.unreadable("Invalid license."))
    if user.premium:
        raise rules.already_premium()
    try:
        claims = _usable_by(ctx, file, user)
    except Refusal as refusal:
        raise rules.fault_at_version() if refusal.rule == UNSUPPORTED_VERSION else refusal from None
    kept = file if ctx.settings.quirk(Quirk.UNSIGNED_LICENSE_KEY) else verdicts.in_force(file, claims)
    _give_premium(ctx, user, kept, premium=True)
    files.publish(ctx)


def _usable_by(ctx: SelfHostContext, file: UserLicense, user: User) -> Claims | None:
    if not verdicts.is_genuine(ctx, file):
        raise rules.not_verified()
    claims = verdicts.claims_of(ctx, file)
    verdicts.require_usable_by(ctx, file, claims, user)
    return claims


def _give_premium(ctx: SelfHostContext, user: User, file: UserLicense, *, premium: bool) -> None:
    user.premium = premium
    user.license_key = file.license_key
    user.premium_expiration_date = file.expires.datetime() if file.expires else None
    user.max_storage_gb = MAX_STORAGE_GB
    user.revision_date = ctx.clock.now()
    push.vault_changed(ctx, user.id)
    files.stage(ctx, files.USER, user.id, to_disk_text(file))


# --- shared


def _readable(upload: Upload, license_class: type[AnyLicense], refusal: Refusal) -> AnyLicense:
    if upload is None:
        raise refusal
    try:
        return read_upload(upload, license_class)
    except UnreadableLicense as error:
        raise refusal from error


def _raise(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise refusal
