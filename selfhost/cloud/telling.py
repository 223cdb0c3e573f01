"""Telling who observes (the journal) of calls that never leave: somebody in between refuses or answers them."""

from collections.abc import Callable, Mapping
from time import perf_counter

from common.clock import SystemClock
from common.server.observed import Call, Egress, note_call, observed, span_id
from selfhost.cloud.symptoms import InBetween
from selfhost.cloud.unreached import Unreached
from selfhost.egress.rules import InForce


class Attempt:
    """A call that is about to be made. url: where it would go. body: makes what it would send."""

    def __init__(self, method: str, url: str, headers: Mapping[str, str], body: Callable[[], bytes]) -> None:
        self._method, self._url, self._headers, self._body = method, url, headers, body
        self._began, self._moment = perf_counter(), SystemClock().now()

    def stopped(self, in_force: InForce | None, came: InBetween | Unreached) -> None:
        """This came of it, and nobody at the other end knows."""
        told = observed()
        if told is None:
            return
        body, headers = self._body(), list(self._headers.items())
        call = Call(span_id(told.ids), self._method, self._url, self._moment, headers, body[: told.keeps], len(body))
        call.egress, call.reached = egress_of(in_force), False
        call.milliseconds = (perf_counter() - self._began) * 1000
        if isinstance(came, Unreached):
            call.error, call.cause = str(came), came.reason
        else:
            call.status, call.answer_headers = came.status_code, list(came.headers.items())
            call.answer, call.answer_size = came.content[: told.keeps], len(came.content)
        note_call(call)


def egress_of(in_force: InForce | None) -> Egress | None:
    """The same in the words of who observes."""
    return None if in_force is None else Egress(in_force.host, in_force.rule.value)
