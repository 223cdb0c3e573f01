"""Which entries a pattern means, and what is said of those that it nearly means."""

from typing import Any

import pytest

from common.sim.journal.masking import mask
from common.sim.journal.operations import nearest_operations, operation_of, operation_of_call, same_operation
from common.sim.journal.rules import Pattern, matches

ID = "9a5ca05c-3fb3-45a8-9238-48ffd1de7823"


def _entry(**members: Any) -> dict[str, Any]:
    return {
        "kind": "request",
        "operation": "POST /api/organization/sponsorship/sync",
        "status": 400,
        "caller": f"installation.{ID}",
        "realAt": "2026-03-01T10:00:00.000000Z",
        "request": {"body": {"sponsorshipsBatch": [{"friendlyName": "mom"}, {"friendlyName": "kid"}]}},
    } | members


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (Pattern(status=400), None),
        (Pattern(operation="POST /api/organization/sponsorship/sync", caller=ID), None),
        (Pattern(operation="*", caller=f"Installation.{ID}"), None),
        (Pattern(operation="*", caller=f"installation {ID}"), None),
        (Pattern(operation="*", caller="installation"), None),
        (Pattern(operation="*", caller="install"), f"caller is installation.{ID}, not install"),
        (Pattern(operation="/api/organization/sponsorship/sync"), None),
        (Pattern(operation="POST /api/organization/*"), None),
        (Pattern(operation="*", body={"SponsorshipsBatch": [{"friendlyName": "kid"}]}), None),
        (Pattern(operation="*", status=200), "status is 400, not 200"),
        (Pattern(operation="*", caller="user x"), f"caller is installation.{ID}, not user x"),
        (
            Pattern(operation="*", body={"sponsorshipsBatch": [{"friendlyName": "dad"}]}),
            "body.sponsorshipsBatch has no item like the wanted one 0",
        ),
        (Pattern(operation="*", body={"billingSyncKey": "x"}), "body.billingSyncKey is not there"),
        (
            Pattern(operation="*", since="2026-03-02T00:00:00.000000Z"),
            "it was at 2026-03-01T10:00:00.000000Z, before 2026-03-02T00:00:00.000000Z",
        ),
    ],
)
def test_an_entry_is_meant_or_it_is_said_why_not(pattern: Pattern, reason: str | None) -> None:
    entry = _entry()
    found, near = matches(pattern, [entry])
    assert (found, [list(miss.reasons) for miss in near]) == ([entry], []) if reason is None else ([], [[reason]])


def test_the_nearest_come_first_and_what_has_nothing_in_common_is_none() -> None:
    one, two, other = _entry(status=404), _entry(status=404, caller=None), _entry(operation="x", status=1, caller=None)
    pattern = Pattern("POST /api/organization/sponsorship/sync", 400, ID)
    found, near = matches(pattern, [two, other, one])
    assert found == []
    assert [miss.entry for miss in near] == [one, two]


def test_a_secret_is_found_by_what_it_is_and_by_what_is_shown_of_it() -> None:
    secret = "abcdefghijklmnopqrstuvwxyz"
    entry = _entry(request={"body": {"apiKey": mask(secret)}})
    for wanted in (secret, mask(secret)):
        assert matches(Pattern(body={"apiKey": wanted}), [entry])[0] == [entry]
    assert matches(Pattern(body={"apiKey": secret[1:]}), [entry])[0] == []


def test_a_form_is_found_by_its_fields() -> None:
    entry = _entry(request={"body": "grant_type=client_credentials&scope=api.licensing"})
    assert matches(Pattern(body={"scope": "api.licensing"}), [entry])[0] == [entry]


def test_true_is_not_one() -> None:
    assert matches(Pattern(body={"a": 1}), [_entry(request={"body": {"a": True}})])[0] == []


def test_names_of_operations() -> None:
    assert operation_of("GET", "/api/x/<uuid:some_id>/y/<z>") == "GET /api/x/{some_id}/y/{z}"
    assert operation_of_call("GET", f"/api/licenses/organization/{ID}") == "GET /api/licenses/organization/{id}"
    assert same_operation("get /api/x/{any}", "GET /api/x/{some_id}")
    assert not same_operation("GET /api/x", "GET /api/x/{some_id}")
    assert nearest_operations("GET /api/aliv", ["GET /api/alive", "POST /z"])[0] == "GET /api/alive"
