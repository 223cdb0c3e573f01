"""Rules about how the lines are written: encoding, quotes, `$`, several in one, names that nobody reads.

Source: util/Setup/EnvironmentFileBuilder.cs; the compose specification; fidelity.md: deployment.env-file.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from common.configuration.known import holds_another_line
from common.configuration.reading import Entry, Form, Reason
from common.configuration.values import SettingsError, Values, has_value
from common.doctor.findings import PREFIX, Case, Finding
from common.doctor.server_settings import BRANCHES, LEAVES, STRICT

_QUOTES = "\"'“”„‘’«»"
_BROKEN = ("open-quote", "after-quote", "bad-name", "no-value", "bad-dollar")
_BOOLEANS = (
    "selfHosted",
    "liteDeployment",
    "enableCloudCommunication",
    "disableUserRegistration",
    "enableEmailVerification",
    "enableNewDeviceVerification",
    "mail__smtp__ssl",
    "mail__smtp__startTls",
    "mail__smtp__sslOverride",
    "mail__smtp__trustServer",
)
_LONGEST_WORD = 8
"""Characters of what stands for true or false; what is longer may be a password in the wrong place."""
_WELL_FORMED = re.compile(r"(globalSettings|adminSettings)__\w+", re.IGNORECASE)
_ALMOST = re.compile(r"(global|admin)[_-]?settings?[_:.-]", re.IGNORECASE)


def files(case: Case) -> Iterator[Finding]:
    """Encodings, and lines that compose stumbles over."""
    for problem in case.configuration.problems:
        if problem.kind in _BROKEN:
            yield Finding("compose-refuses", problem.file, problem.line)
        elif problem.kind == "unset-variable":
            named = next((line for line in case.configuration.lines if _is_at(line, problem)), None)
            yield Finding("dollar", problem.file, problem.line, named.key if named else "")
        else:
            yield Finding(problem.kind, problem.file, problem.line)


def _is_at(line: object, problem: object) -> bool:
    return (getattr(line, "file", ""), getattr(line, "number", 0)) == (
        getattr(problem, "file", None),
        getattr(problem, "line", None),
    )


def pasted(case: Case) -> Iterator[Finding]:
    """One line that holds four is one setting."""
    for line in case.configuration.lines:
        if holds_another_line(line.value or ""):
            held = re.findall(r"(?:globalSettings|adminSettings)__\w+?(?=\s*=)|BW_[A-Z_]+(?==)", line.value or "")
            yield Finding("pasted", line.file, line.number, line.key, {"held": ", ".join(held)})


def quotes(case: Case) -> Iterator[Finding]:
    """Quotes that the server gets as part of the value."""
    for line in case.configuration.lines:
        value = (line.value or "").strip()
        if line.reason is Reason.COMMENT or not value or holds_another_line(value):
            continue
        typographic = value[0] in _QUOTES[2:] or value[-1] in _QUOTES[2:]
        if typographic or (value[0] in "\"'" and value[-1] == value[0] and len(value) > 1):
            yield Finding("quotes", line.file, line.number, line.key)


def repeated(case: Case) -> Iterator[Finding]:
    """Two lines of one name that say different things."""
    counting = {line.key.lower(): line for line in case.configuration.lines if line.reason is not Reason.REPEATED}
    for line in case.configuration.lines:
        last = counting.get(line.key.lower())
        if line.reason is Reason.REPEATED and last is not None and last.value != line.value:
            where = f"{last.file}:{last.number}"
            yield Finding("repeated", line.file, line.number, line.key, {"counts": last.key, "where": where})


def spacing(case: Case) -> Iterator[Finding]:
    """`rebuild` keeps such a name as one of its own and adds the default beside it; `docker run` refuses it."""
    for line in case.configuration.written:
        if (
            line.entry is Entry.SETTING
            and line.raw.startswith(" ")
            and case.configuration.form in (Form.ENV, Form.LITE)
        ):
            yield Finding("key-spacing", line.file, line.number, line.key)


def names(case: Case) -> Iterator[Finding]:
    """Names that no server reads; most of them are misspelt."""
    for line in case.configuration.lines:
        if line.reason in (Reason.COMMENT, Reason.UNREADABLE):
            continue
        near = _unknown(line.key)
        if near is not None:
            yield Finding("unknown-setting", line.file, line.number, line.key, {"near": near or "-"})


def _unknown(key: str) -> str | None:
    """What was meant, "" = nobody knows; None for a name that is read, or that is none of the server's."""
    if not _WELL_FORMED.fullmatch(key):
        if not _ALMOST.match(key):
            return None
        rest = re.sub(_ALMOST, "", key).lstrip("_:.-").replace(":", "__")
        return _nearest(rest)
    if not key.lower().startswith(PREFIX.lower()):
        return None if key.lower() == "adminsettings__admins" else "adminSettings__admins"
    path = key[len(PREFIX) :].lower()
    branch = path.partition("__")[0]
    known = {leaf.lower() for leaf in LEAVES}
    if path in known or (branch in {each.lower() for each in BRANCHES} and branch not in STRICT):
        return None
    return _nearest(key[len(PREFIX) :])


def _nearest(name: str) -> str:
    everything = {each.lower(): each for each in (*LEAVES, *BRANCHES)}
    found = get_close_matches(name.lower(), everything, n=1, cutoff=0.75)
    return PREFIX + everything[found[0]] if found else ""


def convertible(case: Case) -> Iterator[Finding]:
    """What .NET cannot convert stops every service at its start."""
    for name in _BOOLEANS:
        yield from _converted(case, name, "boolean")
    yield from _converted(case, "mail__smtp__port", "integer")


def _converted(case: Case, name: str, kind: str) -> Iterator[Finding]:
    path = "GlobalSettings:" + ":".join(part[0].upper() + part[1:] for part in name.split("__"))
    if holds_another_line(case.text(name) or ""):
        return
    try:
        if kind == "boolean":
            case.values.boolean(path)
        else:
            case.values.integer(path, default=0)
    except SettingsError as error:
        line = case.line_of(PREFIX + name)
        shown = (line.shown if line else None) or '""'
        written = shown if len(shown) <= _LONGEST_WORD else "…"
        yield case.at("not-convertible", name, error=str(error), written=written)


def mode(case: Case) -> Iterator[Finding]:
    """A server that is told to be a cloud."""
    if (case.text("selfHosted") or "true").strip().lower() == "false":
        yield case.at("self-hosted-off", "selfHosted")


def overruled(case: Case) -> Iterator[Finding]:
    """Bitwarden lite puts its own variables over these."""
    for line in case.configuration.lines:
        if line.reason is Reason.OVERRULED:
            variable = "BW_INSTALLATION_ID" if line.key.lower().endswith("id") else "BW_INSTALLATION_KEY"
            yield Finding("lite-overruled", line.file, line.number, line.key, {"variable": variable})


def installation(case: Case) -> Iterator[Finding]:
    """Id and key, as far as their shape tells."""
    alone = case.configuration.forms == (Form.HELM,)
    if alone or not case.whole:
        return  # both are in a secret of their own, or in another file
    identity, key = (case.text(f"installation__{name}") or "" for name in ("id", "key"))
    if holds_another_line(identity) or holds_another_line(key):
        return
    id_is_guid, key_is_guid = _is_guid(identity), _is_guid(key)
    if key_is_guid and identity.strip() and not id_is_guid:
        yield case.at("installation-swapped", "installation__id")
        return
    if not identity.strip() or (id_is_guid and not identity.strip(" 0-{}()")):
        yield case.at("installation-id-missing", "installation__id")
    elif not id_is_guid:
        yield case.at("installation-id-malformed", "installation__id")
    if not has_value(key) or set(key.strip().lower()) == {"x"}:
        yield case.at("installation-key-missing", "installation__key")
    elif not re.fullmatch(r"[A-Za-z0-9]{20}", key) and not any(quote in key for quote in _QUOTES):
        yield case.at("installation-key-shape", "installation__key", length=str(len(key)))


def _is_guid(text: str) -> bool:
    try:
        return Values({"X": text}).guid("X").int >= 0 and bool(text.strip())
    except SettingsError:
        return False
