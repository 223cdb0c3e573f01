"""What the journal costs: the same with it and without it, what is done off the request's path counted in."""

import io
from collections.abc import Callable
from pathlib import Path

from werkzeug.test import EnvironBuilder

from bench.measure import Result, alternate, timed
from bench.pairs import shelf_in
from common.clock import ManualClock
from common.settings import JournalSettings
from common.sim.journal.recorder import journal_of
from tests.support.harness import START, Person, Workshop

_REQUESTS = 50


def journaled_request(directory: Path) -> Result:
    """The request of the measure of one request, and the same of an app that keeps a journal."""
    without = _requests(_person(directory / "plain", 0))
    with_journal = _requests(_person(directory / "journaled", 10_000))
    mine, theirs = alternate(timed(with_journal), timed(without), 60)
    return Result(f"{_REQUESTS} requests with the journal", mine, 1.10, theirs, "the same without it")


def _person(directory: Path, entries: int) -> Person:
    workshop = Workshop(shelf_in(directory), ManualClock(START))
    return workshop.cloud(journal=JournalSettings(entries)).sign_up("bench@example.com")


def _requests(person: Person) -> Callable[[], None]:
    app = person.side.app
    headers = {"Authorization": f"Bearer {person.token['access_token']}"}
    environ = EnvironBuilder("/api/accounts/revision-date", headers=headers).get_environ()
    journal = journal_of(app)

    def go() -> None:
        for _ in range(_REQUESTS):
            answer = app.wsgi_app(environ | {"wsgi.input": io.BytesIO()}, lambda *_: None)
            b"".join(answer)
            answer.close()  # type: ignore[attr-defined]  # all of ours have it
        if journal is not None:
            journal.writer.flush()

    return go
