"""`wardenloop billing-token`: the billing sync token of an organization of the cloud: show it, rotate it, save it."""

from typing import Any

import click

from common.cli.home import Home
from common.cli.language import language_option
from common.cli.owners import Owned, find_owned
from common.enums import ApiKeyType, ConnectionType
from common.server.locale.texts import Texts
from common.server.terminal import json_text

CLOUDS = ("cloud_us", "cloud_eu")
_CONNECTIONS = "/organizations/connections/"

_organization = click.argument("organization", metavar="ID-OR-NAME")
_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group("billing-token")
def billing_token() -> None:
    """The billing sync token of an organization: show it, rotate it on the cloud, save it on the instance."""


@billing_token.command("show")
@_organization
@_json_option
@click.pass_obj
def show(home: Home, organization: str, as_json: bool) -> None:
    """The present token, as *Set up billing sync* shows it; made when there is none yet."""
    _tell(find_owned(home, CLOUDS, organization), "api-key", as_json=as_json)


@billing_token.command("rotate")
@_organization
@_json_option
@click.pass_obj
def rotate(home: Home, organization: str, as_json: bool) -> None:
    """A new token. The one that the instance has saved is refused from now on; see `save`."""
    _tell(find_owned(home, CLOUDS, organization), "rotate-api-key", as_json=as_json)


@billing_token.command("save")
@_organization
@click.argument("token", required=False)
@language_option
@_json_option
@click.pass_obj
def save(home: Home, organization: str, token: str | None, texts: Texts, as_json: bool) -> None:
    """Save TOKEN on the instance for its organization; without TOKEN the present one of the cloud's of that name."""
    mine = find_owned(home, ("selfhost",), organization)
    key = token or str(_key(find_owned(home, CLOUDS, mine.name), "api-key")["apiKey"])
    body = {
        "type": int(ConnectionType.CLOUD_BILLING_SYNC),
        "organizationId": mine.id,
        "enabled": True,
        "config": {"billingSyncKey": key},
    }
    owner = mine.client()
    known = owner.get(f"{_CONNECTIONS}{mine.id}/{int(ConnectionType.CLOUD_BILLING_SYNC)}")
    saved = known.get("id") if isinstance(known, dict) else None
    owner.call("PUT" if saved else "POST", f"{_CONNECTIONS}{saved or ''}", json=body)
    if as_json:
        click.echo(json_text({"organizationId": mine.id, "name": mine.name, "token": key}))
    else:
        click.echo(texts("x.cli.billingTokenSaved", name=mine.name))


def _tell(there: Owned, action: str, *, as_json: bool) -> None:
    told = _key(there, action)
    if as_json:
        facts = {"app": there.app.replace("_", "-"), "organizationId": there.id, "name": there.name}
        click.echo(json_text({**facts, "token": told["apiKey"], "revisionDate": told["revisionDate"]}))
    else:
        click.echo(told["apiKey"])


def _key(there: Owned, action: str) -> dict[str, Any]:
    owner = there.client()
    body = {"type": int(ApiKeyType.BILLING_SYNC), "masterPasswordHash": owner.password_hash}
    told: dict[str, Any] = owner.post(f"/organizations/{there.id}/{action}", body)
    return told
