"""A mailbox that is used for long keeps the newest mails."""

from pathlib import Path

import pytest

from common.clock import SystemClock
from common.desk.mailbox import store
from common.desk.mailbox.store import MailIds, MailStore
from common.ids import SystemIds


@pytest.mark.parametrize(("most", "most_bytes"), [(5, 10**9), (10**9, 5 * 400)])
def test_the_oldest_mails_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, most_bytes: int) -> None:
    monkeypatch.setattr(store, "PRUNED_EVERY", 4)
    mails, names = MailStore(tmp_path, most, most_bytes), MailIds(SystemClock(), SystemIds())
    ids = [names.next() for _ in range(20)]
    for mail_id in ids:
        mails.add(mail_id, "a@test.example", ["b@test.example"], b"Subject: s\r\n\r\n" + b"x" * 300)
    kept = [mail_id for mail_id in ids if mails.get(mail_id)]
    assert kept == ids[-len(kept) :] and 4 <= len(kept) <= 8
    assert len(mails.newest_first()) == len(kept)


def test_a_mail_that_went_before_anybody_looked_is_gone(tmp_path: Path) -> None:
    """Who takes mails in and who shows them are two; a reset takes the file away in between."""
    shown, taken = MailStore(tmp_path), MailStore(tmp_path)
    assert shown.newest_first() == []
    mail_id = MailIds(SystemClock(), SystemIds()).next()
    taken.add(mail_id, "a@test.example", ["b@test.example"], b"Subject: s\r\n\r\nx")
    (tmp_path / f"{mail_id}.eml").unlink()
    assert shown.newest_first() == []
