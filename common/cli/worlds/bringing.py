"""`wardenloop world import`: a world out of a real licence and environment file. Nothing secret of them stays."""

import base64
import html
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

import click

from common.cli import selfhost, snapshots, stack
from common.cli.client import Client, RequestFailed
from common.cli.draws import ids_of_home
from common.cli.home import Home
from common.cli.language import language_option, literal, meant, worded
from common.cli.stack import StackError
from common.cli.worlds.applying import build, steps_of
from common.cli.worlds.importing import (
    NOT_COMPARED_OF_PREMIUM,
    Given,
    Import,
    ImportFailed,
    compared,
    plan_import,
)
from common.cli.worlds.stage import Stage, stage_of
from common.clock import SystemClock
from common.configuration.forms import UnreadableConfiguration
from common.configuration.reading import SourceFile
from common.doctor.examination import examine
from common.doctor.examination import told as explained
from common.doctor.findings import Severity
from common.license.files import UnreadableLicense, read_any
from common.license.model import AnyLicense, OrganizationLicense, UserLicense, fields_of, has_token
from common.server.locale.texts import Texts
from common.server.terminal import json_text, printable

_LARGEST = 1024 * 1024
_KEPT = "before-import"


@click.command("import")
@click.option("--license", "license_file", type=click.File("rb"), help="The organization's license file.")
@click.option("--env", "env_file", type=click.File("rb"), help="The instance's global.override.env (or settings.env).")
@click.option("--premium", "premium_file", type=click.File("rb"), help="A premium license file of a person.")
@click.option("--users", type=click.IntRange(1), default=1, show_default=True, help="People on the instance.")
@click.option("--pseudonymous", is_flag=True, help="Other name, addresses, ids and license key.")
@click.option("--dry-run", is_flag=True, help="Only say what would become of everything; no stack is needed.")
@click.option("--yes", is_flag=True, help="Do not ask before the running world is put aside.")
@click.option("--bundle", is_flag=True, hidden=True, help="Read the files from standard input, as JSON in Base64.")
@language_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def import_command(home: Home, /, texts: Texts, **options: Any) -> None:
    """Make the running stack hold the organization of a real license: same id, plan, seats, features and dates.

    Each line of --env is reported as taken, ignored (with the reason) or secret and replaced. The world that was there
    is kept as a snapshot. The real license file itself is accepted by no simulated instance: its signature is another.
    """
    given, as_json = _given(options), options["as_json"]
    try:
        planned = plan_import(given, ids_of_home(home, "import"), SystemClock().now())
    except ImportFailed as failure:
        raise StackError(texts(failure.key, **_meant(failure.values))) from failure
    told = _planned(planned, texts) | {"doctor": _examined(given, texts)}
    if not options["dry_run"]:
        told |= _carried_out(home, planned, texts, yes=options["yes"], quiet=options["bundle"])
    if as_json:
        click.echo(json_text(told))
    else:
        for line in _paper(told, texts):
            click.echo(printable(line))


def _meant(values: Mapping[str, object]) -> dict[str, object]:
    return {name: meant(value) if isinstance(value, str) else value for name, value in values.items()}


def _given(options: dict[str, Any]) -> Given:
    users, pseudonymous = options["users"], options["pseudonymous"]
    if options["bundle"]:
        sent = json.loads(sys.stdin.read(4 * _LARGEST))
        found = {name: base64.b64decode(sent[name]) for name in ("license", "environment", "premium") if sent.get(name)}
        return Given(found.get("license", b""), found.get("environment"), found.get("premium"), users, pseudonymous)
    if options["license_file"] is None:
        raise click.UsageError("Give --license FILE.")
    contents = (_content(options[name]) for name in ("license_file", "env_file", "premium_file"))
    license_, environment, premium = contents
    return Given(license_ or b"", environment, premium, users, pseudonymous)


def _content(file: BinaryIO | None) -> bytes | None:
    if file is None:
        return None
    content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise StackError(f"{file.name} is longer than {_LARGEST // 1024} KB.")
    return content


# --- doing it


class _Built(NamedTuple):
    issued: OrganizationLicense | None
    premium: UserLicense | None
    refusals: list[str]


def _carried_out(home: Home, planned: Import, texts: Texts, *, yes: bool, quiet: bool) -> dict[str, Any]:
    if not stack.is_running(home):
        raise StackError(texts("x.import.noStack", home=home.root))
    if not yes:
        _ask(home, texts)
    with snapshots.another_world(home, _KEPT) as kept:
        steps = steps_of(planned.world)
        with click.progressbar(
            length=steps, label=texts("x.import.building"), show_pos=True, file=sys.stderr, hidden=quiet
        ) as bar:
            built = _build(home, planned, lambda: bar.update(1))
    return _issued_again(planned, built) | {"keptAs": kept}


def _ask(home: Home, texts: Texts) -> None:
    """Nobody loses a world: it is asked, and kept."""
    what = texts("x.import.consent", home=home.root)
    if not sys.stdin.isatty():
        raise StackError(f"{what} {texts('x.import.addYes')}")
    click.confirm(what, abort=True)


def _build(home: Home, planned: Import, came_on: Callable[[], object]) -> _Built:
    stage = stage_of(home, ids_of_home(home, "world"))
    stage.came_on = came_on
    try:
        build(planned.world, stage)
    except (RequestFailed, selfhost.CommandFailed, TimeoutError, LookupError) as failure:
        raise StackError(worded("x.cli.worldNotBuilt", why=failure)) from failure
    home.add_accounts(*stage.accounts, organizations=stage.organizations, installations=stage.installations)
    return _Built(issued_now(stage, planned), premium_issued_now(stage, planned), stage.refusals)


def issued_now(stage: Stage, planned: Import) -> OrganizationLicense | None:
    """What the simulated cloud hands out for this installation; None where it refuses, which the stage remembers."""
    region = planned.world["installation"]["region"]
    owner = stage.clients[region, planned.world["accounts"][0]["email"]]
    path = f"/organizations/{planned.file.id}/license?installationId={stage.installations[0].id}"
    return _asked(stage, owner, path, OrganizationLicense)


def premium_issued_now(stage: Stage, planned: Import) -> UserLicense | None:
    """The same of the premium licence; None also where none was brought."""
    if planned.premium is None or not planned.premium.email:
        return None
    person = stage.clients[planned.world["installation"]["region"], planned.premium.email.lower()]
    return _asked(stage, person, "/account/billing/vnext/license", UserLicense)


def _asked(stage: Stage, person: Client, path: str, kind: type[AnyLicense]) -> AnyLicense | None:
    person.refresh()
    try:
        return read_any(json.dumps(person.get(path)).encode(), kind)
    except RequestFailed as refused:
        stage.refusals.append(refused.message)
    except UnreadableLicense as error:
        stage.refusals.append(str(error))
    return None


def _issued_again(planned: Import, built: _Built) -> dict[str, Any]:
    told = {"issuedAgain": _comparison(planned.file, built.issued, planned.not_compared)}
    if planned.premium is not None:
        told["premiumAgain"] = _comparison(planned.premium, built.premium, NOT_COMPARED_OF_PREMIUM)
    return told | {
        "instance": {"applied": not built.refusals, "refusals": list(dict.fromkeys(built.refusals))},
        "time": planned.world["time"].get("now", planned.world["time"]["begin"]),
    }


def _comparison(file: AnyLicense, issued: AnyLicense | None, left_out: frozenset[str]) -> dict[str, Any]:
    found = compared(file, issued, left_out) if issued else []
    rows = [{"field": name, "file": before, "issued": after} for name, before, after in found]
    return {
        "equal": issued is not None and not rows,
        "fields": len(fields_of(type(file))) - len(left_out),
        "except": sorted(left_out),
        "differences": rows,
    }


# --- telling it


def _planned(planned: Import, texts: Texts) -> dict[str, Any]:
    file, environment = planned.file, planned.environment
    lines = [each.told() | {"why": texts(each.why)} for each in environment.lines] if environment else None
    return {
        "license": {
            "kind": "organization",
            "id": str(file.id),
            "name": html.unescape(file.name or ""),
            "plan": file.plan,
            "planType": file.plan_type,
            "seats": file.seats,
            "version": file.version,
            "token": has_token(file),
            "installationId": str(file.installation_id),
            "issued": file.issued.wire(),
            "expires": file.expires.wire() if file.expires else None,
            "term": planned.origin.term.value,
            "exact": planned.origin.exact,
            "verified": False,
        },
        "region": planned.world["installation"]["region"],
        "replaced": list(planned.replaced),
        "notes": [texts(key, **values) for key, values in planned.notes],
        "settings": lines,
        "people": len(planned.world["accounts"]),
    }


def _examined(given: Given, texts: Texts) -> list[str]:
    """What is wrong with the files on the real server, too, as doctor says it; risks are its own matter."""
    if given.environment is None:
        return []
    files, licences = (
        [SourceFile(name, each)] for name, each in (("--env", given.environment), ("--license", given.license))
    )
    try:
        _, findings = examine(files, licences, now=SystemClock().now())
    except (UnreadableConfiguration, UnreadableLicense):
        return []
    return [explained(each, texts)["what"] for each in findings if each.severity is Severity.WRONG]


def _paper(told: dict[str, Any], texts: Texts) -> Iterator[str]:
    licence = told["license"]
    yield texts("x.import.what", **{name: licence[name] for name in ("name", "plan", "seats", "version", "id")})
    yield texts(f"x.import.term.{licence['term']}")
    yield texts("x.import.notVerified")
    if told["replaced"]:
        yield texts("x.import.pseudonyms", fields=", ".join(told["replaced"]))
    yield from told["notes"]
    if told["settings"] is not None:
        yield ""
        yield texts("x.import.lines")
        for line in told["settings"]:
            value = f" = {line['value']}" if line["value"] is not None else ""
            word = texts(f"x.env.{line['verdict']}")
            yield f"{line['line']:>5}  {word:<8}  {line['name'] or '-'}{value}  ({line['why']})"
    if told["doctor"]:
        yield ""
        yield texts("x.import.doctor", count=len(told["doctor"]))
        yield from (f"  - {each}" for each in told["doctor"])
    if "issuedAgain" not in told:
        return
    yield ""
    for again, key in ((told["issuedAgain"], "equal"), (told.get("premiumAgain"), "premiumEqual")):
        if again and again["equal"]:
            yield texts(f"x.import.{key}", count=again["fields"], without=texts("x.comma").join(again["except"]))
        for row in again["differences"] if again else ():
            field = row["field"] if key == "equal" else f"--premium {row['field']}"
            yield texts("x.import.different", **row | {"field": field})
    for refusal in told["instance"]["refusals"]:
        yield texts("x.import.refused.licence", text=literal(refusal))
    yield texts("x.import.time", moment=told["time"][:19].replace("T", " "))
    yield texts("x.import.kept", name=told["keptAs"])
    yield texts("x.import.next")
