"""Pages on which people look after their account: address, name, password, API key, language and theme.

Source: fidelity.md: pages.shell, account.api.
"""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from common.crypto.master_password import SecretProof
from common.domains.accounts import service
from common.domains.accounts.two_step.service import list_providers
from common.errors import Refusal
from common.server import policy
from common.server.app import context
from common.server.failures import note, settle
from common.server.operation import OPTIONAL_TEXT, TEXT, page
from common.server.transaction import own_transaction
from common.ui.answers import done
from common.ui.forms import FIELD
from common.ui.guards import me, signed_in, visitor
from common.ui.pages import page_blueprint, render
from common.ui.visit import LANGUAGE_COOKIE, sign_in
from common.wire.master_password import PasswordRequest
from common.wire.profile import ProfileRequest

bp = page_blueprint("accounts_pages", __name__)

ACCOUNT = "/settings/account"
PROOF = {FIELD: TEXT, "masterPasswordHash": TEXT}


def _proof() -> SecretProof:
    return SecretProof(request.form.get("masterPasswordHash"))


# --- the address


@bp.get("/settings/verify-email")
@policy.page(signed_in)
@page()
def show_verification() -> ResponseReturnValue:
    """Where the mail that verifies the address is asked for."""
    return render("accounts/verify_email.html")


@bp.post("/settings/verify-email")
@policy.page(signed_in)
@page(form={FIELD: TEXT})
def send_verification() -> ResponseReturnValue:
    """Mail the link, unless the address has been verified meanwhile."""
    if me().email_verified:
        return done(ACCOUNT, "emailVerified")
    service.request_email_verification(context(), me().id)
    return done(ACCOUNT, "checkInboxForVerification")


@bp.get("/verify-email")
@policy.page(visitor)
@page(query=["userId", "token"])
def verify_email() -> ResponseReturnValue:
    """The link of that mail, signed in or not: opening it is all that its reader does, so it changes something."""
    ctx, query = context(), request.args
    try:
        with own_transaction(ctx.session):
            service.confirm_email(ctx, _uuid_or_none(query.get("userId", "")), query.get("token", ""))
    except Refusal as refusal:
        settle(slow=refusal.slow)
        note(refusal)
        return render("accounts/not_verified.html", 400)
    return done("/", "emailVerifiedV2")


def _uuid_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


# --- preferences


@bp.get("/settings/preferences")
@policy.page(signed_in)
@page()
def show_preferences() -> ResponseReturnValue:
    """Language and theme; their forms go to the routes that the top bar uses."""
    return render("accounts/preferences.html", chosen_language=request.cookies.get(LANGUAGE_COOKIE, ""))


# --- the account


@bp.get(ACCOUNT)
@policy.page(signed_in)
@page()
def show_account() -> ResponseReturnValue:
    """Everything about the account at a glance."""
    providers = [each.value for each in list_providers(context(), me().id)]
    return render("accounts/account.html", providers=providers)


@bp.post(ACCOUNT)
@policy.page(signed_in)
@page(form={FIELD: TEXT, "name": OPTIONAL_TEXT})
def change_name() -> ResponseReturnValue:
    """Set the name."""
    wanted = ProfileRequest.read({"name": request.form.get("name", "").strip()})
    service.change_profile(context(), me().id, wanted.name)
    return done(ACCOUNT, "x.accountSaved")


@bp.get(f"{ACCOUNT}/password")
@policy.page(signed_in)
@page()
def show_password() -> ResponseReturnValue:
    """Where the master password is changed."""
    return render("accounts/password.html")


@bp.post(f"{ACCOUNT}/password")
@policy.page(signed_in)
@page(form=PROOF | {"newMasterPasswordHash": TEXT, "userSymmetricKey": TEXT, "masterPasswordHint": OPTIONAL_TEXT})
def change_password() -> ResponseReturnValue:
    """Take the new master password; every other browser and client is signed out by it, this one stays."""
    wanted = PasswordRequest.read(request.form.to_dict())
    hint = wanted.master_password_hint
    service.change_password(context(), me().id, wanted.master_password_hash, wanted.new_password, hint)
    sign_in(me())
    return done(ACCOUNT, "x.passwordChanged")


@bp.get(f"{ACCOUNT}/api-key")
@policy.page(signed_in)
@page()
def ask_for_api_key() -> ResponseReturnValue:
    """The master password, before the key is shown."""
    return render("accounts/api_key_proof.html")


@bp.post(f"{ACCOUNT}/api-key")
@policy.page(signed_in)
@page(form=PROOF | {"rotate": OPTIONAL_TEXT})
def show_api_key() -> ResponseReturnValue:
    """The key that command line clients log in with, a fresh one if that is wished. Only ever in this answer."""
    act = service.rotate_api_key if request.form.get("rotate") else service.reveal_api_key
    return render("accounts/api_key.html", user=act(context(), me().id, _proof()))
