"""`wardenloop proxy`: the official host names of a running stack, for programs that have them written into them."""

import asyncio

import click

from common.cli.home import Home
from common.cli.stack import StackError, is_running
from common.serve.ending import Ending
from common.serve.official.service import OFFSET, Served


@click.command()
@click.option("--port", type=click.IntRange(1, 65_535), help="Where to listen, on loopback.  [default: base port + 5]")
@click.pass_obj
def proxy(home: Home, port: int | None) -> None:
    """Answer for api.bitwarden.com and its siblings, for programs that honour HTTPS_PROXY.

    Every other name is refused. In another shell: `eval "$(wardenloop env --official-hosts)"`. Certificates hold for
    names below bitwarden.com and bitwarden.eu only, for a day, and nobody trusts them unless told to. Ctrl-C ends it.
    """
    ports = home.ports()
    if ports is None or not is_running(home):
        raise StackError(f"No stack runs in {home.root}. Start one with `wardenloop up`.")
    asyncio.run(_serve(home, port or ports.base + OFFSET))


async def _serve(home: Home, port: int) -> None:
    ending, served = Ending(), Served(home)
    try:
        told = await served.start(port)
    except OSError as error:
        raise StackError(f"Port {port} is already in use. Choose another with --port.") from error
    try:
        click.echo(f"{told['proxy']} answers for the official host names; its authority: {told['proxy_ca']}")
        await ending.wait()
    finally:
        await served.stop()
