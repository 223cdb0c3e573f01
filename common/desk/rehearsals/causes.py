"""Why something was refused, as the journals of the apps tell: the wire has one text for many causes.

Source: fidelity.md: license.sync, sponsorship.sync.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from common.desk.faults.service import Transport
from common.desk.journal import service as journal
from common.errors import Refusal
from common.server.locale.texts import ENGLISH, Texts
from common.sim.journal.advice import with_advice
from common.wire.base import iso

Entry = Mapping[str, Any]
Why = dict[str, Any]
"""`names`: what the cause is called by (rule, cause, `rule.cause`, `egress.RULE`, `fault`), the most telling first.
`entry`: id in the journal. The rest is what its advice is made of, in whatever language."""

FAULT = "fault"
_ADVISED_BY = ("kind", "rule", "cause", "why", "because", "egress", "fault")
_REFUSED = 400
_NEWEST = 200


def newest_refusal(apps: Mapping[str, Transport], since: datetime) -> Why | None:
    """What was refused last, since that moment of real time; None where no journal is kept, or has any."""
    try:
        found, _ = journal.entries(apps, {"since": iso(since)}, _NEWEST, ENGLISH)
    except Refusal:
        return None
    telling = [each for each in found if _tells(each)]
    if not telling:
        return None
    together = [each for each in telling if each["group"] == telling[-1]["group"]]
    first = next((each for each in together if each["advice"]), together[0])
    return {"names": _names(together), "entry": first["id"]} | {name: first[name] for name in _ADVISED_BY}


def advice_on(why: Why | None, texts: Texts) -> str:
    """The cause and what to do first; "" = nothing is known."""
    if why is None:
        return ""
    return f"{why['names'][0]}{texts('x.colon')}{with_advice([why], texts.language)[0]['advice'] or '-'}"


def _tells(entry: Entry) -> bool:
    refused = (entry["status"] or 0) >= _REFUSED
    if entry["kind"] == "call":
        return bool(entry["cause"] or entry["egress"])
    return entry["kind"] == "request" and bool(entry["cause"] or (refused and (entry["rule"] or entry["fault"])))


def _names(entries: Iterable[Entry]) -> list[str]:
    """Of whoever refused at the end of the chain first."""
    known = list(entries)
    names: dict[str, None] = {}
    for each in known:
        if each["egress"]:
            names[f"egress.{each['egress']['rule']}"] = None
        if each["fault"]:
            names[FAULT] = None
    for each in sorted(known, key=lambda one: bool(one["because"])):
        for rule, cause in ((each["rule"], each["cause"]), _of_the_other_end(each)):
            names |= dict.fromkeys(filter(None, (f"{rule}.{cause}" if rule and cause else None, rule, cause)))
    return list(names)


def _of_the_other_end(entry: Entry) -> tuple[str | None, str | None]:
    because = entry["because"] or {}
    return because.get("rule"), because.get("cause")
