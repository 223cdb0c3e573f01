"""The way to an address as .NET's HttpClient goes it: the simulator's DNS, the proxies of the environment, redirects.

Addresses are the configured ones until the connection is opened; whoever is told of a failure hears of those, in the
words that .NET has for it. Source: .NET: System.Net.Http; fidelity.md: cloud.client.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import NameResolutionError

from common.server.destinations import is_this_machine, not_on_this_machine
from common.server.http.session import TUNNEL, chunked_json
from selfhost.context import SelfHostContext
from selfhost.deployment.configuration import SelfHostSettings
from selfhost.deployment.dns import is_official, resolve_url
from selfhost.deployment.proxies import Proxy

REDIRECTS = (300, 301, 302, 303, 307, 308)
MOST_REDIRECTS = 50
_TURNED_INTO_GET = (300, 301, 302, 303)
_TLS_FAILED = "The SSL connection could not be established, see inner exception."
_CHAIN = "The remote certificate is invalid because of errors in the certificate chain"
_NAME = "The remote certificate is invalid according to the validation procedure: RemoteCertificateNameMismatch"
_NO_FRAME = "Cannot determine the frame size or a corrupted frame was received."
_NO_TLS = re.compile(r"wrong.version.number|record.layer.failure|packet.length.too.long|http.request", re.IGNORECASE)
_LONGEST_DETAIL = 300


class Unreached(Exception):
    """A call without an answer. The text is what .NET says.

    reason: of `CloudTrouble`. host: name and port as configured. proxy: the one that was asked, None = none was.
    """

    def __init__(self, reason: str, text: str, host: str, proxy: Proxy | None = None) -> None:
        super().__init__(text)
        self.reason, self.host, self.proxy = reason, host, proxy


class Message(NamedTuple):
    """What is sent. form, json: one of them is the body, or neither. `json` goes out in chunks, also with a GET."""

    method: str
    url: str
    headers: Mapping[str, str]
    form: Mapping[str, str] | None = None
    json: object = None

    def turned(self, status: int, url: str) -> "Message":
        """What follows a redirect: a POST becomes a GET without a body, and nobody is told the token."""
        headers = {name: value for name, value in self.headers.items() if name != "Authorization"}
        if self.method == "POST" and status in _TURNED_INTO_GET:
            headers.pop("Content-Type", None)
            return Message("GET", url, headers)
        return self._replace(url=url, headers=headers)

    @property
    def body(self) -> Iterator[bytes] | Mapping[str, str] | None:
        return self.form if self.json is None else chunked_json(self.json)


class Network:
    """The network around an instance. Knows no database, so it may be used by any thread."""

    def __init__(self, ctx: SelfHostContext) -> None:
        self._http: requests.Session = ctx.http
        self._deployment: SelfHostSettings = ctx.deployment

    def send(self, message: Message, *, patience: float | None = None, follow: bool = True) -> requests.Response:
        """One attempt. patience: seconds instead of the configured ones. follow: go where redirects lead.

        A redirect from https to http is not followed. Raises Unreached.
        """
        for _ in range(MOST_REDIRECTS + 1):
            response = self._once(message, patience)
            target = response.headers.get("Location")
            if not (follow and target and response.status_code in REDIRECTS):
                break
            asked = message.url if is_official_plain(message.url) else self._resolved(message.url)
            url = urljoin(asked, target)
            if message.url.startswith("https:") and not url.startswith("https:") and not _same_host(url, asked):
                break
            message = message.turned(response.status_code, url)
        return response

    def _once(self, message: Message, patience: float | None) -> requests.Response:
        if is_official_plain(message.url) and not self._deployment.simulator.contact_real_bitwarden:
            return _to_https(message)
        proxy = self._proxy(message.url)
        try:
            response = self._http.request(
                message.method,
                self._resolved(message.url),
                data=message.body,
                headers=dict(message.headers),
                proxies=_proxies(proxy, message.url),
                timeout=patience,
                allow_redirects=False,
            )
        except (requests.RequestException, UnicodeError) as error:  # UnicodeError: a token that fits in no header
            raise unreached(error, message.url, proxy) from error
        response.url = message.url
        return response

    def _resolved(self, url: str) -> str:
        simulator = self._deployment.simulator
        return resolve_url(url, simulator.hosts, contact_real=simulator.contact_real_bitwarden)

    def _proxy(self, url: str) -> Proxy | None:
        """The proxy to ask; one elsewhere is named at start and in the portal, and never asked."""
        proxy = self._deployment.simulator.proxies.of_url(url)
        return proxy if proxy is not None and is_this_machine(proxy.host) else None


def is_official_plain(url: str) -> bool:
    """An official name without the `s` of `https`: the real ones only say where to go instead."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.port in (None, 80) and is_official(_name(url))


def unreached(error: BaseException, url: str, proxy: Proxy | None = None) -> Unreached:
    """What a failed attempt comes to. proxy: the one that was asked."""
    where = _endpoint(url)
    if (outside := not_on_this_machine(error)) is not None:
        return Unreached("not-simulated", str(outside), where)
    if tunnel := re.search(r"Tunnel connection failed: (\d{3})", str(error)):
        return refused_by(proxy, tunnel[1], where)
    host = where if proxy is None else _endpoint(proxy.url)
    reason, text = _told(error, host)
    return Unreached("proxy" if proxy is not None and _is_of_connecting(error) else reason, text, where, proxy)


def refused_by(proxy: Proxy | None, status: str, where: str) -> Unreached:
    """A proxy that makes no tunnel, with the quotation mark too many that .NET has there."""
    address = proxy.address if proxy else "http://proxy:3128/"
    text = f"The proxy tunnel request to proxy '{address}' failed with status code '{status}'.\""
    return Unreached("proxy", text, where, proxy)


def timed_out(url: str) -> Unreached:
    """The patience of an HttpClient is at its end; it is 100 s, whatever stands for them here."""
    text = "The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing."
    return Unreached("timeout", text, _endpoint(url))


def not_trusted(url: str, reason: str, why: str) -> Unreached:
    """A certificate that is refused. why: .NET's word of it."""
    return Unreached(reason, f"{_TLS_FAILED} {_CHAIN}: {why}", _endpoint(url))


def speaks_no_tls(url: str) -> Unreached:
    """What answers a TLS client is something else."""
    return Unreached("no-tls", f"{_TLS_FAILED} {_NO_FRAME}", _endpoint(url))


def _told(error: BaseException, host: str) -> tuple[str, str]:
    url = f"https://{host}"
    text = str(error)
    if isinstance(error, requests.Timeout):
        return "timeout", str(timed_out(url))
    if isinstance(error, requests.exceptions.SSLError):
        if _NO_TLS.search(text):
            return "no-tls", str(speaks_no_tls(url))
        if "expired" in text or "not yet valid" in text:
            return "tls-expired", str(not_trusted(url, "tls-expired", "NotTimeValid"))
        if "mismatch" in text or "doesn't match" in text:
            return "tls-name", f"{_TLS_FAILED} {_NAME}"
        return "tls", str(not_trusted(url, "tls", "UntrustedRoot"))
    if any(isinstance(cause, NameResolutionError) for cause in _causes(error)):
        return "name-not-resolved", f"Name or service not known ({host})"
    if any(isinstance(cause, ConnectionRefusedError) for cause in _causes(error)):
        return "refused", f"Connection refused ({host})"
    return "unreachable", text[:_LONGEST_DETAIL]


def _is_of_connecting(error: BaseException) -> bool:
    """Whether it is about the way to the other end, not about what came back over it."""
    kinds = (requests.exceptions.ProxyError, NameResolutionError, ConnectionRefusedError)
    return any(isinstance(cause, kinds) for cause in _causes(error))


def _causes(error: BaseException) -> list[BaseException]:
    """The exception and everything inside it: causes, contexts and wrapped reasons."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and cause not in found:
            found.append(cause)
            waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
    return found


def answered(
    message: Message, status: int, reason: str, content: bytes = b"", headers: Mapping[str, str] | None = None
) -> requests.Response:
    """An answer that comes from somebody in between."""
    response = requests.Response()
    response.status_code, response.reason, response.url = status, reason, message.url
    response._content = content
    response.headers.update(headers or {})
    response.request = requests.Request(message.method, message.url).prepare()
    return response


def _to_https(message: Message) -> requests.Response:
    """Source: what the real hosts answer on port 80; fidelity.md: cloud.client."""
    location = "https" + message.url.removeprefix("http").replace(":80/", "/", 1)
    return answered(message, 301, "Moved Permanently", headers={"Location": location, "Content-Length": "0"})


def _proxies(proxy: Proxy | None, url: str) -> dict[str, Any]:
    if proxy is None:
        return {}
    return {TUNNEL: proxy.url} if url.startswith("https:") else {"http": proxy.url}


def _same_host(url: str, other: str) -> bool:
    return urlsplit(url).netloc == urlsplit(other).netloc


def _name(url: str) -> str:
    return (urlsplit(url).hostname or "").rstrip(".")


def _endpoint(url: str) -> str:
    """`identity.bitwarden.com:443`, as .NET's messages name the other end."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
