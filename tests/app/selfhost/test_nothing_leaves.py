"""An instance with the settings of a real server: everything that could leave is asked to, and nothing does."""

from pathlib import Path

import pytest

from common.clock import ManualClock
from common.ids import SystemIds
from common.server.mail.messages import Mail
from selfhost.app import create_app
from selfhost.cloud.probe import probe_cloud
from selfhost.cloud.trouble import CloudTrouble
from selfhost.context import SelfHostContext
from selfhost.deployment.configuration import SelfHostSettings
from selfhost.deployment.outside import notices, unused_credentials
from selfhost.deployment.settings import bind
from selfhost.push.service import SEND, relay_client
from tests.support import production
from tests.support.harness import Workshop
from tests.support.silence import Trap

OUTSIDE = {
    "globalSettings__installation__identityUri": "https://identity.bitwarden-gov.com",
    "globalSettings__installation__apiUri": "https://vault.corp.example/api",
    "globalSettings__pushRelayBaseUri": "https://10.20.30.40/push",
}
MAIL = Mail(to="a@b.example", subject="s", text="t", html="<p>h</p>", category="Test")


def configured(workshop: Workshop, state: Path, **more: str) -> SelfHostSettings:
    """Bound of a real server's lines, with the stack's own."""
    return bind(workshop.environment(state) | production.ENVIRONMENT | more)


def test_no_client_of_an_instance_leaves_this_machine(
    workshop: Workshop, tmp_path: Path, clock: ManualClock, trap: Trap
) -> None:
    settings = configured(workshop, tmp_path, **OUTSIDE)
    app = create_app(settings, clock=clock, ids=SystemIds(), passwords=workshop.passwords)
    ctx: SelfHostContext = app.extensions["wardenloop"]
    with app.app_context():
        for probe in probe_cloud(ctx):
            assert probe.trouble is not None and probe.trouble.reason == "not-simulated"
        told = relay_client(ctx).send("POST", SEND, {}, bytes)
        assert isinstance(told, CloudTrouble) and told.reason == "not-simulated"
        (failed,) = ctx.mailer.send_each([MAIL])
    assert failed is not None and production.MAIL_HOST in str(failed)
    assert trap.seen == []


def test_what_stays_here_is_told_and_no_secret_is(workshop: Workshop, tmp_path: Path) -> None:
    settings = configured(workshop, tmp_path, wardenloop__mailboxSmtp="127.0.0.1:8425", **OUTSIDE)
    told = "\n".join(notices(settings))
    for word in (
        f"globalSettings__mail__smtp__host={production.MAIL_HOST}",
        "built-in mailbox takes every mail",
        "globalSettings__installation__identityUri leads to identity.bitwarden-gov.com",
        "globalSettings__installation__apiUri leads to vault.corp.example",
        "globalSettings__pushRelayBaseUri leads to 10.20.30.40",
        "HTTPS_PROXY=proxy.corp.example",
        "http_proxy=proxy.corp.example",
        *production.MAIL_LOGIN,
        *production.OTHER_CREDENTIALS,
    ):
        assert word in told
    assert production.SECRET not in told
    assert "proxyuser" not in told


def test_the_lines_of_a_fresh_installation_are_no_news(workshop: Workshop, tmp_path: Path) -> None:
    generated = {
        "globalSettings__sqlServer__connectionString": '"Data Source=tcp:mssql,1433;Initial Catalog=vault;Password=x"',
        "globalSettings__identityServer__certificatePassword": "x",
        "globalSettings__internalIdentityKey": "x",
        "globalSettings__oidcIdentityClientKey": "x",
        "globalSettings__duo__aKey": "x",
        "globalSettings__yubico__clientId": "REPLACE",
        "globalSettings__yubico__key": "REPLACE",
        "globalSettings__hibpApiKey": "REPLACE",
        "globalSettings__mail__smtp__host": "127.0.0.1",
        "globalSettings__mail__smtp__username": "REPLACE",
        "globalSettings__pushRelayBaseUri": "https://push.bitwarden.com",
    }
    assert notices(bind(workshop.environment(tmp_path) | generated)) == []


def test_a_database_of_ones_own_is_named(workshop: Workshop, tmp_path: Path) -> None:
    name = "globalSettings__sqlServer__connectionString"
    elsewhere = {name: f"Data Source=tcp:sql.corp.example,1433;Password={production.SECRET}"}
    told = notices(bind(workshop.environment(tmp_path) | elsewhere))
    assert len(told) == 1 and name in told[0] and production.SECRET not in told[0]


@pytest.mark.parametrize(("host", "used"), [("localhost", True), (production.MAIL_HOST, False)])
def test_a_login_at_a_mail_server_on_this_machine_is_used(
    workshop: Workshop, tmp_path: Path, host: str, used: bool
) -> None:
    settings = configured(workshop, tmp_path, globalSettings__mail__smtp__host=host)
    assert {*production.MAIL_LOGIN}.isdisjoint(unused_credentials(settings)) is used
    way = settings.mail_way
    assert way is not None and (way.server.password == production.SECRET) is used


def test_the_dangerous_switch_sends_real_mail_and_says_so(workshop: Workshop, tmp_path: Path) -> None:
    settings = configured(
        workshop, tmp_path, wardenloop__mailboxSmtp="127.0.0.1:8425", wardenloop__dangerouslySendRealMail="true"
    )
    way = settings.mail_way
    assert way is not None
    assert (way.server.host, way.server.password, way.replaced) == (production.MAIL_HOST, production.SECRET, None)
    assert any(f"really leaves through {production.MAIL_HOST}" in line for line in notices(settings))
