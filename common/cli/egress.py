"""`wardenloop egress`: what the network between the instance and the clouds does, per host."""

from typing import Any
from urllib.parse import quote

import click

from common.cli.home import Home
from common.cli.servers import server
from common.server.terminal import json_text

_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_PATH = "/_sim/egress"


@click.group()
def egress() -> None:
    """A firewall, resolver, proxy or captive portal between the instance and others, per host."""


@egress.command("list")
@_json_option
@click.pass_obj
def list_(home: Home, as_json: bool) -> None:
    """Every host that the instance connects to, and what happens to it."""
    _show(server(home, "start").get(_PATH), as_json=as_json)


@egress.command("set")
@click.argument("host")
@click.argument("rule")
@_json_option
@click.pass_obj
def set_(home: Home, host: str, rule: str, as_json: bool) -> None:
    """Have RULE happen to connections to HOST (`*`: to all that have no rule of their own). `list` names both.

    RULE: allow, refuse, drop, dns, tls-untrusted, tls-expired, plain-http, html, redirect, proxy-407, slow.
    """
    done = server(home, "start").call("PUT", f"{_PATH}/{quote(host)}", json={"rule": rule})
    click.echo(json_text(done) if as_json else f"{done['host']}  {done['rule']}")


@egress.command("clear")
@click.argument("host", required=False)
@_json_option
@click.pass_obj
def clear(home: Home, host: str | None, as_json: bool) -> None:
    """Let HOST through again; without HOST, everything."""
    _show(server(home, "start").call("DELETE", f"{_PATH}/{quote(host)}" if host else _PATH), as_json=as_json)


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json_text(found))
        return
    rules = {each["host"]: each["rule"] for each in found["data"]}
    for host in found["hosts"]:
        click.echo(f"{host:<28} {rules.get(host, '-')}")
