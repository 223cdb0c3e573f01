"""Accounts: finding them, proving to be their user, and everything a user changes about their own.

Source: src/Api/Auth/Controllers/AccountsController.cs, src/Core/Services/Implementations/UserService.cs;
fidelity.md: account.api, account.email-verification.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm.exc import ObjectDeletedError

from common.crypto.account import Kdf, normalised_email
from common.crypto.master_password import MasterPasswordData, NewPassword, PasswordHalf, SecretProof
from common.domains.accounts import rules
from common.domains.accounts.codes import Purpose, mail_code, redeem_code
from common.domains.accounts.models import User as User
from common.domains.accounts.rules import NewAccount
from common.domains.events.rules import Kind
from common.domains.events.service import record_user
from common.errors import Refusal, bad_request, invalid_field, not_found, unauthorized
from common.server.bulk import among
from common.server.context import Context
from common.server.locks import lock_row, lock_rows
from common.server.mail import messages
from common.server.outbox.service import require_mail, send_now
from common.server.transaction import outside_transaction, own_transaction

EMAIL_TOKEN = "EmailConfirmationToken"
EMAIL_TOKEN_LIFETIME = timedelta(days=1)
EMAIL_CHANGE_CODE_LENGTH = 6
SSO_IDENTIFIER = "BwSsoUserIdentifier"

# Clients ask for it again and again, and what they are told about is only looked at: no row, no mapper.
_REVISION_DATE = sa.select(User.account_revision_date).where(User.id == sa.bindparam("id"))


def find_user(ctx: Context, user_id: UUID) -> User | None:
    """The account of this id, or None."""
    return ctx.session.get(User, user_id)


def find_users(ctx: Context, ids: Iterable[UUID]) -> dict[UUID, User]:
    """The accounts of these ids, by id (one statement at most)."""
    wanted = list(ids)
    if not wanted:
        return {}
    return {each.id: each for each in ctx.session.scalars(sa.select(User).where(User.id.in_(wanted)))}


def find_user_by_email(ctx: Context, email: str) -> User | None:
    """The account of this address (any case, blanks around it), or None."""
    return ctx.session.scalar(sa.select(User).where(User.email == normalised_email(email)))


def newest_addresses(ctx: Context, most: int) -> list[str]:
    """Addresses of accounts, the newest first (one statement)."""
    found = sa.select(User.email).order_by(User.creation_date.desc(), User.email).limit(most)
    return list(ctx.session.scalars(found))


def find_by_id_or_email(ctx: Context, text: str) -> User | None:
    """The account that people mean by this id or address, or None."""
    try:
        return find_user(ctx, UUID(text))
    except ValueError:
        return find_user_by_email(ctx, text)


def search_accounts(ctx: Context, email: str, *, skip: int, limit: int) -> Sequence[User]:
    """The accounts with this in their address, newest first (one statement)."""
    query = sa.select(User).order_by(User.creation_date.desc(), User.id)
    if email:
        query = query.where(User.email.icontains(email, autoescape=True))
    return ctx.session.scalars(query.offset(skip).limit(limit)).all()


def premium_accounts(ctx: Context) -> list[User]:
    """All that have premium, oldest first (one statement)."""
    query = sa.select(User).where(User.premium).order_by(User.creation_date, User.id)
    return list(ctx.session.scalars(query))


def note_changes(ctx: Context, user_ids: sa.Select[UUID | None]) -> None:
    """Let the clients of these accounts see that something of theirs is different. user_ids: gives their ids."""
    changed = sa.update(User).where(User.id.in_(user_ids)).values(account_revision_date=ctx.clock.now())
    ctx.session.execute(changed, execution_options={"synchronize_session": False})


def registered_among(ctx: Context, emails: Iterable[str]) -> set[str]:
    """Those of these normalised addresses that have an account."""
    return set(ctx.session.scalars(sa.select(User.email).where(User.email.in_(list(emails)))))


def account_of(user_id: InstrumentedAttribute[UUID | None]) -> tuple[type[User], sa.ColumnElement[bool]]:
    """For statements of other domains: the accounts, and the condition on which they are joined to such a column."""
    return User, User.id == user_id


def require_user(ctx: Context, user_id: UUID) -> User:
    """The account behind an access token. Raises 401 with an envelope when it was deleted meanwhile."""
    user = find_user(ctx, user_id)
    if user is None:
        raise unauthorized("account.gone")
    return user


def lock_user(ctx: Context, user_id: UUID) -> User:
    """`require_user` of somebody whose account, or what belongs to it, is about to change: nobody else changes it
    before this transaction is over."""
    user = lock_row(ctx.session, User, user_id)
    if user is None:
        raise unauthorized("account.gone")
    return user


def lock_users(ctx: Context, ids: Iterable[UUID]) -> dict[UUID, User]:
    """The same for several, by id; those that are gone are missing (one statement at most)."""
    return lock_rows(ctx.session, User, ids)


def taken(email: str) -> Refusal:
    """400: an account with this address exists."""
    return invalid_field("", f"Email '{email}' is already taken.", rule="account.taken")


def create_account(ctx: Context, new: NewAccount) -> User:
    """Store a new account with its API key and security stamp. Raises `taken`, also when another request was faster."""
    now = ctx.clock.now()
    email = normalised_email(new.email)
    if find_user_by_email(ctx, email) is not None:
        raise taken(new.email)
    user = User(
        id=ctx.ids.uuid(),
        name=new.name or None,
        email=email,
        email_verified=new.email_verified,
        master_password_hint=new.hint or None,
        api_key=ctx.ids.secret(rules.API_KEY_LENGTH),
        public_key=new.public_key,
        private_key=new.private_key,
        creation_date=now,
        revision_date=now,
        account_revision_date=now,
    )
    _take_password(ctx, user, new.password)
    ctx.session.add(user)
    try:
        ctx.session.flush()
    except IntegrityError:
        raise taken(new.email) from None
    return user


def check_password(ctx: Context, user: User, master_password_hash: str) -> bool:
    """Whether this is what the user's client derives from the master password; upgrades an outdated stored hash.

    Hashing takes long on purpose, so nobody waits for it with a transaction open: what was read before is read anew.
    """
    user_id, stored = user.id, user.master_password_hash
    with outside_transaction(ctx.session):
        right = ctx.passwords.verify(stored, master_password_hash)
        outdated = right and stored is not None and ctx.passwords.needs_rehash(stored)
        fresh = ctx.passwords.hash(master_password_hash) if outdated else stored
    if outdated:
        mine = sa.and_(User.id == user_id, User.master_password_hash == stored)
        with own_transaction(ctx.session):
            ctx.session.execute(sa.update(User).where(mine).values(master_password_hash=fresh))
    try:
        return right and user.master_password_hash == fresh  # changed in this very moment, it is right no more
    except ObjectDeletedError:
        return False


def count_failed_login(ctx: Context, user: User, kind: Kind) -> None:
    """Remember that somebody tried to be this user; also when it is refused. kind: for the event log."""
    failed = {"failed_login_count": User.failed_login_count + 1, "last_failed_login_date": ctx.clock.now()}
    user_id = user.id
    with own_transaction(ctx.session):
        ctx.session.execute(sa.update(User).where(User.id == user_id).values(failed))
        record_user(ctx, user_id, kind)


def verify_secret(ctx: Context, user: User, master_password_hash: str | None, otp: str | None) -> bool:
    """Whether the caller is the user: by the master password hash if one is given, else by a mailed code (used up)."""
    if master_password_hash:
        return check_password(ctx, user, master_password_hash)
    return bool(otp) and redeem_code(ctx, user.id, Purpose.SECRET, otp or "")


def require_secret(ctx: Context, user: User, master_password_hash: str | None, otp: str | None) -> None:
    """Raise upstream's slow 400 unless `verify_secret`."""
    if not verify_secret(ctx, user, master_password_hash, otp):
        raise invalid_field("MasterPasswordHash", "Invalid password.", rule="account.secret", slow=True)


def require_proof(ctx: Context, user: User, proof: SecretProof, text: str = rules.SECRET_FAILED) -> None:
    """Raise a slow 400 with this text unless `verify_secret`."""
    if not verify_secret(ctx, user, proof.master_password_hash, proof.otp):
        raise invalid_field("", text, rule="account.secret", slow=True)


def lock_proven(
    ctx: Context,
    user_id: UUID,
    proof: SecretProof,
    text: str = rules.SECRET_FAILED,
    *,
    before: Callable[[], object] | None = None,
) -> User:
    """`lock_user` of somebody who shows the secret. Raises as `require_proof`, also if it changes in this very moment.

    Hashing takes long, so nothing is locked until it is done. before: locks what comes before accounts.
    """
    user = require_user(ctx, user_id)
    require_proof(ctx, user, proof, text)
    proven = user.master_password_hash
    if before is not None:
        before()
    locked = lock_user(ctx, user_id)
    if locked.master_password_hash != proven:
        raise invalid_field("", text, rule="account.secret", slow=True)
    return locked


def move_revision_dates(ctx: Context, user_ids: Collection[UUID]) -> None:
    """Tell the clients of these accounts that there is something new."""
    which = among(ctx.session, User.__table__.c.id, user_ids)
    if len(user_ids) > 1:
        # Always in the same order, or two requests could wait for each other.
        ctx.session.execute(sa.select(User.id).where(which).order_by(User.id).with_for_update())
    moved = sa.update(User).where(which).values(account_revision_date=ctx.clock.now())
    ctx.session.execute(moved.execution_options(synchronize_session=False))


def _touch(ctx: Context, user: User) -> None:
    user.revision_date = user.account_revision_date = ctx.clock.now()


def _take_password(ctx: Context, user: User, password: MasterPasswordData) -> None:
    """Every refresh token dies with the security stamp."""
    user.master_password_hash = ctx.passwords.hash(password.hash)
    user.key = password.wrapped_key
    user.kdf = password.kdf.type
    user.kdf_iterations = password.kdf.iterations
    user.kdf_memory = password.kdf.memory
    user.kdf_parallelism = password.kdf.parallelism
    user.security_stamp = str(ctx.ids.uuid())


def verify_password(ctx: Context, user_id: UUID, proof: SecretProof) -> None:
    """Check a secret for the client. Raises the slow "Invalid password."."""
    require_secret(ctx, require_user(ctx, user_id), proof.master_password_hash, proof.otp)


def revision_date(ctx: Context, user_id: UUID) -> int:
    """When anything of the account changed last: milliseconds since 1970."""
    changed: datetime | None = ctx.session.connection().scalar(_REVISION_DATE, {"id": user_id})
    if changed is None:
        raise unauthorized("account.gone")
    return int(changed.timestamp() * 1000)


def change_profile(ctx: Context, user_id: UUID, name: str | None) -> User:
    """Set the display name; the hint is no longer changed here."""
    user = lock_user(ctx, user_id)
    user.name = name or None
    _touch(ctx, user)
    return user


def change_avatar(ctx: Context, user_id: UUID, color: str | None) -> User:
    """Set the avatar's color (`#rrggbb`, None = automatic)."""
    user = lock_user(ctx, user_id)
    user.avatar_color = color
    _touch(ctx, user)
    return user


def save_domains(ctx: Context, user_id: UUID, equivalent: list[list[str]] | None, excluded: list[int] | None) -> User:
    """Keep which domains the user takes for the same. excluded: numbers of upstream's own that the user does not.

    Source: src/Api/Controllers/SettingsController.cs; fidelity.md: clients.pages.
    """
    user = lock_user(ctx, user_id)
    user.equivalent_domains, user.excluded_global_domains = equivalent, excluded
    _touch(ctx, user)
    return user


def change_password(ctx: Context, user_id: UUID, current: str, new: NewPassword, hint: str | None) -> None:
    """Replace the master password. Raises the slow "Incorrect password."; all refresh tokens die."""
    user = require_user(ctx, user_id)
    kdf = _kdf_for(user, new, user.email)
    user = lock_proven(ctx, user_id, SecretProof(current), rules.WRONG_PASSWORD)
    _take_password(ctx, user, MasterPasswordData(kdf, new.hash, new.wrapped_key))
    user.master_password_hint = hint or None
    _touch(ctx, user)
    record_user(ctx, user_id, Kind.USER_CHANGED_PASSWORD)


def request_email_change(ctx: Context, user_id: UUID, master_password_hash: str, new_email: str) -> None:
    """Mail a code to the address an account is to have. Raises the slow "Invalid password.".

    The answer does not tell whether the address is taken; the account's own address is told.
    """
    user = require_user(ctx, user_id)
    require_secret(ctx, user, master_password_hash, None)
    address = normalised_email(new_email)
    if find_user_by_email(ctx, address) is not None:
        send_now(ctx, [messages.change_email_taken(user.email, address)])
        return
    mail_code(
        ctx,
        user.id,
        Purpose.CHANGE_EMAIL,
        partial(messages.change_email, address),
        length=EMAIL_CHANGE_CODE_LENGTH,
        about=address,
    )


def change_email(ctx: Context, user_id: UUID, current: str, new_email: str, code: str, new: NewPassword) -> None:
    """Change the address, which salts the master password; all refresh tokens die.

    Raises the slow "Incorrect password." or "Invalid token.", and `taken`.
    """
    user = require_user(ctx, user_id)
    address = normalised_email(new_email)
    kdf = _kdf_for(user, new, address)
    user = lock_proven(ctx, user_id, SecretProof(current), rules.WRONG_PASSWORD)
    if not redeem_code(ctx, user.id, Purpose.CHANGE_EMAIL, code, about=address):
        raise invalid_field("", "Invalid token.", rule="account.email-token", slow=True)
    if find_user_by_email(ctx, address) is not None:
        raise taken(new_email)
    user.email, user.email_verified = address, True
    _take_password(ctx, user, MasterPasswordData(kdf, new.hash, new.wrapped_key))
    _touch(ctx, user)
    try:
        ctx.session.flush()
    except IntegrityError:
        raise taken(new_email) from None


def _kdf_for(user: User, new: NewPassword, email: str) -> Kdf:
    """The account's settings. Raises 400 when the new data rests on others, or on another address."""
    kdf = rules.kdf_of(user.kdf, user.kdf_iterations, user.kdf_memory, user.kdf_parallelism)
    if new.halves is not None:
        problem = rules.half_problem(*new.halves, email) or rules.kdf_change_problem(kdf, new.halves[0].kdf)
        if problem is not None:
            raise invalid_field("", problem, rule="account.password-data")
    return kdf


def send_password_hint(ctx: Context, email: str) -> None:
    """Mail the hint to an account's address; silent for every other address."""
    require_mail(ctx)
    user = find_user_by_email(ctx, email)
    if user is not None:
        send_now(ctx, [messages.password_hint(ctx.settings.base_url, user.email, user.master_password_hint)])


def sso_identifier(ctx: Context, user_id: UUID) -> str:
    """What links the account when it signs in through an organization's identity provider."""
    user = require_user(ctx, user_id)
    return ctx.protector.protect(SSO_IDENTIFIER, {"user_id": str(user.id), "stamp": user.security_stamp})


def change_kdf(ctx: Context, user_id: UUID, current: str, authentication: PasswordHalf, unlock: PasswordHalf) -> None:
    """Change how the master password is stretched. Raises the slow "Incorrect password."; all refresh tokens die."""
    out_of_range = authentication.kdf.problem() or unlock.kdf.problem()
    if out_of_range is not None:
        raise invalid_field("", out_of_range, rule="account.kdf-range")
    user = lock_proven(ctx, user_id, SecretProof(current), rules.WRONG_PASSWORD)
    problem = rules.half_problem(authentication, unlock, user.email)
    if problem is not None:
        raise bad_request(problem, rule="account.password-data")
    _take_password(ctx, user, MasterPasswordData(authentication.kdf, authentication.secret, unlock.secret))
    _touch(ctx, user)


def public_key_of(ctx: Context, user_id: UUID) -> str:
    """The public key of any user, for any signed-in one. Raises 404 when there is none.

    Source: src/Api/KeyManagement/Controllers/UsersController.cs; fidelity.md: account.public-keys.
    """
    key = ctx.session.scalar(sa.select(User.public_key).where(User.id == user_id))
    if key is None:
        raise not_found("account.public-key")
    return key


def set_keys(ctx: Context, user_id: UUID, public_key: str, private_key: str) -> User:
    """Store the RSA key pair of an account that has none."""
    user = lock_user(ctx, user_id)
    if user.public_key or user.private_key:
        raise bad_request(rules.KEYS_EXIST, rule="account.keys")
    user.public_key, user.private_key = public_key, private_key
    _touch(ctx, user)
    return user


def reveal_api_key(ctx: Context, user_id: UUID, proof: SecretProof) -> User:
    """The account with its API key, for whoever knows the secret."""
    user = require_user(ctx, user_id)
    require_proof(ctx, user, proof)
    return user


def rotate_api_key(ctx: Context, user_id: UUID, proof: SecretProof) -> User:
    """Replace the API key; the old one is refused at once."""
    user = lock_proven(ctx, user_id, proof)
    user.api_key = ctx.ids.secret(rules.API_KEY_LENGTH)
    user.revision_date = ctx.clock.now()
    return user


def renew_security_stamp(ctx: Context, user_id: UUID, proof: SecretProof) -> None:
    """Sign out everywhere: all refresh tokens die, access tokens live on to their end."""
    user = lock_proven(ctx, user_id, proof, rules.WRONG_PASSWORD)
    user.security_stamp = str(ctx.ids.uuid())
    _touch(ctx, user)


def set_verify_devices(ctx: Context, user_id: UUID, proof: SecretProof, verify_devices: bool) -> None:
    """Switch the verification of new devices on or off for this account."""
    user = lock_proven(ctx, user_id, proof)
    user.verify_devices = verify_devices
    _touch(ctx, user)


def request_code(ctx: Context, user_id: UUID) -> None:
    """Mail a one-time code that stands in for the master password."""
    user = require_user(ctx, user_id)
    mail_code(ctx, user.id, Purpose.SECRET, partial(messages.one_time_code, user.email))


def confirm_code(ctx: Context, user_id: UUID, code: str) -> None:
    """Use up a one-time code. Raises the slow "Invalid token"."""
    user = require_user(ctx, user_id)
    if not redeem_code(ctx, user.id, Purpose.SECRET, code):
        raise invalid_field("Token", "Invalid token", rule="account.otp", slow=True)


def request_email_verification(ctx: Context, user_id: UUID) -> None:
    """Mail the link that verifies the address of an existing account; good for a day."""
    user = require_user(ctx, user_id)
    if user.email_verified:
        raise bad_request(rules.ALREADY_VERIFIED, rule="account.verified")
    payload = {"user_id": str(user.id), "email": user.email, "stamp": user.security_stamp}
    token = ctx.protector.protect(EMAIL_TOKEN, payload, ctx.clock.now() + EMAIL_TOKEN_LIFETIME)
    send_now(ctx, [messages.verify_email(ctx.settings.base_url, user.email, user.id, token)])


def confirm_email(ctx: Context, user_id: UUID | None, token: str) -> None:
    """Verify the address with the token of the mail. user_id None: what was sent is no id. Raises 401, slow 400."""
    if user_id is None:
        raise unauthorized("account.gone")
    user = lock_user(ctx, user_id)
    expected = {"user_id": str(user.id), "email": user.email, "stamp": user.security_stamp}
    if ctx.protector.unprotect(EMAIL_TOKEN, token, ctx.clock.now()) != expected:
        raise invalid_field("", "Invalid token.", rule="account.email-token", slow=True)
    user.email_verified = True
    _touch(ctx, user)
