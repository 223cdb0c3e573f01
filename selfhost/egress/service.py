"""Setting and reading what the simulated network does. State of the database, so every process sees the same."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from common.server.database import inserting
from common.server.observed import note_control
from common.server.transaction import glance
from common.sim.generation import Cached, raise_generation
from selfhost.egress.models import EgressRule
from selfhost.egress.rules import Rule

Rules = Mapping[str, Rule]


def read_rules(session: Session) -> Rules:
    """Host -> rule, all that were set."""
    return {row.host: Rule(row.rule) for row in session.scalars(sa.select(EgressRule).order_by(EgressRule.host))}


def rules_in_force(session: Session, known: Cached[Rules]) -> Rules:
    """The same for who is about to connect: read when something has changed only, and no transaction stays open."""
    with glance(session):
        return known.now(session)


def set_rule(session: Session, host: str, rule: Rule) -> None:
    """From now on this happens to connections to the host."""
    raise_generation(session)
    row = inserting(session, EgressRule).values(host=host, rule=rule.value)
    session.execute(row.on_conflict_do_update(index_elements=["host"], set_={"rule": rule.value}))
    note_control("egress", host, rule.value)


def replace_rules(session: Session, rules: Rules) -> None:
    """These and no others."""
    clear_rules(session)
    session.add_all(EgressRule(host=host, rule=rule.value) for host, rule in rules.items())
    session.flush()
    for host, rule in rules.items():
        note_control("egress", host, rule.value)


def clear_rules(session: Session, host: str | None = None) -> None:
    """Nothing happens any more, to one host or to any."""
    raise_generation(session)
    gone = sa.delete(EgressRule).returning(EgressRule.host)
    for cleared in session.scalars(gone if host is None else gone.where(EgressRule.host == host)).all():
        note_control("egress", cleared, "cleared")
