"""Values that fit a pattern, always the same ones. Pure."""

import base64
import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from wardenloop.contract.patterns import JWT, MAY_MISS, OPEN, STANDS, elements

_NAME = re.compile(r"\{([a-z][\w-]*(?:\.[\w-]+)*)(?:\+\d+d)?\}")
_UUID = "3f2b9c1e-6a57-4d0b-9b1a-{:012x}"
_MOMENT = "2026-08-20T12:00:00Z"
_ENCRYPTED = "2.AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
_JWT = f"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJzYW1wbGUifQ.{'A' * 43}"
_FORMS = {
    "uuid": _UUID.format(1),
    "moment": _MOMENT,
    "second": _MOMENT,
    "jwt": _JWT,
    "encstring": _ENCRYPTED,
    "url": "https://vault.example.com",
    "email": "somebody@example.com",
    "text": "text",
    "any": None,
    "int": 1,
    "number": 1,
    "bool": True,
}
_OF_REGEX = (
    "2026.8.0",
    "2026-08-20T12:00:00+00:00",
    "2026-08-20T12:00:00",
    "US",
    "no-store",
    "https://identity.example.com",
    'Bearer error="invalid_token"',
    "08/20/2026 12:00:00",
    "0" * 32,
    "Invalid license. IDX10214: Audience validation failed.",
    "Invalid license. IDX10517: Signature validation failed.",
    "A" * 342,
    "A" * 30,
)
_OF_NAMES = {
    "encrypted": _ENCRYPTED,
    "wrapped-key": f"4.{base64.b64encode(b'k' * 256).decode()}",
    "period.end": _MOMENT,
    "trial.end": _MOMENT,
    "license.expires-bare": "2026-08-20T12:00:00",
}


def named(name: str) -> str:
    """A value for a name that cases use: of its kind, and one of its own."""
    if name in _OF_NAMES:
        return _OF_NAMES[name]
    number = int(sha256(name.encode()).hexdigest()[:8], 16)
    last = name.rpartition(".")[2]
    if last in ("id", "member") or ".uuid." in name:
        return _UUID.format(number)
    if last == "email" or ".email." in name:
        return f"{name.replace('.', '-')}@example.com"
    if last in ("syncKey", "apiKey"):
        return f"{number:x}".rjust(30, "k")
    if last in ("licenseKey", "key"):
        return f"{number:x}".rjust(20, "k")
    return f"sample-{name}"


def filled(template: Any) -> Any:
    """The template with samples in place of names."""
    if isinstance(template, str):
        return _NAME.sub(lambda found: named(found[1]), template)
    if isinstance(template, Mapping):
        return {name: filled(value) for name, value in template.items()}
    return [filled(each) for each in template] if isinstance(template, list) else template


def sample(pattern: Any) -> Any:
    """A value that the pattern matches."""
    if isinstance(pattern, str) and (stands := STANDS.fullmatch(filled(pattern))):
        return _of_form(stands[1])
    if isinstance(pattern, Mapping) and JWT in pattern:
        parts = [_encoded(sample(pattern[JWT][name])) for name in ("header", "claims")]
        return ".".join([*parts, "A" * 43])
    if isinstance(pattern, Mapping):
        return {name: sample(each) for name, each in pattern.items() if name != OPEN and not name.endswith(MAY_MISS)}
    if isinstance(pattern, list):
        return [sample(each) for each in elements(pattern)[1]]
    return filled(pattern)


def _encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _of_form(name: str) -> Any:
    if name.startswith("~"):
        return next((each for each in _OF_REGEX if re.fullmatch(name[1:], each, re.DOTALL)), "text")
    form, _, size = name.partition(" ")
    if form == "key":
        return "k" * int(size)
    if form == "base64":
        return base64.b64encode(b"s" * int(size or 32)).decode()
    return _FORMS[form]
