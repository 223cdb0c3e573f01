"""Secrets, so that nobody reads them and everybody can tell whether two are the same. Pure.

A secret becomes its first characters and the beginning of its SHA-256. What is one is told by the name it has (of a
header, a form field, a query parameter, a JSON member at any depth, also of JSON within JSON), and by its shape: a JSON
Web Token is one wherever it stands.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any
from urllib.parse import quote, unquote_plus

_WORDS = re.compile(
    r"password|passwd|secret|token|key|hash|otp|stamp|cookie|signature|hint|credential|authorization|assertion"
    r"|nonce|passphrase|recoverycode|accesscode|verificationcode|handle|xsrf|csrf|sessionid"
)
"""What the name of a secret has in it, in lower case, without hyphens and underscores."""

_WHOLE = frozenset({"code", "pin", "auth", "sid", "facts"})
"""What a secret may be called that says no more."""

HARMLESS = frozenset(
    """
    accesssecretsmanager containedkeyid continuationtoken credentialid descriptionlocalizationkey
    driverslicense forcepasswordreset githash hasmasterpassword haspublicandprivatekeys hasresetpassword
    hastotp hidepasswords isonsecretsmanagerstandalone istokenvalid keyalgorithm keyconnectorenabled
    keyconnectorurl keycurve keyfingerprint keytype manageresetpassword masterpasswordpolicy
    namelocalizationkey organizationusetotp passwordmanager passwordrevisiondate publickey
    resetpasswordenrolled secretid secretsmanager secretsmanagerplan signedpublickey tokensissued tokentype
    translationkey usekeyconnector usepasswordmanager useresetpassword usesecretsmanager useskeyconnector
    usetotp vapidpublickey verifyingkey viewpassword
    """.split()  # noqa: SIM905 - as people read them
)
"""Names with such a word that hold none: switches, kinds, public halves, dates. In lower case, without hyphens."""

_JWT = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?")
_TEXT = r'"(?:[^"\\]++|\\.)*+"?'
_MEMBER = re.compile(rf'"((?:[^"\\]++|\\.)*+)"(\s*+:\s*)({_TEXT}|-?\d[\d.eE+-]*|\[[^\[\]{{}}]*\]?)', re.DOTALL)
_STRING = re.compile(_TEXT, re.DOTALL)
_PAIR = re.compile(r"(?<![\w.\[\]%~-])([\w.\[\]%~-]+)=([^&;#\s\"'<>\\]*)")
_PART_NAME = re.compile(r'name="([^"]*)"', re.IGNORECASE)
_FORM_PAIR = re.compile(r"(^|&)([^=&]+)=([^&]*)")

_FIRST, _DIGITS = 4, 12


@lru_cache(256)
def mask(secret: str) -> str:
    """`k7Qf…1f3b02c9a4d7`; fewer of the first characters where four would be most of it. The same for the same."""
    shown = secret[: min(_FIRST, len(secret) // _FIRST)]
    return f"{shown}…{sha256(secret.encode('utf-8', 'surrogatepass')).hexdigest()[:_DIGITS]}"


@lru_cache(4096)
def is_secret(name: str) -> bool:
    """Whether what has this name is not for reading."""
    bare = re.sub(r"[-_.\[\] ]", "", name.lower())
    if bare in HARMLESS:
        return False
    return bare in _WHOLE or _WORDS.search(bare) is not None


def masked_text(text: str) -> str:
    """Any text: JSON (also a beginning of it, also broken), mails, addresses. Names decide, and the shape of a JWT."""
    if '"' in text:
        text = _MEMBER.sub(_masked_member, text)
    if "=" in text:
        text = _PAIR.sub(_masked_pair, text)
    return _JWT.sub(lambda found: mask(found[0]), text) if "eyJ" in text else text


def masked_form(text: str) -> str:
    """`a=b&c=d`, of a body or a query."""

    def field(found: re.Match[str]) -> str:
        name, value = unquote_plus(found[2]), unquote_plus(found[3])
        hidden = mask(value) if value and is_secret(name) else masked_text(value)
        return found[0] if hidden == value else f"{found[1]}{found[2]}={quote(hidden, safe='…{}:,/')}"

    return _FORM_PAIR.sub(field, text)


def masked_multipart(text: str, boundary: str) -> str:
    """The parts of a form with files, those with the name of a secret hidden."""
    return f"--{boundary}".join(_masked_part(part) for part in text.split(f"--{boundary}"))


def _masked_part(part: str) -> str:
    head, blank, content = part.partition("\r\n\r\n")
    named = _PART_NAME.search(head)
    if not blank or named is None or not is_secret(named[1]):
        return head + blank + masked_text(content)
    value = content.removesuffix("\r\n")
    return head + blank + (mask(value) if value else "") + content[len(value) :]


def masked_headers(headers: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Names and values. Of a cookie only the value is hidden, of `Authorization` all but the scheme."""
    return [[name, _masked_header(name, value)] for name, value in headers]


def masked_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of a row, or whatever else has names."""
    return {name: _masked_value(name, value) for name, value in values.items()}


def token_read(token: str) -> dict[str, Any] | None:
    """Header and claims of a JSON Web Token with their secrets masked; None for anything else."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        header, claims = (json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts[:2])
    except (ValueError, binascii.Error):
        return None
    if not (isinstance(header, dict) and isinstance(claims, dict)):
        return None
    return {"header": header, "claims": masked_values(claims)}


@lru_cache(512)
def _masked_header(name: str, value: str) -> str:
    name = name.lower()
    if name == "cookie":
        return "; ".join(_masked_cookie(each) for each in value.split(";"))
    if name == "set-cookie":
        cookie, semicolon, rest = value.partition(";")
        return _masked_cookie(cookie) + semicolon + rest
    if name in ("authorization", "proxy-authorization"):
        scheme, blank, rest = value.partition(" ")
        return f"{scheme} {mask(rest.strip())}" if blank else mask(value)
    if name == "www-authenticate":
        return value
    return mask(value) if value and is_secret(name) else masked_text(value)


def _masked_cookie(pair: str) -> str:
    name, equals, value = pair.strip().partition("=")
    return f"{name}={mask(value)}" if equals and value else name + equals


def _masked_value(name: str, value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, Mapping):
        return masked_values(value)
    if isinstance(value, list | tuple):
        return [_masked_value(name, each) for each in value]
    if is_secret(name):
        return mask(value if isinstance(value, str) else str(value)) if value != "" else value
    return masked_text(value) if isinstance(value, str) else value


def _masked_member(found: re.Match[str]) -> str:
    name, value = found[1], found[3]
    if "\\" in name:
        name = _decoded(f'"{name}"')
    if is_secret(name):
        return f'"{found[1]}"{found[2]}{_hidden(value)}'
    if "\\" in value and value[0] == '"':
        return f'"{found[1]}"{found[2]}{_hidden_inside(value)}'
    return found[0]


def _hidden(value: str) -> str:
    """A JSON value, or the beginning of one, of which nothing is shown."""
    if value[0] == "[":
        return _STRING.sub(lambda each: _hidden(each[0]), value)
    if value[0] == '"':
        text = _decoded(value)
        return json.dumps(mask(text), ensure_ascii=False) if text else value
    return json.dumps(mask(value), ensure_ascii=False)


def _hidden_inside(value: str) -> str:
    """A JSON string that may be JSON itself, or whatever else has names in it."""
    text = _decoded(value)
    hidden = masked_text(text)
    return value if hidden == text else json.dumps(hidden, ensure_ascii=False)


def _masked_pair(found: re.Match[str]) -> str:
    name, value = unquote_plus(found[1]), unquote_plus(found[2])
    return f"{found[1]}={mask(value)}" if value and is_secret(name) else found[0]


def _decoded(text: str) -> str:
    """What a JSON string says; as it stands when it is cut off or broken."""
    try:
        return str(json.loads(text if len(text) > 1 and text[-1] == '"' else text + '"'))
    except ValueError:
        return text.strip('"')
