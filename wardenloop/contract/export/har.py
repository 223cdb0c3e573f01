"""The contract as an HTTP Archive (1.2): each case as an exchange of samples. Pure."""

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from wardenloop.contract.cases import Ask, Case, load_cases
from wardenloop.contract.export.samples import filled, sample

_AT = "2026-08-20T12:00:00.000Z"
_BOUNDARY = "----wardenloop"


def as_har(cases: Iterable[Case] | None = None, base: str = "http://cloud.test") -> str:
    """One document. What is wardenloop's own is in members that begin with `_`."""
    entries = [_entry(each, base) for each in (load_cases() if cases is None else cases)]
    log = {"version": "1.2", "creator": {"name": "wardenloop", "version": "contract"}, "entries": entries}
    return json.dumps({"log": log}, ensure_ascii=False, indent=2)


def _entry(case: Case, base: str) -> dict[str, Any]:
    return {
        "startedDateTime": _AT,
        "time": 0,
        "request": _request(case.ask, base),
        "response": _response(case),
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
        "comment": f"{case.id}: {case.says}",
        "_case": {"id": case.id, "upstream": case.upstream, "fidelity": case.fidelity, "needs": list(case.needs)},
    }


def _request(ask: Ask, base: str) -> dict[str, Any]:
    url = base + filled(ask.path)
    text, kind = body_of(ask)
    headers = {"Accept": "application/json", **({"Content-Type": kind} if kind else {}), **ask.headers}
    if ask.caller != "nobody":
        headers["Authorization"] = f"Bearer sample-{ask.caller}-token"
    found = {
        "method": ask.method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(headers),
        "queryString": _pairs(dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))),
        "headersSize": -1,
        "bodySize": len(text.encode()),
    }
    return found | ({"postData": {"mimeType": kind or "", "text": text}} if text else {})


def body_of(ask: Ask) -> tuple[str, str | None]:
    """The body as text, and its type; "" and None where there is none."""
    for kind, value in ask.content.items():
        content = filled(value)
        if kind == "json":
            return json.dumps(content, ensure_ascii=False), "application/json"
        if kind == "form":
            return urlencode(content), "application/x-www-form-urlencoded"
        if kind == "text":
            return content, ask.headers.get("Content-Type")
        parts = "".join(
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'
            + ('; filename="license.json"' if name == "license" else "")
            + f"\r\n\r\n{each}\r\n"
            for name, each in content.items()
        )
        return f"{parts}--{_BOUNDARY}--\r\n", f"multipart/form-data; boundary={_BOUNDARY}"
    return "", None


def _response(case: Case) -> dict[str, Any]:
    expect = case.expect
    is_json = expect.media_type == "application/json"
    text = json.dumps(sample(expect.body), ensure_ascii=False) if is_json else str(expect.body or "")
    headers = {name: sample(value) for name, value in expect.headers.items() if value is not None}
    headers |= {"Content-Type": f"{expect.media_type}; charset=utf-8"} if expect.media_type else {}
    size = len(text.encode())
    return {
        "status": expect.status,
        "statusText": HTTPStatus(expect.status).phrase,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(headers),
        "content": {"size": size, "mimeType": expect.media_type or "", **({"text": text} if text else {})},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": size,
    }


def _pairs(values: dict[str, Any]) -> list[dict[str, str]]:
    return [{"name": name, "value": str(value)} for name, value in values.items()]
