"""Answers that a test expects."""

from typing import Any

import requests


def ok(answer: requests.Response) -> Any:
    """The decoded answer of a call that must succeed; None when it is empty."""
    assert answer.status_code == 200, f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


def said(answer: requests.Response) -> tuple[int, str]:
    """Status and text of a refusal."""
    return answer.status_code, answer.json()["message"]
