"""The page of what goes wrong on purpose: `/faults`. Switches for the usual, a form for any rule, what is on."""

from typing import Any
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from common.desk.control import apps_of
from common.desk.faults import service
from common.desk.faults.presets import CLOUDS, PRESETS, Preset, is_on, note_of, preset_of
from common.desk.faults.routes import mails
from common.desk.frame import desk_pages, render, stay
from common.desk.time.http import NotThere, segment
from common.errors import bad_request, not_found

bp = desk_pages("desk_faults_pages")

PAGE = "/faults"
_EGRESS = "/_sim/egress"
_DOES = ("status", "delaySeconds", "hang", "reset", "body", "truncate", "trickle", "licence")
_NUMBERS = ("status", "delaySeconds", "truncate", "trickle")


@bp.get(PAGE)
def show_faults() -> ResponseReturnValue:
    """What is on, the switches, and a form for any rule."""
    told = service.list_faults(apps_of())
    rules = [fault for faults in told.answers.values() for fault in faults]
    egress, hosts, network_rules = _egress()
    mail = mails().listed()
    live = [each for each in (*rules, *mail) if each["left"] != 0]
    notes = {str(each["note"]) for each in live if each["note"]}
    profiles = {str(each["profile"]) for each in live if each.get("profile")}
    return render(
        "desk/faults.html",
        rules=rules,
        mail=mail,
        egress=egress,
        hosts=[(each, each) for each in hosts],
        network_rules=[(each, each) for each in network_rules],
        silent=told.silent,
        presets=[(each, is_on(each, notes, egress, profiles)) for each in PRESETS],
        does=[(each, each) for each in _DOES],
    )


@bp.post(f"{PAGE}/switch/<name>")
def turn_switch(name: str) -> ResponseReturnValue:
    """Switch one on, or (`off`) off again."""
    preset = preset_of(name)
    if preset is None:
        raise not_found(service.RULE)
    _switch_off(preset)
    if "off" not in request.form:
        _switch_on(preset)
    return stay(PAGE)


@bp.post(f"{PAGE}/add")
def add_rule() -> ResponseReturnValue:
    """Switch on a rule of one's own at an app."""
    form = request.form
    wanted: dict[str, Any] = {"app": form.get("app"), "operation": form.get("operation", "").strip()}
    wanted |= {name: _number(form[name]) for name in ("skip", "times", "every") if form.get(name)}
    kind = form.get("do", "")
    value: Any = True if kind == "hang" else form.get("value", "")
    wanted["do"] = {kind: _number(value) if kind in _NUMBERS else value}
    service.add_faults(apps_of(), wanted)
    return stay(PAGE)


@bp.post(f"{PAGE}/network")
def set_network() -> ResponseReturnValue:
    """Have something happen to connections to a host."""
    host = segment(request.form.get("host", ""))
    apps_of()["selfhost"].put(f"{_EGRESS}/{host}", {"rule": request.form.get("rule", "")})
    return stay(PAGE)


@bp.post(f"{PAGE}/clear")
def clear() -> ResponseReturnValue:
    """Switch off one fault (`fault`), what is said of a host (`host`), or everything."""
    fault, host = request.form.get("fault"), request.form.get("host")
    if host:
        apps_of()["selfhost"].delete(f"{_EGRESS}/{segment(host)}")
    elif fault:
        if not mails().clear(UUID(fault)):
            service.clear_fault(apps_of(), UUID(fault))
    else:
        service.clear_faults(apps_of())
        mails().clear()
        apps_of()["selfhost"].delete(_EGRESS)
    return stay(PAGE)


def _switch_on(preset: Preset) -> None:
    reached = apps_of()
    for cloud in filter(reached.__contains__, CLOUDS):
        for rule in preset.faults:
            service.add_faults(reached, {**rule, "app": cloud, "note": note_of(preset)})
        if preset.profile:
            service.add_faults(reached, {"app": cloud, "profile": preset.profile})
    for host, what in preset.egress.items():
        reached["selfhost"].put(f"{_EGRESS}/{host}", {"rule": what})
    for mail in preset.mail:
        mails().add({**mail, "note": note_of(preset)})


def _switch_off(preset: Preset) -> None:
    reached = apps_of()
    egress = _egress()[0]
    for host, rule in preset.egress.items():
        if egress.get(host) == rule:
            reached["selfhost"].delete(f"{_EGRESS}/{host}")
    for faults in service.list_faults(reached).answers.values():
        for each in faults:
            if each["note"] == note_of(preset) or (preset.profile and each["profile"] == preset.profile):
                service.clear_fault(reached, UUID(each["id"]))
    for each in mails().listed():
        if each["note"] == note_of(preset):
            mails().clear(UUID(each["id"]))


def _egress() -> tuple[dict[str, str], list[str], list[str]]:
    """Host -> rule, the hosts that can have one, and the rules there are; nothing while no instance is there."""
    instance = apps_of().get("selfhost")
    try:
        told = instance.get(_EGRESS) if instance else None
    except NotThere:
        told = None
    if told is None:
        return {}, [], []
    return {each["host"]: each["rule"] for each in told["data"]}, told["hosts"], told["rules"]


def _number(text: str) -> float:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError as error:
        raise bad_request(f"{text} is no number.", rule=service.RULE) from error
