"""HTTP of the rehearsals: `/_sim/rehearsals`. Steps are done one by one, by whoever guides."""

from typing import Any

from flask import Response, current_app, jsonify, request

from common.desk.control import HOME, control_blueprint
from common.desk.rehearsals import report, service
from common.desk.rehearsals.home import stage_of
from common.desk.rehearsals.service import UnknownRehearsal
from common.desk.rehearsals.stories import STORIES
from common.desk.snapshots.routes import require_rest
from common.desk.stories.scene import StoryFailed
from common.errors import bad_request, conflict, not_found
from common.server import policy
from common.server.locale.texts import CHINESE, ENGLISH, Texts
from common.server.operation import Media, Rows, operation
from common.wire.rehearsals import Rehearsal, RehearsedStep

bp = control_blueprint("desk_rehearsals", "/rehearsals")

_LANGUAGES = {"en": ENGLISH, "zh": CHINESE}


@bp.get("")
@policy.control
@operation(query=["language"], answer=Rows(Rehearsal, plain=True))
def list_rehearsals() -> Response:
    """Every rehearsal with its steps in words. `?language=zh`."""
    texts = _texts()
    return jsonify(data=[told(name, texts) for name in STORIES])


@bp.post("/<name>/<step>")
@policy.control
@operation(query=["problem", "language"], answer=RehearsedStep)
def perform_step(name: str, step: str) -> Response:
    """Do one step now. `?problem=NAME` (several with commas) has it go wrong first, and puts that right again.
    `?language=zh`: of the reasons."""
    require_rest()
    problems = [each for each in request.args.get("problem", "").split(",") if each]
    home, texts = current_app.config[HOME], _texts()
    try:
        found = service.find_step(name, step, problems)
        return jsonify(service.told(service.perform(stage_of(home), name, found, problems, home), texts))
    except UnknownRehearsal as error:
        raise bad_request(str(error), rule="sim.rehearsal") from error
    except StoryFailed as failed:
        raise conflict(service.worded_failure(failed, texts), rule="sim.rehearsal") from failed


@bp.get("/report")
@policy.control
@operation(query=["language", "format"], answer=Media("text/markdown"))
def show_report() -> Response:
    """The report of what was rehearsed last: Markdown, or with `?format=html` a page that prints well."""
    record = service.record_of(current_app.config[HOME])
    if record is None:
        raise not_found("sim.rehearsal")
    if request.args.get("format") == "html":
        return Response(report.page(record, _texts()), mimetype="text/html")
    return Response(report.markdown(record, _texts()), mimetype="text/markdown")


def told(name: str, texts: Texts) -> dict[str, Any]:
    """A rehearsal in words."""
    steps = []
    for step in STORIES[name]:
        words = service.words_of(name, step, texts)
        problems = [{"name": key, "text": text} for key, text in words.problems.items()]
        steps.append({"name": step.name, "do": words.do, "see": words.see, "problems": problems})
    return {"name": name, "title": texts(f"x.rehearse.{name}"), "steps": steps}


def _texts() -> Texts:
    language = request.args.get("language", "en")
    if language not in _LANGUAGES:
        raise bad_request(f"language is one of {', '.join(_LANGUAGES)}.", rule="sim.language")
    return Texts(_LANGUAGES[language])
