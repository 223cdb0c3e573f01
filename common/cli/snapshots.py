"""`wardenloop snapshot` and `reset`: keep the whole world as it is, bring it back, carry it elsewhere.

A running stack's desk does it; the same is done here where nothing runs.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from common.cli import stack
from common.cli.home import Home
from common.cli.language import worded
from common.cli.leash import Leash, told_to_end
from common.cli.running import AUTO, BasePort, print_urls, second
from common.cli.servers import server
from common.cli.stack import StackError
from common.clock import SystemClock
from common.errors import Refusal
from common.ids import SystemIds
from common.server import seeding
from common.server.terminal import json_text
from common.settings import process_environment
from common.sim.snapshots import archive, descriptions, rules, service, turns
from common.sim.snapshots.descriptions import Snapshot, told
from common.sim.snapshots.folders import Layout
from common.sim.snapshots.turns import Tools

Value = TypeVar("Value")

_TOOLS = Tools(SystemClock(), SystemIds())
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def snapshot() -> None:
    """Keep the whole world as it is at a moment, and bring it back."""


@snapshot.command("save")
@click.argument("name")
@_json_option
@click.pass_obj
def save(home: Home, name: str, as_json: bool) -> None:
    """Keep everything as NAME: databases, license files, bwdata, mail, clocks. One of that name is replaced."""
    _require_stack(home)
    if stack.is_running(home):
        done = server(home, "start").call("PUT", f"/_sim/snapshots/{_path(name)}")
    else:
        done = told(_tried(lambda: service.save(_layout(home), rules.own_name(name), _TOOLS)))
    _say(worded("x.cli.snapshotSaved", name=done["name"], size=_size(done)), done, as_json=as_json)


@snapshot.command("load")
@click.argument("name")
@click.option(
    "--home",
    "other",
    type=click.Path(file_okay=False, path_type=Path),
    help="Begin a second stack there with this world, beside this one.",
)
@click.option("--base-port", type=BasePort(), default=AUTO, show_default=True, help="Ports of the second stack.")
@_json_option
@click.pass_obj
def load(home: Home, name: str, other: Path | None, base_port: int | str, as_json: bool) -> None:
    """Make everything be what it was when NAME was saved, while the stack runs."""
    _require_stack(home)
    if other is not None:
        fork(home, name, Home(other.resolve()), base_port, as_json=as_json)
        return
    if stack.is_running(home):
        done = server(home, "start").post(f"/_sim/snapshots/{_path(name)}")
    else:
        done = told(_tried(lambda: _load(home, name)))
    _say(worded("x.cli.snapshotLoaded", name=done["name"], moment=second(done["savedAt"])), done, as_json=as_json)


def _load(home: Home, name: str) -> Snapshot:
    with turns.no_building(_layout(home)):
        return service.load_named(_layout(home), name, _TOOLS)


@snapshot.command("list")
@_json_option
@click.pass_obj
def list_(home: Home, as_json: bool) -> None:
    """All snapshots of this home."""
    rows = [told(each) for each in _tried(lambda: descriptions.shown(_layout(home)))]
    if as_json:
        click.echo(json_text({"data": rows}))
        return
    for row in rows:
        click.echo(f"{row['name']:<24} {second(row['savedAt'])}  {_size(row)}")


@snapshot.command("rm")
@click.argument("name")
@_json_option
@click.pass_obj
def rm(home: Home, name: str, as_json: bool) -> None:
    """Forget NAME."""
    _require_stack(home)
    _tried(lambda: service.remove(_layout(home), rules.own_name(name)))
    _say(worded("x.cli.snapshotRemoved", name=name), {"name": name}, as_json=as_json)


@snapshot.command("export")
@click.argument("name")
@click.option(
    "-o", "--output", "target", type=click.Path(dir_okay=False, path_type=Path), help="[default: NAME.snapshot]"
)
@_json_option
@click.pass_obj
def export(home: Home, name: str, target: Path | None, as_json: bool) -> None:
    """Write NAME as one file. It holds the keys and passwords of the world."""
    _require_stack(home)
    file = target or Path(f"{_path(name)}.snapshot")
    done = told(_tried(lambda: archive.export(_layout(home), name, file)))
    _say(worded("x.cli.writtenTo", file=file), {**done, "file": str(file)}, as_json=as_json)


@snapshot.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", help="Keep it under this name.  [default: its own]")
@_json_option
@click.pass_obj
def import_(home: Home, file: Path, name: str | None, as_json: bool) -> None:
    """Keep what `export` wrote."""
    _require_stack(home)
    done = told(_tried(lambda: archive.take_in(_layout(home), file, name, _TOOLS)))
    _say(worded("x.cli.snapshotImported", name=done["name"]), done, as_json=as_json)


@click.command()
@_json_option
@click.pass_obj
def reset(home: Home, as_json: bool) -> None:
    """Bring back the world that the stack began with."""
    _require_stack(home)
    if stack.is_running(home):
        done = server(home, "start").post("/_sim/reset")
    else:
        done = told(_tried(lambda: _load(home, rules.SEED)))
    _say(worded("x.cli.snapshotReset", moment=second(done["savedAt"])), done, as_json=as_json)


def keep_seed(home: Home) -> None:
    """Have `reset` go back to the present state. With a seed all that is drawn begins here, and at each reset."""
    _tried(lambda: service.save(_layout(home), rules.SEED, _TOOLS, drawing_from=_drawing(home, seeding.READY)))


def keep_blank(home: Home) -> None:
    """Have worlds be built on the present state: all processes are there, nothing is installed."""
    _tried(lambda: service.save(_layout(home), rules.BLANK, _TOOLS, drawing_from=_drawing(home, seeding.BLANK)))


def _drawing(home: Home, number: int) -> int | None:
    return number if home.seed is not None else None


def own_name(name: str) -> str:
    """A name that a person may give. Raises StackError."""
    return _tried(lambda: rules.own_name(name))


@contextmanager
def another_world(home: Home, kept_as: str | None = None) -> Iterator[str | None]:
    """The block begins with the blank stack; where it fails, what was there comes back. One process at a time: two
    would each take what the other one has half built for what was there. What a killed one has left half built is none
    either: what was there before it is brought back first.

    kept_as: keep what was there under this name, or with a number behind it where there is one; the block gets the
    name. Raises StackError.
    """
    with _only_one(home):
        if home.is_half_built:
            click.echo(worded("x.cli.worldBack"), err=True)
            _tried(lambda: service.put_back(_layout(home), _TOOLS))
        name = _tried(lambda: service.save_beside(_layout(home), kept_as, _TOOLS)) if kept_as else None
        _tried(lambda: descriptions.find(_layout(home), rules.BLANK))
        _tried(lambda: service.save(_layout(home), rules.BACK, _TOOLS))
        _tried(lambda: service.load(_layout(home), rules.BLANK, _TOOLS))
        try:
            yield name
        except BaseException:
            _tried(lambda: service.put_back(_layout(home), _TOOLS))
            raise
        _tried(lambda: service.remove(_layout(home), rules.BACK))


@contextmanager
def _only_one(home: Home) -> Iterator[None]:
    with ExitStack() as held:
        try:
            held.enter_context(turns.building(_layout(home)))
        except Refusal as error:
            raise StackError(worded("x.cli.worldBusy")) from error
        yield


def require_none_building(home: Home) -> None:
    """Raises StackError: somebody builds a world here."""
    if home.root.is_dir():
        with _only_one(home):
            pass


def tell_half_built(home: Home) -> None:
    """Say what a killed command has left, and the way back."""
    if home.is_half_built:
        try:
            with turns.no_building(_layout(home)):
                click.echo(worded("x.cli.worldHalf", name=rules.BACK), err=True)
        except Refusal:
            return  # somebody builds it


def recover(home: Home) -> None:
    """Bring to an end what was being loaded when the stack was killed."""
    _tried(lambda: service.recover(_layout(home)))


def fork(home: Home, name: str, other: Home, base_port: int | str, *, as_json: bool) -> None:
    """Start a stack in another, empty home with this world, on ports of its own."""
    here = _layout(home)
    found = _tried(lambda: descriptions.find(here, name))
    port = base_port if isinstance(base_port, int) else stack.free_base_port()
    other.require_room()

    def settle() -> None:
        _tried(lambda: service.settle(_layout(other), found, here))

    leash = Leash()
    with told_to_end():
        stack.start_elsewhere(other, port, tls=home.uses_tls, settle=settle, leash=leash)
        try:
            stack.wait_until_healthy(other, ("cloud-us", "cloud-eu", "desk"))
            if other.instance_is_wanted:
                stack.wait_until_healthy(other, ("selfhost",))
            keep_seed(other)
        except BaseException:
            stack.stop(other)
            raise
        leash.let_go()
    if as_json:
        click.echo(json_text({**told(found), "home": str(other.root), "urls": other.urls()}))
    else:
        print_urls(other)


def _layout(home: Home) -> Layout:
    return Layout(home.root, process_environment())


def _tried(do: Callable[[], Value]) -> Value:
    try:
        return do()
    except Refusal as refusal:
        raise StackError(refusal.message) from refusal


def _path(name: str) -> str:
    return _tried(lambda: rules.checked_name(name))


def _require_stack(home: Home) -> None:
    if home.ports() is None:
        raise StackError(worded("x.cli.noStack", home=home.root))


def _size(row: Mapping[str, Any]) -> str:
    return f"{row['bytes'] / 1e6:.1f} MB"


def _say(text: str, done: Mapping[str, Any], *, as_json: bool) -> None:
    click.echo(json_text(done) if as_json else text)
