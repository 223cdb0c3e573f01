"""Routes that exist on the other kind of server only: 400 after authentication, from one small table.

Where a single action is the other side's, its input is looked at first; where the whole controller is, only whether it
is JSON at all.
Source: src/Core/Utilities/SelfHostedAttribute.cs, src/Api/Utilities/PublicApiControllersModelConvention.cs (filters in
order); fidelity.md: wire.errors, wire.sides.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from flask import Blueprint

from common.errors import Refusal
from common.server import policy
from common.server.body import read_json, require_json
from common.server.operation import refused
from common.wire.base import WireRequest

Access = Callable[[Callable[..., str]], Callable[..., str]]


class Guarded(NamedTuple):
    """A route of the other side.

    rule: path below the mount, as Flask writes it. access: its policy. body: what has to fit first. json: takes JSON.
    check: looks at input that is no JSON.
    """

    methods: tuple[str, ...]
    rule: str
    access: Access = policy.application
    body: type[WireRequest] | None = None
    json: bool = False
    check: Callable[[], object] | None = None

    def look(self) -> None:
        """Refuse what upstream refuses before it says whose route it is."""
        if self.json:
            require_json()
        if self.body is not None:
            read_json(self.body)
        if self.check is not None:
            self.check()


def guard(name: str, routes: Iterable[Guarded], refusal: Callable[[], Refusal]) -> Blueprint:
    """A blueprint that refuses every one of these routes, to whoever may call it."""
    blueprint = Blueprint(name, __name__)
    for number, route in enumerate(routes):
        blueprint.add_url_rule(route.rule, f"guarded_{number}", _refusing(route, refusal), methods=list(route.methods))
    return blueprint


def _refusing(route: Guarded, refusal: Callable[[], Refusal]) -> Callable[..., str]:
    def refuse(**_path: object) -> str:
        """Served by the other kind of server only."""
        route.look()
        raise refusal()

    statuses = (400, 415) if route.json else (400,)
    return route.access(refused(*statuses, body=route.body)(refuse))
