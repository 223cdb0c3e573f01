"""The list of a mailbox with 10,000 mails, each time after one more has arrived."""

from dataclasses import replace
from pathlib import Path

from bench.measure import Result, median, timed
from common.clock import SystemClock
from common.desk.app import create_desk
from common.desk.mailbox.index import MailIndex
from common.desk.mailbox.store import MailIds, MailStore
from common.ids import SystemIds

MAILS = 10_000
_SENT = b"Subject: Verify Your Email\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + b"<p>text</p>" * 200


def list_of_mails(directory: Path) -> Result:
    """The page, in process. Without a reference: the bar is the time that a person may wait."""
    folder = directory / "mails"
    store, names = MailStore(folder), MailIds(SystemClock(), SystemIds())
    _fill(folder, store, names)
    client = create_desk(folder).test_client()

    def look() -> None:
        assert client.get("/mailbox").status_code == 200

    look()
    taken = []
    for _ in range(20):
        store.add(names.next(), "no-reply@example.com", ["late@example.com"], _SENT)
        taken.append(timed(look)())
    return Result(f"mailbox: the list of {MAILS:,} mails, while mails arrive", median(taken), 0.1)


def _fill(folder: Path, store: MailStore, names: MailIds) -> None:
    """One mail many times: reading each would take longer than everything else."""
    first = names.next()
    store.add(first, "no-reply@example.com", ["first@example.com"], _SENT)
    mail, content = store.get(first), (folder / f"{first}.eml").read_bytes()
    assert mail is not None
    copies = [replace(mail, id=names.next()) for _ in range(MAILS - 1)]
    for copy in copies:
        (folder / f"{copy.id}.eml").write_bytes(content)
    MailIndex(folder).add(copies)
