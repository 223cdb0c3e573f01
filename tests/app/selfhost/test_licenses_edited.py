"""Licence files that somebody has edited: what their token or signature does not protect, and what it does."""

import json
from pathlib import Path
from typing import Any

import pytest

from common.license.model import OrganizationLicense, fields_of
from tests.support.harness import Workshop
from tests.support.plugins.licensing import Account, Smith, Vaults, upload

CREATE = "/api/organizations/licenses/self-hosted"
PREMIUM = "/api/account/billing/vnext/self-host/license"
IN_USE = "License is already in use by another organization vault."
VALIDATE = "/_sim/jobs/ValidateOrganizationsJob/run"
UNPROTECTED = [
    each for each in fields_of(OrganizationLicense) if each.signed_from is None and each.attribute.startswith("use_")
]
"""What no signature covers in a file without token."""


def said(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["message"]


@pytest.mark.parametrize("key", ["yyy", None, ""])
def test_a_license_makes_one_organization_whatever_its_file_says(
    owner: Account, vaults: Vaults, smith: Smith, key: str | None
) -> None:
    first = upload(owner, CREATE, smith.organization(), key="4.k").json()["id"]
    edited = smith.organization(edit={"licenseKey": key})
    assert said(upload(owner, CREATE, edited, key="4.k")) == (400, IN_USE)
    other = upload(owner, CREATE, smith.organization(license_key="another"), key="4.k").json()["id"]
    assert said(upload(owner, f"{CREATE}/{other}", edited)) == (400, IN_USE)
    assert vaults.side.client.post(VALIDATE).status_code == 200
    assert vaults.organization(first).enabled and vaults.organization(other).enabled


def test_an_edited_key_is_not_what_is_stored(owner: Account, vaults: Vaults, smith: Smith) -> None:
    made = upload(owner, CREATE, smith.organization(edit={"licenseKey": "yyy", "seats": 9999}), key="4.k").json()
    genuine = json.loads(smith.organization())
    assert (vaults.on_disk(made["id"])["LicenseKey"], made["seats"]) == (genuine["licenseKey"], genuine["seats"])
    assert vaults.on_disk(made["id"])["Seats"] == genuine["seats"]
    assert said(upload(owner, CREATE, smith.organization(), key="4.k")) == (400, IN_USE)


def test_upstream_makes_copies_and_then_punishes_the_honest_one(workshop: Workshop, smith: Smith) -> None:
    vaults = Vaults(workshop.selfhost(wardenloop__quirks="unsigned-license-key"))
    owner = vaults.account()
    honest = upload(owner, CREATE, smith.organization(), key="4.k").json()["id"]
    copy = upload(owner, CREATE, smith.organization(edit={"licenseKey": "yyy"}), key="4.k").json()["id"]
    assert vaults.side.client.post(VALIDATE).status_code == 200
    assert (vaults.organization(honest).enabled, vaults.organization(copy).enabled) == (False, True)


def test_premium_is_what_the_token_says(owner: Account, vaults: Vaults, smith: Smith) -> None:
    edited = smith.user(owner.email, edit={"licenseKey": "yyy", "expires": "2099-01-01T00:00:00Z"})
    assert upload(owner, PREMIUM, edited).status_code == 200
    user = vaults.user(owner.id)
    assert user.license_key == json.loads(smith.user(owner.email))["licenseKey"]
    assert user.premium_expiration_date is not None and user.premium_expiration_date.year < 2099
    assert vaults.side.client.post("/_sim/jobs/ValidateUsersJob/run").status_code == 200
    assert vaults.user(owner.id).premium


def test_what_an_edited_file_without_token_switches_on(owner: Account, smith: Smith) -> None:
    """As upstream; docs/fidelity.md names each."""
    off: dict[str, Any] = {each.attribute: False for each in UNPROTECTED}
    on = {each.wire_name: True for each in UNPROTECTED}
    made = upload(owner, CREATE, smith.organization(token=False, edit=on, **off), key="4.k").json()
    assert {name: made[name] for name in on} == on
    told = (Path(__file__).parents[3] / "docs" / "fidelity.md").read_text()
    assert [each.name for each in UNPROTECTED if f"`{each.name}`" not in told] == []


@pytest.mark.parametrize(
    "field", [each for each in fields_of(OrganizationLicense) if each.signed_from and each.attribute.startswith("use_")]
)
def test_what_a_signature_protects(owner: Account, smith: Smith, field: Any) -> None:
    off: dict[str, Any] = {field.attribute: False}
    content = smith.organization(token=False, edit={field.wire_name: True}, **off)
    assert said(upload(owner, CREATE, content, key="4.k")) == (400, "Invalid license. The license verification failed.")
