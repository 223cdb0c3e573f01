"""What goes wrong on the way, and what people read then: the literal text of the server, in Chinese with its meaning.

Source: fidelity.md: pages.errors, pages.organization-billing, pages.shell; documents 000 and 002.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from common.cli.client import Client
from common.cli.organizations import buy_organization, license_text, open_organization
from common.enums import ApiKeyType, ConnectionType, PlanType
from common.ids import SystemIds
from tests.support import steps
from tests.support.browser import Person
from tests.support.stack import COMMUNICATION, Stack

NOBODY = "11111111-2222-4333-8444-555555555555"
NO_SERVER = "http://127.0.0.1:9"
SYNC_FAILED = "An error has occurred. Check your internet connection and ensure the billing token is correct."
OLD_RELEASE = "v2023.10"


@dataclass
class Acme:
    """An organization on both sides. token: of billing sync. owner, owner_here: other clients of the owner's."""

    email: str
    cloud_id: str
    id: str
    token: str
    owner: Client
    owner_here: Client

    def file(self, installation_id: str) -> dict[str, Any]:
        """Its licence, fresh: a test may have moved time."""
        path = f"/organizations/{self.cloud_id}/license"
        downloaded: dict[str, Any] = self.owner.get(path, installationId=installation_id)
        return downloaded


@dataclass
class Scene:
    """An owner who is at the instance, and the files at hand."""

    owner: Person
    acme: Acme
    stack: Stack
    folder: Path

    def license(self, **changes: Any) -> dict[str, Any]:
        """The organization's, as issued, then changed by hand."""
        return self.acme.file(self.stack.installation_id) | changes

    def file(self, name: str, content: dict[str, Any] | str) -> Path:
        """A file on the owner's disk."""
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else license_text(content), "utf-8")
        return path

    def uploads_new(self, path: Path) -> None:
        """New organization from a file."""
        self.owner.goes_to(self.stack.urls["selfhost"] + "/create-organization")
        self.owner.attaches(path)
        self.owner.presses("submit")

    def opens_subscription(self, app: str = "selfhost") -> None:
        """Billing -> Subscription."""
        known_as = self.acme.id if app == "selfhost" else self.acme.cloud_id
        self.owner.goes_to(f"{self.stack.urls[app]}/organizations/{known_as}/billing/subscription")

    def uploads_update(self, path: Path) -> None:
        """Manual upload."""
        self.opens_subscription()
        self.owner.chooses("manualUpload")
        self.owner.attaches(path)
        self.owner.presses("submit")


@pytest.fixture(scope="module")
def acme(stack: Stack) -> Acme:
    """Made with other clients than the browser; cloud communication is on."""
    tag = SystemIds().digits(6)
    email, name = f"errors-{tag}@ui.example", f"Errors {tag}"
    stack.configure(**{COMMUNICATION: "true"})
    cloud, here = stack.register("cloud_us", email, "Erik Owner"), stack.register("selfhost", email, "Erik Owner")
    cloud_id = buy_organization(cloud, name, PlanType.ENTERPRISE_ANNUALLY, seats=5)
    file = cloud.get(f"/organizations/{cloud_id}/license", installationId=stack.installation_id)
    organization = open_organization(here, file)
    token = _billing_token(cloud, cloud_id)
    kind = int(ConnectionType.CLOUD_BILLING_SYNC)
    body = {"type": kind, "organizationId": organization, "enabled": True, "config": {"billingSyncKey": token}}
    here.post("/organizations/connections/", body)
    return Acme(email, cloud_id, organization, token, cloud, here)


def _billing_token(client: Client, organization: str) -> str:
    secret = {"type": int(ApiKeyType.BILLING_SYNC), "masterPasswordHash": client.password_hash}
    return str(client.post(f"/organizations/{organization}/api-key", secret)["apiKey"])


@pytest.fixture
def scene(stack: Stack, acme: Acme, person: Callable[..., Person], tmp_path: Path) -> Scene:
    """In Chinese, where both the literal text and its meaning have to be shown."""
    owner = person("Erik Owner", "zh-CN", email=acme.email)
    steps.has_logged_in(owner, stack, "selfhost")
    return Scene(owner, acme, stack, tmp_path)


def test_wrong_master_password(stack: Stack, person: Callable[..., Person], acme: Acme) -> None:
    """In English, where the literal text stands alone."""
    owner = person("Erik Owner", email=acme.email)
    owner.goes_to(stack.urls["selfhost"] + "/login")
    steps.fills_login(owner, "not the right one")
    owner.is_refused("Username or password is incorrect. Try again.")
    owner.reads(acme.email)
    owner.fills("masterPass", owner.password)
    owner.presses("loginWithMasterPassword")
    expect(owner.tab.get_by_role("heading", level=1)).not_to_have_text(owner.t("logIn"))


class TestInTheCloud:
    @pytest.fixture
    def in_cloud(self, stack: Stack, acme: Acme, person: Callable[..., Person], tmp_path: Path) -> Scene:
        """The owner at the cloud's subscription page."""
        owner = person("Erik Owner", "zh-CN", email=acme.email)
        steps.has_logged_in(owner, stack, "cloud_us")
        scene = Scene(owner, acme, stack, tmp_path)
        scene.opens_subscription("cloud_us")
        return scene

    def test_wrong_master_password_for_the_token(self, in_cloud: Scene) -> None:
        owner = in_cloud.owner
        owner.follows("viewBillingToken")
        owner.fills("masterPass", "not the right one")
        owner.presses("continue")
        owner.is_refused("Invalid password.")
        expect(owner.front.get_by_label(owner.t("masterPass"))).to_be_visible()

    def test_unknown_installation(self, in_cloud: Scene) -> None:
        owner = in_cloud.owner
        owner.follows("downloadLicense")
        owner.fills("enterInstallationId", NOBODY)
        owner.presses("submit")
        owner.is_refused("Invalid installation id")
        expect(owner.field("enterInstallationId")).to_have_value(NOBODY)

    def test_installation_of_the_other_region(self, in_cloud: Scene) -> None:
        elsewhere = in_cloud.stack.server("cloud_eu").post("/api/installations", {"email": in_cloud.acme.email})
        owner = in_cloud.owner
        owner.follows("downloadLicense")
        owner.fills("enterInstallationId", elsewhere["id"])
        owner.presses("submit")
        owner.is_refused("Invalid installation id")

    def test_no_installation(self, in_cloud: Scene) -> None:
        owner = in_cloud.owner
        owner.follows("downloadLicense")
        owner.presses("submit")
        owner.sees("inputRequired")
        assert not any("installation" in each for each in owner.witness.requests if each.startswith("POST"))


class TestFiles:
    def test_no_license_at_all(self, scene: Scene) -> None:
        scene.owner.goes_to(scene.stack.urls["selfhost"] + "/create-organization")
        scene.owner.attaches(scene.file("notes.json", "shopping list"))
        scene.owner.sees("x.notJson")
        whole = json.dumps(scene.license())
        utf16 = scene.file("utf16.json", "")
        utf16.write_bytes(whole.encode("utf-16"))
        for path, said in (
            (utf16, "x.fileIsUtf16"),
            (scene.file("cut.json", whole[:900]), "x.fileIsCut"),
            (scene.file("other.json", '{"a":1}'), "x.fileIsOtherJson"),
        ):
            scene.owner.attaches(path)
            scene.owner.sees(said)

    def test_changed_by_hand(self, scene: Scene) -> None:
        scene.uploads_new(scene.file("changed.json", scene.license(seats=5000, token=None)))
        scene.owner.is_refused("Invalid license. The license verification failed.")

    def test_changed_token(self, scene: Scene) -> None:
        header, payload, signature = scene.license()["token"].split(".")
        forged = f"{header}.{payload}.{signature[::-1]}"
        scene.uploads_new(scene.file("forged.json", scene.license(token=forged)))
        scene.owner.is_refused("Invalid license. ")

    def test_for_another_installation(self, scene: Scene) -> None:
        other = scene.stack.server("cloud_us").post("/api/installations", {"email": scene.acme.email})["id"]
        scene.uploads_new(scene.file("other.json", scene.acme.file(other)))
        scene.owner.is_refused("The installation ID does not match the current installation.")

    def test_in_use_already(self, scene: Scene) -> None:
        scene.uploads_new(scene.file("again.json", scene.license()))
        scene.owner.is_refused("License is already in use by another organization vault.")

    def test_of_another_organization(self, scene: Scene) -> None:
        cloud, here = scene.acme.owner, scene.stack.sign_in("selfhost", scene.acme.email)
        other = buy_organization(cloud, "Other", PlanType.ENTERPRISE_ANNUALLY, seats=1)
        file = cloud.get(f"/organizations/{other}/license", installationId=scene.stack.installation_id)
        open_organization(here, file)
        scene.uploads_update(scene.file("other.json", file))
        scene.owner.is_refused("License is already in use by another organization vault.")

    def test_of_a_person(self, scene: Scene) -> None:
        scene.stack.server("cloud_us").post(f"/_sim/users/{scene.acme.email}/premium")
        file = scene.acme.owner.get("/account/billing/vnext/license")
        scene.owner.goes_to(scene.stack.urls["selfhost"] + "/create-organization")
        scene.owner.attaches(scene.file("bitwarden_premium_license.json", file))
        scene.owner.sees("x.fileIsPremium")

    def test_of_another_address(self, scene: Scene, person: Callable[..., Person]) -> None:
        stranger = person("Sid Stranger", "zh-CN")
        client = scene.stack.register("cloud_us", stranger.email)
        scene.stack.server("cloud_us").post(f"/_sim/users/{stranger.email}/premium")
        path = scene.file("premium.json", client.get("/account/billing/vnext/license"))
        scene.owner.goes_to(scene.stack.urls["selfhost"] + "/settings/subscription/premium")
        scene.owner.attaches(path)
        scene.owner.presses("submit")
        scene.owner.is_refused("The user's email does not match the license email.")


class TestSettings:
    @pytest.fixture(autouse=True)
    def environment(self, stack: Stack, acme: Acme) -> Iterator[None]:
        """The instance gets its lines back."""
        before = stack.home.environment_file.read_text("utf-8")
        yield
        stack.home.environment_file.write_text(before, "utf-8")
        stack.configure()

    def test_cloud_cannot_be_reached(self, scene: Scene) -> None:
        addresses = ("globalSettings__installation__apiUri", "globalSettings__installation__identityUri")
        scene.stack.configure(**dict.fromkeys(addresses, NO_SERVER))
        scene.opens_subscription()
        scene.owner.presses("syncLicense")
        scene.owner.is_refused(SYNC_FAILED)

    def test_region_without_its_addresses(self, scene: Scene) -> None:
        scene.stack.configure(globalSettings__baseServiceUri__cloudRegion="EU")
        elsewhere = scene.stack.server("cloud_eu").post("/api/installations", {"email": scene.acme.email})
        values = {"id": elsewhere["id"], "key": elsewhere["key"]}
        scene.stack.configure(**{f"globalSettings__installation__{name}": value for name, value in values.items()})
        scene.opens_subscription()
        scene.owner.presses("syncLicense")
        scene.owner.is_refused(SYNC_FAILED)

    def test_communication_is_off(self, scene: Scene) -> None:
        scene.stack.configure(**{COMMUNICATION: "false"})
        scene.opens_subscription()
        expect(scene.owner.field("automaticSync")).to_be_disabled()
        scene.owner.sees("x.cloudCommOffHint")


def test_version_not_supported(scene: Scene) -> None:
    """By an older server; after its update the same file is taken."""
    file = scene.license()
    path = scene.file("new.json", file)
    scene.stack.bitwarden_sh("release", OLD_RELEASE)
    try:
        scene.uploads_update(path)
        scene.owner.is_refused(f"Version {file['version']} is not supported.")
    finally:
        scene.stack.bitwarden_sh("update")
    scene.owner.presses("submit")
    scene.owner.is_told("licenseUploadSuccess")


def test_wrong_token(scene: Scene) -> None:
    scene.opens_subscription()
    scene.owner.follows("manageBillingSync")
    scene.owner.fills("billingSyncKey", "not the token of this organization")
    scene.owner.presses("save")
    scene.owner.is_told("x.tokenSaved")
    scene.owner.presses("syncLicense")
    scene.owner.is_refused(SYNC_FAILED)
    scene.opens_subscription()  # where the first message is gone
    scene.owner.follows("manageBillingSync")
    scene.owner.fills("billingSyncKey", scene.acme.token)
    scene.owner.presses("save")
    scene.owner.is_told("x.tokenSaved")


def test_server_that_does_not_answer(scene: Scene) -> None:
    scene.opens_subscription()
    scene.owner.witness.forgive("net::ERR_FAILED|no answer")
    scene.owner.context.route("**/sync*", lambda route: route.abort())
    scene.owner.presses("syncLicense")
    scene.owner.sees("x.networkDown")
    scene.owner.sees("x.retry")


@pytest.fixture
def renewed_afterwards(stack: Stack, acme: Acme) -> Iterator[None]:
    """Other tests of the same world find a licence that is in force."""
    yield
    fresh = license_text(acme.file(stack.installation_id))
    acme.owner_here.upload(f"/organizations/licenses/self-hosted/{acme.id}", fresh)


@pytest.mark.usefixtures("renewed_afterwards")
def test_expired_license(stack: Stack, acme: Acme, person: Callable[..., Person], tmp_path: Path) -> None:
    """The token of a file lives one year."""
    file = acme.file(stack.installation_id)
    stack.wait_days(400)
    owner = person("Erik Owner", "zh-CN", email=acme.email)
    steps.has_logged_in(owner, stack, "selfhost")
    scene = Scene(owner, acme, stack, tmp_path)
    scene.uploads_new(scene.file("old.json", file))
    owner.is_refused("IDX10223: Lifetime validation failed.")
