"""The parts of one region and how they are put together: for the app, which adds routes, and for the jobs process."""

import logging

from cloud_sim.context import CloudContext
from cloud_sim.installations.service import installation_client
from cloud_sim.settings import CloudSettings
from cloud_sim.side import Cloud
from cloud_sim.sponsorships.offer_mails import OFFER, write_offers
from common.clock import Clock
from common.crypto.certificates import load_or_create
from common.crypto.keys import load_or_create_protection_key, load_or_create_signing_key
from common.crypto.passwords import PasswordHashes
from common.crypto.tokens import TokenProtector
from common.domains.identity.clients import organization_client, user_client
from common.domains.organizations.memberships import keepers_of_log
from common.ids import Ids
from common.server.mail.smtp import Mailer, NoMailer, SmtpMailer, SmtpSettings
from common.server.mail.way import way_of_mail
from common.server.seeding import drawn_once, ids_of, nonces_of
from common.server.transaction import scoped_session
from common.sim.service import simulated_clock

log = logging.getLogger(__name__)

CLIENTS = {"user": user_client, "organization": organization_client, "installation": installation_client}


def wire(
    settings: CloudSettings,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    mailer: Mailer | None = None,
    passwords: PasswordHashes | None = None,
    role: str = "api",
) -> CloudContext:
    """Parts that are not given are the real ones. The database must be known by now. role: of the process."""
    session = scoped_session()
    the_clock = clock or simulated_clock(session)
    the_ids = ids or ids_of(settings, f"cloud-{settings.region.lower()}/{role}")
    return CloudContext(
        session=session,
        clock=the_clock,
        ids=the_ids,
        mailer=mailer or _mailer(settings, the_clock, the_ids),
        passwords=passwords or PasswordHashes(salts=nonces_of(the_ids)),
        signing_key=load_or_create_signing_key(settings.state_dir),
        protector=TokenProtector(
            load_or_create_protection_key(settings.state_dir, nonces_of(drawn_once(the_ids, "protection key"))),
            nonces_of(the_ids),
        ),
        clients=CLIENTS,
        settings=settings,
        side=Cloud(settings.region),
        mail_writers={OFFER: write_offers},
        keepers_of_log=keepers_of_log,
        certificate=load_or_create(settings.certificate_dir),
    )


def _mailer(settings: CloudSettings, clock: Clock, ids: Ids) -> Mailer:
    if settings.smtp_host is None:
        return NoMailer()
    smtp = SmtpSettings(host=settings.smtp_host, port=settings.smtp_port, reply_to=settings.reply_to_email)
    way = way_of_mail(smtp, settings.mailbox_smtp, send_real_mail=settings.send_real_mail)
    if way.replaced is not None:
        log.warning("Mail to %s stays on this machine (%s)", way.replaced, settings.mailbox_smtp or "it is refused")
    return SmtpMailer(way.server, clock=clock, ids=ids, destinations=way.destinations)
