"""The token endpoint: who gets an access token, for what, and for how long. Checks run in upstream's order.

Source: src/Identity/IdentityServer/RequestValidators/*.cs, ClientProviders/*.cs; fidelity.md: identity.token.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from hmac import compare_digest

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from common.crypto.tokens import sign_access_token
from common.domains.accounts.codes import Purpose, mail_code, redeem_code
from common.domains.accounts.service import (
    User,
    check_password,
    count_failed_login,
    find_user,
    find_user_by_email,
    lock_users,
)
from common.domains.accounts.two_step.rules import second_step_of
from common.domains.accounts.two_step.service import take_second_step
from common.domains.events.rules import Kind
from common.domains.events.service import record_user
from common.domains.identity import rules
from common.domains.identity.clients import cause_of_refusal, find_client
from common.domains.identity.models import Device, RefreshGrant
from common.domains.identity.rules import STATIC_CLIENTS, DeviceForm, StaticClient, Subject
from common.domains.organizations.memberships import organizations_requiring_sso, roles_of
from common.errors import OAuthRefusal, Refusal
from common.server.clients import MachineClient
from common.server.context import Context
from common.server.mail import messages
from common.server.observed import note_cause, note_check
from common.server.transaction import outside_transaction, own_transaction, start_writing

OFFLINE = "offline_access"


@dataclass(frozen=True)
class TokenRequest:
    """A request to the token endpoint. fields: the form, names in lower case. client_version: of the header."""

    client_id: str
    client_secret: str | None = field(repr=False)
    fields: Mapping[str, str] = field(repr=False)
    client_version: str | None = None


@dataclass(frozen=True)
class Granted:
    """What the request earned. lifetime: seconds. user: set when the answer tells about the account.

    remember_token: spares this user the second step for a while.
    """

    access_token: str
    lifetime: int
    scopes: tuple[str, ...]
    refresh_token: str | None = None
    user: User | None = None
    remember_token: str | None = field(default=None, repr=False)


def issue_token(ctx: Context, request: TokenRequest) -> Granted:
    """Answer a token request. Raises OAuthRefusal; a wrong password is counted even so."""
    rules.require_short(request.client_id, request.fields)
    client = _authenticated_client(ctx, request)
    grant = _GRANTS.get(request.fields.get("grant_type", ""))
    if grant is None:
        raise OAuthRefusal("unsupported_grant_type")
    return grant(ctx, request, client)


def _authenticated_client(ctx: Context, request: TokenRequest) -> StaticClient | MachineClient:
    """The client, its secret checked if it must have one. Static clients have none and may send anything."""
    static = STATIC_CLIENTS.get(request.client_id)
    if static is not None:
        return static
    machine = find_client(ctx, request.client_id)
    if machine is not None:
        note_check("token.client-known")
    if machine is None or not compare_digest(machine.secret.encode(), (request.client_secret or "").encode()):
        note_cause(cause_of_refusal(request.client_id, request.client_secret, known=machine is not None))
        raise OAuthRefusal("invalid_client")
    note_check("token.client-secret")
    return machine


def _scopes(request: TokenRequest, allowed: frozenset[str]) -> tuple[str, ...]:
    scopes = rules.grant_scopes(request.fields.get("scope"), allowed)
    if scopes is None:
        raise OAuthRefusal("invalid_scope")
    return scopes


def _password(ctx: Context, request: TokenRequest, client: StaticClient | MachineClient) -> Granted:
    if isinstance(client, MachineClient):
        raise OAuthRefusal("unauthorized_client")
    scopes = _scopes(request, client.scopes)
    user = _user_with_password(ctx, request.fields)
    with _counted(ctx, user):
        _require_version(ctx, request)
    two_step, second_step = user.two_factor_enabled, second_step_of(request.fields)
    if second_step is None or not second_step.recovers:
        _refuse_where_sso_is_required(ctx, user)
    remember_token = take_second_step(ctx, user, second_step)
    if second_step is not None and second_step.recovers:
        _refuse_where_sso_is_required(ctx, user)
    with _counted(ctx, user):
        device = _device(request)
        _admit_device(ctx, user, device, request.fields.get("newdeviceotp", ""), two_step=two_step)
        _require_user_key(user)
    record_user(ctx, user.id, Kind.USER_LOGGED_IN)
    if user.failed_login_count:
        user.failed_login_count = 0
    now = ctx.clock.now()
    grant = RefreshGrant(
        user_id=user.id,
        client_id=request.client_id,
        scope=" ".join(scopes),
        security_stamp=user.security_stamp,
        device_identifier=device.identifier,
        device_type=device.type,
        auth_time=now,
        sliding_lifetime=client.refresh_lifetime,
    )
    refresh_token = _store_refresh_grant(ctx, grant) if OFFLINE in scopes else None
    access_token = _access_token(ctx, user, grant, client)
    return Granted(access_token, client.access_lifetime, scopes, refresh_token, user, remember_token)


def _refuse_where_sso_is_required(ctx: Context, user: User) -> None:
    identifiers = organizations_requiring_sso(ctx, user.id)
    if identifiers:
        raise rules.sso_required(identifiers)


def _user_with_password(ctx: Context, fields: Mapping[str, str]) -> User:
    """The user the credentials are of. Clients send the address as typed. An unknown user costs as much time.

    Until they are proven everything is only read.
    """
    email, password = fields.get("username", ""), fields.get("password", "")
    if not email.strip():
        raise OAuthRefusal("invalid_grant")
    user = find_user_by_email(ctx, email) if email == email.lstrip() else None
    if user is None:
        with outside_transaction(ctx.session):
            ctx.passwords.verify(None, password)
        raise rules.WrongCredentials
    if not check_password(ctx, user, password):
        count_failed_login(ctx, user, Kind.USER_FAILED_LOG_IN)
        raise rules.WrongCredentials
    user_id, proven = user.id, user.master_password_hash
    start_writing(ctx.session)
    locked = lock_users(ctx, [user_id]).get(user_id)
    if locked is None or locked.master_password_hash != proven:  # changed in this very moment
        raise rules.WrongCredentials
    return locked


@contextmanager
def _counted(ctx: Context, user: User) -> Iterator[None]:
    """What is refused in the block stands in the event log as a login that failed."""
    user_id = user.id
    try:
        yield
    except OAuthRefusal:
        with own_transaction(ctx.session):
            record_user(ctx, user_id, Kind.USER_FAILED_LOG_IN)
        raise


def _require_version(ctx: Context, request: TokenRequest) -> None:
    if ctx.settings.require_client_version and not request.client_version:
        raise rules.version_missing()


def _device(request: TokenRequest) -> DeviceForm:
    device = rules.device_of(request.fields)
    if device is None:
        raise rules.device_refused("No device information provided", "no device information provided")
    return device


def _require_user_key(user: User) -> None:
    if not user.key:
        raise rules.legacy_key()


def _admit_device(ctx: Context, user: User, form: DeviceForm, code: str, *, two_step: bool) -> None:
    """Remember the device; an unknown one may have to show a mailed code first, unless there was a second step."""
    devices = list(ctx.session.scalars(sa.select(Device).where(Device.user_id == user.id)))
    known = next((device for device in devices if device.identifier == form.identifier), None)
    if known is not None:
        known.push_token = form.push_token or known.push_token
        return
    age = ctx.clock.now() - user.creation_date
    wanted = user.verify_devices and not two_step
    if ctx.settings.enable_new_device_verification and rules.must_verify_device(wanted, age, bool(devices)):
        _verify_device(ctx, user, code)
    _remember_device(ctx, user, form)


def _verify_device(ctx: Context, user: User, code: str) -> None:
    if not code:
        try:
            mail_code(ctx, user.id, Purpose.NEW_DEVICE, partial(messages.one_time_code, user.email))
        except Refusal as refusal:
            raise rules.device_refused(rules.NEW_DEVICE, refusal.message) from refusal
        raise rules.NewDevice
    if not redeem_code(ctx, user.id, Purpose.NEW_DEVICE, code):
        raise rules.device_refused("Invalid New Device OTP", "invalid new device otp")
    user.email_verified = True


def _remember_device(ctx: Context, user: User, form: DeviceForm) -> None:
    now = ctx.clock.now()
    device = Device(
        id=ctx.ids.uuid(),
        user_id=user.id,
        name=form.name,
        type=form.type,
        identifier=form.identifier,
        push_token=form.push_token,
        creation_date=now,
        revision_date=now,
    )
    try:
        with ctx.session.begin_nested():
            ctx.session.add(device)
    except IntegrityError:
        pass  # the same device signed in twice at once


def _store_refresh_grant(ctx: Context, grant: RefreshGrant) -> str:
    """Keep the digest of a fresh refresh token; the user's ended ones are cleared away."""
    now = ctx.clock.now()
    ctx.session.execute(
        sa.delete(RefreshGrant).where(RefreshGrant.user_id == grant.user_id, RefreshGrant.expires_at <= now)
    )
    token = f"{ctx.ids.uuid().hex}{ctx.ids.uuid().hex}".upper() + "-1"
    grant.token_hash = _digest(token)
    grant.expires_at = now + timedelta(seconds=grant.sliding_lifetime)
    ctx.session.add(grant)
    return token


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _refresh(ctx: Context, request: TokenRequest, client: StaticClient | MachineClient) -> Granted:
    """The same refresh token comes back and lives on; the claims are made anew from the database."""
    if isinstance(client, MachineClient):
        raise OAuthRefusal("unauthorized_client")
    token = request.fields.get("refresh_token", "")
    if not token.strip():
        raise OAuthRefusal("invalid_request")
    start_writing(ctx.session)
    grant = ctx.session.get(RefreshGrant, _digest(token), with_for_update=True, populate_existing=True)
    now = ctx.clock.now()
    if grant is None or grant.client_id != request.client_id or now >= grant.expires_at:
        raise OAuthRefusal("invalid_grant")
    user = find_user(ctx, grant.user_id)
    if user is None or user.security_stamp.lower() != grant.security_stamp.lower():
        raise OAuthRefusal("invalid_grant")
    grant.expires_at = now + timedelta(seconds=grant.sliding_lifetime)
    scopes = tuple(grant.scope.split())
    return Granted(_access_token(ctx, user, grant, client), client.access_lifetime, scopes, token)


def _access_token(ctx: Context, user: User, grant: RefreshGrant, client: StaticClient) -> str:
    subject = _subject(ctx, user, grant.device_identifier, grant.device_type)
    roles = roles_of(ctx, user.id)
    claims = rules.user_claims(subject, grant.client_id, grant.scope.split(), grant.auth_time, roles)
    return _signed(ctx, claims, client.access_lifetime)


def _subject(ctx: Context, user: User, device: str | None, device_type: int | None) -> Subject:
    return Subject(
        id=user.id,
        email=user.email,
        email_verified=user.email_verified,
        name=user.name,
        premium=ctx.side.premium_claim(ctx, user.id, premium=user.premium),
        security_stamp=user.security_stamp,
        device=device,
        device_type=device_type,
    )


def _signed(ctx: Context, claims: Mapping[str, object], lifetime: int) -> str:
    frame = rules.lifetime_claims(ctx.settings.issuer, ctx.clock.now(), lifetime, ctx.ids.uuid().hex.upper())
    return sign_access_token(frame | dict(claims), ctx.signing_key)


def _client_credentials(ctx: Context, request: TokenRequest, client: StaticClient | MachineClient) -> Granted:
    if isinstance(client, StaticClient):
        raise OAuthRefusal("unauthorized_client")
    scopes = _scopes(request, client.scopes)
    start_writing(ctx.session)
    user = find_user(ctx, client.user_id) if client.user_id else None
    if user is None:
        claims = {"scope": list(scopes), "client_id": request.client_id, **client.claims}
    else:
        claims = _api_key_claims(ctx, request, user, scopes)
    own = client.issuing() if client.issuing is not None else {}
    token = _signed(ctx, {**claims, **own}, client.lifetime)
    return Granted(token, client.lifetime, scopes, user=user)


def _api_key_claims(ctx: Context, request: TokenRequest, user: User, scopes: tuple[str, ...]) -> dict[str, object]:
    """The personal API key needs a device too, but passes policies, two-step login and new-device verification."""
    with _counted(ctx, user):
        _require_version(ctx, request)
        device = _device(request)
        _require_user_key(user)
    record_user(ctx, user.id, Kind.USER_LOGGED_IN)
    query = sa.select(Device.id).where(Device.user_id == user.id, Device.identifier == device.identifier)
    if ctx.session.scalar(query) is None:
        _remember_device(ctx, user, device)
    subject = _subject(ctx, user, device.identifier, device.type)
    return rules.user_claims(subject, request.client_id, scopes, None, roles_of(ctx, user.id))


_GRANTS: Mapping[str, Callable[[Context, TokenRequest, StaticClient | MachineClient], Granted]] = {
    "password": _password,
    "refresh_token": _refresh,
    "client_credentials": _client_credentials,
}
