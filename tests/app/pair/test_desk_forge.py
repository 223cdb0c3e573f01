"""The release dial and the forge at the desk: the same as at each cloud, by the name of the app."""

import base64
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from common.desk.app import create_desk
from common.desk.forge import routes as forge
from common.desk.releases import routes as releases
from common.license.inspection import read_license
from common.license.model import OrganizationLicense
from tests.support.harness import Pair
from tests.support.license_loop import Loop
from tests.support.playing import InProcess


@pytest.fixture
def desk(pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Of a stack that consists of the pair."""
    apps = {"cloud-us": InProcess(pair.cloud), "selfhost": InProcess(pair.selfhost)}
    for module in (forge, releases):
        monkeypatch.setattr(module, "transports_of", lambda home: apps)
    return create_desk(tmp_path / "mails", tmp_path).test_client()


def test_a_cloud_is_dialled_at_the_desk(desk: FlaskClient, pair: Pair) -> None:
    assert desk.get("/_sim/releases").get_json()["simulated"] == {"cloud-us": "2026.8.0", "selfhost": "2026.8.0"}
    chosen = desk.put("/_sim/releases/cloud-us", json={"release": "v2024.1"})
    assert chosen.get_json() == {"simulated": {"cloud-us": "2024.1.0", "selfhost": "2026.8.0"}}
    assert pair.cloud.client.get("/api/version").json() == "2024.1.0"


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("cloud_us", {"release": "v2024.1"}, "There is no app 'cloud_us'. There are: cloud-us, selfhost."),
        ("cloud-us", {"release": "v1.1"}, "Release 1.1.0 is not known: the table goes from 1.9.0 to 2026.8.0."),
        ("cloud-us", {}, "Send a JSON object with release."),
    ],
)
def test_unknown_apps_and_releases_are_refused(desk: FlaskClient, path: str, body: object, message: str) -> None:
    answer = desk.put(f"/_sim/releases/{path}", json=body)
    assert (answer.status_code, answer.get_json()) == (400, {"message": message})


def test_a_licence_is_forged_at_the_desk(desk: FlaskClient, pair: Pair) -> None:
    Loop(pair)
    made = desk.post("/_sim/forge/disabled,no-token", json={"app": "cloud-us"}).get_json()
    licence = read_license(base64.b64decode(made["content"]))
    assert isinstance(licence, OrganizationLicense)
    assert (licence.enabled, licence.token, made["fileName"]) == (False, None, "bitwarden_organization_license.json")
    assert len(desk.get("/_sim/forge").get_json()["data"]) >= 30
    assert desk.post("/_sim/forge/expird", json={}).status_code == 409
    assert desk.post("/_sim/forge/expired", json={"app": "selfhost"}).status_code == 400
