"""Switching faults on and off, and counting the calls that they are for."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from common.server.context import Context
from common.server.observed import note_control
from common.server.transaction import begin_request, own_transaction
from common.sim.faults.models import FaultRow
from common.sim.faults.rules import Fault
from common.sim.generation import raise_generation


def read_faults(session: Session) -> list[Fault]:
    """All that are on, in the order in which they were added; without their counts."""
    return [_fault(row) for row in session.scalars(sa.select(FaultRow).order_by(FaultRow.number))]


def counted_faults(session: Session) -> list[tuple[Fault, int]]:
    """The same, each with how many calls it has seen."""
    rows = session.scalars(sa.select(FaultRow).order_by(FaultRow.number))
    return [(_fault(row), row.seen) for row in rows]


def add_faults(ctx: Context, wanted: Sequence[Mapping[str, Any]], profile: str | None = None) -> list[Fault]:
    """Switch rules on, behind those that are on. A profile takes the place of itself."""
    raise_generation(ctx.session)
    if profile is not None:
        ctx.session.execute(sa.delete(FaultRow).where(FaultRow.profile == profile))
    rows = [FaultRow(id=ctx.ids.uuid(), profile=profile, seen=0, **each) for each in wanted]
    ctx.session.add_all(rows)
    ctx.session.flush()
    added = [_fault(row) for row in rows]
    for each in added:
        times = "until cleared" if each.times is None else f"{each.times} times"
        note_control("fault", each.operation, f"{each.told}, {times}", **_facts(each))
    return added


def clear_faults(ctx: Context, fault_id: UUID | None = None) -> int:
    """Switch one off, or all; how many it were."""
    raise_generation(ctx.session)
    gone = sa.delete(FaultRow).returning(FaultRow.operation, FaultRow.id)
    cleared = ctx.session.execute(gone if fault_id is None else gone.where(FaultRow.id == fault_id)).all()
    for operation, number in cleared:
        note_control("fault", operation, f"cleared ({number})")
    return len(cleared)


def is_on(session: Session, fault_id: UUID) -> bool:
    """Whether nobody has switched it off."""
    return session.scalar(sa.select(FaultRow.number).where(FaultRow.id == fault_id)) is not None


def count_call(session: Session, fitting: Sequence[Fault]) -> list[Fault]:
    """Count a call that these rules fit; those that are done to it, in their order.

    One of each kind at most, the first; an answering one is the last.

    Each count is one statement, so "the next 2 calls" are two whatever else happens at the same time.
    """
    ahead = [fault for fault, seen in _with_counts(session, fitting) if fault.last is None or seen < fault.last]
    if not ahead:
        return []
    hits: list[Fault] = []
    with own_transaction(session):
        for fault in ahead:
            if any(fault.kind is hit.kind for hit in hits):
                continue
            seen = session.scalar(_counting(fault))
            if seen is not None and fault.hits(seen):
                hits.append(fault)
                if fault.answers:
                    break
    begin_request(session)  # nothing of the request itself has happened yet
    return hits


def _counting(fault: Fault) -> ReturningUpdate[int]:
    counting = sa.update(FaultRow).where(FaultRow.number == fault.number, FaultRow.id == fault.id)
    if fault.last is not None:
        counting = counting.where(FaultRow.seen < fault.last)
    return counting.values(seen=FaultRow.seen + 1).execution_options(synchronize_session=False).returning(FaultRow.seen)


def _with_counts(session: Session, faults: Sequence[Fault]) -> list[tuple[Fault, int]]:
    numbers = [fault.number for fault in faults]
    query = sa.select(FaultRow.number, FaultRow.seen).where(FaultRow.number.in_(numbers))
    seen = {row.number: row.seen for row in session.execute(query)}
    return [(fault, seen[fault.number]) for fault in faults if fault.number in seen]


def _facts(fault: Fault) -> dict[str, object]:
    return {"skip": fault.skip, "every": fault.every, "when": dict(fault.when), "note": fault.note}


def _fault(row: FaultRow) -> Fault:
    return Fault(
        row.number, row.id, row.operation, row.when, row.skip, row.times, row.every, row.do, row.note, row.profile
    )
