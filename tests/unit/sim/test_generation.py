"""What is on is read once per process and generation number, and never from another generation."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from common.clock import TimeShift
from common.server.database import Base, tune_engines
from common.sim.generation import Cached, current_generation, raise_generation
from common.sim.models import ClockShift
from common.sim.service import advance_clock, current_shift, hold_shift


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    url = f"sqlite:///{tmp_path}/t.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = sa.create_engine(url)
    tune_engines([engine])
    Base.metadata.create_all(engine, tables=[Base.metadata.tables["clock_shift"]])
    yield engine
    engine.dispose()


class Process:
    """What one process knows. reads: how often it asked the database what is on; here that is the number itself."""

    def __init__(self, engine: sa.Engine) -> None:
        self.reads = 0
        self._engine = engine
        self._cached = Cached(self._read)

    def _read(self, session: Session) -> int:
        self.reads += 1
        return session.scalars(sa.select(ClockShift.generation)).one_or_none() or 0

    def sees(self) -> int:
        """In a request of its own."""
        with Session(self._engine) as session:
            return self._cached.now(session)

    def change(self, *, save: bool) -> int:
        """Change what is on, look at it in the same transaction, and save it or take it back."""
        with Session(self._engine) as session:
            raise_generation(session)
            seen = self._cached.now(session)
            if save:
                session.commit()
            return seen


def test_every_process_sees_a_change_at_its_next_request_and_reads_once(engine: sa.Engine) -> None:
    one, other = Process(engine), Process(engine)
    assert [one.sees(), one.sees(), other.sees()] == [0, 0, 0]
    changed = one.change(save=True)
    assert [one.sees(), one.sees(), other.sees(), other.sees()] == [changed] * 4
    assert (other.reads, one.reads) == (2, 3)


def test_change_that_is_taken_back_is_seen_by_who_made_it_only(engine: sa.Engine) -> None:
    process = Process(engine)
    first = process.change(save=True)
    assert process.change(save=False) > first
    assert process.sees() == first


def test_number_is_not_used_again_after_the_database_was_put_back(engine: sa.Engine) -> None:
    process = Process(engine)
    process.change(save=True)
    second = process.change(save=True)
    with Session(engine) as session:
        session.execute(sa.delete(ClockShift))
        session.commit()
    assert process.change(save=True) > second


def test_time_and_number_leave_each_other_alone(engine: sa.Engine) -> None:
    with Session(engine) as session:
        raise_generation(session)
        number = current_generation(session)
        advance_clock(session, timedelta(days=1))
        assert (current_shift(session).offset, current_generation(session)) == (timedelta(days=1), number)
        raise_generation(session)
        assert current_shift(session).offset == timedelta(days=1)
        assert current_generation(session) > number


def test_row_that_is_there_is_held_with_one_statement_and_made_where_it_is_not(engine: sa.Engine) -> None:
    sent: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *told: sent.append(told[2].split()[0]))
    counted = []
    for _ in range(2):
        with Session(engine) as session:
            assert hold_shift(session) == TimeShift()
            session.commit()
        counted.append([word for word in sent if word != "BEGIN"])
        sent.clear()
    assert counted == [["SELECT", "INSERT", "SELECT"], ["SELECT"]]
