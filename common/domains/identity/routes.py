"""The identity service under `/identity`: prelogin, registration, token endpoint, discovery.

`api` holds what clients ask the API for while nobody is signed in.
Source: src/Identity/Controllers/AccountsController.cs, src/Api/Auth/Controllers/AccountsController.cs.
"""

import base64
import binascii
from collections.abc import Mapping
from urllib.parse import unquote_plus

from flask import Blueprint, Response, request

from common.crypto.keys import jwk_set
from common.domains.identity import answers, grants, rules, service
from common.domains.identity.discovery import discovery
from common.errors import OAuthRefusal, invalid_field, only_when_not_self_hosted
from common.server import policy
from common.server.app import context
from common.server.body import answer, bare, nothing, read_json
from common.server.mail.messages import Trial
from common.server.older import require_older
from common.server.operation import JSON_OBJECT, OPTIONAL_TEXT, TEXT, operation
from common.server.transaction import reads
from common.wire import identity as wire
from common.wire.older import OlderRegistered, OlderRegistration

bp = Blueprint("identity", __name__)
api = Blueprint("identity_api", __name__)

FORM = "application/x-www-form-urlencoded"
TOKEN_FORM = {
    "grant_type": TEXT,
    "scope": OPTIONAL_TEXT,
    "client_id": OPTIONAL_TEXT,
    "client_secret": OPTIONAL_TEXT,
    "username": OPTIONAL_TEXT,
    "password": OPTIONAL_TEXT,
    "refresh_token": OPTIONAL_TEXT,
    "deviceType": OPTIONAL_TEXT,
    "deviceIdentifier": OPTIONAL_TEXT,
    "deviceName": OPTIONAL_TEXT,
    "twoFactorProvider": OPTIONAL_TEXT,
    "twoFactorToken": OPTIONAL_TEXT,
    "twoFactorRemember": OPTIONAL_TEXT,
    "newDeviceOtp": OPTIONAL_TEXT,
}
NO_STORE = {"Cache-Control": "no-store, no-cache, max-age=0", "Pragma": "no-cache"}


@bp.post("/accounts/prelogin")
@bp.post("/accounts/prelogin/password")
@reads
@policy.anonymous
@operation(body=wire.PreloginRequest, answer=wire.PreloginAnswer)
def prelogin() -> Response:
    """How to derive the master key of an account."""
    return answer(answers.prelogin(*service.prelogin(context(), read_json(wire.PreloginRequest).email)))


@bp.post("/accounts/register/send-verification-email")
@reads
@policy.anonymous
@operation(body=wire.RegistrationMailRequest, answer=str, answers={204: None})
def start_registration() -> Response:
    """The registration token as a bare string, or 204 when it was mailed."""
    body = read_json(wire.RegistrationMailRequest)
    token = service.start_registration(context(), body.email, body.name, body.from_marketing)
    return Response(status=204) if token is None else bare(token)


@bp.post("/accounts/trial/send-verification-email")
@reads
@policy.anonymous
@operation(body=wire.TrialMailRequest, answer=str, answers={204: None})
def start_trial_registration() -> Response:
    """The same for somebody who begins with an organization's trial; on the cloud only."""
    body = read_json(wire.TrialMailRequest)
    ctx = context()
    if ctx.side.licensed:
        raise only_when_not_self_hosted()
    days = rules.DEFAULT_TRIAL_DAYS if body.trial_length is None else body.trial_length
    if body.payment_optional and days == 0:
        return answer({"message": rules.TRIAL_OF_NOTHING}, 400)
    trial = Trial(body.product_tier, body.products, days, payment_optional=body.payment_optional)
    token = service.start_trial_registration(ctx, body.email, body.name, trial)
    return Response(status=204) if token is None else bare(token)


@bp.post("/accounts/register/verification-email-clicked")
@reads
@policy.anonymous
@operation(body=wire.VerificationClickedRequest)
def check_registration_link() -> Response:
    """Whether the link of the registration mail is still good."""
    body = read_json(wire.VerificationClickedRequest)
    service.check_registration_link(context(), body.email, body.email_verification_token)
    return nothing()


@bp.post("/accounts/register/finish")
@policy.anonymous
@operation(body=wire.RegisterFinishRequest, answer=wire.RegisterFinished)
def finish_registration() -> Response:
    """Make the account."""
    service.finish_registration(context(), read_json(wire.RegisterFinishRequest))
    return answer(wire.RegisterFinished())


@bp.post("/accounts/register")
@policy.anonymous
@operation(body=OlderRegistration, answer=OlderRegistered, answers={404: None})
def register_as_of_old() -> Response:
    """Make the account in one step; web vaults up to 2025.4 do it so."""
    ctx = context()
    require_older(ctx)
    service.register_as_of_old(ctx, read_json(OlderRegistration))
    return answer(OlderRegistered())


@bp.route("/connect/token", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
@reads
@policy.anonymous
@operation(form=TOKEN_FORM, answer=wire.TokenAnswer, answers={400: wire.TOKEN_REFUSAL})
def issue_token() -> Response:
    """The token endpoint. Refusals are OAuth's own, always 400."""
    if request.method != "POST" or request.mimetype != FORM:
        raise OAuthRefusal("invalid_request")
    fields = _form()
    client_id, client_secret = _client_of(fields)
    asked = grants.TokenRequest(client_id, client_secret, fields, request.headers.get("Bitwarden-Client-Version"))
    granted = grants.issue_token(context(), asked)
    response = answer(answers.token(granted))
    response.headers.extend(NO_STORE)
    return response


def _form() -> dict[str, str]:
    """The form with its names in lower case, as upstream looks them up. Blank values are none, several are one text.

    Source: Duende.IdentityServer 7.4: IReadableStringCollectionExtensions; fidelity.md: identity.token.
    """
    fields: dict[str, list[str]] = {}
    for name, value in request.form.items(multi=True):
        if "\0" in value:
            raise OAuthRefusal("invalid_request")
        values = fields.setdefault(name.lower(), [])
        if value.strip() and value not in values:
            values.append(value)
    return {name: ",".join(values) for name, values in fields.items() if values}


def _client_of(fields: Mapping[str, str]) -> tuple[str, str | None]:
    """Client id and secret, of HTTP Basic if it is used, else of the form."""
    basic = request.authorization
    if basic is not None and basic.type == "basic" and basic.username:
        return unquote_plus(basic.username), unquote_plus(basic.password or "")
    return fields.get("client_id", ""), fields.get("client_secret")


@bp.get("/.well-known/openid-configuration")
@policy.anonymous
@operation(answer=JSON_OBJECT)
def show_discovery() -> Response:
    """What the identity service offers."""
    settings = context().settings
    return answer(discovery(settings.issuer, f"{settings.base_url.rstrip('/')}/identity"))


@bp.get("/.well-known/openid-configuration/jwks")
@policy.anonymous
@operation(answer=wire.KEY_SET)
def show_keys() -> Response:
    """The public keys that verify access tokens."""
    return answer(dict(jwk_set(context().signing_key)))


# --- below `/api`


@api.post("/accounts/resend-new-device-otp")
@policy.anonymous
@operation(body=wire.NewDeviceCodeRequest)
def resend_new_device_code() -> Response:
    """Mail another new-device code; the answer does not tell whether the secret was right."""
    body = read_json(wire.NewDeviceCodeRequest)
    service.resend_new_device_code(context(), body.email, body.master_password_hash)
    return nothing()


@api.post("/accounts/prelogin")
@policy.anonymous
@operation(body=wire.PreloginRequest, answer=wire.PreloginAnswer)
def prelogin_for_older_clients() -> Response:
    """Alias of Identity's route for clients that ask here."""
    return answer(answers.prelogin(*service.prelogin(context(), read_json(wire.PreloginRequest).email)))


api.add_url_rule("/accounts/prelogin/password", view_func=prelogin_for_older_clients, methods=["POST"])


@api.get("/devices/knowndevice")
@policy.anonymous
@operation(headers=["X-Request-Email", "X-Device-Identifier"], answer=bool)
def is_known_device() -> Response:
    """Whether a device has signed in before; address (URL-safe base64) and device come in headers."""
    email = _base64_text(_required_header("X-Request-Email"))
    return bare(service.is_known_device(context(), email, _required_header("X-Device-Identifier")))


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
