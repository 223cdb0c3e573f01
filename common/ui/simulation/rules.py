"""How simulated time is told in the bar, and which steps the panel offers. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from common.sim.timeline.entries import Kind

STEPS = (
    ("by:1h", "x.simByHour"),
    ("by:1d", "x.simByDay"),
    ("by:7d", "x.simByWeek"),
    ("until:next", "x.simUntilNext"),
    ("until:renewal", "x.simUntilRenewal"),
    ("until:grace-end", "x.simUntilGraceEnd"),
)
"""What a button sends -> its text: how far time is to go."""

REAL = "real"
"""What the button sends that goes back to real time."""

TO = "to"
"""What the button beside the date sends."""

KINDS = {
    Kind.TRIAL_END: "x.sim.trial-end",
    Kind.RENEWAL: "x.sim.renewal",
    Kind.CANCELLATION: "x.sim.cancellation",
    Kind.PAYMENT_DUE: "x.sim.payment-due",
    Kind.GRACE_BEGIN: "x.sim.grace-begin",
    Kind.GRACE_END: "x.sim.grace-end",
    Kind.LICENSE_EXPIRY: "x.sim.license-expiry",
    Kind.SUSPENSION: "x.sim.suspension",
    Kind.SPONSORSHIP_END: "x.sim.sponsorship-end",
    Kind.SPONSORSHIP_PURGE: "x.sim.sponsorship-purge",
    Kind.JOB: "x.sim.job",
}
"""What happens -> its text."""


class Chip(NamedTuple):
    """The clock as the bar shows it. days: whole days that it is ahead of real time. href: of the panel, None for who
    may not move time."""

    now: str
    days: int
    href: str | None

    @property
    def ahead(self) -> str:
        """`+431`, `-2`."""
        return f"{self.days:+d}"


def chip(now: datetime, real: datetime, href: str | None) -> Chip:
    """The clock that says `now`."""
    return Chip(f"{now:%Y-%m-%d %H:%M}", round((now - real) / timedelta(days=1)), href)


def step_of(chosen: str, day: str) -> dict[str, str] | None:
    """What the desk is asked for; None for a step that nobody offered, and for a day that is none."""
    if chosen == TO:
        return {"to": day} if _is_day(day) else None
    if chosen not in {value for value, _ in STEPS}:
        return None
    kind, _, value = chosen.partition(":")
    return {kind: value}


def _is_day(text: str) -> bool:
    try:
        return str(date.fromisoformat(text)) == text
    except ValueError:
        return False


class Happening(NamedTuple):
    """Something that a step brings or has brought. outcome: None when it went as it should."""

    at: datetime
    app: str
    kind: Kind
    subject: str
    outcome: str | None


def happenings(events: Sequence[Mapping[str, Any]]) -> tuple[list[Happening], list[Happening]]:
    """What happens by itself, and the runs of jobs that did something or failed. events: as the desk tells them."""
    told = [
        Happening(
            datetime.fromisoformat(each["at"]),
            each["app"],
            Kind(each["kind"]),
            each["subject"],
            each["outcome"] if each.get("outcome", "done") != "done" else None,
        )
        for each in events
    ]
    return [each for each in told if each.kind != Kind.JOB], [each for each in told if each.kind == Kind.JOB]
