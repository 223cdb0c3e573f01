"""Failures of the real world, each from a public report or from what administrators stumble on again and again.

Source: issues of bitwarden/server by number, bitwarden.com/help; fidelity.md: license.can-use, license.sync,
sponsorship.sync, license.validation.
"""

from collections.abc import Callable
from functools import partial

from common.desk.stories.incident import Incident
from common.desk.stories.scene import LICENSES, Answer, Scene

_LICENCE_CALL = "GET /api/licenses/organization/{organization_id}"
_SPONSORSHIP_CALL = "POST /api/organization/sponsorship/sync"
_UPDATE = "POST /api/organizations/licenses/self-hosted/{organization_id}"
_SYNC = "POST /api/organizations/licenses/self-hosted/{organization_id}/sync"
_VALIDATION = "ValidateOrganizationsJob"
_DAILY = "SelfHostedSponsorshipSyncJob"
_CHECK_INTERNET = "An error has occurred. Check your internet connection and ensure the billing token is correct."
_SYNC_FAILED = "Organization sync failed"
_API, _IDENTITY = "api", "identity"
_SUSPENDED = "The organization is suspended."
_SUBSCRIPTION = "GET /api/organizations/{organization_id}/subscription"
_PREMIUM = "POST /api/accounts/license"
_OLD, _NEW = "v2023.10.0", "v2026.8.0"


def _nothing(_scene: Scene) -> None:
    """The world is as it should be: it is the person who does something else."""


# --- a licence file that is uploaded


def _uploaded(name: str, defects: str, seen: str) -> Incident:
    """A file with a defect is uploaded; a fresh one helps."""
    return Incident(
        name, _nothing, lambda scene: scene.update(scene.forge(defects)), seen, _nothing, Scene.put_back, _UPDATE
    )


def _on_personal_page(scene: Scene) -> Answer:
    return scene.upload("/api/accounts/license", scene.good)


def _twice(scene: Scene) -> Answer:
    keys = scene.keys()
    return scene.upload(LICENSES, scene.good, key=keys["key"])


def _fill_seats(scene: Scene) -> None:
    scene.invite(f"member@{scene.name.split()[-1]}.example")


def _invite_team(scene: Scene) -> Answer:
    """More people than the ten seats of the licence have room for."""
    return scene.invite(*(f"team{number}@{scene.name.split()[-1]}.example" for number in range(11)))


def _buy_and_update(scene: Scene) -> None:
    _buy_seats(scene)
    scene.put_back()


def _begin_with_trial(scene: Scene) -> Answer:
    keys = scene.keys()
    trial = scene.forge("trial")
    return scene.upload(LICENSES, trial, key=keys["key"], collectionName=keys["collectionName"])


def _update_to(version: str, scene: Scene) -> None:
    scene.restart_as(version)


_FILES = (
    Incident(
        "888",
        _nothing,
        _on_personal_page,
        "Organization licenses cannot be applied to a user. Upload this license from the Organization settings page.",
        _nothing,
        Scene.put_back,
        _PREMIUM,
    ),
    Incident(
        "4274",
        _nothing,
        lambda scene: scene.upload("/api/accounts/license", scene.forge("other-kind")),
        "Invalid license. The user's email does not match the license email.",
        _nothing,
        lambda scene: scene.upload("/api/accounts/license", scene.premium()),
        _PREMIUM,
    ),
    Incident(
        "919",
        partial(_update_to, _OLD),
        _begin_with_trial,
        "Version 15 is not supported.",
        partial(_update_to, _NEW),
        lambda scene: scene.update(scene.forge("trial")),
        "POST /api/organizations/licenses/self-hosted",
    ),
    _uploaded("premium-file", "other-kind", "Invalid license. IDX10214..."),
    Incident(
        "1256",
        partial(_update_to, _OLD),
        lambda scene: scene.update(scene.good),
        "Version 15 is not supported.",
        partial(_update_to, _NEW),
        Scene.put_back,
        _UPDATE,
    ),
    _uploaded(
        "other-installation",
        "wrong-installation",
        "Invalid license. The installation ID does not match the current installation.",
    ),
    _uploaded("foreign-signature", "foreign-certificate", "Invalid license. IDX10517..."),
    _uploaded("clock-behind", "not-yet-valid", "Invalid license. IDX10222..."),
    _uploaded("old-file", "expired", "Invalid license. IDX10223..."),
    _uploaded(
        "disabled-in-the-cloud", "disabled", "Invalid license. Your cloud-hosted organization is currently disabled."
    ),
    _uploaded("powershell", "utf-16", "Invalid license"),
    _uploaded("cut-download", "truncated", "Invalid license"),
    _uploaded("web-page", "not-json", "Invalid license"),
    Incident(
        "seats",
        _fill_seats,
        lambda scene: scene.update(scene.forge("seats-changed")),
        "Your organization currently has 2 seats filled. Your new license only has (1) seats. Remove some users.",
        _nothing,
        Scene.put_back,
        _UPDATE,
    ),
    Incident(
        "invite-over-seats",
        _nothing,
        _invite_team,
        "Cannot autoscale on self-hosted instance.",
        _buy_and_update,
        _invite_team,
        "POST /api/organizations/{organization_id}/users/invite",
    ),
    Incident(
        "second-organization",
        _nothing,
        _twice,
        "License is already in use by another organization vault.",
        _nothing,
        Scene.put_back,
        "POST /api/organizations/licenses/self-hosted",
    ),
)

# --- a licence that is stored


def _store(defects: str, scene: Scene) -> None:
    scene.stored(scene.forge(defects))


def _store_and_validate(defects: str, scene: Scene) -> None:
    _store(defects, scene)
    scene.run_job(_VALIDATION)


def _upload_and_validate(defects: str, scene: Scene) -> None:
    scene.update(scene.forge(defects))
    scene.run_job(_VALIDATION)


def _leave_tail(scene: Scene) -> None:
    scene.file.write_text(scene.file.read_text() + 'K8BSvnA="\n}')


def _suspended(scene: Scene) -> Answer:
    """What its members meet: the banner of a suspended organization."""
    return Answer(200, "" if scene.is_enabled() else _SUSPENDED, None)


def _back_but_not_loaded(scene: Scene) -> None:
    _upload_and_validate("lapsed", scene)
    scene.load_client()
    scene.put_back()


def _shown_by_client(scene: Scene) -> Answer:
    """The banner as a client shows it that has not loaded the profile since."""
    return Answer(200, "" if scene.client_shows else _SUSPENDED, None)


def _fail_subscription_page(scene: Scene) -> None:
    scene.fault_here(_SUBSCRIPTION, {"status": 500})


def _enabled_after_validation(scene: Scene) -> Answer:
    scene.run_job(_VALIDATION)
    return Answer(200 if scene.is_enabled() else 400, "", None)


_STORED = (
    Incident(
        "7276",
        partial(_store, "expired"),
        Scene.subscription,
        "Invalid license. IDX10223...",
        Scene.put_back,
        Scene.subscription,
        _SUBSCRIPTION,
    ),
    Incident(
        "5223",
        _fail_subscription_page,
        Scene.subscription,
        "An unhandled server error has occurred.",
        Scene.clear,
        Scene.subscription,
        _SUBSCRIPTION,
    ),
    Incident("127", _back_but_not_loaded, _shown_by_client, _SUSPENDED, Scene.load_client, _shown_by_client),
    Incident(
        "lapsed",
        partial(_upload_and_validate, "lapsed"),
        _suspended,
        _SUSPENDED,
        Scene.put_back,
        _enabled_after_validation,
        f"job {_VALIDATION}",
    ),
    Incident(
        "3412",
        partial(_store_and_validate, "no-token,bad-hash"),
        _suspended,
        _SUSPENDED,
        Scene.put_back,
        _enabled_after_validation,
        f"job {_VALIDATION}",
    ),
    Incident(
        "5828",
        partial(_store_and_validate, "no-token,bad-signature"),
        _suspended,
        _SUSPENDED,
        Scene.put_back,
        _enabled_after_validation,
        f"job {_VALIDATION}",
    ),
    Incident(
        "7278",
        partial(_store_and_validate, "plan-changed"),
        _suspended,
        _SUSPENDED,
        Scene.put_back,
        _enabled_after_validation,
        f"job {_VALIDATION}",
    ),
    Incident(
        "2082",
        _leave_tail,
        lambda scene: scene.connect(scene.token),
        "Cannot verify license file.",
        Scene.put_back,
        lambda scene: scene.connect(scene.token),
        "PUT /api/organizations/connections/{connection_id}",
    ),
)

# --- the way to the cloud


def _way(name: str, rule: str, host: str = _API) -> Incident:
    """Something between the instance and the cloud."""
    return Incident(
        name,
        lambda scene: scene.egress(f"{host}.{scene.domain}", rule),
        Scene.sync,
        _CHECK_INTERNET,
        lambda scene: scene.egress(f"{host}.{scene.domain}", "allow"),
        Scene.sync,
        _SYNC,
    )


_WAYS = (
    _way("firewall", "refuse"),
    _way("dns", "dns", _IDENTITY),
    _way("inspected-tls", "tls-untrusted"),
    _way("expired-certificate", "tls-expired", _IDENTITY),
    _way("captive-portal", "html"),
    _way("proxy-407", "proxy-407"),
)

# --- the cloud's part of a sync


def _answered(name: str, operation: str, do: dict[str, object], see: Callable[[Scene], Answer], seen: str) -> Incident:
    return Incident(
        name,
        lambda scene: scene.fault(operation, do),
        see,
        seen,
        Scene.clear,
        see,
        _SYNC if see is Scene.sync else None,
    )


def _without_id(scene: Scene, answer: Answer) -> Answer:
    return answer._replace(text=answer.text.replace(scene.id, "ID"))


def _rotate(scene: Scene) -> None:
    scene.token = scene.billing_sync_token(rotate=True)


def _save_token(scene: Scene) -> None:
    scene.connect(scene.token)


def _offer_first(scene: Scene) -> None:
    scene.offer("family@example.com")


def _lost_answer(scene: Scene) -> None:
    _offer_first(scene)
    scene.fault(_SPONSORSHIP_CALL, {"reset": "after"})


def _unusable_answer(scene: Scene) -> None:
    _offer_first(scene)
    scene.fault(_SPONSORSHIP_CALL, {"body": "wrong-type"})


def _buy_seats(scene: Scene) -> None:
    scene.bill("seats", seats=25)


def _other_sync(scene: Scene) -> Answer:
    """Manually Sync of the portal is about sponsorships only."""
    scene.sync_sponsorships()
    return Answer(200, "The license did not change." if scene.seats() != 25 else "", None)


def _same_seats(scene: Scene) -> Answer:
    return Answer(200 if scene.seats() == 25 else 400, "", None)


def _switch_off(scene: Scene) -> None:
    _offer_first(scene)
    scene.connect(scene.token, enabled=False)


def _daily_sync(scene: Scene) -> Answer:
    """The job runs without a word; the page of the member says how it stands."""
    scene.run_job(_DAILY)
    return Answer(200, "Awaiting Sync" if scene.awaits_sync() else "", None)


_CLOUD = (
    _answered("6770", _LICENCE_CALL, {"status": 404}, Scene.sync, _CHECK_INTERNET),
    _answered("maintenance", _LICENCE_CALL, {"status": 503}, Scene.sync, _CHECK_INTERNET),
    _answered("too-many-requests", _LICENCE_CALL, {"status": 429}, Scene.sync, _CHECK_INTERNET),
    Incident("rotated-token", _rotate, Scene.sync, _CHECK_INTERNET, _save_token, Scene.sync, _SYNC),
    Incident(
        "disabled-installation",
        lambda scene: scene.switch_installation(enabled=False),
        Scene.sync,
        _CHECK_INTERNET,
        lambda scene: scene.switch_installation(enabled=True),
        Scene.sync,
        _SYNC,
    ),
    Incident(
        "canceled-subscription",
        lambda scene: scene.bill("cancel"),
        Scene.sync,
        _CHECK_INTERNET,
        lambda scene: scene.bill("start"),
        Scene.sync,
        _SYNC,
    ),
    Incident(
        "connection-off",
        lambda scene: scene.connect(scene.token, enabled=False),
        lambda scene: _without_id(scene, scene.sync()),
        "Connection disabled for organization ID",
        _save_token,
        Scene.sync,
        _SYNC,
    ),
    Incident("lost-answer", _lost_answer, Scene.sync_sponsorships, _SYNC_FAILED, Scene.clear, Scene.sync_sponsorships),
    Incident("2065", _unusable_answer, Scene.sync_sponsorships, _SYNC_FAILED, Scene.clear, Scene.sync_sponsorships),
    Incident("2784", _buy_seats, _other_sync, "The license did not change.", Scene.sync, _same_seats),
    Incident("5338", _switch_off, _daily_sync, "Awaiting Sync", _save_token, _daily_sync),
)


_TALKING = [each._replace(talks=True) for each in (*_WAYS, *_CLOUD)]

INCIDENTS = {each.name: each for each in (*_FILES, *_STORED, *_TALKING)}
"""Every incident by its name, in the order of a rehearsal."""
