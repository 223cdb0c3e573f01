"""From what an administrator has (licence, environment file, premium licence) to a world. Pure."""

import dataclasses
from collections.abc import Container, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from common.cli.worlds.env_lines import INSTALLATION, Environment, UnreadableConfiguration, read_environment
from common.errors import Refusal
from common.ids import Ids
from common.license.bringing import Brought, bring
from common.license.canonical import canonical_string, license_hash, require_version
from common.license.files import UnreadableLicense, to_wire
from common.license.model import (
    ORGANIZATION_VERSION,
    USER_VERSION,
    AnyLicense,
    License,
    OrganizationLicense,
    UserLicense,
    fields_of,
    has_token,
)
from common.license.origins import Origin, Term, origin_of, tried_of
from common.license.timestamps import MIN_TIMESTAMP, Timestamp

PROOFS = ("Hash", "Signature", "Token")
NOT_COMPARED = frozenset({"Signature", "Token", "Issued"})
NOT_COMPARED_OF_PREMIUM = NOT_COMPARED | {"Id", "Hash"}
"""An account is registered here, so its id is another; the hash is one of the id, too."""
PSEUDONYMOUS = ("LicenseKey", "InstallationId", "Id", "Name", "BillingEmail", "BusinessName")
MOST_USERS = 300
_KEY_LENGTH = 20
_OWNER = "owner"


class ImportFailed(Exception):
    """What was given makes no world. key, values: of the text that says why and what to do."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


class Given(NamedTuple):
    """Contents of files; None = not given. users: people on the instance, the owner among them."""

    license: bytes
    environment: bytes | None = None
    premium: bytes | None = None
    users: int = 1
    pseudonymous: bool = False


class Import(NamedTuple):
    """world: as `apply` builds it. replaced: C# names of what is a pseudonym. notes: keys of texts, with their values.
    begins: when the licence was issued. not_compared: C# names of what the cloud cannot issue as the file has it."""

    world: dict[str, Any]
    file: OrganizationLicense
    origin: Origin
    brought: Brought
    environment: Environment | None
    replaced: tuple[str, ...]
    notes: tuple[tuple[str, Mapping[str, object]], ...]
    begins: datetime
    not_compared: frozenset[str]
    premium: UserLicense | None = None


def plan_import(given: Given, ids: Ids, now: datetime) -> Import:
    """What would be built. now: real time. Raises ImportFailed."""
    brought = _license(given.license)
    hidden = PSEUDONYMOUS if given.pseudonymous else ()
    file, notes = _usable(brought, hidden)
    environment = _environment(given.environment) if given.environment is not None else None
    of_another = bool(environment and environment.installation not in (None, str(file.installation_id)))
    if given.pseudonymous:
        file = _hidden(file, ids)
    if environment and given.pseudonymous:
        environment = _without_addresses(environment)
    if of_another:
        notes.append(("x.import.otherInstallation", {"license": file.installation_id}))
    _check_users(given.users, file)
    origin = origin_of(file)
    if not origin.exact:
        notes.append(("x.import.inexact", _dates_of(file) | {"tried": "; ".join(_tried(file))}))
    begins = file.issued.datetime() if file.issued.ticks > MIN_TIMESTAMP.ticks else now
    premium = _premium(given.premium, ids if given.pseudonymous else None, notes) if given.premium is not None else None
    world = _world(file, brought, environment, premium, given.users, begins, _today(origin, file, begins, now))
    return Import(
        world,
        file,
        origin,
        brought,
        environment,
        hidden,
        tuple(notes),
        begins,
        _not_compared(file),
        premium.file if premium else None,
    )


def _not_compared(file: OrganizationLicense) -> frozenset[str]:
    """A licence for no installation is issued for one; a hash of other values cannot be issued for these."""
    unlike = {"InstallationId": not file.installation_id.int, "Hash": not _is_hashed(file)}
    return NOT_COMPARED | {name for name, left_out in unlike.items() if left_out}


def _dates_of(file: OrganizationLicense) -> dict[str, object]:
    return {"issued": file.issued.wire(), "expires": _wire(file.expires), "refresh": _wire(file.refresh)}


def _tried(file: OrganizationLicense) -> Iterator[str]:
    """Each rule with the dates that it gives, or none where it leaves the calendar."""
    for term, dates in tried_of(file):
        given = f"Expires {dates.expires.wire()}, Refresh {dates.refresh.wire()}" if dates else "-"
        yield f"{term.value}: {given}"


def _wire(moment: Timestamp | None) -> str:
    return moment.wire() if moment else "-"


def _license(data: bytes) -> Brought:
    try:
        brought = bring(data)
    except UnreadableLicense as error:
        raise ImportFailed("x.import.noLicense", problem=str(error)) from error
    if isinstance(brought.file, UserLicense):
        raise ImportFailed("x.import.premiumInstead")
    return brought


def _environment(data: bytes) -> Environment:
    try:
        return read_environment(data)
    except UnreadableConfiguration as error:
        raise ImportFailed("x.import.noEnvironment", problem=str(error)) from error


def _without_addresses(environment: Environment) -> Environment:
    """Mail addresses and the id of the installation tell whose it is, too."""

    def hidden(value: str) -> str:
        return ",".join("it@organization.example" for _ in value.split(",")) if "@" in value else value

    lines = tuple(
        each._replace(value=None if each.name.lower() in INSTALLATION else each.value and hidden(each.value))
        for each in environment.lines
    )
    settings = {name: hidden(value) for name, value in environment.settings.items()}
    return environment._replace(lines=lines, settings=settings)


def _usable(
    brought: Brought, hidden: Container[str]
) -> tuple[OrganizationLicense, list[tuple[str, Mapping[str, object]]]]:
    """The file as this cloud can issue it, and what was not as it should be."""
    file = brought.file
    if not isinstance(file, OrganizationLicense) or file.id.int == 0:
        raise ImportFailed("x.import.noOrganization")
    notes: list[tuple[str, Mapping[str, object]]] = [(f"x.import.spelt.{each.value}", {}) for each in brought.spelling]
    notes += [
        (
            "x.import.changed",
            {"field": each.field}
            | (
                {"file": "…", "token": "…"}
                if each.field in hidden
                else {"file": each.file or "-", "token": each.token or "-"}
            ),
        )
        for each in brought.changed
    ]
    if has_token(file) and brought.payload is None:
        notes.append(("x.import.tokenUnreadable", {}))
    try:
        require_version(file)
        if file.hash and not _is_hashed(file):
            notes.append(("x.import.hash", {}))
    except Refusal:
        notes.append(("x.import.version", {"version": file.version, "instead": ORGANIZATION_VERSION}))
        file = dataclasses.replace(file, version=ORGANIZATION_VERSION)
    return file, notes


def _hidden(file: OrganizationLicense, ids: Ids) -> OrganizationLicense:
    """The same with pseudonyms."""
    return dataclasses.replace(
        file,
        license_key=ids.secret(_KEY_LENGTH) if file.license_key is not None else None,
        installation_id=ids.uuid(),
        id=ids.uuid(),
        name="Example Organization",
        billing_email="billing@organization.example",
        business_name=None if file.business_name is None else "Example Organization",
    )


def _check_users(users: int, file: OrganizationLicense) -> None:
    if users > MOST_USERS:
        raise ImportFailed("x.import.tooManyUsers", most=MOST_USERS)
    if file.seats is not None and users > max(file.seats, 1):
        raise ImportFailed("x.import.noSeats", users=users, seats=file.seats)


class _Premium(NamedTuple):
    file: UserLicense
    lacks: tuple[str, ...]


def _premium(data: bytes, pseudonyms: Ids | None, notes: list[tuple[str, Mapping[str, object]]]) -> _Premium:
    try:
        brought = bring(data)
        file = brought.file
    except UnreadableLicense as error:
        raise ImportFailed("x.import.noPremium", problem=str(error)) from error
    if not isinstance(file, UserLicense):
        raise ImportFailed("x.import.organizationInstead")
    if not file.email or "@" not in file.email:
        raise ImportFailed("x.import.noPremium", problem="Email")
    if file.version != USER_VERSION:
        notes.append(("x.import.version", {"version": file.version, "instead": USER_VERSION}))
        file = dataclasses.replace(file, version=USER_VERSION)
    if pseudonyms is None:
        return _Premium(file, brought.lacks)
    key, known_as = pseudonyms.secret(_KEY_LENGTH), pseudonyms.uuid()
    file = dataclasses.replace(file, email="premium@organization.example", name=None, license_key=key, id=known_as)
    return _Premium(file, brought.lacks)


def _today(origin: Origin, file: OrganizationLicense, begins: datetime, now: datetime) -> datetime | None:
    """Where the world stands: now, while what was paid for by the licence goes on; else None, at its issue."""
    until = origin.paid_until or file.expires
    if origin.term is Term.LAPSED or until is None or not begins < now < until.datetime():
        return None
    return now


def _world(
    file: OrganizationLicense,
    brought: Brought,
    environment: Environment | None,
    premium: _Premium | None,
    users: int,
    begins: datetime,
    today: datetime | None,
) -> dict[str, Any]:
    region = (environment.region if environment else None) or "us"
    owner = f"{_OWNER}@organization.example"
    people = [f"user-{number:03}@organization.example" for number in range(2, users + 1)]
    accounts: list[dict[str, Any]] = [{"email": owner, "at": ["us", "eu", "selfhost"]}]  # to rehearse a move
    accounts += [{"email": each, "at": ["selfhost"]} for each in people]
    if premium is not None and premium.file.email:
        license_ = {
            "file": _without_proofs(premium.file),
            "token": has_token(premium.file),
            "lacks": list(premium.lacks),
        }
        accounts.append({"email": premium.file.email.lower(), "at": [region, "selfhost"], "license": license_})
    organization = {
        "owner": owner,
        "license": {"file": _without_proofs(file), "token": has_token(file), "lacks": list(brought.lacks)},
        "instance": {"members": [{"email": each} for each in people]},
    }
    time = {"begin": begins.isoformat()} | ({"now": today.isoformat()} if today else {})
    installation = {"region": region}
    if file.installation_id.int:
        installation["id"] = str(file.installation_id)
    return {
        "time": time,
        "installation": installation,
        "settings": dict(environment.settings) if environment else {"globalSettings__enableCloudCommunication": "true"},
        "accounts": accounts,
        "organizations": [organization],
    }


def _without_proofs(file: License) -> dict[str, object]:
    return {name: value for name, value in to_wire(file).items() if name not in ("hash", "signature", "token")}


def compared(file: AnyLicense, issued: AnyLicense, left_out: Container[str]) -> list[tuple[str, str, str]]:
    """What the simulated cloud issues otherwise than the file says: field, in the file, issued."""
    found = []
    for field in fields_of(type(file)):
        before, after = getattr(file, field.attribute), getattr(issued, field.attribute)
        if field.name not in left_out and field.filled and before != after:
            found.append((field.name, _told(before), _told(after)))
    return found


def _told(value: object) -> str:
    return value.wire() if isinstance(value, Timestamp) else str(value)


def _is_hashed(file: License) -> bool:
    """Whether the hash is one of these values: no server checks it."""
    return file.hash == license_hash(canonical_string(file, for_hash=True))
