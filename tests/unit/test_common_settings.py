"""Settings that both apps read alike."""

import pytest

from common import settings
from common.settings import with_driver


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_gets_our_driver(scheme: str) -> None:
    assert with_driver(f"{scheme}://user@host/name") == "postgresql+psycopg://user@host/name"


def test_a_missing_driver_is_told_with_the_extra_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "find_spec", lambda _name: None)
    with pytest.raises(ValueError, match=r"pip install 'wardenloop\[postgres\]'"):
        with_driver("postgresql://host/name")
    assert with_driver("sqlite:///x.db") == "sqlite:///x.db"
