"""A licence file that somebody brings: read however it is spelt, its file in the light of its token. Pure.

Nothing is verified: only Bitwarden's certificate could vouch for a real one.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

from common.license.claims import Claims, UnreadableClaim
from common.license.comparison import Difference, differences
from common.license.files import read_object
from common.license.inspection import read_license
from common.license.model import License, OrganizationLicense, fields_of, has_token
from common.license.spelling import Spelling, respelt
from common.license.tokens import claims_of, read_unverified_token

_PROOFS = {"Hash", "Signature", "Token"}


class Brought(NamedTuple):
    """file: with what only its token tells. payload: of the token, None without a readable one. lacks: C# names of the
    fields that it has not. changed: where file and token differ otherwise than by design; the token counts.
    """

    file: License
    payload: Mapping[str, object] | None
    lacks: tuple[str, ...]
    spelling: tuple[Spelling, ...]
    changed: tuple[Difference, ...]

    @property
    def claims(self) -> Claims | None:
        """Those of the token, whoever signed it."""
        return None if self.payload is None else claims_of(self.payload)


def bring(data: bytes) -> Brought:
    """Errors: UnreadableLicense."""
    text, spelling = respelt(data)
    file = read_license(text)
    payload = read_unverified_token(file.token or "") if has_token(file) else None
    there = {key.lower() for key in read_object(text)}
    lacks = tuple(each.name for each in fields_of(type(file)) if each.name.lower() not in there)
    if payload is None:
        return Brought(file, None, lacks, spelling, ())
    claims = claims_of(payload)
    changed = tuple(each for each in differences(file, claims) if not each.by_design)
    return Brought(_completed(file, claims, changed), payload, lacks, spelling, changed)


def _completed(file: License, claims: Claims, changed: tuple[Difference, ...]) -> License:
    """With what a server takes from the token: what the file never tells, and what was changed in it."""
    names = {each.field for each in changed}
    values: dict[str, Any] = {}
    for field in fields_of(type(file)):
        told = not field.filled or field.name in names
        if told and field.name in claims and field.name not in _PROOFS | {"Id", "Version"}:
            try:
                values[field.attribute] = claims.value(field)
            except UnreadableClaim:
                continue
    return dataclasses.replace(file, **values)


def as_organization(brought: Brought) -> OrganizationLicense | None:
    """The file if it is one of an organization."""
    return brought.file if isinstance(brought.file, OrganizationLicense) else None
