"""The examination: files in, findings out. No network, no clock, nothing kept.

Source: fidelity.md: deployment.settings, license.can-use.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from common.configuration.known import may_be_named
from common.configuration.reading import Configuration, SourceFile, read_configuration
from common.doctor import addresses, licenses, lines, surroundings
from common.doctor.findings import SEVERITIES, Authority, Case, Finding, LicenseFile, Rule, Severity
from common.license.inspection import inspect_license
from common.license.timestamps import Timestamp
from common.server.locale.texts import Texts

RULES: tuple[Rule, ...] = (
    lines.files,
    lines.pasted,
    lines.quotes,
    lines.convertible,
    lines.mode,
    lines.installation,
    lines.overruled,
    addresses.communication,
    addresses.region,
    addresses.addresses,
    lines.repeated,
    lines.names,
    lines.spacing,
    surroundings.proxies,
    surroundings.authorities,
    surroundings.mail,
    surroundings.admins,
    licenses.licenses,
    licenses.repeated_licenses,
)
"""In the order in which their findings are told, those of one severity."""

SOON = 60
"""Days ahead that count as soon, unless said otherwise."""


def examine(
    files: Sequence[SourceFile],
    licenses_given: Sequence[SourceFile] = (),
    authorities: Sequence[Authority] = (),
    *,
    now: datetime,
    soon: int = SOON,
) -> tuple[Configuration, list[Finding]]:
    """What the files say, and what is wrong or risky: the worst first.

    Errors: UnreadableConfiguration, UnreadableLicense.
    """
    configuration = read_configuration(files)
    read = tuple(_license(each, now) for each in licenses_given)
    case = Case(configuration, read, tuple(authorities), now, soon)
    found = [_without_secret(finding) for rule in RULES for finding in rule(case)]
    return configuration, sorted(found, key=lambda each: each.severity is not Severity.WRONG)


def _without_secret(finding: Finding) -> Finding:
    return finding if may_be_named(finding.setting) else replace(finding, setting="")


def _license(given: SourceFile, now: datetime) -> LicenseFile:
    content, utf_16 = given.content, given.content[:2] in (b"\xff\xfe", b"\xfe\xff")
    if utf_16:
        content = content.decode("utf-16", "replace").encode()
    return LicenseFile(given.name, inspect_license(content, now_ticks=Timestamp.of(now).ticks), utf_16)


def told(finding: Finding, texts: Texts) -> dict[str, str]:
    """The three texts: what it is, what people see, what helps."""
    key = f"x.doctor.{finding.key}"
    return {
        "what": texts(key, **finding.values),
        "symptom": texts(f"{key}.symptom", **finding.values),
        "repair": texts(f"{key}.repair", **finding.values),
    }


def as_json(finding: Finding, texts: Texts) -> dict[str, Any]:
    """One finding for programs."""
    return {
        "key": finding.key,
        "severity": finding.severity.value,
        "file": finding.file,
        "line": finding.line or None,
        "setting": finding.setting or None,
        **told(finding, texts),
    }


def known_keys() -> list[str]:
    """Every finding that there can be."""
    return sorted(SEVERITIES)
