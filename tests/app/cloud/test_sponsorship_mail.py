"""The outbox: mails are sent after what they speak of is saved, each once, and later when the mail server fails."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from common.server.mail.messages import Mail
from common.server.mail.smtp import Mailer, MailFailed
from common.server.outbox import delivery, service
from common.server.outbox.models import OutboxMail
from common.server.transaction import db
from tests.support.answers import ok
from tests.support.harness import Side, Workshop
from tests.support.offers import Instance, Sponsor, make_instance, make_sponsor, told

FRIEND = "friend@home.example"
SEND = "/_sim/jobs/SendPendingMailsJob/run"


class Post(Mailer):
    """A mailer that can be told to fail. down: every mail fails; refused: mails to these addresses do."""

    configured = True

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.tried: list[str] = []
        self.down = False
        self.refused: set[str] = set()
        self.before: Any = None

    def send(self, mail: Mail) -> None:
        self.tried.append(mail.to)
        if self.before is not None:
            self.before(mail)
        if self.down or mail.to in self.refused:
            raise MailFailed("no")
        self.sent.append(mail.to)


def post_of(side: Side) -> Post:
    """Put such a mailer into a side."""
    post = Post()
    ctx = side.app.extensions["wardenloop"]
    object.__setattr__(ctx, "mailer", post)
    return post


@pytest.fixture
def instance(cloud: Side) -> Instance:
    return make_instance(make_sponsor(cloud))


@pytest.fixture
def sponsor(instance: Instance) -> Sponsor:
    return instance.sponsor


@pytest.fixture
def post(sponsor: Sponsor) -> Post:
    return post_of(sponsor.side)


def waiting(side: Side) -> int:
    """How many mails are in the outbox."""
    with side.app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(OutboxMail)) or 0


def test_crash_between_saving_and_sending_neither_loses_nor_doubles(
    instance: Instance, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_ctx: object) -> None:
        raise ConnectionAbortedError

    row = told()
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "deliver_due", die)
        ok(instance.sync(row))
    assert (post.sent, waiting(instance.sponsor.side)) == ([], 1)
    ok(instance.sync(row))
    ok(instance.sync(row))
    assert (post.sent, waiting(instance.sponsor.side)) == ([FRIEND], 0)


def test_a_mail_that_is_sent_twice_has_one_name(instance: Instance, post: Post) -> None:
    """The mail server took it, and the process died before it could note that."""

    class Killed(BaseException):
        pass

    names: list[str | None] = []

    def take_and_die(mail: Mail) -> None:
        names.append(mail.name)
        if len(names) == 1:
            raise Killed

    post.before = take_and_die
    with pytest.raises(Killed):
        instance.sync(told())
    instance.sponsor.side.clock.advance(delivery.LEASE)
    ok(instance.sponsor.side.client.post(SEND))
    assert len(names) == 2
    assert names[0] is not None and names[0] == names[1]


def test_refused_request_leaves_no_mail_behind(sponsor: Sponsor, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(service, "ask_to_send", refuse)  # fails after the mail was queued
        assert sponsor.offer(FRIEND).status_code == 500
    assert waiting(sponsor.side) == len(sponsor.rows()) == 0


def test_mail_is_sent_later_when_smtp_is_down(instance: Instance, post: Post) -> None:
    post.down = True
    ok(instance.sync(told()))
    assert (post.tried, post.sent) == ([FRIEND], [])
    post.down = False
    ok(instance.sync())
    assert post.sent == [], "not before a minute has passed"
    instance.sponsor.side.clock.advance(timedelta(minutes=1))
    ok(instance.sync())
    ok(instance.sync())
    assert post.sent == [FRIEND]


def test_member_is_not_told_of_a_broken_mail_server(sponsor: Sponsor, post: Post) -> None:
    post.down = True
    ok(sponsor.offer(FRIEND))
    sponsor.side.clock.advance(timedelta(minutes=1))
    post.down = False
    ok(sponsor.side.client.post(SEND))
    assert post.sent == [FRIEND]


def test_resending_tells_of_a_broken_mail_server(sponsor: Sponsor, post: Post) -> None:
    ok(sponsor.offer(FRIEND))
    post.down = True
    answer = sponsor.resend(FRIEND)
    assert answer.status_code == 400
    assert waiting(sponsor.side) == 0


def test_one_bad_address_does_not_stop_the_others(instance: Instance, post: Post) -> None:
    post.refused = {"bad@home.example"}
    rows = [told(f"{name}@home.example") for name in ("a", "bad", "c", "d", "e")]
    ok(instance.sync(*rows))
    assert sorted(post.sent) == [f"{name}@home.example" for name in ("a", "c", "d", "e")]
    assert waiting(instance.sponsor.side) == 1


def test_dead_mail_server_is_left_alone(instance: Instance, post: Post) -> None:
    post.down = True
    ok(instance.sync(*[told(f"{number}@home.example") for number in range(120)]))
    assert len(post.tried) == delivery.FAILURES_IN_A_ROW
    post.down = False
    instance.sponsor.side.clock.advance(timedelta(minutes=2))
    ok(instance.sync())
    assert sorted(post.sent) == sorted(f"{number}@home.example" for number in range(120))
    assert waiting(instance.sponsor.side) == 0


def test_hopeless_mail_is_given_up(instance: Instance, post: Post) -> None:
    post.down = True
    ok(instance.sync(told()))
    for _ in range(delivery.MAX_ATTEMPTS):
        instance.sponsor.side.clock.advance(delivery.LONGEST_RETRY)
        ok(instance.sponsor.side.client.post(SEND))
    assert len(post.tried) == delivery.MAX_ATTEMPTS
    assert waiting(instance.sponsor.side) == 0


@pytest.mark.parametrize("end", ["revoked", "redeemed", "replaced"])
def test_offer_that_is_gone_is_not_mailed(instance: Instance, post: Post, end: str) -> None:
    sponsor = instance.sponsor
    family = sponsor.family()
    post.sent.clear()
    ok(sponsor.offer(FRIEND))
    row = sponsor.row()
    token = _token(sponsor)
    post.down = True
    ok(sponsor.offer(FRIEND))  # the same name: mailed again
    post.down = False
    if end == "revoked":
        ok(sponsor.revoke())
    elif end == "redeemed":
        ok(family.redeem(token))
    else:
        sponsor.change_row(offered_to_email="other@home.example")
    assert row.offered_to_email == FRIEND
    sponsor.side.clock.advance(timedelta(hours=1))
    ok(sponsor.side.client.post(SEND))
    assert (post.sent, waiting(sponsor.side)) == ([FRIEND], 0)


def _token(sponsor: Sponsor) -> str:
    """A token of the only offer, made as the mail's is."""
    from common.domains.sponsorships.offers import offer_token

    ctx = sponsor.side.app.extensions["wardenloop"]
    with sponsor.side.app.app_context():
        return offer_token(ctx, sponsor.row())


def test_mail_of_a_process_that_died_while_sending_is_due_again_after_the_lease(instance: Instance, post: Post) -> None:
    class Killed(BaseException):
        pass

    def die(_mail: Mail) -> None:
        raise Killed

    post.before = die
    with pytest.raises(Killed):
        instance.sync(told())
    post.before = None
    ok(instance.sponsor.side.client.post(SEND))
    assert post.sent == []
    instance.sponsor.side.clock.advance(delivery.LEASE)
    ok(instance.sponsor.side.client.post(SEND))
    assert post.sent == [FRIEND]


@pytest.mark.processes
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_several_processes_send_each_mail_once(workshop: Workshop, engine: str, request: pytest.FixtureRequest) -> None:
    more = {"database_url": request.getfixturevalue("postgres_url")} if engine == "postgresql" else {}
    side = workshop.cloud(**more)
    instance = make_instance(make_sponsor(side))
    post = post_of(side)
    post.down = True
    ok(instance.sync(*[told(f"{number}@home.example") for number in range(130)]))
    post.down = False
    side.clock.advance(timedelta(minutes=2))
    together = threading.Barrier(4)

    def drain(_number: int) -> int:
        together.wait()
        return side.new_client().post(SEND).status_code

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(drain, range(4))) == [200] * 4
    assert sorted(post.sent) == sorted(f"{number}@home.example" for number in range(130))
    assert waiting(side) == 0
