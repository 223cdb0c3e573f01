"""`docs/deploy/nginx.conf` under a real nginx: what it shows, by which names, and that control stays on the machine."""

import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from common.clock import SystemClock
from common.crypto.authority import renew_server_certificate
from tests.support.mail_server import mail_server
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE, until

pytestmark = pytest.mark.processes

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
EXAMPLE = Path(__file__).parents[2] / "docs/deploy/nginx.conf"
AROUND = """\
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
access_log off;
client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d;
scgi_temp_path {folder}/e;
include {folder}/site.conf;
}}
"""


class Place:
    """One region below `/us` of an https address."""

    def __init__(self, port: int, authority: Path) -> None:
        self.url = f"https://localhost:{port}/us"
        self._port = port
        self._trust = ssl.create_default_context(cafile=str(authority))

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        connection = HTTPSConnection("localhost", self._port, context=self._trust, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    if NGINX is None:
        pytest.skip("nginx is not installed")
    folder = tmp_path_factory.mktemp("nginx")
    files = renew_server_certificate(folder / "tls", SystemClock().now())
    outside, inside = free_port(), free_port()
    environment = os.environ | {"WARDENLOOP_PUBLIC_URL": f"https://localhost:{outside}"}
    command = [sys.executable, "-m", "cloud_sim", "US", "api", "--home", str(folder / "home"), "--port", str(inside)]
    changes = {
        "listen 443 ssl": f"listen 127.0.0.1:{outside} ssl",
        "class.example": "localhost",
        "/etc/ssl/certs/class.pem": str(files.certificate),
        "/etc/ssl/private/class.key": str(files.key),
        "127.0.0.1:8401": f"127.0.0.1:{inside}",
    }
    text = EXAMPLE.read_text()
    for said, here in changes.items():
        assert said in text
        text = text.replace(said, here)
    (folder / "site.conf").write_text(text)
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder))
    with ExitStack() as stack:
        _, mails = stack.enter_context(mail_server())
        command += ["--other-port", "1", "--desk-port", "1", "--smtp-port", str(mails)]
        for started in (command, [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")]):
            process = stack.enter_context(subprocess.Popen(started, env=environment))
            stack.callback(process.terminate)
        found = Place(outside, files.ca)

        def serves() -> bool:
            try:
                return found.get("/us/api/alive")[0] == 200
            except OSError:
                return False

        until(serves)
        yield found


def test_the_wire_and_the_pages_are_shown_below_the_path(place: Place) -> None:
    status, config = place.get("/us/api/config")
    assert (status, f'"vault":"{place.url}"' in config.replace(" ", "")) == (200, True)
    status, page = place.get("/us/login")
    assert status == 200
    assert 'action="/us/login"' in page
    asset = page.partition('href="/us/assets/app.css')[2].partition('"')[0]
    assert place.get(f"/us/assets/app.css{asset}")[0] == 200
    assert place.get("/login")[0] == 404, "nothing of the stack is at the root"


def test_control_is_not_shown(place: Place) -> None:
    assert [place.get(path)[0] for path in ("/us/_sim", "/us/_sim/clock", "/eu/_sim")] == [404, 404, 404]


def test_what_nginx_passes_on_is_not_taken_for_the_user_of_this_machine(place: Place) -> None:
    """Also by a way around the rule of its own, control wants the token."""
    status, said = place.get("/us//_sim/clock")
    assert status in (403, 404), said
    status, said = place.get("/us/%5fsim/clock")
    assert status in (403, 404), said


def test_pages_answer_to_the_name_that_the_stack_was_told(place: Place) -> None:
    assert place.get("/us/login", Host="evil.example")[0] == 403
    elsewhere = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
    assert place.get("/us/login", **elsewhere)[0] == 403
