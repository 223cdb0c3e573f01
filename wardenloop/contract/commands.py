"""`wardenloop contract`: ask a server, prove the cases, judge a client, hand the contract to other tools."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import click
import requests

from wardenloop.contract.accounts import REGIONS, Accounts, HttpMailbox, UnfitAccounts, read_accounts
from wardenloop.contract.cases import SIDES, Case, in_region, load_cases
from wardenloop.contract.client import Exchange, judge, read_exchanges
from wardenloop.contract.export.har import as_har
from wardenloop.contract.export.openapi import as_openapi
from wardenloop.contract.export.pact import write_pacts
from wardenloop.contract.export.schemas import as_json_schema
from wardenloop.contract.patterns import KINDS as DIFFERENCES
from wardenloop.contract.prove import BAR, Proof, prove
from wardenloop.contract.report import alike, as_html, as_json, as_junit, lines, summary, together
from wardenloop.contract.runner import Result, run_cases
from wardenloop.contract.stage import Stage
from wardenloop.contract.states import STATES
from wardenloop.contract.target import Answer, NoAnswer, OfficialHost, Sent, Target, refuse_official
from wardenloop.contract.texts import said

_WRITERS: dict[str, Callable[[list[Result]], str]] = {".xml": as_junit, ".html": as_html, ".json": as_json}
FORMATS = ("openapi", "jsonschema", "har", "pact")
_WHOLE_JOURNAL = 100_000
_PROBE = "/api/installations/00000000-0000-0000-0000-000000000000"
_ONLY = "Only this group, cases that begin so, or have this word: licences, licences/sync, sync. Repeatable."
_SELFHOSTED = "Only allowed when not self hosted."


@click.group()
def contract() -> None:
    """What these servers promise on the wire, as cases: ask any server, prove them, judge a client, export."""


def _asking(command: Any) -> Any:
    """The options that say whom to ask, and what."""
    for option in (
        click.option(
            "--dangerously-real", is_flag=True, help="Ask a server of Bitwarden all the same; only what reads."
        ),
        click.option(
            "--ca", type=click.Path(exists=True, path_type=Path), help="Authority of a target that speaks https."
        ),
        click.option(
            "--region",
            type=click.Choice(REGIONS, case_sensitive=False),
            help="Of the target, or of the cloud of an instance.  [default: any]",
        ),
        click.option("--side", type=click.Choice(SIDES), help="What the target is.  [default: it is asked]"),
        click.option("--mailbox", metavar="URL", help="Where its mails can be read, as wardenloop's mailbox answers."),
        click.option("--cloud", metavar="URL", help="The cloud of an instance, for licenses to give it."),
        click.option("--push", metavar="URL", help="Where the push relay is.  [default: TARGET/push]"),
        click.option("--identity", metavar="URL", help="Where tokens come from.  [default: TARGET/identity]"),
        click.option("--api", metavar="URL", help="Where the API is.  [default: TARGET/api]"),
        click.option("--only", multiple=True, metavar="NAME", help=_ONLY),
        click.option(
            "--accounts",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="What is there already: YAML, JSON, or what `urls --json` prints.",
        ),
        click.option("--target", required=True, metavar="URL", help="The server."),
    ):
        command = option(command)
    return command


@contract.command("list")
@click.option("--only", multiple=True, metavar="NAME", help=_ONLY)
@click.option("--json", "as_object", is_flag=True, help="Print JSON.")
def list_cases(only: tuple[str, ...], as_object: bool) -> None:
    """The cases, and where each is known from."""
    cases = _chosen(only)
    if as_object:
        rows = [
            {
                "id": each.id,
                "side": each.side,
                "kind": each.kind,
                "says": each.says,
                "request": f"{each.ask.method} {each.ask.path}",
                "status": each.expect.status,
                "upstream": each.upstream,
                "fidelity": each.fidelity,
            }
            for each in cases
        ]
        click.echo(json.dumps({"data": rows}, ensure_ascii=False, indent=2))
        return
    for each in cases:
        click.echo(f"{each.id:<60} {each.side:<9} {each.kind:<16} {each.expect.status}  {said(each.says)}")
    click.echo(said("{count} cases.", count=len(cases)))


@contract.command("run")
@_asking
@click.option("--safe", is_flag=True, help="Only what reads, on what --accounts gives: for servers that are in use.")
@click.option("--ignore", multiple=True, type=click.Choice(DIFFERENCES), help="Kinds of differences that do not count.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Write it: .xml (JUnit), .html, .json.")
@click.option("-v", "--verbose", is_flag=True, help="Tell each case apart, also where the same is told of many.")
@click.option("--json", "as_object", is_flag=True, help="Print JSON.")
def run(
    safe: bool, ignore: tuple[str, ...], report: Path | None, verbose: bool, as_object: bool, **options: Any
) -> None:
    """Ask a server all cases of its side. Exit status 1 when it answers otherwise than upstream."""
    if report is not None and report.suffix not in _WRITERS:
        raise click.BadParameter(said("ends with .xml, .html or .json"), param_hint="--report")
    results = _run(options, safe=safe or options["dangerously_real"], ignore=ignore, quiet=as_object, verbose=verbose)
    if report is not None:
        report.write_text(_WRITERS[report.suffix](results), "utf-8")
    click.echo(as_json(results) if as_object else summary(results))
    if any(each.outcome == "differs" for each in results):
        raise SystemExit(1)
    if not any(each.outcome == "passed" for each in results):
        raise click.ClickException(said("No case was run."))


@contract.command("prove")
@_asking
@click.option("--json", "as_object", is_flag=True, help="Print JSON.")
def prove_cases(as_object: bool, **options: Any) -> None:
    """Bend each right answer of a server, one place after the other: do the cases notice? Exit status 1 below 95 %."""
    results = _run(options, safe=False, ignore=(), quiet=True)
    if any(each.outcome == "differs" for each in results):
        raise click.ClickException(said("The server is not right to begin with: see `contract run`."))
    proof = prove(results)
    _tell(proof, as_object=as_object)
    if proof.noticed < BAR:
        raise SystemExit(1)


def _tell(proof: Proof, *, as_object: bool) -> None:
    if as_object:
        missed = [{"case": case, "kind": each.kind, "place": each.what} for case, each in proof.unnoticed]
        kinds = {kind: {"made": made, "noticed": noticed} for kind, (made, noticed) in proof.by_kind.items()}
        click.echo(
            json.dumps({"made": proof.made, "noticed": proof.noticed, "kinds": kinds, "unnoticed": missed}, indent=2)
        )
        return
    for case, each in proof.unnoticed:
        click.echo(f"{said('unnoticed')}  {case}: {said('{kind} at {place}', kind=each.kind, place=each.what)}")
    for kind, (made, noticed) in proof.by_kind.items():
        click.echo(f"{kind:<22} {said('{noticed} of {made}', noticed=f'{noticed:>6}', made=f'{made:>6}')}")
    share, noticed = f"{proof.noticed:.1%}", proof.made - len(proof.unnoticed)
    click.echo(said("{noticed} of {made} mutants noticed: {share}.", noticed=noticed, made=proof.made, share=share))


def _run(
    options: dict[str, Any], *, safe: bool, ignore: Iterable[str], quiet: bool, verbose: bool = False
) -> list[Result]:
    """Ask. quiet: nothing is told on the way; verbose: each case apart, also where the same is told of many."""
    chosen, asked = _chosen(options["only"]), _Asked.of(options)
    stage, side = asked.stage(safe=safe), asked.side
    region = options["region"]
    cases = (in_region(each, region) if region else each for each in chosen if each.side == side)
    results = []
    for result in run_cases(cases, stage, safe=safe, ignore=ignore):
        results.append(result)
        if not quiet:
            for line in lines(result) if verbose or alike(result) is None else ():
                click.echo(line)
    for line in together(results) if not (quiet or verbose) else ():
        click.echo(line)
    return results


def _chosen(only: tuple[str, ...]) -> list[Case]:
    cases = [each for each in load_cases() if not only or each.is_called(only)]
    if not cases:
        groups = ", ".join(sorted({each.group for each in load_cases()}))
        raise click.BadParameter(
            said("no case is called so; the groups are {groups}", groups=groups), param_hint="--only"
        )
    return cases


@dataclass
class _Asked:
    """The target as the options describe it."""

    target: Target
    accounts: Accounts
    options: dict[str, Any]

    @classmethod
    def of(cls, options: dict[str, Any]) -> "_Asked":
        try:
            accounts = (
                read_accounts(options["accounts"], options["target"], options["region"])
                if options["accounts"]
                else Accounts()
            )
            return cls(_target(options, options["target"]), accounts, options)
        except (OfficialHost, UnfitAccounts) as error:
            raise click.UsageError(str(error)) from error

    @cached_property
    def side(self) -> str:
        """As the option says, or as the target answers what only a cloud does."""
        if self.options["side"]:
            return str(self.options["side"])
        try:
            return "selfhost" if _is_instance(self.target.ask(Sent("GET", _PROBE))) else "cloud"
        except NoAnswer as error:
            raise click.ClickException(str(error)) from error

    def stage(self, *, safe: bool) -> Stage:
        """The target with nothing done yet."""
        side = self.side
        address = self.options["mailbox"] or self.accounts.mailbox
        mailbox = HttpMailbox(address, _session(self.options)) if address else None
        stage = Stage(self.target, STATES[side], dict(self.accounts.values), mailbox, only_reading=safe)
        cloud = self.options["cloud"] or self.accounts.cloud
        if side == "selfhost" and cloud:
            there = Target(cloud, session=_session(self.options))
            stage.cloud = Stage(there, STATES["cloud"], {}, mailbox, only_reading=safe)
        return stage


def _target(options: dict[str, Any], base: str) -> Target:
    services = {name: options[name] for name in ("api", "identity", "push")}
    return Target(base, session=_session(options), dangerously_real=options["dangerously_real"], **services)


def _session(options: dict[str, Any]) -> requests.Session:
    session = requests.Session()
    if options["ca"]:
        session.verify = str(options["ca"])
    return session


def _is_instance(answer: Answer) -> bool:
    return answer.status == 400 and _SELFHOSTED.encode() in answer.body


@contract.command("client")
@click.option("--journal", metavar="URL", help="An app, or the desk of a stack: its journal is read.")
@click.option("--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A journal or HTTP Archive.")
@click.option("--caller", metavar="ID", help="Only calls of this installation, account or organization.")
@click.option("--since", metavar="MOMENT", help="Only what began then or later, in real time (ISO 8601).")
@click.option("--allow", multiple=True, metavar="RULE", help="Findings of this rule are told and do not count.")
@click.option("--ca", type=click.Path(exists=True, path_type=Path), help="Authority of a journal that speaks https.")
@click.option("--json", "as_object", is_flag=True, help="Print JSON.")
def judge_client(as_object: bool, allow: tuple[str, ...], **options: Any) -> None:
    """What a client did that upstream would not take, or not notice. Exit status 1 when there is any.

    Read from the journal of a session with the simulator, or from an HTTP Archive of any (which cannot say which
    members nobody read). Pages, jobs and calls of a simulated instance are left out.
    """
    exchanges = _exchanges(options)
    findings = judge(exchanges)
    if as_object:
        rows = [asdict(each) for each in findings]
        click.echo(json.dumps({"exchanges": len(exchanges), "findings": rows}, ensure_ascii=False, indent=2))
    else:
        for each in findings:
            click.echo(f"{said(each.severity):<10} {each.rule}: {each.says}")
            first = said("{times} times, first {example}", times=each.times, example=each.example)
            click.echo(f"{'':<10} {first}")
        click.echo(said("{requests} requests, {findings} findings.", requests=len(exchanges), findings=len(findings)))
    if any(each.rule not in allow for each in findings):
        raise SystemExit(1)
    if not exchanges:
        raise click.ClickException(said("There is no request of a client."))


def _exchanges(options: dict[str, Any]) -> list[Exchange]:
    if (options["journal"] is None) == (options["file"] is None):
        raise click.UsageError(said("Give --journal or --file."))
    try:
        if options["file"] is not None:
            return read_exchanges(json.loads(options["file"].read_text("utf-8")))
        return read_exchanges(_journal(options))
    except (ValueError, LookupError, TypeError) as error:
        raise click.UsageError(said("That is neither a journal nor an HTTP Archive ({error}).", error=error)) from error


def _journal(options: dict[str, Any]) -> Any:
    address = options["journal"].rstrip("/")
    wanted = {"limit": _WHOLE_JOURNAL, "caller": options["caller"], "since": options["since"]}
    try:
        refuse_official(address)
        answer = _session(options).get(
            f"{address}/_sim/journal", params={name: value for name, value in wanted.items() if value is not None}
        )
        answer.raise_for_status()
    except OfficialHost as error:
        raise click.UsageError(str(error)) from error
    except requests.RequestException as error:
        raise click.ClickException(str(error)) from error
    return answer.json()


@contract.command("export")
@click.option("--format", "wanted", type=click.Choice(FORMATS), required=True, help="For which tool.")
@click.option("--only", multiple=True, metavar="NAME", help=_ONLY)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File, of pact the folder; printed if left out.")
def export(wanted: str, only: tuple[str, ...], output: Path | None) -> None:
    """Hand the contract to other tools. Pact needs pact-python (`pip install wardenloop[pact]`)."""
    cases = _chosen(only)
    if wanted == "pact":
        if output is None:
            raise click.UsageError(said("Give -o FOLDER: pact writes a file for each kind of server."))
        try:
            written = write_pacts(output, cases)
        except ImportError as error:
            raise click.ClickException(said("pact-python is not installed: pip install 'wardenloop[pact]'")) from error
        click.echo("\n".join(said("Written to {path}.", path=each) for each in written))
        return
    text = {"openapi": as_openapi, "jsonschema": as_json_schema, "har": as_har}[wanted](cases)
    if output is None:
        click.echo(text)
    else:
        output.write_text(text + "\n", "utf-8")
        click.echo(said("Written to {path}.", path=output))
