"""A person's premium from a licence file: the cloud issues it again with the file's values and dates."""

import itertools
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from common.cli.worlds.importing import NOT_COMPARED_OF_PREMIUM, Given, compared, plan_import
from common.ids import SystemIds
from common.license.files import read_any
from common.license.inspection import inspect_license
from common.license.model import UserLicense, fields_of
from tests.support.brought import ISSUED, PREMIUM_TERMS, organization_license, premium_license
from tests.support.club import ok
from tests.support.harness import Person, Side

NOW = datetime(2026, 3, 17, tzinfo=UTC)


@pytest.fixture
def side(cloud: Side) -> Side:
    cloud.clock.set(ISSUED)
    return cloud


def imported(side: Side, file: dict[str, Any]) -> Person:
    """As `wardenloop world import --premium` does."""
    given = Given(json.dumps(organization_license()).encode(), premium=json.dumps(file).encode())
    [brought] = [each for each in plan_import(given, SystemIds(), NOW).world["accounts"] if "license" in each]
    person = side.sign_up(brought["email"])
    body = {"email": brought["email"], "license": brought["license"]["file"]}
    body |= {name: brought["license"][name] for name in ("token", "lacks")}
    ok(side.client.post("/_sim/imports/premium", json=body))
    person.log_in()
    return person


def issued(person: Person) -> dict[str, Any]:
    return dict(ok(person.api.get("/api/account/billing/vnext/license")).json())


def differing(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Field by field, as a server reads the two."""
    first, second = (read_any(json.dumps(each).encode(), UserLicense) for each in (before, after))
    names = [
        each for each in fields_of(UserLicense) if getattr(first, each.attribute) != getattr(second, each.attribute)
    ]
    return [each.name for each in names]


@pytest.mark.parametrize(("term", "token"), list(itertools.product(PREMIUM_TERMS, (True, False))))
def test_it_is_issued_again_as_it_was(side: Side, term: str, token: bool) -> None:
    file = premium_license(term, token)
    again = issued(imported(side, file))
    others = {"Id", "Hash", "Signature", "Issued"} | ({"Token"} if token else set())
    assert set(differing(file, again)) == others <= NOT_COMPARED_OF_PREMIUM
    assert bool(again["token"]) is token
    assert inspect_license(json.dumps(again).encode(), now_ticks=0).hash.finding == "good"


def test_an_older_file_comes_back_without_what_it_did_not_know(side: Side) -> None:
    file = premium_license(token=False)
    del file["licenseType"], file["token"]
    assert set(issued(imported(side, file))) == set(file)


def test_once_the_period_is_over_billing_decides(side: Side) -> None:
    person = imported(side, premium_license("odd", token=False))
    side.clock.set(datetime(2026, 7, 1, 1, tzinfo=UTC))
    person.log_in()
    again = issued(person)
    assert again["expires"] != premium_license("odd")["expires"] and again["token"]


def test_the_command_compares_what_can_be_equal() -> None:
    file = read_any(json.dumps(premium_license()).encode(), UserLicense)
    other = read_any(json.dumps(premium_license(maxStorageGb=6, expires="2026-12-09T18:04:05Z")).encode(), UserLicense)
    assert compared(file, other, NOT_COMPARED_OF_PREMIUM) == [
        ("MaxStorageGb", "5", "6"),
        ("Expires", "2026-11-09T18:04:05Z", "2026-12-09T18:04:05Z"),
    ]


@pytest.mark.parametrize("wrong", [{"lacks": ["Nonsense"]}, {"license": premium_license(name="x" * 51)}])
def test_what_no_account_can_have_is_refused(side: Side, wrong: dict[str, Any]) -> None:
    person = side.sign_up("jana@mueller.example")
    body = {"email": person.email, "license": premium_license()} | wrong
    refused = side.client.post("/_sim/imports/premium", json=body)
    assert refused.status_code == 400 and refused.json()["message"]
