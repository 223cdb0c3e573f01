"""Asking once more: only what was asked, never what a client would make of it."""

from pathlib import Path
from typing import Any

import pytest
import requests

from common.desk.inspector.replay import replay
from common.errors import Refusal


def asked(path: str, home: Path) -> str:
    request: dict[str, Any] = {"headers": [], "body": None}
    entry = {"method": "POST", "path": path, "query": "", "trigger": "client", "request": request, "caller": None}
    return replay(home, entry, "http://127.0.0.1:1")


@pytest.mark.parametrize("path", ["/api/../_sim/reset", "/api/%2e%2e/_sim/reset", "/_sim/reset#x", "/x/./y"])
def test_a_path_that_a_client_resolves_is_not_asked(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests.Session, "request", lambda *_, **__: pytest.fail("it was asked"))
    with pytest.raises(Refusal, match="path-as-is"):
        asked(path, tmp_path)


@pytest.mark.parametrize("path", ["/api/config", "//x/y", "/api/n\u00e4me", "/api/a b"])
def test_any_other_path_is(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(requests.Session, "request", lambda _self, *what, **__: seen.append(what))
    asked(path, tmp_path)
    assert seen == [("POST", f"http://127.0.0.1:1{path}")]
