"""The cloud's limits by service, method and path. Pure.

Source: src/Identity/appsettings.json, src/Api/appsettings.json; fidelity.md: wire.rate-limits.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ANY = "*"


class Limit(NamedTuple):
    """At most `calls` of one address to one path in `period`, spelled as in the refusal.

    method: `*` for all. path: below the service, `*` for any text in it.
    """

    method: str
    path: str
    calls: int
    period: timedelta
    spelled: str

    def covers(self, method: str, path: str) -> bool:
        """Whether a request counts here."""
        pattern = re.escape(self.path).replace(r"\*", ".*")
        return self.method in (ANY, method) and re.fullmatch(pattern, path, re.IGNORECASE) is not None


_WRITES = tuple(
    limit
    for method in ("POST", "PUT", "DELETE")
    for limit in (Limit(method, ANY, 60, MINUTE, "1m"), Limit(method, ANY, 5, SECOND, "1s"))
)
_INVITES = tuple(
    limit
    for path in (
        "/organizations/*/users/invite",
        "/organizations/*/users/reinvite",
        "/organizations/*/users/*/reinvite",
    )
    for limit in (Limit("POST", path, 5, MINUTE, "1m"), Limit("POST", path, 300, DAY, "1d"))
)

LIMITS: Mapping[str, Sequence[Limit]] = {
    "identity": (
        Limit(ANY, ANY, 60, MINUTE, "1m"),
        Limit(ANY, ANY, 5, SECOND, "1s"),
        Limit("POST", "/connect/token", 10, MINUTE, "1m"),
    ),
    "api": (
        *_WRITES,
        Limit("GET", ANY, 200, MINUTE, "1m"),
        Limit("POST", "/accounts/prelogin", 10, MINUTE, "1m"),
        Limit("POST", "/accounts/prelogin/password", 10, MINUTE, "1m"),
        Limit("GET", "/alive", 5, MINUTE, "1m"),
        Limit("POST", "/accounts/verify-email", 5, HOUR, "1h"),
        Limit("POST", "/accounts/verify-email-token", 2, MINUTE, "1m"),
        Limit("POST", "/accounts/email-token", 2, MINUTE, "1m"),
        Limit("POST", "/accounts/email", 5, HOUR, "1h"),
        Limit("POST", "/accounts/password-hint", 5, HOUR, "1h"),
        Limit("POST", "/accounts/delete-recover", 5, HOUR, "1h"),
        Limit("POST", "/accounts/delete-recover-token", 2, MINUTE, "1m"),
        Limit("POST", "/installations", 2, 2 * MINUTE, "2m"),
        *_INVITES,
    ),
}


def limits_for(service: str, method: str, path: str) -> list[Limit]:
    """The limits that a request counts against, the strictest of each period, shortest period first."""
    strictest: dict[timedelta, Limit] = {}
    for limit in LIMITS.get(service, ()):
        known = strictest.get(limit.period)
        if limit.covers(method, path) and (known is None or limit.calls < known.calls):
            strictest[limit.period] = limit
    return [strictest[period] for period in sorted(strictest)]
