"""What a page shows, found by the test ids of its elements."""

import re

from werkzeug.test import TestResponse


def shown(page: TestResponse, testid: str) -> str | None:
    """The text of an element that holds none of its own kind; None when the page has no such element."""
    found = re.search(rf'<(\w+)[^>]*data-testid="{re.escape(testid)}"[^>]*>(.*?)</\1>', page.text, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[2]).split()) if found else None


def tag(page: TestResponse, testid: str) -> str:
    """The opening tag of an element."""
    found = re.search(rf'<[^>]*data-testid="{re.escape(testid)}"[^>]*>', page.text)
    if found is None:
        raise AssertionError(f"no {testid} on the page")
    return found[0]
