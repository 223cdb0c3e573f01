"""`wardenloop rehearse`: what you will do on the real server, done here first, step by step, with a report."""

from pathlib import Path
from typing import Any

import click

from common.cli.client import RequestFailed, Server
from common.cli.home import Home
from common.cli.language import language_option, literal
from common.cli.servers import server
from common.files import write_file
from common.server.locale.texts import CHINESE, Texts
from common.server.terminal import json_text

NAMES = ("renewal", "billing-sync", "families", "region-move", "lapse", "update")


@click.command()
@click.argument("name", type=click.Choice(NAMES), required=False)
@click.option("--list", "listing", is_flag=True, help="Print every rehearsal with its steps and what can go wrong.")
@click.option("--pause", is_flag=True, help="Wait for Enter before each step.")
@click.option(
    "--stage", "staged", multiple=True, metavar="PROBLEM", help="Have this go wrong where it can; repeatable."
)
@click.option("--report", type=click.Path(file_okay=False, path_type=Path), help="Write the report into this folder.")
@language_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def rehearse(
    home: Home,
    name: str | None,
    listing: bool,
    pause: bool,
    staged: tuple[str, ...],
    report: Path | None,
    texts: Texts,
    as_json: bool,
) -> None:
    """Do here first what you will do on the real server: renewal, billing sync, lapse ...; with a report.

    On the running world, which `wardenloop world import` makes of your license. Each step says what to do on
    the real server and what will be seen, and is done for real in the simulator.
    """
    desk, language = server(home, "start"), _tag(texts)
    known = desk.get("/_sim/rehearsals", language=language)["data"]
    if listing or name is None:
        _list(known, texts, as_json=as_json)
        return
    story = next(each for each in known if each["name"] == name)
    problems = {problem["name"]: step["name"] for step in story["steps"] for problem in step["problems"]}
    if unknown := [each for each in staged if each not in problems]:
        raise click.UsageError(texts("x.rehearse.unknown", name=unknown[0], known=", ".join(problems) or "-"))
    outcomes: list[dict[str, Any]] = []
    failed = None
    try:
        _perform(outcomes, desk, story, staged, texts, pause=pause, quiet=as_json)
    except RequestFailed as refused:  # what was done so far is reported
        if not refused.status:
            raise
        failed = refused
    files = _report(desk, name, report, language) if report and outcomes else []
    if as_json:
        error = {"error": failed.message} if failed else {}
        click.echo(json_text({"name": name, "steps": outcomes, "report": [str(each) for each in files]} | error))
    for file in () if as_json else files:
        click.echo(texts("x.rehearse.written", file=file))
    if failed:
        raise click.ClickException(failed.message) from failed
    if not all(_is_fine(each) for each in outcomes):
        raise SystemExit(1)


def _perform(
    outcomes: list[dict[str, Any]],
    desk: Server,
    story: dict[str, Any],
    staged: tuple[str, ...],
    texts: Texts,
    *,
    pause: bool,
    quiet: bool,
) -> None:
    """Every step, in order, into `outcomes`."""
    if not quiet:
        click.echo(f"{story['title']}\n{texts('x.rehearse.again')} `wardenloop snapshot save NAME`\n")
    for number, step in enumerate(story["steps"], 1):
        if not quiet:
            click.echo(f"{number}. {texts('x.rehearse.do')}: {step['do']}")
            click.echo(f"   {texts('x.rehearse.see')}: {step['see']}")
        wanted = [each for each in step["problems"] if each["name"] in staged]
        if pause and not quiet:
            click.pause()
        outcomes.append(_told(desk, story["name"], step, wanted, texts, quiet=quiet))


def _told(
    desk: Server, name: str, step: dict[str, Any], wanted: list[dict[str, Any]], texts: Texts, *, quiet: bool
) -> dict[str, Any]:
    query = {"language": _tag(texts), "problem": ",".join(each["name"] for each in wanted)}
    outcome: dict[str, Any] = desk.call("POST", f"/_sim/rehearsals/{name}/{step['name']}", params=query)
    if quiet:
        return outcome
    for problem, staged in zip(wanted, outcome["problems"], strict=True):
        click.echo(f"   {texts('x.rehearse.wrong')}: {problem['text']}")
        click.echo(f"   {texts('x.rehearse.staged', name=problem['name'])}: {_said(staged, texts)}")
    click.echo(f"   {texts('x.rehearse.here', moment=outcome['at'])}: {_said(outcome, texts)}\n")
    return outcome


def _said(outcome: dict[str, Any], texts: Texts) -> str:
    word = texts("x.rehearse.fine" if outcome["asExpected"] else "x.rehearse.otherwise")
    lines = [f"{word} {literal(outcome['text'])}".rstrip()]
    if outcome.get("otherCause"):
        lines.append(texts("x.rehearse.otherCause", staged=outcome["name"]))
    if outcome["why"]:
        lines.append(f"{texts('x.rehearse.why')}: {outcome['why']}")
    return "\n      ".join(lines)


def _tag(texts: Texts) -> str:
    return "zh" if texts.language == CHINESE else "en"


def _is_fine(outcome: dict[str, Any]) -> bool:
    return all(each["asExpected"] for each in (outcome, *outcome["problems"]))


def _report(desk: Server, name: str, folder: Path, language: str) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for kind, ending in (("markdown", "md"), ("html", "html")):
        text = desk.get("/_sim/rehearsals/report", language=language, format=kind)
        file = folder / f"rehearsal-{name}.{ending}"
        write_file(file, str(text).encode())
        written.append(file)
    return written


def _list(known: list[dict[str, Any]], texts: Texts, *, as_json: bool) -> None:
    if as_json:
        click.echo(json_text({"data": known}))
        return
    for story in known:
        click.echo(f"{story['name']:<14} {story['title']}")
        for step in story["steps"]:
            for problem in step["problems"]:
                click.echo(f"{'':<14}   --stage {problem['name']}: {problem['text']}")
