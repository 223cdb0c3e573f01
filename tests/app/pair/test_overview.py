"""`GET /_sim`: the time of an app and everything that is on, and the same of the whole stack at the desk."""

from pathlib import Path
from typing import Any

import pytest

from common.desk.app import create_desk
from common.desk.overview import routes
from common.desk.time.http import NotThere
from tests.support.harness import Pair, Side, Workshop
from tests.support.playing import InProcess


def overview(side: Side) -> dict[str, Any]:
    """Of one app."""
    answer = side.client.get("/_sim")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_app_tells_what_is_on_and_no_longer_what_has_spent_itself(pair: Pair) -> None:
    before = overview(pair.cloud)
    assert (before["app"], before["faults"], before["egress"], before["journal"]) == ("cloud-us", 0, None, None)
    assert (before["now"], before["release"]) == ("2026-08-20T12:00:00Z", pair.cloud.client.get("/api/version").json())
    for times in (1, 2):
        rule = {"operation": "GET /api/config", "do": {"status": 503}, "times": times}
        pair.cloud.client.post("/_sim/faults", json=rule).raise_for_status()
    pair.cloud.client.get("/api/config")
    assert overview(pair.cloud)["faults"] == 1
    pair.selfhost.client.put("/_sim/egress/api.bitwarden.com", json={"rule": "drop"}).raise_for_status()
    assert (overview(pair.selfhost)["app"], overview(pair.selfhost)["egress"]) == ("selfhost", 1)


def test_quirks_are_told_by_name(workshop: Workshop) -> None:
    assert overview(workshop.selfhost(wardenloop__quirks="silent-mail-drop"))["quirks"] == ["silent-mail-drop"]


def test_desk_tells_of_every_app_and_of_who_is_silent(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Silent:
        def get(self, path: str) -> Any:
            raise NotThere("selfhost does not answer.")

    apps = {"cloud-us": InProcess(pair.cloud), "selfhost": Silent()}
    monkeypatch.setattr(routes, "transports_of", lambda home: apps)
    desk = create_desk(tmp_path / "mails", tmp_path).test_client()
    desk.post("/_sim/mail/faults", json={"do": {"status": 451}})
    assert desk.get("/_sim").get_json() == {
        "apps": {"cloud-us": overview(pair.cloud), "selfhost": None},
        "mails": 0,
        "mailFaults": 1,
        "snapshots": [],
    }
