"""Entries as an HTTP Archive, which browsers' tools and many others open. Pure.

Source: HAR 1.2, http://www.softwareishard.com/blog/har-12-spec
"""

import json
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any
from urllib.parse import parse_qsl

from common.server.operation import Schema
from common.sim.journal.entries import phrase
from common.sim.journal.store import Entry

NO_ANSWER = 0


ARCHIVE: Schema = {
    "type": "object",
    "required": ["log"],
    "properties": {
        "log": {
            "type": "object",
            "required": ["version", "creator", "entries"],
            "properties": {
                "version": {"const": "1.2"},
                "creator": {"type": "object"},
                "entries": {"type": "array", "items": {"type": "object"}},
            },
        }
    },
}
"""What a document of HTTP Archive 1.2 looks like from outside."""


def har_of(entries: Iterable[Entry]) -> dict[str, Any]:
    """The requests and calls among entries; what else happened is none of HTTP's. Ours is in members with `_`."""
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "wardenloop", "version": version("wardenloop")},
            "entries": [_entry(each) for each in entries if each["kind"] in ("request", "call")],
        }
    }


def _entry(entry: Entry) -> dict[str, Any]:
    milliseconds = entry["milliseconds"] or 0
    return {
        "startedDateTime": entry["realAt"],
        "time": milliseconds,
        "request": _request(entry),
        "response": _response(entry),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "comment": f"{entry['from']} -> {entry['to']}" + (f", refused by {entry['rule']}" if entry["rule"] else ""),
        "_wardenloop": {
            name: entry[name]
            for name in ("id", "kind", "app", "at", "trigger", "group", "operation", "caller", "rule", "cause", "peer")
        },
    }


def _request(entry: Entry) -> dict[str, Any]:
    request = entry["request"]
    query = entry["query"] or ""
    found = {
        "method": entry["method"],
        "url": f"http://{_host(entry)}{entry['path']}" + (f"?{query}" if query else ""),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(request["headers"]),
        "queryString": [{"name": name, "value": value} for name, value in parse_qsl(query, keep_blank_values=True)],
        "headersSize": -1,
        "bodySize": request["size"],
    }
    if request["body"] is None:
        return found
    return found | {"postData": {"mimeType": _type(request["headers"]), "text": _text(request["body"])}}


def _response(entry: Entry) -> dict[str, Any]:
    response = entry["response"] or {"headers": [], "body": None, "size": 0}
    status = entry["status"] or NO_ANSWER
    content: dict[str, Any] = {"size": response["size"], "mimeType": _type(response["headers"])}
    if response["body"] is not None:
        content["text"] = _text(response["body"])
    return {
        "status": status,
        "statusText": phrase(status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(response["headers"]),
        "content": content,
        "redirectURL": next((value for name, value in response["headers"] if name.lower() == "location"), ""),
        "headersSize": -1,
        "bodySize": response["size"],
    }


def _host(entry: Entry) -> str:
    told = {name.lower(): value for name, value in entry["request"]["headers"]}
    return str(told.get("host") or entry["to"])


def _pairs(headers: list[list[str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _type(headers: list[list[str]]) -> str:
    return next((value for name, value in headers if name.lower() == "content-type"), "")


def _text(body: object) -> str:
    return body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
