"""Rules about what stands around the talk with the cloud: proxies, authorities, mail and who may enter the portal.

Source: .NET: System.Net.Http, HttpEnvironmentProxy; src/Core/Platform/Mail; the services' entrypoint.sh; fidelity.md:
cloud.client, deployment.settings, deployment.tree.
"""

import re
from collections.abc import Iterator
from ipaddress import ip_address

from common.configuration.proxies import Proxies
from common.configuration.reading import Form
from common.doctor.findings import Case, Finding

_PROXIES = ("https_proxy", "http_proxy", "all_proxy")
_INTERNAL = ("identity", "api", "notifications", "admin", "sso")
_IMPLICIT_TLS_IGNORED = 587


def proxies(case: Case) -> Iterator[Finding]:
    """A proxy for everything is one for the server's own services too, unless they are named."""
    environment = case.configuration.values
    spelled = [name for name in environment if name.lower() in _PROXIES and environment[name].strip()]
    if not spelled:
        return
    found = Proxies.of(environment)
    if not (found.https or found.http):
        yield _at_key(case, "proxy-unreadable", spelled[0])
        return
    bypass = next((name for name in environment if name.lower() == "no_proxy"), None)
    if bypass and any("*" in host or "/" in host for host in found.bypassed):
        yield _at_key(case, "proxy-wildcard", bypass)
    single = case.lite or Form.HELM in case.configuration.forms
    missing = [name for name in _INTERNAL if name not in found.bypassed]
    if not single and found.http and "identity" in missing:
        yield _at_key(case, "proxy-internal-names", bypass or spelled[0], missing=",".join(missing))


def _at_key(case: Case, rule: str, key: str, **values: str) -> Finding:
    line = case.line_of(key)
    return Finding(rule, line.file if line else "", line.number if line else 0, key, values)


def authorities(case: Case) -> Iterator[Finding]:
    """`bwdata/ca-certificates`: what lies there and is not trusted."""
    for each in case.authorities:
        if not each.trusted:
            yield Finding("authority-not-read" if each.pem else "authority-not-pem", each.name)
        elif each.ends is not None and each.ends < case.now:
            yield Finding("authority-expired", each.name, values={"ended": f"{each.ends:%Y-%m-%d}"})


def mail(case: Case) -> Iterator[Finding]:
    """Without mail nobody verifies an address or enters the portal, where *Manually Sync* is."""
    host = case.given("mail__smtp__host")
    if host is None:
        if case.whole and case.given("mail__sendGridApiKey") is None and case.given("amazon__accessKeySecret") is None:
            yield case.at("smtp-missing", "mail__smtp__host")
        return
    if case.given("mail__replyToEmail") is None:
        yield case.at("smtp-reply-to", "mail__replyToEmail")
    if _is_address(host):
        yield case.at("smtp-address", "mail__smtp__host")
    port = (case.text("mail__smtp__port") or "25").strip()
    if port == str(_IMPLICIT_TLS_IGNORED) and _is_on(case, "ssl") and not _is_on(case, "sslOverride"):
        yield case.at("smtp-ssl", "mail__smtp__ssl")
    halves = [name for name in ("username", "password") if case.given(f"mail__smtp__{name}") is not None]
    if len(halves) == 1 and Form.HELM not in case.configuration.forms:
        yield case.at("smtp-half-login", f"mail__smtp__{halves[0]}")


def _is_on(case: Case, name: str) -> bool:
    return (case.text(f"mail__smtp__{name}") or "").strip().lower() == "true"


def _is_address(host: str) -> bool:
    try:
        return not ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def admins(case: Case) -> Iterator[Finding]:
    """Nobody named, nobody in the portal."""
    written = case.values.text("AdminSettings:Admins") or ""
    if case.whole and not re.search(r"[^\s,]@[^\s,]", written):
        line = case.line_of("adminSettings__admins")
        first = case.configuration.lines[0].file if case.configuration.lines else ""
        where = (line.file, line.number) if line else (first, 0)
        yield Finding("admins-missing", *where, "adminSettings__admins")
