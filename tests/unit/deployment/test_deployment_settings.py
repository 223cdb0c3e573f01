"""Settings from environment variables, .NET's way."""

import json
import re
from pathlib import Path
from uuid import UUID

import pytest

from cloud_sim.settings import from_environment
from common.configuration.values import SettingsError, spelled_twice
from common.quirks import Quirk
from selfhost.deployment.configuration import AdminUser, SelfHostSettings
from selfhost.deployment.dns import resolve_host
from selfhost.deployment.settings import bind, load_effective

ID = "3f1c2f60-6b5e-4d0e-9a55-b2b1a0c0ffee"
BASE = {"globalSettings__installation__id": ID, "globalSettings__installation__key": "key"}
HOSTS = {
    "wardenloop__hosts__api.bitwarden.com": "http://us.test/api/",
    "wardenloop__hosts__api.bitwarden.eu": "http://eu.test/api/",
    "wardenloop__hosts__identity.bitwarden.eu": "http://eu.test/identity",
    "wardenloop__hosts__push.bitwarden.eu": "http://eu.test/push/",
}


def bound(**extra: str) -> SelfHostSettings:
    return bind({**BASE, **{re.sub("^gs__", "globalSettings__", name): value for name, value in extra.items()}})


def refusal(**extra: str) -> str:
    with pytest.raises(SettingsError) as caught:
        bound(**extra)
    return str(caught.value)


def test_defaults() -> None:
    settings = bind(BASE)
    assert settings.installation_id == UUID(ID)
    assert not settings.enable_cloud_communication
    assert settings.installation_api_uri == "https://api.bitwarden.com"
    assert settings.installation_identity_uri == "https://identity.bitwarden.com"
    assert settings.push_relay_base_uri is None and settings.push_relay_url is None
    assert settings.cloud_region is None
    assert settings.smtp.host is None and settings.smtp.port == 25
    assert settings.admins == ()
    assert str(settings.release) == "2026.8.0" and settings.abilities.accepts == 16 and settings.abilities.reads_tokens
    assert settings.simulator.cloud_timeout == 100 and settings.simulator.secret_delay == 2


@pytest.mark.parametrize(
    "key",
    [
        "globalSettings__enableCloudCommunication",
        "GLOBALSETTINGS__ENABLECLOUDCOMMUNICATION",
        "globalsettings__EnableCloudcommunication",
        "GlobalSettings:EnableCloudCommunication",
    ],
)
def test_keys_in_any_case(key: str) -> None:
    assert bind({**BASE, key: "true"}).enable_cloud_communication


@pytest.mark.parametrize(("text", "value"), [("True", True), (" TRUE ", True), ("false", False), (" False", False)])
def test_booleans(text: str, value: bool) -> None:
    assert bound(gs__enableCloudCommunication=text).enable_cloud_communication is value


@pytest.mark.parametrize("text", ["yes", "1", "on", "", "tru e", "truE!"])
def test_other_booleans_have_the_conversion_error(text: str) -> None:
    where = "GlobalSettings:EnableCloudCommunication"
    complaint = f"Failed to convert configuration value at '{where}' to type 'System.Boolean'."
    assert refusal(gs__enableCloudCommunication=text) == complaint


@pytest.mark.parametrize(
    ("key", "text", "where", "type_name"),
    [
        ("gs__mail__smtp__port", "smtp", "GlobalSettings:Mail:Smtp:Port", "System.Int32"),
        ("gs__mail__smtp__port", "", "GlobalSettings:Mail:Smtp:Port", "System.Int32"),
        ("gs__mail__smtp__port", "3000000000", "GlobalSettings:Mail:Smtp:Port", "System.Int32"),
        ("gs__mail__smtp__ssl", "no", "GlobalSettings:Mail:Smtp:Ssl", "System.Boolean"),
        ("gs__installation__id", "", "GlobalSettings:Installation:Id", "System.Guid"),
        ("gs__installation__id", "REPLACE", "GlobalSettings:Installation:Id", "System.Guid"),
        ("gs__liteDeployment", "1", "GlobalSettings:LiteDeployment", "System.Boolean"),
    ],
)
def test_numbers_and_guids_likewise(key: str, text: str, where: str, type_name: str) -> None:
    assert refusal(**{key: text}) == f"Failed to convert configuration value at '{where}' to type '{type_name}'."


def test_an_empty_nullable_number_is_unset() -> None:
    assert bound(gs__sqlServer__migrationExecutionTimeoutSeconds="")


@pytest.mark.parametrize("text", [ID.upper(), "{" + ID + "}", ID.replace("-", ""), f" {ID} "])
def test_guid_spellings(text: str) -> None:
    assert bound(gs__installation__id=text).installation_id == UUID(ID)


@pytest.mark.parametrize("environment", [{}, {"globalSettings__installation__id": str(UUID(int=0))}])
def test_no_installation_id_no_start(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"^Installation Id must be set for self-hosted installations\.$"):
        bind(environment)


@pytest.mark.parametrize("text", ["", "  ", "SECRET", "replace", "Replace"])
def test_blank_and_placeholders_count_as_absent(text: str) -> None:
    settings = bound(
        gs__mail__smtp__host=text,
        gs__mail__smtp__password=text,
        gs__pushRelayBaseUri=text,
        gs__installation__apiUri=text,
        gs__mail__replyToEmail=text,
        gs__licenseDirectory=text,
        wardenloop__dataDirectory="/srv/bwdata",
    )
    assert settings.smtp.host is settings.smtp.password is settings.push_relay_url is settings.reply_to_email is None
    assert settings.installation_api_uri == "https://api.bitwarden.com"
    assert settings.license_directory == Path("/srv/bwdata/core/licenses")


def test_license_directory_inside_the_containers_is_a_folder_of_bwdata() -> None:
    own = {"wardenloop__dataDirectory": "/srv/bwdata"}
    assert bound(gs__licenseDirectory="/etc/bitwarden/core/lic", **own).license_directory == Path(
        "/srv/bwdata/core/lic"
    )
    assert bound(gs__licenseDirectory="/mnt/lic", **own).license_directory == Path("/mnt/lic")


def test_smtp_block() -> None:
    smtp = bound(
        gs__mail__replyToEmail="a@b.c",
        gs__mail__smtp__host="127.0.0.1",
        gs__mail__smtp__port="1025",
        gs__mail__smtp__startTls="true",
        gs__mail__smtp__trustServer="true",
        gs__mail__smtp__username="me",
    ).smtp
    assert (smtp.host, smtp.port, smtp.start_tls, smtp.trust_server, smtp.ssl) == ("127.0.0.1", 1025, True, True, False)
    assert not smtp.authenticates, "a name without a password is ignored"


def test_smtp_needs_a_sender() -> None:
    assert refusal(gs__mail__smtp__host="h") == "A GlobalSettings.Mail.ReplyToEmail is required to be set up."


def test_admins_list() -> None:
    admins = bound(adminSettings__admins="Root@Example.com, ops@example.com:v2 ,,").admins
    assert admins == (AdminUser("root@example.com", ""), AdminUser("ops@example.com", "v2"))


@pytest.mark.parametrize("slash", ["", "/"])
def test_base_uris_with_and_without_final_slash(slash: str) -> None:
    settings = bind(
        {
            **BASE,
            "globalSettings__installation__apiUri": f"http://127.0.0.1:4000/us/api{slash}",
            "globalSettings__installation__identityUri": f"http://127.0.0.1:4000{slash}",
            "globalSettings__pushRelayBaseUri": f"http://127.0.0.1:4000/push{slash}",
            "globalSettings__baseServiceUri__vault": f"https://bw.example.com{slash}",
        }
    )
    assert settings.cloud_api_url == "http://127.0.0.1:4000/us/api/"
    assert settings.cloud_identity_url == "http://127.0.0.1:4000/"
    assert settings.push_relay_url == "http://127.0.0.1:4000/push/"
    assert settings.service_uris.api == "https://bw.example.com/api"


@pytest.mark.parametrize(
    "uri", ["api.bitwarden.eu", "ftp://x", "http://", "https://a b", "http://x:port", "http://x?q=1"]
)
def test_an_unusable_uri_stops_the_start_and_is_named(uri: str) -> None:
    text = refusal(gs__installation__apiUri=uri)
    assert text.startswith("Invalid URI: ") and "GlobalSettings:Installation:ApiUri" in text and uri in text


def test_official_hosts_lead_to_the_simulated_clouds() -> None:
    settings = bind(
        {
            **BASE,
            **HOSTS,
            "globalSettings__installation__apiUri": "https://api.bitwarden.eu",
            "globalSettings__installation__identityUri": "https://IDENTITY.bitwarden.eu/",
            "globalSettings__pushRelayBaseUri": "https://push.bitwarden.eu",
        }
    )
    assert settings.installation_api_uri == "https://api.bitwarden.eu", "shown as written"
    assert settings.cloud_api_url == "http://eu.test/api/"
    assert settings.cloud_identity_url == "http://eu.test/identity/"
    assert settings.push_relay_url == "http://eu.test/push/"


def test_blank_uris_mean_the_simulated_us_cloud() -> None:
    settings = bind({**BASE, **HOSTS, "wardenloop__defaultApiUri": "http://us.test/api/"})
    assert settings.cloud_api_url == "http://us.test/api/"


@pytest.mark.parametrize(
    "uri",
    [
        "https://push.bitwarden.com",
        "https://api.bitwarden.eu.",
        "https://x.bitwarden-gov.com/a",
        "https://api.bitwarden.com:8443",
    ],
)
def test_an_official_host_without_stand_in_is_never_contacted(uri: str) -> None:
    settings = bound(gs__installation__apiUri=uri)
    assert settings.destinations.leads_outside(settings.cloud_api_url)


def test_only_the_dangerous_switch_leaves_official_hosts_alone() -> None:
    settings = bind({**BASE, **HOSTS, "wardenloop__dangerouslyContactRealBitwarden": "true"})
    assert settings.cloud_api_url == "https://api.bitwarden.com/"
    assert not settings.destinations.leads_outside(settings.cloud_api_url)
    assert settings.destinations.leads_outside("https://bitwarden.com.example.org/")


def test_a_lookalike_host_is_nobodys_official_host() -> None:
    assert resolve_host("https://api.bitwarden.com.example.org", {}) == "https://api.bitwarden.com.example.org/"


def test_cloud_region_moves_no_uri() -> None:
    settings = bound(gs__baseServiceUri__cloudRegion="EU")
    assert (settings.cloud_region, settings.installation_api_uri) == ("EU", "https://api.bitwarden.com")


def test_service_uris_derive_from_the_vault_unless_given() -> None:
    uris = bound(gs__baseServiceUri__vault="http://bw", gs__baseServiceUri__identity="http://id/x").service_uris
    assert (uris.identity, uris.admin, uris.attachments) == ("http://id/x", "http://bw/admin", "http://bw/attachments")


def test_own_settings() -> None:
    own = bind(
        {
            **BASE,
            "wardenloop__databaseUrl": "postgresql+psycopg://x/y",
            "wardenloop__secretDelaySeconds": "0",
            "wardenloop__cloudTimeoutSeconds": "1.5",
            "wardenloop__licenseCertificates__0": "/a.pem",
            "WARDENLOOP__LICENSECERTIFICATES__1": "/b.pem",
            "wardenloop__quirks": "token-skips-version, portal-get-sync",
            "wardenloop__release": "v2023.10",
        }
    )
    assert own.simulator.database_url == "postgresql+psycopg://x/y"
    assert (own.simulator.secret_delay, own.simulator.cloud_timeout) == (0, 1.5)
    assert own.simulator.license_certificates == (Path("/a.pem"), Path("/b.pem"))
    assert own.simulator.quirks == {Quirk.TOKEN_SKIPS_VERSION, Quirk.PORTAL_GET_SYNC}
    assert (own.abilities.accepts, own.abilities.reads_tokens) == (13, False)


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("wardenloop__quirk", "x", "Unknown wardenloop setting: wardenloop__quirk"),
        ("wardenloop__quirks", "x", "wardenloop__quirks: Unknown quirk: x."),
        ("wardenloop__release", "v1900.1", "1900.1.0 is not known"),
        ("wardenloop__listen", "8080", "host:port"),
        ("wardenloop__listen", "0.0.0.0:8080", "dangerously"),
        ("wardenloop__tlsKey", "/k.pem", "belong together"),
        ("wardenloop__cloudTimeoutSeconds", "-1", "Wardenloop:CloudTimeoutSeconds"),
        ("globalSettings__selfHosted", "false", "self-hosted server only"),
    ],
)
def test_own_settings_are_checked(key: str, value: str, complaint: str) -> None:
    assert complaint in refusal(**{key: value})


def test_listening_beyond_loopback_needs_the_dangerous_switch() -> None:
    own = {"wardenloop__listen": "0.0.0.0:8080", "wardenloop__dangerouslyListenOnAnyAddress": "true"}
    assert bound(**own).simulator.listen == "0.0.0.0:8080"


def test_of_two_spellings_the_last_counts_and_both_are_reported() -> None:
    environment = {**BASE, "globalSettings__mail__replyToEmail": "a", "GLOBALSETTINGS__MAIL__REPLYTOEMAIL": "b"}
    assert bind(environment).reply_to_email == "b"
    assert spelled_twice(environment) == ["globalSettings__mail__replyToEmail / GLOBALSETTINGS__MAIL__REPLYTOEMAIL"]


def test_effective_settings_come_from_the_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = tmp_path / "effective.json"
    snapshot.write_text(json.dumps({"environment": {**BASE, "globalSettings__enableCloudCommunication": "true"}}))
    monkeypatch.setenv("globalSettings__enableCloudCommunication", "false")
    assert load_effective(snapshot).enable_cloud_communication
    monkeypatch.setenv("WARDENLOOP_EFFECTIVE", str(snapshot))
    assert load_effective().enable_cloud_communication


@pytest.mark.parametrize(
    "content",
    [
        *(None, "", "[]", "[" * 100_000, '{"environment": 1}', '{"environment": ["a"]}', '{"environment": {"a": 1}}'),
        *('{"environment": {"a": "\\u0000"}}', '{"environment": {"": "x"}}'),
    ],
)
def test_no_usable_snapshot_is_a_clear_error(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "effective.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError, match=r"effective\.json.*`wardenloop selfhost restart`"):
        load_effective(path)


@pytest.mark.parametrize("name", ["THREADS", "WORKERS"])
@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5", "100000"])
def test_a_number_of_threads_or_workers_that_cannot_be_stops_the_start(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"WARDENLOOP_{name}"):
        from_environment({f"WARDENLOOP_{name}": value})
    with pytest.raises(SettingsError, match=f"wardenloop__{name.lower()}"):
        bound(**{f"wardenloop__{name.lower()}": value})


def test_threads_and_workers_of_clouds_and_instance_are_named_alike() -> None:
    cloud = from_environment({"WARDENLOOP_THREADS": "3", "WARDENLOOP_WORKERS": "2"})
    instance = bound(wardenloop__threads="3", wardenloop__workers="2").simulator
    assert (cloud.threads, cloud.workers) == (instance.threads, instance.workers) == (3, 2)
