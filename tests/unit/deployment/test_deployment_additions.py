"""What operators add: a compose override, a certificate of their own, the variables of Bitwarden lite."""

from pathlib import Path

import pytest
import yaml

from selfhost.deployment.settings import load_effective
from tests.unit.deployment.conftest import INSTALLATION, Twin

OVERRIDE = """\
services:
  admin:
    environment:
      adminSettings__admins: ops@example.com
      globalSettings__disableUserRegistration: false
  api:
    image: ghcr.io/bitwarden/api:2023.10.2
    environment:
      - globalSettings__disableUserRegistration=true
      - globalSettings__mail__smtp__host=${SMTP_HOST}
      - HTTPS_PROXY
    volumes:
      - ./anything:/anywhere
  web:
    environment:
      globalSettings__enableCloudCommunication: maybe
"""


def test_the_compose_override_wins_over_every_env_file(installed: Twin) -> None:
    installed.shell |= {"SMTP_HOST": "127.0.0.1", "HTTPS_PROXY": "http://127.0.0.1:3128"}
    installed.add_line("globalSettings__disableUserRegistration=false", "adminSettings__admins=root@example.com")
    installed.data.compose_override.write_text(OVERRIDE)
    assert installed("start", "--no-wait").exit_code == 0
    settings = load_effective(installed.home.effective)
    assert [admin.email for admin in settings.admins] == ["ops@example.com"]
    assert settings.disable_user_registration, "of two services that are told different things, api counts"
    assert settings.smtp.host == "127.0.0.1"
    assert str(settings.release) == "2023.10.2"
    assert not settings.enable_cloud_communication, "the web container's variables are not the server's"
    proxy = settings.simulator.proxies.https
    assert proxy is not None and proxy.address == "http://127.0.0.1:3128/"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("services:\n  api: [", "yaml: line "),
        ("services: 7\n", "services must be a mapping"),
        (
            "services:\n  api:\n    environment:\n      A: {b: c}\n",
            "services.api.environment.A contains an invalid type",
        ),
        ("services:\n  api:\n    environment:\n      A: $(x)\n", "invalid interpolation format"),
    ],
)
def test_an_override_that_compose_would_not_read_stops_the_start(installed: Twin, text: str, said: str) -> None:
    installed.data.compose_override.write_text(text)
    result = installed("start", "--no-wait")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{installed.data.compose_override}: {said}")


def test_an_empty_override_changes_nothing(installed: Twin) -> None:
    installed.data.compose_override.write_text("# nothing yet\n")
    assert installed("start", "--no-wait").exit_code == 0


def test_lines_pasted_as_one_are_a_warning_with_their_line(installed: Twin) -> None:
    installed.add_line("globalSettings__baseServiceUri__cloudRegion=EU globalSettings__pushRelayBaseUri=https://x")
    lines = installed.data.override_env.read_text().splitlines()
    told = installed("start", "--no-wait").stderr
    assert (
        f"global.override.env line {len(lines)}: the value of globalSettings__baseServiceUri__cloudRegion holds" in told
    )


def test_an_own_certificate_has_a_folder_and_is_missed_at_start(twin: Twin) -> None:
    result = twin("install", "--stub", "--defaults", "--domain", "bw.example.com", "--ssl", "y", "--trusted", "y")
    folder = twin.data.path / "ssl/bw.example.com"
    assert folder.is_dir()
    assert "!!!!!!!!!! NOTE !!!!!!!!!!" in result.output and str(folder) in result.output
    twin.add_line(f"globalSettings__installation__id={INSTALLATION}")
    told = twin("start", "--no-wait").stderr
    for name in ("certificate.crt", "private.key", "ca.crt"):
        assert f"{folder / name} is not there: the real nginx would not start." in told
        (folder / name).touch()
    assert "nginx" not in twin("restart", "--no-wait").stderr


def test_containers_see_their_folders(installed: Twin) -> None:
    services = yaml.safe_load(installed.data.compose.read_text())["services"]
    assert services["api"]["volumes"] == [
        "../core:/etc/bitwarden/core",
        "../ca-certificates:/etc/bitwarden/ca-certificates",
        "../logs/api:/etc/bitwarden/logs",
    ]
    assert services["mssql"]["volumes"][0] == "../mssql/data:/var/opt/mssql/data"
    assert services["web"]["volumes"] == ["../web:/etc/bitwarden/web"]
    assert all(service["volumes"] for service in services.values())


def test_a_database_in_a_volume_of_docker(installed: Twin) -> None:
    config = installed.data.config.read_text()
    installed.data.config.write_text(config.replace("database_docker_volume: false", "database_docker_volume: true"))
    installed("rebuild")
    made = yaml.safe_load(installed.data.compose.read_text())
    assert made["services"]["mssql"]["volumes"][0] == "mssql_data:/var/opt/mssql/data"
    assert list(made["volumes"]) == ["mssql_data"]


def test_start_makes_the_folder_of_every_log(installed: Twin) -> None:
    installed("start", "--no-wait")
    assert (installed.data.logs / "portal").is_dir()


LITE = f"""\
BW_DOMAIN=bw.example.com
BW_DB_PROVIDER=mysql
BW_DB_SERVER=db
BW_DB_PASSWORD=super_strong_password
BW_INSTALLATION_ID={INSTALLATION}
BW_INSTALLATION_KEY=the key
globalSettings__enableCloudCommunication=true
globalSettings__installation__identityUri=https://identity.bitwarden.eu
globalSettings__installation__id=00000000-0000-0000-0000-000000000001
globalSettings__mail__smtp__host=127.0.0.1
globalSettings__mail__replyToEmail=no-reply@bw.example.com
"""


def lite(twin: Twin, text: str) -> str:
    file = twin.home.path / "settings.env"
    file.write_text(text)
    result = twin("install", "--lite", str(file))
    assert result.exit_code == 0, result.output
    return result.stderr


def test_the_settings_of_bitwarden_lite_are_taken_over(twin: Twin) -> None:
    """Nothing is asked, and no cloud either: the id is believed."""
    told = lite(twin, LITE)
    assert "globalSettings__installation__id counts for nothing: the container sets it to BW_INSTALLATION_ID." in told
    assert "BW_DB_...: another database is used here" in told and "super_strong" not in told
    assert twin("start", "--no-wait").exit_code == 0
    settings = load_effective(twin.home.effective)
    assert (str(settings.installation_id), settings.installation_key) == (INSTALLATION, "the key")
    assert settings.enable_cloud_communication and settings.smtp.host == "127.0.0.1"
    assert settings.installation_identity_uri == "https://identity.bitwarden.eu"
    assert settings.installation_api_uri == "https://api.bitwarden.com", "no region is asked for"
    assert settings.service_uris.vault == "https://bw.example.com"


def test_lite_without_an_installation_does_not_start(twin: Twin) -> None:
    told = lite(twin, "BW_DOMAIN=bw.example.com\n")
    assert "BW_DB_PROVIDER=(nothing) is none of mysql, postgresql, sqlserver, sqlite." in told
    result = twin("start", "--no-wait")
    assert result.exit_code == 1 and "'GlobalSettings:Installation:Id'" in result.stderr


def test_a_file_that_is_not_there_is_named(twin: Twin, tmp_path: Path) -> None:
    assert "does not exist" in twin("install", "--lite", str(tmp_path / "nowhere.env")).output
