"""Where a licence file and its token tell different things."""

from dataclasses import dataclass

from common.clock import TICKS_PER_SECOND
from common.enums import LicenseType
from common.license.claims import UNCLAIMED, Claims, UnreadableClaim, claim_text
from common.license.model import Field, Kind, License, fields_of
from common.license.timestamps import Timestamp


@dataclass(frozen=True)
class Difference:
    """A field whose value in the file is not the one in the token; texts as in a claim, None = null or absent.

    by_design: the cloud itself makes this difference.
    """

    field: str
    file: str | None
    token: str | None
    by_design: bool


_SAME_MOMENT_TICKS = 60 * TICKS_PER_SECOND


def differences(file: License, claims: Claims) -> list[Difference]:
    """Every field that file and token tell differently, in file order."""
    return [
        Difference(
            field=each.name,
            file=_shown(each, getattr(file, each.attribute)),
            token=claims.text(each.name),
            by_design=_by_design(each, getattr(file, each.attribute), claims),
        )
        for each in fields_of(type(file))
        if each.name not in UNCLAIMED and not _agree(each, getattr(file, each.attribute), claims)
    ]


def _agree(field: Field, value: object, claims: Claims) -> bool:
    try:
        claimed = claims.value(field)
    except UnreadableClaim:
        return False
    if isinstance(value, Timestamp) and isinstance(claimed, Timestamp):
        return value.claim() == claimed.claim()
    return value == claimed


def _by_design(field: Field, value: object, claims: Claims) -> bool:
    if isinstance(value, Timestamp):
        # The token's dates are computed a moment after the file's.
        claimed = claims.date(field.name)
        return abs(value.ticks - claimed.ticks) < _SAME_MOMENT_TICKS
    return not field.filled


def _shown(field: Field, value: object) -> str | None:
    if value is None:
        return None
    if field.kind is Kind.LICENSE_TYPE and isinstance(value, int) and value in set(LicenseType):
        return claim_text(LicenseType(value))
    return claim_text(value)
