"""The journal of the whole stack at the desk: in order, joined, with what only all apps together know."""

import json
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import jsonschema
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from common.cli import journal as command
from common.cli.home import Home
from common.cli.language import spoken
from common.desk.app import create_desk
from common.desk.journal import routes
from common.desk.time.http import NotThere
from common.server.locale.texts import Texts
from common.settings import JournalSettings
from common.sim.journal.advice import ADVISED, advice_of
from tests.support.harness import Pair, Side, Workshop, make_pair
from tests.support.license_loop import LICENSES, Loop
from tests.support.playing import InProcess

HAR_SCHEMA = Path(__file__).parents[2] / "fixtures" / "har.schema.json"
TOKEN = "/identity/connect/token"
SYNC = "POST /api/organizations/licenses/self-hosted/{organization_id}/sync"
CALL = "GET /api/licenses/organization/{id}"
NET = {
    "refuse": "Connection refused (api.bitwarden.com:443)",
    "dns": "Name or service not known (api.bitwarden.com:443)",
}
"""What .NET says of a call."""


@pytest.fixture
def pair(workshop: Workshop) -> Pair:
    return make_pair(workshop, wardenloop__journal="10000")


@pytest.fixture
def europe(pair: Pair, workshop: Workshop) -> Side:
    return workshop.cloud("EU", journal=JournalSettings(1000))


@pytest.fixture
def desk(pair: Pair, europe: Side, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Of a stack that consists of the pair and the other region; its journals are empty."""
    sides = {"cloud-us": pair.cloud, "cloud-eu": europe, "selfhost": pair.selfhost}
    monkeypatch.setattr(routes, "transports_of", lambda home: {name: InProcess(each) for name, each in sides.items()})
    client = create_desk(tmp_path / "mails", tmp_path).test_client()
    assert client.delete("/_sim/journal").get_json() == {"silent": [], "off": []}
    return client


def _refuse(side: Side, client_id: str, secret: str) -> None:
    form = {"grant_type": "client_credentials", "scope": "api.licensing"}
    assert side.client.post(TOKEN, data=form | {"client_id": client_id, "client_secret": secret}).status_code == 400


def test_all_apps_in_order_and_what_belongs_together(desk: FlaskClient, pair: Pair) -> None:
    loop = Loop(pair)
    pair.owner.api.post(f"{LICENSES}/{loop.id}/sync", headers={"Bitwarden-Client-Name": "cli"})
    entries = desk.get("/_sim/journal").get_json()["data"]
    assert [each["realAt"] for each in entries] == sorted(each["realAt"] for each in entries)
    assert {each["app"] for each in entries} == {"cloud-us", "selfhost"}
    action = entries[[each["app"] for each in entries].index("selfhost")]
    sync = next(each for each in entries if each["operation"].endswith("/sync"))
    group = [each for each in entries if each["group"] == sync["group"]]
    assert [(each["app"], each["kind"]) for each in group] == [
        ("selfhost", "request"),
        ("selfhost", "call"),
        ("cloud-us", "request"),
        ("selfhost", "call"),
        ("cloud-us", "request"),
    ]
    assert {each["trigger"] for each in group} == {"command"}
    assert action["group"] != sync["group"]
    assert desk.get(f"/_sim/journal/{group[2]['id']}").get_json()["peer"] == group[1]["id"]


def test_an_installation_of_the_other_region(desk: FlaskClient, pair: Pair, europe: Side) -> None:
    _refuse(europe, f"installation.{pair.installation['id']}", pair.installation["key"])
    _refuse(pair.cloud, f"installation.{uuid4()}", "key")
    found = desk.post("/_sim/journal/find", json={"status": 400}).get_json()
    assert [(each["app"], each["cause"]) for each in found["matches"]] == [
        ("cloud-eu", "other-region"),
        ("cloud-us", "unknown-id"),
    ]
    assert "registered in the other region" in found["matches"][0]["advice"]
    chinese = desk.get("/_sim/journal?status=400&language=zh-Hans").get_json()["data"][0]["advice"]
    assert chinese.startswith("该安装注册在另一个区域")
    assert len(desk.get("/_sim/journal").get_json()["data"]) == 2  # asking leaves no trace


LICENCE = "GET /api/licenses/organization/{organization_id}"
NETWORK = "The simulated network does this: egress rule {rule} of {host}. wardenloop egress clear {host} ends it. "
WHYS = {
    "refuse": ("refused", NETWORK + "api.bitwarden.com:443 refuses the connection."),
    "dns": ("name-not-resolved", NETWORK + "api.bitwarden.com:443 cannot be resolved."),
    "html": ("web-page", NETWORK + "https://api.bitwarden.com/licenses/organization/"),
    "fault": ("server-error", "Somebody asked for this: fault status 503 ("),
    "portal": ("web-page", "Somebody asked for this: fault body html ("),
    "rotated": ("invalid-billing-sync-key", "The saved billing sync token is not the present one; it changes with"),
    "disabled": ("invalid-client", "The client is known and was switched off."),
}


def _break(loop: Loop, what: str) -> None:
    cloud, instance = loop.pair.cloud.client, loop.pair.selfhost.client
    if what in ("refuse", "dns", "html"):
        assert instance.put("/_sim/egress/api.bitwarden.com", json={"rule": what}).ok
    elif what in ("fault", "portal"):
        do = {"status": 503} if what == "fault" else {"body": "html"}
        assert cloud.post("/_sim/faults", json={"operation": LICENCE, "do": do}).ok
    elif what == "rotated":
        loop.billing_sync_token(rotate=True)
    else:
        assert cloud.post(f"/_sim/installations/{loop.pair.installation['id']}", json={"enabled": False}).ok


@pytest.mark.parametrize("what", WHYS)
def test_why_a_sync_was_refused_is_the_first_advice(desk: FlaskClient, pair: Pair, what: str) -> None:
    loop = Loop(pair)
    _break(loop, what)
    assert loop.sync().status_code == 400
    cause, advice = WHYS[what]
    (entry,) = desk.post("/_sim/journal/find", json={"status": 400, "operation": SYNC}).get_json()["matches"]
    assert (entry["rule"], entry["cause"]) == ("license-sync.cloud-failed", cause)
    assert entry["advice"].startswith(advice.format(rule=what, host="api.bitwarden.com")), entry["advice"]
    told = desk.get(f"/_sim/journal/{entry['because']['entry']}").get_json()
    assert (told["group"], told["app"]) == (entry["group"], entry["because"]["app"])
    if what in ("refuse", "dns", "html"):
        assert entry["egress"] == told["egress"] == {"host": "api.bitwarden.com", "rule": what}
        assert (told["kind"], told["to"], told["peer"], told["operation"]) == ("call", "cloud-us", None, f"{CALL}")
        assert told["outcome"] == (None if what == "html" else NET[what])
    else:
        assert (told["kind"], told["from"], told["peer"] is not None) == ("request", "selfhost", True)
        assert entry["because"]["fault"] == told["fault"] and (told["fault"] or told["rule"])
    shown = desk.get(f"/_sim/journal/{entry['id']}?language=zh-Hans").get_json()
    assert {each: shown[each] for each in shown if each != "advice"} == {
        each: entry[each] for each in entry if each != "advice"
    }
    in_words = re.sub(r"wardenloop [\w.-]+ clear [\w.-]*", "", shown["advice"])
    assert re.search(r"[\u4e00-\u9fff]{4}", in_words) and not re.search(r"[a-z]{3,} [a-z]{3,} [a-z]{3,}", in_words)


def test_what_the_tester_did_stands_between_the_exchanges(desk: FlaskClient, pair: Pair) -> None:
    cloud, instance = pair.cloud.client, pair.selfhost.client
    fault = {"operation": LICENCE, "do": {"status": 503}, "times": 2}
    number = cloud.post("/_sim/faults", json=fault).json()["data"][0]["id"]
    pair.owner.api.get("/api/accounts/revision-date")
    cloud.delete("/_sim/faults")
    instance.put("/_sim/egress/api.bitwarden.com", json={"rule": "drop"})
    instance.delete("/_sim/egress")
    cloud.put("/_sim/releases/cloud-us", json={"release": "v2024.1.0"})
    cloud.post("/_sim/clock", json={"advanceSeconds": 60})
    told = desk.get("/_sim/journal").get_json()["data"]
    assert [(each["kind"], each["operation"], each["subject"], each["outcome"]) for each in told] == [
        ("control", "control fault", LICENCE, f"status 503 ({number}), 2 times"),
        ("request", "GET /api/accounts/revision-date", None, None),
        ("control", "control fault", LICENCE, f"cleared ({number})"),
        ("control", "control egress", "api.bitwarden.com", "drop"),
        ("control", "control egress", "api.bitwarden.com", "cleared"),
        ("control", "control release", "cloud-us", "v2024.1.0"),
        ("clock", "clock", "advance", told[-1]["outcome"]),
    ]
    assert [each["kind"] for each in desk.get("/_sim/journal?kind=control").get_json()["data"]] == ["control"] * 5


@pytest.mark.parametrize("name", [".", "%2e%2e", "a%2fb"])
def test_the_name_of_an_entry_leads_nowhere_else(desk: FlaskClient, name: str) -> None:
    answer = desk.get(f"/_sim/journal/{name}")
    assert answer.status_code == 404


def test_near_misses_of_all_apps(desk: FlaskClient, pair: Pair) -> None:
    _refuse(pair.cloud, f"installation.{uuid4()}", "key")
    pattern = {"operation": "POST /identity/connect/token", "status": 200}
    found = desk.post("/_sim/journal/find", json=pattern).get_json()
    assert (found["matches"], [each["reasons"] for each in found["nearMisses"]]) == ([], [["status is 400, not 200"]])
    unknown = desk.post("/_sim/journal/find", json={"operation": "GET /nowhere"})
    assert (unknown.status_code, "There is no operation" in unknown.get_json()["message"]) == (400, True)


def test_an_operation_of_one_app_only_is_known(desk: FlaskClient) -> None:
    pattern = {"operation": "GET /api/licenses/organization/{organization_id}"}
    assert desk.post("/_sim/journal/find", json=pattern).get_json() == {"matches": [], "nearMisses": []}


def test_archive_and_stream(desk: FlaskClient, pair: Pair, europe: Side) -> None:
    pair.owner.api.get("/api/accounts/revision-date")
    europe.client.get("/api/config")
    archive = desk.get("/_sim/journal.har").get_json()
    jsonschema.validate(archive, json.loads(HAR_SCHEMA.read_text()))
    assert len(archive["log"]["entries"]) == 2
    stream = desk.get("/_sim/journal/stream", headers={"Last-Event-ID": "cloud-eu:0,cloud-us:0,selfhost:0"})
    events = [dict(line.split(": ", 1) for line in event.splitlines()) for event in stream.text.split("\n\n") if event]
    assert [json.loads(event["data"])["app"] for event in events] == ["selfhost", "cloud-eu"]
    for number in ("x", "cloud-us:" + "9" * 5000):
        assert desk.get("/_sim/journal/stream", headers={"Last-Event-ID": number}).status_code == 400
    assert desk.get("/_sim/journal", query_string={"limit": "9" * 5000}).status_code == 400
    rest = desk.get("/_sim/journal/stream", headers={"Last-Event-ID": events[0]["id"]})
    assert re.findall(r"id: (.*)", rest.text) == [events[1]["id"]]


def test_who_does_not_answer_and_who_keeps_none_is_said(
    desk: FlaskClient, pair: Pair, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Silent:
        def get(self, path: str, **query: str) -> Any:
            raise NotThere("selfhost does not answer.")

    plain = InProcess(workshop.cloud("EU"))
    apps = {"cloud-us": InProcess(pair.cloud), "cloud-eu": plain, "selfhost": Silent()}
    monkeypatch.setattr(routes, "transports_of", lambda home: apps)
    told = desk.get("/_sim/journal").get_json()
    assert told == {"data": [], "silent": ["selfhost"], "off": ["cloud-eu"]}


class _Desk:
    """The desk as the command reaches it."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client

    def get(self, path: str) -> Any:
        return self._client.get(path).get_json()

    def post(self, path: str, body: Any) -> Any:
        return self._client.post(path, json=body).get_json()

    def call(self, method: str, path: str) -> Any:
        return self._client.open(path, method=method).get_json()


@pytest.fixture
def run(desk: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(command, "_desk", lambda home: _Desk(desk))
    return lambda *words: CliRunner().invoke(command.journal, words, obj=Home(tmp_path))


def test_the_commands_say_why_it_was_refused(run: Any, pair: Pair, tmp_path: Path) -> None:
    _refuse(pair.cloud, f"installation.{pair.installation['id']}", "wrong")
    listed = run("list")
    assert "400  POST /identity/connect/token" in listed.output
    assert "refused by token.invalid-client (wrong-key)" in listed.output
    assert "The id is right and the key is another one." in listed.output
    (entry,) = json.loads(run("list", "--json").output)["data"]
    found = run("find", "--operation", "POST /identity/connect/token", "--status", "400", "--json")
    assert ([each["id"] for each in json.loads(found.output)["matches"]], found.exit_code) == ([entry["id"]], 0)
    missed = run("find", "--body", '{"scope": "api.push"}', "--status", "400")
    assert (missed.exit_code, "body.scope is 'api.licensing', not 'api.push'" in missed.output) == (1, True)
    assert json.loads(run("show", entry["id"], "--json").output) == entry
    assert run("export", "-o", str(tmp_path / "x.har")).exit_code == 0
    jsonschema.validate(json.loads((tmp_path / "x.har").read_text()), json.loads(HAR_SCHEMA.read_text()))
    assert run("clear").output == "The journal is empty.\n"
    assert json.loads(run("list", "--json").output)["data"] == []


def test_a_listing_groups_both_ends_and_shows_what_hit(run: Any, desk: FlaskClient, pair: Pair) -> None:
    loop = Loop(pair)
    _break(loop, "fault")
    loop.sync()
    listed = run("list", "--group").output
    lines = [line for line in listed.splitlines() if re.search(r"  [0-9a-f]{16}  ", line)]
    (at,) = [number for number, line in enumerate(lines) if line.endswith(SYNC)]
    told = [(re.match(" *", line)[0], line.split(maxsplit=2)[2]) for line in lines[at : at + 5]]  # type: ignore[index]
    assert [(len(indent), words) for indent, words in told] == [
        (2, f"client -> selfhost     400  {SYNC}"),
        (4, "selfhost -> cloud-us   200  POST /identity/connect/token"),
        (6, "selfhost -> cloud-us   200  POST /identity/connect/token"),
        (4, f"selfhost -> cloud-us   503  {CALL}"),
        (6, f"selfhost -> cloud-us   503  {LICENCE}"),
    ]
    assert re.search(r"\n +fault: status 503 \(", listed) and re.search(
        r"\n +because of: wardenloop journal show", listed
    )
    (group,) = [
        each
        for each in json.loads(run("list", "--group", "--json").output)["groups"]
        if any(entry["operation"] == SYNC for entry in each["data"])
    ]
    assert len(group["data"]) == 5
    in_chinese = run("list", "--lang", "zh").output
    assert "被规则 license-sync.cloud-failed (server-error) 拒绝" in in_chinese and "refused by" not in in_chinese


def test_the_terminal_says_which_language() -> None:
    assert spoken({"LANG": "zh_CN.UTF-8"}) == "zh"
    assert spoken({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}) == "en"
    assert spoken({}) == "en"


def test_every_advice_is_of_a_rule_that_there_is() -> None:
    root = Path(__file__).parents[3]
    code = "".join(
        path.read_text() for top in ("common", "cloud_sim", "selfhost") for path in (root / top).rglob("*.py")
    )
    causes = {
        each.removeprefix("token.invalid-client.") for each in ADVISED if each.startswith("token.invalid-client.")
    }
    computed = {"token.invalid-client", "token.invalid-scope", "token.invalid-grant", "policy.installation"}
    computed |= {"policy.licensing", *(f"token.invalid-client.{cause}" for cause in causes)}
    computed |= {"license.token.IDX10222", "license.token.IDX10223"}  # named by the library's codes
    rules = {each for each in ADVISED - computed if not re.search(rf'["f]"{re.escape(each)}[".]', code)}
    groups = {"connection", "sponsorship", "sponsorship-sync"}
    assert {each for each in rules - groups if f'"{each}' not in code} == set()


def test_the_most_particular_advice_counts() -> None:
    texts = Texts("en")
    assert advice_of("license.in-use.seats", None, texts) == texts("x.advice.license.in-use")
    assert advice_of("token.invalid-client", None, texts) == texts("x.advice.token.invalid-client")
    assert advice_of("nothing.like.this", None, texts) is None
    assert advice_of(None, None, texts) is None
