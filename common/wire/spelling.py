"""How names and moments are spelt in JSON. Imports no models: whoever only says what time it is loads none."""

import re
from datetime import UTC, datetime

from common.clock import moment_of


def camel(name: str) -> str:
    """snake_case -> camelCase, raising only the first letter of each later word: use_2fa -> use2fa."""
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def iso(moment: datetime) -> str:
    """Aware datetime -> `2026-08-20T14:16:19.123456Z`, trailing zeros of the fraction cut."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".")
    return f"{text}Z"


_OFFSET = r"[+-](?:(?:0\d|1[0-3])(?::[0-5]\d)?|14(?::00)?)"
ISO_8601 = re.compile(
    rf"\d{{4}}-\d{{2}}-\d{{2}}(?:T\d{{2}}:\d{{2}}(?::\d{{2}}(?:\.\d{{1,16}})?)?(?:Z|{_OFFSET})?)?", re.ASCII
)


def written_date(text: str) -> str | None:
    """A date as System.Text.Json reads it, spelled as others read it, too; None where it reads none.

    An offset may have hours only, and at most 14 of them; the time may lack seconds, but not minutes; years that lie
    outside of 1 to 9999 in UTC are none. Source: .NET: System.Text.Json, JsonHelpers.Date; fidelity.md: wire.bodies.
    """
    if ISO_8601.fullmatch(text) is None:
        return None
    whole = f"{text}:00" if "T" in text and text[-3] in "+-" else text
    try:
        moment_of(whole)
    except ValueError:
        return None
    return whole
