"""Licences applied at the same moment, on both database engines: one order, and disk and database agree."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from common.server.database import create_tables
from common.server.transaction import db
from tests.support.harness import Workshop
from tests.support.plugins.licensing import Account, Smith, Vaults, upload

CREATE = "/api/organizations/licenses/self-hosted"
AT_ONCE = 6


@pytest.fixture(params=["sqlite", "postgresql"])
def vaults(request: pytest.FixtureRequest, workshop: Workshop) -> Iterator[Vaults]:
    if request.param == "sqlite":
        yield Vaults(workshop.selfhost())
        return
    url = request.getfixturevalue("postgres_url")
    side = workshop.selfhost(wardenloop__databaseUrl=url)
    with side.app.app_context():
        create_tables(db.engine, "selfhost")
    yield Vaults(side)
    with side.app.app_context():
        db.session.remove()
        db.engine.dispose()


def at_once(account: Any, vaults: Vaults, actions: Any) -> Any:
    """Do each action in a thread with a client of its own; gives the answers in the order of the actions."""
    answers = [None] * len(actions)
    start = threading.Barrier(len(actions))

    def work(number: Any, action: Any) -> None:
        client = vaults.side.new_client()
        client.headers.update(account.api.headers)
        start.wait()
        answers[number] = action(Account(account.id, account.email, client))

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_two_uploads_at_once_leave_disk_and_database_agreeing(owner: Account, vaults: Vaults, smith: Smith) -> None:
    acme = upload(owner, CREATE, smith.organization(), key="4.k").json()["id"]
    contents = [smith.organization(seats=seats) for seats in range(20, 20 + AT_ONCE)]
    answers = at_once(
        owner, vaults, [lambda who, content=content: upload(who, f"{CREATE}/{acme}", content) for content in contents]
    )
    assert [answer.status_code for answer in answers] == [200] * AT_ONCE
    assert vaults.organization(acme).seats == vaults.on_disk(acme)["Seats"] >= 20
    assert [path.name for path in vaults.file(acme).parent.iterdir()] == [f"{acme}.json"]


def test_one_license_makes_one_organization(owner: Account, vaults: Vaults, smith: Smith) -> None:
    content = smith.organization()
    answers = at_once(owner, vaults, [lambda who: upload(who, CREATE, content, key="4.k")] * AT_ONCE)
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * (AT_ONCE - 1)
    assert {answer.json()["message"] for answer in answers if answer.status_code == 400} == {
        "License is already in use by another organization vault."
    }
    assert len(list(vaults.file("x").parent.iterdir())) == 1


def test_one_connection_of_a_type(owner: Account, vaults: Vaults, smith: Smith) -> None:
    acme = upload(owner, CREATE, smith.organization(), key="4.k").json()["id"]
    body = {"type": 1, "organizationId": acme, "enabled": True, "config": {"billingSyncKey": "k"}}
    answers = at_once(owner, vaults, [lambda who: who.api.post("/api/organizations/connections", json=body)] * AT_ONCE)
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * (AT_ONCE - 1)
