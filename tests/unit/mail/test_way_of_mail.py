"""Real mail stays on this machine: whose server is used, and with whose credentials."""

from datetime import UTC, datetime

import pytest

from common.clock import ManualClock
from common.ids import SystemIds
from common.server.mail.messages import Mail
from common.server.mail.smtp import MailFailed, SmtpMailer, SmtpSettings
from common.server.mail.way import way_of_mail
from tests.support.silence import Trap

REAL = SmtpSettings(
    host="smtp.mail-provider.example",
    reply_to="no-reply@corp.example",
    port=465,
    ssl=True,
    username="user",
    password="secret",
)
MAILBOX = "127.0.0.1:8425"
MAIL = Mail(to="a@b.example", subject="s", text="t", html="<p>h</p>", category="Test")


def test_the_mailbox_stands_in_and_gets_no_credentials() -> None:
    way = way_of_mail(REAL, MAILBOX, send_real_mail=False)
    assert way.server == SmtpSettings(host="127.0.0.1", port=8425, reply_to="no-reply@corp.example")
    assert way.replaced == "smtp.mail-provider.example"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_a_server_on_this_machine_is_used_as_configured(host: str) -> None:
    here = SmtpSettings(host=host, reply_to="a@b.example", port=2525, username="user", password="secret")
    way = way_of_mail(here, MAILBOX, send_real_mail=False)
    assert (way.server, way.replaced) == (here, None)


def test_only_the_dangerous_switch_lets_mail_out_and_only_to_that_server() -> None:
    way = way_of_mail(REAL, MAILBOX, send_real_mail=True)
    assert (way.server, way.replaced) == (REAL, None)
    assert way.destinations.allow(REAL.host, 465)
    assert not way.destinations.allow(REAL.host, 25)
    assert not way.destinations.allow("other.example", 465)


def test_without_a_mailbox_the_mail_is_refused_with_the_reason_and_nothing_is_looked_up(trap: Trap) -> None:
    way = way_of_mail(REAL, None, send_real_mail=False)
    clock = ManualClock(datetime(2026, 11, 1, tzinfo=UTC))
    mailer = SmtpMailer(way.server, clock=clock, ids=SystemIds(), destinations=way.destinations)
    with pytest.raises(MailFailed, match=r"smtp\.mail-provider\.example is not on this machine"):
        mailer.send(MAIL)
    assert trap.seen == []
