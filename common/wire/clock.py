"""The clocks of the whole stack: `/_sim/clock` of the desk."""

from common.errors import bad_request
from common.wire.base import WireDate, WireModel, WireRequest, camel

_ONE_OF = ("now", "advance_seconds", "reset", "skew_seconds")


class ClockOfApp(WireModel):
    """Simulated time of an app. skewSeconds: how far it is ahead of the stack's, which is that of the first app."""

    app: str
    now: WireDate
    offset_seconds: float
    frozen: bool
    skew_seconds: float


class ClocksOfStack(WireModel):
    """What time it is for each app. silent: apps that do not answer. warning: what a jump left undone; else null."""

    data: list[ClockOfApp]
    silent: list[str]
    warning: str | None = None


class ClockOrder(WireRequest):
    """One of `freeze` (false: time goes on), `skewSeconds` (of one `app`), `reset`, `now`, `advanceSeconds`.

    app: only of this one. Forward moves of all are played, as `/_sim/advance` does; `freeze` may come with `now` or
    `advanceSeconds`. jump: move without doing what becomes due on the way, and also one app alone. force: go back.
    """

    app: str | None = None
    freeze: bool | None = None
    skew_seconds: float | None = None
    reset: bool = False
    now: WireDate | None = None
    advance_seconds: float | None = None
    jump: bool = False
    force: bool = False

    @property
    def what(self) -> str:
        """What is to be done. Raises 400: not exactly one thing, or `freeze` beside what it does not go with."""
        values = {name: getattr(self, name) for name in _ONE_OF}
        given = [camel(name) for name, value in values.items() if value is not None and value is not False]
        if not given and self.freeze is not None:
            return "freeze"
        if len(given) != 1:
            raise bad_request("Give exactly one of freeze, skewSeconds, reset, now, advanceSeconds.", rule="sim.clock")
        if self.freeze is not None and given[0] not in ("now", "advanceSeconds"):
            raise bad_request("freeze goes alone, with now or with advanceSeconds.", rule="sim.clock")
        return given[0]
