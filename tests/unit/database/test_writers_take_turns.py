"""SQLite: the writers of one process take turns, and nobody keeps the turn who is done, however that ended."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from common.server.database import Reader, tune_engines
from tests.support.waiting import PATIENCE


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = sa.create_engine(f"sqlite:///{tmp_path / 'turns.db'}")
    tune_engines([made])
    with made.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE notes (text TEXT NOT NULL)")
    yield made
    made.dispose()


def write(engine: sa.Engine, text: str | None) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO notes VALUES (:text)"), {"text": text})


def texts(engine: sa.Engine) -> list[str]:
    with Reader(engine).connect() as connection:
        return list(connection.scalars(sa.text("SELECT text FROM notes ORDER BY rowid")))


def test_the_next_writer_waits_and_readers_do_not(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO notes VALUES ('first')")
        waiting = threading.Thread(target=write, args=(engine, "second"))
        waiting.start()
        assert texts(engine) == []
        waiting.join(0.05)
        assert waiting.is_alive()
    waiting.join(PATIENCE)
    assert texts(engine) == ["first", "second"]


def test_a_writer_that_fails_gives_its_turn_back(engine: sa.Engine) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        write(engine, None)
    write(engine, "next")
    assert texts(engine) == ["next"]


def test_a_connection_that_breaks_gives_its_turn_back(engine: sa.Engine) -> None:
    connection = engine.connect()
    connection.exec_driver_sql("INSERT INTO notes VALUES ('lost')")
    connection.invalidate()
    connection.close()
    write(engine, "next")
    assert texts(engine) == ["next"]


def test_one_connection_may_write_twice(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        for text in ("first", "second"):
            connection.execute(sa.text("INSERT INTO notes VALUES (:text)"), {"text": text})
            connection.commit()
    write(engine, "third")
    assert texts(engine) == ["first", "second", "third"]
