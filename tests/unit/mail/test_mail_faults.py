"""The mailbox's mail server going wrong on purpose, on a real socket."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from common.clock import SystemClock
from common.desk.mailbox.door import MailDoor
from common.desk.mailbox.faults import MailFaults, read_rule
from common.desk.mailbox.sink import Sink, speaker
from common.desk.mailbox.store import MailStore
from common.ids import SystemIds
from common.server.mail.messages import compose
from common.server.mail.smtp import MailFailed, SmtpMailer, SmtpSettings
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE, until

TO, OTHER, FROM = "friend@home.example", "other@home.example", "no-reply@a.example"


class Server:
    """A running mailbox."""

    def __init__(self, folder: Path, port: int) -> None:
        self.faults = MailFaults(folder, SystemIds())
        self._store = MailStore(folder)
        self._settings = SmtpSettings(host="127.0.0.1", port=port, reply_to=FROM, timeout=PATIENCE)

    def add(self, do: dict[str, Any], **more: Any) -> None:
        self.faults.add(read_rule({"do": do, **more}))

    def send(self, to: str = TO) -> str | None:
        """One mail; why it failed, or None."""
        mailer = SmtpMailer(self._settings, clock=SystemClock(), ids=SystemIds())
        try:
            mailer.send(compose(to, "Subject", "Test", ["Text."]))
        except MailFailed as failure:
            return str(failure)
        return None

    @property
    def kept(self) -> int:
        return len(self._store.newest_first())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    port = free_port()
    door = MailDoor(speaker(Sink(tmp_path, clock=SystemClock(), ids=SystemIds())), "127.0.0.1", port)
    door.start()
    yield Server(tmp_path, port)
    door.stop()


def test_next_two_mails_to_somebody_are_refused_and_nobody_elses(server: Server) -> None:
    server.add({"status": 451, "message": "Try again later"}, to=TO.upper(), times=2)
    assert server.send(OTHER) is None
    for _ in range(2):
        assert "Try again later" in (server.send() or "")
    assert (server.send(), server.kept) == (None, 2)


def test_refusal_tells_its_status_and_text(server: Server) -> None:
    server.add({"status": 550, "message": "No such mailbox"}, **{"from": FROM}, skip=1, times=1)
    assert server.send() is None
    told = server.send() or ""
    assert "No such mailbox" in told, told
    assert server.faults.listed()[0]["hits"] == 1


def test_connection_is_lost_before_or_after_the_mail_was_taken(server: Server) -> None:
    server.add({"reset": "before"}, times=1)
    server.add({"reset": "after"}, times=1)
    assert server.send() is not None
    assert server.kept == 0
    assert server.send() is not None
    assert server.kept == 1
    assert server.send() is None


def test_slow_and_silent_servers(server: Server) -> None:
    server.add({"delaySeconds": 0.3}, times=1)
    began = time.monotonic()
    assert server.send() is None
    assert time.monotonic() - began > 0.3
    server.add({"hang": True}, times=1)
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(server.send)
        until(lambda: server.faults.listed()[-1]["hits"] == 1)
        assert server.send(OTHER) is None, "others do not wait"
        assert server.faults.clear() == 2
        assert sent.result(PATIENCE) is not None
