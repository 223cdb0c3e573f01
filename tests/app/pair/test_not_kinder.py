"""Methods and JSON that a lenient framework takes and upstream's does not. fidelity.md: wire.methods, wire.bodies."""

from typing import Any

import pytest

from tests.support.harness import Pair


@pytest.fixture(params=["cloud", "selfhost"])
def api(request: pytest.FixtureRequest, pair: Pair) -> Any:
    return {"cloud": pair.cloud, "selfhost": pair.selfhost}[request.param].client


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/alive", "GET"),
        ("/api/config", "GET"),
        ("/api/accounts/profile", "GET, POST, PUT"),
        ("/identity/alive", "GET"),
        ("/identity/accounts/prelogin", "POST"),
    ],
)
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_head_and_options_are_no_methods_of_the_wire(api: Any, method: str, path: str, allowed: str) -> None:
    answer = api.request(method, path)
    assert (answer.status_code, answer.headers["Allow"], answer.content) == (405, allowed, b"")


def test_pages_may_be_asked_for_by_head(api: Any) -> None:
    assert api.head("/login").status_code == 200


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_json_is_not_read(api: Any, number: str) -> None:
    body = f'{{"email": "a@b.example", "more": {number}}}'
    answer = api.post("/identity/accounts/prelogin", data=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, next(iter(answer.json()["validationErrors"]))) == (400, "$")


def test_words_of_a_path_are_the_same_in_any_case_but_the_first(api: Any) -> None:
    assert api.get("/api/Config").json()["object"] == "config"
    assert api.get("/api/ALIVE/").status_code == 200
    assert api.get("/api/Accounts/Profile").status_code == 401
    assert api.post("/identity/Connect/token", data={}).json() == {"error": "invalid_request"}
    assert api.get("/api/Organizations/3F2B9C1E-6A57-4D0B-9B1A-B2C40101AAAA/Users/Mini-Details").status_code == 401
    assert api.get("/API/config").status_code == 404
    assert api.get("/api/Nothing").status_code == 404
