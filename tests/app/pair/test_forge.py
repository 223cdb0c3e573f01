"""Every forged licence is applied, and answered as the forge's list says: created, updated, synced, by each release."""

import base64
from typing import Any

import pytest
import requests

from common.license.forged_answers import RELEASES, answers_of
from common.license.forging import DEFECTS
from common.license.inspection import read_license
from common.license.model import OrganizationLicense
from tests.support.harness import WRAPPED_KEY, Pair, Workshop, make_pair
from tests.support.license_loop import LICENSES, Answering, Loop
from tests.support.scenarios import new_organization

NEWEST = RELEASES[0]
API = "http://cloud-us.test/api/licenses/"


def forge(pair: Pair, defects: str, **wanted: Any) -> bytes:
    """What `POST /_sim/forge/{defects}` gives."""
    body = {"installationId": pair.installation["id"]} | wanted
    answer = pair.cloud.client.post(f"/_sim/forge/{defects}", json=body)
    assert answer.status_code == 200, answer.text
    return base64.b64decode(answer.json()["content"])


class Forger:
    """A pair of one release on both sides, with an organization to update and an account to create one."""

    def __init__(self, pair: Pair, release: str) -> None:
        self.pair, self.release = pair, release
        chosen = pair.cloud.client.put("/_sim/releases/cloud-us", json={"release": release})
        assert chosen.json()["release"] == release, chosen.text
        self.loop = Loop(pair)
        self.good = self.loop.download()
        for name in ("ann", "bob"):
            member = {"emails": [f"{name}@acme.example"], "type": 2, "collections": [], "groups": []}
            assert self.loop.pair.owner.api.post(f"/api/organizations/{self.loop.id}/users/invite", json=member).ok

    def update(self, content: bytes) -> requests.Response:
        return self._upload(f"{LICENSES}/{self.loop.id}", content)

    def create(self, content: bytes) -> requests.Response:
        return self._upload(LICENSES, content, key=WRAPPED_KEY)

    def sync(self, content: bytes) -> requests.Response:
        self.pair.selfhost.app.extensions["wardenloop"].http.mount(API, Answering(content))
        answer = self.loop.sync()
        self.pair.selfhost.app.extensions["wardenloop"].http.adapters.pop(API)
        return answer

    def put_back(self) -> None:
        """The organization has its good licence again."""
        assert self.update(self.good).status_code == 200

    def _upload(self, path: str, content: bytes, **fields: str) -> requests.Response:
        files: dict[str, Any] = {name: (None, value) for name, value in fields.items()}
        return self.pair.owner.api.post(path, files=files | {"license": ("l.json", content)})


@pytest.fixture
def forger(workshop: Workshop, request: pytest.FixtureRequest) -> Forger:
    release = getattr(request, "param", NEWEST)
    return Forger(make_pair(workshop, wardenloop__release=release), release)


def expected(defect: str, release: str, operation: str) -> str | None:
    """What the list says, with the seats of this organization filled in."""
    text = answers_of(defect)[release][operation]
    return text and text.replace("{occupied}", "3")


def check(answer: requests.Response, text: str | None) -> str | None:
    """What is wrong with an answer; None when it is the expected one."""
    got = None if answer.status_code == 200 else answer.json()["message"]
    agree = got is not None and got.startswith(text[:-3]) if text and text.endswith("...") else got == text
    return None if agree else f"{got!r} instead of {text!r}"


@pytest.mark.sweep
@pytest.mark.parametrize("forger", RELEASES, indirect=True)
def test_every_defect_is_answered_as_listed(forger: Forger) -> None:
    owner, wrong = forger.pair.owner, {}
    proof = {"masterPasswordHash": owner.password_hash}
    contents = {defect: forge(forger.pair, defect) for defect in DEFECTS}
    for defect, content in contents.items():
        for operation, apply in (("update", forger.update), ("sync", forger.sync)):
            answer = apply(content)
            wrong[defect, operation] = check(answer, expected(defect, forger.release, operation))
            if answer.status_code == 200:
                forger.put_back()
    assert owner.api.delete(f"/api/organizations/{forger.loop.id}", json=proof).status_code == 200
    for defect, content in contents.items():
        answer = forger.create(content)
        wrong[defect, "create"] = check(answer, expected(defect, forger.release, "create"))
        if answer.status_code == 200:
            assert owner.api.delete(f"/api/organizations/{answer.json()['id']}", json=proof).status_code == 200
    assert not {case: problem for case, problem in wrong.items() if problem}


def test_a_fault_spoils_the_licence_that_a_call_hands_out(forger: Forger) -> None:
    """Synced over the real call; what is not a licence then is a failed sync."""
    fault = {"operation": "GET /api/licenses/organization/{organization_id}", "times": 1}
    for defect in ("disabled", "bad-signature", "truncated"):
        added = forger.pair.cloud.client.post("/_sim/faults", json=fault | {"do": {"licence": defect}})
        assert added.status_code == 200, added.text
        assert check(forger.loop.sync(), expected(defect, NEWEST, "sync")) is None
    assert forger.loop.sync().status_code == 200


def test_defects_are_composed_in_any_order(forger: Forger) -> None:
    """Everything that is wrong is told; what contradicts itself is refused."""
    files = [
        forge(forger.pair, names) for names in ("no-token,disabled,wrong-installation", "disabled,no-token,expired")
    ]
    texts = [forger.update(content).json()["message"] for content in files]
    assert texts == [
        "Invalid license. Your cloud-hosted organization is currently disabled.\n"
        "The installation ID does not match the current installation.",
        "Invalid license. Your cloud-hosted organization is currently disabled.\nThe license has expired.",
    ]
    ruin = forger.pair.cloud.client.post("/_sim/forge/no-token,token-only", json={})
    assert (ruin.status_code, ruin.json()["message"]) == (400, "no-token and token-only cannot be combined.")
    unknown = forger.pair.cloud.client.post("/_sim/forge/expird", json={})
    assert unknown.status_code == 400
    assert unknown.json()["message"].startswith("There is no defect 'expird'. There are: expired, lapsed, ")


def test_a_file_that_somebody_brings(forger: Forger) -> None:
    """Signed by the test certificate, or by nobody."""
    brought = base64.b64encode(forger.loop.download()).decode()
    signed = forge(forger.pair, "seats-changed,no-token", file=brought)
    assert forger.update(signed).json()["message"] == expected("seats-changed", NEWEST, "update")
    unsigned = read_license(forge(forger.pair, "seats-changed", file=brought, unsigned=True))
    assert (unsigned.hash, unsigned.signature, unsigned.token) == (None, None, None)
    nonsense = forger.pair.cloud.client.post("/_sim/forge/expired", json={"file": base64.b64encode(b"{]").decode()})
    assert nonsense.status_code == 400 and nonsense.json()["message"].startswith("The file is no license: ")


def test_what_to_begin_with_is_asked_for(pair: Pair) -> None:
    def refusal(**body: Any) -> str:
        answer = pair.cloud.client.post("/_sim/forge/expired", json=body)
        assert answer.status_code == 400
        return answer.json()["message"]

    assert refusal() == "There is no organization here yet."
    loop = Loop(pair)
    assert refusal(organization="Nobody") == "No organizations here have the id or name 'Nobody'."
    assert pair.cloud.client.post("/_sim/forge/expired", json={"user": "nobody@example.com"}).status_code == 404
    assert pair.cloud.client.post("/_sim/forge/expired", json={"organization": loop.cloud_id}).status_code == 200
    never = new_organization(pair.cloud_owner, name="Never")["id"]
    made = read_license(forge(pair, "expired", organization=never, installationId=None))
    assert isinstance(made, OrganizationLicense)
    assert str(made.installation_id) == pair.installation["id"]
