"""The account routes under `/api`, equal on the cloud and on an instance.

Source: src/Api/Auth/Controllers/AccountsController.cs; fidelity.md: account.api, clients.calls.
"""

from uuid import UUID

from flask import Blueprint, Response

from common.domains.accounts import answers, service
from common.server import policy
from common.server.app import context
from common.server.body import answer, bare, nothing, read_json
from common.server.operation import operation
from common.wire import accounts as wire
from common.wire.api_keys import ApiKeyResponse
from common.wire.base import ErrorAnswer
from common.wire.master_password import KdfRequest, PasswordRequest, SecretVerification

bp = Blueprint("accounts", __name__)


@bp.get("/accounts/revision-date")
@policy.application
@operation(answer=int)
def show_revision_date() -> Response:
    """When the account changed last: a bare number, milliseconds."""
    return bare(service.revision_date(context(), policy.caller().user))


@bp.post("/accounts/verify-password")
@policy.application
@operation(body=SecretVerification, answer=wire.MasterPasswordPolicy)
def verify_password() -> Response:
    """Check a secret for the client; the answer is the policy in force."""
    service.verify_password(context(), policy.caller().user, read_json(SecretVerification).proof)
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
@operation(body=SecretVerification, answer=ApiKeyResponse)
def reveal_api_key() -> Response:
    """Show the personal API key after checking the secret."""
    user = service.reveal_api_key(context(), policy.caller().user, read_json(SecretVerification).proof)
    return answer(answers.api_key(user))


@bp.post("/accounts/rotate-api-key")
@policy.application
@operation(body=SecretVerification, answer=ApiKeyResponse)
def rotate_api_key() -> Response:
    """Replace the personal API key after checking the secret."""
    user = service.rotate_api_key(context(), policy.caller().user, read_json(SecretVerification).proof)
    return answer(answers.api_key(user))


@bp.post("/accounts/security-stamp")
@policy.application
@operation(body=SecretVerification)
def renew_security_stamp() -> Response:
    """Sign out everywhere."""
    service.renew_security_stamp(context(), policy.caller().user, read_json(SecretVerification).proof)
    return nothing()


@bp.post("/accounts/password")
@policy.application
@operation(body=PasswordRequest)
def change_password() -> Response:
    """Replace the master password."""
    body = read_json(PasswordRequest)
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
@operation(body=KdfRequest)
def change_kdf() -> Response:
    """Change how the master password is stretched."""
    body = read_json(KdfRequest)
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
    return answer(answers.keys(service.require_user(context(), policy.caller().user)))


@bp.post("/accounts/keys")
@policy.application
@operation(body=wire.KeysRequest, answer=wire.KeysAnswer)
def set_keys() -> Response:
    """Store the key pair of an account without one."""
    body = read_json(wire.KeysRequest)
    user = service.set_keys(context(), policy.caller().user, body.public_key, body.encrypted_private_key)
    return answer(answers.keys(user))


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


@bp.get("/users/<guid('id'):user_id>/public-key")
@policy.application
@operation(answer=wire.PublicKeyOfUser)
def show_public_key(user_id: UUID) -> Response:
    """What the organization key is wrapped with when somebody is confirmed."""
    return answer(wire.PublicKeyOfUser(user_id=user_id, public_key=service.public_key_of(context(), user_id)))


@bp.get("/users/<guid('id'):user_id>/keys")
@policy.application
@operation(answer=wire.PublicKeysOfUser)
def show_public_keys(user_id: UUID) -> Response:
    """The same with what proves it, as newer clients ask for it."""
    return answer(wire.PublicKeysOfUser(public_key=service.public_key_of(context(), user_id)))
