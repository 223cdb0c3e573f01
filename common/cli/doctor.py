"""`wardenloop doctor`: what is wrong with a real configuration, or risky. Reads files; opens no connection.

Exit status: 0 = nothing found, 1 = findings, 2 = unreadable input or wrong usage.
"""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console
from rich.text import Text

from common.cli.language import language_option, meant
from common.clock import SystemClock
from common.configuration.forms import LARGEST
from common.configuration.reading import SourceFile, UnreadableConfiguration
from common.doctor.examination import SOON, as_json, examine, known_keys, told
from common.doctor.findings import Authority, Finding, Severity
from common.doctor.folder import read_folder, read_source
from common.license.files import UnreadableLicense
from common.server.locale.texts import Texts
from common.server.terminal import json_text, printable

_FOUND, _UNREADABLE = 1, 2
_PATH = click.Path(exists=True, allow_dash=True, path_type=Path)
_COLOURS = {Severity.WRONG: "bold red", Severity.RISKY: "yellow"}


def _moment(_context: click.Context, _option: click.Parameter, text: str | None) -> datetime | None:
    try:
        found = None if text is None else datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no date (2027-03-16).") from None
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)


@click.command("doctor")
@click.option(
    "--env",
    "paths",
    type=_PATH,
    multiple=True,
    help="global.override.env, settings.env of Bitwarden lite, a compose file, Helm values, or a bwdata folder; "
    "several are read together, later ones over earlier ones.",
)
@click.option("--license", "license_paths", type=_PATH, multiple=True, help="License file of this server; repeatable.")
@click.option("--soon", type=click.IntRange(0, 3650), default=SOON, show_default=True, help="Days that are soon.")
@click.option("--now", callback=_moment, metavar="DATE", help="Judge as of this date instead of today.")
@click.option("--ignore", multiple=True, metavar="KEY", help="Leave this finding out; see --list.")
@click.option("--list", "listing", is_flag=True, help="Print the key of every finding that there can be.")
@language_option
@click.option("--json", "json_wanted", is_flag=True, help="Print one JSON object.")
def doctor(
    paths: Sequence[Path],
    license_paths: Sequence[Path],
    soon: int,
    now: datetime | None,
    ignore: Sequence[str],
    texts: Texts,
    *,
    listing: bool,
    json_wanted: bool,
) -> None:
    """Look through a real configuration for what breaks or endangers its talk with the cloud. Nothing is contacted.

    Each finding says what people will see, and what helps. Exit status: 0 = nothing, 1 = findings, 2 = unreadable.
    """
    if listing:
        click.echo("\n".join(known_keys()))
        return
    if not paths:
        raise click.UsageError("Give --env FILE.")
    if unknown := sorted(set(ignore) - set(known_keys())):
        raise click.UsageError(f"Unknown finding: {', '.join(unknown)}. Known: {', '.join(known_keys())}.")
    files, licenses, authorities = _read(paths, license_paths)
    when = now or SystemClock().now()
    try:
        _, found = examine(files, licenses, authorities, now=when, soon=soon)
    except UnreadableConfiguration as error:
        _fail(f"{error.file}: {texts(error.key, **error.values)}")
    except UnreadableLicense as error:
        _fail(texts("x.doctor.license", file=", ".join(each.name for each in licenses), why=meant(str(error))))
    findings = [finding for finding in found if finding.key not in ignore]
    if json_wanted:
        click.echo(json_text({"ok": not findings, "findings": [as_json(finding, texts) for finding in findings]}))
    else:
        _show(findings, texts)
    raise SystemExit(_FOUND if findings else 0)


def _read(
    paths: Sequence[Path], license_paths: Sequence[Path]
) -> tuple[list[SourceFile], list[SourceFile], list[Authority]]:
    files: list[SourceFile] = []
    licenses = [_source(path) for path in license_paths]
    authorities: list[Authority] = []
    for path in paths:
        if path.is_dir():
            folder = read_folder(path)
            if not folder.environment:
                _fail(f"{path}: env/global.override.env?")
            files += folder.environment
            licenses += folder.licenses
            authorities += folder.authorities
        else:
            files.append(_source(path))
    return files, licenses, authorities


def _source(path: Path) -> SourceFile:
    if str(path) == "-":
        return SourceFile("-", sys.stdin.buffer.read(LARGEST + 1))
    return read_source(path)


def _fail(text: str) -> NoReturn:
    click.echo(printable(text), err=True)
    raise SystemExit(_UNREADABLE)


def _show(findings: Sequence[Finding], texts: Texts) -> None:
    console = Console(highlight=False)
    for finding in findings:
        said = told(finding, texts)
        place = ":".join(filter(None, (finding.file, str(finding.line or ""))))
        head = Text(texts(f"x.doctor.{finding.severity}"), _COLOURS[finding.severity])
        head.append(f"  {finding.key}", "bold")
        head.append("  " + printable("  ".join(filter(None, (place, finding.setting)))), "dim")
        console.print(head, soft_wrap=True)
        console.print(Text("  " + printable(said["what"])), soft_wrap=True)
        for name, key in (("symptom", "x.doctor.symptom"), ("repair", "x.doctor.repair")):
            named = Text(f"  {texts(key)}: ", "dim")
            console.print(named.append(printable(said[name]), "not dim"), soft_wrap=True)
        console.print()
    if not findings:
        console.print(texts("x.doctor.none"))
    wrong = sum(finding.severity is Severity.WRONG for finding in findings)
    console.print(texts("x.doctor.sum", wrong=wrong, risky=len(findings) - wrong))
