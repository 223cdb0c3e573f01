"""The advances that somebody asked this desk for: one at a time, each on a thread of its own, the last ones kept."""

import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from common.clock import Clock
from common.desk.time.apps import AppRefused
from common.desk.time.pending import Ledger
from common.desk.time.service import advance
from common.desk.time.stack import Advance, Stack
from common.ids import Ids

_KEPT = 20

log = logging.getLogger(__name__)


class Busy(Exception):
    """Time is on its way already."""


@dataclass
class Course:
    """An advance, from being asked for to its end. error: why it ended early."""

    id: UUID
    advance: Advance
    error: str | None = None
    ended: threading.Event = field(default_factory=threading.Event)


class Courses:
    """Of one desk. Safe for several threads."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock, self._ids = clock, ids
        self._lock = threading.Lock()
        self._courses: OrderedDict[UUID, Course] = OrderedDict()

    def find(self, course_id: UUID) -> Course | None:
        """One of the last advances."""
        return self._courses.get(course_id)

    @property
    def is_busy(self) -> bool:
        """Whether time is on its way."""
        return any(not each.ended.is_set() for each in list(self._courses.values()))

    def begin(self, stack: Stack, to: datetime, ledger: Ledger) -> Course:
        """Start an advance. Raises Busy."""
        with self._lock:
            if self.is_busy:
                raise Busy("Time is being advanced already. Wait for its end, or stop it.")
            course = Course(self._ids.uuid(), Advance(stack.now, to, stack.now))
            self._courses[course.id] = course
            while len(self._courses) > _KEPT:
                self._courses.popitem(last=False)
        threading.Thread(target=self._run, args=(course, stack, ledger), name="advance", daemon=True).start()
        return course

    def _run(self, course: Course, stack: Stack, ledger: Ledger) -> None:
        try:
            advance(stack, course.advance, self._clock, ledger)
        except (OSError, AppRefused) as problem:
            course.error = str(problem)
        except Exception:
            log.exception("Unexpected end of an advance")
            course.error = "Something unexpected happened; see `wardenloop logs`."
        finally:
            course.ended.set()
