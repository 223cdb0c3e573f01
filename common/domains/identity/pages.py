"""Pages on which a person gets in and out: log in (with the second step and new devices), log out, open an account.

The master password stays in the page: a script derives its hash and sends that.
Source: fidelity.md: pages.shell, identity.registration, identity.token.
"""

from urllib.parse import urlencode

from flask import request
from flask.typing import ResponseReturnValue

from common.crypto.master_password import SecretProof
from common.domains.accounts.service import User, send_password_hint
from common.domains.accounts.two_step import service as two_step
from common.domains.accounts.two_step.rules import CodeNeeded, Provider
from common.domains.identity import service
from common.domains.identity.grants import TokenRequest, issue_token
from common.domains.identity.rules import EXPIRED_LINK, WRONG_PASSWORD, NewDevice, WrongCredentials
from common.errors import OAuthRefusal, Refusal
from common.server import policy
from common.server.app import context
from common.server.failures import note, settle
from common.server.operation import OPTIONAL_TEXT, TEXT, page
from common.server.transaction import own_transaction
from common.ui.answers import done, go, local_path, reveal
from common.ui.forms import FIELD
from common.ui.guards import me, signed_in, visitor
from common.ui.pages import page_blueprint, render
from common.ui.visit import DEVICE, EMAIL, NEXT, read_cookie, sign_in, sign_out, visit
from common.wire.identity import RegisterFinishRequest, RegistrationMailRequest

bp = page_blueprint("identity_pages", __name__)

FIRST_PAGE = "/vault"
CREDENTIALS = {FIELD: TEXT, "email": TEXT, "masterPasswordHash": TEXT}
LOGIN_FORM = CREDENTIALS | {
    "rememberEmail": OPTIONAL_TEXT,
    "next": OPTIONAL_TEXT,
    "authenticatorCode": OPTIONAL_TEXT,
    "emailCode": OPTIONAL_TEXT,
    "newDeviceOtp": OPTIONAL_TEXT,
}
CHROME_BROWSER = "9"
LONGEST_NUMBER = 10

# --- log in


@bp.get("/login")
@policy.page(visitor)
@page(query=["email", "next"])
def show_login() -> ResponseReturnValue:
    """The form in its two steps; an address in the link takes the first one. Who is signed in already goes on."""
    target = local_path(request.args.get("next"), FIRST_PAGE)
    if visit().user is not None:
        return go(target)
    given, remembered = request.args.get("email", "").strip(), read_cookie(EMAIL) or ""
    step = "password" if given else "email"
    return render("identity/login.html", step=step, email=given or remembered, remembered=bool(remembered), next=target)


@bp.post("/login")
@policy.page(visitor)
@page(form=LOGIN_FORM)
def log_in() -> ResponseReturnValue:
    """Sign in as the official clients do. What is missing (second step, code for a new device) is asked for
    on the same form."""
    form = request.form
    visit().remember(EMAIL, form.get("email", "").strip() if form.get("rememberEmail") else None)
    try:
        user = _signed_in_user()
    except CodeNeeded as needed:
        return _ask_for_second_step(needed)
    except NewDevice:
        return reveal("newDevice", "newDeviceOtp")
    except WrongCredentials as refusal:  # told at the field
        errors = {"masterPasswordHash": [WRONG_PASSWORD]}
        rule = "token.invalid-grant"
        raise Refusal(400, WRONG_PASSWORD, validation_errors=errors, slow=refusal.slow, rule=rule) from None
    return _go_on(user, form.get("next"))


def _ask_for_second_step(needed: CodeNeeded) -> ResponseReturnValue:
    """Show the fields for those codes that the account can give."""
    inputs = {Provider.AUTHENTICATOR: "authenticatorCode", Provider.EMAIL: "emailCode"}
    configured = [name for provider, name in inputs.items() if provider in needed.providers]
    return reveal(" ".join(f"{each}Step" for each in configured), configured[0])


def _go_on(user: User, target: str | None) -> ResponseReturnValue:
    """To the page that was asked for, with the keys that the script remembers."""
    sign_in(user)
    target = target or read_cookie(NEXT)
    visit().remember(NEXT, None)
    keys = {"userId": str(user.id), "key": user.key, "privateKey": user.private_key}
    return go(local_path(target, FIRST_PAGE), keys=keys)


def _signed_in_user() -> User:
    form = request.form
    provider, code = _second_step()
    fields = {
        "grant_type": "password",
        "scope": "api",
        "username": form.get("email", ""),
        "password": form.get("masterPasswordHash", ""),
        "devicetype": CHROME_BROWSER,
        "devicename": "chrome",
        "deviceidentifier": _device_identifier(),
        "twofactorprovider": provider,
        "twofactortoken": code,
        "newdeviceotp": form.get("newDeviceOtp", "").strip(),
    }
    version = context().settings.version
    granted = issue_token(context(), TokenRequest("web", None, fields, version))
    if granted.user is None:
        raise OAuthRefusal("invalid_grant")
    return granted.user


def _second_step() -> tuple[str, str]:
    """Number of the provider and the code that was typed; empty without one."""
    form = request.form
    for provider, name in ((Provider.AUTHENTICATOR, "authenticatorCode"), (Provider.EMAIL, "emailCode")):
        code = form.get(name, "").strip()
        if code:
            return str(provider.value), code
    return "", ""


def _device_identifier() -> str:
    """What this browser is known as; kept, so that it is new only once."""
    known = read_cookie(DEVICE)
    if known:
        return known
    fresh = str(context().ids.uuid())
    visit().remember(DEVICE, fresh)
    return fresh


@bp.post("/login/send-code")
@policy.page(visitor)
@page(form=CREDENTIALS)
def send_second_step_code() -> ResponseReturnValue:
    """Mail the code of the second step, again or instead of the authenticator's."""
    proof = SecretProof(request.form.get("masterPasswordHash"))
    two_step.send_login_code(context(), request.form.get("email", ""), proof, None)
    return reveal("twoStepSent", "emailCode")


@bp.post("/login/resend-code")
@policy.page(visitor)
@page(form=CREDENTIALS)
def resend_new_device_code() -> ResponseReturnValue:
    """Mail the code for a new device again."""
    form = request.form
    service.resend_new_device_code(context(), form.get("email", ""), form.get("masterPasswordHash"))
    return reveal("newDeviceSent", "newDeviceOtp")


@bp.post("/logout")
@policy.page(visitor)
@page(form={FIELD: TEXT})
def log_out() -> ResponseReturnValue:
    """Forget who was signed in, here and in the database."""
    sign_out()
    return go("/login")


@bp.post("/lock")
@policy.page(signed_in)
@page(form={FIELD: TEXT, "back": OPTIONAL_TEXT})
def lock() -> ResponseReturnValue:
    """Nobody goes on here without the master password, which leads back to where one was."""
    email, back = me().email, local_path(request.form.get("back"), FIRST_PAGE)
    sign_out()
    return done(f"/login?{urlencode({'email': email, 'next': back})}", "x.locked")


@bp.get("/hint")
@policy.page(visitor)
@page(query=["email"])
def show_hint() -> ResponseReturnValue:
    """Where the hint of a master password is asked for."""
    return render("identity/hint.html", email=request.args.get("email", read_cookie(EMAIL) or ""))


@bp.post("/hint")
@policy.page(visitor)
@page(form={FIELD: TEXT, "email": TEXT})
def send_hint() -> ResponseReturnValue:
    """Mail it; nothing tells whether there is such an account."""
    send_password_hint(context(), request.form.get("email", ""))
    return done("/login", "x.hintSent")


# --- open an account

OFFER_TOKEN = "orgSponsoredFreeFamilyPlanToken"
INVITE_TOKEN = "orgInviteToken"
MEMBER = "organizationUserId"
PROOFS = ("token", OFFER_TOKEN, INVITE_TOKEN, MEMBER)
"""What entitles somebody to finish a registration, as the address of that page names it."""


@bp.get("/signup")
@policy.page(visitor)
@page(query=["email", "next"])
def show_signup() -> ResponseReturnValue:
    """The first step; who comes with an invitation or an offer goes straight to the second one."""
    query = request.args
    return render("identity/signup.html", email=query.get("email", ""), next=query.get("next"))


@bp.post("/signup")
@policy.page(visitor)
@page(form={FIELD: TEXT, "email": TEXT, "name": OPTIONAL_TEXT, "next": OPTIONAL_TEXT})
def start_signup() -> ResponseReturnValue:
    """Mail the link, or go on at once on a server that does not verify addresses."""
    form = request.form
    asked = RegistrationMailRequest.read({"email": form.get("email", "").strip(), "name": form.get("name") or None})
    if form.get("next"):
        visit().remember(NEXT, local_path(form["next"], FIRST_PAGE))
    token = service.start_registration(context(), asked.email, asked.name, None)
    if token is not None:
        return go(f"/finish-signup?{urlencode({'token': token, 'email': asked.email})}")
    return render("identity/check_email.html", email=asked.email)


@bp.get("/finish-signup")
@policy.page(visitor)
@page(query=["email", "fromEmail", "next", *PROOFS])
def show_finish_signup() -> ResponseReturnValue:
    """Where the master password is chosen; links that have ended lead to their own page."""
    query = request.args
    email = query.get("email", "").strip()
    if query.get("token"):
        try:
            service.check_registration_link(context(), email, query["token"])
        except Refusal as refusal:
            settle(slow=refusal.slow)
            note(refusal)
            return go("/signup-link-expired")
    elif not any(query.get(name) for name in PROOFS):
        return go("/signup-link-expired")
    proofs = {name: query[name] for name in PROOFS if query.get(name)}
    return render("identity/finish_signup.html", email=email, proofs=proofs, next=query.get("next"))


@bp.post("/finish-signup")
@policy.page(visitor)
@page(
    form=CREDENTIALS
    | dict.fromkeys(
        (
            "kdf",
            "kdfIterations",
            "userSymmetricKey",
            "userAsymmetricPublicKey",
            "userAsymmetricEncryptedPrivateKey",
        ),
        TEXT,
    )
    | dict.fromkeys(("kdfMemory", "kdfParallelism", "masterPasswordHint", "next", *PROOFS), OPTIONAL_TEXT)
)
def finish_signup() -> ResponseReturnValue:
    """Make the account and sign it in at once."""
    with own_transaction(context().session):
        service.finish_registration(context(), RegisterFinishRequest.read(_registration()))
    return _go_on(_signed_in_user(), request.form.get("next"))


def _registration() -> dict[str, object]:
    """The form as a registering client sends it."""
    form = request.form
    return {
        "email": form.get("email", ""),
        "masterPasswordHash": form.get("masterPasswordHash"),
        "masterPasswordHint": form.get("masterPasswordHint") or None,
        "kdf": _number("kdf"),
        "kdfIterations": _number("kdfIterations"),
        "kdfMemory": _number("kdfMemory"),
        "kdfParallelism": _number("kdfParallelism"),
        "userSymmetricKey": form.get("userSymmetricKey"),
        "userAsymmetricKeys": {
            "publicKey": form.get("userAsymmetricPublicKey"),
            "encryptedPrivateKey": form.get("userAsymmetricEncryptedPrivateKey"),
        },
        "emailVerificationToken": form.get("token"),
        OFFER_TOKEN: form.get(OFFER_TOKEN),
        INVITE_TOKEN: form.get(INVITE_TOKEN),
        MEMBER: form.get(MEMBER) or None,
    }


def _number(name: str) -> int | None:
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else None


@bp.get("/signup-link-expired")
@policy.page(visitor)
@page()
def show_expired_link() -> ResponseReturnValue:
    """The link of the registration mail leads nowhere any more."""
    return render("identity/link_expired.html", message=EXPIRED_LINK, gloss=visit().texts.gloss(EXPIRED_LINK))
