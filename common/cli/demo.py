"""`wardenloop demo`: a fresh world, every step of the documentation performed in it, and the start page."""

import sys
import webbrowser

import click

from common.cli.home import Home
from common.cli.loop.command import loop
from common.cli.running import BasePort, print_urls, up
from common.settings import process_environment

_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY")


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask before a stack that runs in this home is ended.")
@click.option("--base-port", type=BasePort(), envvar="WARDENLOOP_BASE_PORT", help="As of `wardenloop up`.")
@click.option("--tls/--no-tls", default=None, help="As of `wardenloop up`.")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Wording of the steps.")
@click.pass_context
def demo(ctx: click.Context, yes: bool, base_port: int | str | None, tls: bool | None, lang: str) -> None:
    """A fresh world, every step of the documentation performed in it, and the start page.

    The world that is in this home is forgotten.
    """
    home: Home = ctx.obj
    ctx.invoke(up, detach=True, fresh=True, yes=yes, base_port=base_port, tls=tls)
    ctx.invoke(loop, lang=lang)
    print_urls(home)
    start = home.urls()["start"]
    click.echo(f"\nBegin on the start page: {start}\nEverything is still running; `wardenloop down` stops it.")
    if sys.platform == "darwin" or any(process_environment().get(name) for name in _SCREENS):
        webbrowser.open(start)
