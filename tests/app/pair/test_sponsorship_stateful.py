"""Whatever people do in whatever order, whatever gets lost or comes late on the line, whoever dies: no sponsorship is
lost, nobody is mailed twice for the same offer, and after a clean sync both sides tell the same story, so that nobody
who was revoked holds an offer."""

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from common.clock import ManualClock
from common.domains.organizations.models import Member
from common.enums import MemberStatus, MemberType
from tests.support.harness import START, Person, Workshop, make_pair
from tests.support.plugins.licensing import Account, Vaults
from tests.support.shelf import Shelf
from tests.support.sponsorships import Families, line_of, world

EXAMPLES, STEPS = 6, 30
FRIENDS = st.sampled_from([f"friend{number}@home.example" for number in range(3)])
MEMBERS = st.integers(0, 1)


def stay_signed_in(person: Person) -> None:
    """A token that outlives any wait."""
    token = Vaults(person.side).token(UUID(person.user_id))
    person.api.headers["Authorization"] = f"Bearer {token}"


class Killed(BaseException):
    """The end of the process."""


@dataclass
class Sponsor(Account):
    """A member of the organization; member: id of the membership."""

    member: UUID = field(default_factory=uuid4)


class Sponsorships(RuleBasedStateMachine):
    """Two members and an administrator on an instance, three friends on the cloud, and a line that can be cut."""

    def __init__(self, workshop: Workshop) -> None:
        super().__init__()
        self.workshop = workshop
        self.clock = workshop.clock
        self.loop = world(make_pair(workshop))
        self.line = line_of(self.loop.pair)
        self.line.before = self._note_offers
        stay_signed_in(self.loop.pair.owner)
        self.members = [self._member(f"member{number}@acme.example") for number in range(2)]
        self.families: dict[str, Families] = {}
        self.offers_made: set[UUID] = set()
        self.clean = True

    def teardown(self) -> None:
        try:
            while self.line.late:
                self.deliver_late()
            self.sync()
            self.both_sides_agree_after_a_sync()
        finally:
            self.workshop.close()

    def _note_offers(self, _request: object = None) -> None:
        """Offers may come and go within one step."""
        self.offers_made |= {row.id for row in self.loop.cloud_rows()}

    def _member(self, email: Any) -> Any:
        vaults = Vaults(self.loop.pair.selfhost)
        account, now = Sponsor(**vars(vaults.account(email))), self.clock.now()
        vaults.add(
            Member(
                id=account.member,
                organization_id=UUID(self.loop.id),
                user_id=account.id,
                type=MemberType.USER,
                status=MemberStatus.CONFIRMED,
                creation_date=now,
                revision_date=now,
            )
        )
        return account

    @rule(member=MEMBERS, friend=FRIENDS)
    def offer(self, member: Any, friend: Any) -> None:
        assert self.loop.offer(friend, by=self.members[member]).status_code in (200, 400)
        self.clean = False

    @rule(friend=FRIENDS)
    def offer_as_administrator(self, friend: Any) -> None:
        assert self.loop.offer(friend, isAdminInitiated=True).status_code in (200, 400)
        self.clean = False

    def _standing(self) -> list[Any]:
        return [row for row in self.loop.rows() if not row.to_delete]

    @precondition(lambda self: bool(self._standing()))
    @rule(data=st.data(), by_administrator=st.booleans())
    def revoke(self, data: Any, by_administrator: Any) -> None:
        row = data.draw(st.sampled_from(self._standing()))
        sponsors = [each for each in self.members if each.member == row.sponsoring_organization_user_id]
        if sponsors and not row.is_admin_initiated and not by_administrator:
            assert self.loop.revoke(by=sponsors[0]).status_code == 200
        else:
            assert self.loop.revoke_named(row.friendly_name).status_code == (200 if row.is_admin_initiated else 400)
        self.clean = False

    def _mailed(self) -> Any:
        return sorted({mail.to for mail in self.loop.offer_mails()})

    @precondition(_mailed)
    @rule(data=st.data())
    def redeem(self, data: Any) -> None:
        friend = data.draw(st.sampled_from(self._mailed()))
        if friend not in self.families:
            self.families[friend] = Families(self.loop, friend)
            stay_signed_in(self.families[friend].person)
        assert self.families[friend].redeem().status_code in (200, 400)
        self.clean = False

    @precondition(lambda self: self.families)
    @rule(data=st.data())
    def give_up(self, data: Any) -> None:
        friend = data.draw(st.sampled_from(sorted(self.families)))
        assert self.families[friend].remove().status_code in (200, 400)
        self.clean = False

    @rule(days=st.sampled_from([1, 30, 200, 366]))
    def wait(self, days: Any) -> None:
        self.clock.advance(timedelta(days=days))
        self.clean = False

    @rule(down=st.booleans())
    def sync_in_vain(self, down: Any) -> None:
        """The line is dead, or the answer is cut off after the cloud has done its work."""
        self.line.down, self.line.lost = down, 1
        run = self.loop.sync()
        self.line.down, self.line.lost = False, 0
        assert run["error"] == "Organization sync failed" or run["chunksTotal"] == 0
        self.clean = False

    @rule()
    def sync_out_of_patience(self) -> None:
        """The client gives up; what it asked for is still on its way."""
        self.line.delays = True
        run = self.loop.sync()
        self.line.delays = False
        assert run["error"] == "Organization sync failed" or run["chunksTotal"] == 0
        self.clean = self.clean and run["chunksTotal"] == 0

    @precondition(lambda self: self.line.late)
    @rule()
    def deliver_late(self) -> None:
        """It comes at last: taken over, overtaken by a newer sync, or its token has ended."""
        status = self.line.deliver_late().status_code
        assert status in (200, 401, 409)
        self._note_offers()
        assert not (self.clean and status == 200), "a newer sync was here"
        self.clean = self.clean and status != 200

    @rule(after=st.booleans())
    def sync_and_die(self, after: bool) -> None:
        """The process is killed before the request leaves, or when the answer comes."""

        def die(request: Any) -> None:
            if request.url.endswith("/sponsorship/sync"):
                if after:
                    self.line.deliver(request)
                    self._note_offers()
                raise Killed

        self.line.before = die
        try:
            self.loop.sync()
        except Killed:
            self.clean = False
        self.line.before = self._note_offers

    @precondition(lambda self: self.loop.rows())
    @rule(data=st.data(), by_hand=st.booleans())
    def two_at_once(self, data: Any, by_hand: bool) -> None:
        """A second sync is asked for while the first one is on its way; something is revoked in between."""
        standing = [row for row in self._standing() if row.is_admin_initiated]
        row = data.draw(st.sampled_from(standing)) if standing and by_hand else None
        first_is_out, second = threading.Event(), threading.Thread(target=lambda: runs.append(self.loop.sync()))
        runs: list[Any] = []

        def start_the_second(request: Any) -> None:
            self._note_offers()
            if request.url.endswith("/sponsorship/sync") and not first_is_out.is_set():
                first_is_out.set()
                second.start()
                if row is not None:
                    assert self.loop.revoke_named(row.friendly_name).status_code == 200

        self.line.before = start_the_second
        runs.append(self.loop.sync())
        second.join()
        self.line.before = self._note_offers
        assert [run["error"] for run in runs] == [None, None]
        self.clean = True

    @rule()
    def sync(self) -> None:
        run = self.loop.sync()
        assert run["error"] is None, run
        self.clean = True

    @invariant()
    def nobody_is_mailed_twice_for_an_offer(self) -> None:
        self._note_offers()
        mails = self.loop.offer_mails()
        assert len(mails) == len(self.offers_made)
        assert len({mail.text for mail in mails}) == len(mails)

    @invariant()
    def both_sides_agree_after_a_sync(self) -> None:
        if not self.clean:
            return
        here = {(row.sponsoring_organization_user_id, row.friendly_name): row for row in self.loop.rows()}
        there = {(row.sponsoring_organization_user_id, row.friendly_name): row for row in self.loop.cloud_rows()}
        assert set(here) == set(there)
        for key, row in here.items():
            twin = there[key]
            assert (row.valid_until, row.last_sync_date) == (twin.valid_until, twin.last_sync_date)
            assert row.pending_since is None
            assert twin.to_delete or not row.to_delete  # a family that gives up is not reported, as upstream
        names = [name for _, name in here]
        assert len(names) == len(set(names))


@pytest.mark.unmeasured
def test_no_order_of_events_loses_or_doubles_anything(shelf: Shelf) -> None:
    def machine() -> Sponsorships:
        return Sponsorships(Workshop(shelf, ManualClock(START)))

    run_state_machine_as_test(
        cast(Any, machine),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            phases=(Phase.explicit, Phase.generate),  # shrinking takes minutes; the steps are printed anyway
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
