"""The way to an address as .NET's HttpClient goes it: the simulator's DNS, the proxies of the environment, redirects.

Addresses are the configured ones until the connection is opened; whoever is told of a failure hears of those, in the
words that .NET has for it. Source: .NET: System.Net.Http; fidelity.md: cloud.client.
"""

import logging
from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple
from urllib.parse import urlencode, urljoin, urlsplit

import requests

from common.configuration.official import is_official
from common.configuration.proxies import Proxy
from common.server.destinations import is_this_machine
from common.server.gate import wait_inside
from common.server.http.session import chunked_json, through
from common.server.observed import note_outcome
from selfhost.cloud.symptoms import InBetween, symptom
from selfhost.cloud.telling import Attempt, egress_of
from selfhost.cloud.unreached import NOBODY_THERE, Unreached, port_of, unreached
from selfhost.context import SelfHostContext
from selfhost.deployment.configuration import SelfHostSettings
from selfhost.deployment.dns import resolve_url
from selfhost.egress.rules import InForce, rule_for

log = logging.getLogger(__name__)

REDIRECTS = (300, 301, 302, 303, 307, 308)
MOST_REDIRECTS = 50
_TURNED_INTO_GET = (300, 301, 302, 303)


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

    def sent(self) -> bytes:
        """The body in one piece."""
        if self.json is not None:
            return b"".join(chunked_json(self.json))
        return urlencode(self.form).encode() if self.form else b""

    @property
    def body(self) -> Iterator[bytes] | Mapping[str, str] | None:
        return self.form if self.json is None else chunked_json(self.json)


class Network:
    """The network around an instance as it is at one moment. Asks no database, so it may be used by any thread."""

    def __init__(self, ctx: SelfHostContext) -> None:
        self._http = ctx.http
        self._deployment: SelfHostSettings = ctx.deployment
        self._egress = ctx.egress()
        self._wait = partial(wait_inside, ctx.settings.state_dir)

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
        proxy, in_force = self._proxy(message.url), self._rule(message.url)
        attempt = Attempt(message.method, self._resolved(message.url), message.headers, message.sent)
        try:
            answer = self._in_between(message, proxy, in_force, patience)
        except Unreached as failed:
            attempt.stopped(in_force, failed)
            raise
        if answer is not None:
            attempt.stopped(in_force, answer)
            return answer
        try:
            response = self._http.request(
                message.method,
                self._resolved(message.url),
                data=message.body,
                headers=dict(message.headers),
                proxies=through(proxy.url if proxy else None, message.url),
                timeout=patience,
                allow_redirects=False,
            )
        except (requests.RequestException, UnicodeError) as error:  # UnicodeError: a token that fits in no header
            lost = unreached(error, message.url, proxy)
            note_outcome(str(lost), lost.reason, egress_of(in_force), reached=lost.reason not in NOBODY_THERE)
            raise lost from error
        if in_force is not None:  # it was slow
            note_outcome(None, None, egress_of(in_force), reached=True)
        response.url = message.url
        return response

    def _in_between(
        self, message: Message, proxy: Proxy | None, in_force: InForce | None, patience: float | None
    ) -> InBetween | None:
        """The answer of who stands in between; None = the call goes through. Raises Unreached."""
        if in_force is not None:
            log.warning("Egress: rule %s of %s is in force for %s", in_force.rule.value, in_force.host, message.url)
            own = self._deployment.simulator.cloud_timeout
            answer = symptom(in_force, message.url, proxy, own if patience is None else patience, self._wait)
            if answer is not None:
                return answer
        if is_official_plain(message.url) and not self._deployment.simulator.contact_real_bitwarden:
            return _to_https(message)
        return None

    def _resolved(self, url: str) -> str:
        simulator = self._deployment.simulator
        return resolve_url(url, simulator.hosts, contact_real=simulator.contact_real_bitwarden)

    def _rule(self, url: str) -> InForce | None:
        return rule_for(self._egress, _name(url), port_of(url))

    def _proxy(self, url: str) -> Proxy | None:
        """The proxy to ask; one elsewhere is named at start and in the portal, and never asked."""
        proxy = self._deployment.simulator.proxies.of_url(url)
        return proxy if proxy is not None and is_this_machine(proxy.host) else None


def is_official_plain(url: str) -> bool:
    """An official name without the `s` of `https`: the real ones only say where to go instead."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.port in (None, 80) and is_official(_name(url))


def _to_https(message: Message) -> InBetween:
    """Source: what the real hosts answer on port 80; fidelity.md: cloud.client."""
    location = "https" + message.url.removeprefix("http").replace(":80/", "/", 1)
    return InBetween(message.url, 301, "Moved Permanently", headers={"Location": location, "Content-Length": "0"})


def _same_host(url: str, other: str) -> bool:
    return urlsplit(url).netloc == urlsplit(other).netloc


def _name(url: str) -> str:
    return (urlsplit(url).hostname or "").rstrip(".")
