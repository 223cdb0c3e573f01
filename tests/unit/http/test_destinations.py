"""Where a process may connect to, and what the clients do with everywhere else."""

import pytest
import requests

from common.server.destinations import THIS_MACHINE, Destinations, NotOnThisMachine, is_loopback, not_on_this_machine
from common.server.http.alive import answers
from common.server.http.session import create_session
from tests.support.silence import Trap
from tests.unit.http.test_session import raw_server


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.9.1", "localhost", "LOCALHOST.", "::1", "[::1]", "::ffff:127.0.0.1"]
)
def test_this_machine(host: str) -> None:
    assert is_loopback(host)
    THIS_MACHINE.check(host, 25)


@pytest.mark.parametrize(
    "host",
    [
        "smtp.example.com",
        "localhost.example.com",
        "127.0.0.1.example.com",
        "cloud.localhost",
        "10.0.0.1",
        "169.254.169.254",
        "192.168.1.2",
        "::ffff:10.0.0.1",
        "2001:db8::1",
        "2130706433",
        "0x7f.1",
        "",
    ],
)
def test_everything_else_is_outside(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(NotOnThisMachine):
        THIS_MACHINE.check(host, 443)


def test_a_server_that_listens_everywhere_is_asked_but_is_no_loopback() -> None:
    assert THIS_MACHINE.allow("0.0.0.0", 8403)
    assert not is_loopback("0.0.0.0")


def test_what_the_stack_declares_is_a_host_at_its_port() -> None:
    declared = Destinations.to("http://10.0.0.5:8401/api/", "https://cloud.corp.example", "mail.corp.example:1025")
    assert declared.allow("10.0.0.5", 8401)
    assert declared.allow("Cloud.corp.example.", 443)
    assert declared.allow("mail.corp.example", 1025)
    for host, port in (("10.0.0.5", 22), ("cloud.corp.example", 80), ("mail.corp.example", 25), ("corp.example", 443)):
        assert not declared.allow(host, port)


def test_a_domain_means_the_hosts_below_it_and_no_lookalike() -> None:
    real = Destinations.to(domains=["bitwarden.com"])
    assert real.allow("api.bitwarden.com", 443)
    for host in ("bitwarden.com.example.org", "notbitwarden.com", "api.bitwarden.eu"):
        assert not real.allow(host, 443)


@pytest.mark.parametrize("url", ["https://api.bitwarden.com/x", "http://10.0.0.1/", "http://127.0.0.1@example.com/"])
def test_a_session_opens_nothing_and_looks_nothing_up(url: str, trap: Trap) -> None:
    with pytest.raises(requests.ConnectionError) as refused:
        create_session(5).get(url)
    assert not_on_this_machine(refused.value)
    assert trap.seen == []


def test_a_redirect_that_leads_outside_is_not_followed(trap: Trap) -> None:
    answer = b"HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with raw_server(lambda request: answer) as (url, _), pytest.raises(requests.ConnectionError) as refused:
        create_session(5).get(url)
    assert not_on_this_machine(refused.value)
    assert trap.outside == []


def test_a_proxy_elsewhere_is_not_asked(trap: Trap) -> None:
    proxies = {"http": "http://proxy.corp.example:3128"}
    with pytest.raises(requests.ConnectionError) as refused:
        create_session(5).get("http://127.0.0.1:1/", proxies=proxies)
    cause = not_on_this_machine(refused.value)
    assert cause is not None and cause.host == "proxy.corp.example"
    assert trap.seen == []


def test_whether_another_machine_serves_is_not_asked(trap: Trap) -> None:
    with pytest.raises(NotOnThisMachine):
        answers("http://10.0.0.1:8401/api/alive")
    assert trap.seen == []
