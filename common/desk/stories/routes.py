"""HTTP of the incidents: `GET /_sim/incidents`, `POST /_sim/incidents/{name}`, an answer of JSON lines, a step each."""

import json
from collections.abc import Iterator
from functools import partial

from flask import Response, current_app, jsonify, request

from common.desk.control import HOME, control_blueprint
from common.desk.releases.routes import restart_instance
from common.desk.stories import kept, service
from common.desk.stories.home import scene_of
from common.desk.stories.scene import StoryFailed
from common.desk.stories.service import Step, UnknownIncident
from common.errors import Refusal, bad_request
from common.releases import Release
from common.server import policy
from common.server.locale.texts import Texts
from common.server.operation import Media, operation
from common.wire.desk import Incidents

bp = control_blueprint("desk_incidents", "/incidents")


@bp.get("")
@policy.control
@operation(query=["language"], answer=Incidents)
def list_incidents() -> Response:
    """Every incident in words, and whether it stands broken now. `?language=zh`."""
    broken = kept.standing_broken(current_app.config[HOME])
    return jsonify(data=[each | {"broken": each["name"] in broken} for each in service.listed(_language())])


@bp.post("/<name>")
@policy.control
@operation(query=["language"], answer=Media("application/jsonl"))
def run_incident(name: str) -> Response:
    """Stage, break, see, explain and repair it now: a line of JSON for each step, one with `error` where it failed."""
    try:
        incident = service.find_incident(name)
    except UnknownIncident as error:
        raise bad_request(str(error), rule="sim.incident") from error
    home, language = current_app.config[HOME], _language()

    def restart_as(version: str) -> None:
        restart_instance(home, Release.parse(version))

    def lines() -> Iterator[str]:
        try:
            for step in service.tell(incident, scene_of(home, restart_as), language, partial(kept.keep, home)):
                yield _line(step)
        except StoryFailed as failed:
            yield json.dumps({"error": failed.told(Texts(service.LANGUAGES[language]))}, ensure_ascii=False) + "\n"
        except Refusal as refused:
            yield json.dumps({"error": refused.message}, ensure_ascii=False) + "\n"

    return Response(lines(), mimetype="application/jsonl")


def _line(step: Step) -> str:
    told = {
        "step": step.step,
        "text": step.text,
        "asExpected": step.as_expected,
        "rule": step.rule,
        "journal": list(step.entries),
    }
    return json.dumps(told, ensure_ascii=False) + "\n"


def _language() -> str:
    language = request.args.get("language", "en")
    if language not in service.LANGUAGES:
        raise bad_request(f"language is one of {', '.join(service.LANGUAGES)}.", rule="sim.language")
    return language
