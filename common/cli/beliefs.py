"""`wardenloop state`: what each side believes, side by side."""

from collections.abc import Iterator, Mapping
from typing import Any

import click

from common.cli.home import Home
from common.cli.language import language_option
from common.cli.servers import server
from common.server.locale.texts import Texts
from common.server.terminal import json_text


@click.command()
@click.option("--organization", metavar="ID-OR-NAME", help="Only this one.")
@language_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def state(home: Home, organization: str | None, texts: Texts, as_json: bool) -> None:
    """What each side believes: licenses, connections, sponsorships on both ends, and what is simulated."""
    wanted = {"organization": organization} if organization else {}
    told = server(home, "start").get("/_sim/state", **wanted)
    if as_json:
        click.echo(json_text(told))
        return
    for name, app in told["apps"].items():
        click.echo(f"{name:<9} {' · '.join(_simulated(app['simulated'], texts))}")
    for each in told["organizations"]:
        click.echo(f"\n{each['name']}")
        for line in (*_cloud(each, texts), *_instance(each["instance"], texts), *_sponsorships(each, texts)):
            click.echo(f"  {line}")
    for name in told["silent"]:
        click.echo(texts("x.cli.stateSilent", app=name), err=True)


def _simulated(on: Mapping[str, Any], texts: Texts) -> Iterator[str]:
    yield _day(on["now"])
    yield f"v{on['release']}"
    if on["frozen"]:
        yield texts("x.cli.stateFrozen")
    yield from (texts("x.cli.journalFault", fault=f"{each['operation']} {each['do']}") for each in on["faults"])
    yield from (texts("x.cli.journalEgress", **each) for each in on["egress"])
    yield from on["quirks"]


def _cloud(pair: Mapping[str, Any], texts: Texts) -> Iterator[str]:
    cloud = pair["cloud"]
    if cloud is None:
        yield texts("x.cli.stateNoCloud")
        return
    paid, issue = cloud["subscription"], cloud["wouldIssue"]
    status = texts("x.cli.statePaid", status=paid["status"], end=_day(paid["periodEnd"])) if paid else "-"
    yield f"{pair['app']}  {cloud['id']}  {cloud['plan']}  {status}"
    yield issue["refused"] or texts("x.cli.stateWouldIssue", expires=_day(issue["expires"]))
    yield from (
        texts("x.cli.stateIssued", to=each["installationId"], last=_day(each["last"])) for each in cloud["issued"]
    )
    if cloud["billingSyncToken"]:
        yield texts("x.cli.stateToken", token=cloud["billingSyncToken"]["token"])


def _instance(here: Mapping[str, Any] | None, texts: Texts) -> Iterator[str]:
    if here is None:
        yield texts("x.cli.stateNoInstance")
        return
    file, connection = here["license"], here["connection"]
    yield f"selfhost  {here['id']}  {texts('x.cli.stateEnabled' if here['enabled'] else 'x.cli.stateDisabled')}"
    yield file["unreadable"] or texts("x.cli.stateLicense", expires=_day(file["suspendedAt"]))
    for each in (file["token"], file["verdict"]):
        if each:
            yield texts("x.cli.stateVerdict", verdict=each)
    for each in file["values"]:
        if file["there"] and not each["agrees"]:
            values = {name: each[name] for name in ("name", "file", "row")}
            yield texts("x.cli.stateDiffers", **values, token=each["inForce"])
    if connection is None:
        yield texts("x.cli.stateNoConnection")
        return
    last = _day(connection["lastLicenseSync"]) or texts("x.cli.stateNever")
    on = texts("x.cli.stateEnabled" if connection["enabled"] else "x.cli.stateDisabled")
    yield texts("x.cli.stateConnection", on=on, token=connection["token"], last=last)
    if connection["failure"]:
        advice = connection["failure"]["advice"]
        yield texts("x.cli.stateFailure", advice=texts.gloss(advice) or advice)


def _sponsorships(pair: Mapping[str, Any], texts: Texts) -> Iterator[str]:
    for each in pair["sponsorships"]:
        ends = [each["cloud"], each["instance"]]
        name = next(end["friendlyName"] or end["offeredTo"] or end["id"] for end in ends if end)
        said = [end["status"] if end else "-" for end in ends]
        flaw = f"  {each['cloud']['flaw']}" if each["cloud"] and each["cloud"]["flaw"] else ""
        agree = "" if each["agree"] else f"  {texts('x.cli.stateDisagree')}"
        yield f"{texts('x.cli.stateSponsorship', name=name, cloud=said[0], instance=said[1])}{agree}{flaw}"


def _day(moment: str | None) -> str:
    return f"{moment[:16].replace('T', ' ')}Z" if moment else ""
