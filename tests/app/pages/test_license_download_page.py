"""The dialog that gives an owner the organization's licence file."""

import json
import uuid

import pytest

from tests.support.harness import Person, Side
from tests.support.scenarios import download_license, new_organization
from tests.support.visitor import Visitor

EXAMPLE = "An installation ID looks like 3f2b9c1e-6a57-4d0b-9b1a-b2c40101aaaa."


@pytest.fixture
def owner(cloud: Side) -> Person:
    return cloud.sign_up("olivia@acme.example")


@pytest.fixture
def path(owner: Person) -> str:
    return f"/organizations/{new_organization(owner)['id']}/billing/license"


@pytest.fixture
def visitor(cloud: Side, owner: Person) -> Visitor:
    return Visitor(cloud).log_in(owner)


def installation(side: Side) -> str:
    return str(side.client.post("/api/installations", json={"email": "a@acme.example"}).json()["id"])


def test_the_file_is_made_for_the_installation_that_was_given(cloud: Side, path: str, visitor: Visitor) -> None:
    server = installation(cloud)
    answer = visitor.submit(path, {"installationId": f"  {server.upper()} "})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="bitwarden_organization_license.json"'
    assert answer.text.startswith('{\n  "licenseKey": ')
    assert json.loads(answer.text)["installationId"] == server
    console = path.replace("license", "subscription")
    assert server in visitor.get(console).text


def test_the_file_carries_what_clients_get(owner: Person, path: str, visitor: Visitor) -> None:
    server = installation(owner.side)
    answer = visitor.submit(path, {"installationId": server})
    wire = download_license(owner, path.split("/")[2], server)
    changing = {"issued", "hash", "signature", "token"}
    file = json.loads(answer.text)
    assert {key: file[key] for key in file.keys() - changing} == {key: wire[key] for key in wire.keys() - changing}


@pytest.mark.parametrize(("typed", "text"), [("", "Input is required."), ("nonsense", EXAMPLE)])
def test_what_is_no_id_is_said_at_the_field(path: str, visitor: Visitor, typed: str, text: str) -> None:
    answer = visitor.submit(path, {"installationId": typed}, script=True)
    assert answer.status_code == 400
    assert answer.json["fields"] == {"installationId": [text]}


def test_an_id_of_nobody_is_the_wires_refusal(path: str, cloud: Side, owner: Person) -> None:
    answer = Visitor(cloud, "zh-CN").log_in(owner).submit(path, {"installationId": str(uuid.uuid4())}, script=True)
    assert (answer.status_code, answer.json["message"]) == (400, "Invalid installation id")
    assert answer.json["gloss"] == "安装 ID 无效（不存在、已禁用或属于另一个数据区域）。"


def test_an_ended_subscription_gives_no_file(cloud: Side, path: str, visitor: Visitor) -> None:
    cloud.client.post(f"/_sim/organizations/{path.split('/')[2]}/subscription/cancel")
    answer = visitor.submit(path, {"installationId": installation(cloud)}, script=True)
    assert answer.json["message"].startswith("Unable to generate license due to a payment issue.")


def test_only_owners_get_it(cloud: Side, path: str) -> None:
    stranger = Visitor(cloud).log_in(cloud.sign_up("eve@example.com"))
    assert stranger.get(path).status_code == 404
    stolen = stranger.submit("/vault", {}, "/logout")
    assert stolen.status_code == 303
    assert stranger.get(path).location.startswith("/login")
