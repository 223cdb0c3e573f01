"""`install`: questions, the check with the cloud of the region, the files."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
import requests
import responses
import responses.matchers
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import pkcs12

from selfhost.deployment import setup
from selfhost.deployment.settings import load_effective

Twin = Any  # the fixture's class lives in conftest.py
INSTALLATION = "3f1c2f60-6b5e-4d0e-9a55-b2b1a0c0ffee"


def test_answers_typed_at_the_terminal(twin: Twin, cloud: responses.RequestsMock) -> None:
    cloud.get(twin.us, json={"enabled": True})
    typed = f"BW.example.com\nn\n\n\n{INSTALLATION.upper()}\n key \neu\n\nn\ny\n"
    result = twin("install", typed=typed)
    prompts = [
        "(!) Enter the domain name for your Bitwarden instance (ex. bitwarden.example.com): ",
        "(!) Do you want to use Let's Encrypt to generate a free SSL certificate? (y/n): ",
        "(!) Enter the database name for your Bitwarden instance (ex. vault): ",
        "(!) Enter your installation id (get at https://bitwarden.com/host): ",
        "(!) Invalid input for installation id. Please try again.",
        "(!) Enter your installation key: ",
        "(!) Enter your region (US/EU) [US]: ",
        "(!) Invalid input for region. Please try again.",
        "(!) Do you have a SSL certificate to use? (y/N): ",
        "(!) Do you want to generate a self-signed SSL certificate? (y/N): ",
        "Generating key for IdentityServer.",
        "Building nginx config.",
        "Building docker environment files.",
        "Building docker environment override files.",
        "Building FIDO U2F app id.",
        "Building docker-compose.yml.",
        "Installation complete",
        "Next steps, run:",
        "`./bitwarden.sh start`",
    ]
    places = [result.output.find(prompt) for prompt in prompts]
    assert -1 not in places and places == sorted(places) and result.exit_code == 0
    assert twin.overrides["globalSettings__baseServiceUri__vault"] == "https://bw.example.com"
    assert twin.overrides["globalSettings__baseServiceUri__cloudRegion"] == "US"
    assert twin.overrides["globalSettings__installation__id"] == INSTALLATION
    assert twin.overrides["globalSettings__installation__key"] == " key ", "the key is not trimmed"
    assert (twin.data.path / "ssl/self/bw.example.com/certificate.crt").exists()


@pytest.mark.parametrize(
    ("region", "answer", "text"),
    [
        ("EU", {"status": 404}, "Invalid installation id for EU region."),
        ("US", {"status": 404}, "Invalid installation id for US region."),
        ("Gov", {"status": 404}, "Invalid installation id for Gov region."),
        ("1", {"status": 404}, "Invalid installation id for EU region."),
        ("EU", {"status": 500}, "Unable to validate installation id for EU region."),
        ("EU", {"json": {"enabled": False}}, "Installation id has been disabled in the EU region."),
        ("EU", {"json": {}}, "Installation id has been disabled in the EU region."),
        ("EU", {"body": "<html>"}, "Unable to validate installation id. Problem contacting Bitwarden EU server."),
        ("EU", {"json": []}, "Unable to validate installation id. Problem contacting Bitwarden EU server."),
        (
            "US",
            {"body": requests.ConnectionError()},
            "Unable to validate installation id. Problem contacting Bitwarden US server.",
        ),
        (
            "US",
            {"body": requests.Timeout()},
            "Unable to validate installation id. Problem contacting Bitwarden US server.",
        ),
    ],
)
def test_refusals_of_the_cloud(
    twin: Twin, cloud: responses.RequestsMock, region: str, answer: dict[str, object], text: str
) -> None:
    cloud.get(twin.eu if region in ("EU", "1") else twin.us, **answer)
    result = twin.install(region=region)
    assert result.output.splitlines()[-1] == text
    assert result.exit_code == 0, "setup ends with 0 after a refusal too"
    assert not twin.data.override_env.exists() and not twin.data.compose.exists()


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("refuse", "Unable to validate installation id. Problem contacting Bitwarden US server."),
        ("drop", "Unable to validate installation id. Problem contacting Bitwarden US server."),
        ("html", "Unable to validate installation id. Problem contacting Bitwarden US server."),
        ("redirect", "Unable to validate installation id for US region."),
        ("slow", None),
        ("allow", None),
    ],
)
def test_the_simulated_network_is_between_an_installation_and_the_cloud(
    twin: Twin, cloud: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch, rule: str, text: str | None
) -> None:
    """Public report: bitwarden/server 329, an installation behind a firewall."""
    instance = "http://127.0.0.1:8403"
    document = json.loads((twin.home.path / "stack.json").read_text()) | {"selfhost_url": instance}
    (twin.home.path / "stack.json").write_text(json.dumps(document))
    monkeypatch.setattr(setup, "VALIDATION_TIMEOUT", 0.01)
    cloud.get(f"{instance}/_sim/egress/api.bitwarden.com", json={"host": "api.bitwarden.com", "rule": rule})
    cloud.get(twin.us, json={"enabled": True})
    result = twin.install(region="US")
    assert (result.output.splitlines()[-1] == text) is (text is not None)
    assert twin.data.override_env.exists() is (text is None)


def test_after_a_refusal_the_folder_has_to_go_first(twin: Twin, cloud: responses.RequestsMock) -> None:
    cloud.get(twin.eu, status=404)
    twin.install()
    again = twin.install()
    assert again.output.endswith(f"Looks like Bitwarden is already installed at {twin.data.path}.\n")
    assert again.exit_code == 1


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (("--install-id", "no-guid"), "Invalid installation id."),
        (("--domain", "192.168.1.10"), setup.INVALID_DOMAIN),
        (("--domain", "[::1]"), setup.INVALID_DOMAIN),
        (("--domain", "a b"), setup.INVALID_DOMAIN),
    ],
)
def test_refusals_without_asking_the_cloud(
    twin: Twin, cloud: responses.RequestsMock, flags: tuple[str], text: str
) -> None:
    result = twin.install(*flags)
    assert result.output.splitlines()[-1] == text and result.exit_code == 0
    assert len(cloud.calls) == 0


def test_a_bad_region_flag_is_refused(twin: Twin) -> None:
    result = twin.install(region="eu")
    assert "(!) Invalid input for region. Please try again." in result.output and result.exit_code == 1
    assert not (twin.data.path / "docker").exists()


@pytest.mark.parametrize("flag", ["--domain", "--dbname", "--install-id", "--install-key", "--cloud-region", "--ssl"])
def test_a_missing_answer_without_terminal_is_an_error_and_leaves_nothing(twin: Twin, flag: str) -> None:
    answers = {
        "--domain": "",
        "--dbname": "",
        "--install-id": INSTALLATION,
        "--install-key": "k",
        "--cloud-region": "US",
    }
    answers |= {"--ssl": "n", "--self-signed": "n"}
    del answers[flag]
    result = twin("install", *(word for pair in answers.items() for word in pair))
    assert result.exit_code == 2 and flag in result.output
    assert not twin.data.path.exists()


def test_input_that_ends_is_an_error(twin: Twin) -> None:
    result = twin("install", typed="localhost\n")
    assert result.exit_code == 2 and "the input ended" in result.output


@pytest.mark.parametrize("where", ["shell", "uid.env"])
def test_installation_url_replaces_the_address_of_the_region(
    twin: Twin, cloud: responses.RequestsMock, where: str
) -> None:
    if where == "shell":
        twin.shell["BW_INSTALLATION_URL"] = "http://localhost:4300/x"
    else:
        twin.data.uid_env.parent.mkdir(parents=True)
        twin.data.uid_env.write_text("BW_INSTALLATION_URL=http://localhost:4300/x\n")
    cloud.get("http://localhost:4300/x/installations/" + INSTALLATION, json={"enabled": True})
    assert "Installation complete" in twin.install().output


@pytest.mark.parametrize(
    ("lines", "asked"),
    [
        ("HTTPS_PROXY=http://127.0.0.1:3128\n", {"tunnel": "http://127.0.0.1:3128"}),
        ("https_proxy=http://127.0.0.1:3128\nNO_PROXY=api.bitwarden.com\n", {}),
        ("http_proxy=http://127.0.0.1:3128\n", {}),
        ("HTTPS_PROXY=http://proxy.example:3128\n", {}),
        ("", {}),
    ],
)
def test_the_setup_container_knows_the_proxies_of_its_env_file_only(
    twin: Twin, cloud: responses.RequestsMock, lines: str, asked: dict[str, str]
) -> None:
    twin.shell["HTTPS_PROXY"] = "http://127.0.0.1:9"
    twin.data.uid_env.parent.mkdir(parents=True)
    twin.data.uid_env.write_text(lines)
    cloud.get(twin.us, json={"enabled": True})
    output = twin.install("--cloud-region", "US").output
    assert "Installation complete" in output
    assert vars(cloud.calls[0].request)["req_kwargs"]["proxies"] == asked
    assert ("not on this machine" in output) == ("example" in lines)


def test_only_the_dangerous_switch_asks_the_real_cloud(twin: Twin, cloud: responses.RequestsMock) -> None:
    cloud.get("https://api.bitwarden.eu/installations/" + INSTALLATION, status=404)
    assert "Invalid installation id for EU" in twin.install("--dangerously-contact-real-bitwarden").output


def test_generated_tree(installed: Twin) -> None:
    private = ["env/global.override.env", "env/mssql.override.env", "docker/global.env", "docker/mssql.env"]
    for name in [*private, "docker/wardenloop.env", "identity/identity.pfx"]:
        assert stat.S_IMODE((installed.data.path / name).stat().st_mode) == 0o600, name
    for name in ["config.yml", "docker/docker-compose.yml", "nginx/default.conf", "web/app-id.json", "env/uid.env"]:
        assert (installed.data.path / name).stat().st_size > 0, name
    assert "image: ghcr.io/bitwarden/api:2026.8.0" in installed.data.compose.read_text()
    assert "globalSettings__pushRelayBaseUri=https://push.bitwarden.com\n" in installed.data.global_env.read_text()


def test_generated_override_file(installed: Twin) -> None:
    overrides = installed.overrides
    assert list(overrides)[:3] == [
        "globalSettings__baseServiceUri__vault",
        "globalSettings__baseServiceUri__cloudRegion",
        "globalSettings__sqlServer__connectionString",
    ]
    assert overrides["globalSettings__baseServiceUri__cloudRegion"] == "EU"
    for absent in ("enableCloudCommunication", "installation__identityUri", "installation__apiUri", "pushRelayBaseUri"):
        assert f"globalSettings__{absent}" not in overrides
    assert overrides["globalSettings__mail__replyToEmail"] == "no-reply@localhost"
    assert list(overrides)[-1] == "adminSettings__admins"


def test_identity_certificate_opens_with_the_generated_password(installed: Twin) -> None:
    password = installed.overrides["globalSettings__identityServer__certificatePassword"].encode()
    key, certificate, _ = pkcs12.load_key_and_certificates(installed.data.identity_certificate.read_bytes(), password)
    assert isinstance(key, RSAPrivateKey) and certificate is not None
    lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert lifetime.days >= 36_500


def test_url_of_the_stack_is_used_for_localhost(twin: Twin, cloud: responses.RequestsMock) -> None:
    cloud.get("http://u.test/api/installations/" + INSTALLATION, json={"enabled": True})
    (twin.home.path / "stack.json").write_text(
        '{"cloud_us": "http://u.test/api", "cloud_eu": "http://e.test", "selfhost_url": "http://127.0.0.1:4200/"}'
    )
    twin.install(region="US")
    assert twin.overrides["globalSettings__baseServiceUri__vault"] == "http://127.0.0.1:4200"


def test_an_https_stack_is_trusted_and_served_with_its_certificate(twin: Twin, cloud: responses.RequestsMock) -> None:
    ca = str(twin.home.path / "ca.pem")
    cloud.get(
        "https://u.test/api/installations/" + INSTALLATION,
        json={"enabled": True},
        match=[responses.matchers.request_kwargs_matcher({"verify": ca, "timeout": setup.VALIDATION_TIMEOUT})],
    )
    stack = {"cloud_us": "https://u.test", "cloud_eu": "https://e.test", "selfhost_url": "https://127.0.0.1:4200"}
    stack |= {"ca": ca, "tls_certificate": "/a b/server.crt.pem", "tls_key": "/a b/server.key.pem"}
    (twin.home.path / "stack.json").write_text(json.dumps(stack))
    twin.install(region="US")
    assert twin.overrides["globalSettings__baseServiceUri__vault"] == "https://127.0.0.1:4200"
    twin("rebuild")
    twin("start", "--no-wait")
    simulator = load_effective(twin.home.effective).simulator
    assert simulator.trusted_authority == Path(ca)
    assert (simulator.tls_certificate, simulator.tls_key) == (Path(stack["tls_certificate"]), Path(stack["tls_key"]))


def test_addresses_given_as_flags_last_where_no_stack_says_otherwise(twin: Twin, cloud: responses.RequestsMock) -> None:
    cloud.get("http://mine.test/eu/api/installations/" + INSTALLATION, json={"enabled": True})
    (twin.home.path / "stack.json").unlink()
    twin.install("--cloud-eu", "http://mine.test/eu/", "--cloud-us", "http://mine.test/us/api")
    twin("rebuild")
    twin("start", "--no-wait")
    hosts = load_effective(twin.home.effective).simulator.hosts
    assert hosts["push.bitwarden.eu"] == "http://mine.test/eu/push/"
    assert hosts["identity.bitwarden.com"] == "http://mine.test/us/identity/"


def test_stub_asks_nobody(twin: Twin, cloud: responses.RequestsMock) -> None:
    result = twin("install", "--stub", "--defaults", "-q")
    assert result.exit_code == 0 and len(cloud.calls) == 0 and "Building" not in result.output
    assert twin.overrides["globalSettings__installation__key"] == "SECRET_INSTALLATION_KEY"
