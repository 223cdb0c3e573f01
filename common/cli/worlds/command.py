"""`wardenloop world`: worlds as files. `up --world` and `POST /_sim/world` of the desk end here too."""

from typing import Any

import click

from common.cli import selfhost, snapshots, stack
from common.cli.client import RequestFailed
from common.cli.draws import ids_of_home
from common.cli.home import Home
from common.cli.language import language_option, worded
from common.cli.stack import StackError
from common.cli.worlds import files, reading
from common.cli.worlds.applying import build
from common.cli.worlds.bringing import import_command
from common.cli.worlds.exporting import describe
from common.cli.worlds.files import WorldError
from common.cli.worlds.stage import stage_of
from common.server.locale.texts import Texts
from common.server.terminal import json_text

_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
@click.pass_context
def world(ctx: click.Context) -> None:
    """Worlds as files: list those that come along, apply one, describe the running one."""
    if ctx.obj is not None and ctx.invoked_subcommand not in ("apply", "import"):  # these bring back what was there
        snapshots.tell_half_built(ctx.obj)


@world.command("list")
@language_option
@_json_option
def list_(texts: Texts, as_json: bool) -> None:
    """The worlds that come along."""
    rows = [{"name": name, "summary": texts(f"x.world.{name}")} for name in files.shipped()]
    if as_json:
        click.echo(json_text({"data": rows}))
        return
    for row in rows:
        click.echo(f"{row['name']:<20} {row['summary']}")


@world.command("schema")
def schema() -> None:
    """The JSON Schema of world files."""
    click.echo(json_text(reading.schema()))


@world.command("apply")
@click.argument("name_or_file")
@click.option("--named", is_flag=True, help="It is a name of `world list`, and no file.")
@click.option("--keep-as", metavar="NAME", help="Keep what is there now as a snapshot first; no other is replaced.")
@language_option
@_json_option
@click.pass_obj
def apply(home: Home, name_or_file: str, named: bool, keep_as: str | None, texts: Texts, as_json: bool) -> None:
    """Replace everything in the running stack by a world: a name of `world list`, a file, or - for standard input."""
    if named and name_or_file not in files.shipped():
        raise StackError(worded("x.cli.worldNone", name=name_or_file, known=", ".join(files.shipped())))
    wanted = _read(name_or_file)
    _require_running(home)
    kept = apply_world(home, wanted, keep_as)
    if as_json:
        click.echo(json_text({"world": name_or_file, **_made(home), **({"keptAs": kept} if kept else {})}))
        return
    click.echo(texts("x.cli.worldThere", world=name_or_file))
    if kept:
        click.echo(texts("x.rehearsal.kept", name=kept))


@world.command("export")
@click.option("-o", "--output", "target", type=click.Path(dir_okay=False), help="[default: standard output]")
@language_option
@_json_option
@click.pass_obj
def export(home: Home, target: str | None, texts: Texts, as_json: bool) -> None:
    """Describe the running world as a file that `apply` understands. It holds passwords that are not the usual one."""
    _require_running(home)
    told, left_out = describe(stage_of(home, ids_of_home(home, "export")), home.accounts())
    text = json_text(told) + "\n" if as_json else reading.write(told)
    for each in left_out:
        click.echo(texts("x.cli.worldLeftOut", what=each), err=True)
    with click.open_file(target or "-", "w", encoding="utf-8") as file:
        file.write(text)


world.add_command(import_command)


def read_for(name_or_file: str) -> dict[str, Any]:
    """A world for `up`. Raises StackError."""
    return _read(name_or_file)


def apply_world(home: Home, wanted: dict[str, Any], keep_as: str | None = None) -> str | None:
    """Begin with the blank stack and build; what was there comes back when that fails. keep_as: as `another_world`;
    the name that it got. Raises StackError."""
    with snapshots.another_world(home, snapshots.own_name(keep_as) if keep_as else None) as kept:
        build_world(home, wanted)
    return kept


def build_world(home: Home, wanted: dict[str, Any]) -> None:
    """Build a world on a blank stack, and remember who is in it. Raises StackError."""
    stage = stage_of(home, ids_of_home(home, "world"))
    try:
        build(wanted, stage)
    except (RequestFailed, selfhost.CommandFailed, TimeoutError, LookupError) as failure:
        raise StackError(worded("x.cli.worldNotBuilt", why=failure)) from failure
    home.add_accounts(*stage.accounts, organizations=stage.organizations, installations=stage.installations)


def _read(name_or_file: str) -> dict[str, Any]:
    try:
        return reading.read(*files.find(name_or_file))
    except (WorldError, OSError) as error:
        raise StackError(str(error)) from error


def _made(home: Home) -> dict[str, int]:
    saved = home.saved()
    # one that is on the instance, too, is one
    bought = sum(each.app != "selfhost" for each in saved.organizations)
    return {"accounts": len(saved.accounts), "organizations": bought}


def _require_running(home: Home) -> None:
    if not stack.is_running(home):
        raise StackError(worded("x.cli.noStackRuns", home=home.root))
