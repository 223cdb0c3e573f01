"""Where coverage looks away, as tracing costs nearly as much as what is traced: from tests that go once more, with
other values, where others go, and from what tests compute for themselves. Enabled in tests/conftest.py.
"""

import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "unmeasured: reaches nothing that other tests do not reach as well.")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """A test with this mark, and the fixtures that it is the first to ask for."""
    if item.get_closest_marker("unmeasured") is None:
        return (yield)
    with unmeasured():
        return (yield)


@contextmanager
def unmeasured() -> Iterator[None]:
    """Nothing of this counts as covered, where anything is measured at all."""
    coverage = sys.modules.get("coverage")
    measuring = None if coverage is None else coverage.Coverage.current()
    if measuring is None:
        yield
        return
    measuring.stop()
    try:
        yield
    finally:
        measuring.start()
