"""Python's garbage collection for a process that runs thousands of tests. Enabled in tests/conftest.py.

What is loaded and collected stays until the end, and looking through it again and again for garbage took half of the
collecting of tests and a tenth of running them. What tests leave is still collected, in larger portions.
"""

import gc

import pytest

PORTION = (50_000, 10, 10)
"""New objects until the young are looked through; such looks until the middle-aged and all are."""

gc.set_threshold(*PORTION)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What is there now is no garbage, and nobody looks at it again."""
    gc.collect()
    gc.freeze()
