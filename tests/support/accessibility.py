"""What axe finds on a page: moderate and graver violations fail, told so that one can go and mend them."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "iframes": False,  # axe is put into the page only: a frame without it answers nothing, and is waited for
    "resultTypes": ["violations"],  # telling at length what is right takes up to a third of the time
}
_IMPACTS = ("moderate", "serious", "critical")
_SHOWN = 4


_LOOK = ["color-contrast", "target-size", "link-in-text-block", "scrollable-region-focusable", "valid-lang"]
"""What the same page can get wrong in another theme, size or language: the rest is in its elements, which stay."""


def check(page: Page, *, only_look: bool = False) -> None:
    """AssertionError with every violation that keeps people out. only_look: all of its elements were checked before."""
    rules = _RULES | {"runOnly": _LOOK} if only_look else _RULES
    found = Axe().run(page, options=rules).response
    grave = [each for each in found["violations"] if each["impact"] in _IMPACTS]
    assert not grave, f"{page.url} keeps people out:\n" + "\n".join(map(_told, grave))


def _told(violation: dict[str, Any]) -> str:
    nodes = violation["nodes"]
    lines = [f"- {violation['impact']}, {violation['id']}: {violation['help']}"]
    for node in nodes[:_SHOWN]:
        reasons = [each["message"] for kind in ("any", "all", "none") for each in node[kind]]
        lines.append(f"    {' '.join(node['target'])}: {'; '.join(reasons)}\n      {node['html'][:160]}")
    if len(nodes) > _SHOWN:
        lines.append(f"    and {len(nodes) - _SHOWN} more")
    return "\n".join(lines)
