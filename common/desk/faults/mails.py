"""Switching faults of mails on and off. The desk keeps no journal, so an app is asked to write it down."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from common.desk.faults.service import Transport
from common.desk.journal.service import note
from common.desk.mailbox.faults import MailFaults, read_rule

WHAT = "mail-fault"
ANYBODY = "*"


@dataclass(frozen=True)
class MailSwitches:
    """Those of a mailbox. apps: who can write it down; none for a mailbox alone."""

    faults: MailFaults
    apps: Mapping[str, Transport]

    def listed(self) -> list[dict[str, Any]]:
        """All, in the order in which they are tried."""
        return self.faults.listed()

    def add(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Switch one on. Errors: 400."""
        added = self.faults.add(read_rule(wanted))
        times = "until cleared" if added["times"] is None else f"{added['times']} times"
        kind, value = next(iter(added["do"].items()))
        self._note(added, f"{kind} {value} ({added['id']}), {times}")
        return added

    def clear(self, fault_id: UUID | None = None) -> int:
        """Switch one off, or all; how many it were."""
        gone = [each for each in self.listed() if fault_id in (None, UUID(each["id"]))]
        cleared = self.faults.clear(fault_id)
        for each in gone:
            self._note(each, f"cleared ({each['id']})")
        return cleared

    def _note(self, rule: Mapping[str, Any], outcome: str) -> None:
        note(self.apps, WHAT, rule["to"] or rule["from"] or ANYBODY, outcome)
