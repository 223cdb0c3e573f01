"""Documentation that is made from code says what the code says."""

import json
import re
from pathlib import Path

import pytest

from common.desk.app import create_desk
from common.quirks import Quirk
from common.server.openapi.document import routes_of
from common.settings import CLOUD_VARIABLES
from tests.architecture import sources
from tests.support import compared, operations, reference, web_vault
from tests.support.harness import Side

PAGE = Path(__file__).parents[2] / "docs" / "fidelity.md"
BEGIN, END = (
    "<!-- quirks: made from common/quirks.py, checked by tests/architecture/test_docs.py -->\n",
    "<!-- /quirks -->",
)


def quirk_table() -> str:
    """The Markdown table of all quirks."""
    rows = ["| Quirk | Side | Default | With the quirk (upstream) |", "|---|---|---|---|"]
    rows += [f"| `{quirk.label}` | {quirk.side} | {quirk.ours} | {quirk.upstream} |" for quirk in Quirk]
    return "\n".join(rows) + "\n"


def test_every_quirk_is_documented() -> None:
    written = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]
    assert written == quirk_table()


def test_every_quirk_is_looked_at_somewhere() -> None:
    root = PAGE.parents[1]
    sources = [path for package in ("common", "cloud_sim", "selfhost") for path in (root / package).rglob("*.py")]
    code = "\n".join(path.read_text() for path in sources if path.name != "quirks.py")
    assert [quirk.name for quirk in Quirk if f"Quirk.{quirk.name}" not in code] == []


def test_table_of_operations_is_in_step_with_the_routes(cloud: Side, selfhost: Side) -> None:
    """`python -m tests.support.operations` writes it anew; `make coverage-table` finds what is known of new routes."""
    written = PAGE.read_text().partition(operations.BEGIN)[2].partition(operations.END)[0]
    served = {side.app.name: [operations.name_of(route) for route in routes_of(side.app)] for side in (cloud, selfhost)}
    assert written == operations.table(served, operations.known())


def test_table_of_web_vault_calls_is_in_step_with_the_routes(cloud: Side, selfhost: Side) -> None:
    """`python -m tests.support.web_vault` writes it anew."""
    written = PAGE.read_text().partition(web_vault.BEGIN)[2].partition(web_vault.END)[0]
    assert written == web_vault.table({side.app.name: side.app for side in (cloud, selfhost)})


def test_table_of_compared_operations_is_in_step_with_the_cases() -> None:
    """`python -m tests.support.compared` writes it anew."""
    written = PAGE.read_text().partition(compared.BEGIN)[2].partition(compared.END)[0]
    assert written == compared.table()


@pytest.mark.parametrize("language", reference.PAGES)
def test_reference_is_in_step_with_the_code(language: str, cloud: Side, selfhost: Side, tmp_path: Path) -> None:
    """`python -m tests.support.reference` writes it anew."""
    apps = {"desk": create_desk(tmp_path), "cloud": cloud.app, "selfhost": selfhost.app}
    assert reference.PAGES[language].read_text("utf-8") == reference.page(language, apps)


def test_a_record_tells_clients_from_tests_and_served_from_refused() -> None:
    rules = {"cloud_sim": {"GET /api/sync": "GET /api/sync", "GET /api/plans": "GET /api/plans"}, "selfhost": {}}
    lines = [
        "cloud_sim\tGET\t/api/sync\tclient\t200",
        "cloud_sim\tGET\t/api/sync\ttests\t401",
        "cloud_sim\tGET\t/api/plans\tclient\t404",
        "cloud_sim\tGET\t/gone\tclient\t200",
    ]
    found = operations.read_record(lines, rules)
    assert found["cloud_sim"] == {"GET /api/sync": operations.DRIVEN, "GET /api/plans": operations.TESTED}


def test_a_recorded_run_leaves_what_was_driven_by_hand(tmp_path: Path) -> None:
    (tmp_path / "vault.json").write_text(json.dumps({"cloud_sim": ["GET /api/sync"], "selfhost": []}))
    operations.note({"cloud_sim": {"GET /api/plans": operations.TESTED}, "selfhost": {}}, tmp_path)
    operations.note({"cloud_sim": {"GET /api/sync": operations.TESTED}, "selfhost": {}}, tmp_path)
    assert operations.known(tmp_path) == {"cloud_sim": {"GET /api/sync": operations.DRIVEN}, "selfhost": {}}


def test_what_was_driven_by_hand_is_there(cloud: Side, selfhost: Side) -> None:
    served = {side.app.name: {operations.name_of(route) for route in routes_of(side.app)} for side in (cloud, selfhost)}
    by_hand = [file for file in operations.KNOWN.glob("*.json") if file.name != operations.RECORDED]
    assert by_hand
    for file in by_hand:
        for app, named in json.loads(file.read_text()).items():
            assert set(named) <= served[app], file.name


PAGES = ("docs/settings.md", "README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/decisions.md")
OUR_PATH = re.compile(r"`((?:common|cloud_sim|selfhost|tests|docs|bench)/[\w./-]+)(?:::(\w+))?")


def test_what_the_pages_name_is_there() -> None:
    root = PAGE.parents[1]
    named = [found for page in PAGES for found in OUR_PATH.findall((root / page).read_text("utf-8"))]
    assert len(named) > 20
    gone = [path for path, _ in named if not (root / path).exists()]
    unknown = [
        test for path, test in named if test and (root / path).exists() and test not in (root / path).read_text()
    ]
    assert (gone, unknown) == ([], [])


SETTINGS = PAGE.with_name("settings.md")
FILLED_IN = {"DefaultApiUri", "DefaultIdentityUri", "Threads", "TlsCertificate", "TlsKey", "Workers"}
"""Names of lines that the code puts together."""


def test_every_setting_is_documented_and_no_other() -> None:
    root, page = PAGE.parents[1], SETTINGS.read_text("utf-8")
    clouds = set(re.findall(r'read\("(\w+)"', (root / "cloud_sim/settings.py").read_text()))
    table = page.partition("## Instance")[0]
    assert set(re.findall(r"`WARDENLOOP_(\w+)`", table)) == clouds == CLOUD_VARIABLES
    code = (root / "selfhost/deployment/settings.py").read_text()
    lines = set(re.findall(r'"Wardenloop:(\w+)[":]', code)) | FILLED_IN
    table = page.partition("## Instance")[2].partition("\n## ")[0]
    told = set(re.findall(r"`wardenloop__(\w+)`", table))
    assert {name.lower() for name in told} == {name.lower() for name in lines}


CITATION = re.compile(r"fidelity\.md:\s+([\w-]+\.[\w-]+(?:,\s+[\w-]+\.[\w-]+)*)")
ELSEWHERE = re.compile(r"\bspec/|\bspec \d|\.\./shared|\bfindings/")
CODE = [path for suffix in (".py", ".js", ".html", ".css") for path in sources.paths(suffix)]


def test_facts_are_cited_by_keys_that_the_page_has() -> None:
    table = PAGE.read_text().partition("<!-- sources")[2].partition("<!-- /sources -->")[0]
    known = set(re.findall(r"^\| `([\w.-]+)` \|", table, re.MULTILINE))
    citations = [found for path in CODE for found in CITATION.findall(sources.text(path))]
    cited = {key for keys in citations for key in re.split(r",\s+", keys)}
    assert (cited - known, known - cited) == (set(), set())


def test_nothing_cites_what_the_project_does_not_contain() -> None:
    assert [sources.shown(path) for path in CODE if ELSEWHERE.search(sources.text(path))] == []
