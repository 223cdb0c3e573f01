"""The rules of the simulated network, which hosts can have one, and which one counts. Pure."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlsplit

from common.errors import Refusal, bad_request
from selfhost.deployment.configuration import SelfHostSettings

EVERY_HOST = "*"
_RULE = "sim.egress"


class Rule(StrEnum):
    """What becomes of a connection. `allow` takes a host out of what is said of `*`."""

    ALLOW = "allow"
    REFUSE = "refuse"
    DROP = "drop"
    DNS = "dns"
    TLS_UNTRUSTED = "tls-untrusted"
    TLS_EXPIRED = "tls-expired"
    PLAIN_HTTP = "plain-http"
    HTML = "html"
    REDIRECT = "redirect"
    PROXY_407 = "proxy-407"
    SLOW = "slow"


SYMPTOMS: Mapping[Rule, str] = {
    Rule.ALLOW: "nothing; takes a host out of what is said of `*`",
    Rule.REFUSE: "Connection refused",
    Rule.DROP: "no answer until the time-out; nginx answers 504",
    Rule.DNS: "Name or service not known",
    Rule.TLS_UNTRUSTED: "certificate chain: UntrustedRoot",
    Rule.TLS_EXPIRED: "certificate chain: NotTimeValid",
    Rule.PLAIN_HTTP: "what answers speaks no TLS: a corrupted frame",
    Rule.HTML: "200 with the page of a captive portal",
    Rule.REDIRECT: "302 to the page of a captive portal",
    Rule.PROXY_407: "the proxy makes no tunnel: status code '407'",
    Rule.SLOW: "answered as usual, ten seconds later",
}
"""What a real network of that kind shows."""


class InForce(NamedTuple):
    """A rule that counts for a connection. host: what it was said of."""

    host: str
    rule: Rule


def rule_for(rules: Mapping[str, str], host: str, port: int) -> InForce | None:
    """The most exact rule for a host; None when nothing was said of it, or that it is let through."""
    name = host.rstrip(".").lower()
    found = next((key for key in (f"{name}:{port}", name, EVERY_HOST) if key in rules), None)
    if found is None or rules[found] == Rule.ALLOW:
        return None
    return InForce(found, Rule(rules[found]))


def known_hosts(deployment: SelfHostSettings) -> list[str]:
    """What an instance may connect to: Bitwarden's services, the addresses of its own settings, its mail server."""
    official = [host for host in deployment.simulator.hosts if not host.startswith("vault.")]
    written = (deployment.installation_identity_uri, deployment.installation_api_uri, deployment.push_relay_base_uri)
    addresses = [urlsplit(uri) for uri in written if uri]
    found = [parts.hostname or "" for parts in addresses]
    found += [f"{parts.hostname}:{parts.port}" for parts in addresses if parts.port]
    if deployment.smtp.host:
        found += [deployment.smtp.host.lower(), f"{deployment.smtp.host.lower()}:{deployment.smtp.port}"]
    return [*sorted({*official, *found} - {""}), EVERY_HOST]


def checked_host(host: str, known: Iterable[str]) -> str:
    """Refused unless the instance connects to it."""
    name, known = host.strip().rstrip(".").lower(), list(known)
    if name not in known:
        raise _unknown("host", host, known)
    return name


def checked_rule(rule: str) -> Rule:
    """Refused unless it is one of ours."""
    try:
        return Rule(rule)
    except ValueError:
        raise _unknown("rule", rule, list(Rule)) from None


def _unknown(what: str, given: str, known: Iterable[str]) -> Refusal:
    return bad_request(f"Unknown {what}: {given}. Known: {', '.join(known)}.", rule=_RULE)
