"""The page that gives out installation ids and keys."""

import re

import pytest

from tests.support.harness import Side, Workshop
from tests.support.visitor import Visitor

EU_LINES = (
    "globalSettings__baseServiceUri__cloudRegion=EU",
    "globalSettings__installation__identityUri=https://identity.bitwarden.eu",
    "globalSettings__installation__apiUri=https://api.bitwarden.eu",
    "globalSettings__pushRelayBaseUri=https://push.bitwarden.eu",
)


def shown(page: str, testid: str) -> str:
    found = re.search(rf'data-testid="{re.escape(testid)}">([^<]+)<', page)
    assert found, page
    return found[1]


@pytest.mark.parametrize(("region", "more"), [("US", ()), ("EU", EU_LINES)])
def test_id_and_key_are_shown_once_with_the_lines_for_the_server(
    workshop: Workshop, region: str, more: tuple[str, ...]
) -> None:
    cloud = workshop.cloud(region)
    page = Visitor(cloud).submit("/host", {"email": "admin@acme.example"}).text
    installation, key = shown(page, "x.installationId"), shown(page, "x.installationKey")
    assert len(key) == 20
    assert "Copy the key now: it is shown only once." in page
    own = (f"globalSettings__installation__id={installation}", f"globalSettings__installation__key={key}")
    assert tuple(shown(page, "x.hostEnvSnippet").splitlines()) == own + more
    known = cloud.client.get(f"/api/installations/{installation}").json()
    assert (known["enabled"], known["key"]) == (True, None)
    form = {"grant_type": "client_credentials", "client_id": f"installation.{installation}", "client_secret": key}
    token = cloud.client.post("/identity/connect/token", data=form | {"scope": "api.licensing"})
    assert token.status_code == 200


@pytest.mark.parametrize("email", ["", "nobody", "a" * 250 + "@b.example"])
def test_an_address_that_is_none_is_said_at_the_field(cloud: Side, email: str) -> None:
    answer = Visitor(cloud).submit("/host", {"email": email}, script=True)
    assert (answer.status_code, list(answer.json["fields"])) == (400, ["email"])


def test_without_another_region_only_this_one_is_offered(cloud: Side) -> None:
    assert re.findall(r'name="region" value="(\w+)"', Visitor(cloud).get("/host").text) == ["US"]


def test_the_other_region_has_a_page_of_its_own(workshop: Workshop) -> None:
    visitor = Visitor(workshop.cloud(other_region_url="http://eu.test:8402"))
    page = visitor.get("/host").text
    assert re.findall(r'name="region" value="(\w+)"', page) == ["US", "EU"]
    fields = {"email": "admin@acme.example", "region": "EU"}
    elsewhere = "http://eu.test:8402/host?email=admin%40acme.example&chosen="
    assert visitor.submit("/host", fields, script=True).json == {"location": elsewhere}
    plain = visitor.submit("/host", fields)
    assert (plain.status_code, f'href="{elsewhere.replace("&", "&amp;")}"' in plain.text) == (200, True)
    assert "x.installationKey" not in plain.text


def test_the_address_comes_along_and_is_escaped(cloud: Side) -> None:
    page = Visitor(cloud).get("/host?email=%22%3E%3Cb%3E").text
    assert 'value="&#34;&gt;&lt;b&gt;"' in page


def test_whoever_was_sent_from_the_other_region_is_told_what_to_press(workshop: Workshop) -> None:
    visitor = Visitor(workshop.cloud("EU", other_region_url="http://us.test:8401"), "zh-CN")
    assert "您选择的数据区域是欧盟" in visitor.get("/host?email=admin%40acme.example&chosen=").text
    assert 'data-testid="x.hostArrived"' not in visitor.get("/host").text


def test_the_instance_of_a_stack_has_an_id_already_and_the_page_says_so(workshop: Workshop) -> None:
    stack = Visitor(workshop.cloud(mailbox_url="http://127.0.0.1:8404/mailbox"))
    assert "has an ID and key already" in shown(stack.get("/host").text, "x.hostHasOne")
    alone = Visitor(workshop.cloud("EU"))
    assert 'data-testid="x.hostHasOne"' not in alone.get("/host").text
