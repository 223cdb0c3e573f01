"""What the database has against a request again and again, or once a mail has left: a conflict that leaves nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError

from common.domains.organizations.models import Collection, Member
from common.server.app import MOST_TRIES
from common.server.failures import OVERTAKEN
from common.server.transaction import db
from tests.support.harness import ENC_STRING, Side, Workshop
from tests.support.scenarios import new_organization


class _GivenUp(Exception):
    sqlstate = "40P01"  # deadlock_detected


CAUSES: dict[str, Callable[[str], Exception]] = {
    "unique constraint": lambda statement: IntegrityError(statement, (), Exception("duplicate key")),
    "deadlock": lambda statement: OperationalError(statement, (), _GivenUp()),
    "row gone": lambda _statement: StaleDataError("another one was expected"),
}


@contextmanager
def conflicts(cloud: Side, table: str, cause: Callable[[str], Exception]) -> Iterator[list[int]]:
    """The database refuses each new row of this table; yields how many mails had left at each refusal."""
    seen: list[int] = []
    mails = len(cloud.mails)
    with cloud.app.app_context():
        engine = db.engine

    def refuse(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        sent = len(cloud.mails) - mails
        if statement.startswith(f"INSERT INTO {table} ") and (sent or table != "members"):
            seen.append(sent)
            raise cause(statement)

    sa.event.listen(engine, "before_cursor_execute", refuse)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", refuse)


def count(cloud: Side, table: type[Member] | type[Collection]) -> int:
    with cloud.app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


@pytest.mark.parametrize("cause", CAUSES)
def test_a_conflict_that_comes_back_each_time_is_answered_409(workshop: Workshop, cause: str) -> None:
    cloud = workshop.cloud()
    owner = cloud.sign_up("owner@acme.example")
    path = f"/api/organizations/{new_organization(owner)['id']}/collections"
    before = count(cloud, Collection)
    with conflicts(cloud, "collections", CAUSES[cause]) as seen:
        answer = owner.api.post(path, json={"name": ENC_STRING})
    assert (answer.status_code, answer.json()["message"], answer.json()["object"]) == (409, OVERTAKEN, "error")
    assert (len(seen), count(cloud, Collection)) == (MOST_TRIES, before)
    assert owner.api.post(path, json={"name": ENC_STRING}).status_code == 200


@pytest.mark.parametrize("cause", CAUSES)
def test_a_conflict_after_a_mail_is_answered_409_and_the_mail_is_not_sent_again(workshop: Workshop, cause: str) -> None:
    cloud = workshop.cloud()
    owner = cloud.sign_up("owner@acme.example")
    path = f"/api/organizations/{new_organization(owner)['id']}/users/invite"
    invitation = {"emails": ["friend@b.example"], "type": 2}
    before = count(cloud, Member)
    with conflicts(cloud, "members", CAUSES[cause]) as seen:
        answer = owner.api.post(path, json=invitation)
    assert (answer.status_code, answer.json()["message"]) == (409, OVERTAKEN)
    assert (seen, count(cloud, Member)) == ([1], before)
    assert owner.api.post(path, json=invitation).status_code == 200
    assert count(cloud, Member) == before + 1
