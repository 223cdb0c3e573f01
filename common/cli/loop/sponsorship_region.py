"""The EU variant: the instance moves to the EU region, at first as people do it, with the four lines half forgotten.

At the end it gets back the lines it had: other organizations on it have licences of the other region.
"""

from datetime import datetime
from typing import Final

from common.cli import selfhost
from common.cli.loop.automatic_sync import trigger_sync
from common.cli.loop.organization import INSTALLATION_ID_LINE, refused
from common.cli.loop.sponsorship import SYNC_FAILED, expect_state
from common.cli.loop.sponsorship_setup import rebuild_and_start
from common.cli.loop.step import step
from common.cli.loop.world import LICENSE_CHECK, World, expect
from common.documents import SPONSORSHIPS
from common.enums import ConnectionType

INSTALLATION_KEY_LINE = "globalSettings__installation__key"
CLOUD_REGION = "globalSettings__baseServiceUri__cloudRegion"
EU_LINES: Final = {
    CLOUD_REGION: "EU",
    "globalSettings__installation__identityUri": "https://identity.bitwarden.eu",
    "globalSettings__installation__apiUri": "https://api.bitwarden.eu",
    "globalSettings__pushRelayBaseUri": "https://push.bitwarden.eu",
}
_SOON = 600.0
"""Seconds; longer than a run is in the other region."""


@step(SPONSORSHIPS, "installation-of-the-region")
def move_to_region(world: World) -> str:
    """The id and key of the region, and of the settings only the region: the others stay those of the US."""
    _wait_past_license_check(world)
    made = world.cloud.post("/api/installations", {"email": world.email("owner")})
    elsewhere = refused(404, lambda: world.other_cloud.get(f"/api/installations/{made['id']}"))
    world.found_environment = world.home.environment_file.read_text("utf-8")
    values = {INSTALLATION_ID_LINE: made["id"], INSTALLATION_KEY_LINE: made["key"], CLOUD_REGION: world.region}
    selfhost.set_environment_lines(world.home, **values)
    return f"cloudRegion={world.region}, id: {made['id']}, {world.region}: 200, US: 404 {elsewhere}"


def _wait_past_license_check(world: World) -> None:
    """The instance's own check must not come upon the licences of one region while it belongs to the other one."""
    due = datetime.fromisoformat(world.job(LICENSE_CHECK)["nextRun"])
    if (due - world.now()).total_seconds() < _SOON:
        world.travel_to(due)
        world.wait_until(lambda: world.validation_run_after(due), "the due check of the licenses")


@step(SPONSORSHIPS, "wrong-region")
def fail_in_wrong_region(world: World) -> str:
    page = world.portal.manual_sync(world.name)
    expect(page.facts.get("Error"), SYNC_FAILED, "the result of the sync")
    advice = page.facts["What to do"]
    expect("invalid-client" in advice, True, "the reason names invalid_client")
    expect_state(world, "requested", awaiting=True)
    words = refused(400, lambda: trigger_sync(world))
    return f"Manually Sync: {SYNC_FAILED} | {advice} | Sync License: 400 {words}"


@step(SPONSORSHIPS, "eu-settings")
def set_eu_lines(world: World) -> str:
    selfhost.set_environment_lines(world.home, **EU_LINES)
    return ", ".join(EU_LINES.values())


@step(SPONSORSHIPS, "rebuild-again")
def rebuild_for_eu(world: World) -> str:
    return rebuild_and_start(world)


@step(SPONSORSHIPS, "back-to-the-us")
def return_to_found_region(world: World) -> str:
    _switch_connection_off(world)
    leave_as_found(world)
    return f"{CLOUD_REGION}={selfhost.environment_value(world.home, CLOUD_REGION)}"


def leave_as_found(world: World) -> None:
    """Put the instance's environment file back, if the run changed its region, and into effect."""
    if world.found_environment is None:
        return
    world.home.environment_file.write_text(world.found_environment, "utf-8")
    world.found_environment = None
    world.bitwarden_sh("rebuild")
    world.bitwarden_sh("start")


def _switch_connection_off(world: World) -> None:
    """The daily sync would ask the US about an organization of the EU every day, in vain."""
    kind = int(ConnectionType.CLOUD_BILLING_SYNC)
    connection = world.owner_here.get(f"/organizations/connections/{world.organization}/{kind}")
    body = {
        "type": kind,
        "organizationId": world.organization,
        "enabled": False,
        "config": {"billingSyncKey": world.billing_sync_token},
    }
    world.owner_here.call("PUT", f"/organizations/connections/{connection['id']}", json=body)
