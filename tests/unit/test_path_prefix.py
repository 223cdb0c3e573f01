"""An app that also answers below a path, as behind a reverse proxy."""

import pytest

from common.settings import checked_prefix
from tests.support.harness import Workshop


def test_both_spellings_of_a_base_with_a_path_reach_the_app(workshop: Workshop) -> None:
    cloud = workshop.cloud("EU", path_prefix="/eu")
    assert cloud.client.get("/api/version").json() == cloud.client.get("/eu/api/version").json()
    person = cloud.sign_up("a@test.example")
    assert person.api.get("/eu/api/accounts/profile").json()["email"] == "a@test.example"
    refused = cloud.client.post("/eu/identity/connect/token", data={"grant_type": "refresh_token", "client_id": "cli"})
    assert refused.status_code == 400


@pytest.mark.parametrize("path", ["/europe/api/version", "/eu/eu/api/version", "/x/eu/api/version"])
def test_nothing_else_is_below_the_path(workshop: Workshop, path: str) -> None:
    assert workshop.cloud("EU", path_prefix="/eu").client.get(path).status_code == 404


def test_pages_stay_below_the_path(workshop: Workshop) -> None:
    answer = workshop.cloud("EU", path_prefix="/eu").client.get("/eu", allow_redirects=False)
    assert answer.headers["Location"] == "/eu/login"


def test_an_app_without_prefix_answers_at_its_root_only(workshop: Workshop) -> None:
    assert workshop.cloud().client.get("/us/api/version").status_code == 404


def test_the_instance_has_the_same_setting(workshop: Workshop) -> None:
    instance = workshop.selfhost(wardenloop__pathPrefix="vault/")
    assert instance.client.get("/vault/api/version").status_code == 200


@pytest.mark.parametrize(("written", "meant"), [("", ""), ("/", ""), ("eu", "/eu"), ("/a/b/", "/a/b")])
def test_spellings_of_a_prefix(written: str, meant: str) -> None:
    assert checked_prefix(written) == meant


@pytest.mark.parametrize("written", ["/api", "/identity/x", "a b", "/a//b", "https://host/eu", "/eu?x"])
def test_what_cannot_be_a_prefix(written: str) -> None:
    with pytest.raises(ValueError, match="path prefix"):
        checked_prefix(written)
