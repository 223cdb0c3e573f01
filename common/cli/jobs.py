"""`wardenloop jobs`: the recurring jobs of the self-hosted instance."""

import click

from common.cli.home import Home
from common.cli.running import second
from common.cli.servers import server


@click.group()
def jobs() -> None:
    """Show and run the recurring jobs of the self-hosted instance."""


@jobs.command("list")
@click.pass_obj
def list_jobs(home: Home) -> None:
    """The jobs with their last and next run, in simulated time."""
    found = server(home, "selfhost").get("/_sim/jobs")["data"]
    click.echo(f"{'':<32}  {'last run':<20}  next run")
    for job in found:
        last = job["lastRun"] or {"startedAt": None, "error": None}
        click.echo(f"{job['name']:<32}  {second(last['startedAt']):<20}  {second(job['nextRun'])}")
        if last["error"]:
            click.secho(f"    {last['error']}", fg="red")


@jobs.command("run")
@click.argument("name")
@click.pass_obj
def run_job(home: Home, name: str) -> None:
    """Run a job now, whenever it is due."""
    instance = server(home, "selfhost")
    known = [job["name"] for job in instance.get("/_sim/jobs")["data"]]
    if name not in known:
        raise click.BadParameter(f"there is no job {name}; there are: {', '.join(known)}.", param_hint="NAME")
    done = instance.post(f"/_sim/jobs/{name}/run")
    if done["error"]:
        raise click.ClickException(f"{name}: {done['error']}")
    click.echo(f"{name} has run.")
