"""`up --host`: clouds and instance listen elsewhere too, and links name it; the desk stays on loopback."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from cloud_sim.settings import StackPorts, in_stack
from common.cli.home import Home, Ports
from common.cli.main import main
from common.cli.running import _require_guarded
from common.server.listening import bind_of
from selfhost.deployment.settings import bind
from selfhost.deployment.simulated_cloud import Stack


def test_the_instance_listens_on_loopback_and_there(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.save_stack(Ports(9000), host="192.0.2.7")
    stack = Stack.read(tmp_path, tmp_path / "none")
    required = {"globalSettings__installation__id": "2f0e2f9c-6b1e-4b7e-9f5c-b1fd00a3c1d2"}
    assert bind(stack.environment() | required).simulator.listen == "127.0.0.1:9003,192.0.2.7:9003"
    assert (stack.selfhost_url, home.urls()["selfhost"]) == ("http://192.0.2.7:9003", "http://127.0.0.1:9003")
    assert home.shown["http://127.0.0.1:9001"] == "http://192.0.2.7:9001"
    assert home.urls()["mailbox"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("host", "bound"),
    [
        ("127.0.0.1", "127.0.0.1:8401"),
        ("192.0.2.7", "127.0.0.1:8401,192.0.2.7:8401"),
        ("0.0.0.0", "0.0.0.0:8401"),
    ],
)
def test_loopback_is_always_among_it(host: str, bound: str) -> None:
    assert bind_of(host, 8401) == bound


def test_links_of_a_cloud_name_it_and_the_desk_stays(tmp_path: Path) -> None:
    settings = in_stack("EU", tmp_path, StackPorts(8401, 8402, 8404, 8425, None, "192.0.2.7"), {})
    assert (settings.base_url, settings.other_region_url) == ("http://192.0.2.7:8402", "http://192.0.2.7:8401")
    assert (settings.mailbox_url, settings.smtp_host) == ("http://127.0.0.1:8404/mailbox", "127.0.0.1")


@pytest.mark.parametrize(
    ("host", "more", "told"),
    [
        ("192.0.2.7", [], "is no IPv4 address of this machine"),
        ("0.0.0.0", [], "--public-url"),
        ("0.0.0.0", ["--public-url", "https://class.example"], "WARDENLOOP_CONTROL_TOKEN"),
        ("127.0.0.2", ["--tls"], "vouches for loopback only"),
    ],
)
def test_up_refuses_what_would_be_open_or_nowhere(tmp_path: Path, host: str, more: list[str], told: str) -> None:
    result = CliRunner().invoke(main, ["--home", str(tmp_path), "up", "--host", host, *more])
    assert (result.exit_code, told in result.output) == (2, True), result.output
    assert not (tmp_path / "stack.json").exists()


def test_with_a_token_another_address_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARDENLOOP_CONTROL_TOKEN", "a-long-secret")
    _require_guarded("192.0.2.7", None, tls=False)
