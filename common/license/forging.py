"""Licences with one thing wrong, or several: made from a good one, signed by a test certificate or by nobody.

A defect belongs to a stage, and stages follow each other: what the licence says, how it is proved, what was done to it
afterwards, and how its bytes are written. So defects can be combined in any order.
"""

import base64
import dataclasses
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple
from uuid import UUID

from common.crypto.certificates import LicenseCertificate
from common.enums import LicenseType, PlanType
from common.license.claims import UNCLAIMED, audience_of, claim_text
from common.license.files import MAX_UPLOAD_BYTES, to_wire
from common.license.model import (
    MAX_ORGANIZATION_VERSION,
    License,
    OrganizationLicense,
    UserLicense,
    fields_of,
    has_token,
)
from common.license.signing import sign_file, sign_token
from common.license.timestamps import TICKS_PER_DAY, Timestamp
from common.license.tokens import read_unverified_token


class UnknownDefect(ValueError):
    """A name that no defect has, or defects that exclude each other; the text says which there are."""


class Stage(IntEnum):
    """When a defect is made."""

    FACTS = 1
    PROOF = 2
    AFTERWARDS = 3
    BYTES = 4


@dataclass
class Draft:
    """A licence on its way. claims: None without token. payload: the token's members that are no claims.

    extra: members of the file that no release knows. unsigned: Hash and Signature are left out. content: the bytes, in
    the last stage.
    """

    file: License
    claims: dict[str, str] | None
    payload: dict[str, Any]
    certificate: LicenseCertificate
    foreign: Callable[[], LicenseCertificate]
    now_ticks: int
    extra: dict[str, object] = field(default_factory=dict)
    unsigned: bool = False
    content: bytes = b""

    def say(self, **values: Any) -> None:
        """Have file and token say this. Names are attributes; what the kind of licence lacks is left out."""
        known = {each.attribute: each for each in fields_of(type(self.file))}
        values = {name: value for name, value in values.items() if name in known}
        self.file = dataclasses.replace(self.file, **values)
        for name, value in values.items():
            if self.claims is not None and known[name].name in self.claims:
                self.claims[known[name].name] = claim_text(value)

    def at(self, days: float) -> Timestamp:
        """So many days from now."""
        return Timestamp(self.now_ticks + round(days * TICKS_PER_DAY))

    def issue(self, moment: Timestamp) -> None:
        """Have been issued then, the token too, which lives for a year."""
        self.say(issued=moment)
        self.payload |= {
            "nbf": moment.whole_epoch_seconds(),
            "iat": moment.whole_epoch_seconds(),
            "exp": moment.plus_years(1).whole_epoch_seconds(),
        }


class Defect(NamedTuple):
    """A thing that can be wrong. excludes: defects that say the opposite, or leave nothing to see of this one."""

    name: str
    stage: Stage
    make: Callable[[Draft], None]
    excludes: frozenset[str] = frozenset()


_STRANGER = UUID("00000000-dead-4bad-8bad-000000000000")
"""Nobody's id."""
_UNSUPPORTED = MAX_ORGANIZATION_VERSION + 1
_NEW_CLAIMS = ("UsePam", "UseInviteLinks", "UseMyItems")
_DATES = frozenset({"expired", "lapsed", "not-yet-valid", "expires-today", "trial"})
_RUINS = frozenset({"empty", "not-json", "truncated"})
_ENCODINGS = frozenset({"utf-16", "leading-bom"})
_TOKENS = frozenset({"no-token", "token-only"})
_REWRITTEN = frozenset({"crlf", "duplicate-keys"})


def forge(
    license_file: License,
    names: Sequence[str],
    *,
    now_ticks: int,
    certificate: LicenseCertificate,
    foreign: Callable[[], LicenseCertificate],
    unsigned: bool = False,
    without: Collection[str] = (),
) -> bytes:
    """A file like this one, with these defects. foreign: a certificate that no instance knows. Errors: UnknownDefect.

    unsigned: it is not signed again; Hash, Signature and Token are left out. without: C# names of fields that the
    cloud's release does not know.
    """
    defects = find_defects(names)
    payload = dict(read_unverified_token(license_file.token or "") or {}) if has_token(license_file) else {}
    draft = Draft(
        file=license_file,
        claims=_claims(payload) if payload else None,
        payload={name: payload[name] for name in _REGISTERED if name in payload},
        certificate=certificate,
        foreign=foreign,
        now_ticks=now_ticks,
        unsigned=unsigned,
    )
    if unsigned:
        draft.claims = None
    for each in _of(defects, Stage.FACTS, Stage.PROOF):
        each.make(draft)
    _prove(draft)
    for each in _of(defects, Stage.AFTERWARDS):
        each.make(draft)
    document = to_wire(draft.file, without=without) | draft.extra
    draft.content = json.dumps(document, indent=2, ensure_ascii=False).encode()
    for each in _of(defects, Stage.BYTES):
        each.make(draft)
    return draft.content


def find_defects(names: Sequence[str]) -> list[Defect]:
    """The defects of these names. Errors: UnknownDefect."""
    for name in names:
        if name not in DEFECTS:
            raise UnknownDefect(f"There is no defect {name!r}. There are: {', '.join(DEFECTS)}.")
    found = [DEFECTS[name] for name in dict.fromkeys(names)]
    for each in found:
        for other in found:
            if other.name in each.excludes and other is not each:
                raise UnknownDefect(f"{each.name} and {other.name} cannot be combined.")
    return found


_REGISTERED = ("jti", "nbf", "exp", "iat", "iss", "aud")


def _claims(payload: Mapping[str, object]) -> dict[str, str]:
    return {name: str(text) for name, text in payload.items() if name not in _REGISTERED}


def _of(defects: Sequence[Defect], *stages: Stage) -> list[Defect]:
    order = list(DEFECTS)
    return sorted((each for each in defects if each.stage in stages), key=lambda each: order.index(each.name))


def _prove(draft: Draft) -> None:
    if draft.unsigned:
        draft.file = dataclasses.replace(draft.file, hash=None, signature=None, token=None)
        return
    token = None
    if draft.claims is not None:
        payload = {**draft.claims, **draft.payload, "aud": audience_of(draft.file)}
        token = sign_token(payload, draft.certificate)
    signed: License
    if isinstance(draft.file, OrganizationLicense):
        signed = sign_file(draft.file, draft.certificate)
    else:
        signed = sign_file(draft.file, draft.certificate)
    draft.file = dataclasses.replace(signed, token=token)


# --- what the licence says


def _expired(draft: Draft) -> None:
    draft.issue(Timestamp(draft.at(-1).ticks).plus_years(-1))
    draft.say(expires=draft.at(-1), refresh=draft.at(-1))


def _lapsed(draft: Draft) -> None:
    draft.issue(draft.at(-100))
    draft.say(expires=draft.at(-1), refresh=draft.at(-1))


def _not_yet_valid(draft: Draft) -> None:
    draft.issue(draft.at(1))


def _expires_today(draft: Draft) -> None:
    midnight = Timestamp((draft.now_ticks // TICKS_PER_DAY + 1) * TICKS_PER_DAY)
    draft.say(expires=midnight, refresh=midnight)


def _trial(draft: Draft) -> None:
    draft.say(trial=True, expires=draft.at(7), refresh=draft.at(7))


def _wrong_installation(draft: Draft) -> None:
    draft.say(installation_id=_STRANGER)


def _other_organization(draft: Draft) -> None:
    draft.say(id=_STRANGER, license_key="AnotherOrganization1", name="Another Organization", email="other@example.com")


def _other_kind(draft: Draft) -> None:
    file = draft.file
    common = {name: getattr(file, name) for name in ("license_key", "id", "name", "issued", "refresh", "expires")}
    if isinstance(file, OrganizationLicense):
        email = file.billing_email or "owner@example.com"
        draft.file = UserLicense(
            **common, email=email, premium=True, max_storage_gb=1, version=1, trial=False, license_type=LicenseType.USER
        )
    else:
        draft.file = OrganizationLicense(
            **common,
            billing_email=file.email,
            enabled=True,
            self_host=True,
            plan="Families",
            plan_type=PlanType.FAMILIES_ANNUALLY,
            seats=6,
            version=15,
            license_type=LicenseType.ORGANIZATION,
        )
    if draft.claims is not None:
        fields = (each for each in fields_of(type(draft.file)) if each.name not in UNCLAIMED)
        values = {each.name: getattr(draft.file, each.attribute) for each in fields}
        draft.claims = {name: claim_text(value) for name, value in values.items() if value is not None}


def _unsupported_version(draft: Draft) -> None:
    draft.file = dataclasses.replace(draft.file, version=_UNSUPPORTED)


def _seats_changed(draft: Draft) -> None:
    draft.say(seats=1)


def _plan_changed(draft: Draft) -> None:
    draft.say(plan="Teams (Annually)", plan_type=PlanType.TEAMS_ANNUALLY)


def _self_host_not_allowed(draft: Draft) -> None:
    draft.say(self_host=False)


def _disabled(draft: Draft) -> None:
    draft.say(enabled=False)


def _missing_new_claim(draft: Draft) -> None:
    for name in _NEW_CLAIMS:
        (draft.claims or {}).pop(name, None)


def _unknown_claim(draft: Draft) -> None:
    if draft.claims is not None:
        draft.claims["UseTomorrow"] = "True"
    draft.extra["useTomorrow"] = True


# --- how it is proved


def _no_token(draft: Draft) -> None:
    draft.claims = None


def _foreign_certificate(draft: Draft) -> None:
    draft.certificate = draft.foreign()


# --- what was done to it afterwards


def _token_only(draft: Draft) -> None:
    draft.file = dataclasses.replace(draft.file, hash=None, signature=None)


def _bad_signature(draft: Draft) -> None:
    token = draft.file.token
    draft.file = dataclasses.replace(
        draft.file, signature=_spoilt(draft.file.signature), token=token and _spoilt_token(token)
    )


def _bad_hash(draft: Draft) -> None:
    draft.file = dataclasses.replace(draft.file, hash=_spoilt(draft.file.hash))


def _token_and_file_differ(draft: Draft) -> None:
    if isinstance(draft.file, OrganizationLicense):
        draft.file = dataclasses.replace(draft.file, seats=9999)
    else:
        draft.file = dataclasses.replace(draft.file, max_storage_gb=9999)


def _spoilt(text: str | None) -> str | None:
    if not text:
        return text
    data = bytearray(base64.b64decode(text))
    data[0] ^= 1
    return base64.b64encode(bytes(data)).decode()


def _spoilt_token(token: str) -> str:
    head, payload, signature = token.split(".")
    return f"{head}.{payload}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


# --- how its bytes are written


def _rewrite(change: Callable[[bytes], bytes]) -> Callable[[Draft], None]:
    def rewrite(draft: Draft) -> None:
        draft.content = change(draft.content)

    return rewrite


def _doubled(content: bytes) -> bytes:
    members = json.loads(content)
    name = "seats" if "seats" in members else "premium"
    return content.replace(b"{\n", f'{{\n  "{name}": {json.dumps(members[name])},\n'.encode(), 1)


def _padded(content: bytes) -> bytes:
    return content + b" " * (MAX_UPLOAD_BYTES + 1 - len(content))


_Makers = Mapping[str, tuple[Callable[[Draft], None], frozenset[str]]]


def _defects() -> dict[str, Defect]:
    facts: _Makers = {
        "expired": (_expired, _DATES),
        "lapsed": (_lapsed, _DATES),
        "not-yet-valid": (_not_yet_valid, _DATES),
        "expires-today": (_expires_today, _DATES),
        "trial": (_trial, _DATES),
        "wrong-installation": (_wrong_installation, frozenset()),
        "other-organization": (_other_organization, frozenset()),
        "unsupported-version": (_unsupported_version, frozenset()),
        "seats-changed": (_seats_changed, frozenset()),
        "plan-changed": (_plan_changed, frozenset()),
        "self-host-not-allowed": (_self_host_not_allowed, frozenset()),
        "disabled": (_disabled, frozenset()),
        "missing-new-claim": (_missing_new_claim, frozenset({"no-token", "other-kind"})),
        "other-kind": (_other_kind, frozenset()),
        "unknown-claim": (_unknown_claim, frozenset()),
    }
    proof: _Makers = {"no-token": (_no_token, _TOKENS), "foreign-certificate": (_foreign_certificate, frozenset())}
    afterwards: _Makers = {
        "token-only": (_token_only, _TOKENS | {"bad-hash"}),
        "bad-signature": (_bad_signature, frozenset()),
        "bad-hash": (_bad_hash, frozenset()),
        "token-and-file-differ": (_token_and_file_differ, frozenset({"no-token"})),
    }
    rewritten: _Makers = {
        "duplicate-keys": (_rewrite(_doubled), _RUINS),
        "crlf": (_rewrite(lambda content: content.replace(b"\n", b"\r\n")), _RUINS),
        "trailing-bytes": (_rewrite(lambda content: content + b'K8BSvnA="\n}'), _RUINS),
        "over-50-kb": (_rewrite(_padded), _RUINS),
        "truncated": (_rewrite(lambda content: content[: len(content) // 2]), _RUINS),
        "not-json": (_rewrite(lambda _: b"<!DOCTYPE html><title>Sign in</title>"), _RUINS | _ENCODINGS),
        "empty": (_rewrite(lambda _: b""), _RUINS | _ENCODINGS | _REWRITTEN),
        "leading-bom": (_rewrite(lambda content: b"\xef\xbb\xbf" + content), _ENCODINGS),
        "utf-16": (_rewrite(lambda content: content.decode().encode("utf-16")), _ENCODINGS),
        "camel-case-on-disk": (_rewrite(lambda content: content), frozenset()),
    }
    stages = {Stage.FACTS: facts, Stage.PROOF: proof, Stage.AFTERWARDS: afterwards, Stage.BYTES: rewritten}
    return {
        name: Defect(name, stage, make, excludes)
        for stage, some in stages.items()
        for name, (make, excludes) in some.items()
    }


DEFECTS = _defects()
"""Every defect by its name, in the order in which they are made."""
