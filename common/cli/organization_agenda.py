"""`wardenloop agenda --organization`: the dates of one organization in words, from both sides and from its licence."""

import html
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from common.cli.home import Home
from common.cli.servers import server
from common.license.agenda import What, agenda_of
from common.license.bringing import Brought, bring
from common.license.files import UnreadableLicense
from common.license.model import OrganizationLicense
from common.server.locale.texts import Texts
from common.sim.timeline.worded_agenda import Said, said

_FROM_FILE = frozenset(
    {What.ISSUED, What.REFRESH, What.TOKEN_END, What.LAST_DAY, What.NOT_SUSPENDED, What.SPONSORSHIPS}
)
"""What the running apps do not tell."""


class OrganizationAgenda(NamedTuple):
    """rows: what the desk tells, for JSON. entries: in words, the licence's dates too."""

    name: str
    rows: list[dict[str, Any]]
    entries: list[Said]
    stopped: list[str]


def organization_agenda(home: Home, wanted: str, days: int, now: datetime, texts: Texts) -> OrganizationAgenda:
    """Raises RequestFailed."""
    until = now + timedelta(days=days)
    licence = _on_disk(home, wanted)
    name = _name(licence) if licence else wanted
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    stopped: list[str] = []
    for each in dict.fromkeys((wanted, name)):
        ahead = server(home, "start").get(
            f"/_sim/agenda?{urlencode({'until': until.isoformat(), 'organization': each})}"
        )
        stopped = ahead["stopped"]
        rows |= {(row["at"], row["app"], row["kind"], row["subject"]): row for row in ahead["data"]}
    told = sorted(rows.values(), key=lambda row: row["at"])
    entries = [_worded(row, texts) for row in told]
    if licence is not None:
        kept = [each for each in agenda_of(licence) if each.what in _FROM_FILE and each.at <= until]
        entries += said(kept, texts)
    return OrganizationAgenda(name, told, sorted(entries, key=lambda each: each.at), stopped)


def _worded(row: Mapping[str, Any], texts: Texts) -> Said:
    kind, at = row["kind"], datetime.fromisoformat(row["at"])
    return Said(at, kind, texts(f"x.agenda.{kind}"), texts(f"x.agenda.{kind}.do"), row["rule"], row["app"])


def _on_disk(home: Home, wanted: str) -> Brought | None:
    """The licence that the instance has of the organization of this name or id, either side's."""
    for path in sorted((home.root / "bwdata" / "core" / "licenses" / "organization").glob("*.json")):
        try:
            found = bring(path.read_bytes())
        except (UnreadableLicense, OSError):
            continue
        if isinstance(found.file, OrganizationLicense) and wanted in (path.stem, str(found.file.id), _name(found)):
            return found
    return None


def _name(brought: Brought) -> str:
    return html.unescape(brought.file.name or "")
