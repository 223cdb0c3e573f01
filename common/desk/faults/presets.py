"""The switches of the page: what usually goes wrong, as rules of faults, of the network and of mails. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

LICENSE_CALL = "GET /api/licenses/organization/{organization_id}"
SPONSORSHIP_CALL = "POST /api/organization/sponsorship/sync"
TOKEN_CALL = "POST /identity/connect/token"
CLOUDS = ("cloud-us", "cloud-eu")
CHECK_INTERNET = "An error has occurred. Check your internet connection and ensure the billing token is correct."
NOT_OURS = "Invalid license. IDX10517..."
SYNC_FAILED = "Organization sync failed"


class Preset(NamedTuple):
    """One switch. title, shows: keys of what it is, and of where it is seen. seen: the literal text that appears there.

    faults: rules at both clouds. egress: host -> rule of the instance's network. mail: rules of the mail server.
    profile: several rules under one name.
    """

    name: str
    title: str
    shows: str
    seen: str | None = None
    faults: Sequence[Mapping[str, Any]] = ()
    egress: Mapping[str, str] = {}
    mail: Sequence[Mapping[str, Any]] = ()
    profile: str | None = None


def _network(name: str, title: str, rule: str) -> Preset:
    hosts = {"api.bitwarden.com": rule, "identity.bitwarden.com": rule}
    eu = {host.replace(".com", ".eu"): rule for host in hosts}
    return Preset(name, title, "x.switchShowsAtSync", CHECK_INTERNET, egress=hosts | eu)


PRESETS = (
    _network("unreachable", "x.switchUnreachable", "refuse"),
    _network("firewall", "x.switchFirewall", "drop"),
    _network("dns", "x.switchDns", "dns"),
    _network("certificate", "x.switchCertificate", "tls-untrusted"),
    _network("captive", "x.switchCaptive", "html"),
    _network("proxy", "x.switchProxy", "proxy-407"),
    Preset(
        "slow",
        "x.switchSlow",
        "x.switchShowsSlow",
        egress=dict.fromkeys(("api.bitwarden.com", "api.bitwarden.eu"), "slow"),
    ),
    Preset(
        "identity",
        "x.switchIdentity",
        "x.switchShowsAtSync",
        CHECK_INTERNET,
        ({"operation": TOKEN_CALL, "do": {"status": 400}},),
    ),
    Preset(
        "overloaded",
        "x.switchOverloaded",
        "x.switchShowsAtSync",
        CHECK_INTERNET,
        ({"operation": LICENSE_CALL, "do": {"status": 503}},),
    ),
    Preset(
        "lost",
        "x.switchLost",
        "x.switchShowsLost",
        SYNC_FAILED,
        ({"operation": SPONSORSHIP_CALL, "times": 1, "do": {"reset": "after"}},),
    ),
    Preset(
        "foreign",
        "x.switchForeign",
        "x.switchShowsAtSync",
        NOT_OURS,
        ({"operation": LICENSE_CALL, "do": {"licence": "foreign-certificate"}},),
    ),
    Preset("mail", "x.switchMail", "x.switchShowsMail", mail=({"do": {"status": 451}},)),
    Preset("harsh", "x.switchHarsh", "x.switchShowsHarsh", profile="harsh"),
)
"""In the order of the page."""


def preset_of(name: str) -> Preset | None:
    """A switch by name."""
    return next((each for each in PRESETS if each.name == name), None)


def note_of(preset: Preset) -> str:
    """What the rules of a switch are marked with."""
    return f"switch: {preset.name}"


def is_on(preset: Preset, notes: set[str], egress: Mapping[str, str], profiles: set[str]) -> bool:
    """Whether a switch is on: its rules are there. notes, profiles: of the rules that are on and still hit."""
    if preset.egress:
        return all(egress.get(host) == rule for host, rule in preset.egress.items())
    return preset.profile in profiles if preset.profile else note_of(preset) in notes
