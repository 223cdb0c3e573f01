"""Snapshots of both sides: everything comes back, or nothing is changed, whatever happens on the way."""

import json
import os
import shutil
import sqlite3
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from common.clock import SystemClock
from common.desk.app import create_desk
from common.errors import Refusal
from common.ids import SystemIds
from common.server import gate as gate_module
from common.server import seeding
from common.server.app import gate_of
from common.server.gate import closed
from common.settings import DEFAULT_JOURNAL
from common.sim.snapshots import archive, descriptions, folders, service, turns
from common.sim.snapshots.databases import Database
from common.sim.snapshots.folders import Layout
from common.sim.snapshots.rewinding import Rewinder
from common.sim.snapshots.turns import Tools
from tests.support.harness import Pair, Side, Workshop
from tests.support.playing import let_time_run
from tests.support.scenarios import license_loop
from tests.support.visitor import Visitor

TOOLS = Tools(SystemClock(), SystemIds())


@pytest.fixture
def organization(pair: Pair) -> str:
    made = license_loop(pair)
    let_time_run(pair)
    return made


@pytest.fixture
def layout(workshop: Workshop, pair: Pair, organization: str, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """The pair's folder as a home."""
    home = workshop.directory
    environment = {"wardenloop__databaseUrl": f"sqlite:///{home}/selfhost.db"}
    (home / "selfhost" / "effective.json").write_text(json.dumps({"generation": 1, "environment": environment}))
    (home / "mail").mkdir()
    (home / "mail" / "a.eml").write_text("Subject: one")
    monkeypatch.setattr(turns, "PATIENCE", 0.2)
    return Layout(home, {"WARDENLOOP_DATABASE_URL": f"sqlite:///{home}/cloud-{{region}}.db"})


@pytest.fixture
def desk(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    for name, value in layout.environment.items():
        monkeypatch.setenv(name, value)
    return create_desk(layout.mails, layout.root).test_client()


def seen(pair: Pair, layout: Layout) -> dict[str, Any]:
    """What people and files say."""
    people = {"cloud": pair.cloud_owner, "instance": pair.owner}
    files = {
        str(path.relative_to(layout.root)): path.read_bytes()
        for path in (layout.root / "selfhost").rglob("licenses/*/*.json")
    }
    assert files
    clocks = {side.base_url: side.client.get("/_sim/clock").json() for side in (pair.cloud, pair.selfhost)}
    return {
        **{name: person.api.get("/api/accounts/profile").json() for name, person in people.items()},
        "files": files,
        "mails": {path.name: path.read_text() for path in layout.mails.glob("*.eml")},
        "clocks": {url: (clock["now"], clock["frozen"]) for url, clock in clocks.items()},
    }


def change(pair: Pair, layout: Layout, organization: str) -> None:
    """Another world."""
    proof = {"masterPasswordHash": pair.owner.password_hash}
    pair.owner.api.request("DELETE", f"/api/organizations/{organization}", json=proof).raise_for_status()
    pair.cloud_owner.api.put("/api/accounts/profile", json={"name": "Somebody Else"}).raise_for_status()
    (layout.mails / "a.eml").unlink()
    (layout.mails / "b.eml").write_text("Subject: two")
    for side in (pair.cloud, pair.selfhost):
        side.client.post("/_sim/clock", json={"advanceSeconds": 600}).raise_for_status()


def test_everything_comes_back(pair: Pair, layout: Layout, organization: str, desk: FlaskClient) -> None:
    before = seen(pair, layout)
    saved = desk.put("/_sim/snapshots/one")
    assert saved.status_code == 200, saved.text
    change(pair, layout, organization)
    assert not list((layout.root / "selfhost").rglob("licenses/*/*.json"))
    assert desk.post("/_sim/snapshots/one").status_code == 200
    assert seen(pair, layout) == before
    [told] = desk.get("/_sim/snapshots").get_json()["data"]
    assert told == saved.get_json() and told["name"] == "one" and told["bytes"] > 0


def test_one_of_the_same_name_is_replaced_and_one_can_be_removed(
    pair: Pair, layout: Layout, organization: str, desk: FlaskClient
) -> None:
    desk.put("/_sim/snapshots/one")
    change(pair, layout, organization)
    desk.put("/_sim/snapshots/one")
    desk.post("/_sim/snapshots/one")
    assert pair.owner.api.get("/api/accounts/profile").json()["organizations"] == []
    assert len([path for path in layout.shelf.iterdir() if path.is_dir()]) == 1
    assert desk.delete("/_sim/snapshots/one").status_code == 204
    assert [path.name for path in layout.shelf.iterdir()] == [".lock"]
    missing = desk.post("/_sim/snapshots/one")
    assert (missing.status_code, missing.get_json()["message"]) == (
        404,
        "There is no snapshot one. Known: none yet.",
    )


def test_reset_without_a_seed_and_the_name_of_the_seed(desk: FlaskClient) -> None:
    assert desk.post("/_sim/reset").status_code == 409
    assert desk.put("/_sim/snapshots/seed").status_code == 409
    assert desk.put("/_sim/snapshots/..%2F..%2Fa").status_code in (400, 404)
    assert desk.put("/_sim/snapshots/.hidden").status_code == 400


def test_reset_goes_back_to_the_seed(pair: Pair, layout: Layout, organization: str, desk: FlaskClient) -> None:
    before = seen(pair, layout)
    service.save(layout, "seed", TOOLS)
    change(pair, layout, organization)
    assert desk.post("/_sim/reset").get_json()["seed"] is True
    assert seen(pair, layout) == before


def test_nothing_is_readable_for_others(layout: Layout) -> None:
    service.save(layout, "one", TOOLS)
    assert layout.shelf.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in layout.shelf.iterdir() if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in layout.shelf.rglob("databases/*")} == {0o600}


def lose(folder: Path) -> None:
    (folder / "databases" / "selfhost.copy").unlink()


def cut_file(folder: Path) -> None:
    largest = max((folder / "files").rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0)
    largest.write_bytes(largest.read_bytes()[:-1])


def truncate(folder: Path) -> None:
    copy = folder / "databases" / "cloud-us.copy"
    copy.write_bytes(copy.read_bytes()[:9000])


def age(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "databases" / "cloud-us.copy")) as copy, copy:
        copy.execute("CREATE TABLE alembic_version (version_num VARCHAR)")
        copy.execute("INSERT INTO alembic_version VALUES ('0001')")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lose, "the database of selfhost is missing"),
        (truncate, "the database of cloud-us cannot be read"),
        (age, "the database of cloud-us is another one"),
        (lambda folder: (folder / "mail" / "a.eml").unlink() or (folder / "mail").rmdir(), "its files are missing"),
        (cut_file, "it has "),
    ],
)
def test_what_is_not_whole_is_refused_and_nothing_is_changed(
    pair: Pair, layout: Layout, desk: FlaskClient, damage: Callable[[Path], None], said: str
) -> None:
    desk.put("/_sim/snapshots/one")
    [folder] = [path for path in layout.shelf.iterdir() if path.is_dir()]
    damage(folder)
    pair.cloud_owner.api.put("/api/accounts/profile", json={"name": "Somebody Else"})
    before = seen(pair, layout)
    refused = desk.post("/_sim/snapshots/one")
    assert refused.status_code == 409
    assert said in refused.get_json()["message"] and "Nothing was changed." in refused.get_json()["message"]
    assert seen(pair, layout) == before


def test_another_schema_is_refused(pair: Pair, layout: Layout, desk: FlaskClient) -> None:
    desk.put("/_sim/snapshots/one")
    with closing(sqlite3.connect(layout.root / "cloud-us.db")) as live, live:
        live.execute("CREATE TABLE alembic_version (version_num VARCHAR)")
        live.execute("INSERT INTO alembic_version VALUES ('9999')")
    refused = desk.post("/_sim/snapshots/one")
    assert refused.status_code == 409
    assert "of cloud-us has schema none, this version of wardenloop has 9999" in refused.get_json()["message"]


def test_a_full_disk_is_found_out_before(layout: Layout, desk: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.put("/_sim/snapshots/one")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: type("Usage", (), {"free": 1000}))
    for refused in (desk.put("/_sim/snapshots/two"), desk.post("/_sim/snapshots/one")):
        assert refused.status_code == 507
    monkeypatch.undo()
    assert [each.name for each in descriptions.listed(layout)] == ["one"]


def test_what_fails_on_the_way_is_taken_back(
    pair: Pair, layout: Layout, organization: str, desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files and the instance's database are another world's already when the cloud's cannot be written."""
    desk.put("/_sim/snapshots/one")
    pair.cloud_owner.api.put("/api/accounts/profile", json={"name": "Somebody Else"})
    pair.owner.api.put("/api/accounts/profile", json={"name": "Somebody Else"}).raise_for_status()
    before = seen(pair, layout)
    load = Database.load
    failures: list[str] = []

    def fail(self: Database, source: Path) -> None:
        if "cloud" in self.url and not failures:
            failures.append(pair.owner.api.get("/api/accounts/profile").json()["name"])
            raise OSError(28, "No space left on device")
        load(self, source)

    monkeypatch.setattr(Database, "load", fail)
    refused = desk.post("/_sim/snapshots/one")
    assert refused.status_code == 500 and "No space left on device" in refused.get_json()["message"]
    assert failures == ["Test User"]
    assert seen(pair, layout) == before
    assert not (layout.shelf / "loading.json").exists()
    gate = gate_of(pair.cloud.app)
    assert gate.enter()
    gate.leave()


@pytest.mark.parametrize("spoilt", [False, True])
def test_killed_in_the_middle_is_brought_to_an_end(
    pair: Pair, layout: Layout, desk: FlaskClient, monkeypatch: pytest.MonkeyPatch, *, spoilt: bool
) -> None:
    """Either what was wanted, or, where that is not possible any more, what was there before."""
    desk.put("/_sim/snapshots/one")
    for person in (pair.cloud_owner, pair.owner):
        person.api.put("/api/accounts/profile", json={"name": "Somebody Else"})
    load = Database.load

    def die(self: Database, source: Path) -> None:
        if "cloud" in self.url:
            os._exit(9)
        load(self, source)

    child = os.fork()
    if not child:
        monkeypatch.setattr(Database, "load", die)
        service.load(layout, "one", TOOLS)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    name = "/api/accounts/profile"
    assert pair.owner.api.get(name).json()["name"] == "Test User"
    assert pair.cloud_owner.api.get(name).json()["name"] == "Somebody Else"
    assert not gate_of(pair.cloud.app).enter() and not gate_of(pair.selfhost.app).enter()
    if spoilt:
        [copy] = [layout.shelf / each.data / "databases" / "cloud-us.copy" for each in descriptions.listed(layout)]
        copy.write_bytes(b"x" * 9000)
    service.recover(layout)
    expected = "Somebody Else" if spoilt else "Test User"
    assert {person.api.get(name).json()["name"] for person in (pair.owner, pair.cloud_owner)} == {expected}
    assert gate_of(pair.cloud.app).enter()
    gate_of(pair.cloud.app).leave()


def test_somebody_who_does_not_come_to_an_end(pair: Pair, layout: Layout, desk: FlaskClient) -> None:
    gate = gate_of(pair.selfhost.app)
    assert gate.enter()
    refused = desk.put("/_sim/snapshots/one")
    gate.leave()
    assert refused.status_code == 409 and refused.get_json()["message"].startswith("selfhost is still busy")
    assert descriptions.listed(layout) == []
    assert desk.put("/_sim/snapshots/one").status_code == 200


def test_the_instance_is_held_before_the_clouds(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request of it that is under way asks a cloud, which must answer."""
    order = []

    def note(folder: Path, patience: float) -> Any:
        order.append(folder.name)
        return closed(folder, patience)

    monkeypatch.setattr(gate_module, "closed", note)
    service.save(layout, "one", TOOLS)
    assert order == ["selfhost", "cloud-us", "cloud-eu"]


def test_browsers_stay_signed_in_where_the_account_exists(
    pair: Pair, layout: Layout, desk: FlaskClient, organization: str
) -> None:
    desk.put("/_sim/snapshots/one")
    change(pair, layout, organization)
    newcomer = pair.cloud.sign_up("new@acme.example")
    known, unknown = Visitor(pair.cloud).log_in(pair.cloud_owner), Visitor(pair.cloud).log_in(newcomer)
    assert unknown.get("/settings/account").status_code == 200
    desk.post("/_sim/snapshots/one")
    assert known.get("/settings/account").status_code == 200
    assert unknown.get("/settings/account").status_code == 303


def test_other_keys_are_taken_up(pair: Pair, layout: Layout, desk: FlaskClient) -> None:
    """A snapshot of before `--fresh` has other keys: what they sealed and signed is good again."""
    desk.put("/_sim/snapshots/one")
    app = pair.cloud.app
    before = app.extensions["wardenloop"].protector
    sealed = before.protect("test", {"a": 1})
    key = layout.root / "cloud-us" / "token-protection.key"
    own = key.read_bytes()
    key.write_bytes(os.urandom(32))
    desk.post("/_sim/snapshots/one")
    assert key.read_bytes() == own
    app.extensions["wardenloop"] = replace(app.extensions["wardenloop"], protector=None)
    gate = gate_of(app)
    assert gate.enter()
    gate.leave()
    renewed = app.extensions["wardenloop"].protector
    assert renewed is not before and renewed.unprotect("test", sealed, SystemClock().now()) == {"a": 1}


def test_with_a_seed_all_that_is_drawn_begins_anew_in_a_world_that_is_ready(workshop: Workshop) -> None:
    cloud = workshop.cloud(seed=7, journal=DEFAULT_JOURNAL)
    layout = Layout(
        workshop.directory, {"WARDENLOOP_DATABASE_URL": f"sqlite:///{workshop.directory}/cloud-{{region}}.db"}
    )

    def drawn() -> list[str]:
        gate = gate_of(cloud.app)
        assert gate.enter()
        gate.leave()
        made = [cloud.client.post("/api/installations", json={"email": "a@example.com"}).json() for _ in range(2)]
        entries = cloud.client.get("/_sim/journal", params={"limit": "2"}).json()["data"]
        return [each["id"] for each in (*made, *entries)]

    built = drawn()
    service.save(layout, "seed", TOOLS, drawing_from=seeding.READY)
    first = drawn()
    assert len({*built, *first}) == 8
    for _ in range(2):
        service.load(layout, "seed", TOOLS)
        assert drawn() == first


def test_as_one_file_into_another_home(
    pair: Pair, layout: Layout, organization: str, desk: FlaskClient, tmp_path: Path
) -> None:
    before = seen(pair, layout)
    desk.put("/_sim/snapshots/one")
    sent = desk.get("/_sim/snapshots/one/file")
    assert sent.status_code == 200
    desk.delete("/_sim/snapshots/one")
    change(pair, layout, organization)
    taken = desk.put("/_sim/snapshots/two/file", data=sent.get_data())
    assert taken.status_code == 200 and taken.get_json()["name"] == "two"
    desk.post("/_sim/snapshots/two")
    assert seen(pair, layout) == before


@pytest.mark.parametrize(
    "member", ["data/files/../../../evil", "data/files/stack.json", "data/evil", "data/files/tls/ca.key", "data//evil"]
)
def test_a_file_that_brings_what_no_world_has(layout: Layout, tmp_path: Path, member: str) -> None:
    service.save(layout, "one", TOOLS)
    archive.export(layout, "one", tmp_path / "one.snapshot")
    with zipfile.ZipFile(tmp_path / "one.snapshot", "a") as packed:
        packed.writestr(member, "x")
    names = {path.name for path in layout.shelf.iterdir()}
    with pytest.raises(Refusal) as refused:
        archive.take_in(layout, tmp_path / "one.snapshot", "two", TOOLS)
    assert refused.value.status == 400
    assert {path.name for path in layout.shelf.iterdir()} == names


def test_what_is_larger_than_memory(layout: Layout, tmp_path: Path) -> None:
    """Saved, written to a file, taken in and brought back a block at a time."""
    large = layout.root / "bwdata" / "core" / "attachment"
    large.parent.mkdir(parents=True)
    with large.open("wb") as file:
        file.truncate(48 * 1024 * 1024)
    tracemalloc.start()
    try:
        service.save(layout, "one", TOOLS)
        archive.export(layout, "one", tmp_path / "one.snapshot")
        archive.take_in(layout, tmp_path / "one.snapshot", "two", TOOLS)
        large.write_bytes(b"another")
        service.load(layout, "two", TOOLS)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert large.stat().st_size == 48 * 1024 * 1024
    assert most < 16 * 1024 * 1024


def understated(archive: bytes, member: bytes) -> bytes:
    """The same file, whose list says of a member that it holds one byte."""
    listed = archive.rindex(b"PK\x01\x02", 0, archive.rindex(member))
    return archive[: listed + 24] + (1).to_bytes(4, "little") + archive[listed + 28 :]


@pytest.mark.parametrize(
    ("packing", "extra", "lie", "said"),
    [
        (zipfile.ZIP_DEFLATED, b"x", False, "and not the .* that its description says"),
        (zipfile.ZIP_DEFLATED, b"", True, "and not the .* that its description says"),
        (zipfile.ZIP_DEFLATED, b"x" * 100_000, True, "Bad CRC-32"),
        (zipfile.ZIP_BZIP2, b"", False, "packed in a way that is not known here"),
    ],
)
def test_what_is_larger_than_it_is_said_to_be_is_not_kept(
    layout: Layout, tmp_path: Path, packing: int, extra: bytes, lie: bool, said: str
) -> None:
    service.save(layout, "one", TOOLS)
    archive.export(layout, "one", tmp_path / "whole")
    names = {path.name for path in layout.shelf.iterdir()}
    with zipfile.ZipFile(tmp_path / "whole") as whole, zipfile.ZipFile(tmp_path / "bad", "w", packing) as bad:
        for member in whole.infolist():
            content = whole.read(member)
            if member.filename == "snapshot.json" and extra and lie:
                content = json.dumps(json.loads(content) | {"size": json.loads(content)["size"] + 1}).encode()
            bad.writestr(member.filename, content)
        if extra:
            bad.writestr("data/files/bwdata/z", extra)
    if lie:
        last = b"data/files/bwdata/z" if extra else b"data/mail/a.eml"
        (tmp_path / "bad").write_bytes(understated((tmp_path / "bad").read_bytes(), last))
    with pytest.raises(Refusal, match=said) as refused:
        archive.take_in(layout, tmp_path / "bad", "two", TOOLS)
    assert refused.value.status == 400
    assert {path.name for path in layout.shelf.iterdir()} == names


@pytest.mark.parametrize("effective", ["x", "[]", '{"environment": []}', '{"environment": {"a": 1}}'])
def test_a_damaged_configuration_in_effect_is_named(layout: Layout, desk: FlaskClient, effective: str) -> None:
    desk.put("/_sim/snapshots/one")
    (layout.root / "selfhost" / "effective.json").write_text(effective)
    for answer in (desk.put("/_sim/snapshots/two"), desk.post("/_sim/snapshots/one")):
        assert answer.status_code == 409
        assert "effective.json" in answer.text and "`wardenloop selfhost restart`" in answer.text


def test_no_snapshot_at_all(desk: FlaskClient) -> None:
    assert desk.put("/_sim/snapshots/two/file", data=b"hello").status_code == 400


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("name", 5), ("saved_at", 5), ("size", "1"), ("addresses", {"cloud_us": 5}), ("addresses", "x")),
        *(
            ("schemas", []),
            ("schemas", {"nobody": "1"}),
            ("instance", []),
            ("instance", {"up": True, "effective": "x"}),
            ("instance", {"up": True, "effective": {}}),
            ("instance", {"up": True, "effective": {"environment": []}}),
            ("instance", {"up": True, "effective": {"environment": {"a": 1}}}),
        ),
        *(("folders", "/etc"), ("folders", [5])),
    ],
)
def test_a_description_of_another_shape_is_not_kept(
    layout: Layout, desk: FlaskClient, tmp_path: Path, field: str, value: object
) -> None:
    """It would stand in the way of every other snapshot."""
    told = {"name": "one", "saved_at": "", "size": 1, "data": "data-1", "addresses": {}, "schemas": {}, "folders": []}
    told["instance"] = {"up": True, "effective": None}
    with zipfile.ZipFile(tmp_path / "one.snapshot", "w") as archive:
        archive.writestr("snapshot.json", json.dumps(told | {field: value}))
    answer = desk.put("/_sim/snapshots/two/file", data=(tmp_path / "one.snapshot").read_bytes())
    assert (answer.status_code, f"its {field} cannot be read" in answer.text) == (400, True)
    assert desk.get("/_sim/snapshots").json == {"data": []}


@pytest.mark.parametrize("description", ["[]", "null", "[" * 100_000, " " * 2 * 1024 * 1024])
def test_a_description_that_is_none_is_refused(desk: FlaskClient, tmp_path: Path, description: str) -> None:
    with zipfile.ZipFile(tmp_path / "one.snapshot", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("snapshot.json", description)
    answer = desk.put("/_sim/snapshots/two/file", data=(tmp_path / "one.snapshot").read_bytes())
    assert answer.status_code == 400, answer.text


# --- PostgreSQL


@pytest.fixture
def own_role(postgres_url: str) -> str:
    """The URL of a database for somebody who may nothing but what an app needs."""
    url = sa.engine.make_url(postgres_url)
    with psycopg.connect(
        host=str(url.query["host"]), user=url.username, dbname=url.database, autocommit=True
    ) as server:
        role = f"app_{url.database}"
        server.execute(f'CREATE ROLE "{role}" LOGIN NOSUPERUSER')
        server.execute(f'GRANT CREATE, USAGE ON SCHEMA public TO "{role}"')
    return url.set(username=role).render_as_string(hide_password=False)


def test_rows_of_a_server_come_back(workshop: Workshop, own_role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud: Side = workshop.cloud(database_url=own_role)
    owner = cloud.sign_up("owner@acme.example")
    layout = Layout(workshop.directory, {"WARDENLOOP_DATABASE_URL": own_role})
    monkeypatch.setattr(service, "APPS", ("cloud-us",))
    monkeypatch.setattr(folders, "APPS", ("cloud-us",))
    before = owner.api.get("/api/accounts/profile").json()
    service.save(layout, "one", TOOLS)
    owner.api.put("/api/accounts/profile", json={"name": "Somebody Else"}).raise_for_status()
    newcomer = cloud.sign_up("new@acme.example")
    visitor = Visitor(cloud).log_in(owner)
    service.load(layout, "one", TOOLS)
    assert owner.api.get("/api/accounts/profile").json() == before
    assert newcomer.api.get("/api/accounts/profile").status_code == 401
    assert visitor.get("/settings/account").status_code == 200
    assert cloud.sign_up("other@acme.example").user_id


@pytest.mark.parametrize("note", ["{}", "{]", '{"to": [], "back": null}', "[1]"])
def test_a_note_that_cannot_be_read_stops_nobody(pair: Pair, layout: Layout, desk: FlaskClient, note: str) -> None:
    """A load that nobody can finish is given up: what is there goes on, and the next load works."""
    desk.put("/_sim/snapshots/one")
    (layout.shelf / "loading.json").write_text(note)
    service.recover(layout)
    assert not (layout.shelf / "loading.json").exists()
    assert pair.cloud_owner.api.get("/api/accounts/profile").status_code == 200
    assert desk.post("/_sim/snapshots/one").status_code == 200


@pytest.fixture
def passing(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """The desk of a home that goes with its process; it has brought `one` back before."""
    for name, value in layout.environment.items():
        monkeypatch.setenv(name, value)
    desk = create_desk(layout.mails, layout.root, rewinder=Rewinder()).test_client()
    assert [desk.put("/_sim/snapshots/one").status_code, desk.post("/_sim/snapshots/one").status_code] == [200, 200]
    return desk


def test_everything_comes_back_again_and_again(
    pair: Pair, layout: Layout, organization: str, passing: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_take", None)  # nothing is kept for a crash
    before = seen(pair, layout)
    for _ in range(2):
        change(pair, layout, organization)
        assert passing.post("/_sim/snapshots/one").status_code == 200
        assert seen(pair, layout) == before


def test_another_one_of_the_same_name_is_another_one(
    pair: Pair, layout: Layout, organization: str, passing: FlaskClient
) -> None:
    change(pair, layout, organization)
    changed = seen_after_deletion(pair)
    passing.put("/_sim/snapshots/one")
    for _ in range(2):
        pair.cloud_owner.api.put("/api/accounts/profile", json={"name": "A Third"}).raise_for_status()
        passing.post("/_sim/snapshots/one")
        assert seen_after_deletion(pair) == changed


def seen_after_deletion(pair: Pair) -> tuple[Any, Any]:
    people = (pair.cloud_owner, pair.owner)
    there, here = (person.api.get("/api/accounts/profile").json() for person in people)
    return there["name"], here["organizations"]


def test_a_configuration_that_is_not_in_effect_any_more_is_brought_back(layout: Layout, passing: FlaskClient) -> None:
    """What needs the instance to be started anew goes the ordinary way."""
    effective = layout.root / "selfhost" / "effective.json"
    told = json.loads(effective.read_bytes())
    effective.write_text(json.dumps(told | {"release": "2025.1.0"}))
    assert passing.post("/_sim/snapshots/one").status_code == 200
    assert "release" not in json.loads(effective.read_bytes())


def test_browsers_stay_signed_in_in_a_passing_home_too(pair: Pair, layout: Layout, passing: FlaskClient) -> None:
    known = Visitor(pair.cloud).log_in(pair.cloud_owner)
    passing.post("/_sim/snapshots/one")
    pair.cloud_owner.api.put("/api/accounts/profile", json={"name": "Somebody Else"}).raise_for_status()
    passing.post("/_sim/snapshots/one")
    assert known.get("/settings/account").status_code == 200
    assert pair.cloud_owner.api.get("/api/accounts/profile").json()["name"] == "Test User"


def test_until_one_is_whole_again_the_apps_wait(
    pair: Pair, layout: Layout, passing: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair.cloud_owner.api.put("/api/accounts/profile", json={"name": "Somebody Else"}).raise_for_status()
    with monkeypatch.context() as broken:
        broken.setattr(Rewinder, "bring_database", raise_full_disk)
        refused = passing.post("/_sim/snapshots/one")
    assert refused.status_code == 500 and "No space left on device" in refused.get_json()["message"]
    assert not gate_of(pair.cloud.app).enter()
    assert passing.post("/_sim/snapshots/one").status_code == 200
    assert pair.cloud_owner.api.get("/api/accounts/profile").json()["name"] == "Test User"


def raise_full_disk(*_arguments: Any) -> None:
    raise OSError(28, "No space left on device")
