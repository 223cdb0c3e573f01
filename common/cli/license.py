"""`wardenloop license`: look at, recompute and verify licence files, without any app running; forge some with one.

Exit status: 0 = yes, 1 = the answer is no (not verified, unsupported version), 2 = unreadable input or wrong usage.
"""

import dataclasses
import json
import sys
from collections.abc import Callable, Sequence
from typing import BinaryIO, NoReturn, TypeVar
from uuid import UUID

import click
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from common.cli.forge import forge_command
from common.cli.inspected_words import said
from common.cli.language import literal, meant, worded
from common.cli.license_agenda import agenda_command
from common.cli.license_download import download_command
from common.cli.license_sync import sync_command
from common.clock import SystemClock
from common.crypto.certificates import Certificates, UnreadableCertificate, load_certificates
from common.errors import Refusal
from common.license.canonical import canonical_string, license_hash
from common.license.comparison import Difference, differences
from common.license.files import UnreadableLicense, read_any, to_wire
from common.license.inspection import Inspection, Verdict, inspect_license, read_license
from common.license.model import License, OrganizationLicense, UserLicense
from common.license.timestamps import Timestamp
from common.license.tokens import read_token
from common.license.verification import verify_signature

KINDS: dict[str, Callable[[bytes], License]] = {
    "organization": lambda data: read_any(data, OrganizationLicense),
    "user": lambda data: read_any(data, UserLicense),
}
_NO, _UNREADABLE = 1, 2

_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
Command = TypeVar("Command", bound=Callable[..., None])


def _installation_id(_context: click.Context, _option: click.Parameter, text: str | None) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError:
        raise click.BadParameter(worded("x.cli.noUuid", text=text)) from None


def _moment(_context: click.Context, _option: click.Parameter, text: str | None) -> Timestamp | None:
    try:
        return None if text is None else Timestamp.parse(text)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from None


def _kind(command: Command) -> Command:
    return click.option("--kind", type=click.Choice(list(KINDS)), required=True, help="What the license is for.")(
        command
    )


def _now(command: Command) -> Command:
    help_text = "Judge as of this date-time (2027-03-16T00:00:00Z) instead of now."
    return click.option("--now", callback=_moment, help=help_text)(command)


def _file(command: Command) -> Command:
    return click.argument("file", type=click.File("rb"))(command)


@click.group("license")
def license_group() -> None:
    """Look at, recompute, verify and forge license files; fetch the one of an organization from the cloud."""


license_group.add_command(agenda_command)
license_group.add_command(download_command)
license_group.add_command(forge_command)
license_group.add_command(sync_command)


@license_group.command("inspect")
@_file
@click.option("--cert", type=click.File("rb"), help="Certificate (PEM or DER) to verify against.")
@click.option("--installation", callback=_installation_id, help="Installation id of the instance it is meant for.")
@_json_option
@_now
def inspect_command(
    file: BinaryIO, cert: BinaryIO | None, installation: UUID | None, as_json: bool, now: Timestamp | None
) -> None:
    """Say what FILE is, whose, when it ends, whether its proofs hold and where file and token differ ("-" = stdin)."""
    certificates = _certificates(cert) if cert else ()
    try:
        inspection = inspect_license(
            file.read(), certificates=certificates, installation_id=installation, now_ticks=_ticks(now)
        )
    except UnreadableLicense as error:
        _fail(worded("x.cli.licenseNone", why=meant(str(error))), _UNREADABLE)
    if as_json:
        click.echo(json.dumps(_as_json(inspection), indent=2))
    else:
        _show(inspection, Console())
    raise SystemExit(0 if inspection.ok else _NO)


@license_group.command("canonical")
@_kind
@click.option("--for", "purpose", type=click.Choice(["hash", "signature"]), required=True, help="Which of the two.")
@click.option("--jsonl", is_flag=True, help="One license per input line, one JSON object per output line.")
@_json_option
def canonical_command(kind: str, purpose: str, jsonl: bool, as_json: bool) -> None:
    """Print the canonical string of the license on stdin (a missing Hash is computed)."""
    stdin = sys.stdin.buffer
    if jsonl:
        for line in stdin:
            click.echo(json.dumps(_canonical_line(line, kind, purpose)))
        return
    told = _text_or_fail(lambda: _canonical(stdin.read(), kind, purpose))
    click.echo(json.dumps({"canonical": told}) if as_json else told.encode())


@license_group.command("hash")
@_kind
@_json_option
def hash_command(kind: str, as_json: bool) -> None:
    """Print the hash (Base64) of the license on stdin."""
    stdin = sys.stdin.buffer
    told = _text_or_fail(lambda: license_hash(_canonical(stdin.read(), kind, "hash")))
    click.echo(json.dumps({"hash": told}) if as_json else told)


@license_group.command("verify")
@click.option("--cert", type=click.File("rb"), required=True, help="Certificate (PEM or DER) to verify against.")
@click.option("--strict", is_flag=True, help="A file that says something else than its token is not verified either.")
@_json_option
@_file
@_now
def verify_command(cert: BinaryIO, strict: bool, as_json: bool, file: BinaryIO, now: Timestamp | None) -> None:
    """Verify FILE ("-" = stdin) as a server does: by its token; without a token by its signature.

    Where the file says something else than its token, the fields are named: a server takes what the token says.
    """
    certificates = _certificates(cert)
    try:
        found = _verified(file.read(), certificates, now)
    except UnreadableLicense as error:
        _fail(worded("x.cli.licenseNone", why=meant(str(error))), _UNREADABLE)
    except Refusal as refusal:
        found = _Verified(None, refusal.message)
    good = found.by is not None and not (strict and found.changed)
    if as_json:
        click.echo(json.dumps({"verified": good, **dataclasses.asdict(found)}, indent=2, default=str))
    else:
        _tell_verified(found)
    if not good:
        raise SystemExit(_NO)


@dataclasses.dataclass(frozen=True)
class _Verified:
    """by: `token` or `signature`, None = not verified; why not. changed: where the file says something else."""

    by: str | None
    why: str | None = None
    changed: Sequence[Difference] = ()


def _verified(content: bytes, certificates: Certificates, now: Timestamp | None) -> _Verified:
    parsed = read_license(content)
    claims = read_token(parsed, certificates, _ticks(now))
    if claims is not None:
        return _Verified("token", changed=[each for each in differences(parsed, claims) if not each.by_design])
    if verify_signature(parsed, certificates):
        return _Verified("signature")
    return _Verified(None, worded("x.cli.licenseNobody"))


def _tell_verified(found: _Verified) -> None:
    if found.by is None:
        click.echo(worded("x.cli.licenseNotVerified", why=literal(found.why or "")), err=True)
    else:
        click.echo(worded("x.cli.licenseByToken" if found.by == "token" else "x.cli.licenseBySignature"))
    if found.changed:
        click.echo(worded("x.cli.licenseChanged"))
    for each in found.changed:
        values = {"file": _printable(each.file), "token": _printable(each.token)}
        click.echo(f"  {worded('x.cli.licenseDiffers', field=each.field, **values)}")


def _canonical(data: bytes, kind: str, purpose: str) -> str:
    file = KINDS[kind](data)
    if purpose == "hash":
        return canonical_string(file, for_hash=True)
    computed = file.hash or license_hash(canonical_string(file, for_hash=True))
    return canonical_string(dataclasses.replace(file, hash=computed), for_hash=False)


def _canonical_line(line: bytes, kind: str, purpose: str) -> dict[str, str]:
    try:
        return {"canonical": _canonical(line, kind, purpose)}
    except UnreadableLicense as error:
        return {"error": f"Not a license: {error}."}
    except Refusal as refusal:
        return {"error": refusal.message}


def _text_or_fail(compute: Callable[[], str]) -> str:
    try:
        return compute()
    except UnreadableLicense as error:
        _fail(worded("x.cli.licenseNone", why=meant(str(error))), _UNREADABLE)
    except Refusal as refusal:
        _fail(literal(refusal.message), _NO)


def _certificates(file: BinaryIO) -> Certificates:
    try:
        return load_certificates(file.read())
    except UnreadableCertificate as error:
        raise click.BadParameter(f"{error}.", param_hint="--cert") from error


def _ticks(now: Timestamp | None) -> int:
    return SystemClock().ticks() if now is None else now.ticks


def _fail(text: str, status: int) -> NoReturn:
    click.echo(text, err=True)
    raise SystemExit(status)


# --- the inspection on paper


def _as_json(inspection: Inspection) -> dict[str, object]:
    document = {
        each.name: getattr(inspection, each.name) for each in dataclasses.fields(inspection) if each.name != "file"
    }
    return {
        "ok": inspection.ok,
        "kind": _kind_of(inspection.file),
        "license": to_wire(inspection.file),
        **{name: _json_ready(value) for name, value in document.items()},
    }


def _json_ready(value: object) -> object:
    if isinstance(value, Timestamp):
        return value.wire()
    if isinstance(value, tuple):
        return [_json_ready(each) for each in value]
    if dataclasses.is_dataclass(value):
        return {each.name: _json_ready(getattr(value, each.name)) for each in dataclasses.fields(value)}
    return value


def _kind_of(file: License) -> str:
    return "organization" if isinstance(file, OrganizationLicense) else "user"


_COLOURS = {"good": "green", "bad": "red", "absent": "yellow", "not checked": "yellow"}


def _show(inspection: Inspection, console: Console) -> None:
    file = inspection.file
    facts = Table.grid(padding=(0, 2))
    for name, value in _facts(inspection):
        facts.add_row(Text(said(name), "bold"), _fact(value))
    for name, verdict in (
        ("token", inspection.token),
        ("signature", inspection.signature),
        ("hash", inspection.hash),
        ("instance", inspection.instance),
    ):
        facts.add_row(Text(said(name), "bold"), _verdict(verdict))
    console.print(Text(said(_title(file)), "bold underline"))
    console.print(facts)
    _show_timeline(inspection, console)
    _show_differences(inspection, console)


_DOWNLOADED = (
    " (as the cloud hands it out: upload it. Copied by hand into bwdata/core/licenses a server finds nothing in it, "
    "because there the names begin with capitals)"
)


def _day_and_time(when: Timestamp) -> str:
    """`2026-08-20 12:00:00`."""
    return when.wire()[:19].replace("T", " ")


def _title(file: License) -> str:
    return "Organization license" if isinstance(file, OrganizationLicense) else "Premium license of a user"


def _facts(inspection: Inspection) -> list[tuple[str, object]]:
    file = inspection.file
    facts: list[tuple[str, object]] = [("name", file.name), ("id in the cloud", file.id)]
    if isinstance(file, OrganizationLicense):
        facts += [
            ("billing e-mail", file.billing_email),
            ("plan", f"{file.plan} (number {file.plan_type})"),
            ("seats", said("unlimited") if file.seats is None else file.seats),
            ("installation", file.installation_id),
            ("enabled", file.enabled),
            ("self-hosting", file.self_host),
        ]
    else:
        facts += [("e-mail", file.email), ("premium", file.premium)]
    facts += [("license key", file.license_key), ("file version", file.version), ("trial", file.trial)]
    remark = "" if inspection.casing == "PascalCase" else _DOWNLOADED
    return [*facts, ("keys", inspection.casing + said(remark))]


def _show_timeline(inspection: Inspection, console: Console) -> None:
    when, distance, what, says = (said(each) for each in ("when (UTC)", "from now", "what", "says"))
    # Chinese has no blanks to break a line at
    table = Table(when, distance, Column(what, overflow="fold"), says, title=said("Validity"), title_justify="left")
    for moment in inspection.timeline:
        past = "dim" if moment.words.endswith("ago") else ""
        table.add_row(
            _day_and_time(moment.when), said(moment.words), said(moment.what), said(moment.source), style=past
        )
    console.print(table)


def _show_differences(inspection: Inspection, console: Console) -> None:
    if inspection.token_readable is False:
        console.print(Text(said("The token is not readable."), "red"))
    if not inspection.token_readable:
        return
    if not inspection.differences:
        console.print(Text(said("File and token say the same."), "green"))
        return
    heads = (said(each) for each in ("field", "file", "token"))
    table = Table(*heads, "", title=said("File against token (the token counts)"), title_justify="left")
    for each in inspection.differences:
        remark = Text(said("made by the cloud itself"), "dim") if each.by_design else Text(said("changed"), "red")
        table.add_row(each.field, _printable(each.file), _printable(each.token), remark)
    console.print(table)


def _verdict(verdict: Verdict) -> Text:
    return Text(said(verdict.finding), _COLOURS[verdict.finding]).append(
        f": {_printable(said(verdict.detail))}" if verdict.detail else "", ""
    )


def _fact(value: object) -> Text:
    return Text(said(str(value))) if isinstance(value, bool) else _printable(value)


def _printable(value: object) -> Text:
    """Whatever a file says, without control characters and without rich markup."""
    if value is None:
        return Text(said("none"), "dim")
    return Text("".join(_visible(each) for each in str(value)))


def _visible(character: str) -> str:
    """Itself; a line's end as a sign that says so, other control characters by number."""
    if character in "\r\n":
        return "" if character == "\r" else " ⏎ "
    return character if character.isprintable() else f"\\u{ord(character):04x}"
