"""A finding, and what the rules look at."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from common.configuration.reading import Configuration, Form, Line, Reason
from common.configuration.values import Values, has_value
from common.license.inspection import Inspection

PREFIX = "globalSettings__"


class Severity(StrEnum):
    """How bad: it will not work, or it may not, or not for everybody."""

    WRONG = "wrong"
    RISKY = "risky"


@dataclass(frozen=True)
class Finding:
    """key: of the rule; the catalogue has `x.doctor.KEY`, `.symptom` and `.repair`. line: 0 = of no line.

    setting: whose line it is. values: what the three texts name; never a secret.
    """

    key: str
    file: str = ""
    line: int = 0
    setting: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        """That of its rule."""
        return SEVERITIES[self.key]


@dataclass(frozen=True)
class LicenseFile:
    """A licence as it was given. name: what people are told. utf_16: it was written by PowerShell's `>`."""

    name: str
    inspection: Inspection
    utf_16: bool = False


@dataclass(frozen=True)
class Authority:
    """A file of `bwdata/ca-certificates`. trusted: whether the containers take it. ends: None = it holds none."""

    name: str
    trusted: bool
    pem: bool
    ends: datetime | None


@dataclass(frozen=True)
class Case:
    """Everything that is known. soon: so many days ahead a date is near."""

    configuration: Configuration
    licenses: tuple[LicenseFile, ...]
    authorities: tuple[Authority, ...]
    now: datetime
    soon: int

    @cached_property
    def values(self) -> Values:
        """As .NET reads them."""
        return Values(self.configuration.values)

    @property
    def lite(self) -> bool:
        """Whether this is the single-container edition."""
        return Form.LITE in self.configuration.forms

    @property
    def whole(self) -> bool:
        """Whether what is missing is missing: a compose file or a manifest alone says a part only."""
        complete = (Form.ENV, Form.LITE, Form.HELM)
        return any(form in complete for form in self.configuration.forms) or self.text("installation__id") is not None

    def text(self, name: str) -> str | None:
        """A setting by what follows `globalSettings__`; None when it is not there."""
        return self.values.text("GlobalSettings:" + name.replace("__", ":"))

    def given(self, name: str) -> str | None:
        """The same without blank ones and placeholders."""
        value = self.text(name)
        return value.strip() if value is not None and has_value(value) else None

    def line_of(self, key: str) -> Line | None:
        """The line that counts."""
        wanted = key.lower()
        found = [line for line in self.configuration.lines if line.key.lower() == wanted]
        counting = [line for line in found if line.reason not in (Reason.REPEATED, Reason.COMMENT, Reason.OVERRULED)]
        return counting[-1] if counting else None

    def at(self, rule: str, name: str, **values: str) -> Finding:
        """A finding about a setting, at its line where it has one."""
        setting = PREFIX + name
        line = self.line_of(setting) or (self.line_of(_OF_LITE[name]) if self.lite and name in _OF_LITE else None)
        if line is None:
            first = self.configuration.lines[0].file if self.configuration.lines else ""
            return Finding(rule, first, 0, setting, values)
        return Finding(rule, line.file, line.number, line.key, values)


_OF_LITE = {"installation__id": "BW_INSTALLATION_ID", "installation__key": "BW_INSTALLATION_KEY"}
Rule = Callable[[Case], Iterator[Finding]]

SEVERITIES: Mapping[str, Severity] = {
    **dict.fromkeys(
        """
        address-not-a-url
        address-path
        address-plain-http
        address-port
        addresses-swapped
        authority-not-pem
        compose-refuses
        dollar
        installation-id-malformed
        installation-id-missing
        installation-key-missing
        installation-swapped
        license-disabled
        license-expired
        license-not-self-hosted
        license-other-installation
        license-repeated
        license-token-expired
        license-utf-16
        no-such-host
        not-convertible
        pasted
        proxy-internal-names
        quotes
        region-lines-missing
        regions-differ
        self-hosted-off
        smtp-reply-to
        utf-16
        """.split(),  # noqa: SIM905 - one a line
        Severity.WRONG,
    ),
    **dict.fromkeys(
        """
        address-foreign
        address-slash
        admins-missing
        authority-expired
        authority-not-read
        bom
        communication-off
        crlf
        installation-key-shape
        key-spacing
        license-changed
        license-ends-soon
        license-hash
        license-in-grace
        license-no-token
        license-plan
        license-token-ends-soon
        license-trial
        lite-overruled
        not-utf-8
        proxy-unreadable
        proxy-wildcard
        push-region
        region-label
        region-spelling
        repeated
        smtp-half-login
        smtp-address
        smtp-missing
        smtp-ssl
        unknown-setting
        """.split(),  # noqa: SIM905 - one a line
        Severity.RISKY,
    ),
}
"""Every rule that there is."""
