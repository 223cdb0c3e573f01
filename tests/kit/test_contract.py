"""The contract's cases: they are well-formed, our servers pass them all, and wrong servers do not."""

import base64
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from common.clock import ManualClock
from tests.support.contract import ask_everything, stages_of
from tests.support.harness import START, Workshop
from tests.support.shelf import Shelf
from tests.unit.license.test_license_canonical import EXAMPLE
from wardenloop.contract.bending import bent
from wardenloop.contract.cases import FOLDER, KINDS, UnfitCase, load_cases
from wardenloop.contract.commands import contract
from wardenloop.contract.licences import disagreements, hash_of
from wardenloop.contract.patterns import Difference, compare
from wardenloop.contract.prove import BAR, prove
from wardenloop.contract.report import as_html, as_json, as_junit, counted, lines, summary
from wardenloop.contract.runner import Result, differences_of, run_case, run_cases
from wardenloop.contract.states import STATES
from wardenloop.contract.target import Answer, OfficialHost, Target
from wardenloop.contract.texts import CHINESE, says

SCHEMA = FOLDER.with_name("cases.schema.json")
FIDELITY = Path(__file__).parents[2] / "docs" / "fidelity.md"
GROUPS = (
    "licences",
    "installations",
    "api-keys",
    "sponsorships",
    "sponsorship-sync",
    "identity",
    "push",
    "connections",
)


@pytest.fixture(scope="module")
def workshop_of_module(shelf: Shelf) -> Iterator[Workshop]:
    with closing(Workshop(shelf, ManualClock(START))) as made:
        yield made


@pytest.fixture(scope="module")
def results(workshop_of_module: Workshop) -> list[Result]:
    """One run of everything, on both sides."""
    return ask_everything(workshop_of_module)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_file_of_cases_is_as_its_schema_says(path: Path) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    assert [error.message for error in validator.iter_errors(yaml.safe_load(path.read_text("utf-8")))] == []


def test_there_are_enough_of_each_kind_in_each_group() -> None:
    cases = load_cases()
    assert len(cases) >= 200
    kinds = {group: {each.kind for each in cases if each.group == group} for group in GROUPS}
    needed = {"success", "unfit-body"}
    assert {group: needed - found for group, found in kinds.items() if needed - found} == {}
    assert min(Counter(each.kind for each in cases)[kind] for kind in KINDS) >= 15


def test_each_case_names_a_source_and_a_state_that_are_there() -> None:
    keys = set(re.findall(r"^\| `([a-z-]+\.[a-z-]+)` \|", FIDELITY.read_text("utf-8"), re.MULTILINE))
    for case in load_cases():
        assert case.fidelity in keys, case.id
        assert {*case.needs, *case.fresh} <= STATES[case.side].keys(), case.id
        assert set(case.fresh) <= {*case.needs, "license", "organization", "offer"}, case.id


def test_our_servers_answer_every_case_as_upstream_does(results: list[Result]) -> None:
    assert [line for each in results for line in lines(each)] == []
    assert counted(results) == {"passed": len(load_cases()), "differs": 0, "not-run": 0}


def test_wrong_answers_are_noticed(results: list[Result]) -> None:
    proof = prove(results)
    assert proof.made > 10_000
    assert proof.noticed >= BAR, [f"{case}: {each.kind} {each.what}" for case, each in proof.unnoticed]
    always = (
        "status",
        "content-type",
        "encoding",
        "missing-member",
        "member-casing",
        "number-as-text",
        "boolean-as-text",
        "boolean-as-number",
        "date-never-set",
        "date-with-offset",
        "date-without-time",
        "date-without-zone",
        "element-for-list",
        "element-twice",
        "envelope",
        "first-element-only",
        "id-in-capitals",
        "id-never-set",
        "id-without-hyphens",
        "in-a-list",
        "list-as-object",
    )
    assert min(proof.by_kind[kind][0] for kind in always) >= 4
    assert {kind: proof.by_kind[kind] for kind in always if len(set(proof.by_kind[kind])) > 1} == {}


def test_the_proof_names_what_nobody_noticed(results: list[Result]) -> None:
    free = [each for each in results if each.case.id == "identity/installation/sponsorships"]
    proof = prove(free)
    assert ("identity/installation/sponsorships", "text", "$.access_token") in {
        (case, each.kind, each.what) for case, each in proof.unnoticed
    }


def _answer(status: int, body: object, **headers: str) -> Answer:
    told = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, told, json.dumps(body).encode())


def test_differences_are_named_field_by_field() -> None:
    case = next(each for each in load_cases() if each.id == "installations/register")
    right = {"id": "3f2b9c1e-6a57-4d0b-9b1a-b2c40101aaaa", "key": "a" * 20, "enabled": True, "object": "installation"}
    assert list(differences_of(case.expect, _answer(200, right))) == []
    wrong = {"Id": right["id"], "key": None, "enabled": "true", "colour": 1}
    found = {(each.path, each.kind) for each in differences_of(case.expect, _answer(201, wrong))}
    assert found == {
        ("status", "status"),
        ("$.id", "casing"),
        ("$.key", "type"),
        ("$.enabled", "type"),
        ("$.object", "missing"),
        ("$.colour", "extra"),
    }
    turned = dict(reversed(right.items()))
    assert [each.kind for each in differences_of(case.expect, _answer(200, turned))] == ["order"]
    html = Answer(200, {"content-type": "text/html"}, b"<html>")
    assert {each.kind for each in differences_of(case.expect, html)} == {"header", "body"}


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        (
            "<uuid>",
            ["3f2b9c1e-6a57-4d0b-9b1a-b2c40101aaaa"],
            ["3F2B9C1E-6A57-4D0B-9B1A-B2C40101AAAA", "00000000-0000-0000-0000-000000000000", "", None],
        ),
        (
            "<moment>",
            ["2026-08-20T14:16:19Z", "2026-08-20T14:16:19.1234567Z"],
            ["2026-08-20T14:16:19.10Z", "2026-08-20", "0001-01-01T00:00:00Z"],
        ),
        ("<second>", ["2026-08-20T14:16:19Z"], ["2026-08-20T14:16:19.1Z", "2026-08-20T14:16:19"]),
        ("<moment?>", [None, "2026-08-20T14:16:19Z"], ["", 0]),
        ("<key 3>", ["aZ9"], ["aZ", "a-9"]),
        ("<base64 2>", ["AAA="], ["AAA", "AAAA"]),
        ("<int>", [1, 0], [1.5, "1", True]),
        ("<bool>", [True, False], [0, "true", None]),
        ("<~a+>", ["aa"], ["aab", ""]),
        (1, [1], ["1", True, 2]),
        (True, [True], [1, "true"]),
        (["*", "<int>"], [[], [1, 2]], [["a"], {}]),
        ([1], [[1]], [[], [1, 1]]),
        (["+", "<int>"], [[1], [1, 2]], [[], ["a"], [1, 1]]),
        (["<any order>", 1, "<int>"], [[1, 2], [2, 1]], [[1], [2, 3], [1, 2, 3], [1, "a"]]),
        ("<~a+?>", [None, "aa"], ["b", ""]),
        ({"a": 1, "...": "<any>"}, [{"a": 1}, {"b": 2, "a": 1}], [{"b": 2}]),
        ({"a": 1, "b": 2, "...": "<any order>"}, [{"b": 2, "a": 1}], [{"a": 1, "b": 2, "c": 3}]),
        ({"a?": 1, "b": 2}, [{"b": 2}, {"a": 1, "b": 2}], [{"a": 2, "b": 2}]),
    ],
)
def test_a_pattern_matches_what_it_says(pattern: object, fits: list[object], does_not: list[object]) -> None:
    assert [each for each in fits if list(compare(pattern, each))] == []
    assert [each for each in does_not if not list(compare(pattern, each))] == []


def test_a_case_that_cannot_be_prepared_is_not_run_and_says_why(workshop: Workshop) -> None:
    stage = stages_of(workshop)["selfhost"]
    stage.cloud = None
    case = next(each for each in load_cases() if each.id == "instance-licences/update")
    result = run_case(case, stage)
    assert (result.outcome, result.answer) == ("not-run", None)
    assert "a licence is needed" in result.reason
    assert run_case(case, stage).reason == result.reason


def test_only_what_reads_is_asked_safely(workshop: Workshop) -> None:
    stage = stages_of(workshop)["cloud"]
    stage.only_reading = True
    found = list(run_cases((each for each in load_cases() if each.side == "cloud"), stage, safe=True))
    counts = counted(found)
    assert counts["differs"] == 0
    assert counts["passed"] >= 10
    assert {each.case.ask.method for each in found if each.outcome == "passed"} == {"GET"}
    assert stage.target.ask is not None
    assert any("--safe" in each.reason for each in found if each.case.needs)


@pytest.mark.parametrize(
    "address",
    ["https://api.bitwarden.com", "http://vault.bitwarden.eu:8080/x", "https://BITWARDEN.com.", "//bitwarden.eu"],
)
def test_a_server_of_bitwarden_is_not_asked(address: str) -> None:
    with pytest.raises(OfficialHost, match="--dangerously-real"):
        Target(address)
    with pytest.raises(OfficialHost):
        Target("http://127.0.0.1:1", identity=address)
    assert Target("http://bitwarden.com.example.org").base == "http://bitwarden.com.example.org"


def test_reports_say_the_same(results: list[Result]) -> None:
    differing = next(each for each in results if each.case.id == "server/config/cloud")
    assert differing.answer is not None
    assert differing.expected is not None
    bent = Answer(500, differing.answer.headers, b"<oops>\x1b")
    wrong = Result(
        differing.case, "differs", tuple(differences_of(differing.expected, bent)), asked="GET /", answer=bent
    )
    unasked = Result(results[0].case, "not-run", reason="no <mailbox> & no luck")
    told = [wrong, unasked, results[1]]
    suites = ElementTree.fromstring(as_junit(told))
    assert len(suites.findall(".//testcase")) == 3
    assert [each.get("message") for each in suites.iter("skipped")] == ["not run, because no <mailbox> & no luck"]
    assert len(suites.findall(".//failure")) == 1
    assert json.loads(as_json(told))["counts"] == {"passed": 1, "differs": 1, "not-run": 1}
    page = as_html(told)
    assert "no &lt;mailbox&gt; &amp; no luck" in page
    assert "<oops>" not in page


def test_a_file_that_is_not_understood_says_so(tmp_path: Path) -> None:
    group = {"group": "a", "says": "b", "upstream": "src/a", "fidelity": "wire.json"}
    case = {"name": "a", "says": "b", "kind": "success", "ask": {"request": "GET /api/a"}, "expect": {"status": 200}}
    for wrong, said in (
        ({**case, "colour": 1}, "colour"),
        ({**case, "kind": "nice"}, "nice"),
        ({**case, "ask": {"request": "GET a"}}, "GET a"),
        ({**case, "ask": {"request": "GET /api/a", "json": 1, "form": {}}}, "at once"),
        ({**case, "expect": {"status": 200, "json": "<shape error>", "with": {"colour": 1}}}, "colour"),
    ):
        (tmp_path / "a.yaml").write_text(yaml.safe_dump(group | {"cases": [wrong]}))
        with pytest.raises(UnfitCase, match=said):
            load_cases.__wrapped__(tmp_path)
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(group | {"cases": [case, case]}))
    with pytest.raises(UnfitCase, match="more than one"):
        load_cases.__wrapped__(tmp_path)


@pytest.mark.parametrize(
    ("path", "kind", "place", "case"),
    [
        ("/license", "missing-member", "$.use2fa", "licences/download"),
        ("/license", "member-casing", "$.licenseKey", "licences/download"),
        ("/license", "number-as-text", "$.planType", "licences/download"),
        ("/license", "member-order", "$.token", "licences/download"),
        ("/license", "value-for-null", "$.maxCollections", "licences/download"),
        ("/installations/", "text", "$.message", "installations/show/unknown"),
        ("/installations/", "status", "404 -> 400", "installations/show/unknown"),
        ("/installations$", "content-type", "text/html", "installations/register"),
        ("/connect/token", "other-value", "$.expires_in", "identity/installation/sponsorships"),
    ],
)
def test_a_wrong_server_is_noticed_on_the_wire(
    workshop_of_module: Workshop, path: str, kind: str, place: str, case: str
) -> None:
    stage = stages_of(workshop_of_module)["cloud"]
    asked = next(each for each in load_cases() if each.id == case)
    assert run_case(asked, stage).outcome == "passed"
    with bent(stage.target, path, kind, place) as address:
        result = run_case(asked, replace(stage, target=Target(address)))
    assert result.outcome == "differs", result
    assert len(result.differences) == 1


def _licence(results: list[Result], case: str) -> dict[str, Any]:
    found = next(each.answer for each in results if each.case.id == case)
    assert found is not None
    licence: dict[str, Any] = found.json()
    return licence


def test_a_licence_has_to_agree_with_itself(results: list[Result]) -> None:
    for case in ("licences/download", "licences/premium"):
        assert list(disagreements(_licence(results, case))) == []
    licence = _licence(results, "licences/download")
    other = licence | {"hash": "+qDwsRmSTEIAKnjT4sxVUEgvUuo/LWs55CpVA6Fl4tA="}
    assert [each.path for each in disagreements(other)] == ["$.hash"]
    assert [each.path for each in disagreements(licence | {"seats": 11})] == ["$.hash", "$.token(claims).Seats"]
    assert [each.path for each in disagreements(licence | {"useRiskInsights": False})] == [
        "$.token(claims).UseRiskInsights"
    ]
    assert list(disagreements({"hash": 1})) == []


def test_the_hash_is_that_of_the_example() -> None:
    example = {"smSeats": None, "smServiceAccounts": None} | json.loads(EXAMPLE)
    assert hash_of(example) == "+qDwsRmSTEIAKnjT4sxVUEgvUuo/LWs55CpVA6Fl4tA="


def test_a_token_is_looked_into() -> None:
    def token(**claims: Any) -> str:
        parts = [
            base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in ({"a": 1}, claims)
        ]
        return ".".join([*parts, "s" * 43])

    pattern = {"<jwt>": {"header": {"a": 1}, "claims": {"scope": ["x"]}}}
    assert list(compare(pattern, token(scope=["x"]))) == []
    assert [(each.path, each.kind) for each in compare(pattern, token(scope="x"))] == [("$(claims).scope", "type")]
    assert [each.kind for each in compare(pattern, "no token")] == ["value"]
    assert [each.kind for each in compare(pattern, None)] == ["type"]
    assert [each.path for each in compare(pattern, f"eyJhbGci.eyJhbGci.{'s' * 43}")] == ["$(header)", "$(claims)"]


def test_a_mail_that_comes_later_is_waited_for_and_used_once(workshop: Workshop) -> None:
    old, new = "https://a.test/#/finish-signup?token=1", "https://a.test/#/accept-families-for-enterprise?token=2"

    class Slow:
        looks = 0

        def links(self, to: str) -> list[str]:
            self.looks += 1
            return [old] if self.looks < 3 else [new, old]

    stage = replace(stages_of(workshop)["cloud"], mailbox=(mailbox := Slow()))
    assert stage.link("a@example.com", "accept-families-for-enterprise") == {"token": "2"}
    assert mailbox.looks == 3
    assert stage.link("a@example.com", "finish-signup") == {"token": "1"}
    assert stage.used_links == {old, new}


def test_a_reader_of_chinese_reads_chinese(results: list[Result], monkeypatch: pytest.MonkeyPatch) -> None:
    case = results[0].case
    wrong = Result(case, "differs", (Difference("$.id", "value", "1", "2"),), asked="GET /")
    refused = replace(wrong, outcome="not-run", reason="--safe: it would change something")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert summary([wrong]) == "0 个与上游一致，1 个不同，0 个未运行。"
    first, _, difference, *_ = lines(wrong)
    assert first == f"不同  {case.id}: 所有者凭主密码取得令牌；没有时会新建。"
    assert difference == "         $.id: value: 应为 1，实际为 2"
    assert [*lines(refused)] == [f"未运行  {case.id}: 原因：--safe：它会改变内容"]
    assert '<html lang="zh-Hans">' in as_html([wrong]) and "<th>用例</th>" in as_html([wrong])
    found = CliRunner().invoke(contract, ["list", "--only", case.group])
    assert found.output.splitlines()[-1].endswith("个用例。")
    found = CliRunner().invoke(contract, ["client"])
    assert found.exit_code == 2 and "请给出 --journal 或 --file。" in found.output
    said = re.findall(r'said\(\s*"([^"]+)"', "".join(each.read_text("utf-8") for each in FOLDER.parent.glob("*.py")))
    assert [text for text in said if text not in CHINESE] == []
    spoken = {each.says for each in load_cases()}
    assert (spoken - says().keys(), says().keys() - spoken) == (set(), set())
