"""Documentation that is made from code says what the code says."""

from pathlib import Path

from common.quirks import QUIRKS

PAGE = Path(__file__).parents[2] / "docs" / "fidelity.md"
BEGIN, END = (
    "<!-- quirks: made from common/quirks.py, checked by tests/architecture/test_docs.py -->\n",
    "<!-- /quirks -->",
)


def quirk_table() -> str:
    """The Markdown table of all quirks."""
    rows = ["| Quirk | Side | Default | With the quirk (upstream) |", "|---|---|---|---|"]
    rows += [f"| `{quirk.name}` | {quirk.side} | {quirk.ours} | {quirk.upstream} |" for quirk in QUIRKS.values()]
    return "\n".join(rows) + "\n"


def test_every_quirk_is_documented() -> None:
    written = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]
    assert written == quirk_table()


def test_every_quirk_is_looked_at_somewhere() -> None:
    root = PAGE.parents[1]
    sources = [path for package in ("common", "cloud_sim", "selfhost") for path in (root / package).rglob("*.py")]
    code = "\n".join(path.read_text() for path in sources if path.name != "quirks.py")
    assert [name for name in QUIRKS if f'"{name}"' not in code] == []
