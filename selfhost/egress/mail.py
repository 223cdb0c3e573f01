"""The simulated network on the way to the mail server, in the words of MailKit.

Source: src/Core/Platform/Mail/Delivery/MailKitSmtpMailDeliveryService.cs; fidelity.md: mail.delivery.
"""

import logging
from collections.abc import Callable

from common.server.mail.smtp import TLS_FAILED, MailFailed, Security, SmtpSettings, connection_security
from common.server.observed import Egress, note_egress
from selfhost.egress.rules import InForce, Rule

log = logging.getLogger(__name__)

_CERTIFICATE = (
    f"{TLS_FAILED} The server's SSL certificate could not be validated for the following reasons: "
    "the server certificate has the following errors: "
)
_WRONG = {
    Rule.TLS_UNTRUSTED: "self-signed certificate in certificate chain",
    Rule.TLS_EXPIRED: "certificate has expired",
}
_NO_MAIL_SERVER = "The SMTP server has unexpectedly disconnected."
SLOW_SECONDS = 10.0


def pass_network(wanted: SmtpSettings, in_force: InForce, patience: float, wait: Callable[[float], None]) -> None:
    """What a connection to the configured mail server comes to; returns where it is made. Raises MailFailed.

    patience: seconds that stand for the time-out. wait: for so many. A proxy has no say here, and without TLS no
    certificate has.
    """
    note_egress(Egress(in_force.host, in_force.rule.value))
    log.warning("Egress: rule %s of %s is in force for the mail server", in_force.rule.value, in_force.host)
    if in_force.rule in (Rule.DROP, Rule.SLOW):
        wait(patience if in_force.rule is Rule.DROP else min(SLOW_SECONDS, patience / 2))
    said = _said(in_force.rule, wanted)
    if said is not None:
        raise MailFailed(f"Mail through {wanted.host}:{wanted.port} failed: {said}")


def _said(rule: Rule, wanted: SmtpSettings) -> str | None:
    checks_certificate = connection_security(wanted) is not Security.PLAIN and not wanted.trust_server
    match rule:
        case Rule.REFUSE:
            return "Connection refused"
        case Rule.DROP:
            return "The operation has timed out."
        case Rule.DNS:
            return "Name or service not known"
        case Rule.TLS_UNTRUSTED | Rule.TLS_EXPIRED if checks_certificate:
            return _CERTIFICATE + _WRONG[rule]
        case Rule.PLAIN_HTTP | Rule.HTML | Rule.REDIRECT:
            return _NO_MAIL_SERVER
    return None
