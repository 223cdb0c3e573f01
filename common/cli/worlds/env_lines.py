"""What of a real server's configuration a world takes, line by line. No value of a secret leaves this module.

The reading and most of the judging is `common.configuration`'s; here is what a world cannot take besides.
"""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from common.configuration.forms import UnreadableConfiguration
from common.configuration.known import may_be_named
from common.configuration.official import addresses_of, official_region
from common.configuration.reading import Configuration, Line, Reason, SourceFile, Verdict, read_configuration
from common.configuration.values import has_value, parse_guid

_G = "globalsettings__"
_REGION = f"{_G}baseserviceuri__cloudregion"
_ADDRESSES = frozenset(
    f"{_G}{name}" for name in ("installation__identityuri", "installation__apiuri", "pushrelaybaseuri")
)
_BOOLEANS = frozenset(f"{_G}{name}" for name in ("enablecloudcommunication", "enableemailverification"))
_PEOPLE = frozenset({f"{_G}mail__replytoemail", "adminsettings__admins"})
INSTALLATION = frozenset({f"{_G}installation__id", "bw_installation_id"})
"""Names of lines that hold the id of the installation, in lower case."""
_WANTED = _BOOLEANS | _ADDRESSES | _PEOPLE


class EnvLine(NamedTuple):
    """number: counted from 1. name: "" where it may be part of a secret. why: a text of the catalogue. value: what of
    it may be shown."""

    number: int
    name: str
    verdict: Verdict
    why: str
    value: str | None = None

    def told(self) -> dict[str, object]:
        """As JSON; `why` is still to be said."""
        return {"line": self.number, "name": self.name, "verdict": self.verdict.value, "value": self.value}


class Environment(NamedTuple):
    """lines: of all that stands in the file. settings: what the world gets. region: `us`, `eu`, None = not said.
    installation: the id that it names, None = none."""

    lines: tuple[EnvLine, ...]
    settings: Mapping[str, str]
    region: str | None
    installation: str | None


def read_environment(data: bytes) -> Environment:
    """Judge every line. Errors: UnreadableConfiguration."""
    found = read_configuration([SourceFile("env", data)])
    judged = [_judged(each) for each in found.lines]
    settings = {
        line.key: each.value
        for line, each in zip(found.lines, judged, strict=True)
        if each.verdict is Verdict.TAKEN and each.value is not None and line.key.lower() in _WANTED
    }
    return Environment(tuple(judged), _unsaid(found) | settings, _region(found), _installation(found))


def _unsaid(found: Configuration) -> dict[str, str]:
    """A server that is of the EU in name only asks the US: the world must not lead it right."""
    said = {name.lower() for name in found.values}
    lines = addresses_of("US") if _region(found) == "eu" else {}
    return {name: value for name, value in lines.items() if name.lower() not in said}


def _judged(line: Line) -> EnvLine:
    key, value = line.key.lower(), line.value or ""
    name = line.key if may_be_named(line.key) and line.reason is not Reason.COMMENT else ""
    if line.verdict is not Verdict.TAKEN:
        return EnvLine(line.number, name, line.verdict, f"x.env.{line.reason.value}")
    if key == "adminsettings__admins":
        named = (each.partition(":")[0].strip() for each in value.split(","))
        return EnvLine(
            line.number, name, Verdict.TAKEN, "x.import.admins", ",".join(each for each in named if "@" in each)
        )
    if (why := _not_taken(key, value, line.shown)) is not None:
        return EnvLine(line.number, name, Verdict.IGNORED, why)
    return EnvLine(line.number, name, Verdict.TAKEN, f"x.env.{line.reason.value}", line.shown)


def _not_taken(key: str, value: str, shown: str | None) -> str | None:
    if key.startswith("wardenloop__"):
        return "x.import.simulator"
    if key == f"{_G}disableuserregistration":
        return "x.import.registration"
    if key in _ADDRESSES and not has_value(value):
        return f"x.env.{Reason.PLACEHOLDER.value}"
    if key in _ADDRESSES and official_region(_host(value)) is None:
        return "x.import.elsewhere"
    if key in _BOOLEANS and value.strip().lower() not in ("true", "false"):
        return "x.import.noBoolean"
    return "x.import.misshapen" if shown is None and key in _WANTED | {_REGION} else None


def _region(found: Configuration) -> str | None:
    folded = {name.lower(): value for name, value in found.values.items()}
    said = folded.get(_REGION, "").strip().lower()
    if said in ("us", "eu"):
        return said
    hosts = (_host(folded.get(each, "")) for each in sorted(_ADDRESSES))
    region = next((region for host in hosts if (region := official_region(host))), None)
    return region.lower() if region else None


def _host(address: str) -> str:
    try:
        return (urlsplit(address.strip()).hostname or "").lower()
    except ValueError:
        return ""


def _installation(found: Configuration) -> str | None:
    folded = {name.lower(): value for name, value in found.values.items()}
    known_as = parse_guid(folded.get(f"{_G}installation__id", ""))
    return str(known_as) if known_as else None


__all__ = ["INSTALLATION", "EnvLine", "Environment", "UnreadableConfiguration", "Verdict", "read_environment"]
