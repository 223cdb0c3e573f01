"""The pages of the rehearsal: `/rehearse`. A licence is looked at or imported, its days, the rehearsals, the report.

What is given is handed to the command, answered and forgotten. Source: fidelity.md: pages.own.
"""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from common.clock import SystemClock
from common.desk.frame import desk_pages, home, render, stay
from common.desk.rehearsals import report, service
from common.desk.rehearsals.home import stage_of
from common.desk.rehearsals.service import UnknownRehearsal
from common.desk.rehearsals.stories import STORIES
from common.desk.snapshots.routes import require_rest
from common.desk.stories.scene import StoryFailed
from common.desk.worlds.routes import command
from common.errors import Refusal, bad_request, conflict, not_found
from common.license.agenda import agenda_of, is_understood
from common.license.bringing import bring
from common.license.files import UnreadableLicense
from common.server.locale.texts import CHINESE, Texts
from common.sim.timeline.worded_agenda import calendar, in_short, local, said, zone_named
from common.ui.answers import is_enhanced
from common.ui.standalone import texts

bp = desk_pages("desk_rehearsals_pages")

PAGE = "/rehearse"
_ZONE = "UTC"
_LARGEST, _LARGEST_FORM = 1024 * 1024, 4 * 1024 * 1024
_BAD_REQUEST, _TOO_LARGE = 400, 413
_FILES = ("license", "environment", "premium")
_DECISIVE = frozenset({"period-end", "grace-end", "expires", "suspension", "not-suspended", "token-end", "trial-end"})


@bp.get(PAGE)
def show_rehearsal() -> ResponseReturnValue:
    """What to bring, and what to rehearse."""
    return _page()


@bp.post(PAGE)
def take_in() -> ResponseReturnValue:
    """Look at the files, or with `do=import` make a world of them, which puts the present one aside."""
    if (request.content_length or 0) > _LARGEST_FORM:
        raise Refusal(_TOO_LARGE, texts()("x.rehearsal.tooLarge"), rule="sim.rehearsal")
    files = {name: content for name in _FILES if (content := _uploaded(name))}
    if "license" not in files:
        return _refused(texts()("x.rehearsal.give"))
    zone = zone_named(request.form.get("zone", "").strip() or _ZONE)
    if zone is None:
        return _refused(texts()("x.rehearsal.noZone"))
    importing = request.form.get("do") == "import"
    if importing:
        require_rest()
    try:
        told = command(*_words(importing=importing), sent=_bundle(files))
    except Refusal as refused:
        return _refused(refused.message)
    return _page(told=told, **_agenda(files["license"], told["license"]["name"], zone))


@bp.get(f"{PAGE}/report")
def show_report() -> ResponseReturnValue:
    """The report of what was rehearsed last, made to be printed."""
    record = service.record_of(home())
    if record is None:
        raise not_found("sim.rehearsal")
    page = Response(report.page(record, texts()), mimetype="text/html")
    page.headers["Content-Security-Policy"] = report.POLICY
    return page


@bp.get(f"{PAGE}/<name>")
def show_story(name: str) -> ResponseReturnValue:
    """One rehearsal, as far as it has come."""
    return _story(name)


@bp.post(f"{PAGE}/<name>")
def do_step(name: str) -> ResponseReturnValue:
    """Do one `step`, with the problems (`problem`) that are wanted first."""
    require_rest()
    step = request.form.get("step", "")
    try:
        found = service.find_step(name, step, problems := request.form.getlist("problem"))
        service.perform(stage_of(home()), name, found, problems, home())
    except UnknownRehearsal as error:
        raise bad_request(str(error), rule="sim.rehearsal") from error
    except StoryFailed as failed:
        raise conflict(service.worded_failure(failed, texts()), rule="sim.rehearsal") from failed
    return stay(f"{PAGE}/{name}")


def _page(status: int = 200, **values: Any) -> Response:
    t = texts()
    zone = request.form.get("zone", "") or _ZONE
    stories = [(name, t(f"x.rehearse.{name}")) for name in STORIES]
    record = service.record_of(home())
    return render("desk/rehearse.html", status, stories=stories, record=record, zone=zone, **values)


def _refused(why: str) -> ResponseReturnValue:
    """The page with what is wrong; for a script, which keeps the files that were chosen, the words alone."""
    if is_enhanced():
        told: dict[str, Any] = {"message": why, "gloss": None, "own": True, "details": None, "fields": {}}
        return jsonify(told), _BAD_REQUEST
    return _page(_BAD_REQUEST, problem=why)


def _story(name: str) -> Response:
    t = texts()
    try:
        steps = service.steps_of(name)
    except UnknownRehearsal as error:
        raise not_found("sim.rehearsal") from error
    record = service.record_of(home())
    done = record["steps"] if record and record["story"] == name else {}
    upcoming = next((each.name for each in steps if each.name not in done), None)
    outcomes = {key: service.told(each, t) | {"text": service.said(each["text"], t)} for key, each in done.items()}
    shown = [(each, service.words_of(name, each, t), outcomes.get(each.name)) for each in steps]
    title = t(f"x.rehearse.{name}")
    return render("desk/rehearsal.html", name=name, title=title, steps=shown, upcoming=upcoming, done=bool(done))


def _words(*, importing: bool) -> Sequence[str]:
    language = "zh" if texts().language == CHINESE else "en"
    users = request.form.get("users", "").strip() or "1"
    hidden = ["--pseudonymous"] if request.form.get("pseudonymous") else []
    return [
        "import",
        "--bundle",
        "--json",
        "--lang",
        language,
        "--users",
        users,
        *hidden,
        "--yes" if importing else "--dry-run",
    ]


def _bundle(files: dict[str, bytes]) -> str:
    return json.dumps({name: base64.b64encode(content).decode() for name, content in files.items()})


def _uploaded(name: str) -> bytes:
    part = request.files.get(name)
    content = part.stream.read(_LARGEST + 1) if part and part.filename else b""
    if len(content) > _LARGEST:
        raise Refusal(_TOO_LARGE, texts()("x.rehearsal.tooLarge"), rule="sim.rehearsal")
    return content


def _agenda(content: bytes, name: str, zone: tzinfo) -> dict[str, Any]:
    """agenda: each date, as the reader's clock shows it, whether it is over, and whether it decides something.
    calendar: the same as a file, which stands in the page; nothing is kept. warning: of its version."""
    now, t = SystemClock().now(), texts()
    try:
        brought = bring(content)
    except UnreadableLicense:
        return {"agenda": []}
    entries = said(agenda_of(brought), t)
    text = calendar(entries, str(brought.file.id), name, t, now)
    return {
        "agenda": [(each, _shown(each.at, zone, t), each.at < now, each.what in _DECISIVE) for each in entries],
        "short": in_short(entries, t, lambda at: _shown(at, zone, t)),
        "calendar": base64.b64encode(text.encode()).decode(),
        "warning": "" if is_understood(brought) else t("x.agenda.unknownVersion", version=brought.file.version),
    }


def _shown(at: datetime, zone: tzinfo, t: Texts) -> str:
    here = local(at, zone)
    return t.moment(here.replace(tzinfo=UTC)).removesuffix("UTC") + (here.tzname() or "")
