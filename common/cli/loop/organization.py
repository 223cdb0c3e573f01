"""Steps of the section on organization licences: get it, apply it, update it by hand."""

from collections.abc import Callable

from common.cli import selfhost
from common.cli.client import RequestFailed, register
from common.cli.loop.step import step
from common.cli.loop.world import PASSWORD, StepFailed, World, day, expect
from common.cli.organizations import buy_organization, license_text, open_organization
from common.documents import LICENSES
from common.enums import PlanType

SEATS = 10
ADDED_SEATS = 5
INSTALLATION_ID_LINE = "globalSettings__installation__id"


@step(LICENSES, "register")
def register_owner(world: World) -> str:
    email = world.email("owner")
    world.owner_on_cloud = register(world.cloud, world.mailbox, email, PASSWORD, "Loop Owner", world.ids)
    world.owner_here = register(world.instance, world.mailbox, email, PASSWORD, "Loop Owner", world.ids)
    return f"email: {email}"


@step(LICENSES, "subscribe")
def subscribe(world: World) -> str:
    name = world.name
    world.cloud_organization = buy_organization(world.owner_on_cloud, name, PlanType.ENTERPRISE_ANNUALLY, seats=SEATS)
    world.paid_until = world.cloud_period_end()
    return f"name: {name}, seats: {SEATS}, periodEndDate: {day(world.paid_until)}"


@step(LICENSES, "installation")
def find_installation(world: World) -> str:
    world.installation = selfhost.environment_value(world.home, INSTALLATION_ID_LINE)
    found = world.cloud_us.get(f"/api/installations/{world.installation}")
    expect(found["enabled"], True, "the installation is enabled in the US region")
    refusal = refused(404, lambda: world.cloud_eu.get(f"/api/installations/{world.installation}"))
    return f"id: {world.installation}, US: 200, EU: 404 {refusal}"


@step(LICENSES, "download-organization-license")
def download_organization_license(world: World) -> str:
    world.license = world.download_license()
    expect(world.license["id"], world.cloud_organization, "id in the license")
    expect(world.license["installationId"], world.installation, "installation id in the license")
    expect(world.license["seats"], SEATS, "seats in the license")
    return f"version: {world.license['version']}, seats: {SEATS}, expires: {day(world.license['expires'])}"


@step(LICENSES, "create-organization")
def create_organization(world: World) -> str:
    world.organization = open_organization(world.owner_here, world.license)
    created = world.here()
    expect(created["enabled"], True, "the new organization is enabled")
    expect(created["seats"], SEATS, "seats of the new organization")
    return f"name: {created['name']}, seats: {created['seats']}"


@step(LICENSES, "add-seats")
def add_seats(world: World) -> str:
    return f"cloud seats: {change_seats(world, ADDED_SEATS)}, self-hosted seats: {world.here()['seats']}"


@step(LICENSES, "manual-update")
def update_manually(world: World) -> str:
    before = world.here()["seats"]
    world.license = world.download_license()
    upload_license(world)
    after = world.here()["seats"]
    expect(after, world.license["seats"], "seats after the upload")
    expect(after, before + ADDED_SEATS, "seats after the upload")
    return f"seats: {before} → {after}"


@step(LICENSES, "version-not-supported")
def update_old_server(world: World) -> str:
    world.bitwarden_sh("release", "v2023.10")
    try:
        refusal = refused(400, lambda: upload_license(world))
    finally:
        world.bitwarden_sh("update")
    expect(refusal, f"Version {world.license['version']} is not supported.", "the answer of release 2023.10")
    upload_license(world)
    return f"v2023.10: 400 {refusal} → update → {world.instance.get('/api/version')}: 200"


@step(LICENSES, "families-manual-only")
def refuse_families(world: World) -> str:
    name = f"Family {world.tag}"
    family = buy_organization(world.owner_on_cloud, name, PlanType.FAMILIES_ANNUALLY)
    path = f"/organizations/{family}/license"
    here = open_organization(world.owner_here, world.owner_on_cloud.get(path, installationId=world.installation))
    connection = {"type": 1, "organizationId": here, "enabled": True, "config": {"billingSyncKey": "x" * 30}}
    return f"{name}: 400 {refused(400, lambda: world.owner_here.post('/organizations/connections', connection))}"


def upload_license(world: World) -> None:
    """Manual upload of the licence at hand."""
    path = f"/organizations/licenses/self-hosted/{world.organization}"
    world.owner_here.upload(path, license_text(world.license))
    world.owner_here.refresh()


def change_seats(world: World, added: int) -> int:
    """Buy seats in the cloud; how many there are then."""
    organization = f"/organizations/{world.cloud_organization}"
    world.owner_on_cloud.post(f"{organization}/subscription", {"seatAdjustment": added})
    return int(world.owner_on_cloud.get(organization)["seats"])


def refused(status: int, call: Callable[[], object]) -> str:
    """The server's words of a call that must be refused with this status. Raises StepFailed when it is not."""
    try:
        call()
    except RequestFailed as failure:
        if failure.status != status:
            raise
        return failure.message
    raise StepFailed(f"was not refused with {status}")
