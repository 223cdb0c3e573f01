"""`wardenloop journal`: what crossed the wire, what became of it, and why it was refused."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click

from common.cli.client import Server
from common.cli.home import Home
from common.cli.servers import server
from common.server.terminal import json_text

_PATH = "/_sim/journal"
_LOOK_SECONDS = 0.5
_KINDS = ("request", "call", "mail", "job", "clock")

_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_LANGUAGES = {"en": "en", "zh": "zh-Hans"}


def _language(_context: click.Context, _option: click.Parameter, text: str) -> str:
    return _LANGUAGES[text]


_language_option = click.option(
    "--lang",
    "language",
    type=click.Choice([*_LANGUAGES]),
    default="en",
    show_default=True,
    callback=_language,
    help="Language of the advice.",
)


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
@_language_option
@_json_option
@click.pass_obj
def list_entries(home: Home, /, as_json: bool, **options: Any) -> None:
    """The newest entries, in order."""
    told = _desk(home).get(f"{_PATH}?{_query(options)}")
    if as_json:
        click.echo(json_text(told))
        return
    for each in told["data"]:
        _print(each)
    _warn(told)


@journal.command("show")
@click.argument("entry_id", metavar="ID")
@_language_option
@_json_option
@click.pass_obj
def show_entry(home: Home, entry_id: str, language: str, as_json: bool) -> None:
    """All of one entry."""
    entry = _desk(home).get(f"{_PATH}/{entry_id}?{_query({'language': language})}")
    if not as_json:
        _print(entry)
    click.echo(json_text(entry))


@journal.command("find")
@_filtered
@click.option("--kind", type=click.Choice(_KINDS), help="Only entries of this kind.")
@click.option("--body", metavar="JSON", help="Only requests whose body has these members, at any depth.")
@_language_option
@_json_option
@click.pass_obj
def find_entries(home: Home, /, body: str | None, language: str, as_json: bool, **options: Any) -> None:
    """The entries that are meant; and those that nearly are, with the reasons why they are not.

    Exit status 1 when there is none.
    """
    pattern = {name: value for name, value in options.items() if value is not None}
    if body is not None:
        try:
            pattern["body"] = json.loads(body)
        except ValueError as error:
            raise click.BadParameter(f"{body} is no JSON.", param_hint="--body") from error
    found = _desk(home).post(f"{_PATH}/find?{_query({'language': language})}", pattern)
    if as_json:
        click.echo(json_text(found))
    else:
        for each in found["matches"]:
            _print(each)
        if not found["matches"]:
            click.echo("Nothing is like that." + (" Nearly:" if found["nearMisses"] else ""))
            for miss in found["nearMisses"]:
                _print(miss["entry"])
                click.echo(f"    {'; '.join(miss['reasons'])}")
    if not found["matches"]:
        raise SystemExit(1)


@journal.command("follow")
@_language_option
@_json_option
@click.pass_obj
def follow_entries(home: Home, language: str, as_json: bool) -> None:
    """Entries as they come, until interrupted; with --json one in a line."""
    desk, seen = _desk(home), None
    while True:
        newest = desk.get(f"{_PATH}?{_query({'limit': 1000, 'language': language})}")["data"]
        numbers = {(each["app"], each["number"]) for each in newest}
        for each in newest:
            if seen is not None and (each["app"], each["number"]) not in seen:
                if as_json:
                    click.echo(json.dumps(each, ensure_ascii=False))
                else:
                    _print(each)
        seen = numbers
        time.sleep(_LOOK_SECONDS)


@journal.command("clear")
@_json_option
@click.pass_obj
def clear_entries(home: Home, as_json: bool) -> None:
    """Forget all entries."""
    told = _desk(home).call("DELETE", _PATH)
    click.echo(json_text(told) if as_json else "The journal is empty.")
    _warn(told)


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
        click.echo(f"Written to {output}.")


def _desk(home: Home) -> Server:
    return server(home, "start")


def _query(options: Mapping[str, Any]) -> str:
    return urlencode({name: value for name, value in options.items() if value is not None})


def _print(entry: Mapping[str, Any]) -> None:
    """One line, and for a refusal what it was and what to do."""
    ends = f"{entry['from']} -> {entry['to']}" if entry["to"] else str(entry["app"])
    what = entry["operation"] if entry["subject"] is None else f"{entry['operation']} {entry['subject']}"
    outcome = entry["status"] or entry["outcome"] or "no answer"
    click.echo(f"{entry['id']}  {entry['realAt'][11:23]}  {ends:<22} {outcome!s:<4} {what}")
    if entry["rule"]:
        cause = f" ({entry['cause']})" if entry["cause"] else ""
        click.echo(f"    refused by {entry['rule']}{cause}" + (f": {entry['message']}" if entry["message"] else ""))
    if entry["advice"]:
        click.echo(f"    {entry['advice']}")


def _warn(told: Mapping[str, Any]) -> None:
    for name in told["silent"]:
        click.echo(f"{name} does not answer; its entries are missing.", err=True)
    for name in told["off"]:
        click.echo(f"{name} keeps no journal.", err=True)
