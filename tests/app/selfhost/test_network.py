"""The way to the cloud as .NET's HttpClient goes it, and what is told of every end that it can come to."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from common.clock import SystemClock
from common.crypto.authority import renew_server_certificate
from common.server.http.session import create_session
from common.server.locale.texts import CHINESE, Texts
from selfhost.cloud.network import Message, Network
from selfhost.cloud.trouble import Part, rejected, token_refused, unreachable
from selfhost.cloud.unreached import Unreached
from selfhost.context import SelfHostContext
from selfhost.deployment.outside import notices
from selfhost.deployment.settings import bind
from selfhost.wiring import wire
from tests.support.harness import Side, Workshop
from tests.support.waiting import PATIENCE

API, IDENTITY = "globalSettings__installation__apiUri", "globalSettings__installation__identityUri"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


class Answers(BaseAdapter):
    """Stands for whatever is at an address: keeps what it was asked, answers in order."""

    def __init__(self, *answers: requests.Response) -> None:
        super().__init__()
        self.answers, self.asked = list(answers), list[Any]()

    def send(self, request: Any, *_args: Any, **_options: Any) -> requests.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        answer.request, answer.url = request, request.url
        return answer

    def close(self) -> None:
        """Nothing is open."""


def answer(status: int, content: bytes = b"", **headers: str) -> requests.Response:
    response = requests.Response()
    response.status_code, response._content = status, content
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return response


@pytest.fixture
def ctx(selfhost: Side) -> Iterator[SelfHostContext]:
    with selfhost.app.app_context():
        yield selfhost.app.extensions["wardenloop"]


def configured(workshop: Workshop, tmp_path: Path, **lines: str) -> Any:
    return bind(workshop.environment(tmp_path) | lines)


@contextmanager
def server(act: Callable[[socket.socket], None]) -> Iterator[int]:
    """Does `act` with the first connection; yields its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.settimeout(PATIENCE)
            act(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        thread.join(PATIENCE)


# --- redirects


def test_http_at_an_official_name_is_redirected_and_the_post_is_lost(ctx: SelfHostContext) -> None:
    """R8: what follows a redirect is a GET without body and token, which no token endpoint answers."""
    cloud = Answers(answer(405))
    ctx.http.mount("http://cloud-us.test/", cloud)
    headers = {"Authorization": "Bearer t", "Content-Type": "application/x-www-form-urlencoded"}
    sent = Message("POST", "http://identity.bitwarden.com/connect/token", headers, form={"client_secret": "s"})
    assert Network(ctx).send(sent).status_code == 405
    (asked,) = cloud.asked
    assert (asked.method, asked.url, asked.body) == ("GET", "http://cloud-us.test/identity/connect/token", None)
    assert not asked.headers.keys() & {"Authorization", "Content-Type"}


def test_a_get_keeps_its_body_and_loses_its_token(ctx: SelfHostContext) -> None:
    cloud = Answers(answer(307, Location="/api/elsewhere"), answer(200))
    ctx.http.mount("http://cloud-us.test/", cloud)
    sent = Message("GET", "https://api.bitwarden.com/licenses", {"Authorization": "Bearer t"}, json={"a": 1})
    assert Network(ctx).send(sent).status_code == 200
    second = cloud.asked[1]
    assert (second.url, b"".join(second.body)) == ("http://cloud-us.test/api/elsewhere", b'{"a":1}')
    assert "Authorization" not in second.headers


def test_nobody_is_led_from_https_to_http(ctx: SelfHostContext) -> None:
    cloud = Answers(answer(302, Location="http://portal.hotel.example/login"))
    ctx.http.mount("http://", cloud)
    assert Network(ctx).send(Message("GET", "https://api.bitwarden.com/x", {})).status_code == 302
    assert len(cloud.asked) == 1


def test_redirects_without_end_end(ctx: SelfHostContext) -> None:
    cloud = Answers(*(answer(302, Location="/x") for _ in range(60)))
    ctx.http.mount("http://cloud-us.test/", cloud)
    assert Network(ctx).send(Message("GET", "https://api.bitwarden.com/x", {})).status_code == 302
    assert len(cloud.asked) == 51


# --- proxies


def proxied(ctx: SelfHostContext, **environment: str) -> Network:
    """The network of an instance with this environment, over real sockets; a cloud at port 9 of this machine."""
    lines = {"globalSettings__installation__id": str(ctx.deployment.installation_id)}
    stand_in = {"wardenloop__hosts__api.bitwarden.com": "http://127.0.0.1:9/api/"}
    deployment = bind(lines | stand_in | environment)
    return Network(replace(ctx, deployment=deployment, session_to_cloud=lambda: create_session(PATIENCE)))


ASK = Message("GET", "https://api.bitwarden.com/config", {})


def test_a_proxy_that_wants_a_login_is_asked_and_named(ctx: SelfHostContext) -> None:
    seen: list[bytes] = []

    def act(connection: socket.socket) -> None:
        seen.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    with server(act) as port, pytest.raises(Unreached) as failed:
        proxied(ctx, HTTPS_PROXY=f"http://127.0.0.1:{port}").send(ASK)
    assert seen[0].startswith(b"CONNECT 127.0.0.1:9 HTTP/1.")
    assert str(failed.value) == (
        f"The proxy tunnel request to proxy 'http://127.0.0.1:{port}/' failed with status code '407'.\""
    )
    told = unreachable(failed.value, Part.API, ctx.deployment)
    assert told.reason == "proxy" and f"HTTPS_PROXY (http://127.0.0.1:{port}/)" in told.advice


def test_a_proxy_that_lets_through_is_told_its_login(ctx: SelfHostContext) -> None:
    seen: list[bytes] = []

    def act(connection: socket.socket) -> None:
        seen.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        seen.append(connection.recv(65536))
        connection.sendall(OK)

    with server(act) as port:
        answered = proxied(ctx, https_proxy=f"http://me:you@127.0.0.1:{port}").send(ASK)
    assert answered.content == b"{}"
    assert b"Proxy-Authorization: Basic bWU6eW91" in seen[0] or b"proxy-authorization: Basic bWU6eW91" in seen[0]
    assert seen[1].startswith(b"GET /api/config HTTP/1.1\r\n") and b"roxy-" not in seen[1]


def test_a_proxy_that_is_down_is_what_refuses(ctx: SelfHostContext) -> None:
    with pytest.raises(Unreached) as failed:
        proxied(ctx, HTTPS_PROXY="http://127.0.0.1:1").send(ASK)
    assert (failed.value.reason, str(failed.value)) == ("proxy", "Connection refused (127.0.0.1:1)")


@pytest.mark.parametrize(
    "environment",
    [
        {"HTTPS_PROXY": "http://proxy.corp.example:3128"},
        {"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "localhost, api.bitwarden.com"},
    ],
)
def test_a_proxy_elsewhere_or_bypassed_is_not_asked(ctx: SelfHostContext, environment: dict[str, str]) -> None:
    with pytest.raises(Unreached) as failed:
        proxied(ctx, **environment).send(ASK)
    assert (failed.value.reason, str(failed.value)) == ("refused", "Connection refused (api.bitwarden.com:443)")


# --- certificates


def test_a_private_authority_counts_once_it_lies_in_its_folder(
    workshop: Workshop, selfhost: Side, tmp_path: Path
) -> None:
    """R4: refused, then trusted after a start."""
    files = renew_server_certificate(tmp_path / "ca", SystemClock().now())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)

    def act(connection: socket.socket) -> None:
        try:
            with context.wrap_socket(connection, server_side=True) as tls:
                tls.recv(65536)
                tls.sendall(OK)
        except ssl.SSLError:
            pass  # the client went away

    deployment = configured(workshop, tmp_path)
    outcomes = []
    with selfhost.app.app_context():
        for _ in range(2):
            network = Network(wire(deployment, clock=selfhost.clock))
            with server(act) as port:
                try:
                    outcomes.append(str(network.send(Message("GET", f"https://127.0.0.1:{port}/x", {})).status_code))
                except Unreached as failed:
                    outcomes.append(failed.reason)
            folder = tmp_path / "bwdata/ca-certificates"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "corp.crt").write_bytes(files.ca.read_bytes())
    assert outcomes == ["tls", "200"]


def test_a_certificate_that_is_no_pem_and_a_base_without_slash_are_named_at_start(
    workshop: Workshop, tmp_path: Path
) -> None:
    folder = tmp_path / "bwdata/ca-certificates"
    folder.mkdir(parents=True)
    (folder / "corp.crt").write_bytes(b"\x30\x82")
    address = {API: "http://127.0.0.1:8401/api"}
    der, slash = sorted(notices(configured(workshop, tmp_path, **address)))
    assert der.startswith(str(folder / "corp.crt")) and "PEM" in der
    assert slash.startswith(f"{API}=http://127.0.0.1:8401/api has a path without a final slash")


def test_tls_to_a_port_that_speaks_none_is_no_matter_of_certificates(ctx: SelfHostContext) -> None:
    def act(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with server(act) as port, pytest.raises(Unreached) as failed:
        proxied(ctx).send(Message("GET", f"https://127.0.0.1:{port}/", {}))
    assert failed.value.reason == "no-tls" and "corrupted frame" in str(failed.value)


# --- causes, from what is there to be seen


PAGE = {"Content_Type": "text/html; charset=utf-8"}
JSON = {"Content_Type": "application/json"}
NOT_FOUND = b'{"message":"Resource not found.","object":"error"}'


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (answer(404, NOT_FOUND, **JSON), "not-found"),
        (answer(404, b"<h1>no</h1>", **PAGE), "web-page"),
        (answer(404), "no-such-path"),
        (answer(404, b'{"detail":"Not Found"}', **JSON), "not-json"),
        (answer(401, WWW_Authenticate="Bearer"), "unauthorized"),
        (answer(401, WWW_Authenticate='Basic realm="x"'), "not-json"),
        (answer(403), "forbidden"),
        (answer(403, b"<html>blocked", **PAGE), "web-page"),
        (answer(407), "proxy"),
        (answer(302, Location="http://portal/"), "redirected"),
        (answer(502, b"<html>bad gateway", **PAGE), "web-page"),
        (answer(503), "server-error"),
        (answer(500, b'{"message":"An unhandled server error has occurred."}', **JSON), "server-error"),
        (answer(418, b'{"message":"I am a teapot"}', **JSON), "rejected"),
    ],
)
def test_a_refusal_is_read_and_not_only_counted(ctx: SelfHostContext, response: requests.Response, reason: str) -> None:
    response.url = "https://api.bitwarden.com/licenses/organization/1"
    told = rejected(response, Part.API, ctx.deployment)
    assert told.reason == reason
    assert Texts(CHINESE).gloss(told.advice) not in (None, told.advice)


@pytest.mark.parametrize(
    ("response", "lines", "reason"),
    [
        (answer(404), {IDENTITY: "https://api.bitwarden.eu", API: "https://identity.bitwarden.eu"}, "swapped"),
        (answer(404), {IDENTITY: "https://identity.bitwarden.com/api/"}, "no-such-path"),
        (answer(405), {IDENTITY: "http://identity.bitwarden.eu"}, "plain-http-address"),
        (answer(404, b"<html>", **PAGE), {}, "web-page"),
        (answer(400, b'{"error":"invalid_client"}', **JSON), {}, "invalid-client"),
        (answer(400, b'{"error":"invalid_scope"}', **JSON), {}, "token-refused"),
    ],
)
def test_why_there_is_no_token(
    workshop: Workshop, tmp_path: Path, response: requests.Response, lines: dict[str, str], reason: str
) -> None:
    response.url = "https://identity.bitwarden.com/connect/token"
    told = token_refused(response, configured(workshop, tmp_path, **lines))
    assert told.reason == reason
    assert Texts(CHINESE).gloss(told.advice) not in (None, told.advice)


@pytest.mark.parametrize(
    ("part", "address", "reason", "word"),
    [
        (Part.API, "https://bitwarden.eu", "no-api-host", "https://api.bitwarden.eu"),
        (Part.IDENTITY, "https://www.bitwarden.com", "no-api-host", "https://identity.bitwarden.com"),
        (Part.IDENTITY, "https://identity.bitwarden.eu:8443", "wrong-port", "443"),
        (Part.API, "https://cloud.corp.example", "not-simulated", "wardenloop__hosts__cloud.corp.example"),
    ],
)
def test_what_only_this_simulator_does_not_reach_is_not_told_as_a_fact_of_the_network(
    workshop: Workshop, ctx: SelfHostContext, tmp_path: Path, part: Part, address: str, reason: str, word: str
) -> None:
    setting = {Part.API: API, Part.IDENTITY: IDENTITY}[part]
    deployment = configured(workshop, tmp_path, **{setting: address})
    with pytest.raises(Unreached) as failed:
        Network(replace(ctx, deployment=deployment)).send(Message("GET", f"{address}/x", {}))
    told = unreachable(failed.value, part, deployment)
    assert told.reason == reason and word in told.advice
    assert Texts(CHINESE).gloss(told.advice) not in (None, told.advice)
