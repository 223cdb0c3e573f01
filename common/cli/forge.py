"""`wardenloop license forge`: licences with one thing wrong, and what each kind of release answers to them."""

import base64
import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Column, Table

from common.cli.home import Home
from common.cli.language import language_option, literal, worded
from common.cli.servers import server
from common.files import PRIVATE, write_file
from common.license.forged_answers import RELEASES, answers_of
from common.license.forging import DEFECTS, UnknownDefect, find_defects
from common.server.locale.texts import Texts

CLOUDS = {"cloud-us": "cloud_us", "cloud-eu": "cloud_eu"}


def _defects(_context: click.Context, _option: click.Parameter, text: str | None) -> list[str]:
    names = text.split(",") if text else []
    try:
        find_defects(names)
    except UnknownDefect as error:
        raise click.BadParameter(str(error)) from None
    return names


@click.command("forge")
@click.argument("defects", callback=_defects, required=False, metavar="DEFECT[,DEFECT...]")
@click.option("--list", "listing", is_flag=True, help="The defects, and the literal answer of each kind of release.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help='Write the license here ("-").')
@click.option("--organization", metavar="ID-OR-NAME", help="Whose license; needless where there is only one.")
@click.option("--user", metavar="ID-OR-EMAIL", help="A premium license, of this account.")
@click.option(
    "--installation",
    type=click.UUID,
    help="For which installation; else that of the last download, or the first one there is.",
)
@click.option("--from", "source", type=click.File("rb"), help="Begin with this license file instead.")
@click.option("--unsigned", is_flag=True, help="Leave out hash, signature and token.")
@click.option("--app", type=click.Choice([*CLOUDS]), default="cloud-us", show_default=True, help="Who would issue it.")
@language_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def forge_command(home: Home, /, defects: list[str], listing: bool, output: Path | None, **options: Any) -> None:
    """Make a license with something wrong, signed by the test certificate of this stack, a foreign one, or nobody.

    It begins with what the cloud would issue now, or with a file. Defects are combined with commas.
    """
    if listing:
        _list(options["texts"], as_json=options["as_json"])
        return
    if not defects or output is None:
        raise click.UsageError(worded("x.cli.forgeGive"))
    source, installation = options["source"], options["installation"]
    wanted = {
        "organization": options["organization"],
        "user": options["user"],
        "installationId": str(installation) if installation else None,
        "file": base64.b64encode(source.read()).decode() if source else None,
        "unsigned": options["unsigned"],
    }
    cloud = server(home, CLOUDS[options["app"]])
    forged = cloud.post(f"/_sim/forge/{','.join(defects)}", {name: value for name, value in wanted.items() if value})
    content = base64.b64decode(forged["content"])
    if str(output) == "-":
        click.echo(content, nl=False)
    else:
        write_file(output, content, PRIVATE)
        _told(output, defects, len(content), as_json=options["as_json"])


def _told(output: Path, defects: list[str], size: int, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"file": str(output), "defects": defects, "bytes": size}))
    else:
        click.echo(worded("x.cli.forgeMade", file=output, size=size, defects=", ".join(defects)))


def _list(texts: Texts, *, as_json: bool) -> None:
    rows = [{"defect": name, "text": texts(f"x.forge.{name}"), "answers": answers_of(name)} for name in DEFECTS]
    if as_json:
        click.echo(json.dumps({"data": rows}, ensure_ascii=False, indent=2))
        return
    table = Table(
        *(Column(each, overflow="fold") for each in _headings(texts)),
        show_lines=True,
    )
    for row in rows:
        table.add_row(
            str(row["defect"]), str(row["text"]), _answers(answers_of(str(row["defect"]))[RELEASES[0]], texts)
        )
    console = Console()
    console.print(table)
    console.print(texts("x.cli.forgeMore", releases=", ".join(RELEASES[1:])), highlight=False)


def _headings(texts: Texts) -> tuple[str, ...]:
    answer = texts("x.cli.forgeAnswer", release=RELEASES[0])
    return texts("x.cli.forgeDefect"), texts("x.cli.incidentWhat"), answer


def _answers(by_operation: Any, texts: Texts) -> str:
    told = {
        operation: literal(text) if text else texts("x.cli.forgeAccepted") for operation, text in by_operation.items()
    }
    if len(set(told.values())) == 1:
        return told["create"]
    return "\n".join(f"{operation}: {text}" for operation, text in told.items())
