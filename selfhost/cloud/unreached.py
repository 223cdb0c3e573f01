"""A call without an answer, in the words that .NET has for it; whoever reads a log of a real server finds them there.

Source: .NET: System.Net.Http, System.Net.Security; fidelity.md: cloud.client.
"""

import re
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NameResolutionError

from common.configuration.proxies import Proxy
from common.server.destinations import not_on_this_machine
from selfhost.egress.rules import InForce

_TLS_FAILED = "The SSL connection could not be established, see inner exception."
_CHAIN = "The remote certificate is invalid because of errors in the certificate chain"
_NAME = "The remote certificate is invalid according to the validation procedure: RemoteCertificateNameMismatch"
_NO_FRAME = "Cannot determine the frame size or a corrupted frame was received."
_NO_TLS = re.compile(r"wrong.version.number|record.layer.failure|packet.length.too.long|http.request", re.IGNORECASE)
_LONGEST_DETAIL = 300

NOBODY_THERE = ("not-simulated", "name-not-resolved", "refused", "proxy")
"""Reasons that tell that the other end never heard of it."""


class Unreached(Exception):
    """A call without an answer. The text is what .NET says.

    reason: of `CloudTrouble`. host: name and port as configured. proxy: the one that was asked, None = none was.
    egress: the rule of the simulated network that did it, None = it really happened.
    """

    def __init__(self, reason: str, text: str, host: str, proxy: Proxy | None = None) -> None:
        super().__init__(text)
        self.reason, self.host, self.proxy = reason, host, proxy
        self.egress: InForce | None = None


def unreached(error: BaseException, url: str, proxy: Proxy | None = None) -> Unreached:
    """What a failed attempt comes to. proxy: the one that was asked."""
    where = endpoint(url)
    if (outside := not_on_this_machine(error)) is not None:
        return Unreached("not-simulated", str(outside), where)
    if tunnel := re.search(r"Tunnel connection failed: (\d{3})", str(error)):
        return refused_by(proxy, tunnel[1], url)
    host = where if proxy is None else endpoint(proxy.url)
    reason, text = _told(error, host)
    return Unreached("proxy" if proxy is not None and _is_of_connecting(error) else reason, text, where, proxy)


def refused_by(proxy: Proxy | None, status: str, url: str) -> Unreached:
    """A proxy that makes no tunnel, with the quotation mark too many that .NET has there."""
    address = proxy.address if proxy else "http://proxy:3128/"
    text = f"The proxy tunnel request to proxy '{address}' failed with status code '{status}'.\""
    return Unreached("proxy", text, endpoint(url), proxy)


def refused(url: str) -> Unreached:
    """Nobody listens there, or a firewall says so."""
    return Unreached("refused", f"Connection refused ({endpoint(url)})", endpoint(url))


def not_resolved(url: str) -> Unreached:
    """No name server knows the name."""
    return Unreached("name-not-resolved", f"Name or service not known ({endpoint(url)})", endpoint(url))


def timed_out(url: str) -> Unreached:
    """The patience of an HttpClient is at its end; it is 100 s, whatever stands for them here."""
    text = "The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing."
    return Unreached("timeout", text, endpoint(url))


def not_trusted(url: str, reason: str, why: str) -> Unreached:
    """A certificate that is refused. why: .NET's word of it."""
    return Unreached(reason, f"{_TLS_FAILED} {_CHAIN}: {why}", endpoint(url))


def speaks_no_tls(url: str) -> Unreached:
    """What answers a TLS client is something else."""
    return Unreached("no-tls", f"{_TLS_FAILED} {_NO_FRAME}", endpoint(url))


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
        return "name-not-resolved", str(not_resolved(url))
    if any(isinstance(cause, ConnectionRefusedError) for cause in _causes(error)):
        return "refused", str(refused(url))
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


def endpoint(url: str) -> str:
    """`identity.bitwarden.com:443`, as .NET's messages name the other end."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{port_of(url)}"


def port_of(url: str) -> int:
    """The port that an address leads to."""
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)
