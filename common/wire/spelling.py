"""How names and moments are spelt in JSON. Imports no models: whoever only says what time it is loads none."""

from datetime import UTC, datetime


def camel(name: str) -> str:
    """snake_case -> camelCase, raising only the first letter of each later word: use_2fa -> use2fa."""
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def iso(moment: datetime) -> str:
    """Aware datetime -> `2026-08-20T14:16:19.123456Z`, trailing zeros of the fraction cut."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".")
    return f"{text}Z"
