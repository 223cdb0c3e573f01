"""The simulated network between instance and cloud: each rule shows what a real one of its kind shows."""

import logging
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from common.desk.app import create_desk
from common.desk.egress import routes as desk_routes
from common.files import write_json
from common.server.locale.texts import CHINESE, Texts
from common.server.mail.messages import Mail
from common.server.mail.smtp import MailFailed
from selfhost.deployment.settings import bind
from selfhost.egress import mail
from selfhost.egress.rules import InForce, Rule
from selfhost.wiring import wire
from tests.support.harness import Workshop, make_pair
from tests.support.license_loop import CHECK_INTERNET_AND_TOKEN, Loop

EGRESS = "/_sim/egress"
TLS = "The SSL connection could not be established, see inner exception. "
CHAIN = f"{TLS}The remote certificate is invalid because of errors in the certificate chain: "


@pytest.fixture
def loop(workshop: Workshop) -> Loop:
    """The time-out that stands for 100 s is a short one."""
    return Loop(make_pair(workshop, wardenloop__cloudTimeoutSeconds="0.05"))


def put(loop: Loop, host: str, rule: str) -> requests.Response:
    answer: requests.Response = loop.pair.selfhost.client.put(f"{EGRESS}/{host}", json={"rule": rule})
    return answer


@pytest.mark.parametrize(
    ("rule", "reason", "said"),
    [
        ("refuse", "refused", "Connection refused ({host}:443)"),
        ("dns", "name-not-resolved", "Name or service not known ({host}:443)"),
        (
            "drop",
            "timeout",
            "The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing.",
        ),
        ("tls-untrusted", "tls", f"{CHAIN}UntrustedRoot"),
        ("tls-expired", "tls-expired", f"{CHAIN}NotTimeValid"),
        ("plain-http", "no-tls", f"{TLS}Cannot determine the frame size or a corrupted frame was received."),
        (
            "proxy-407",
            "proxy",
            "The proxy tunnel request to proxy 'http://proxy:3128/' failed with status code '407'.\"",
        ),
        ("html", "web-page", None),
        ("redirect", "redirected", None),
    ],
)
@pytest.mark.parametrize("host", ["identity.bitwarden.com", "api.bitwarden.com"])
def test_a_rule_is_seen_as_the_real_thing_is(
    loop: Loop, caplog: pytest.LogCaptureFixture, host: str, rule: str, reason: str, said: str | None
) -> None:
    assert put(loop, host, rule).json() == {"host": host, "rule": rule}
    caplog.set_level(logging.INFO, logger="selfhost.cloud")
    answer = loop.sync()
    if rule == "drop":
        assert (answer.status_code, answer.headers["Content-Type"]) == (504, "text/html")
        assert "<center><h1>504 Gateway Time-out</h1></center>\r\n<hr><center>nginx</center>" in answer.text
    else:
        assert (answer.status_code, answer.json()["message"]) == (400, CHECK_INTERNET_AND_TOKEN)
    assert "egress" not in answer.text and "simulated" not in str(answer.headers)
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("selfhost.cloud")]
    (cause,) = [line for line in lines if line.startswith("Egress: ")]
    assert cause.startswith(f"Egress: rule {rule} of {host} is in force for https://{host}/")
    if said is not None:
        first = "Unable to authenticate with identity server. " if "identity" in host else "Failed to send to https://"
        assert any(line.startswith(first) and line.endswith(said.format(host=host)) for line in lines), lines
    failure = loop.failure()
    assert failure.reason == reason
    assert failure.advice.endswith(f"The simulated network does this: egress rule {rule} of {host}.")
    assert Texts(CHINESE).gloss(failure.advice).endswith(f"这是模拟网络造成的：{host} 的出站规则 {rule}。")  # type: ignore[union-attr]


def test_what_is_let_through_works(loop: Loop) -> None:
    put(loop, "*", "refuse")
    assert loop.sync().status_code == 400
    for host in ("identity.bitwarden.com", "api.bitwarden.com"):
        put(loop, host, "allow")
    assert loop.sync().status_code == 200
    put(loop, "api.bitwarden.com", "slow")
    assert loop.sync().status_code == 200
    cleared = loop.pair.selfhost.client.delete(f"{EGRESS}/api.bitwarden.com").json()
    assert cleared["data"] == [{"host": "*", "rule": "refuse"}, {"host": "identity.bitwarden.com", "rule": "allow"}]
    assert loop.sync().status_code == 400
    assert loop.pair.selfhost.client.delete(EGRESS).json()["data"] == []
    assert loop.sync().status_code == 200


def test_one_host_is_told_by_what_counts_for_it(loop: Loop) -> None:
    put(loop, "*", "drop")
    client = loop.pair.selfhost.client
    assert client.get(f"{EGRESS}/push.bitwarden.com").json() == {"host": "push.bitwarden.com", "rule": "drop"}
    put(loop, "push.bitwarden.com", "allow")
    assert client.get(f"{EGRESS}/push.bitwarden.com").json()["rule"] == "allow"


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        (
            "/identity.bitwarden.org",
            {"rule": "drop"},
            "Unknown host: identity.bitwarden.org. Known: api.bitwarden.",
        ),
        ("/api.bitwarden.com", {"rule": "reject"}, "Unknown rule: reject. Known: allow, refuse, drop, dns,"),
        ("", {"data": [{"host": "*", "rule": "refuse"}, {"host": "x", "rule": "refuse"}]}, "Unknown host: x."),
    ],
)
def test_what_is_not_known_is_refused_with_what_is(loop: Loop, path: str, body: Any, said: str) -> None:
    put(loop, "*", "drop")
    answer = loop.pair.selfhost.client.put(EGRESS + path, json=body)
    assert answer.status_code == 400 and answer.json()["message"].startswith(said)
    assert loop.pair.selfhost.client.get(EGRESS).json()["data"] == [{"host": "*", "rule": "drop"}]


def test_all_rules_are_put_in_place_of_all(loop: Loop) -> None:
    put(loop, "*", "drop")
    wanted = [{"host": "api.bitwarden.com", "rule": "dns"}, {"host": "push.bitwarden.eu", "rule": "html"}]
    assert loop.pair.selfhost.client.put(EGRESS, json={"data": wanted}).json()["data"] == wanted


def test_the_desk_passes_it_on(loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_json(tmp_path / "stack.json", {"selfhost": loop.pair.selfhost.base_url})
    client = loop.pair.selfhost.new_client()
    monkeypatch.setattr(desk_routes, "create_session", lambda *_patience, **_options: client)
    desk = create_desk(tmp_path / "mails", tmp_path).test_client()
    assert desk.put(f"{EGRESS}/identity.bitwarden.com", json={"rule": "refuse"}).get_json()["rule"] == "refuse"
    assert loop.sync().status_code == 400
    refused = desk.put(f"{EGRESS}/nowhere", json={"rule": "refuse"})
    assert refused.status_code == 400 and refused.get_json()["message"].startswith("Unknown host: nowhere.")
    assert desk.delete(EGRESS).get_json()["data"] == []
    assert loop.sync().status_code == 200


def test_a_desk_whose_instance_is_down_says_so(tmp_path: Path) -> None:
    desk = create_desk(tmp_path / "mails", tmp_path).test_client()
    assert desk.get(EGRESS).status_code == 409
    write_json(tmp_path / "stack.json", {"selfhost": "http://127.0.0.1:1"})
    answer = desk.get(EGRESS)
    assert answer.status_code == 503 and "wardenloop selfhost start" in answer.get_json()["message"]


# --- mail

TLS_MAIL = "An error occurred while attempting to establish an SSL or TLS connection. The server's SSL certificate"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("refuse", "Connection refused"),
        ("dns", "Name or service not known"),
        ("drop", "The operation has timed out."),
        ("tls-untrusted", TLS_MAIL),
        ("tls-expired", TLS_MAIL),
        ("html", "The SMTP server has unexpectedly disconnected."),
    ],
)
def test_mail_fails_as_the_network_has_it(
    loop: Loop, workshop: Workshop, tmp_path: Path, caplog: pytest.LogCaptureFixture, rule: str, said: str
) -> None:
    """The configured server is meant, also where the built-in mailbox takes its place."""
    host = "smtp.corp.example"
    lines = workshop.environment(tmp_path) | {
        "globalSettings__mail__smtp__host": host,
        "globalSettings__mail__smtp__port": "587",
        "wardenloop__mailboxSmtp": "127.0.0.1:1",
        "wardenloop__cloudTimeoutSeconds": "0.01",
    }
    ctx = wire(bind(lines), clock=loop.pair.selfhost.clock)
    with loop.pair.selfhost.app.app_context():
        from selfhost.egress.service import set_rule

        set_rule(ctx.session, host, Rule(rule))
        ctx.session.commit()
        with pytest.raises(MailFailed) as failed:
            ctx.mailer.send(Mail(to="a@b.example", subject="s", text="t", html="<p>h</p>", category="Test"))
    assert str(failed.value).startswith(f"Mail through {host}:587 failed: {said}")
    assert f"Egress: rule {rule} of {host} is in force for the mail server" in caplog.text


def test_no_certificate_is_looked_at_where_it_has_no_say() -> None:
    lines = {
        "globalSettings__installation__id": "3f2b9c1e-6a57-4d0b-9b1a-b2c40101aaaa",
        "globalSettings__mail__replyToEmail": "a@b.example",
        "globalSettings__mail__smtp__host": "smtp.corp.example",
    }
    for more in (
        {"globalSettings__mail__smtp__port": "25"},
        {"globalSettings__mail__smtp__port": "587", "globalSettings__mail__smtp__trustServer": "true"},
    ):
        wanted = bind(lines | more).mail_server
        assert wanted is not None
        for rule in (Rule.TLS_UNTRUSTED, Rule.TLS_EXPIRED, Rule.PROXY_407):
            mail.pass_network(wanted, InForce("*", rule), 0.0, time.sleep)
