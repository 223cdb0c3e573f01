"""`wardenloop license sync`: what the owner's *Sync license* does, and why it did not work."""

from typing import Any

import click

from common.cli.client import RequestFailed
from common.cli.home import Home
from common.cli.language import language_option, literal
from common.cli.owners import Owned, find_owned
from common.cli.servers import server
from common.server.locale.texts import Texts
from common.server.terminal import json_text

_PATH = "/api/organizations/licenses/self-hosted/{}/sync/"
_OPERATION = "POST /api/organizations/licenses/self-hosted/{organization_id}/sync"


@click.command("sync")
@click.argument("organization", metavar="ID-OR-NAME")
@language_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def sync_command(home: Home, organization: str, texts: Texts, as_json: bool) -> None:
    """Fetch the license of an organization of the instance from the cloud, as its owner's *Sync license* does.

    Exit status 1 when it is refused, with the reason that the journal knows.
    """
    mine = find_owned(home, ("selfhost",), organization)
    refused, why = None, {}
    try:
        mine.server.call("POST", _PATH.format(mine.id), bearer=mine.token)
    except RequestFailed as failure:
        refused, why = failure, _why(home, texts)
    if as_json:
        told = {"organizationId": mine.id, "name": mine.name, "synced": refused is None, "license": _license(mine)}
        click.echo(json_text(told | {"error": refused.message if refused else None, **why}))
    elif refused is None:
        click.echo(texts("x.cli.licenseSynced", name=mine.name, expires=_license(mine)["expires"]))
    else:
        click.echo("\n    ".join(filter(None, (literal(refused.message), why.get("advice")))), err=True)
    if refused is not None:
        raise SystemExit(1)


def _license(mine: Owned) -> dict[str, Any]:
    told = mine.server.call("GET", f"/api/organizations/{mine.id}", bearer=mine.token)
    return {"seats": told["seats"], "plan": told["plan"]["name"], "expires": _expiry(mine)}


def _expiry(mine: Owned) -> str | None:
    try:
        told = mine.server.call("GET", f"/api/organizations/{mine.id}/subscription", bearer=mine.token)
    except RequestFailed:  # a licence that cannot be judged any more
        return None
    return str(told["expiration"])


def _why(home: Home, texts: Texts) -> dict[str, Any]:
    """What the journal says of the newest refusal; nothing where none is kept."""
    query = {"operation": _OPERATION, "limit": "1", "language": texts.language}
    try:
        found = server(home, "start").get("/_sim/journal", **query)["data"]
    except RequestFailed:
        return {}
    return {name: found[-1][name] for name in ("rule", "cause", "advice")} if found else {}
