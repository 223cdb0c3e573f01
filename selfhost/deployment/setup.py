"""`install`: the questions in upstream's order, the check of the installation id, and the files that follow.

Source: run.sh, util/Setup/Program.cs; fidelity.md: deployment.script.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import requests

from common.configuration.values import parse_guid
from common.ids import Ids
from selfhost.deployment import bwdata, certificates, container_files, environment_files
from selfhost.deployment.bwdata import DataDirectory, Installation, Say
from selfhost.deployment.config_file import ConfigYml
from selfhost.deployment.image_tags import ImageTags
from selfhost.deployment.questions import Questions

STUB_KEY = "SECRET_INSTALLATION_KEY"
VALIDATION_TIMEOUT = 100.0  # seconds; .NET's default
LET_THROUGH = (None, "allow", "slow")
"""Rules of the simulated network that let an answer come in the end."""
INVALID_DOMAIN = "(!) Domain is invalid. A valid domain name is required (e.g. bitwarden.example.com)."
WARNING_BANNER = "!!!!!!!!!! WARNING !!!!!!!!!!"
NOTE_BANNER = "!!!!!!!!!! NOTE !!!!!!!!!!"
_REGIONS = ("US", "EU", "Gov")


@dataclass(frozen=True)
class Flags:
    """Answers given on the command line; None = ask."""

    domain: str | None = None
    letsencrypt: str | None = None
    dbname: str | None = None
    install_id: str | None = None
    install_key: str | None = None
    cloud_region: str | None = None
    ssl: str | None = None
    self_signed: str | None = None
    trusted: str | None = None

    def or_defaults(self) -> "Flags":
        """Every question that has a default answered with it."""
        return replace(
            self,
            domain=self.domain or "",
            letsencrypt=self.letsencrypt or "n",
            dbname=self.dbname or "",
            cloud_region=self.cloud_region or "",
            ssl=self.ssl or "n",
            self_signed=self.self_signed or "n",
            trusted=self.trusted or "n",
        )


@dataclass(frozen=True)
class FirstAnswers:
    """What run.sh asks."""

    domain: str
    lets_encrypt: bool
    database: str


@dataclass(frozen=True)
class InstallationAnswers:
    """What setup asks before it checks. installation_id: as typed, blanks around it removed."""

    installation_id: str
    key: str
    region: str


class Refused(Exception):
    """Setup ends with this text; its exit status is 0 all the same."""


def ask_first(questions: Questions, flags: Flags) -> FirstAnswers:
    """Questions 1-3."""
    domain = questions.ask(
        "(!) Enter the domain name for your Bitwarden instance (ex. bitwarden.example.com): ", "--domain", flags.domain
    )
    domain = domain or "localhost"
    lets_encrypt = domain != "localhost" and questions.ask(
        "(!) Do you want to use Let's Encrypt to generate a free SSL certificate? (y/n): ",
        "--letsencrypt",
        flags.letsencrypt,
    )
    database = questions.ask(
        "(!) Enter the database name for your Bitwarden instance (ex. vault): ", "--dbname", flags.dbname
    )
    return FirstAnswers(domain, lets_encrypt == "y", database or "vault")


def ask_installation(questions: Questions, flags: Flags) -> InstallationAnswers:
    """Questions 4-6; an empty or unknown answer is asked again."""
    installation_id = questions.ask_again(
        "(!) Enter your installation id (get at https://bitwarden.com/host): ",
        "--install-id",
        flags.install_id,
        lambda text: None if text.strip() else "(!) Invalid input for installation id. Please try again.",
    )
    key = questions.ask_again(
        "(!) Enter your installation key: ",
        "--install-key",
        flags.install_key,
        lambda text: None if text.strip() else "(!) Invalid input for installation key. Please try again.",
    )
    region = questions.ask_again(
        "(!) Enter your region (US/EU) [US]: ",
        "--cloud-region",
        flags.cloud_region,
        lambda text: None if parse_region(text) else "(!) Invalid input for region. Please try again.",
    )
    return InstallationAnswers(installation_id.strip(), key, parse_region(region) or "US")


def ask_ssl(questions: Questions, flags: Flags, *, lets_encrypt: bool) -> tuple[bool, bool, bool]:
    """Questions 7-9: has a certificate, wants a self-signed one, the certificate is trusted."""
    if lets_encrypt:
        return False, False, False

    def yes(prompt: str, flag: str, answer: str | None) -> bool:
        return questions.ask(f"(!) {prompt} (y/N): ", flag, answer).strip().lower() in ("y", "yes")

    if yes("Do you have a SSL certificate to use?", "--ssl", flags.ssl):
        prompt = "Is this a trusted SSL certificate (requires ca.crt, see docs)?"
        return True, False, yes(prompt, "--trusted", flags.trusted)
    return (
        False,
        yes("Do you want to generate a self-signed SSL certificate?", "--self-signed", flags.self_signed),
        False,
    )


def parse_region(text: str) -> str | None:
    """Name of a region: empty is US, names are case-sensitive, any integer is taken; None when refused.

    Source: util/Setup/Program.cs (Enum.TryParse), src/Core/Enums/CloudRegion.cs.
    """
    name = text.strip()
    if not name:
        return "US"
    if name in _REGIONS:
        return name
    if re.fullmatch(r"[+-]?[0-9]{1,10}", name) and -(2**31) <= int(name) < 2**31:
        number = int(name)
        return _REGIONS[number] if 0 <= number < len(_REGIONS) else str(number)
    return None


def is_dns_name(domain: str) -> bool:
    """Letters, digits, `-` and `_` in labels of at most 63; an IP address is none."""
    if len(domain) > 255 or re.fullmatch(r"[0-9.]+", domain):
        return False
    return bool(re.fullmatch(r"(?!-)[\w-]{1,63}(\.(?!-)[\w-]{1,63})*\.?", domain))


def check_domain(domain: str) -> None:
    """Refused unless the domain is a DNS name."""
    if not is_dns_name(domain):
        raise Refused(INVALID_DOMAIN)


def validated_id(text: str) -> UUID:
    """Refused unless the installation id is a GUID."""
    found = parse_guid(text)
    if found is None:
        raise Refused("Invalid installation id.")
    return found


def check_with_cloud(
    http: requests.Session,
    base: str,
    installation_id: UUID,
    region: str,
    authority: str | None = None,
    proxies: Mapping[str, str] | None = None,
    between: str | None = None,
) -> None:
    """Ask the cloud of the region whether the id exists and is enabled; Refused with the literal text if not.

    base: address of the API with final slash. authority: PEM file to trust instead of the system's. proxies: as
    requests takes them. between: the rule of the simulated network on the way. The key is never checked.
    """
    problem = Refused(f"Unable to validate installation id. Problem contacting Bitwarden {region} server.")
    if between == "drop":
        time.sleep(VALIDATION_TIMEOUT)
    if between == "redirect":  # to http, where .NET does not follow
        raise Refused(f"Unable to validate installation id for {region} region.")
    if between not in LET_THROUGH:
        raise problem
    try:
        answer = http.get(
            f"{base}installations/{installation_id}",
            timeout=VALIDATION_TIMEOUT,
            verify=authority or http.verify,
            proxies=dict(proxies or {}),
        )
    except (requests.RequestException, ValueError) as error:
        raise problem from error
    if answer.status_code == 404:
        raise Refused(f"Invalid installation id for {region} region.")
    if not 200 <= answer.status_code < 300:
        raise Refused(f"Unable to validate installation id for {region} region.")
    try:
        document = answer.json()
    except ValueError as error:
        raise problem from error
    enabled = (
        {key.lower(): value for key, value in document.items()}.get("enabled") if isinstance(document, dict) else ""
    )
    if enabled not in (True, False, None):
        raise problem
    if not enabled:
        raise Refused(f"Installation id has been disabled in the {region} region.")


def build(
    data: DataDirectory,
    first: FirstAnswers,
    installation: Installation,
    ssl: Callable[[], tuple[bool, bool, bool]],
    *,
    url: str | None,
    tags: ImageTags,
    ids: Ids,
    now: datetime,
    say: Say,
) -> None:
    """Write all files of a fresh installation. url: replaces the one made from the domain. ssl: asks questions 7-9."""
    own, self_signed, trusted = ssl()
    config = _site(first, own=own, self_signed=self_signed, trusted=trusted)
    if own:
        _await_own_certificate(data, config, say)
    if self_signed or first.lets_encrypt:
        _generate_site_certificate(data, config, now, say)
    if not config.ssl or not (trusted or first.lets_encrypt):
        _warn_about_ssl(config.ssl, say)
    if url:
        config = replace(config, url=url.rstrip("/"))
    say("Generating key for IdentityServer.")
    password = ids.secret(32)
    certificates.create_identity_certificate(data.identity_certificate, password, now)
    bwdata.write_config(data, config)
    # nginx stands before the env files at install, behind them at rebuild
    lines: list[str] = []
    container_files.write_proxy_and_compose(data, config, tags, lines.append)
    say(lines[0])
    environment_files.write_environment(data, config, installation, ids, say, password)
    for line in lines[1:]:
        say(line)


def _site(first: FirstAnswers, *, own: bool, self_signed: bool, trusted: bool) -> ConfigYml:
    """config.yml of a fresh installation; the paths are those inside the containers."""
    domain = first.domain
    if first.lets_encrypt:
        folder, names = f"/etc/letsencrypt/live/{domain}", ("fullchain.pem", "privkey.pem")
    else:
        folder, names = f"/etc/ssl/{'self/' if self_signed else ''}{domain}", ("certificate.crt", "private.key")
    ssl = own or self_signed or first.lets_encrypt
    return ConfigYml(
        url=f"{'https' if ssl else 'http'}://{domain}",
        ssl=ssl,
        ssl_managed_lets_encrypt=first.lets_encrypt,
        ssl_certificate_path=f"{folder}/{names[0]}" if ssl else "",
        ssl_key_path=f"{folder}/{names[1]}" if ssl else "",
        ssl_ca_path=f"{folder}/ca.crt" if trusted else "",
    )


def _generate_site_certificate(data: DataDirectory, config: ConfigYml, now: datetime, say: Say) -> None:
    if config.ssl_managed_lets_encrypt:
        say("wardenloop asks no certificate authority: a self-signed certificate takes the place of Let's Encrypt's.")
        names = ("fullchain.pem", "privkey.pem")
    else:
        say("Generating self signed SSL certificate.")
        names = ("certificate.crt", "private.key")
    certificates.create_site_certificate(data.site_certificate_folder(config), config.domain, now, names)


def _await_own_certificate(data: DataDirectory, config: ConfigYml, say: Say) -> None:
    """The folder that the operator's certificate goes into. Source: util/Setup/CertBuilder.cs."""
    folder = data.path / "ssl" / config.domain
    folder.mkdir(parents=True, exist_ok=True)
    for line in ("", NOTE_BANNER, f"Put certificate.crt and private.key into {folder} before `start`.", ""):
        say(line)


def _warn_about_ssl(ssl: bool, say: Say) -> None:
    say("")
    say(WARNING_BANNER)
    if ssl:
        say("The certificate is not a trusted one: clients may refuse to connect until they are made to trust it.")
    else:
        say("The instance is not set up for SSL: clients other than a browser on this machine may refuse to connect.")
    say("")
