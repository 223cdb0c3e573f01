"""What a guided run carries from step to step: the servers, the people, and what they have got so far."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from common.cli import selfhost
from common.cli.client import Client, Exchange, Mailbox, Server
from common.cli.home import Home
from common.cli.portal import Portal
from common.ids import Ids

PASSWORD = "correct-horse-battery-staple"
JOB_PATIENCE_SECONDS = 30.0
LICENSE_CHECK = "ValidateOrganizationsJob"
_POLL_SECONDS = 0.2


class StepFailed(Exception):
    """Something answered, but not what the documentation promises."""


@dataclass
class World:
    """One run. Every run has its own people and organizations, so that runs in one world do not disturb each other.

    region: `US` or `EU`, where the cloud side of the run happens. seen: the exchanges and commands of the current step,
    for `--verbose`. The people and ids below are filled in by the steps: `owner_...` are the same person's accounts,
    `member_...` those of the one with the individual licence; `sponsor` is a member of the self-hosted organization who
    gives a Families organization away, `family` the cloud account that gets it. found_environment: the instance's
    environment file as the run found it, where the run has to put it back.
    """

    home: Home
    ids: Ids
    region: str = "US"
    seen: list[Exchange | selfhost.Outcome] = field(default_factory=list)
    owner_on_cloud: Client = field(init=False)
    owner_here: Client = field(init=False)
    member_on_cloud: Client = field(init=False)
    member_here: Client = field(init=False)
    cloud_organization: str = field(init=False)
    organization: str = field(init=False)
    installation: str = field(init=False)
    license: dict[str, Any] = field(init=False)
    individual_license: dict[str, Any] = field(init=False)
    billing_sync_token: str = field(init=False)
    paid_until: datetime = field(init=False)
    sponsor: Client = field(init=False)
    portal: Portal = field(init=False)
    family: Client = field(init=False)
    family_organization: str = field(init=False)
    found_environment: str | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        urls = self.home.urls()
        self.tag = self.ids.digits(6)
        self.cloud_us = Server(urls["cloud_us"], self.seen.append, ca=self.home.ca)
        self.cloud_eu = Server(urls["cloud_eu"], self.seen.append, ca=self.home.ca)
        self.desk = Server(urls["start"], self.seen.append, ca=self.home.ca)
        self.instance = Server(urls["selfhost"], self.seen.append, ca=self.home.ca)
        self.mailbox = Mailbox(urls["mailbox"], self.seen.append, ca=self.home.ca, shown=self.home.shown)
        self.portal = Portal(Server(urls["selfhost"], self.seen.append, ca=self.home.ca), self.mailbox)

    @property
    def cloud(self) -> Server:
        """The cloud of the run's region."""
        return self.cloud_eu if self.region == "EU" else self.cloud_us

    @property
    def other_cloud(self) -> Server:
        """The cloud of the other region."""
        return self.cloud_us if self.region == "EU" else self.cloud_eu

    @property
    def name(self) -> str:
        """What the run's organization is called."""
        return f"Loop {self.tag}"

    def email(self, who: str) -> str:
        """An address of this run's own."""
        return f"{who}-{self.tag}@loop.example"

    def bitwarden_sh(self, *arguments: str) -> selfhost.Outcome:
        """Run a command of the instance."""
        outcome = selfhost.run(self.home, *arguments)
        self.seen.append(outcome)
        return outcome

    def now(self) -> datetime:
        """Simulated time."""
        return datetime.fromisoformat(self.cloud_us.clock()["now"])

    def travel_to(self, moment: datetime) -> None:
        """Have time go to this moment, with all that becomes due on the way."""
        if moment < self.now():
            raise StepFailed(f"simulated time is already past {moment:%Y-%m-%d}")
        wanted = {"to": moment.isoformat()}
        report = self.desk.call("POST", "/_sim/advance", json=wanted, params={"wait": "true"})
        if report["error"] is not None:
            raise StepFailed(f"time came as far as {report['at']}: {report['error']}")

    def cloud_period_end(self) -> datetime:
        """Until when the cloud organization is paid for."""
        subscription = self.owner_on_cloud.get(f"/organizations/{self.cloud_organization}/subscription")
        return datetime.fromisoformat(subscription["subscription"]["periodEndDate"])

    def download_license(self) -> dict[str, Any]:
        """The cloud organization's licence for this installation, fresh."""
        path = f"/organizations/{self.cloud_organization}/license"
        downloaded: dict[str, Any] = self.owner_on_cloud.get(path, installationId=self.installation)
        return downloaded

    def here(self) -> dict[str, Any]:
        """The self-hosted organization as its owner's vault shows it."""
        return self.owner_here.organization(self.organization)

    def job(self, name: str) -> dict[str, Any]:
        """A recurring job of the instance: `nextRun`, `lastRun`."""
        jobs = {job["name"]: job for job in self.instance.get("/_sim/jobs")["data"]}
        return dict(jobs[name])

    def validation_run_after(self, moment: datetime) -> bool:
        """Whether the instance's recurring licence check has started since this moment (simulated) and is through."""
        last = self.job(LICENSE_CHECK)["lastRun"]
        return bool(last and last["finishedAt"]) and datetime.fromisoformat(last["startedAt"]) >= moment

    def wait_until(self, condition: Callable[[], bool], what: str, patience: float = JOB_PATIENCE_SECONDS) -> None:
        """Ask again and again; only the last asking counts as seen. Raises StepFailed when it does not become true."""
        end, before = time.monotonic() + patience, len(self.seen)
        while not condition():
            if time.monotonic() > end:
                raise StepFailed(f"{what}: not within {patience:.0f} s")
            del self.seen[before:]
            time.sleep(_POLL_SECONDS)


def expect(actual: object, wanted: object, what: str) -> None:
    """Raises StepFailed unless both are equal."""
    if actual != wanted:
        raise StepFailed(f"{what}: {actual!r}, expected {wanted!r}")


def day(moment: str | datetime) -> str:
    """A date as it is shown: 2026-11-21."""
    return f"{datetime.fromisoformat(moment) if isinstance(moment, str) else moment:%Y-%m-%d}"


DAY = timedelta(days=1)
