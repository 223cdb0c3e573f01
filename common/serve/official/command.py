"""`wardenloop proxy`: the official host names of a running stack, for programs that have them written into them."""

import asyncio

import click

from common.cli.home import Home
from common.cli.language import worded
from common.cli.stack import StackError, is_running
from common.serve.ending import Ending
from common.serve.official.service import OFFSET, Served
from common.server.terminal import json_text


@click.command()
@click.option("--port", type=click.IntRange(1, 65_535), help="Where to listen, on loopback.  [default: base port + 5]")
@click.option("--json", "as_json", is_flag=True, help="Say as JSON where it listens.")
@click.pass_obj
def proxy(home: Home, port: int | None, as_json: bool) -> None:
    """Answer for api.bitwarden.com and its siblings, for programs that honour HTTPS_PROXY.

    Every other name is refused. In another shell: `eval "$(wardenloop env --official-hosts)"`. Certificates hold for
    names below bitwarden.com and bitwarden.eu only, for a day, and nobody trusts them unless told to. Ctrl-C ends it.
    """
    ports = home.ports()
    if ports is None or not is_running(home):
        raise StackError(worded("x.cli.noStackRuns", home=home.root))
    asyncio.run(_serve(home, port or ports.base + OFFSET, as_json=as_json))


async def _serve(home: Home, port: int, *, as_json: bool) -> None:
    ending, served = Ending(), Served(home)
    try:
        told = await served.start(port)
    except OSError as error:
        raise StackError(worded("x.cli.proxyPort", port=port)) from error
    try:
        answers = worded("x.cli.proxyAnswers", proxy=told["proxy"], authority=told["proxy_ca"])
        click.echo(json_text(told) if as_json else answers)
        await ending.wait()
    finally:
        await served.stop()
