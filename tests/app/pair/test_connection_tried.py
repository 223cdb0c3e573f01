"""*Test connection* of the portal between a real cloud and a real instance: who answers where."""

import pytest

from selfhost.cloud.probe import probe_cloud
from tests.support.harness import Workshop, make_pair

IDENTITY, API = "globalSettings__installation__identityUri", "globalSettings__installation__apiUri"


@pytest.mark.parametrize(
    ("lines", "reasons"),
    [
        ({}, {"identity": None, "api": None}),
        (
            {IDENTITY: "https://api.bitwarden.com", API: "https://identity.bitwarden.com"},
            {"identity": "swapped", "api": "swapped"},
        ),
        ({API: "https://api.bitwarden.com/api/"}, {"identity": None, "api": "no-such-path"}),
        (
            {IDENTITY: "http://identity.bitwarden.com"},
            {"identity": "plain-http-address", "api": None},
        ),
        ({API: "https://bitwarden.com"}, {"identity": None, "api": "no-api-host"}),
    ],
)
def test_each_address_is_told_apart(workshop: Workshop, lines: dict[str, str], reasons: dict[str, str | None]) -> None:
    pair = make_pair(workshop, **lines)
    with pair.selfhost.app.app_context():
        probes = probe_cloud(pair.selfhost.app.extensions["wardenloop"])
    assert {each.part: each.trouble.reason if each.trouble else None for each in probes} == reasons
