"""Prelogin, the registration flow, and what is known about devices.

Source: src/Identity/Controllers/AccountsController.cs,
src/Core/Auth/UserFeatures/Registration/Implementations; fidelity.md: identity.registration, identity.devices.
"""

from datetime import timedelta
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa

from common.crypto.account import Kdf, normalised_email
from common.domains.accounts.codes import Purpose, mail_code
from common.domains.accounts.rules import NewAccount, kdf_of
from common.domains.accounts.service import check_password, create_account, find_user_by_email
from common.domains.identity import rules
from common.domains.identity.models import Device
from common.domains.identity.rules import RegistrationToken
from common.domains.organizations.invitations import invite_is_valid
from common.domains.sponsorships.offers import find_offer
from common.errors import bad_request, invalid_model
from common.server.context import Context
from common.server.mail import messages
from common.server.outbox.service import require_mail, send_now
from common.wire.identity import RegisterFinishRequest
from common.wire.older import OlderRegistration

REGISTRATION_TOKEN = "BwRegistrationEmailVerificationToken"
REGISTRATION_TOKEN_LIFETIME = timedelta(minutes=15)

_REFUSED_TOKENS = {
    RegistrationToken.EMAIL: "Invalid email verification token.",
    RegistrationToken.ORGANIZATION_INVITE: "Invalid organization user invitation.",
    RegistrationToken.SPONSORSHIP: "Invalid org sponsored free family plan token.",
    RegistrationToken.EMERGENCY_ACCESS: "Invalid accept emergency access invite token.",
    RegistrationToken.PROVIDER_INVITE: "Invalid provider invite token.",
}


def prelogin(ctx: Context, email: str) -> tuple[Kdf, str | None]:
    """How the client must derive the master key, and the salt; an unknown address gets an answer like any other."""
    user = find_user_by_email(ctx, email)
    if user is None:
        return Kdf(), normalised_email(email)
    return kdf_of(user.kdf, user.kdf_iterations, user.kdf_memory, user.kdf_parallelism), None


def start_registration(ctx: Context, email: str, name: str | None, from_marketing: str | None) -> str | None:
    """The registration token (15 minutes), or None when it was mailed instead.

    With verification on nothing tells whether the address is taken. Raises 400 when registration is closed.
    """
    _require_open_registration(ctx)
    exists = find_user_by_email(ctx, email) is not None
    if not ctx.settings.enable_email_verification:
        if exists:
            raise bad_request(f"Email {email} is already taken", rule="registration.taken")
        return _registration_token(ctx, email, name)
    require_mail(ctx)
    if not exists:
        token = _registration_token(ctx, email, name)
        to = normalised_email(email)
        send_now(ctx, [messages.registration_verification(ctx.settings.base_url, to, token, from_marketing)])
    return None


def start_trial_registration(ctx: Context, email: str, name: str | None, trial: messages.Trial) -> str | None:
    """`start_registration` of somebody who begins with a trial; who has an account is led to a new organization.

    Source: src/Core/Billing/TrialInitiation/Registration/Implementations/
    SendTrialInitiationEmailForRegistrationCommand.cs; fidelity.md: identity.registration.
    """
    exists = find_user_by_email(ctx, email) is not None
    token = _registration_token(ctx, email, name)
    if not ctx.settings.enable_email_verification:
        if exists:
            raise bad_request(f"Email {email} is already taken", rule="registration.taken")
        return token
    to = normalised_email(email)
    send_now(ctx, [messages.trial_verification(ctx.settings.base_url, to, token, trial, account_exists=exists)])
    return None


def _require_open_registration(ctx: Context) -> None:
    if ctx.settings.disable_user_registration:
        raise bad_request(rules.REGISTRATION_CLOSED, rule="registration.closed")


def _registration_token(ctx: Context, email: str, name: str | None) -> str:
    payload = {"email": normalised_email(email), "name": name}
    expires = ctx.clock.now() + REGISTRATION_TOKEN_LIFETIME
    return ctx.protector.protect(REGISTRATION_TOKEN, payload, expires)


def _open_registration_token(ctx: Context, token: str, email: str) -> dict[str, str | None] | None:
    payload = ctx.protector.unprotect(REGISTRATION_TOKEN, token, ctx.clock.now())
    return payload if payload is not None and payload["email"] == normalised_email(email) else None


def check_registration_link(ctx: Context, email: str, token: str) -> None:
    """Whether the link of the registration mail still leads somewhere. Raises 400."""
    if _open_registration_token(ctx, token, email) is None or find_user_by_email(ctx, email) is not None:
        raise bad_request(rules.EXPIRED_LINK, rule="registration.expired-link")


class Entitlement(NamedTuple):
    """Why somebody may register: what the token proves about them."""

    name: str | None = None
    email_verified: bool = False


def finish_registration(ctx: Context, body: RegisterFinishRequest) -> None:
    """Make the account. Raises 400 for a body that does not fit, a token that is not good, a taken address."""
    problems = rules.registration_problems(body)
    kind, pair = rules.registration_token(body), body.key_pair
    if problems or kind is None or pair is None:
        raise invalid_model(problems, rule="registration.body")
    entitlement = _entitlement(ctx, kind, body)
    if entitlement is None:
        raise bad_request(_REFUSED_TOKENS[kind], rule="registration.token")
    create_account(
        ctx,
        NewAccount(
            email=body.email,
            name=entitlement.name,
            hint=body.master_password_hint,
            password=rules.registered_password(body),
            public_key=pair[0],
            private_key=pair[1],
            email_verified=entitlement.email_verified,
        ),
    )


def register_as_of_old(ctx: Context, body: OlderRegistration) -> None:
    """Make the account of somebody who was invited, or of anybody, whose address is verified later.

    Source: v2025.3.0: src/Core/Auth/UserFeatures/Registration/Implementations/RegisterUserCommand.cs;
    fidelity.md: clients.older.
    """
    if body.token and body.organization_user_id is not None:
        if not invite_is_valid(ctx, body.token, body.organization_user_id, normalised_email(body.email)):
            raise bad_request("Organization invite token is invalid.", rule="registration.token")
    else:
        _require_open_registration(ctx)
    create_account(
        ctx,
        NewAccount(
            email=body.email,
            name=body.name,
            hint=body.master_password_hint,
            password=rules.password_as_of_old(body),
            public_key=body.keys.public_key,
            private_key=body.keys.encrypted_private_key,
            email_verified=bool(body.token),
        ),
    )


def _entitlement(ctx: Context, kind: RegistrationToken, body: RegisterFinishRequest) -> Entitlement | None:
    """None for a token that is not good. Emergency access and provider tokens are never made here."""
    if kind is RegistrationToken.EMAIL:
        _require_open_registration(ctx)
        payload = _open_registration_token(ctx, body.email_verification_token or "", body.email)
        return Entitlement(payload["name"], email_verified=True) if payload is not None else None
    if kind is RegistrationToken.ORGANIZATION_INVITE and body.organization_user_id is not None:
        email = normalised_email(body.email)
        if invite_is_valid(ctx, body.org_invite_token or "", body.organization_user_id, email):
            return Entitlement()
    if kind is RegistrationToken.SPONSORSHIP:
        _require_open_registration(ctx)
        if find_offer(ctx, body.org_sponsored_free_family_plan_token or "", body.email) is not None:
            return Entitlement(email_verified=True)
    return None


def is_known_device(ctx: Context, email: str, identifier: str) -> bool:
    """Whether this device has signed in as this user before."""
    user = find_user_by_email(ctx, email)
    if user is None:
        return False
    query = sa.select(Device.id).where(Device.user_id == user.id, Device.identifier == identifier)
    return ctx.session.scalar(query) is not None


def resend_new_device_code(ctx: Context, email: str, master_password_hash: str | None) -> None:
    """Mail another new-device code to whoever knows the master password; silent for everybody else."""
    require_mail(ctx)
    user = find_user_by_email(ctx, email)
    if user is not None and master_password_hash and check_password(ctx, user, master_password_hash):
        mail_code(ctx, user.id, Purpose.NEW_DEVICE, partial(messages.one_time_code, user.email))
