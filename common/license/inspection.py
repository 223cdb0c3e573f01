"""Everything that can be said about one licence file: what it is, its dates, its proofs, file against token."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from common.clock import TICKS_PER_SECOND
from common.crypto.certificates import Certificates
from common.enums import LicenseType
from common.errors import Refusal
from common.license.canonical import canonical_string, license_hash
from common.license.claims import Claims
from common.license.comparison import Difference, differences
from common.license.files import UnreadableLicense, read_any, read_object
from common.license.model import License, OrganizationLicense, UserLicense, has_token
from common.license.timestamps import TICKS_PER_DAY, Timestamp
from common.license.tokens import claims_of, read_token, read_unverified_token
from common.license.verification import WRONG_INSTALLATION, can_use_organization, verify_signature

Finding = Literal["good", "bad", "absent", "not checked"]


@dataclass(frozen=True)
class Verdict:
    """What came out of one check. detail: the literal refusal, or why nothing was checked."""

    finding: Finding
    detail: str = ""


@dataclass(frozen=True)
class Moment:
    """One date in the life of a licence. source: `file` or `token`. words: how far from now, past or future."""

    when: Timestamp
    what: str
    source: str
    words: str


@dataclass(frozen=True)
class Inspection:
    """The findings about one licence file.

    casing: how its keys are spelt; only PascalCase reads from an instance's disk. hash: whether the file's own hash
    fits its values (no server checks that). instance: what an instance with the given installation id would answer.
    token_readable: None without token.
    """

    file: License
    casing: str
    timeline: tuple[Moment, ...]
    hash: Verdict
    signature: Verdict
    token: Verdict
    instance: Verdict
    token_readable: bool | None
    differences: tuple[Difference, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing that was checked, and that a server would look at, is bad."""
        decisive = self.signature if self.token.finding == "absent" else self.token
        return "bad" not in (decisive.finding, self.instance.finding)


def read_license(data: bytes) -> License:
    """A licence file of either kind, keys in any casing.

    Told apart by `LicenseType`, without it by the keys that only one kind has.
    Errors: UnreadableLicense.
    """
    members = {key.lower(): value for key, value in read_object(data).items()}
    kind = members.get("licensetype")
    if kind == LicenseType.USER and kind is not False:
        return read_any(data, UserLicense)
    if (kind == LicenseType.ORGANIZATION and kind is not True) or "installationid" in members:
        return read_any(data, OrganizationLicense)
    if "email" in members or "premium" in members:
        return read_any(data, UserLicense)
    if "billingemail" in members or "plantype" in members:
        return read_any(data, OrganizationLicense)
    raise UnreadableLicense("JSON, but neither an organization license nor a premium license")


def inspect_license(
    data: bytes, *, certificates: Certificates = (), installation_id: UUID | None = None, now_ticks: int
) -> Inspection:
    """Look at a licence file from all sides; without certificates nothing is verified.

    Errors: UnreadableLicense.
    """
    file = read_license(data)
    payload = read_unverified_token(file.token or "") if has_token(file) else None
    claims = None if payload is None else claims_of(payload)
    token, verified = _token_verdict(file, certificates, now_ticks)
    return Inspection(
        file=file,
        casing=_casing(read_object(data)),
        timeline=_timeline(file, payload, now_ticks),
        hash=_hash_verdict(file),
        signature=_signature_verdict(file, certificates),
        token=token,
        instance=_instance_verdict(file, claims, verified, certificates, installation_id, now_ticks),
        token_readable=claims is not None if has_token(file) else None,
        differences=() if claims is None else tuple(differences(file, claims)),
    )


def distance_in_words(when: Timestamp, now_ticks: int) -> str:
    """`in 3 months`, `12 days ago`, `now`: rounded down to the biggest unit that fits."""
    away = when.ticks - now_ticks
    for ticks, unit in (
        (365 * TICKS_PER_DAY, "year"),
        (30 * TICKS_PER_DAY, "month"),
        (TICKS_PER_DAY, "day"),
        (3600 * TICKS_PER_SECOND, "hour"),
        (60 * TICKS_PER_SECOND, "minute"),
    ):
        count = abs(away) // ticks
        if count:
            text = f"{count} {unit}{'s' if count > 1 else ''}"
            return f"in {text}" if away > 0 else f"{text} ago"
    return "now"


def _casing(members: object) -> str:
    keys = [key for key in members if isinstance(key, str) and key] if isinstance(members, dict) else []
    capitals = {key[0].isupper() for key in keys}
    return "mixed" if len(capitals) > 1 else ("PascalCase" if capitals == {True} else "camelCase")


def _timeline(file: License, payload: object, now_ticks: int) -> tuple[Moment, ...]:
    named: list[tuple[Timestamp | None, str, str]] = [
        (file.issued, "issued", "file"),
        (file.refresh, "refresh: informational, nothing acts on it", "file"),
        (file.expires, "trial ends" if file.trial else "expires", "file"),
    ]
    if isinstance(file, OrganizationLicense):
        ends = file.expiration_without_grace_period
        named.append((ends, "paid period ends, grace period begins", "file"))
    if isinstance(payload, dict):
        named += [(_epoch(payload.get(name)), what, "token") for name, what in _TOKEN_MOMENTS.items()]
        claimed = claims_of(payload).text("Expires")
        named.append((_claimed(claimed), "expires: the license stops counting at the next validation run", "token"))
    dated = [(when, what, source) for when, what, source in named if when is not None]
    ordered = sorted(dated, key=lambda each: each[0])
    return tuple(Moment(when, what, source, distance_in_words(when, now_ticks)) for when, what, source in ordered)


TOKEN_ENDS = "token dies: from here every check of it fails"
_TOKEN_MOMENTS = {"nbf": "token valid from", "exp": TOKEN_ENDS}


def _epoch(value: object) -> Timestamp | None:
    return Timestamp.of_epoch_seconds(value) if isinstance(value, int) else None


def _claimed(text: str | None) -> Timestamp | None:
    try:
        return None if text is None else Timestamp.read_claim(text)
    except ValueError:
        return None


def _hash_verdict(file: License) -> Verdict:
    try:
        computed = license_hash(canonical_string(file, for_hash=True))
    except Refusal as refusal:
        return Verdict("not checked", refusal.message)
    if not file.hash:
        return Verdict("absent")
    return Verdict("good") if file.hash == computed else Verdict("bad", f"the values of the file give {computed}")


def _signature_verdict(file: License, certificates: Certificates) -> Verdict:
    if not file.signature:
        return Verdict("absent")
    if not certificates:
        return Verdict("not checked", "no certificate given")
    try:
        good = verify_signature(file, certificates)
    except Refusal as refusal:
        return Verdict("bad", refusal.message)
    return Verdict("good") if good else Verdict("bad", "no given certificate signed these values")


def _token_verdict(file: License, certificates: Certificates, now_ticks: int) -> tuple[Verdict, Claims | None]:
    if not has_token(file):
        return Verdict("absent"), None
    if not certificates:
        return Verdict("not checked", "no certificate given"), None
    try:
        return Verdict("good"), read_token(file, certificates, now_ticks)
    except Refusal as refusal:
        return Verdict("bad", refusal.message), None


def _instance_verdict(
    file: License,
    claims: Claims | None,
    verified: Claims | None,
    certificates: Certificates,
    installation_id: UUID | None,
    now_ticks: int,
) -> Verdict:
    if installation_id is None:
        return Verdict("not checked", "no installation id given")
    if not isinstance(file, OrganizationLicense):
        return Verdict("not checked", "a premium license is for any installation")
    if not certificates:
        licensed_to = file.installation_id if claims is None else claims.uuid("InstallationId")
        return Verdict("good") if licensed_to == installation_id else Verdict("bad", WRONG_INSTALLATION)
    try:
        if has_token(file) and verified is None:
            read_token(file, certificates, now_ticks)
        can_use_organization(file, verified, installation_id, now_ticks, certificates, version_checked_with_token=False)
    except Refusal as refusal:
        return Verdict("bad", refusal.message)
    return Verdict("good")
