"""`/_sim/clock` of the whole stack."""

from flask import Response, current_app, jsonify

from common.clock import SystemClock
from common.desk.clock import service
from common.desk.control import HOME, apps_of, control_blueprint
from common.desk.time import routes as time
from common.server import policy
from common.server.body import read_json
from common.server.operation import operation
from common.wire.base import ErrorAnswer
from common.wire.clock import ClockOrder, ClocksOfStack

bp = control_blueprint("desk_clock")


@bp.get("/clock")
@policy.control
@operation(answer=ClocksOfStack)
def show_clocks() -> Response:
    """What time it is for each app, and which one is ahead."""
    return jsonify(service.clocks_of(apps_of()).wire())


@bp.post("/clock")
@policy.control
@operation(body=ClockOrder, answer=ClocksOfStack, answers={409: ErrorAnswer})
def move_clocks() -> Response:
    """Have time stand still or go on, forward with all that becomes due, one app ahead, all back in real time."""
    rests = time.rests_of(current_app.config[HOME])
    return jsonify(service.move(apps_of(), read_json(ClockOrder), SystemClock(), time.play_to, rests).wire())
