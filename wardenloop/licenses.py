"""Licence files as they are downloaded."""

import json
from pathlib import Path
from typing import Any


class License:
    """A licence file: its bytes, and its members.

    >>> License(b'{"Seats": 10}')["Seats"]
    10
    """

    def __init__(self, content: bytes, name: str = "bitwarden_organization_license.json") -> None:
        self.content = content
        self.name = name

    @classmethod
    def of(cls, given: "License | dict[str, Any] | str | bytes | Path") -> "License":
        """From whatever a test has at hand: a decoded answer, a text, or a path."""
        match given:
            case License():
                return given
            case Path():
                return cls(given.read_bytes(), given.name)
            case bytes():
                return cls(given)
            case str():
                return cls(given.encode())
        return cls(json.dumps(given, indent=2, ensure_ascii=False).encode())

    @property
    def members(self) -> dict[str, Any]:
        """Decoded. Raises ValueError for a forged file that is no JSON."""
        found: dict[str, Any] = json.loads(self.content)
        return found

    def __getitem__(self, name: str) -> Any:
        """A member, by its name in any case (a download has `seats`, a file on a server's disk `Seats`)."""
        members = {each.casefold(): value for each, value in self.members.items()}
        return members[name.casefold()]

    def save(self, path: "Path | str") -> Path:
        """Write it where somebody's own tool reads it."""
        Path(path).write_bytes(self.content)
        return Path(path)
