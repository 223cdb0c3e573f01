"""`install`: asks, checks, writes `bwdata`."""

from dataclasses import replace

import click

from common.server.destinations import not_on_this_machine
from selfhost.deployment import bwdata, environment_files, setup, state
from selfhost.deployment.bwdata import Installation
from selfhost.deployment.commands.frame import YES_NO, Session, warn, word
from selfhost.deployment.dns import resolve_host
from selfhost.deployment.env_file import parse
from selfhost.deployment.simulated_cloud import REGION_DOMAINS, Stack


@word("install", needs="nothing there")
@click.option("--domain", help="Domain name; empty is localhost.")
@click.option("--letsencrypt", type=YES_NO)
@click.option("--dbname", help="Database name; empty is vault.")
@click.option("--install-id", help="Installation id.")
@click.option("--install-key", help="Installation key.")
@click.option("--cloud-region", help="US, EU or Gov; empty is US.")
@click.option("--ssl", type=YES_NO, help="There is an SSL certificate to use.")
@click.option("--self-signed", type=YES_NO, help="Generate a self-signed certificate.")
@click.option("--trusted", type=YES_NO, help="The certificate is a trusted one.")
@click.option("--skip-ssl", is_flag=True, help="No certificate: --ssl n --self-signed n.")
@click.option("--defaults", is_flag=True, help="Answer every question that has a default with it.")
@click.option("--stub", is_flag=True, help="Do not check the installation id; use zeros and a placeholder key.")
@click.option("-q", "quiet", is_flag=True, help="Fewer lines.")
@click.option("--url", help="URL of the instance, if it is not http(s)://DOMAIN.")
@click.option("--cloud-us", help="Address of the simulated US cloud.")
@click.option("--cloud-eu", help="Address of the simulated EU cloud.")
@click.option("--dangerously-contact-real-bitwarden", "contact_real", is_flag=True, help="Ask the real cloud.")
def install(
    session: Session,
    *,
    skip_ssl: bool,
    defaults: bool,
    stub: bool,
    quiet: bool,
    url: str | None,
    cloud_us: str | None,
    cloud_eu: str | None,
    contact_real: bool,
    **answers: str | None,
) -> None:
    """Ask, check the installation id with the cloud of the region, and write bwdata."""
    stack = session.stack(cloud_us, cloud_eu)
    flags = setup.Flags(**answers)
    if skip_ssl:
        flags = replace(flags, ssl="n", self_signed="n")
    if stub:
        flags = replace(flags, install_id=str(Installation().id), install_key=setup.STUB_KEY)
    if defaults:
        flags = flags.or_defaults()
    say: bwdata.Say = (lambda _line: None) if quiet else click.echo
    first = setup.ask_first(session.questions, flags)
    try:
        installation = _checked_installation(session, flags, first, stack, check=not stub, contact_real=contact_real)
    except setup.Refused as refusal:
        click.echo(str(refusal))
        if (outside := not_on_this_machine(refusal)) is not None:
            warn(f"{outside}: --dangerously-contact-real-bitwarden would ask Bitwarden itself.")
        return
    first = replace(first, domain=first.domain.lower())
    setup.build(
        session.data,
        first,
        installation,
        lambda: setup.ask_ssl(session.questions, flags, lets_encrypt=first.lets_encrypt),
        url=url or (stack.selfhost_url if first.domain == "localhost" else None),
        tags=state.read_script(session.home).image_tags,
        ids=session.tools.ids,
        now=session.tools.clock.now(),
        say=say,
    )
    environment_files.write_simulator_env(session.data, stack)
    for line in (
        "",
        "Installation complete",
        "",
        f"To change what is generated, edit {session.data.config} and run",
        "`./bitwarden.sh rebuild` or `./bitwarden.sh update`",
        "",
        "Next steps, run:",
        "`./bitwarden.sh start`",
        "",
    ):
        say(line)


def _checked_installation(
    session: Session, flags: setup.Flags, first: setup.FirstAnswers, stack: Stack, *, check: bool, contact_real: bool
) -> Installation:
    """Questions 4-6 and the checks; folders are made before, so that a refusal leaves them behind as upstream does."""
    data, questions = session.data, session.questions
    if not questions.interactive:
        # a flag forgotten in a script must not leave a half-made installation behind
        setup.ask_installation(questions, flags)
        setup.ask_ssl(questions, flags, lets_encrypt=first.lets_encrypt)
    bwdata.write_run_script(data)
    environment_files.write_uid_env(data)
    bwdata.create_folders(data, bwdata.SETUP_FOLDERS)
    setup.check_domain(first.domain)
    answer = setup.ask_installation(questions, flags)
    installation_id = setup.validated_id(answer.installation_id)
    if check:
        base = _validation_base(session, stack, answer.region, contact_real=contact_real)
        authority = None if contact_real else stack.authority
        http = session.tools.http(stack.destinations(contact_real=contact_real))
        setup.check_with_cloud(http, base, installation_id, answer.region, authority)
    return Installation(installation_id, answer.key, answer.region, first.database)


def _validation_base(session: Session, stack: Stack, region: str, *, contact_real: bool) -> str:
    """Address of the API that validates installation ids, with final slash: BW_INSTALLATION_URL or that of the region.

    The variable counts in the shell and, as upstream, in `env/uid.env`. Gov asks the US.
    """
    own = parse(session.data.uid_env.read_text(), session.tools.shell).get("BW_INSTALLATION_URL")
    domain = REGION_DOMAINS["EU" if region == "EU" else "US"]
    uri = session.tools.shell.get("BW_INSTALLATION_URL") or own or f"https://api.{domain}"
    try:
        return resolve_host(uri, stack.hosts(), contact_real=contact_real)
    except ValueError:
        return uri.rstrip("/") + "/"
