"""`wardenloop faults`: have calls and mails go wrong on purpose, see what is on, and end it."""

import json
from collections.abc import Mapping
from typing import Any

import click

from common.cli.home import Home
from common.cli.language import worded
from common.cli.servers import server
from common.server.terminal import json_text

APPS = ("cloud-us", "cloud-eu", "selfhost")
_FAULTS, _MAIL = "/_sim/faults", "/_sim/mail/faults"
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def faults() -> None:
    """Have calls and mails go wrong on purpose."""


@faults.command("list")
@_json_option
@click.pass_obj
def list_faults(home: Home, as_json: bool) -> None:
    """What is on, and how often it hit."""
    desk = server(home, "start")
    told, mail = desk.get(_FAULTS), desk.get(_MAIL)
    if as_json:
        click.echo(json_text({"data": told["data"], "mail": mail["data"], "silent": told["silent"]}))
        return
    for each in (*told["data"], *mail["data"]):
        _print(each)
    if not told["data"] and not mail["data"]:
        click.echo(worded("x.faultsNone"))
    _warn(told["silent"])


@faults.command("add")
@click.option("--app", type=click.Choice([*APPS, "cloud_us", "cloud_eu"]), help="Where.", metavar="|".join(APPS))
@click.option("--operation", help='Such as "GET /api/config" (see /openapi), identity, api, push, or * for all.')
@click.option("--mail", is_flag=True, help="Of mails instead, with --to and --from.")
@click.option("--profile", help="Several at once: harsh.")
@click.option("--installation", help="Only calls that name it.")
@click.option("--account", metavar="ID-OR-ADDRESS", help="Only calls that name it.")
@click.option("--organization", help="Only calls that name it.")
@click.option("--to", help="Only mails to this address.")
@click.option("--from", "sender", help="Only mails from this address.")
@click.option("--skip", type=int, help="So many calls go well first.")
@click.option("--times", type=int, help="So often; until it is cleared if left out.")
@click.option("--every", type=int, help="Only each so-many-th call.")
@click.option("--note", help="For you.")
@click.option("--status", type=int, help="Answer with this status instead.")
@click.option("--message", help="With --status: the text.")
@click.option("--header", "headers", multiple=True, metavar="NAME:VALUE", help="With --status or --body.")
@click.option("--location", help="With a status that redirects; `slash` adds or takes a final slash.")
@click.option("--delay", type=float, metavar="SECONDS", help="Answer late.")
@click.option("--hang", is_flag=True, help="Never answer.")
@click.option("--reset", type=click.Choice(["before", "after"]), help="Reset the connection: before or after the work.")
@click.option("--truncate", type=int, metavar="BYTES", help="Cut the body there.")
@click.option("--trickle", type=int, metavar="BYTES", help="So many bytes a second.")
@click.option("--body", help="html, empty, not-json or wrong-type instead of the answer.")
@click.option("--license", metavar="DEFECT", help="Of the license that is handed out; see `license forge --list`.")
@click.option("--unknown-members", is_flag=True, help="Answers have members that nobody knows.")
@click.option("--reversed-lists", is_flag=True, help="Lists come in another order.")
@_json_option
@click.pass_obj
def add_fault(home: Home, /, as_json: bool, mail: bool, **options: Any) -> None:
    """Switch a rule on: which calls, how often, and what goes wrong. The first one that answers is the one."""
    wanted = _wanted(options, mail=mail)
    added = server(home, "start").post(_MAIL if mail else _FAULTS, wanted)["data"]
    if as_json:
        click.echo(json_text({"data": added}))
        return
    for each in added:
        _print(each)


@faults.command("clear")
@click.argument("fault_id", metavar="[ID]", required=False)
@_json_option
@click.pass_obj
def clear_faults(home: Home, fault_id: str | None, as_json: bool) -> None:
    """Switch everything off, or one of them; what hangs is let go."""
    desk = server(home, "start")
    if fault_id is None:
        done = desk.call("DELETE", _FAULTS)
    else:
        of_mail = fault_id in {each["id"] for each in desk.get(_MAIL)["data"]}
        done = desk.call("DELETE", f"{_MAIL if of_mail else _FAULTS}/{fault_id}")
    if as_json:
        click.echo(json_text(done))
        return
    click.echo(worded("x.cli.faultsCleared", count=done["cleared"]))
    _warn(done.get("silent", ()))


def _wanted(options: Mapping[str, Any], *, mail: bool) -> dict[str, Any]:
    """The rule as the desk reads it. Raises UsageError for options that belong to the other kind."""
    given = {name: value for name, value in options.items() if not (value is None or value is False or value == ())}
    do = {there: given.pop(here) for here, there in DO.items() if here in given}
    if "headers" in given:
        do["headers"] = dict(_header(each) for each in given.pop("headers"))
    when = {name: given.pop(name) for name in ("installation", "account", "organization") if name in given}
    if "sender" in given:
        given["from"] = given.pop("sender")
    others = ("app", "operation", "profile") if mail else ("to", "from")
    foreign = [name for name in others if name in given] + (list(when) if mail else [])
    if foreign:
        raise click.UsageError(worded("x.cli.faultsNotMails" if mail else "x.cli.faultsNotCalls", option=foreign[0]))
    if not (mail or given.keys() >= {"app", "operation"} or "profile" in given):
        raise click.UsageError(worded("x.cli.faultsWhich"))
    return given | ({"do": do} if do else {}) | ({"when": when} if when else {})


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise click.BadParameter(worded("x.cli.faultsHeader", text=text), param_hint="--header")
    return name.strip(), value.strip()


DO = {
    "status": "status",
    "message": "message",
    "location": "location",
    "delay": "delaySeconds",
    "hang": "hang",
    "reset": "reset",
    "truncate": "truncate",
    "trickle": "trickle",
    "body": "body",
    "licence": "licence",
    "unknown_members": "unknownMembers",
    "reversed_lists": "reversedLists",
}


def _print(rule: Mapping[str, Any]) -> None:
    of_mail = "operation" not in rule
    when = {name: rule[name] for name in ("to", "from") if rule[name]} if of_mail else rule["when"]
    often = (
        worded("x.cli.faultsLeft", left=rule["left"], times=rule["times"])
        if rule["times"]
        else worded("x.cli.faultsAlways")
    )
    each = worded("x.cli.faultsEvery", every=rule["every"]) if rule["every"] > 1 else ""
    hits = worded("x.cli.faultsHits", hits=rule["hits"])
    whose = "".join(f" {name} {value}" for name, value in when.items())
    click.echo(f"{rule['id']}  {'mail' if of_mail else rule['app']:<9} {rule.get('operation', '*')}{whose}")
    click.echo(f"    {json.dumps(rule['do'], ensure_ascii=False)}  {often}{each}{hits}")
    if rule["note"]:
        click.echo(f"    {rule['note']}")


def _warn(silent: Any) -> None:
    for app in silent:
        click.echo(worded("x.cli.faultsSilent", app=app), err=True)
