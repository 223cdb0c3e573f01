"""Two-step login: setting providers up, and the second step at login.

Source: src/Api/Auth/Controllers/TwoFactorController.cs,
src/Identity/IdentityServer/RequestValidators/TwoFactorAuthenticationValidator.cs;
fidelity.md: identity.token.
"""

from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from common.crypto import totp
from common.crypto.account import normalised_email
from common.crypto.master_password import SecretProof
from common.domains.accounts.codes import Purpose, mail_code, redeem_code
from common.domains.accounts.service import (
    User,
    check_password,
    count_failed_login,
    find_user_by_email,
    lock_proven,
    lock_user,
    require_proof,
    require_user,
    verify_secret,
)
from common.domains.accounts.two_step import rules
from common.domains.accounts.two_step.rules import Provider, SecondStep, SetupProof
from common.domains.events.rules import Kind
from common.domains.events.service import record_user
from common.errors import OAuthRefusal, Refusal, invalid_field
from common.server.context import Context
from common.server.mail import messages
from common.server.transaction import own_transaction

REMEMBER_TOKEN = "BwTwoFactorRemember"
SESSION_TOKEN = "BwSsoEmail2FaSessionToken"
AUTHENTICATOR_TOKEN = "TwoFactorAuthenticatorUserVerificationToken"
EMAIL_TOKEN = "TwoFactorUserVerificationToken"


@dataclass(frozen=True)
class AuthenticatorSetup:
    """An authenticator, in use or offered. key: base32. token: proves later that the secret was given for this key."""

    enabled: bool
    key: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True)
class EmailSetup:
    """Mailed codes. email: where they go, None when not in use. token: proves later that the secret was given."""

    email: str | None
    token: str = field(repr=False)


def _configured(user: User, provider: Provider) -> dict[str, Any] | None:
    return (user.two_factor_providers or {}).get(str(provider.value))


def list_providers(ctx: Context, user_id: UUID) -> list[Provider]:
    """The providers in use."""
    user = require_user(ctx, user_id)
    return [each for each in rules.CONFIGURABLE if _configured(user, each) is not None]


def show_authenticator(ctx: Context, user_id: UUID, proof: SecretProof) -> AuthenticatorSetup:
    """The authenticator in use, or a fresh key to set one up with. Raises the slow "User verification failed."."""
    user = require_user(ctx, user_id)
    require_proof(ctx, user, proof)
    known = _configured(user, Provider.AUTHENTICATOR)
    key = known["key"] if known else totp.new_key(ctx.ids.secret(64))
    return AuthenticatorSetup(known is not None, key, _setup_token(ctx, AUTHENTICATOR_TOKEN, _key_of(user.id, key)))


def _setup_token(ctx: Context, kind: str, payload: dict[str, str]) -> str:
    return ctx.protector.protect(kind, payload, ctx.clock.now() + rules.SETUP_LIFETIME)


def _key_of(user_id: UUID, key: str) -> dict[str, str]:
    return {"user_id": str(user_id), "key": key}


def _email_of(user_id: UUID) -> dict[str, str]:
    return {"user_id": str(user_id), "provider": str(Provider.EMAIL.value)}


def _lock_proven(ctx: Context, user_id: UUID, proof: SetupProof, kind: str, payload: dict[str, str]) -> User:
    """The account of somebody who shows what `_require_setup_proof` asks for, locked."""
    if not proof.token:
        return lock_proven(ctx, user_id, proof.secret)
    user = lock_user(ctx, user_id)
    _require_setup_proof(ctx, user, proof, kind, payload)
    return user


def _require_setup_proof(ctx: Context, user: User, proof: SetupProof, kind: str, payload: dict[str, str]) -> None:
    """The secret itself, or the token that was given for it to this user and for just this."""
    if not proof.token:
        require_proof(ctx, user, proof.secret)
    elif ctx.protector.unprotect(kind, proof.token, ctx.clock.now()) != payload:
        raise invalid_field("UserVerificationToken", "User verification failed.", rule="two-step.setup-token")


def enable_authenticator(ctx: Context, user_id: UUID, key: str, code: str, proof: SetupProof) -> None:
    """Start to use an authenticator that shows this code now. Raises the slow "Invalid token."."""
    user = _lock_proven(ctx, user_id, proof, AUTHENTICATOR_TOKEN, _key_of(user_id, key))
    if not _use_authenticator_code(ctx, user, key, code):
        raise rules.wrong_setup_code()
    _configure(ctx, user, Provider.AUTHENTICATOR, {"key": key})


def disable_authenticator(ctx: Context, user_id: UUID, key: str, proof: SetupProof) -> None:
    """Give up the authenticator."""
    user = _lock_proven(ctx, user_id, proof, AUTHENTICATOR_TOKEN, _key_of(user_id, key))
    _configure(ctx, user, Provider.AUTHENTICATOR, None)


def _use_authenticator_code(ctx: Context, user: User, secret: str, code: str) -> bool:
    """Whether the code is right; each time step's code works once, also when two requests bring it at once."""
    key = totp.key_of(secret)
    step = totp.matching_step(key, code, ctx.clock.now(), user.two_factor_last_step) if key else None
    if step is None:
        return False
    unused = sa.or_(User.two_factor_last_step.is_(None), User.two_factor_last_step < step)
    used = sa.update(User).where(User.id == user.id, unused).values(two_factor_last_step=step)
    result = ctx.session.execute(used.execution_options(synchronize_session=False))
    return isinstance(result, sa.CursorResult) and result.rowcount == 1


def _configure(ctx: Context, user: User, provider: Provider, setup: dict[str, Any] | None) -> None:
    """Set or remove a provider, nothing if it is not there; the first one brings a recovery code."""
    before = user.two_factor_providers or {}
    if setup is None and str(provider.value) not in before:
        return
    providers = {name: known for name, known in before.items() if name != str(provider.value)}
    if setup is not None:
        providers[str(provider.value)] = setup
        user.two_factor_recovery_code = user.two_factor_recovery_code or _new_recovery_code(ctx)
    user.two_factor_providers = dict(sorted(providers.items())) or None
    user.revision_date = user.account_revision_date = ctx.clock.now()
    record_user(ctx, user.id, Kind.USER_DISABLED_2FA if setup is None else Kind.USER_UPDATED_2FA)


def _new_recovery_code(ctx: Context) -> str:
    return ctx.ids.secret(rules.RECOVERY_CODE_LENGTH).lower()


def show_email(ctx: Context, user_id: UUID, proof: SecretProof) -> EmailSetup:
    """Where codes are mailed. Raises the slow "User verification failed."."""
    user = require_user(ctx, user_id)
    require_proof(ctx, user, proof)
    known = _configured(user, Provider.EMAIL)
    return EmailSetup(known["email"] if known else None, _setup_token(ctx, EMAIL_TOKEN, _email_of(user.id)))


def send_setup_code(ctx: Context, user_id: UUID, proof: SetupProof, email: str) -> None:
    """Mail a code to an address that is to be used."""
    user = require_user(ctx, user_id)
    with own_transaction(ctx.session):  # a one-time code that proves it is used up, also when no mail can be sent
        _require_setup_proof(ctx, user, proof, EMAIL_TOKEN, _email_of(user.id))
    _mail_code(ctx, user, normalised_email(email))


def _mail_code(ctx: Context, user: User, email: str) -> None:
    write = partial(messages.two_step_code, email)
    mail_code(ctx, user.id, Purpose.TWO_STEP, write, length=rules.EMAIL_CODE_LENGTH, about=email)


def enable_email(ctx: Context, user_id: UUID, proof: SetupProof, email: str, code: str) -> str:
    """Start to mail codes to the address that got this one; the address. Raises the slow "Invalid token."."""
    user = _lock_proven(ctx, user_id, proof, EMAIL_TOKEN, _email_of(user_id))
    address = normalised_email(email)
    if not redeem_code(ctx, user.id, Purpose.TWO_STEP, code, about=address):
        raise rules.wrong_setup_code()
    _configure(ctx, user, Provider.EMAIL, {"email": address})
    return address


def disable_email(ctx: Context, user_id: UUID, proof: SetupProof) -> None:
    """Mail no codes any more."""
    user = _lock_proven(ctx, user_id, proof, EMAIL_TOKEN, _email_of(user_id))
    _configure(ctx, user, Provider.EMAIL, None)


def send_login_code(ctx: Context, email: str, proof: SecretProof, session_token: str | None) -> None:
    """Mail a code to somebody who is signing in and has shown the first step, or a token that says so."""
    user = find_user_by_email(ctx, email)
    known = _configured(user, Provider.EMAIL) if user is not None else None
    if user is None:
        raise rules.cannot_send()
    if session_token:
        if ctx.protector.unprotect(SESSION_TOKEN, session_token, ctx.clock.now()) != _session_payload(user):
            raise rules.cannot_send(rules.SESSION_NEEDED)
    else:
        with own_transaction(ctx.session):  # a one-time code that proves it is used up, also when no mail can be sent
            proven = verify_secret(ctx, user, proof.master_password_hash, proof.otp)
        if not proven:
            raise rules.cannot_send()
    if known is None:
        raise rules.cannot_send()
    _mail_code(ctx, user, known["email"])


def _session_payload(user: User) -> dict[str, str]:
    return {"user_id": str(user.id), "email": user.email}


def disable_provider(ctx: Context, user_id: UUID, proof: SecretProof, provider: int) -> None:
    """Give up a provider; nothing happens when it is not in use."""
    user = lock_proven(ctx, user_id, proof)
    known = next((each for each in rules.CONFIGURABLE if each == provider), None)
    if known is not None and _configured(user, known) is not None:
        _configure(ctx, user, known, None)


def show_recovery_code(ctx: Context, user_id: UUID, proof: SecretProof) -> str | None:
    """The code that switches two-step login off; None before it was ever on."""
    user = require_user(ctx, user_id)
    require_proof(ctx, user, proof)
    return user.two_factor_recovery_code


def recover(ctx: Context, email: str, master_password_hash: str, code: str) -> None:
    """Switch two-step login off with the recovery code. Raises the slow "Invalid information. Try again."."""
    user = find_user_by_email(ctx, email)
    if user is None or not check_password(ctx, user, master_password_hash) or not _recover(ctx, user, code):
        raise invalid_field("", rules.RECOVERY_FAILED, rule="two-step.recover", slow=True)


def _recover(ctx: Context, user: User, code: str) -> bool:
    """Whether the code is right for the account as it was proven; it works once."""
    proven = user.master_password_hash
    user = lock_user(ctx, user.id)
    if user.master_password_hash != proven:
        return False
    if not rules.same_recovery_code(user.two_factor_recovery_code, code):
        return False
    user.two_factor_providers = None
    user.two_factor_recovery_code = _new_recovery_code(ctx)
    user.revision_date = user.account_revision_date = ctx.clock.now()
    record_user(ctx, user.id, Kind.USER_RECOVERED_2FA)
    return True


def take_second_step(ctx: Context, user: User, step: SecondStep | None) -> str | None:
    """Let a user who has shown the first step pass, or raise the OAuthRefusal that says what is missing.

    Answers with the token that spares the second step for 30 days, if it was asked for.
    """
    if not user.two_factor_enabled:
        return None
    if step is None:
        raise _step_needed(ctx, user)
    if not _verified(ctx, user, step):
        if step.provider == Provider.REMEMBER:
            raise _step_needed(ctx, user)
        count_failed_login(ctx, user, Kind.USER_FAILED_LOG_IN_2FA)
        raise rules.wrong_code()
    if not step.remember or step.provider == Provider.REMEMBER or step.recovers:
        return None
    expires = ctx.clock.now() + rules.REMEMBERED_FOR
    return ctx.protector.protect(REMEMBER_TOKEN, _remember_payload(user), expires)


def _remember_payload(user: User) -> dict[str, str]:
    return {"user_id": str(user.id), "stamp": user.security_stamp}


def _verified(ctx: Context, user: User, step: SecondStep) -> bool:
    match step.provider:
        case Provider.AUTHENTICATOR:
            known = _configured(user, Provider.AUTHENTICATOR)
            return known is not None and _use_authenticator_code(ctx, user, known["key"], step.code)
        case Provider.EMAIL:
            known = _configured(user, Provider.EMAIL)
            return known is not None and redeem_code(ctx, user.id, Purpose.TWO_STEP, step.code, about=known["email"])
        case Provider.REMEMBER:
            return ctx.protector.unprotect(REMEMBER_TOKEN, step.code, ctx.clock.now()) == _remember_payload(user)
        case Provider.RECOVERY_CODE:
            return _recover(ctx, user, step.code)
    return False


def _step_needed(ctx: Context, user: User) -> OAuthRefusal:
    """What the client is told; a code is mailed at once when that is the only way."""
    mailed = _configured(user, Provider.EMAIL)
    providers: dict[Provider, dict[str, Any] | None] = {}
    if _configured(user, Provider.AUTHENTICATOR) is not None:
        providers[Provider.AUTHENTICATOR] = None
    if mailed is None:
        return rules.CodeNeeded(providers, {})
    providers[Provider.EMAIL] = {"Email": rules.masked(mailed["email"])}
    expires = ctx.clock.now() + rules.SESSION_LIFETIME
    token = ctx.protector.protect(SESSION_TOKEN, _session_payload(user), expires)
    needed = rules.CodeNeeded(providers, {"SsoEmail2faSessionToken": token, "Email": user.email})
    if len(providers) == 1:
        try:
            _mail_code(ctx, user, mailed["email"])
        except Refusal as refusal:
            raise OAuthRefusal("invalid_grant", rules.BAD_CREDENTIALS, error_model=refusal.message) from refusal
    return needed
