"""`wardenloop license agenda`: every date that matters of a licence file. No app, no network, no certificate needed."""

import sys
from datetime import datetime, tzinfo
from pathlib import Path
from typing import BinaryIO

import click

from common.cli.language import language_option, meant
from common.cli.worded_agenda import paper, shortly, zone_option
from common.clock import SystemClock
from common.crypto.certificates import UnreadableCertificate, load_certificates
from common.errors import Refusal
from common.files import write_file
from common.license.agenda import agenda_of, is_understood
from common.license.bringing import Brought, bring
from common.license.files import UnreadableLicense
from common.license.model import OrganizationLicense, has_token
from common.license.tokens import read_token
from common.license.verification import verify_signature
from common.server.locale.texts import Texts
from common.server.terminal import json_text, printable
from common.sim.timeline.worded_agenda import calendar, said, subject_of

_UNREADABLE = 2
_LARGEST = 1024 * 1024
"""Bytes that are looked at; no licence has a tenth of them."""


@click.command("agenda")
@click.argument("file", type=click.File("rb"))
@click.option("--cert", type=click.File("rb"), help="Certificate (PEM or DER) to check the proofs against.")
@click.option("--ics", type=click.Path(dir_okay=False, path_type=Path, allow_dash=True), help="Write a calendar file.")
@zone_option
@language_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def agenda_command(
    file: BinaryIO, cert: BinaryIO | None, ics: Path | None, zone: tzinfo | None, texts: Texts, as_json: bool
) -> None:
    """Say on which day what happens to the license FILE ("-" = stdin), why, and what to do about it.

    It also works for a file whose signature cannot be checked, and says so.
    """
    try:
        brought = bring(file.read(_LARGEST + 1))
    except UnreadableLicense as error:
        click.echo(texts("x.agenda.noLicense", problem=meant(str(error))), err=True)
        raise SystemExit(_UNREADABLE) from error
    now, entries = SystemClock().now(), said(agenda_of(brought), texts)
    name, proof = subject_of(brought), _proof(brought, cert, now)
    if ics is not None:
        text = calendar(entries, str(brought.file.id), name, texts, now)
        if str(ics) == "-":
            click.echo(text, nl=False)
            return
        write_file(ics, text.encode())
    if as_json:
        told = {
            "kind": "organization" if isinstance(brought.file, OrganizationLicense) else "user",
            "id": str(brought.file.id),
            "name": name,
            "version": brought.file.version,
            "token": has_token(brought.file),
            "understood": is_understood(brought),
            "proof": proof,
            "verified": proof == "good",
            "spelling": [each.value for each in brought.spelling],
            "changed": [each.field for each in brought.changed],
            "data": [each.told(zone) for each in entries],
        }
        click.echo(json_text(told))
        return
    _show(brought, name, proof, texts)
    if short := shortly(entries, zone, texts):
        click.echo(f"{short}\n")
    for line in paper(entries, now, zone, texts):
        click.echo(line)
    if ics is not None:
        click.echo(texts("x.agenda.written", file=ics), file=sys.stderr)


def _proof(brought: Brought, cert: BinaryIO | None, now: datetime) -> str:
    """`good`, `bad`, `expired`, `not-checked`."""
    if cert is None:
        return "not-checked"
    try:
        certificates = load_certificates(cert.read())
    except UnreadableCertificate as error:
        raise click.BadParameter(f"{error}.", param_hint="--cert") from error
    ticks = SystemClock().ticks()
    try:
        if has_token(brought.file):
            read_token(brought.file, certificates, ticks)
            return "good"
        return "good" if verify_signature(brought.file, certificates) else "bad"
    except Refusal as refusal:
        return "expired" if "IDX10223" in (refusal.rule or "") else "bad"


def _show(brought: Brought, name: str, proof: str, texts: Texts) -> None:
    click.echo(f"{printable(name)}  ({texts('x.agenda.version', version=brought.file.version)})")
    click.echo(texts(f"x.agenda.proof.{proof}"))
    if not is_understood(brought):
        click.echo(texts("x.agenda.unknownVersion", version=brought.file.version))
    elif not has_token(brought.file):
        click.echo(texts("x.agenda.noToken"))
    for each in brought.spelling:
        click.echo(texts(f"x.import.spelt.{each}"))
    for row in brought.changed:
        changed = texts("x.import.changed", field=row.field, file=row.file or "-", token=row.token or "-")
        click.echo(printable(changed))
    click.echo("")
