"""What a policy may be set to, and what follows from it. Pure.

Source: src/Core/AdminConsole/OrganizationFeatures/Policies (PolicyEventHandlers, SavePolicyCommand.cs),
src/Core/AdminConsole/Utilities/PolicyDataValidator.cs; fidelity.md: policies.saved.
"""

from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any, NamedTuple

from common.enums import PolicyType
from common.errors import Refusal, bad_request

KEY_CONNECTOR, TRUSTED_DEVICES = 1, 2
SPECIFIC_PEOPLE = 2
"""Who may open a Send. Source: src/Core/AdminConsole/Models/Data/Organizations/Policies."""

TITLES = {
    PolicyType.SINGLE_ORG: "Single organization",
    PolicyType.REQUIRE_SSO: "Require single sign-on authentication",
    PolicyType.RESET_PASSWORD: "Account recovery administration",
    PolicyType.MAXIMUM_VAULT_TIMEOUT: "Vault timeout",
    PolicyType.URI_MATCH_DEFAULTS: "URI match defaults",
    PolicyType.AUTOMATIC_USER_CONFIRMATION: "Automatically confirm invited users",
    PolicyType.ORGANIZATION_USER_NOTIFICATION: "Vault banner message",
}
"""Policies by the names that refusals have for them: the single organization, and those that need it, in the order of
upstream's handlers. Source: src/Core/AdminConsole/Enums/PolicyType.cs."""

NEED_SINGLE_ORG = tuple(TITLES)[1:]


class Wanted(NamedTuple):
    """What a policy shall be. data: None = none."""

    type: int
    enabled: bool
    data: Mapping[str, Any] | None


class Standing(NamedTuple):
    """What the decision looks at. enabled: policies that are on. decryption: how members of an organization whose
    single sign-on is on get at their keys, None = it is off. elsewhere: somebody has a place in another one, too."""

    enabled: Set[int]
    decryption: int | None = None
    elsewhere: bool = False


def check_data(wanted: Wanted) -> None:
    """Refuse what a policy cannot say of itself; looked at before anything else."""
    data = wanted.data or {}
    for name, fits in _MEMBERS.get(wanted.type, {}).items():
        if name in data and not fits(data[name]):
            told = f"Invalid data for {_NAMES[wanted.type]} policy: {name} has an invalid value."
            raise bad_request(told, rule="policies.data")
    if wanted.type == PolicyType.MASTER_PASSWORD:
        wrong = [
            f"The field {name[0].upper()}{name[1:]} must be between {least} and {most}."
            for name, least, most in (("minComplexity", 0, 4), ("minLength", 12, 128))
            if data.get(name) is not None and not least <= data[name] <= most
        ]
        if wrong:
            raise bad_request(f"Invalid data for MasterPassword policy: {', '.join(wrong)}", rule="policies.data")


def _is_whole(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**31)


def _is_set(value: Any) -> bool:
    return isinstance(value, bool)


def _is_flag(value: Any) -> bool:
    return value is None or _is_set(value)


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_list(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(each is not None and _is_whole(each) for each in value))


_MEMBERS: dict[int, dict[str, Callable[[Any], bool]]] = {
    PolicyType.MASTER_PASSWORD: {"minComplexity": _is_whole, "minLength": _is_whole}
    | dict.fromkeys(("requireLower", "requireUpper", "requireNumbers", "requireSpecial", "enforceOnLogin"), _is_flag),
    PolicyType.SEND_OPTIONS: {"disableHideEmail": _is_set},
    PolicyType.RESET_PASSWORD: {"autoEnrollEnabled": _is_set},
    PolicyType.FILL_ASSIST: {"rulesUrl": _is_text},
    PolicyType.SEND_CONTROLS: dict.fromkeys(("disableSend", "disableHideEmail"), _is_set)
    | dict.fromkeys(("whoCanAccess", "deletionHours"), _is_whole)
    | {"allowedDomains": _is_text, "allowedSendTypes": _is_list},
}
_NAMES: dict[int, str] = {
    PolicyType.MASTER_PASSWORD: "MasterPassword",
    PolicyType.SEND_OPTIONS: "SendOptions",
    PolicyType.RESET_PASSWORD: "ResetPassword",
    PolicyType.FILL_ASSIST: "FillAssist",
    PolicyType.SEND_CONTROLS: "SendControls",
}


def check_saving(wanted: Wanted, standing: Standing) -> None:
    """Refuse a policy that needs another one, that another one needs, or that does not fit what there is."""
    _check_dependencies(wanted, standing.enabled)
    problem = _problem(wanted, standing)
    if problem:
        raise bad_request(problem, rule="policies.refused")


def _check_dependencies(wanted: Wanted, enabled: Set[int]) -> None:
    was = wanted.type in enabled
    if wanted.enabled and not was and wanted.type in NEED_SINGLE_ORG and PolicyType.SINGLE_ORG not in enabled:
        title = TITLES[PolicyType(wanted.type)]
        told = f"Turn on the Single organization policy because it is required for the {title} policy."
        raise bad_request(told, rule="policies.needs")
    if wanted.enabled or not was or wanted.type != PolicyType.SINGLE_ORG:
        return
    dependent = [each for each in NEED_SINGLE_ORG if each in enabled]
    if len(dependent) == 1:
        title = TITLES[dependent[0]]
        told = f"Turn off the {title} policy because it requires the Single organization policy."
        raise bad_request(told, rule="policies.needed")
    if dependent:
        told = "Turn off all of the policies that require the Single organization policy."
        raise bad_request(told, rule="policies.needed")


def _problem(wanted: Wanted, standing: Standing) -> str | None:
    data = wanted.data or {}
    match wanted.type:
        case PolicyType.SINGLE_ORG if not wanted.enabled:
            return _needed_by_sso(standing, KEY_CONNECTOR)
        case PolicyType.REQUIRE_SSO if not wanted.enabled:
            return _needed_by_sso(standing, KEY_CONNECTOR, TRUSTED_DEVICES)
        case PolicyType.RESET_PASSWORD if not (wanted.enabled and data.get("autoEnrollEnabled")):
            return _needed_by_sso(standing, TRUSTED_DEVICES)
        case PolicyType.BLOCK_CLAIMED_DOMAIN_ACCOUNT_CREATION if wanted.enabled:
            return "You must claim at least one domain to turn on this policy"
        case PolicyType.AUTOMATIC_USER_CONFIRMATION if wanted.enabled and wanted.type not in standing.enabled:
            return _SINGLE_PLACES if standing.elsewhere else None
        case PolicyType.FILL_ASSIST if wanted.enabled:
            return _no_address(data.get("rulesUrl"))
        case PolicyType.SEND_CONTROLS if data.get("allowedDomains") is not None:
            if data.get("whoCanAccess") != SPECIFIC_PEOPLE:
                return "Allowed domains can only be set when the required access type is set to specific people"
    return None


_SINGLE_PLACES = (
    "All members must be compliant with the single organization membership policy before you can enable the"
    " automatically confirm invited users policy. Remove members who belong to multiple organization vaults."
)
_SSO_NEEDS = {
    KEY_CONNECTOR: "Key Connector is enabled and requires this policy.",
    TRUSTED_DEVICES: "Trusted device encryption is on and requires this policy.",
}


def _needed_by_sso(standing: Standing, *decryptions: int) -> str | None:
    return _SSO_NEEDS[standing.decryption] if standing.decryption in decryptions else None


def _no_address(address: str | None) -> str | None:
    if not (address or "").strip():
        return "The RulesUrl field is required."
    lower = (address or "").lower()
    wrong = []
    if not lower.startswith(("http://", "https://", "ftp://")):
        wrong.append("The RulesUrl field is not a valid fully-qualified http, https, or ftp URL.")
    if not lower.startswith("https://"):
        wrong.append("RulesUrl must use HTTPS.")
    return ", ".join(wrong) or None


def would_lose_accounts() -> Refusal:
    """400 where a member without master password and two-step login could not get into the account any more."""
    told = (
        "Policy could not be enabled. Non-compliant members will lose access to their accounts. Identify members"
        " without two-step login from the policies column in the members page."
    )
    return bad_request(told, rule="policies.no-password")


OF_TRUSTED_DEVICES = (
    Wanted(PolicyType.SINGLE_ORG, True, None),
    Wanted(PolicyType.RESET_PASSWORD, True, {"autoEnrollEnabled": True}),
    Wanted(PolicyType.REQUIRE_SSO, True, None),
)
"""Policies that trusted device encryption switches on."""


def check_key_connector(*, able: bool, policies: Set[int], enabled: bool) -> None:
    """Refuse Key Connector where something is missing. policies: those that are on.

    Source: src/Core/Auth/Services/Implementations/SsoConfigService.cs.
    """
    needs = (
        (able, "Organization cannot use Key Connector."),
        (
            PolicyType.SINGLE_ORG in policies,
            "Key Connector requires the Single Organization policy to be enabled.",
        ),
        (
            PolicyType.REQUIRE_SSO in policies,
            "Key Connector requires the Single Sign-On Authentication policy to be enabled.",
        ),
        (enabled, "You must enable SSO to use Key Connector."),
    )
    for there, told in needs:
        if not there:
            raise bad_request(told, rule="sso.key-connector")


Stored = Mapping[int, tuple[bool, Mapping[str, Any] | None]]
"""Policies that were set: whether they are on, their data."""


def in_step(wanted: Wanted, stored: Stored) -> Iterator[Wanted]:
    """What the policies for Sends have to be once one of them was set. stored: with that one.

    Source: .../PolicyEventHandlers/{DisableSend,SendOptions,SendControls}SyncPolicyEvent.cs.
    """
    data = wanted.data or {}
    if wanted.type == PolicyType.SEND_CONTROLS:
        no_sends, no_hiding = bool(data.get("disableSend")), bool(data.get("disableHideEmail"))
        before = stored.get(PolicyType.DISABLE_SEND, (False, None))[1]
        yield Wanted(PolicyType.DISABLE_SEND, wanted.enabled and no_sends, before)
        yield Wanted(PolicyType.SEND_OPTIONS, wanted.enabled and no_hiding, {"disableHideEmail": no_hiding})
    elif wanted.type in (PolicyType.DISABLE_SEND, PolicyType.SEND_OPTIONS):
        controls = controls_data(stored.get(PolicyType.SEND_CONTROLS, (False, None))[1] or {})
        options_on, options = stored.get(PolicyType.SEND_OPTIONS, (False, None))
        if wanted.type == PolicyType.DISABLE_SEND:
            controls["disableSend"] = wanted.enabled
            enabled = wanted.enabled or options_on
        else:
            enabled = wanted.enabled or controls["disableSend"]
        if PolicyType.SEND_OPTIONS in stored:
            controls["disableHideEmail"] = bool((options or {}).get("disableHideEmail"))
        yield Wanted(PolicyType.SEND_CONTROLS, enabled, controls)


def send_controls(legacy: Stored) -> tuple[bool, dict[str, Any]]:
    """The policy for Sends that follows from the two older ones. legacy: policy -> whether it is on, its data.

    Source: src/Core/AdminConsole/OrganizationFeatures/Policies/Implementations/PolicyQuery.cs.
    """
    no_sends, _ = legacy.get(PolicyType.DISABLE_SEND, (False, None))
    options, data = legacy.get(PolicyType.SEND_OPTIONS, (False, None))
    told = controls_data({}) | {
        "disableSend": no_sends,
        "disableHideEmail": bool((data or {}).get("disableHideEmail")),
    }
    return no_sends or options, told


def controls_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data of that policy with every member."""
    names = ("whoCanAccess", "allowedDomains", "deletionHours", "allowedSendTypes")
    told: dict[str, Any] = {name: bool(data.get(name)) for name in ("disableSend", "disableHideEmail")}
    return told | {name: data.get(name) for name in names}
