"""The account routes under `/api`, equal on the cloud and on an instance.

Source: src/Api/Auth/Controllers/AccountsController.cs, src/Api/Vault/Controllers/SyncController.cs;
spec/identity-and-accounts.md 7, 8, 17.
"""

import base64
import binascii
from uuid import UUID

from flask import Blueprint, Response, request

from common.domains.accounts import service, vault
from common.domains.identity import service as identity
from common.errors import invalid_field
from common.server import policy
from common.server.app import context
from common.server.body import answer, bare, nothing, read_json
from common.server.operation import Rows, operation
from common.wire import accounts as wire
from common.wire import shapes
from common.wire.base import ErrorAnswer, ListAnswer
from common.wire.identity import PreloginAnswer, PreloginRequest

bp = Blueprint("accounts", __name__)


@bp.get("/accounts/profile")
@policy.application
@operation(answer=wire.Profile)
def show_profile() -> Response:
    """The signed-in user with organizations."""
    found = vault.profile_of(context(), policy.caller().user)
    return answer(wire.Profile.of(found.user, found.memberships))


@bp.route("/accounts/profile", methods=["PUT", "POST"])
@policy.application
@operation(body=wire.ProfileRequest, answer=wire.Profile)
def change_profile() -> Response:
    """Set the display name."""
    ctx, user_id = context(), policy.caller().user
    service.change_profile(ctx, user_id, read_json(wire.ProfileRequest).name)
    return _profile_without_organizations(user_id)


@bp.route("/accounts/avatar", methods=["PUT", "POST"])
@policy.application
@operation(body=wire.AvatarRequest, answer=wire.Profile)
def change_avatar() -> Response:
    """Set the avatar's color."""
    ctx, user_id = context(), policy.caller().user
    service.change_avatar(ctx, user_id, read_json(wire.AvatarRequest).avatar_color)
    return _profile_without_organizations(user_id)


def _profile_without_organizations(user_id: UUID) -> Response:
    found = vault.profile_of(context(), user_id)
    return answer(wire.Profile.of(found.user, found.memberships, with_organizations=False))


@bp.get("/accounts/organizations")
@policy.application
@operation(answer=Rows(wire.ProfileOrganization))
def list_organizations() -> Response:
    """The confirmed memberships."""
    found = vault.profile_of(context(), policy.caller().user)
    return answer(ListAnswer(data=[each.wire() for each in wire.profile_organizations(found.memberships)]))


@bp.get("/accounts/revision-date")
@policy.application
@operation(answer=int)
def show_revision_date() -> Response:
    """When the account changed last: a bare number, milliseconds."""
    return bare(vault.revision_date(context(), policy.caller().user))


@bp.get("/sync")
@policy.application
@operation(query=["excludeDomains"], answer=shapes.Vault)
def sync() -> Response:
    """Everything a client keeps."""
    found = vault.vault_of(context(), policy.caller().user)
    return answer(wire.sync(found, exclude_domains=request.args.get("excludeDomains", "").lower() == "true"))


@bp.get("/settings/domains")
@policy.application
@operation(answer=shapes.Domains)
def show_domains() -> Response:
    """Equivalent domains."""
    return answer(wire.domains())


@bp.post("/accounts/verify-password")
@policy.application
@operation(body=wire.SecretVerification, answer=wire.MasterPasswordPolicy)
def verify_password() -> Response:
    """Check a secret for the client; the answer is the policy in force."""
    service.verify_password(context(), policy.caller().user, read_json(wire.SecretVerification).proof)
    return answer(wire.MasterPasswordPolicy())


@bp.post("/accounts/request-otp")
@policy.application
@operation()
def request_code() -> Response:
    """Mail a one-time code."""
    service.request_code(context(), policy.caller().user)
    return nothing()


@bp.post("/accounts/verify-otp")
@policy.application
@operation(body=wire.CodeRequest)
def confirm_code() -> Response:
    """Use up a one-time code."""
    service.confirm_code(context(), policy.caller().user, read_json(wire.CodeRequest).otp)
    return nothing()


@bp.post("/accounts/verify-email")
@policy.application
@operation()
def request_email_verification() -> Response:
    """Mail the link that verifies the account's address."""
    service.request_email_verification(context(), policy.caller().user)
    return nothing()


@bp.post("/accounts/verify-email-token")
@policy.anonymous
@operation(body=wire.EmailTokenRequest, answers={401: ErrorAnswer})
def confirm_email() -> Response:
    """Verify the address with what the link holds."""
    body = read_json(wire.EmailTokenRequest)
    service.confirm_email(context(), _uuid_or_none(body.user_id), body.token)
    return nothing()


def _uuid_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@bp.post("/accounts/api-key")
@policy.application
@operation(body=wire.SecretVerification, answer=wire.ApiKeyAnswer)
def reveal_api_key() -> Response:
    """Show the personal API key after checking the secret."""
    user = service.reveal_api_key(context(), policy.caller().user, read_json(wire.SecretVerification).proof)
    return answer(wire.ApiKeyAnswer(api_key=user.api_key, revision_date=user.revision_date))


@bp.post("/accounts/rotate-api-key")
@policy.application
@operation(body=wire.SecretVerification, answer=wire.ApiKeyAnswer)
def rotate_api_key() -> Response:
    """Replace the personal API key after checking the secret."""
    user = service.rotate_api_key(context(), policy.caller().user, read_json(wire.SecretVerification).proof)
    return answer(wire.ApiKeyAnswer(api_key=user.api_key, revision_date=user.revision_date))


@bp.post("/accounts/security-stamp")
@policy.application
@operation(body=wire.SecretVerification)
def renew_security_stamp() -> Response:
    """Sign out everywhere."""
    service.renew_security_stamp(context(), policy.caller().user, read_json(wire.SecretVerification).proof)
    return nothing()


@bp.post("/accounts/password")
@policy.application
@operation(body=wire.PasswordRequest)
def change_password() -> Response:
    """Replace the master password."""
    body = read_json(wire.PasswordRequest)
    service.change_password(
        context(), policy.caller().user, body.master_password_hash, body.new_password, body.master_password_hint
    )
    return nothing()


@bp.post("/accounts/email-token")
@policy.application
@operation(body=wire.EmailCodeRequest)
def request_email_change() -> Response:
    """Mail a code to the address the account is to have."""
    body = read_json(wire.EmailCodeRequest)
    service.request_email_change(context(), policy.caller().user, body.master_password_hash, body.new_email)
    return nothing()


@bp.post("/accounts/email")
@policy.application
@operation(body=wire.EmailChangeRequest)
def change_email() -> Response:
    """Change the account's address."""
    body = read_json(wire.EmailChangeRequest)
    user_id, new = policy.caller().user, body.new_password
    service.change_email(context(), user_id, body.master_password_hash, body.new_email, body.token, new)
    return nothing()


@bp.post("/accounts/password-hint")
@policy.anonymous
@operation(body=wire.PasswordHintRequest)
def send_password_hint() -> Response:
    """Mail the hint of the master password; the answer does not tell whether there is such an account."""
    service.send_password_hint(context(), read_json(wire.PasswordHintRequest).email)
    return nothing()


@bp.get("/accounts/sso/user-identifier")
@policy.application
@operation(answer=str)
def show_sso_identifier() -> Response:
    """What links the account to an identity provider, a bare JSON string."""
    return bare(service.sso_identifier(context(), policy.caller().user))


@bp.post("/accounts/kdf")
@policy.application
@operation(body=wire.KdfRequest)
def change_kdf() -> Response:
    """Change how the master password is stretched."""
    body = read_json(wire.KdfRequest)
    service.change_kdf(
        context(),
        policy.caller().user,
        body.master_password_hash,
        body.authentication_data.half,
        body.unlock_data.half,
    )
    return nothing()


@bp.get("/accounts/keys")
@policy.application
@operation(answer=wire.KeysAnswer)
def show_keys() -> Response:
    """All keys of the account."""
    return answer(wire.KeysAnswer.of(service.require_user(context(), policy.caller().user)))


@bp.post("/accounts/keys")
@policy.application
@operation(body=wire.KeysRequest, answer=wire.KeysAnswer)
def set_keys() -> Response:
    """Store the key pair of an account without one."""
    body = read_json(wire.KeysRequest)
    user = service.set_keys(context(), policy.caller().user, body.public_key, body.encrypted_private_key)
    return answer(wire.KeysAnswer.of(user))


@bp.post("/accounts/key-management/user-key-id")
@policy.application
@operation()
def note_user_key_id() -> Response:
    """Newer clients tell the id of their user key after signing in; nothing here depends on it."""
    return nothing()


@bp.route("/accounts/verify-devices", methods=["PUT", "POST"])
@policy.application
@operation(body=wire.VerifyDevices)
def set_verify_devices() -> Response:
    """Switch the verification of new devices."""
    body = read_json(wire.VerifyDevices)
    service.set_verify_devices(context(), policy.caller().user, body.proof, body.verify_devices)
    return nothing()


@bp.post("/accounts/resend-new-device-otp")
@policy.anonymous
@operation(body=wire.NewDeviceCodeRequest)
def resend_new_device_code() -> Response:
    """Mail another new-device code; the answer does not tell whether the secret was right."""
    body = read_json(wire.NewDeviceCodeRequest)
    identity.resend_new_device_code(context(), body.email, body.master_password_hash)
    return nothing()


@bp.delete("/accounts")
@policy.application
@operation(body=wire.SecretVerification)
def delete_account() -> Response:
    """Delete the account."""
    service.delete_account(context(), policy.caller().user, read_json(wire.SecretVerification).proof)
    return nothing()


bp.add_url_rule("/accounts/delete", view_func=delete_account, methods=["POST"])


@bp.post("/accounts/prelogin")
@policy.anonymous
@operation(body=PreloginRequest, answer=PreloginAnswer)
def prelogin() -> Response:
    """Alias of Identity's route for clients that ask here."""
    return answer(PreloginAnswer.of(identity.prelogin(context(), read_json(PreloginRequest).email)))


bp.add_url_rule("/accounts/prelogin/password", view_func=prelogin, methods=["POST"])


@bp.get("/devices/knowndevice")
@policy.anonymous
@operation(headers=["X-Request-Email", "X-Device-Identifier"], answer=bool)
def is_known_device() -> Response:
    """Whether a device has signed in before; address (URL-safe base64) and device come in headers."""
    email = _base64_text(_required_header("X-Request-Email"))
    return bare(identity.is_known_device(context(), email, _required_header("X-Device-Identifier")))


def _required_header(name: str) -> str:
    value = request.headers.get(name, "").strip()
    if not value:
        raise invalid_field(name, f"The {name} field is required.", rule="model-state")
    return value


def _base64_text(text: str) -> str:
    try:
        data = base64.urlsafe_b64decode(text.rstrip("=").encode() + b"=" * (-len(text.rstrip("=")) % 4))
        return data.decode()
    except (binascii.Error, UnicodeDecodeError):
        raise invalid_field("X-Request-Email", "The value is not URL-safe base64.", rule="model-state") from None
