"""`wardenloop journal`: what crossed the wire, what became of it, and why it was refused."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click

from common.cli.client import Server
from common.cli.home import Home
from common.cli.language import language_option, literal, worded
from common.cli.servers import server
from common.server.locale.texts import Texts
from common.server.terminal import json_text

_PATH = "/_sim/journal"
_LOOK_SECONDS = 0.5
_KINDS = ("request", "call", "mail", "job", "clock", "control")

_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def journal() -> None:
    """What crossed the wire, what became of it, and why it was refused."""


def _filtered(command: Any) -> Any:
    """The options that say which entries."""
    for option in (
        click.option("--since", metavar="MOMENT", help="Only what began then or later, in real time (ISO 8601)."),
        click.option("--caller", metavar="ID", help="Only calls of this installation, account or organization."),
        click.option("--status", type=int, help="Only what was answered with this status."),
        click.option("--operation", help='Such as "POST /identity/connect/token" (see /openapi); `*` at its end: any.'),
    ):
        command = option(command)
    return command


@journal.command("list")
@_filtered
@click.option("--kind", type=click.Choice(_KINDS), help="Only entries of this kind.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, help="So many, the newest.")
@click.option("--group", "grouped", is_flag=True, help="What belongs to one action together, with both ends.")
@language_option
@_json_option
@click.pass_obj
def list_entries(home: Home, /, texts: Texts, grouped: bool, as_json: bool, **options: Any) -> None:
    """The newest entries, in order."""
    told = _desk(home).get(f"{_PATH}?{_query({**options, 'language': texts.language})}")
    if as_json:
        click.echo(json_text(told | ({"groups": conversations(told["data"])} if grouped else {})))
        return
    for each in conversations(told["data"]) if grouped else ():
        click.echo(f"{each['group']}")
        for depth, entry in in_turn(each["data"]):
            _print(entry, texts, "  " * (depth + 1))
    for each in () if grouped else told["data"]:
        _print(each, texts)
    _warn(told, texts)


@journal.command("show")
@click.argument("entry_id", metavar="ID")
@language_option
@_json_option
@click.pass_obj
def show_entry(home: Home, entry_id: str, texts: Texts, as_json: bool) -> None:
    """All of one entry."""
    entry = _desk(home).get(f"{_PATH}/{entry_id}?{_query({'language': texts.language})}")
    if not as_json:
        _print(entry, texts)
    click.echo(json_text(entry))


@journal.command("find")
@_filtered
@click.option("--kind", type=click.Choice(_KINDS), help="Only entries of this kind.")
@click.option("--body", metavar="JSON", help="Only requests whose body has these members, at any depth.")
@language_option
@_json_option
@click.pass_obj
def find_entries(home: Home, /, body: str | None, texts: Texts, as_json: bool, **options: Any) -> None:
    """The entries that are meant; and those that nearly are, with the reasons why they are not.

    Exit status 1 when there is none.
    """
    pattern = {name: value for name, value in options.items() if value is not None}
    if body is not None:
        try:
            pattern["body"] = json.loads(body)
        except ValueError as error:
            raise click.BadParameter(texts("x.cli.noJson", text=body), param_hint="--body") from error
    found = _desk(home).post(f"{_PATH}/find?{_query({'language': texts.language})}", pattern)
    if as_json:
        click.echo(json_text(found))
    else:
        for each in found["matches"]:
            _print(each, texts)
        if not found["matches"]:
            click.echo(texts("x.cli.journalNearly" if found["nearMisses"] else "x.cli.journalNone"))
            for miss in found["nearMisses"]:
                _print(miss["entry"], texts)
                click.echo(f"    {'; '.join(miss['reasons'])}")
    if not found["matches"]:
        raise SystemExit(1)


@journal.command("follow")
@language_option
@_json_option
@click.pass_obj
def follow_entries(home: Home, texts: Texts, as_json: bool) -> None:
    """Entries as they come, until interrupted; with --json one in a line."""
    desk, seen = _desk(home), None
    while True:
        newest = desk.get(f"{_PATH}?{_query({'limit': 1000, 'language': texts.language})}")["data"]
        numbers = {(each["app"], each["number"]) for each in newest}
        for each in newest:
            if seen is not None and (each["app"], each["number"]) not in seen:
                if as_json:
                    click.echo(json.dumps(each, ensure_ascii=False))
                else:
                    _print(each, texts)
        seen = numbers
        time.sleep(_LOOK_SECONDS)


@journal.command("note")
@click.argument("text")
@_json_option
@click.pass_obj
def add_note(home: Home, text: str, as_json: bool) -> None:
    """Write TEXT down between the entries, to find the place again: an entry of kind control."""
    told = _desk(home).post(_PATH, {"what": "note", "name": text, "outcome": ""})
    click.echo(json_text(told) if as_json else text)


@journal.command("clear")
@language_option
@_json_option
@click.pass_obj
def clear_entries(home: Home, texts: Texts, as_json: bool) -> None:
    """Forget all entries."""
    told = _desk(home).call("DELETE", _PATH)
    click.echo(json_text(told) if as_json else texts("x.cli.journalEmpty"))
    _warn(told, texts)


@journal.command("export")
@_filtered
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File; printed if left out.")
@click.option("--json", "as_json", is_flag=True, help="The entries as they are, instead of an HTTP Archive.")
@click.pass_obj
def export_entries(home: Home, /, output: Path | None, as_json: bool, **options: Any) -> None:
    """The exchanges as an HTTP Archive (HAR 1.2)."""
    query = _query({**options, "limit": 100_000})
    text = json_text(_desk(home).get(f"{_PATH if as_json else _PATH + '.har'}?{query}"))
    if output is None:
        click.echo(text)
    else:
        output.write_text(text + "\n", "utf-8")
        click.echo(worded("x.cli.writtenTo", file=output))


def _desk(home: Home) -> Server:
    return server(home, "start")


def _query(options: Mapping[str, Any]) -> str:
    return urlencode({name: value for name, value in options.items() if value is not None})


def conversations(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What belongs to one action together, the one that began first first: `{"group", "data"}`."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for each in entries:
        found.setdefault(each["group"], []).append(each)
    return [{"group": group, "data": data} for group, data in found.items()]


def in_turn(entries: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each with how deep it lies: what an app did below what it was asked, the other end of a call below the call."""
    by_id = {each["id"]: each for each in entries}
    depths: dict[str, int] = {}
    last_asked: dict[str, int] = {}
    for each in sorted(entries, key=lambda each: (each["realAt"], each["kind"] != "request")):
        if each["kind"] == "request":
            depth = depths[each["peer"]] + 1 if each["peer"] in depths else 0
            last_asked[each["app"]] = depth
        else:
            depth = last_asked[each["app"]] + 1 if each["app"] in last_asked else 0
        depths[each["id"]] = depth
        yield depth, by_id[each["id"]]


def _print(entry: Mapping[str, Any], texts: Texts, indent: str = "") -> None:
    """One line, what was asked to go wrong, and for a refusal what it was and what to do."""
    ends = f"{entry['from']} -> {entry['to']}" if entry["to"] else str(entry["app"])
    what = entry["operation"] if entry["subject"] is None else f"{entry['operation']} {entry['subject']}"
    outcome = entry["status"] or entry["outcome"] or texts("x.cli.journalNoAnswer")
    click.echo(f"{indent}{entry['id']}  {entry['realAt'][11:23]}  {ends:<22} {outcome!s:<4} {what}")
    for line in _explained(entry, texts):
        click.echo(f"{indent}    {line}")


def _explained(entry: Mapping[str, Any], texts: Texts) -> Iterator[str]:
    if entry["fault"]:
        yield texts("x.cli.journalFault", fault=entry["fault"])
    if entry.get("egress"):
        yield texts("x.cli.journalEgress", **entry["egress"])
    if entry["rule"]:
        cause = f"{entry['rule']} ({entry['cause']})" if entry["cause"] else entry["rule"]
        said = texts("x.cli.journalRefused", rule=cause)
        yield f"{said}: {literal(entry['message'])}" if entry["message"] else said
    if entry["advice"]:
        yield entry["advice"]
    if entry.get("because"):
        yield texts("x.cli.journalBecause", entry=entry["because"]["entry"])


def _warn(told: Mapping[str, Any], texts: Texts) -> None:
    for name in told["silent"]:
        click.echo(texts("x.cli.journalSilent", app=name), err=True)
    for name in told["off"]:
        click.echo(texts("x.cli.journalOff", app=name), err=True)
