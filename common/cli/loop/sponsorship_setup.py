"""Steps 1 to 3 of the page on sponsorships: cloud communication, the billing sync token, and applying it."""

from common.cli import selfhost
from common.cli.loop import automatic_sync, organization
from common.cli.loop.organization import INSTALLATION_ID_LINE, upload_license
from common.cli.loop.step import step
from common.cli.loop.world import World, expect
from common.cli.organizations import open_organization
from common.documents import SPONSORSHIPS

COMMUNICATION = "globalSettings__enableCloudCommunication"


@step(SPONSORSHIPS, "enterprise-organization")
def subscribe(world: World) -> str:
    organization.register_owner.act(world)
    return f"{world.region}: {organization.subscribe.act(world)}"


@step(SPONSORSHIPS, "cloud-communication")
def enable_communication(world: World) -> str:
    selfhost.set_environment_lines(world.home, **{COMMUNICATION: "true"})
    return "enableCloudCommunication=true"


@step(SPONSORSHIPS, "rebuild")
def rebuild(world: World) -> str:
    return rebuild_and_start(world)


def rebuild_and_start(world: World) -> str:
    """Put the settings on disk into effect."""
    world.bitwarden_sh("rebuild")
    world.bitwarden_sh("start")
    expect(world.owner_here.get("/organizations/connections/enabled"), True, "cloud communication")
    world.installation = selfhost.environment_value(world.home, INSTALLATION_ID_LINE)
    return f"connections/enabled: true, installation: {world.installation}"


@step(SPONSORSHIPS, "firewall")
def check_firewall(world: World) -> str:
    version = world.cloud.get("/api/version")
    issuer = world.cloud.get("/identity/.well-known/openid-configuration")["issuer"]
    return f"api: {version}, identity: {issuer}"


@step(SPONSORSHIPS, "generate-token")
def generate_token(world: World) -> str:
    return automatic_sync.generate_token.act(world)


@step(SPONSORSHIPS, "license")
def update_license(world: World) -> str:
    world.license = world.download_license()
    world.organization = open_organization(world.owner_here, world.license)
    world.license = world.download_license()
    upload_license(world)
    expect(world.here()["enabled"], True, "the organization is enabled")
    return f"name: {world.here()['name']}, version: {world.license['version']}, installation: {world.installation}"


@step(SPONSORSHIPS, "save-token")
def save_token(world: World) -> str:
    return automatic_sync.save_token.act(world)
