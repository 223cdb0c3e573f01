"""`wardenloop demo`: a fresh world, every step of the documentation performed in it, and the start page."""

import sys
import webbrowser
from contextlib import nullcontext, redirect_stdout

import click

from common.cli.home import Home
from common.cli.language import worded
from common.cli.loop.command import loop
from common.cli.running import BasePort, print_urls, up
from common.settings import process_environment

_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY")


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask before a stack that runs in this home is ended.")
@click.option("--base-port", type=BasePort(), envvar="WARDENLOOP_BASE_PORT", help="As of `wardenloop up`.")
@click.option("--tls/--no-tls", default=None, help="As of `wardenloop up`.")
@click.option("--json", "as_json", is_flag=True, help="Print the report of the steps as JSON; the rest: stderr.")
@click.pass_context
def demo(ctx: click.Context, yes: bool, base_port: int | str | None, tls: bool | None, as_json: bool) -> None:
    """A fresh world, every step of the documentation performed in it, and the start page.

    The world that is in this home is forgotten.
    """
    home: Home = ctx.obj
    with redirect_stdout(sys.stderr) if as_json else nullcontext():
        ctx.invoke(up, detach=True, fresh=True, yes=yes, base_port=base_port, tls=tls)
    ctx.invoke(loop, as_json=as_json)
    start = home.urls()["start"]
    with redirect_stdout(sys.stderr) if as_json else nullcontext():
        print_urls(home)
        click.echo(f"\n{worded('x.cli.demoStart', start=start)}")
    if sys.platform == "darwin" or any(process_environment().get(name) for name in _SCREENS):
        webbrowser.open(start)
