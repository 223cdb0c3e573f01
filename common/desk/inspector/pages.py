"""The page of the inspector: `/inspector`."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from common.desk.beliefs import service as beliefs
from common.desk.control import apps_of
from common.desk.frame import ask, desk_pages, home, render, stay
from common.desk.inspector import rules, states
from common.desk.inspector.replay import replay
from common.desk.journal import service as journal
from common.desk.time.http import segment
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
    found = rules.together(entry, newest) or [entry]
    return render(
        "desk/entry.html",
        entry=entry,
        together=found,
        changes=rules.state_diff(found),
        nothing=rules.calls_nobody(found),
        replayed=request.args.get("replay"),
        curl=rules.as_curl(entry, base_url) if asked else None,
        pytest=rules.as_pytest(entry, base_url) if asked and entry["status"] else None,
    )


@bp.get(f"{PAGE}/<entry_id>/replay")
def ask_to_replay(entry_id: str) -> ResponseReturnValue:
    """Whether it shall be asked once more, which does once more what it did."""
    t, entry = texts(), journal.show(apps_of(), segment(entry_id), texts().language)
    here, call = f"{PAGE}/{entry['id']}", f"{entry['method']} {entry['path']}"
    return ask(t("x.replayAsk"), t("x.replayDoes", call=call), t("x.replay"), f"{here}/replay", here)


@bp.post(f"{PAGE}/<entry_id>/replay")
def replay_entry(entry_id: str) -> ResponseReturnValue:
    """Ask once more, and show the new exchange."""
    entry = journal.show(apps_of(), segment(entry_id), texts().language)
    url = apps_of()[entry["to"] if entry["to"] in apps_of() else entry["app"]].url
    return stay(f"{PAGE}/{replay(home(), entry, url)}?replay={entry['id']}")


@bp.get(f"{PAGE}/states")
def show_states() -> ResponseReturnValue:
    """What was kept of both sides; how two moments differ (`before`, `after`: names, empty = now)."""
    kept = states.names(home())
    before, after = request.args.get("before"), request.args.get("after", states.NOW)
    differences = states.differences(_state(before), _state(after)) if before is not None else None
    return render(
        "desk/states.html",
        kept=kept,
        choices_kept=[(name, name) for name in kept],
        before=before,
        after=after,
        differences=differences,
    )


@bp.post(f"{PAGE}/states")
def keep_state() -> ResponseReturnValue:
    """Keep what both sides believe now (`name`), or forget what was kept (`forget`)."""
    if forgotten := request.form.get("forget"):
        states.forget(home(), forgotten)
    else:
        states.keep(home(), request.form.get("name", "").strip(), _state(states.NOW))
    return stay(f"{PAGE}/states")


@bp.get(f"{PAGE}/states/forget")
def ask_to_forget() -> ResponseReturnValue:
    """Whether what was kept (`name`) shall be forgotten."""
    t, name = texts(), request.args.get("name", "")
    states.find(home(), name)
    question, back = t("x.deleteAsk", name=name), f"{PAGE}/states"
    return ask(question, t("x.goneForGood"), t("delete"), back, back, values={"forget": name})


def _state(name: str) -> dict[str, Any]:
    return states.find(home(), name) if name != states.NOW else beliefs.state_of(apps_of(), None)


def _exchanges() -> list[rules.Exchange]:
    found, _ = journal.entries(apps_of(), {}, _SHOWN, texts().language)
    told = [each for each in found if not str(each.get("path") or "").startswith(_POLLED)]
    text, only = request.args.get("text", "").lower(), request.args.get("only")
    return rules.folded(
        each
        for each in rules.exchanges(told)
        if (only != "failed" or each.failed) and any(text in _words(entry) for entry in each.entries)
    )


def _words(entry: rules.Entry) -> str:
    names = ("operation", "path", "status", "message", "rule", "app", "outcome")
    return " ".join(str(entry.get(name) or "") for name in names).lower()


def _id_of(pair: dict[str, Any]) -> str:
    return str((pair["cloud"] or pair["instance"])["id"])
