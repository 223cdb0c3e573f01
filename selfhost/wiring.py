"""The parts of an instance and how they are put together: for the app, which adds routes, and for the jobs process."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from common.clock import Clock
from common.crypto.certificates import load_certificates
from common.crypto.keys import load_or_create_protection_key, load_or_create_signing_key
from common.crypto.passwords import PasswordHashes
from common.crypto.tokens import TokenProtector
from common.domains.identity.clients import organization_client, user_client
from common.domains.organizations.memberships import keepers_of_log
from common.ids import Ids
from common.server.gate import wait_inside
from common.server.mail.smtp import Mailer, NoMailer, SmtpMailer
from common.server.seeding import drawn_once, ids_apart, ids_of, nonces_of
from common.server.transaction import scoped_session
from common.settings import CommonSettings
from common.sim.generation import Cached
from common.sim.service import simulated_clock
from selfhost.context import SelfHostContext
from selfhost.deployment.authorities import own_authorities, write_bundle
from selfhost.deployment.configuration import SelfHostSettings
from selfhost.egress import mail
from selfhost.egress.rules import rule_for
from selfhost.egress.service import read_rules, rules_in_force
from selfhost.side import Instance

if TYPE_CHECKING:
    import requests

CLIENTS = {"user": user_client, "organization": organization_client}
ISSUER = "http://identity"
"""Source: scheme and host of the internal identity address; fidelity.md: identity.access-token."""


def wire(
    deployment: SelfHostSettings,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    http: "requests.Session | None" = None,
    mailer: Mailer | None = None,
    passwords: PasswordHashes | None = None,
    role: str = "api",
) -> SelfHostContext:
    """Parts that are not given are the real ones. The database must be known by now. role: of the process."""
    settings = common_settings(deployment)
    session = scoped_session()
    the_clock = clock or simulated_clock(session)
    the_ids = ids or ids_of(settings, f"selfhost/{role}")
    bundle = _trusted(deployment)
    egress = partial(rules_in_force, session, Cached(read_rules))
    return SelfHostContext(
        session=session,
        clock=the_clock,
        ids=the_ids,
        mailer=mailer or _mailer(deployment, the_clock, the_ids, bundle, egress),
        passwords=passwords or PasswordHashes(salts=nonces_of(the_ids)),
        signing_key=load_or_create_signing_key(settings.state_dir),
        protector=TokenProtector(
            load_or_create_protection_key(settings.state_dir, nonces_of(drawn_once(the_ids, "protection key"))),
            nonces_of(the_ids),
        ),
        clients=CLIENTS,
        settings=settings,
        side=Instance(),
        mail_writers={},
        keepers_of_log=keepers_of_log,
        deployment=deployment,
        session_to_cloud=cache(partial(_session_to_cloud, deployment, bundle, the_ids, http)),
        certificates=tuple(
            certificate
            for path in deployment.simulator.license_certificates
            for certificate in load_certificates(path.read_bytes())
        ),
        egress=egress,
    )


def common_settings(deployment: SelfHostSettings) -> CommonSettings:
    """What the parts shared with the cloud need to know of the configuration in effect."""
    simulator = deployment.simulator
    return CommonSettings(
        base_url=deployment.service_uris.vault,
        database_url=simulator.database_url,
        state_dir=simulator.state_directory,
        issuer=ISSUER,
        cloud_region=deployment.cloud_region,
        version=str(deployment.release),
        secret_delay=simulator.secret_delay,
        enable_email_verification=deployment.enable_email_verification,
        enable_new_device_verification=deployment.enable_new_device_verification,
        require_client_version=simulator.require_client_version,
        disable_user_registration=deployment.disable_user_registration,
        quirks=simulator.quirks,
        seed=simulator.seed,
        at=simulator.at,
        path_prefix=simulator.path_prefix,
        mailbox_url=simulator.mailbox_url,
        desk_authority=simulator.trusted_authority,
        control_token=simulator.control_token,
        allowed_hosts=simulator.allowed_hosts,
        journal=simulator.journal,
    )


def peers(deployment: SelfHostSettings) -> dict[str, str]:
    """Addresses that the instance calls -> who is there: of official hosts the cloud that stands for them."""
    regions = {"com": "cloud-us", "eu": "cloud-eu"}
    hosts = deployment.simulator.hosts.items()
    return {url: regions[domain] for host, url in hosts if (domain := host.rpartition(".")[2]) in regions}


def _trusted(deployment: SelfHostSettings) -> Path | None:
    """PEM file of the authorities to trust, None = those that every system trusts."""
    simulator = deployment.simulator
    # the local authority vouches for the simulated clouds only
    others = None if simulator.contact_real_bitwarden else simulator.trusted_authority
    return write_bundle(simulator.state_directory, own_authorities(simulator.data_directory), others) or others


def _session_to_cloud(
    deployment: SelfHostSettings, bundle: Path | None, ids: Ids, given: "requests.Session | None"
) -> "requests.Session":
    from common.server.http.session import TimedSession, create_session  # noqa: PLC0415 - by the first call

    timeout, destinations = deployment.simulator.cloud_timeout, deployment.destinations
    session = given or create_session(timeout, destinations=destinations, ca_bundle=bundle, traced=True)
    if isinstance(session, TimedSession):
        session.ids = ids_apart(ids, "calls")
    return session


def _mailer(
    deployment: SelfHostSettings,
    clock: Clock,
    ids: Ids,
    bundle: Path | None,
    egress: Callable[[], Mapping[str, str]],
) -> Mailer:
    wanted, way = deployment.mail_server, deployment.mail_way
    if wanted is None or way is None:
        return NoMailer()

    def pass_network() -> None:
        in_force = rule_for(egress(), wanted.host, wanted.port)
        if in_force is not None:
            wait = partial(wait_inside, deployment.simulator.state_directory)
            mail.pass_network(wanted, in_force, deployment.simulator.cloud_timeout, wait)

    server = replace(way.server, ca_bundle=bundle)
    return SmtpMailer(server, clock=clock, ids=ids, destinations=way.destinations, network=pass_network)
