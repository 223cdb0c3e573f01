"""What an instance sees of the simulated network: of each rule what a real one of that kind shows, and nothing else.

Source: .NET: System.Net.Http; fidelity.md: cloud.egress.
"""

from collections.abc import Callable, Mapping

import requests

from common.configuration.proxies import Proxy
from selfhost.cloud.unreached import Unreached, not_resolved, not_trusted, refused, refused_by, speaks_no_tls, timed_out
from selfhost.egress.rules import InForce, Rule

PORTAL = "http://portal.captive.invalid/login"
PORTAL_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Welcome</title></head>\n"
    b"<body><h1>Welcome to our network</h1><p>Please sign in to continue.</p></body></html>\n"
)
SLOW_SECONDS = 10.0
GIVES_UP = 0.9
"""Of the patience that stands for 100 s: nginx before the instance gives up after 90, so nobody waits for the rest.

Source: util/Nginx/proxy.conf."""


class InBetween(requests.Response):
    """An answer of somebody in between. egress: the rule of the simulated network that made it, None = none did."""

    egress: InForce | None = None

    def __init__(
        self, url: str, status: int, reason: str, content: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__()
        self.url, self.status_code, self.reason = url, status, reason
        self._content = content
        self.headers.update(headers or {})


def symptom(
    in_force: InForce, url: str, proxy: Proxy | None, patience: float, wait: Callable[[float], None]
) -> InBetween | None:
    """What comes of a connection under a rule; None = it is made after all. Raises Unreached.

    patience: seconds until who asks gives up. wait: for so many. Without TLS no certificate has a say, and no proxy is
    asked for a tunnel.
    """
    try:
        answer = _symptom(in_force.rule, url, proxy, patience, wait)
    except Unreached as failed:
        failed.egress = in_force
        raise
    if answer is not None:
        answer.egress = in_force
    return answer


def _symptom(
    rule: Rule, url: str, proxy: Proxy | None, patience: float, wait: Callable[[float], None]
) -> InBetween | None:
    secure = url.startswith("https:")
    match rule:
        case Rule.REFUSE:
            raise refused(url)
        case Rule.DNS:
            raise not_resolved(url)
        case Rule.DROP:
            wait(patience * GIVES_UP)
            raise timed_out(url)
        case Rule.SLOW:
            wait(min(SLOW_SECONDS, patience / 2))
        case Rule.TLS_UNTRUSTED if secure:
            raise not_trusted(url, "tls", "UntrustedRoot")
        case Rule.TLS_EXPIRED if secure:
            raise not_trusted(url, "tls-expired", "NotTimeValid")
        case Rule.PLAIN_HTTP if secure:
            raise speaks_no_tls(url)
        case Rule.PROXY_407 if secure:
            raise refused_by(proxy, "407", url)
        case Rule.PROXY_407:
            return InBetween(url, 407, "Proxy Authentication Required")
        case Rule.HTML:
            return InBetween(url, 200, "OK", PORTAL_PAGE, {"Content-Type": "text/html; charset=utf-8"})
        case Rule.REDIRECT:
            return InBetween(url, 302, "Found", headers={"Location": PORTAL})
    return None
