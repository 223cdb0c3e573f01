"""What a session may do inside the blocks of common/server/transaction.py, on both engines."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from common.server.bulk import insert_all
from common.server.database import Base, WriteWhileReading, tune_engines
from common.server.observed import observing
from common.server.outbox.models import OutboxMail
from common.server.rate_limits.models import RateWindow
from common.server.serving import MOST_THREADS
from common.server.transaction import (
    RequestSession,
    begin_request,
    connect,
    db,
    engine_for,
    finish_request,
    is_reading,
    let_write,
    outside_transaction,
    own_transaction,
    reading,
    refused,
    rehearsal,
    start_writing,
)
from tests.support.harness import START


class PlainSession(RequestSession):
    """Without the app that finds the engine."""

    def __init__(self, engine: sa.Engine) -> None:
        Session.__init__(self, engine)
        self._engine = engine

    def get_bind(self, *_args: object, **_kwargs: object) -> sa.Engine:
        return engine_for(self, self._engine)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    url = f"sqlite:///{tmp_path}/t.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = sa.create_engine(url)
    tune_engines([engine])
    Base.metadata.create_all(engine, tables=[Base.metadata.tables[name] for name in ("rate_windows", "outbox_mails")])
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: sa.Engine) -> Iterator[PlainSession]:
    with PlainSession(engine) as session:
        yield session


def row(key: str = "one") -> RateWindow:
    return RateWindow(key=key, ends_at=START, count=1)


def stored(engine: sa.Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(sa.select(RateWindow.key).order_by(RateWindow.key)))


def test_request_that_reads_cannot_write(session: PlainSession, engine: sa.Engine) -> None:
    begin_request(session)
    assert session.scalar(sa.select(sa.func.count()).select_from(RateWindow)) == 0
    session.add(row())
    with pytest.raises(WriteWhileReading):
        session.flush()
    session.rollback()
    for statement in (sa.insert(RateWindow).values(key="x", ends_at=START, count=1), sa.delete(RateWindow)):
        with pytest.raises(WriteWhileReading):
            session.execute(statement)
    assert stored(engine) == []


def test_many_rows_are_a_change_as_one_row_is(session: PlainSession, engine: sa.Engine) -> None:
    table: sa.Table = RateWindow.__table__  # type: ignore[assignment]

    def insert(*keys: str) -> None:
        insert_all(session, table, ("key",), [(key,) for key in keys], ends_at=START, count=1)

    begin_request(session)
    with pytest.raises(WriteWhileReading):
        insert("no")
    session.rollback()
    begin_request(session)
    let_write(session)
    with observing() as told:
        insert("one", 'its "other"')
        with pytest.raises(RuntimeError, match="before a long wait"), outside_transaction(session):
            pytest.fail("something waits to be saved")
        finish_request(session)
    assert (told.changed, told.sql - (engine.dialect.name == "sqlite")) == ({("rate_windows", "insert"): 2}, 1)
    assert stored(engine) == ['its "other"', "one"]
    assert [each.ends_at for each in session.scalars(sa.select(RateWindow))] == [START, START]


def test_request_that_reads_ends_with_nothing_to_save(session: PlainSession, engine: sa.Engine) -> None:
    begin_request(session)
    session.scalar(sa.select(RateWindow.key))
    finish_request(session)
    session.add(row())
    with pytest.raises(WriteWhileReading):
        finish_request(session)
    session.rollback()
    assert stored(engine) == []


def test_row_is_looked_up_by_its_id_once(session: PlainSession, engine: sa.Engine) -> None:
    one, other = UUID(int=1), UUID(int=2)
    session.add(OutboxMail(id=one, kind="x", recipient="a@example.com", facts={}, due_at=START, creation_date=START))
    assert session.get(OutboxMail, one) is not None, "what waits to be saved is saved before"
    session.commit()
    session.expunge_all()
    statements: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *sent: statements.append(sent[2]))
    found = session.get_one(OutboxMail, one)
    assert session.get(OutboxMail, one) is found
    assert session.get(OutboxMail, other) is None
    assert sum("outbox_mails" in statement for statement in statements) == 2


def test_reading_does_not_wait_for_a_writer_nor_keep_one_waiting(engine: sa.Engine) -> None:
    with PlainSession(engine) as writer, PlainSession(engine) as reader:
        writer.add(row())
        writer.flush()
        begin_request(reader)
        assert reader.scalars(sa.select(RateWindow.key)).all() == []
        writer.commit()
    with PlainSession(engine) as reader, PlainSession(engine) as writer:
        begin_request(reader)
        reader.scalars(sa.select(RateWindow.key)).all()
        writer.add(row("two"))
        with ThreadPoolExecutor(1) as pool:
            pool.submit(writer.commit).result(10)
        reader.rollback()
    assert stored(engine) == ["one", "two"]


def test_writing_begins_when_it_is_said(session: PlainSession, engine: sa.Engine) -> None:
    begin_request(session)
    session.scalar(sa.select(RateWindow.key))
    start_writing(session)
    session.add(row())
    session.commit()
    assert stored(engine) == ["one"]


def test_own_transaction_outlives_the_refusal(session: PlainSession, engine: sa.Engine) -> None:
    begin_request(session)
    with own_transaction(session):
        session.add(row())
    assert is_reading(session)
    refused(session)
    assert stored(engine) == ["one"]


def test_own_transaction_that_fails_leaves_nothing(session: PlainSession, engine: sa.Engine) -> None:
    with pytest.raises(KeyError), own_transaction(session):
        session.add(row())
        session.flush()
        raise KeyError
    assert stored(engine) == []


def test_rehearsal_leaves_nothing_and_lets_go(session: PlainSession, engine: sa.Engine) -> None:
    with rehearsal(session):
        session.add(row())
        session.flush()
        assert session.scalar(sa.select(RateWindow.key)) == "one"
    assert not session.in_transaction()
    assert session.scalar(sa.select(RateWindow.key)) is None


def test_long_waits_have_no_transaction(session: PlainSession) -> None:
    session.scalar(sa.select(RateWindow.key))
    with outside_transaction(session):
        assert not session.in_transaction()
        session.scalar(sa.select(RateWindow.key))
    assert not session.in_transaction()


@pytest.mark.parametrize("flushed", [True, False])
def test_half_a_request_is_not_saved_before_a_wait(session: PlainSession, engine: sa.Engine, flushed: bool) -> None:
    session.add(row())
    if flushed:
        session.flush()
    with pytest.raises(RuntimeError), outside_transaction(session):
        pass
    with pytest.raises(RuntimeError), rehearsal(session):
        pass
    session.rollback()
    assert stored(engine) == []
    with outside_transaction(session):
        pass


def test_looking_first_takes_no_lock(engine: sa.Engine) -> None:
    with PlainSession(engine) as writer, PlainSession(engine) as looker:
        writer.add(row())
        writer.flush()

        def look() -> object:
            with reading(looker):
                return looker.scalar(sa.select(RateWindow.key))

        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(look).result(10) is None
        writer.commit()


def test_there_are_as_many_connections_as_threads_want(tmp_path: Path) -> None:
    app = Flask(__name__)
    connect(app, f"sqlite:///{tmp_path}/t.db")
    with app.app_context(), ExitStack() as stack:
        connections = [stack.enter_context(db.engine.connect()) for _ in range(MOST_THREADS)]
        assert len({id(each.connection.dbapi_connection) for each in connections}) == MOST_THREADS
        stack.callback(db.engine.dispose)
