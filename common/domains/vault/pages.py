"""The first page after signing in. Items are the clients' business; here one sees where they are.

Source: fidelity.md: pages.shell.
"""

from flask.typing import ResponseReturnValue

from common.domains.organizations.memberships import memberships_of
from common.domains.organizations.rules import display_name, may_open_console
from common.domains.vault.service import list_items
from common.server import policy
from common.server.app import context
from common.server.operation import page
from common.ui.guards import me, signed_in
from common.ui.pages import page_blueprint, render

bp = page_blueprint("vault_pages", __name__)


@bp.get("/vault")
@policy.page(signed_in)
@page()
def show_vault() -> ResponseReturnValue:
    """The organizations with role and state, how much the vault holds, and what to open it with."""
    ctx = context()
    mine = sorted(memberships_of(ctx, me().id), key=lambda each: str(each.organization.name).casefold())
    shown = [
        (each, display_name(each.organization.name), may_open_console(each.member, enabled=each.organization.enabled))
        for each in mine
    ]
    return render("vault/vault.html", items=len(list_items(ctx, me().id)), memberships=shown)
