"""Two-step login under `/api/two-factor`, equal on the cloud and on an instance; changed by web vaults only.

Source: src/Api/Auth/Controllers/TwoFactorController.cs.
"""

from flask import Blueprint, Response

from common.two_step import service
from common.two_step.rules import Provider
from common.web import policy
from common.web.app import context
from common.web.body import answer, nothing, read_json
from common.web.operation import Rows, operation
from common.wire import two_step as wire
from common.wire.accounts import SecretVerification
from common.wire.base import ListAnswer

bp = Blueprint("two_step", __name__, url_prefix="/two-factor")


@bp.get("")
@policy.web
@operation(answer=Rows(wire.ProviderAnswer))
def list_providers() -> Response:
    """The providers in use."""
    found = service.list_providers(context(), policy.caller().user)
    return answer(ListAnswer(data=[wire.ProviderAnswer(enabled=True, type=each).wire() for each in found]))


@bp.post("/get-authenticator")
@policy.web
@operation(body=SecretVerification, answer=wire.AuthenticatorAnswer)
def show_authenticator() -> Response:
    """The authenticator in use, or a fresh key."""
    proof = read_json(SecretVerification).proof
    return _authenticator(service.show_authenticator(context(), policy.caller().user, proof))


@bp.route("/authenticator", methods=["PUT", "POST"])
@policy.web
@operation(body=wire.AuthenticatorRequest, answer=wire.AuthenticatorAnswer)
def enable_authenticator() -> Response:
    """Start to use an authenticator."""
    body = read_json(wire.AuthenticatorRequest)
    return _authenticator(
        service.enable_authenticator(
            context(), policy.caller().user, body.key, body.token, body.proof, body.user_verification_token
        )
    )


def _authenticator(setup: service.AuthenticatorSetup) -> Response:
    return answer(wire.AuthenticatorAnswer(enabled=setup.enabled, key=setup.key, user_verification_token=setup.token))


@bp.delete("/authenticator")
@policy.web
@operation(body=wire.AuthenticatorDisableRequest, answer=wire.ProviderAnswer)
def disable_authenticator() -> Response:
    """Give up the authenticator."""
    body = read_json(wire.AuthenticatorDisableRequest)
    user_id, token = policy.caller().user, body.user_verification_token
    service.disable_authenticator(context(), user_id, body.key, body.proof, token)
    return answer(wire.ProviderAnswer(enabled=False, type=Provider.AUTHENTICATOR))


@bp.post("/get-email")
@policy.web
@operation(body=SecretVerification, answer=wire.EmailAnswer)
def show_email() -> Response:
    """Where codes are mailed."""
    proof = read_json(SecretVerification).proof
    enabled, email = service.show_email(context(), policy.caller().user, proof)
    return answer(wire.EmailAnswer(enabled=enabled, email=email))


@bp.post("/send-email")
@policy.web
@operation(body=wire.EmailCodeRequest)
def send_setup_code() -> Response:
    """Mail a code to an address that is to be used."""
    body = read_json(wire.EmailCodeRequest)
    service.send_setup_code(context(), policy.caller().user, body.proof, body.email)
    return nothing()


@bp.post("/send-email-login")
@policy.anonymous
@operation(body=wire.EmailCodeRequest)
def send_login_code() -> Response:
    """Mail a code to somebody who is signing in."""
    body = read_json(wire.EmailCodeRequest)
    service.send_login_code(context(), body.email, body.proof, body.sso_email2_fa_session_token)
    return nothing()


@bp.route("/email", methods=["PUT", "POST"])
@policy.web
@operation(body=wire.EmailRequest, answer=wire.EmailAnswer)
def enable_email() -> Response:
    """Start to mail codes."""
    body = read_json(wire.EmailRequest)
    email = service.enable_email(context(), policy.caller().user, body.proof, body.email, body.token)
    return answer(wire.EmailAnswer(enabled=True, email=email))


@bp.route("/disable", methods=["PUT", "POST"])
@policy.web
@operation(body=wire.ProviderRequest, answer=wire.ProviderAnswer)
def disable_provider() -> Response:
    """Give up a provider."""
    body = read_json(wire.ProviderRequest)
    service.disable_provider(context(), policy.caller().user, body.proof, body.type)
    return answer(wire.ProviderAnswer(enabled=False, type=body.type))


@bp.post("/get-recover")
@policy.web
@operation(body=SecretVerification, answer=wire.RecoveryAnswer)
def show_recovery_code() -> Response:
    """The recovery code."""
    proof = read_json(SecretVerification).proof
    return answer(wire.RecoveryAnswer(code=service.show_recovery_code(context(), policy.caller().user, proof)))


@bp.post("/recover")
@policy.anonymous
@operation(body=wire.RecoveryRequest)
def recover() -> Response:
    """Switch two-step login off with the recovery code; older web vaults do it so."""
    body = read_json(wire.RecoveryRequest)
    service.recover(context(), body.email, body.master_password_hash, body.recovery_code)
    return nothing()
