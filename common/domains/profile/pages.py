"""The page on which people delete their account. Source: fidelity.md: pages.shell."""

from flask import request
from flask.typing import ResponseReturnValue

from common.crypto.master_password import SecretProof
from common.domains.accounts.pages import ACCOUNT, PROOF
from common.domains.profile import service
from common.server import policy
from common.server.app import context
from common.server.operation import page
from common.ui.answers import done
from common.ui.guards import me, signed_in
from common.ui.pages import page_blueprint, render
from common.ui.visit import sign_out

bp = page_blueprint("profile_pages", __name__)


@bp.get(f"{ACCOUNT}/delete")
@policy.page(signed_in)
@page()
def ask_for_deletion() -> ResponseReturnValue:
    """What is lost, and the master password."""
    return render("profile/delete.html")


@bp.post(f"{ACCOUNT}/delete")
@policy.page(signed_in)
@page(form=PROOF)
def delete_account() -> ResponseReturnValue:
    """Delete the account; nobody is signed in any more."""
    service.delete_account(context(), me().id, SecretProof(request.form.get("masterPasswordHash")))
    sign_out()
    return done("/login", "x.accountDeleted")
