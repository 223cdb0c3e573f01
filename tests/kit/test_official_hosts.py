"""Tools that have the official addresses written into them."""

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path

import httpx
import pytest
import requests
import responses

import wardenloop as kit
from tests.support.bw import Bw, node, npm_package
from wardenloop import Stack

LICENSE = "https://api.bitwarden.com/organizations/{}/license"


@pytest.mark.wardenloop(official_hosts=True)
def test_every_official_host_leads_to_the_simulator(wardenloop: Stack) -> None:
    for host in ("api", "identity", "vault"):
        for domain in ("com", "eu"):
            path = "/api/alive" if host == "vault" else "/alive"
            assert requests.get(f"https://{host}.bitwarden.{domain}{path}", timeout=60).ok
    owner = wardenloop.cloud.account()
    bearer = {"Authorization": f"Bearer {owner.token}"}
    profile = requests.get("https://api.bitwarden.com/accounts/profile", headers=bearer, timeout=60)
    assert profile.json()["email"] == owner.email
    assert requests.get("https://api.bitwarden.eu/accounts/profile", headers=bearer, timeout=60).status_code == 401
    wardenloop.journal.assert_called(operation="GET /api/accounts/profile", status=200, times=1)


@kit.official_hosts
def test_any_other_host_is_refused_by_name(wardenloop: Stack) -> None:
    with pytest.raises(requests.ConnectionError, match=r"example\.com is no official host"):
        requests.get("https://example.com/", timeout=60)


def test_it_nests_inside_ones_own_responses(wardenloop: Stack) -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as own:
        own.get("https://elsewhere.example/", body="mine")
        own.add_passthru("http://127.0.0.1")
        with kit.official_hosts(wardenloop, passing=("elsewhere.example",)):
            assert requests.get("https://identity.bitwarden.com/alive", timeout=60).ok
        assert requests.get("https://elsewhere.example/", timeout=60).text == "mine"


@responses.activate
@kit.official_hosts
def test_what_is_registered_by_oneself_is_answered(wardenloop: Stack) -> None:
    responses.get("https://elsewhere.example/mine", json={"whose": "mine"}, headers={"X-Mine": "1"}, status=202)
    answer = requests.get("https://elsewhere.example/mine", timeout=60)
    assert (answer.status_code, answer.json(), answer.headers["X-Mine"]) == (202, {"whose": "mine"}, "1")
    assert requests.get("https://api.bitwarden.com/alive", timeout=60).ok
    with pytest.raises(requests.ConnectionError, match=r"example\.com is no official host"):
        requests.get("https://example.com/", timeout=60)


@kit.official_hosts
def test_a_tool_keeps_its_own_patience(wardenloop: Stack) -> None:
    wardenloop.faults.add("cloud-us", "GET /api/alive", hang=True)
    with pytest.raises(requests.ReadTimeout):
        requests.get("https://api.bitwarden.com/alive", timeout=0.3)


def environment(stack: Stack) -> dict[str, str]:
    """Of a shell after `eval "$(wardenloop env --official-hosts)"`."""
    told: dict[str, str] = json.loads(stack.server.command("env", "--official-hosts", "--format", "json"))
    return os.environ | told


def run(stack: Stack, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=environment(stack) | more, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_curl_by_way_of_the_proxy(wardenloop: Stack) -> None:
    organization = wardenloop.cloud.organization("Acme")
    url = LICENSE.format(organization.id) + f"?installationId={wardenloop.selfhost.installation.id}"
    done = run(wardenloop, "curl", "-sS", "--fail", "-H", f"Authorization: Bearer {organization.owner.token}", url)
    assert json.loads(done.stdout)["name"] == "Acme", done.stderr
    assert "403" in run(wardenloop, "curl", "-sS", "https://example.com/").stderr


def test_httpx_without_the_proxy_reaches_nobody(wardenloop: Stack) -> None:
    with kit.official_hosts(wardenloop), pytest.raises(httpx.ConnectError, match="wardenloop env --official-hosts"):
        httpx.get("https://API.bitwarden.com/alive")
    assert socket.getaddrinfo.__module__ == "socket"


def test_httpx_by_way_of_the_proxy(wardenloop: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(wardenloop).items():
        monkeypatch.setenv(name, value)
    answer = httpx.post("https://identity.bitwarden.eu/connect/token", data={"grant_type": "password"}, timeout=60)
    assert answer.json()["error"] == "invalid_client"
    with pytest.raises(httpx.ProxyError, match="403"):
        httpx.get("https://example.com/")


def test_the_official_client_with_its_default_server(wardenloop: Stack, tmp_path: Path) -> None:
    """Releases from 2026.9 on also ask with the SDK's own client, which knows no proxy but by Node 24.5 or newer."""
    owner = wardenloop.cloud.organization("Acme").owner
    client = Bw(
        "2026.8.0", tmp_path / "bw", Path(wardenloop.server.told["ca_bundle"]), environment=environment(wardenloop)
    )
    client.session = client.try_("login", owner.email, owner.password, "--raw").output
    assert json.loads(client("status"))["serverUrl"] is None
    assert [each["name"] for each in json.loads(client("list", "organizations"))] == ["Acme"]
    wardenloop.journal.assert_called(operation="GET /api/sync", status=200)


FETCH = """
import { EnvHttpProxyAgent, setGlobalDispatcher } from "UNDICI";
setGlobalDispatcher(new EnvHttpProxyAgent());
console.log((await fetch("https://api.bitwarden.com/alive")).status);
await fetch("https://example.com/").catch(() => console.log("refused"));
"""


def test_nodes_fetch_with_undicis_agent(wardenloop: Stack, tmp_path: Path) -> None:
    """Node before 24.5 does not look at HTTPS_PROXY; this agent does."""
    undici = npm_package("undici-6", "undici@6") / "undici" / "index.js"
    (tmp_path / "fetch.mjs").write_text(FETCH.replace("UNDICI", undici.as_uri()))
    done = run(wardenloop, str(node()), str(tmp_path / "fetch.mjs"))
    assert done.stdout.split() == ["200", "refused"], done.stderr


def test_the_key_of_the_proxys_authority_is_on_no_disk(wardenloop: Stack) -> None:
    certificate = Path(wardenloop.server.told["proxy_ca"])
    assert b"PRIVATE" not in certificate.read_bytes()
    keys = [path for path in certificate.parent.iterdir() if b"PRIVATE KEY" in path.read_bytes()]
    assert keys == []
