"""What only a world needs that was never built before. Imported then: reading world files costs a tenth of a start."""

from typing import Any

import click

from common.cli import keys
from common.cli.draws import ids_of_home
from common.cli.home import Home
from common.cli.seed import set_up_first_world
from common.cli.snapshots import keep_blank, keep_seed
from common.cli.stack import StackError
from common.cli.worlds import reading
from common.cli.worlds.command import build_world
from common.cli.worlds.files import WorldError
from common.serve.seeds import World
from common.settings import process_environment


def read(world: World) -> dict[str, Any]:
    """What a world file wants. Raises StackError, which says what is wrong with it."""
    try:
        return reading.read(*world)
    except WorldError as error:
        raise StackError(str(error)) from error


def build(home: Home, wanted: dict[str, Any] | None) -> None:
    """Build it in the home of a stack that runs. wanted: None = the world that `up` makes."""
    keep_blank(home)
    if wanted is None:
        set_up_first_world(home, ids_of_home(home, "world"), lambda said: click.echo(said, err=True))
    else:
        build_world(home, wanted)
        keys.keep(keys.cache_folder(process_environment()), home.root)
    keep_seed(home)
