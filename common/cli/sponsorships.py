"""`wardenloop sponsorships`: Manual Sync of the self-hosted instance with its progress, and the syncs there were."""

import time
from concurrent.futures import Future
from threading import Thread
from typing import Any
from uuid import UUID

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from common.cli import stack
from common.cli.client import RequestFailed, Server
from common.cli.home import Home
from common.cli.language import LANGUAGES, chosen, worded
from common.server.locale.texts import Texts
from common.server.terminal import json_text

_POLL_SECONDS = 0.2

_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group("sponsorships")
def sponsorships_group() -> None:
    """Sync the sponsorships of the self-hosted instance, and see how the syncs went."""


@sponsorships_group.command("sync")
@click.argument("organization")
@_json_option
@click.pass_obj
def sync(home: Home, organization: str, as_json: bool) -> None:
    """Manual Sync of ORGANIZATION (its id on the instance, or its name), as with the button in the portal."""
    run = _sync_with_progress(home, _organization_id(_instance(home), organization))
    if as_json:
        click.echo(json_text(run))
    elif run["error"] is not None:
        raise click.ClickException(outcome_of(run))
    else:
        click.echo(outcome_of(run))
    if run["error"] is not None:
        raise SystemExit(1)


@sponsorships_group.command("runs")
@click.argument("organization", required=False)
@_json_option
@click.pass_obj
def show_runs(home: Home, organization: str | None, as_json: bool) -> None:
    """The newest syncs, by hand and daily, newest first; of ORGANIZATION (id or name) or of all."""
    instance = _instance(home)
    wanted = {"organizationId": _organization_id(instance, organization)} if organization else {}
    runs = instance.get("/_sim/sponsorships/runs", **wanted)["data"]
    names = {each["id"]: each["name"] for each in instance.get("/_sim/sponsorships/organizations")["data"]}
    if as_json:
        click.echo(json_text({"runs": runs}))
        return
    for run in runs:
        known_as = names.get(run["organizationId"], run["organizationId"])
        click.echo(
            f"{run['number']:>5}  {_second(run['startedAt'])}  {run['trigger']:<6}  {known_as}  {outcome_of(run)}"
        )
    if not runs:
        click.echo(worded("x.cli.sponsorshipsNoSync"))


def outcome_of(run: dict[str, Any]) -> str:
    """How a run went, in one line."""
    if run["error"] is not None:
        advice = Texts(LANGUAGES[chosen()]).gloss(run["advice"] or "") or run["advice"]
        return f"{run['error']}: {advice} ({run['reason']})"
    if run["finishedAt"] is None:
        return worded("x.cli.sponsorshipsUnderWay", done=run["chunksDone"], total=run["chunksTotal"])
    if run["chunksTotal"] == 0:
        return worded("x.cli.sponsorshipsNothing")
    return worded("x.cli.sponsorshipsDone", **{name: run[name] for name in ("sent", "removed", "active")})


def _instance(home: Home) -> Server:
    """The instance, with a connection of its own."""
    address = stack.url_of(home, "selfhost")
    if address is None:
        raise stack.StackError(worded("x.cli.noStack", home=home.root))
    return Server(address, ca=home.ca)


def _organization_id(instance: Server, wanted: str) -> str:
    """An id as it is; the id of the connected organization of this name. Raises ClickException."""
    try:
        return str(UUID(wanted))
    except ValueError:
        pass
    known = instance.get("/_sim/sponsorships/organizations")["data"]
    found = [each["id"] for each in known if each["name"] == wanted]
    if len(found) == 1:
        return str(found[0])
    if found:
        raise click.ClickException(worded("x.cli.ownersSeveral", name=wanted, ids=", ".join(found)))
    names = ", ".join(f"{each['name']} ({each['id']})" for each in known) or worded("x.cli.nobody")
    raise click.ClickException(worded("x.cli.sponsorshipsNone", name=wanted, known=names))


def _sync_with_progress(home: Home, organization: str) -> dict[str, Any]:
    """Start the sync and watch its run until it has ended, which may be after the call that started it has given up."""
    watching = _instance(home)
    before = max((run["number"] for run in _runs(watching, organization)), default=0)
    path = f"/_sim/organizations/{organization}/sponsorships/sync"
    answered = _ask(_instance(home), path)
    with _bar() as bar:
        task = bar.add_task(worded("x.cli.sponsorshipsSyncing"), total=None, rows=0)
        while True:
            over = answered.done()
            run = _run_after(before, watching, organization)
            if run is not None:
                bar.update(task, total=run["chunksTotal"], completed=run["chunksDone"], rows=run["sent"])
                if run["finishedAt"] is not None:
                    return run
            elif over:
                begun: dict[str, Any] = answered.result()
                return begun
            time.sleep(_POLL_SECONDS)


def _ask(instance: Server, path: str) -> "Future[Any]":
    """POST in a thread that nobody has to wait for."""
    answer: Future[Any] = Future()

    def ask() -> None:
        try:
            answer.set_result(instance.post(path))
        except RequestFailed as failure:
            answer.set_exception(failure)

    Thread(target=ask, daemon=True).start()
    return answer


def _bar() -> Progress:
    """The requests that the cloud has answered, on standard error where somebody watches."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn(worded("x.cli.sponsorshipsBar", done="{task.completed:.0f}", rows="{task.fields[rows]}")),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, disable=not console.is_terminal)


def _run_after(number: int, instance: Server, organization: str) -> dict[str, Any] | None:
    """The first manual run after the one of this number."""
    later = [run for run in _runs(instance, organization) if run["number"] > number and run["trigger"] == "manual"]
    return later[-1] if later else None


def _runs(instance: Server, organization: str) -> list[dict[str, Any]]:
    return list(instance.get("/_sim/sponsorships/runs", organizationId=organization)["data"])


def _second(moment: str) -> str:
    return f"{moment[:19].replace('T', ' ')}Z"
