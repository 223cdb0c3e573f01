"""The contract's cases asked in process: a cloud and an instance of its, no sockets."""

import re
from dataclasses import dataclass

from tests.support.harness import Side, Workshop
from wardenloop.contract.cases import load_cases
from wardenloop.contract.runner import Result, run_cases
from wardenloop.contract.stage import Stage
from wardenloop.contract.states import STATES
from wardenloop.contract.target import Target


@dataclass
class SentMails:
    """The mails of an app in process, as a mailbox."""

    side: Side

    def links(self, to: str) -> list[str]:
        """Newest first."""
        mails = (mail for mail in reversed(self.side.mails) if mail.to == to)
        return [link for mail in mails for link in re.findall(r"https?://\S+", mail.text)]


def stage_of(side: Side, name: str, cloud: Stage | None = None, **values: str) -> Stage:
    """An app as the runner's target. values: `installation__id`."""
    target = Target(side.base_url, session=side.new_client())
    known = {each.replace("__", "."): value for each, value in values.items()}
    return Stage(target, STATES[name], known, SentMails(side), cloud)


def stages_of(workshop: Workshop) -> dict[str, Stage]:
    """A cloud, and an instance that has an installation there."""
    cloud = workshop.cloud()
    told = cloud.client.post("/api/installations", json={"email": "contract@example.com"}).json()
    instance = workshop.selfhost(
        cloud,
        globalSettings__enableCloudCommunication="true",
        globalSettings__installation__id=told["id"],
        globalSettings__installation__key=told["key"],
        globalSettings__installation__apiUri="https://api.bitwarden.com",
        globalSettings__installation__identityUri="https://identity.bitwarden.com",
    )
    there = stage_of(cloud, "cloud")
    return {
        "cloud": stage_of(cloud, "cloud"),
        "selfhost": stage_of(instance, "selfhost", there, installation__id=told["id"], installation__key=told["key"]),
    }


def ask_everything(workshop: Workshop) -> list[Result]:
    """All cases, each on its side."""
    stages = stages_of(workshop)
    return [
        result
        for side, stage in stages.items()
        for result in run_cases((case for case in load_cases() if case.side == side), stage)
    ]
