"""Control of the simulated network: `/_sim/egress`."""

from flask import Blueprint, Response

from common.server import policy
from common.server.body import answer, read_json
from common.server.operation import operation
from common.wire.base import ErrorAnswer
from common.wire.egress import NewRule, NewRules, ShownRule, ShownRules
from selfhost.context import context
from selfhost.egress import rules, service
from selfhost.egress.rules import Rule

bp = Blueprint("sim_egress", __name__, url_prefix="/_sim/egress")


@bp.get("")
@policy.control
@operation(answer=ShownRules)
def list_egress() -> Response:
    """The rules that are in force, and what else there is to say."""
    return _rules()


@bp.put("")
@policy.control
@operation(body=NewRules, answer=ShownRules)
def replace_egress() -> Response:
    """Have these rules and no others."""
    ctx, wanted = context(), read_json(NewRules)
    known = rules.known_hosts(ctx.deployment)
    checked = {rules.checked_host(each.host, known): rules.checked_rule(each.rule) for each in wanted.data}
    service.replace_rules(ctx.session, checked)
    return _rules()


@bp.delete("")
@policy.control
@operation(answer=ShownRules)
def clear_egress() -> Response:
    """Let everything through again."""
    service.clear_rules(context().session)
    return _rules()


@bp.get("/<host>")
@policy.control
@operation(answer=ShownRule, answers={400: ErrorAnswer})
def show_egress_of(host: str) -> Response:
    """What happens to connections to a host, be it by what was said of `*`."""
    ctx = context()
    name = _known(host)
    in_force = rules.rule_for(service.read_rules(ctx.session), *_endpoint(name))
    return answer(ShownRule(host=name, rule=in_force.rule if in_force else Rule.ALLOW))


@bp.put("/<host>")
@policy.control
@operation(body=NewRule, answer=ShownRule)
def set_egress_of(host: str) -> Response:
    """Have something happen to connections to a host (`*`: to all that have no rule of their own)."""
    name, rule = _known(host), rules.checked_rule(read_json(NewRule).rule)
    service.set_rule(context().session, name, rule)
    return answer(ShownRule(host=name, rule=rule))


@bp.delete("/<host>")
@policy.control
@operation(answer=ShownRules, answers={400: ErrorAnswer})
def clear_egress_of(host: str) -> Response:
    """Say nothing of a host any more."""
    service.clear_rules(context().session, _known(host))
    return _rules()


def _known(host: str) -> str:
    return rules.checked_host(host, rules.known_hosts(context().deployment))


def _endpoint(host: str) -> tuple[str, int]:
    name, _, port = host.partition(":")
    return name, int(port or 443)


def _rules() -> Response:
    ctx = context()
    found = service.read_rules(ctx.session)
    return answer(
        ShownRules(
            data=[ShownRule(host=host, rule=rule) for host, rule in found.items()],
            hosts=rules.known_hosts(ctx.deployment),
            rules=list(Rule),
        )
    )
