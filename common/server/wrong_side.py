"""Routes that exist on the other kind of server only: 400 after authentication, from one small table.

Source: src/Core/Utilities/SelfHostedAttribute.cs; fidelity.md: wire.errors.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import Blueprint

from common.errors import Refusal
from common.server import policy
from common.server.operation import refused


@dataclass(frozen=True)
class Guarded:
    """A route of the other side. rule: path below the mount, as Flask writes it. access: name of its policy."""

    methods: tuple[str, ...]
    rule: str
    access: str = "application"


def guard(name: str, routes: Iterable[Guarded], refusal: Callable[[], Refusal]) -> Blueprint:
    """A blueprint that refuses every one of these routes, to whoever may call it."""
    blueprint = Blueprint(name, __name__)
    for number, route in enumerate(routes):
        blueprint.add_url_rule(
            route.rule, f"guarded_{number}", _refusing(route.access, refusal), methods=list(route.methods)
        )
    return blueprint


def _refusing(access: str, refusal: Callable[[], Refusal]) -> Callable[..., str]:
    def refuse(**_path: object) -> str:
        """Served by the other kind of server only."""
        raise refusal()

    mark: Callable[[Callable[..., str]], Callable[..., str]] = getattr(policy, access)
    return mark(refused()(refuse))
