"""`wardenloop serve`: says in one line of JSON where everything is, once it is there, and ends with who started it."""

import asyncio
import gc
import json
import sys
from pathlib import Path
from typing import Any

import click

from common.cli import stack
from common.cli.credentials import ready
from common.cli.language import worded
from common.cli.running import STANDS_AT, Moment
from common.cli.snapshots import keep_seed
from common.cli.stack import StackError
from common.cli.worlds.files import WorldError, find
from common.serve.ending import Ending
from common.serve.places import folder, taken_ports
from common.serve.process import Whole
from common.serve.seeds import Seed, World


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65_000),
    default=0,
    help="Ports: cloud US +1, cloud EU +2, self-hosted +3, desk +4, SMTP +25.  [default: 0, any free ones]",
)
@click.option(
    "--home",
    "given",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep everything there.  [default: a folder that is gone afterwards]",
)
@click.option("--tls", is_flag=True, help="Serve https with a local certificate authority.")
@click.option("--world", "named", metavar="NAME-OR-FILE", help="Begin with this world (`world list`).")
@click.option(
    "--seed",
    type=click.IntRange(0, 999_999_999),
    help="Ids and tokens are made of this number: the same calls bring the same.  [default: by chance]",
)
@click.option("--at", type=Moment(), metavar="MOMENT", help=STANDS_AT)
@click.option("--parent", type=click.IntRange(1), metavar="PID", help="End when this process is gone.")
def serve(
    port: int,
    given: Path | None,
    tls: bool,
    named: str | None,
    seed: int | None,
    at: str | None,
    parent: int | None,
) -> None:
    """Everything in one process, for tests: both clouds, the instance with its jobs, the mailbox.

    Prints one line of JSON when all of it answers, as `urls --json` has it. Ends on SIGTERM, on Ctrl-C, when its
    standard input is a pipe that is closed, and when --parent is gone.
    """
    gc.disable()
    world = _found(named) if named else None
    with folder(given) as home:
        home.require_room()
        if home.is_seeded and world is not None:
            raise click.UsageError(worded("x.cli.serveWorld"))
        https = home.uses_tls if home.is_seeded else tls
        base = (made.base if not port and home.is_seeded and (made := home.ports()) else None) or port
        ports, sockets = taken_ports(base)
        if home.is_seeded:
            seed, at = home.seed, home.at
        with stack.held(home, ports, https=https, seed=seed, at=at) as files:
            kept = Seed.of(world, https=https, number=home.seed, at=home.at)
            planted = not home.is_seeded and kept.plant(home)
            wanted = None if planted or home.is_seeded or world is None else _read(world)
            whole = Whole(home, ports, sockets, files, passing=given is None)
            asyncio.run(_serve(whole, kept, wanted, parent, planted=planted))


async def _serve(whole: Whole, seed: Seed, wanted: dict[str, Any] | None, parent: int | None, *, planted: bool) -> None:
    ending = Ending(parent)
    home = whole.home
    try:
        await whole.start()
        gc.enable()
        if planted:
            await asyncio.to_thread(keep_seed, home)
        elif not home.is_seeded:
            from common.serve import building  # noqa: PLC0415 - what was built before needs none of it

            await asyncio.to_thread(building.build, home, wanted)
            await asyncio.to_thread(seed.keep, home)
        told = await asyncio.to_thread(ready, home, running=True)
        sys.stdout.write(json.dumps({"ready": True, **told}) + "\n")
        sys.stdout.flush()
        await ending.wait()
    finally:
        await whole.stop()


def _found(name_or_file: str) -> World:
    try:
        return World(*find(name_or_file))
    except (WorldError, OSError) as error:
        raise StackError(str(error)) from error


def _read(world: World) -> dict[str, Any]:
    from common.serve import building  # noqa: PLC0415 - as above

    return building.read(world)
