"""`wardenloop license download`: what the owner's *Download license* hands out, as the file that an instance takes."""

from pathlib import Path
from uuid import UUID

import click

from common.cli import selfhost
from common.cli.billing_tokens import CLOUDS
from common.cli.home import Home
from common.cli.language import language_option
from common.cli.owners import find_owned
from common.files import PRIVATE, write_file
from common.server.locale.texts import Texts
from common.server.terminal import json_text

_SETTING = "globalSettings__installation__id"


@click.command("download")
@click.argument("organization", metavar="ID-OR-NAME")
@click.option("--installation", type=click.UUID, help="For which installation.  [default: the instance's]")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    default="bitwarden_organization_license.json",
    show_default=True,
    help='Write the license here ("-").',
)
@language_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def download_command(
    home: Home, organization: str, installation: UUID | None, output: Path, texts: Texts, as_json: bool
) -> None:
    """Fetch the license that the cloud issues now for an organization, as its owner's *Download license* does.

    The instance takes the file on its *Subscription* page. Exit status 1 when the cloud refuses.
    """
    there = find_owned(home, CLOUDS, organization)
    wanted = str(installation) if installation else _of_instance(home, texts)
    path = f"/api/organizations/{there.id}/license"
    issued = there.server.call("GET", path, bearer=there.token, params={"installationId": wanted})
    content = json_text(issued)
    if str(output) == "-":
        click.echo(content)
        return
    write_file(output, content.encode(), PRIVATE)
    if as_json:
        facts = {"app": there.app.replace("_", "-"), "organizationId": there.id, "name": there.name}
        click.echo(json_text(facts | {"installationId": wanted, "file": str(output), "expires": issued["expires"]}))
    else:
        click.echo(texts("x.cli.licenseDownloaded", name=there.name, file=output, expires=issued["expires"]))


def _of_instance(home: Home, texts: Texts) -> str:
    try:
        return selfhost.environment_value(home, _SETTING)
    except (LookupError, FileNotFoundError) as error:
        raise click.UsageError(texts("x.cli.licenseNoInstallation", setting=_SETTING)) from error
