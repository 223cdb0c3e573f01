"""Which mail server is really used: the configured one if it is on this machine, else the built-in mailbox."""

from dataclasses import dataclass, replace

from common.server.destinations import Destinations, is_this_machine
from common.server.mail.smtp import SmtpSettings


@dataclass(frozen=True)
class MailWay:
    """server: where mail is handed over. destinations: what that may connect to beside this machine.

    replaced: the configured host that the built-in mailbox stands in for, or that nothing stands in for (then every
    mail is refused); None when mail goes where it was told to.
    """

    server: SmtpSettings
    destinations: Destinations
    replaced: str | None = None


def way_of_mail(wanted: SmtpSettings, mailbox: str | None, *, send_real_mail: bool) -> MailWay:
    """mailbox: `host:port` of the built-in one. send_real_mail: the dangerous switch, the only way out.

    The mailbox gets no credentials and no TLS: what the settings say about those belongs to the other server.
    """
    if is_this_machine(wanted.host):
        return MailWay(wanted, Destinations())
    if send_real_mail:
        return MailWay(wanted, Destinations.to(f"{wanted.host}:{wanted.port}"))
    if mailbox is None:
        return MailWay(replace(wanted, username=None, password=None), Destinations(), wanted.host)
    host, _, port = mailbox.rpartition(":")
    here = SmtpSettings(host=host.strip("[]"), port=int(port), reply_to=wanted.reply_to, timeout=wanted.timeout)
    return MailWay(here, Destinations.to(mailbox), wanted.host)
