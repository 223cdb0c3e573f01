"""Configuration values as .NET reads them: keys in any case, `__` between levels, and only what can be converted."""

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit
from uuid import UUID


class SettingsError(ValueError):
    """A value that stops the start; the text is what the operator reads."""


def has_value(text: str | None) -> bool:
    """Not blank and not one of the placeholders of the generated files.

    Source: src/Core/Utilities/CoreHelpers.cs (SettingHasValue); fidelity.md: deployment.env-file.
    """
    return text is not None and text.strip().upper() not in ("", "SECRET", "REPLACE")


def spelled_twice(environment: Mapping[str, str]) -> list[str]:
    """Keys that differ only in case from another one: the real server would take either, we take the last."""
    spellings: dict[str, list[str]] = {}
    for key in environment:
        spellings.setdefault(key.lower(), []).append(key)
    return [" / ".join(keys) for keys in spellings.values() if len(keys) > 1]


class Values:
    """Values by .NET path ("GlobalSettings:Mail:Smtp:Port"), with .NET's conversions and its error text."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._values = {key.replace("__", ":").lower(): value for key, value in environment.items()}
        self._used: set[str] = set()

    def text(self, path: str) -> str | None:
        """The value as written, or None."""
        self._used.add(path.lower())
        return self._values.get(path.lower())

    def given(self, path: str) -> str | None:
        """The value, or None when it is absent, blank or a placeholder."""
        value = self.text(path)
        return value if has_value(value) else None

    def boolean(self, path: str, *, default: bool = False) -> bool:
        value = self.text(path)
        if value is None:
            return default
        match value.strip().lower():
            case "true":
                return True
            case "false":
                return False
        raise _not_convertible(path, "System.Boolean")

    def integer(self, path: str, *, default: int, minimum: int = -(2**31), nullable: bool = False) -> int:
        value = self.text(path)
        if value is None or (nullable and not value):
            return default
        if not re.fullmatch(r"\s*[+-]?[0-9]+\s*", value) or not minimum <= int(value) < 2**31:
            raise _not_convertible(path, "System.Int32")
        return int(value)

    def seconds(self, path: str, *, default: float) -> float:
        value = self.text(path)
        if value is None:
            return default
        if not re.fullmatch(r"\s*[0-9]+(\.[0-9]+)?\s*", value):
            raise _not_convertible(path, "System.Double")
        return float(value)

    def guid(self, path: str) -> UUID:
        value = self.text(path)
        if value is None:
            return UUID(int=0)
        found = parse_guid(value)
        if found is None:
            raise _not_convertible(path, "System.Guid")
        return found

    def uri(self, path: str) -> str | None:
        """An http(s) base URI as written, surrounding blanks removed; None when it has no value."""
        value = self.given(path)
        return None if value is None else checked_uri(value, path)

    def below(self, path: str) -> dict[str, str]:
        """The entries of a dictionary or list, by what follows the path."""
        prefix = path.lower() + ":"
        self._used.update(key for key in self._values if key.startswith(prefix))
        return {key.removeprefix(prefix): value for key, value in self._values.items() if key.startswith(prefix)}

    def refuse_unused_own_keys(self) -> None:
        """A misspelt simulator setting must not pass unnoticed (unknown upstream settings do, as upstream)."""
        for key in self._values:
            if key.startswith("wardenloop:") and key not in self._used:
                raise SettingsError(f"Unknown wardenloop setting: {key.replace(':', '__')}")


def parse_guid(text: str) -> UUID | None:
    """A GUID in one of .NET's spellings (digits, hyphens, braces, parentheses), blanks around it allowed; else None."""
    plain = text.strip()
    if len(plain) > 2 and plain[0] + plain[-1] in ("{}", "()"):
        plain = plain[1:-1]
    hyphenated = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    return UUID(plain) if re.fullmatch(rf"[0-9a-fA-F]{{32}}|{hyphenated}", plain) else None


def checked_uri(text: str, path: str) -> str:
    """An http(s) URI without query and fragment; else SettingsError naming the setting."""
    uri = text.strip()
    try:
        parts = urlsplit(uri)
        usable = _usable(parts)
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(
            "Invalid URI: The format of the URI could not be determined. "
            f"('{path}' is '{text}', not an http(s) address)"
        )
    return uri


def _usable(parts: SplitResult) -> bool:
    if parts.port == 0 or any(character.isspace() for character in parts.geturl()):
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and not parts.fragment


def _not_convertible(path: str, dotnet_type: str) -> SettingsError:
    return SettingsError(f"Failed to convert configuration value at '{path}' to type '{dotnet_type}'.")
