"""The simulated network of the instance: `/_sim/egress`."""

from common.wire.base import WireModel, WireRequest


class HostRule(WireRequest):
    """What happens to connections to a host."""

    host: str
    rule: str


class NewRule(WireRequest):
    """`rule`: see `rules` of the list."""

    rule: str


class NewRules(WireRequest):
    """All rules: those that are not here are cleared."""

    data: list[HostRule]


class ShownRule(WireModel):
    """What happens to connections to a host."""

    host: str
    rule: str


class ShownRules(WireModel):
    """What was set. hosts: what the instance may connect to. rules: what can be said of it."""

    data: list[ShownRule]
    hosts: list[str]
    rules: list[str]
