"""`wardenloop jobs`: the recurring jobs of the clouds and of the instance."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import click

from common.cli.home import Home
from common.cli.language import language_option, literal
from common.cli.running import second
from common.cli.servers import server
from common.server.locale.texts import Texts
from common.server.terminal import json_text

APPS = ("cloud-us", "cloud-eu", "selfhost")

_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def jobs() -> None:
    """Show and run the recurring jobs of the clouds and of the self-hosted instance."""


@jobs.command("list")
@click.option("--app", type=click.Choice(APPS), help="Only those of this app.")
@language_option
@_json_option
@click.pass_obj
def list_jobs(home: Home, app: str | None, texts: Texts, as_json: bool) -> None:
    """The jobs of every app with their last and next run, in simulated time."""
    told = server(home, "start").get("/_sim/jobs")
    found = [each for each in told["data"] if app in (None, each["app"])]
    if as_json:
        click.echo(json_text({"data": found, "silent": told["silent"]}))
        return
    click.echo(f"{'':<42}  {texts('x.cli.jobsLast'):<20}  {texts('x.cli.jobsNext'):<20}  {texts('x.cli.jobsHow')}")
    for job in found:
        last = job["lastRun"] or {"startedAt": None, "error": None}
        runs = f"{second(last['startedAt']):<20}  {second(job['nextRun']):<20}"
        click.echo(f"{job['app']:<9} {job['name']:<32}  {runs}  {_how_often(job['schedule'], texts)}")
        if last["error"]:
            click.secho(f"    {literal(last['error'])}", fg="red")
    for name in told["silent"]:
        click.echo(texts("x.cli.jobsSilent", app=name), err=True)


def _how_often(schedule: Mapping[str, Any], texts: Texts) -> str:
    """A cron expression as it is."""
    if "cron" in schedule:
        return str(schedule["cron"])
    return texts("x.cli.jobsEvery", hours=f"{schedule['everySeconds'] / 3600:g}")


@jobs.command("run")
@click.argument("name")
@click.option("--app", type=click.Choice(APPS), help="Only at this app.  [default: at every one that has it]")
@language_option
@_json_option
@click.pass_obj
def run_job(home: Home, name: str, app: str | None, texts: Texts, as_json: bool) -> None:
    """Run a job now, whenever it is due. Exit status 1 when it fails."""
    where = {"app": app} if app else {}
    done: list[dict[str, Any]] = server(home, "start").call(
        "POST", f"/_sim/jobs/{quote(name, safe='')}/run", params=where
    )["data"]
    if as_json:
        click.echo(json_text({"data": done}))
    for run in () if as_json else done:
        text = texts("x.cli.jobRun", app=run["app"], name=name)
        click.echo(f"{run['app']}: {name}: {literal(run['error'])}" if run["error"] else text, err=bool(run["error"]))
    if any(run["error"] for run in done):
        raise SystemExit(1)
