"""`wardenloop incident`: known failures of the real world, staged, broken, seen, explained and repaired here."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import click
from rich.console import Console
from rich.table import Column, Table

from common.cli.client import Server
from common.cli.home import Home
from common.cli.language import language_option, literal
from common.cli.servers import server
from common.server.locale.texts import CHINESE, Texts

_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def incident() -> None:
    """Known failures of the real world, on this stack: what a person sees, why, and what helps."""


@incident.command("list")
@language_option
@_as_json
@click.pass_obj
def list_incidents(home: Home, texts: Texts, as_json: bool) -> None:
    """Every incident, with the literal text that appears."""
    rows = server(home, "start").get("/_sim/incidents", language=_tag(texts))["data"]
    if as_json:
        click.echo(json.dumps({"data": rows}, ensure_ascii=False, indent=2))
        return
    headings = ("x.cli.incidentName", "x.cli.incidentWhat", "x.cli.incidentSeen")
    table = Table(*(Column(texts(each), overflow="fold") for each in headings), show_lines=True)
    for row in rows:
        table.add_row(row["name"], row["title"], literal(row["seen"] or ""))
    Console().print(table)
    for row in rows:
        if row["broken"]:
            where = f"{home.urls()['start']}/incidents/{row['name']}"
            click.secho(texts("x.cli.incidentStands", name=row["name"], where=where), fg="yellow")


@incident.command("run")
@click.argument("name")
@click.option("--step", is_flag=True, help="Wait for Enter after each step.")
@click.option("--clean", is_flag=True, help="Bring the whole world back afterwards as it was before.")
@language_option
@_as_json
@click.pass_obj
def run_incident(home: Home, name: str, step: bool, clean: bool, texts: Texts, as_json: bool) -> None:
    """Run the incident NAME. It buys an organization of its own, which stays (but with --clean), and leaves everything
    else as it was."""
    desk, steps = server(home, "start"), []
    with _way_back(desk, name) if clean else nullcontext():
        for line in desk.lines(f"/_sim/incidents/{name}?language={_tag(texts)}"):
            told = json.loads(line)
            if "error" in told:
                raise click.ClickException(literal(told["error"]))
            steps.append(told)
            if not as_json:
                _tell(told, texts)
                if step and told["step"] != "works":
                    click.pause()
    if as_json:
        click.echo(json.dumps({"name": name, "clean": clean, "steps": steps}, ensure_ascii=False, indent=2))
    else:
        click.echo(texts("x.cli.incidentCleaned" if clean else "x.cli.incidentLeft"))
    if not all(each["asExpected"] for each in steps):
        raise SystemExit(1)


@contextmanager
def _way_back(desk: Server, name: str) -> Iterator[None]:
    """The world as it is now comes back at the end, however that is."""
    snapshot = f"/_sim/snapshots/before-incident-{name}"
    desk.call("PUT", snapshot)
    try:
        yield
    finally:
        desk.post(snapshot)
        desk.call("DELETE", snapshot)


def _tag(texts: Texts) -> str:
    return "zh" if texts.language == CHINESE else "en"


def _tell(told: dict[str, Any], texts: Texts) -> None:
    rule = f"  [{told['rule']}]" if told["rule"] else ""
    otherwise = "" if told["asExpected"] else f"  {texts('x.cli.incidentOtherwise')}"
    click.echo(f"{told['step']:<8} {literal(told['text'] or '-')}{rule}{otherwise}")
    for entry in told["journal"]:
        click.echo(f"         wardenloop journal show {entry}")
