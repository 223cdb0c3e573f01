"""Two-step login under `/api/two-factor`, equal on the cloud and on an instance; changed by web vaults only.

Source: src/Api/Auth/Controllers/TwoFactorController.cs.
"""

from flask import Blueprint, Response

from common.domains.accounts.two_step import answers, service
from common.domains.accounts.two_step.rules import SetupProof
from common.server import policy
from common.server.app import context
from common.server.body import answer, answer_rows, nothing, read_json
from common.server.older import require_kept
from common.server.operation import Rows, operation
from common.wire import two_step as wire
from common.wire.master_password import SecretVerification

bp = Blueprint("two_step", __name__, url_prefix="/two-factor")


def _setup_proof(sent: wire.SetupRequest) -> SetupProof:
    return SetupProof(sent.user_verification_token, sent.secret)


@bp.get("")
@policy.web
@operation(answer=Rows(wire.ProviderAnswer))
def list_providers() -> Response:
    """The providers in use."""
    found = service.list_providers(context(), policy.caller().user)
    return answer_rows(answers.provider(each) for each in found)


@bp.post("/get-authenticator")
@policy.web
@operation(body=SecretVerification, answer=wire.AuthenticatorAnswer)
def show_authenticator() -> Response:
    """The authenticator in use, or a fresh key."""
    found = service.show_authenticator(context(), policy.caller().user, read_json(SecretVerification).proof)
    return answer(answers.authenticator(found))


@bp.route("/authenticator", methods=["PUT", "POST"])
@policy.web
@operation(body=wire.AuthenticatorRequest, answer=wire.AuthenticatorChanged)
def enable_authenticator() -> Response:
    """Start to use an authenticator."""
    body = read_json(wire.AuthenticatorRequest)
    service.enable_authenticator(context(), policy.caller().user, body.key, body.token, _setup_proof(body))
    return answer(answers.authenticator_changed(body.key))


@bp.delete("/authenticator")
@policy.web
@operation(body=wire.AuthenticatorDisableRequest, answers={204: None})
def disable_authenticator() -> Response:
    """Give up the authenticator."""
    body = read_json(wire.AuthenticatorDisableRequest)
    service.disable_authenticator(context(), policy.caller().user, body.key, _setup_proof(body))
    return Response(status=204)


@bp.post("/get-email")
@policy.web
@operation(body=SecretVerification, answer=wire.EmailAnswer)
def show_email() -> Response:
    """Where codes are mailed."""
    found = service.show_email(context(), policy.caller().user, read_json(SecretVerification).proof)
    return answer(answers.email(found))


@bp.post("/send-email")
@policy.web
@operation(body=wire.EmailSetupRequest)
def send_setup_code() -> Response:
    """Mail a code to an address that is to be used."""
    body = read_json(wire.EmailSetupRequest)
    service.send_setup_code(context(), policy.caller().user, _setup_proof(body), body.email)
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
@operation(body=wire.EmailRequest, answer=wire.EmailChanged)
def enable_email() -> Response:
    """Start to mail codes."""
    body = read_json(wire.EmailRequest)
    email = service.enable_email(context(), policy.caller().user, _setup_proof(body), body.email, body.token)
    return answer(answers.email_changed(email))


@bp.delete("/email")
@policy.web
@operation(body=wire.SetupRequest, answers={204: None})
def disable_email() -> Response:
    """Mail no codes any more."""
    service.disable_email(context(), policy.caller().user, _setup_proof(read_json(wire.SetupRequest)))
    return Response(status=204)


@bp.route("/disable", methods=["PUT", "POST"])
@policy.web
@operation(body=wire.ProviderRequest, answer=wire.ProviderAnswer)
def disable_provider() -> Response:
    """Give up a provider; older web vaults do it so."""
    require_kept(context())
    body = read_json(wire.ProviderRequest)
    service.disable_provider(context(), policy.caller().user, body.proof, body.type)
    return answer(answers.provider(body.type, enabled=False))


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
    require_kept(context())
    body = read_json(wire.RecoveryRequest)
    service.recover(context(), body.email, body.master_password_hash, body.recovery_code)
    return nothing()
