"""A stack that a reverse proxy shows: links name the public address, this machine goes on using the ports."""

import json
from pathlib import Path
from typing import Any

import pytest
import responses
import yaml
from click.testing import CliRunner

from cloud_sim.settings import StackPorts, in_stack
from common.cli.client import Mailbox
from common.cli.home import Home, Ports, SavedAccount
from common.cli.main import main
from selfhost.deployment.settings import bind
from selfhost.deployment.simulated_cloud import Stack

DEPLOY = Path(__file__).parents[3] / "docs/deploy"


@pytest.mark.parametrize(
    ("public", "base", "other", "prefix"),
    [
        ("", "http://127.0.0.1:8402", "http://127.0.0.1:8401", "/eu"),
        ("https://class.example", "https://class.example/eu", "https://class.example/us", "/eu"),
        ("https://class.example/lab/", "https://class.example/lab/eu", "https://class.example/lab/us", "/lab/eu"),
    ],
)
def test_a_cloud_is_below_the_public_address(tmp_path: Path, public: str, base: str, other: str, prefix: str) -> None:
    environment = {"WARDENLOOP_PUBLIC_URL": public}
    settings = in_stack("EU", tmp_path, StackPorts(8401, 8402, 8404, 8425, None), environment)
    assert (settings.base_url, settings.other_region_url, settings.path_prefix) == (base, other, prefix)


def test_a_public_address_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="WARDENLOOP_PUBLIC_URL"):
        in_stack("US", tmp_path, StackPorts(1, 2, 3, 4, None), {"WARDENLOOP_PUBLIC_URL": "class.example"})


def test_the_instance_is_made_for_the_public_address_and_reached_at_its_port(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.save_stack(Ports(9000), public_url="https://class.example/lab")
    stack = Stack.read(tmp_path, tmp_path / "none")
    assert stack.selfhost_url == "https://class.example/lab/selfhost"
    assert stack.us.api == "http://127.0.0.1:9001/api/", "the instance asks the cloud without the proxy"
    required = {"globalSettings__installation__id": "2f0e2f9c-6b1e-4b7e-9f5c-b1fd00a3c1d2"}
    assert bind(stack.environment() | required).simulator.path_prefix == "/lab/selfhost"
    assert home.urls()["selfhost"] == "http://127.0.0.1:9003"
    home.save_stack(Ports(9000))
    assert home.public_url == "https://class.example/lab", "kept until said otherwise"
    home.save_stack(Ports(9000), public_url="")
    assert not home.shown


@responses.activate
def test_mails_are_found_by_the_address_that_their_links_name(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.save_stack(Ports(9000), public_url="https://class.example")
    mails: list[dict[str, Any]] = [
        {"subject": "other", "links": ["https://class.example/eu/x?token=1"]},
        {"subject": "right", "links": ["https://class.example/us/x?token=1"]},
    ]
    responses.get("http://127.0.0.1:9004/mailbox/api/messages", json={"data": mails})
    mailbox = Mailbox(home.urls()["mailbox"], shown=home.shown)
    assert mailbox.wait_for("a@b.example", link_to="http://127.0.0.1:9001")["subject"] == "right"


@pytest.mark.parametrize("url", ["class.example", "https://user:secret@class.example", "https://class.example/?x=1"])
def test_up_takes_an_address_only(tmp_path: Path, url: str) -> None:
    result = CliRunner().invoke(main, ["--home", str(tmp_path), "up", "--public-url", url])
    assert (result.exit_code, "is no address" in result.output) == (2, True)


def test_another_public_address_needs_a_new_world(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.save_stack(Ports(9000))
    home.add_accounts(SavedAccount("a@b.example", "p", "cloud_us", "owner"))
    result = CliRunner().invoke(main, ["--home", str(tmp_path), "up", "--public-url", "https://class.example"])
    assert (result.exit_code, "--fresh --public-url" in result.output) == (2, True)


def test_the_container_files_speak_of_the_same_certificates_and_ports() -> None:
    site = (DEPLOY / "nginx.conf").read_text()
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    mounted = {volume.split(":")[1] for volume in compose["services"]["nginx"]["volumes"]}
    assert {"/etc/ssl/certs/class.pem", "/etc/ssl/private/class.key"} <= mounted
    assert all(path in site for path in mounted if path.startswith("/etc/ssl"))
    assert compose["services"]["wardenloop"]["ports"] == ["443:443"], "nothing else is published"
    ports = Ports(8400).by_process
    assert all(f"127.0.0.1:{ports[app]};" in site for app in ("cloud-us", "cloud-eu", "selfhost"))
    command = next(line for line in (DEPLOY / "Containerfile").read_text().splitlines() if line.startswith("CMD"))
    assert CliRunner().invoke(main, [*json.loads(command[3:])[1:], "--help"]).exit_code == 0
