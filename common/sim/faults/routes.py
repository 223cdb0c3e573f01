"""Control of faults: `/_sim/faults`."""

from typing import Annotated, Any
from uuid import UUID

from flask import Blueprint, Response, current_app
from pydantic import Field

from common.errors import bad_request, not_found
from common.server import policy
from common.server.app import context
from common.server.body import answer, answer_rows, read_json
from common.server.operation import Rows, operation
from common.server.routing import template_of
from common.sim.faults import service
from common.sim.faults.hook import OWN_PATHS, check_defect
from common.sim.faults.rules import MOST, PROFILES, Fault, read_do, read_operation, read_when, unknown
from common.wire.base import WireModel, WireRequest

bp = Blueprint("sim_faults", __name__, url_prefix="/_sim/faults")

_Count = Annotated[int, Field(strict=True, ge=1, le=MOST // 2**10)]
_Skip = Annotated[int, Field(strict=True, ge=0, le=MOST // 2**10)]


class FaultWanted(WireRequest):
    """A rule, or (alone) the name of a `profile`. every: one fitting call in so many. times: null = until cleared."""

    app: str | None = None
    operation: str | None = None
    when: dict[str, Any] | None = None
    skip: _Skip = 0
    times: _Count | None = None
    every: _Count = 1
    do: dict[str, Any] | None = None
    note: str | None = None
    profile: str | None = None


class FaultState(WireModel):
    """A rule that is on. hits: calls that it was done to. left: calls that it will still be done to, null = any."""

    id: UUID
    app: str
    operation: str
    when: dict[str, str]
    skip: int
    times: int | None
    every: int
    do: dict[str, Any]
    note: str | None
    profile: str | None
    hits: int
    left: int | None


class Cleared(WireModel):
    """How many rules were switched off."""

    cleared: int


@bp.get("")
@policy.control
@operation(answer=Rows(FaultState, plain=True))
def list_faults() -> Response:
    """The faults that are on, and those that have spent themselves, in the order in which they are tried."""
    return answer_rows((_state(*each) for each in service.counted_faults(context().session)), plain=True)


@bp.post("")
@policy.control
@operation(body=FaultWanted, answer=Rows(FaultState, plain=True))
def add_faults() -> Response:
    """Switch on a rule, or a profile with all its rules."""
    wanted = read_json(FaultWanted)
    _check_app(wanted.app)
    if wanted.profile is not None:
        if wanted.operation or wanted.do:
            raise bad_request("A profile stands alone.", rule="sim.faults")
        added = service.add_faults(context(), _rules_of(wanted.profile), wanted.profile)
    else:
        added = service.add_faults(context(), [_rule(wanted)])
    return answer_rows((_state(fault, 0) for fault in added), plain=True)


@bp.get("/<uuid:fault_id>")
@policy.control
@operation(answer=FaultState)
def show_fault(fault_id: UUID) -> Response:
    """One rule."""
    for fault, seen in service.counted_faults(context().session):
        if fault.id == fault_id:
            return answer(_state(fault, seen))
    raise not_found("sim.faults")


@bp.delete("")
@policy.control
@operation(answer=Cleared)
def clear_faults() -> Response:
    """Switch all off. What hangs is let go."""
    return answer(Cleared(cleared=service.clear_faults(context())))


@bp.delete("/<uuid:fault_id>")
@policy.control
@operation(answer=Cleared)
def clear_fault(fault_id: UUID) -> Response:
    """Switch one off."""
    if not service.clear_faults(context(), fault_id):
        raise not_found("sim.faults")
    return answer(Cleared(cleared=1))


def _rule(wanted: FaultWanted) -> dict[str, Any]:
    if wanted.operation is None or wanted.do is None:
        raise bad_request("A fault has an operation and a do, or is a profile.", rule="sim.faults")
    return {
        "operation": read_operation(wanted.operation, _operations()),
        "when": read_when(wanted.when),
        "skip": wanted.skip,
        "times": wanted.times,
        "every": wanted.every,
        "do": read_do(wanted.do, check_defect),
        "note": wanted.note,
    }


def _rules_of(profile: str) -> list[dict[str, Any]]:
    if profile not in PROFILES:
        raise unknown("profile", profile, PROFILES)
    usual = {"when": {}, "skip": 0, "times": None, "every": 1, "note": None}
    return [usual | dict(each) for each in PROFILES[profile]]


def _check_app(app: str | None) -> None:
    own = context().side.app_name
    if app is not None and app.replace("_", "-") != own:
        raise unknown("app", app, [own], "The others are at the desk.")


def _operations() -> set[str]:
    """All that somebody from outside can call."""
    return {
        f"{method} {template_of(rule.rule)}"
        for rule in current_app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if not rule.rule.startswith(OWN_PATHS)
    }


def _state(fault: Fault, seen: int) -> FaultState:
    hits = fault.hits_of(seen)
    return FaultState(
        id=fault.id,
        app=context().side.app_name,
        operation=fault.operation,
        when=dict(fault.when),
        skip=fault.skip,
        times=fault.times,
        every=fault.every,
        do=dict(fault.do),
        note=fault.note,
        profile=fault.profile,
        hits=hits,
        left=fault.left_of(seen),
    )
