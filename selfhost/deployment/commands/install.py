"""`install`: asks, checks, writes `bwdata`."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import click
import requests

from common.configuration import lite
from common.configuration.env_file import parse, quoted, render, rewrite
from common.configuration.lite import Lite
from common.configuration.proxies import Proxies
from common.files import PRIVATE, write_file
from common.server.destinations import is_this_machine, not_on_this_machine
from common.server.http.session import through
from selfhost.deployment import bwdata, environment_files, setup, state
from selfhost.deployment.bwdata import Installation
from selfhost.deployment.commands.frame import YES_NO, Session, warn, word
from selfhost.deployment.dns import resolve_host
from selfhost.deployment.instance import Failed
from selfhost.deployment.simulated_cloud import REGION_DOMAINS, Stack

_LOOK = 5.0
"""Seconds that the instance of the stack gets to say what the network does."""


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
@click.option(
    "--lite",
    "lite_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="settings.env of Bitwarden lite: its BW_... and other lines are taken over, nothing is asked or checked.",
)
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
    lite_file: Path | None,
    **answers: str | None,
) -> None:
    """Ask, check the installation id with the cloud of the region, and write bwdata."""
    stack = session.stack(cloud_us, cloud_eu)
    flags = setup.Flags(**answers)
    if skip_ssl:
        flags = replace(flags, ssl="n", self_signed="n")
    if stub:
        flags = replace(flags, install_id=str(Installation().id), install_key=setup.STUB_KEY)
    single = _read_lite(session, lite_file) if lite_file else None
    if single is not None:
        stub, url = True, url or _lite_url(single, stack)
        flags = replace(
            flags,
            domain=single.domain,
            install_id=single.installation_id or str(Installation().id),
            install_key=single.key or setup.STUB_KEY,
            cloud_region="US",
            ssl="n",
            self_signed="n",
        )
    if defaults or single is not None:
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
    if single is not None:
        _take_over(session, single)
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


def _read_lite(session: Session, file: Path) -> Lite:
    try:
        return lite.read(parse(file.read_text(encoding="utf-8"), session.tools.shell))
    except UnicodeDecodeError as error:
        raise Failed(f"failed to read {file}: it is not UTF-8 text") from error


def _lite_url(single: Lite, stack: Stack) -> str | None:
    """Where the instance is: as the file says, unless it means this machine, where the stack knows better."""
    return stack.selfhost_url if single.domain == "localhost" else single.url


def _lines(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.splitlines())
    return {key: value for key, equals, value in pairs if equals}


def _take_over(session: Session, single: Lite) -> None:
    """The server's lines of `settings.env`, behind the ones of a fresh installation."""
    path = session.data.override_env
    vault = environment_files.VAULT_URI
    lines = {key: value for key, value in single.lines.items() if key != vault}
    written = rewrite(_lines(path.read_text()), render({key: quoted(value) for key, value in lines.items()}))
    write_file(path, render(written), PRIVATE)
    for note in single.notes:
        warn(note)


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
        asked, base = _validation_base(session, stack, answer.region, contact_real=contact_real)
        authority = None if contact_real else stack.authority
        http = session.tools.http(stack.destinations(contact_real=contact_real))
        proxies, between = _setup_proxies(session, asked), None if contact_real else _between(http, stack, asked)
        setup.check_with_cloud(http, base, installation_id, answer.region, authority, proxies, between)
    return Installation(installation_id, answer.key, answer.region, first.database)


def _between(http: requests.Session, stack: Stack, asked: str) -> str | None:
    """The rule of the simulated network for who is asked, as the instance of the stack that runs holds it."""
    host = urlsplit(asked).hostname
    if stack.selfhost_url is None or host is None:
        return None
    try:
        told = http.get(
            f"{stack.selfhost_url}/_sim/egress/{host}", timeout=_LOOK, verify=stack.authority or http.verify
        )
        return str(told.json()["rule"]) if told.ok else None
    except (requests.RequestException, ValueError, KeyError, TypeError):
        return None  # none runs yet


def _setup_proxies(session: Session, asked: str) -> dict[str, str]:
    """The proxy that the setup container asks: its environment is `env/uid.env`, not the shell's and no other file.

    Its own authorities are none either: `ca-certificates` is the services'. Source: bitwarden/self-host: bitwarden.sh
    (`docker run --env-file`), util/Setup/entrypoint.sh; fidelity.md: deployment.script.
    """
    proxy = Proxies.of(parse(session.data.uid_env.read_text(), session.tools.shell)).of_url(asked)
    if proxy is not None and not is_this_machine(proxy.host):
        warn(f"{proxy.variable}: the proxy {proxy.address} is not on this machine and is not asked.")
        return {}
    return through(proxy.url if proxy else None, asked)


def _validation_base(session: Session, stack: Stack, region: str, *, contact_real: bool) -> tuple[str, str]:
    """The API that validates installation ids: BW_INSTALLATION_URL or that of the region, and where it is here, with
    final slash.

    The variable counts in the shell and, as upstream, in `env/uid.env`. Gov asks the US.
    """
    own = parse(session.data.uid_env.read_text(), session.tools.shell).get("BW_INSTALLATION_URL")
    domain = REGION_DOMAINS["EU" if region == "EU" else "US"]
    uri = session.tools.shell.get("BW_INSTALLATION_URL") or own or f"https://api.{domain}"
    try:
        return uri, resolve_host(uri, stack.hosts(), contact_real=contact_real)
    except ValueError:
        return uri, uri.rstrip("/") + "/"
