"""Pure decisions of identity and accounts: devices, scopes, role claims, registration bodies, addresses."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from common.crypto.account import Kdf
from common.crypto.master_password import PasswordHalf
from common.domains.accounts.rules import KDF_DIFFERS, SALT_DIFFERS, half_problem
from common.domains.identity import rules
from common.domains.identity.rules import DeviceForm, RegistrationToken, Subject
from common.domains.organizations.roles import ConfirmedRole, granted_permissions
from common.enums import MemberType, device_type
from common.wire.fields import is_strict_email
from common.wire.identity import RegisterFinishRequest

ACME, BETA = UUID(int=1), UUID(int=2)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ENC = "2.AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAA==|AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
FORM = {"devicetype": "25", "deviceidentifier": "id-1", "devicename": "linux"}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("25", 25),
        ("LinuxCLI", 25),
        ("0", 0),
        (" 9 ", 9),
        ("27", 27),
        ("256", None),
        ("linuxcli", None),
        ("-1", None),
        ("1" * 5000, None),
        ("٣", None),
    ],
)
def test_a_device_type_is_a_known_number_or_name(text: str, number: int | None) -> None:
    assert device_type(text) == number


def test_a_device_needs_all_three_fields() -> None:
    assert rules.device_of(FORM) == DeviceForm(25, "id-1", "linux", None)
    for missing in FORM:
        assert rules.device_of(FORM | {missing: " "}) is None


def test_a_device_keeps_no_more_than_its_row_holds() -> None:
    assert rules.device_of(FORM | {"deviceidentifier": "x" * 51}) is None
    long_name = rules.device_of(FORM | {"devicename": "n" * 60, "devicepushtoken": "p" * 256})
    assert long_name == DeviceForm(25, "id-1", "n" * 50, None)


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("api offline_access", ("api", "offline_access")),
        ("offline_access  api api", ("api", "offline_access")),
        ("api", ("api",)),
        ("", ("api", "offline_access")),
        (None, ("api", "offline_access")),
        ("api api.push", None),
    ],
)
def test_scopes_are_granted_all_or_none_in_order_of_the_alphabet(
    asked: str | None, granted: tuple[str, ...] | None
) -> None:
    assert rules.grant_scopes(asked, frozenset({"api", "offline_access"})) == granted


def test_one_organization_is_a_string_and_several_are_an_array() -> None:
    roles = [
        ConfirmedRole(ACME, MemberType.OWNER, frozenset(), uses_secrets_manager=True),
        ConfirmedRole(BETA, MemberType.OWNER, frozenset(), uses_secrets_manager=False),
        ConfirmedRole(UUID(int=3), MemberType.CUSTOM, frozenset({"manageUsers"}), uses_secrets_manager=False),
    ]
    assert rules.role_claims(roles) == {
        "orgowner": [str(ACME), str(BETA)],
        "accesssecretsmanager": str(ACME),
        "orgcustom": str(UUID(int=3)),
        "manageusers": str(UUID(int=3)),
    }


def test_permissions_count_only_for_a_custom_member() -> None:
    role = ConfirmedRole(ACME, MemberType.USER, frozenset({"manageUsers"}), uses_secrets_manager=False)
    assert rules.role_claims([role]) == {"orguser": str(ACME)}


def test_only_known_permissions_that_are_true_are_granted() -> None:
    assert granted_permissions({"manageUsers": True, "manageSso": False, "manageScim": "yes", "other": True}) == {
        "manageUsers"
    }
    assert granted_permissions(None) == frozenset()


def _subject(name: str | None = "Olivia") -> Subject:
    return Subject(ACME, "a@b.co", True, name, False, "stamp", "device-1", 25)


def test_claims_of_a_password_login() -> None:
    assert rules.user_claims(_subject(), "cli", ("api", "offline_access"), NOW, []) == {
        "scope": ["api", "offline_access"],
        "amr": ["Application"],
        "client_id": "cli",
        "sub": str(ACME),
        "auth_time": 1767225600,
        "idp": "bitwarden",
        "premium": False,
        "email": "a@b.co",
        "email_verified": True,
        "sstamp": "stamp",
        "name": "Olivia",
        "device": "device-1",
        "devicetype": "LinuxCLI",
    }


def test_claims_of_an_api_key_login_say_user_and_not_when() -> None:
    claims = rules.user_claims(_subject(name=None), f"user.{ACME}", ("api",), None, [])
    assert claims["type"] == "User"
    assert not {"auth_time", "idp", "name"} & set(claims)


def test_only_an_older_account_with_devices_must_verify_a_new_one() -> None:
    day = timedelta(hours=24)
    assert rules.must_verify_device(True, day, has_devices=True)
    assert not rules.must_verify_device(False, day, has_devices=True)
    assert not rules.must_verify_device(True, day - timedelta(seconds=1), has_devices=True)
    assert not rules.must_verify_device(True, day, has_devices=False)


def test_halves_must_agree_and_be_salted_with_the_address() -> None:
    half = PasswordHalf(Kdf(), "a@b.co", "x")
    assert half_problem(half, half, " A@b.co ") is None
    assert half_problem(half, PasswordHalf(Kdf(iterations=700_000), "a@b.co", "x"), "a@b.co") == KDF_DIFFERS
    assert half_problem(half, PasswordHalf(Kdf(), "other", "x"), "a@b.co") == SALT_DIFFERS
    assert half_problem(half, half, "c@d.co") == SALT_DIFFERS


def _body(**changes: object) -> RegisterFinishRequest:
    flat: dict[str, object] = {
        "email": "a@b.co",
        "masterPasswordHash": "hash",
        "userSymmetricKey": ENC,
        "userAsymmetricKeys": {"publicKey": "pk", "encryptedPrivateKey": ENC},
        "kdf": 0,
        "kdfIterations": 600_000,
        "emailVerificationToken": "token",
    }
    return RegisterFinishRequest.read(flat | changes)


AUTHENTICATION = {
    "kdf": {"kdfType": 0, "iterations": 600_000},
    "masterPasswordAuthenticationHash": "hash",
    "salt": "a@b.co",
}
UNLOCK = {"kdf": {"kdfType": 0, "iterations": 600_000}, "masterKeyWrappedUserKey": ENC, "salt": "a@b.co"}


def test_the_flat_body_of_older_clients_is_enough() -> None:
    body = _body()
    assert rules.registration_problems(body) == {}
    assert rules.registered_password(body).kdf == Kdf()


def test_the_nested_body_of_newer_clients_is_enough() -> None:
    nothing_flat = dict.fromkeys(("masterPasswordHash", "userSymmetricKey", "kdf", "kdfIterations"))
    body = _body(**nothing_flat, masterPasswordAuthentication=AUTHENTICATION, masterPasswordUnlock=UNLOCK)
    assert rules.registration_problems(body) == {}
    assert rules.registered_password(body).wrapped_key == ENC


@pytest.mark.parametrize(
    ("changes", "field", "text"),
    [
        ({"kdfIterations": 5000}, "", "KDF iterations must be between 600000 and 2000000."),
        ({"kdf": 1, "kdfIterations": 3}, "", "Argon2 memory must be between 15mb and 1024mb."),
        ({"kdf": None}, "Kdf", "Kdf not found on RequestModel"),
        ({"emailVerificationToken": " "}, "", "No valid registration token provided"),
        ({"emailVerificationToken": None, "orgInviteToken": "t"}, "", "No valid registration token provided"),
        (
            {"masterPasswordAuthentication": AUTHENTICATION},
            "MasterPasswordUnlock",
            "MasterPasswordUnlock not found on RequestModel",
        ),
        (
            {"masterPasswordAuthentication": AUTHENTICATION, "masterPasswordUnlock": UNLOCK | {"salt": "c@d.co"}},
            "",
            "Invalid master password salt.",
        ),
        (
            {
                "masterPasswordAuthentication": AUTHENTICATION,
                "masterPasswordUnlock": UNLOCK | {"kdf": {"kdfType": 0, "iterations": 700_000}},
            },
            "",
            "AuthenticationData and UnlockData must have the same KDF configuration.",
        ),
        (
            {
                "masterPasswordAuthentication": AUTHENTICATION,
                "masterPasswordUnlock": UNLOCK,
                "masterPasswordHash": "another",
            },
            "MasterPasswordHash",
            "MasterPasswordAuthenticationHash and root level MasterPasswordHash provided and are not equal. "
            "Only provide one.",
        ),
        (
            {"userAsymmetricKeys": None},
            "PublicKey",
            "PublicKey and WrappedPrivateKey not found in RequestModel",
        ),
    ],
)
def test_problems_of_a_registration(changes: dict[str, object], field: str, text: str) -> None:
    assert rules.registration_problems(_body(**changes))[field] == [text]


def test_the_email_token_wins_over_the_invitation() -> None:
    invited = {"orgInviteToken": "t", "organizationUserId": str(ACME)}
    assert rules.registration_token(_body(**invited)) is RegistrationToken.EMAIL
    alone = _body(**invited, emailVerificationToken=None)
    assert rules.registration_token(alone) is RegistrationToken.ORGANIZATION_INVITE
    both = _body(**invited, emailVerificationToken=None, orgSponsoredFreeFamilyPlanToken="s")
    assert rules.registration_token(both) is RegistrationToken.ORGANIZATION_INVITE


@pytest.mark.parametrize("good", ["a@b.co", "first.last+tag@mail.example.com", "o'neil@b-c.example"])
def test_addresses_that_get_an_account(good: str) -> None:
    assert is_strict_email(good)


@pytest.mark.parametrize(
    "bad", ["a@b", "a b@c.co", "a@b@c.co", "<a@b.co>", "@b.co", "a@.co", "a@b.c\u0007o", "a@b..co"]
)
def test_addresses_that_do_not(bad: str) -> None:
    assert not is_strict_email(bad)
