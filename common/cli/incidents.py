"""`wardenloop incident`: known failures of the real world, staged, broken, seen, explained and repaired here."""

import json
from typing import Any

import click
from rich.console import Console
from rich.table import Column, Table

from common.cli.home import Home
from common.cli.servers import server

_language = click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language.")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def incident() -> None:
    """Known failures of the real world, on this stack: what a person sees, why, and what helps."""


@incident.command("list")
@_language
@_as_json
@click.pass_obj
def list_incidents(home: Home, lang: str, as_json: bool) -> None:
    """Every incident, with the literal text that appears."""
    rows = server(home, "start").get("/_sim/incidents", language=lang)["data"]
    if as_json:
        click.echo(json.dumps({"data": rows}, ensure_ascii=False, indent=2))
        return
    table = Table(
        *(Column(each, overflow="fold") for each in ("incident", "what it is", "what appears")), show_lines=True
    )
    for row in rows:
        table.add_row(row["name"], row["title"], row["seen"] or "")
    Console().print(table)


@incident.command("run")
@click.argument("name")
@click.option("--step", is_flag=True, help="Wait for Enter after each step.")
@_language
@_as_json
@click.pass_obj
def run_incident(home: Home, name: str, step: bool, lang: str, as_json: bool) -> None:
    """Run the incident NAME. It buys an organization of its own, which stays, and leaves everything else as it was."""
    steps = []
    for line in server(home, "start").lines(f"/_sim/incidents/{name}?language={lang}"):
        told = json.loads(line)
        if "error" in told:
            raise click.ClickException(told["error"])
        steps.append(told)
        if not as_json:
            _tell(told)
            if step and told["step"] != "works":
                click.pause()
    if as_json:
        click.echo(json.dumps({"name": name, "steps": steps}, ensure_ascii=False, indent=2))
    if not all(each["asExpected"] for each in steps):
        raise SystemExit(1)


def _tell(told: dict[str, Any]) -> None:
    rule = f"  [{told['rule']}]" if told["rule"] else ""
    click.echo(f"{told['step']:<8} {told['text'] or '-'}{rule}" + ("" if told["asExpected"] else "  NOT AS EXPECTED"))
    for entry in told["journal"]:
        click.echo(f"         wardenloop journal show {entry}")
