"""`wardenloop release`: which server release the apps behave as, and what each one changed."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any, NamedTuple

import click
from rich.console import Console
from rich.table import Table

from common.cli import selfhost
from common.cli.client import RequestFailed, Server
from common.cli.home import Home
from common.cli.language import language_option, worded
from common.cli.organizations import license_text
from common.cli.owners import owned
from common.cli.servers import server
from common.releases import Release, UnknownRelease
from common.server.locale.texts import CHINESE, Texts

CLOUDS = {"cloud-us": "cloud_us", "cloud-eu": "cloud_eu"}
SELFHOST = "selfhost"
MATRIX = (
    *("v2022.8.0", "v2022.12.0", "v2023.2.0", "v2023.5.0", "v2023.10.0", "v2024.1.0", "v2024.8.1", "v2025.1.0"),
    *("v2025.3.3", "v2025.5.2", "v2026.5.0", "v2026.8.0"),
)
"""The releases between which something changed for licences, with one before and one after each change."""
WORKS = "works"
_HEADINGS = (
    "x.cli.releaseRelease",
    "x.cli.releaseAccepts",
    "x.cli.releaseIssues",
    "x.cli.releaseToken",
    "x.cli.releaseCame",
)


def _release(_context: click.Context, _option: click.Parameter, text: str | None) -> Release | None:
    try:
        return None if text is None else Release.parse(text)
    except UnknownRelease as error:
        raise click.BadParameter(str(error)) from None


def _releases(_context: click.Context, _option: click.Parameter, texts: Sequence[str]) -> list[Release]:
    try:
        return [Release.parse(text) for text in texts or MATRIX]
    except UnknownRelease as error:
        raise click.BadParameter(str(error)) from None


@click.group()
def release() -> None:
    """Behave as another server release: what a cloud issues, what an instance understands, in which words."""


@release.command("list")
@language_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def list_releases(home: Home, texts: Texts, as_json: bool) -> None:
    """Every release that changed something about licenses, and which ones are simulated now."""
    found = server(home, "cloud_us").get("/_sim/releases")
    simulated = {name: str(server(home, app).get("/api/version")) for name, app in CLOUDS.items()}
    simulated[SELFHOST] = _instance_release(home)
    if as_json:
        click.echo(json.dumps({"simulated": simulated, "data": found["data"]}, ensure_ascii=False, indent=2))
        return
    table = Table(*map(texts, _HEADINGS))
    for row in found["data"]:
        told = [_change(each, texts) for each in row["changes"]]
        fields = [", ".join(row["fields"])] if row["fields"] else []
        token = _token(row, texts)
        table.add_row(row["release"], str(row["accepts"]), str(row["issues"]), token, "; ".join(fields + told))
    console = Console()
    console.print(table)
    for name, version in simulated.items():
        console.print(f"{name}: {version}")


def _change(change: dict[str, Any], texts: Texts) -> str:
    told = str(change["zh"] if texts.language == CHINESE else change["en"])
    return told if change["simulated"] else f"{told} ({texts('x.cli.releaseNotSimulated')})"


def _token(row: dict[str, Any], texts: Texts) -> str:
    if row["writesTokens"]:
        return texts("x.cli.releaseTokenMade")
    return texts("x.cli.releaseTokenRead") if row["readsTokens"] else ""


def _instance_release(home: Home) -> str:
    try:
        return str(server(home, SELFHOST).get("/api/version"))
    except RequestFailed:
        return "down"


@release.command("set")
@click.argument("app", type=click.Choice([*CLOUDS, SELFHOST]))
@click.argument("version", callback=_release, metavar="RELEASE")
@language_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def set_release(home: Home, app: str, version: Release, texts: Texts, as_json: bool) -> None:
    """Have APP behave as RELEASE (v2023.10). A cloud does so at once; the instance is restarted for it."""
    _choose(home, app, version)
    if as_json:
        click.echo(json.dumps({"app": app, "release": str(version), "restarted": app == SELFHOST}))
        return
    key = "x.cli.releaseSetRestarted" if app == SELFHOST else "x.cli.releaseSet"
    click.echo(texts(key, app=app, release=version))


def _choose(home: Home, app: str, version: Release) -> None:
    if app == SELFHOST:
        selfhost.run(home, "release", f"v{version}")
    else:
        server(home, CLOUDS[app]).call("PUT", f"/_sim/releases/{app}", json={"release": str(version)})


@release.command("matrix")
@click.option("--cloud", "clouds", multiple=True, callback=_releases, help="A release of the cloud; 12 by default.")
@click.option("--selfhost", "instances", multiple=True, callback=_releases, help="A release of the instance.")
@language_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def run_matrix(home: Home, clouds: list[Release], instances: list[Release], texts: Texts, as_json: bool) -> None:
    """Apply what each cloud release issues to each instance release, and print what came of it: works, or the refusal.

    The license of the world's own organization is applied again; afterwards every app is as it was before.
    """
    scene = _scene(home)
    label = texts("x.cli.releaseTrying")
    with _kept(home), click.progressbar(length=len(instances), label=label, hidden=as_json) as bar:
        files = {cloud: scene.issued_by(home, cloud) for cloud in clouds}
        results: dict[str, dict[str, str]] = {}
        for instance in instances:
            _choose(home, SELFHOST, instance)
            results[str(instance)] = {str(cloud): scene.applied(content) for cloud, content in files.items()}
            bar.update(1)
    if as_json:
        click.echo(json.dumps({"data": results}, indent=2))
    else:
        Console().print(_matrix(results, texts))


class _Scene(NamedTuple):
    """Who downloads and uploads, and for what."""

    cloud: Server
    cloud_token: str
    cloud_organization: str
    installation: str
    instance: Server
    instance_token: str
    instance_organization: str

    def issued_by(self, home: Home, version: Release) -> str:
        """The licence file that the cloud issues as this release."""
        _choose(home, "cloud-us", version)
        path = f"/api/organizations/{self.cloud_organization}/license"
        query = {"installationId": self.installation}
        return license_text(self.cloud.call("GET", path, params=query, bearer=self.cloud_token))

    def applied(self, content: str) -> str:
        """What comes of it on the instance."""
        path = f"/api/organizations/licenses/self-hosted/{self.instance_organization}"
        try:
            self.instance.call("POST", path, files={"license": ("license.json", content)}, bearer=self.instance_token)
        except RequestFailed as refusal:
            return refusal.message
        return WORKS


def _scene(home: Home) -> _Scene:
    mine = {each.name: each for each in owned(home, SELFHOST)}
    for there in owned(home, "cloud_us"):
        if (here := mine.get(there.name)) is not None:
            installation = next(each.id for each in home.saved().installations if each.app == "cloud_us")
            return _Scene(there.server, there.token, there.id, installation, here.server, here.token, here.id)
    raise click.ClickException(worded("x.cli.releaseNobody"))


@contextmanager
def _kept(home: Home) -> Iterator[None]:
    before = {
        "cloud-us": Release.parse(server(home, "cloud_us").get("/api/version")),
        SELFHOST: Release.parse(_instance_release(home)),
    }
    try:
        yield
    finally:
        for app, version in before.items():
            _choose(home, app, version)


def _matrix(results: dict[str, dict[str, str]], texts: Texts) -> Table:
    """A line for each run of cloud releases with the same outcome; refusals in the words of the wire."""
    table = Table(*map(texts, ("x.cli.releaseInstance", "x.cli.releaseCloud", "x.cli.releaseOutcome")))
    for instance, row in results.items():
        for outcome, group in groupby(row, key=row.__getitem__):
            clouds, told = list(group), texts("x.cli.releaseWorks") if outcome == WORKS else outcome
            table.add_row(instance, clouds[0] if len(clouds) == 1 else f"{clouds[0]} ... {clouds[-1]}", told)
        table.add_section()
    return table
