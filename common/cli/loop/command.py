"""`wardenloop loop`: perform the steps of the documentation against the running stack."""

from contextlib import closing

import click
from rich.console import Console

from common.cli import stack
from common.cli.draws import ids_of_home
from common.cli.home import Home
from common.cli.language import chosen, worded
from common.cli.loop import run as guided_run
from common.cli.loop import script

_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@click.option(
    "--document",
    type=click.Choice([*script.DOCUMENTS, "all"]),
    default="all",
    show_default=True,
    help="002: licenses. 000: Families sponsorships.",
)
@click.option(
    "--region",
    type=click.Choice(["us", "eu", "both"]),
    default="both",
    show_default=True,
    help="Cloud region of the sponsorships. The EU variant moves the instance there and back.",
)
@click.option("--verbose", is_flag=True, help="Show what was sent and what came back.")
@_json_option
@click.pass_obj
def loop(home: Home, document: str, region: str, verbose: bool, as_json: bool) -> None:
    """Perform every step of the documentation on the running stack. Moves simulated time by over two years."""
    if not (stack.is_running(home) and home.is_seeded):
        raise stack.StackError(worded("x.cli.noStackRuns", home=home.root))
    documents = script.DOCUMENTS if document == "all" else (document,)
    chapters = script.chapters(documents, script.REGIONS if region == "both" else (region.upper(),))
    with closing(
        guided_run.perform(home, ids_of_home(home, "loop"), chapters)
    ) as results:  # what it changed is put back at once
        if as_json:
            report, succeeded = guided_run.as_json(results, chosen())
            click.echo(report)
        else:
            total = sum(len(chapter.steps) for chapter in chapters)
            succeeded = guided_run.show(results, total, Console(soft_wrap=True), chosen(), verbose=verbose)
    if not succeeded:
        raise SystemExit(1)
