"""What `wardenloop env` prints can be read by who it is for."""

import subprocess
from typing import Any

import pytest

from common.cli.environment import _FORMATS, variables
from common.settings import EXPORTED, UnknownVariable, refuse_unknown_variables

TOLD: dict[str, Any] = {
    "cloud_us": "http://127.0.0.1:1",
    "cloud_eu": "http://127.0.0.1:2",
    "selfhost": "http://127.0.0.1:3",
    "start": "http://127.0.0.1:4",
    "mailbox": "http://127.0.0.1:4/mailbox",
    "control": "http://127.0.0.1:4/_sim",
    "ca": None,
    "accounts": [
        {"app": "cloud_us", "email": "a@b.example", "password": 'it\'s $5 \\ "now"', "client_id": "user.1"},
        {"app": "selfhost", "email": "c@d.example", "password": "p", "client_id": "user.2", "client_secret": "s"},
    ],
    "organizations": [{"app": "cloud_us", "owner": "a@b.example", "id": "o", "client_id": "organization.o"}],
    "installations": [{"id": "i", "key": "k"}],
}


def test_the_account_of_an_app_is_told() -> None:
    there, here = variables(TOLD, "cloud-us"), variables(TOLD, "selfhost")
    assert (there["BW_CLIENTID"], here["BW_CLIENTID"], here["BW_CLIENTSECRET"]) == ("user.1", "user.2", "s")
    assert there["WARDENLOOP_ORGANIZATION_ID"] == "o" and "WARDENLOOP_ORGANIZATION_ID" not in here
    assert there["WARDENLOOP_CLOUD_EU"] == "http://127.0.0.1:2"
    assert "SSL_CERT_FILE" not in there
    assert variables(TOLD | {"ca": "/ca.pem"}, "selfhost")["NODE_EXTRA_CA_CERTS"] == "/ca.pem"


def test_a_shell_reads_what_was_meant() -> None:
    lines = [_FORMATS["sh"](name, value) for name, value in variables(TOLD, "cloud-us").items()]
    script = "\n".join([*lines, 'printf %s "$WARDENLOOP_PASSWORD"'])
    assert (
        subprocess.run(["sh", "-c", script], capture_output=True, check=True, text=True).stdout == 'it\'s $5 \\ "now"'
    )


def test_our_own_commands_take_no_offence_at_them() -> None:
    refuse_unknown_variables({f"WARDENLOOP_{name}": "x" for name in EXPORTED})
    with pytest.raises(UnknownVariable):
        refuse_unknown_variables({"WARDENLOOP_CLOUDUS": "x"})
