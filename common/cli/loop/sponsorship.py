"""What the steps about sponsorships look at and press: states, runs of the sync, the portal's button."""

from datetime import datetime
from typing import Any

from common.cli.loop.world import StepFailed, World, day, expect

SYNC_FAILED = "Organization sync failed"
_SHOWN_STATUS = {
    "requested": "Requested",
    "sent": "Sent",
    "active": "Active",
    "requestRemoved": "Removed (awaiting sync)",
}


def expect_state(world: World, status: str, *, awaiting: bool) -> None:
    """The one sponsorship has this status word on the instance, and waits for a sync or not."""
    state = _state(world)
    expect((state["status"], state["awaitingSync"]), (status, awaiting), "status and Awaiting Sync")


def shown(world: World) -> str:
    """The status as the vault words it."""
    state = _state(world)
    if state["status"] == "revokeWhenExpired":
        word = f"Expires {day(state['validUntil'])}"
    else:
        word = _SHOWN_STATUS[state["status"]]
    return f"{word}, Awaiting Sync" if state["awaitingSync"] else word


def _state(world: World) -> dict[str, Any]:
    found = states_of(world)
    if len(found) != 1:
        raise StepFailed(f"{len(found)} sponsorships on the instance, expected one")
    return found[0]


def states_of(world: World) -> list[dict[str, Any]]:
    """The organization's sponsorships as the instance has them."""
    return list(world.instance.get(f"/_sim/organizations/{world.organization}/sponsorships")["data"])


def valid_until(world: World) -> datetime:
    """Until when the sponsored organization is paid for, as far as the instance knows."""
    return datetime.fromisoformat(_state(world)["validUntil"])


def is_sponsored(world: World) -> bool:
    """Whether the Families organization is on the sponsored price."""
    answer = world.family.get(f"/organizations/{world.family_organization}/subscription")
    return any(item["sponsoredSubscriptionItem"] for item in answer["subscription"]["items"])


def sync_by_hand(world: World) -> str:
    """Manual Sync in the portal; the tally on the page. Raises StepFailed when the page shows an error."""
    page = world.portal.manual_sync(world.name)
    if "Error" in page.facts:
        raise StepFailed(f"{page.facts['Error']}: {page.facts.get('What to do', '')}")
    expect("Billing Synced!" in page.text, True, "the portal says Billing Synced!")
    return page.facts["Status"]


def sync_by_itself(world: World, moment: datetime) -> dict[str, Any]:
    """Move time to a moment at least a day away and wait for the daily job; its run of this organization."""
    before = _newest_run(world)["number"]
    world.travel_to(moment)
    world.wait_until(lambda: _daily_run_since(world, before) is not None, "the daily sync")
    run = _daily_run_since(world, before)
    if run is None:
        raise StepFailed("the daily sync has vanished")
    return run


def _newest_run(world: World) -> dict[str, Any]:
    return dict(_runs(world)[0])


def _daily_run_since(world: World, number: int) -> dict[str, Any] | None:
    """The daily run after the one of this number, when it is through."""
    daily = (run for run in _runs(world) if run["trigger"] == "daily" and run["finishedAt"])
    return next((run for run in daily if run["number"] > number), None)


def _runs(world: World) -> list[dict[str, Any]]:
    return list(world.instance.get("/_sim/sponsorships/runs", organizationId=world.organization)["data"])
