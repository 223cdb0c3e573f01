"""The page of the inspector: `/inspector`."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from common.desk.beliefs import service as beliefs
from common.desk.control import apps_of
from common.desk.frame import desk_pages, render
from common.desk.inspector import rules
from common.desk.journal import service as journal
from common.ui.standalone import texts

bp = desk_pages("desk_inspector")

PAGE = "/inspector"
_SHOWN = 400
"""Entries that are looked through for exchanges."""

_POLLED = ("/_sim", "/assets", "/simulation")


@bp.get(PAGE)
def show_inspector() -> ResponseReturnValue:
    """Both sides of an organization (`organization`), and the exchanges (`only=failed`, `text`)."""
    wanted = request.args.get("organization") or None
    state = beliefs.state_of(apps_of(), None)
    pairs = state["organizations"]
    chosen = next((each for each in pairs if wanted in (_id_of(each), each["name"])), pairs[0] if pairs else None)
    return render(
        "desk/inspector.html",
        pairs=[(_id_of(each), each["name"] or _id_of(each)) for each in pairs],
        chosen=_id_of(chosen) if chosen else None,
        pair=chosen,
        checks=rules.checks_of(chosen, state["apps"].get("selfhost")) if chosen else [],
        verdicts=[(each, rules.verdict_of(each)) for each in chosen["sponsorships"]] if chosen else [],
        silent=state["silent"],
        exchanges=_exchanges(),
        only=request.args.get("only", ""),
        text=request.args.get("text", ""),
    )


@bp.get(f"{PAGE}/<entry_id>")
def show_entry(entry_id: str) -> ResponseReturnValue:
    """One call: what was asked and answered, what was checked, what changed, and how to ask it again."""
    entry = journal.show(apps_of(), entry_id, texts().language)
    base_url = apps_of()[entry["app"]].url
    newest, _ = journal.entries(apps_of(), {}, _SHOWN, texts().language)
    asked = entry["kind"] in ("request", "call") and entry["method"]
    return render(
        "desk/entry.html",
        entry=entry,
        together=rules.together(entry, newest),
        curl=rules.as_curl(entry, base_url) if asked else None,
        pytest=rules.as_pytest(entry, base_url) if asked and entry["status"] else None,
    )


def _exchanges() -> list[rules.Exchange]:
    found, _ = journal.entries(apps_of(), {}, _SHOWN, texts().language)
    told = [each for each in found if not str(each.get("path") or "").startswith(_POLLED)]
    text, only = request.args.get("text", "").lower(), request.args.get("only")
    return [
        each
        for each in rules.exchanges(told)
        if (only != "failed" or each.failed) and any(text in _words(entry) for entry in each.entries)
    ]


def _words(entry: rules.Entry) -> str:
    names = ("operation", "path", "status", "message", "rule", "app", "outcome")
    return " ".join(str(entry.get(name) or "") for name in names).lower()


def _id_of(pair: dict[str, Any]) -> str:
    return str((pair["cloud"] or pair["instance"])["id"])
