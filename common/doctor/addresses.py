"""Rules about which cloud is talked to: region, addresses, communication itself.

Source: src/Core/Settings/GlobalSettings.cs, CloudRegionConfig.cs; fidelity.md: deployment.settings, cloud.client.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import NamedTuple
from urllib.parse import urlsplit

from common.configuration.known import holds_another_line
from common.configuration.official import OFFICIAL_DOMAINS, REGIONS, is_official, official_region
from common.configuration.reading import Reason
from common.configuration.values import SettingsError, checked_uri
from common.doctor.findings import PREFIX, Case, Finding
from common.server.destinations import is_loopback

IDENTITY, API, PUSH = "installation__identityUri", "installation__apiUri", "pushRelayBaseUri"
_SERVICE = {IDENTITY: "identity", API: "api", PUSH: "push"}
_COMMUNICATION = "enableCloudCommunication"
_REGION = "baseServiceUri__cloudRegion"


class Address(NamedTuple):
    """One of the three. written: as it stands there, None = what is built in. host, region: "" and None = not known."""

    name: str
    host: str
    written: str | None
    region: str | None


def communication(case: Case) -> Iterator[Finding]:
    """Without it neither licence nor sponsorships are synced."""
    if case.text(_COMMUNICATION) is None and not case.whole:
        return
    if (case.text(_COMMUNICATION) or "false").strip().lower() == "false":
        yield case.at("communication-off", _COMMUNICATION, line=f"{PREFIX}{_COMMUNICATION}=true")


def region(case: Case) -> Iterator[Finding]:
    """`cloudRegion` moves nothing: the three addresses do, and all three are the US until they are said."""
    label = (case.text(_REGION) or "").strip()
    identity, api, push = (_address(case, name) for name in (IDENTITY, API, PUSH))
    if label and label not in REGIONS:
        likely = "EU" if "EU" in label.upper() else "US"
        line = case.line_of(PREFIX + _REGION)
        yield case.at("region-spelling", _REGION, written=(line.shown if line else None) or "…", region=likely)
    meant = label.upper() if label.upper() in REGIONS else None
    missing = [each for each in (identity, api) if meant == "EU" and each.written is None]
    if missing:
        astray = [each for each in (identity, api, push) if each in missing or each.region == "US"]
        lines = [f"{PREFIX}{each.name}=https://{_SERVICE[each.name]}.{REGIONS['EU']}" for each in astray]
        names = ", ".join(each.name for each in astray)
        yield case.at("region-lines-missing", _REGION, missing=names, lines="\n".join(lines))
    elif identity.region and api.region and identity.region != api.region:
        yield case.at("regions-differ", API, identity=identity.host, api=api.host)
    elif meant and identity.region and identity.region == api.region and identity.region != meant:
        yield case.at("region-label", _REGION, label=label, region=identity.region)
    elif identity.region and push.region and push.region != identity.region:
        right = f"https://push.{REGIONS[identity.region]}"
        yield case.at("push-region", PUSH, push=push.host, identity=identity.host, right=right)


def _address(case: Case, name: str) -> Address:
    written = case.given(name)
    if written is None and (not case.whole or case.text(name) is not None):
        return Address(name, "", None, None)  # elsewhere, or switched off by a placeholder
    if written is None:
        return Address(name, f"{_SERVICE[name]}.{REGIONS['US']}", None, "US")
    host = _host(written)
    return Address(name, host, written, official_region(host))


def _host(uri: str) -> str:
    if holds_another_line(uri):
        return ""  # and so it may hold a key
    try:
        return (urlsplit(uri.strip()).hostname or "").rstrip(".")
    except ValueError:
        return ""


def addresses(case: Case) -> Iterator[Finding]:
    """Each of the three by itself, and whether two of them stand in each other's place."""
    written = {name: value for name in _SERVICE if (value := case.given(name)) is not None}
    hosts = {name: _host(value) for name, value in written.items()}
    if hosts.get(IDENTITY, "").startswith("api.") and hosts.get(API, "identity.").startswith("identity."):
        yield case.at("addresses-swapped", IDENTITY, identity=hosts[IDENTITY], api=hosts.get(API, "-"))
        written = {PUSH: written[PUSH]} if PUSH in written else {}
    for name, value in written.items():
        yield from _of_one(case, name, value)


def _of_one(case: Case, name: str, value: str) -> Iterator[Finding]:
    service, line = _SERVICE[name], case.line_of(PREFIX + name)
    shown = (line.shown if line else None) or "…"
    if line is not None and line.reason is not Reason.CLOUD:
        return  # several lines in one, or a login before the host: another rule's
    try:
        parts = urlsplit(checked_uri(value, name))
    except SettingsError:
        yield case.at("address-not-a-url", name, written=shown, right=f"https://{service}.{REGIONS['US']}")
        return
    host = _host(value)
    domain = REGIONS.get(official_region(host) or "US", REGIONS["US"])
    right = f"https://{service}.{domain}"
    if not is_official(host):
        if not is_loopback(host):
            known = [f"{each}.{domain}" for each in _SERVICE.values() for domain in REGIONS.values()]
            near = get_close_matches(host, known, n=1, cutoff=0.8)
            yield case.at("address-foreign", name, host=host, right=f"https://{near[0] if near else right[8:]}")
        if parts.path and not parts.path.endswith("/"):
            yield case.at("address-slash", name, written=shown)
        return
    if host != f"{service}.{domain}" and host not in _government(service):
        yield case.at("no-such-host", name, host=host, right=right)
    elif parts.scheme == "http":
        yield case.at("address-plain-http", name, written=shown, right=right)
    elif parts.port not in (None, 443):
        yield case.at("address-port", name, written=shown, port=str(parts.port), right=right)
    elif parts.path not in ("", "/"):
        yield case.at("address-path", name, written=shown, right=right)


def _government(service: str) -> tuple[str, ...]:
    return tuple(f"{service}.{domain}" for domain in OFFICIAL_DOMAINS if domain.endswith("-gov.com"))
