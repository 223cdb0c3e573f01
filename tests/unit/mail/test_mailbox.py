"""The mailbox: mails over a real SMTP socket, read back as JSON and as pages, and the whole process."""

import json
import re
import smtplib
import socket
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from flask.testing import FlaskClient

from common.clock import ManualClock
from common.desk.__main__ import main as desk
from common.desk.app import create_desk
from common.desk.mailbox import store
from common.desk.mailbox.door import MailDoor
from common.desk.mailbox.index import FOLDER
from common.desk.mailbox.parsing import server_of
from common.desk.mailbox.sink import Sink, speaker
from common.ids import SeededIds
from common.server.mail.messages import registration_verification
from common.server.mail.smtp import SmtpMailer, SmtpSettings
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE

ARRIVAL = datetime(2026, 11, 21, 22, 0, tzinfo=UTC)
SENT = datetime(2031, 5, 4, 12, 30, tzinfo=UTC)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "mail"


@pytest.fixture
def arrival() -> ManualClock:
    return ManualClock(ARRIVAL)


@pytest.fixture
def smtp(directory: Path, arrival: ManualClock) -> Iterator[smtplib.SMTP]:
    door = MailDoor(speaker(Sink(directory, clock=arrival, ids=SeededIds(7))), "127.0.0.1", port := free_port())
    door.start()
    with smtplib.SMTP("127.0.0.1", port, "localhost", timeout=PATIENCE) as connection:
        yield connection
    door.stop()


@pytest.fixture
def client(directory: Path) -> FlaskClient:
    return create_desk(directory).test_client()


def mail(subject: str = "Hello", to: str = "bob@example.com", text: str = "text\n", html: str = "") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = '"Bitwarden" <no-reply@example.com>', to, subject
    message["Date"] = SENT
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message


def listed(client: FlaskClient, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"/mailbox/api/messages{query}")
    assert answer.status_code == 200
    body: dict[str, list[dict[str, Any]]] = json.loads(answer.text)
    assert set(body) == {"data"}
    return body["data"]


def test_a_mail_comes_back_with_every_field(smtp: smtplib.SMTP, client: FlaskClient) -> None:
    html = '<p>公司 <a href="https://v/#/x?a=1&amp;b=2">go</a> <a href="javascript:alert(1)">no</a></p>'
    smtp.send_message(mail("Grüße 公司", "Bob <bob@example.com>", "see https://other/ 公司\n", html))
    (shown,) = listed(client)
    assert shown == {
        "id": shown["id"],
        "to": ["bob@example.com"],
        "from": "Bitwarden <no-reply@example.com>",
        "subject": "Grüße 公司",
        "date": "2031-05-04T12:30:00Z",
        "received": "2026-11-21T22:00:00Z",
        "text": "see https://other/ 公司\n",
        "html": f"{html}\n",
        "links": ["https://v/#/x?a=1&b=2"],
    }
    assert client.get(f"/mailbox/api/messages/{shown['id']}").json == shown


def test_links_of_a_text_mail(smtp: smtplib.SMTP, client: FlaskClient) -> None:
    smtp.send_message(mail(text="Go to\nhttps://v/#/a?b=c&d=e\nor <http://w/>\nor https://v/#/a?b=c&d=e\n"))
    assert listed(client)[0]["links"] == ["https://v/#/a?b=c&d=e", "http://w/"]


def test_our_own_mailer_delivers_a_working_link(smtp: smtplib.SMTP, client: FlaskClient, directory: Path) -> None:
    port = smtp.sock.getpeername()[1] if smtp.sock else 0
    settings = SmtpSettings("127.0.0.1", "no-reply@example.com", port, username="any", password="thing")
    sent = registration_verification("https://vault.example.com", "new@example.com", "Bw_" + "x" * 300)
    SmtpMailer(settings, clock=ManualClock(SENT), ids=SeededIds(1)).send(sent)
    (shown,) = listed(client)
    assert shown["links"] == [
        "https://vault.example.com/redirect-connector.html#finish-signup?token=Bw_"
        + "x" * 300
        + "&email=new%40example.com&fromEmail=true"
    ]
    assert (shown["text"], shown["html"]) == (sent.text, sent.html)


def test_newest_first_also_within_one_moment_and_when_the_clock_steps_back(
    smtp: smtplib.SMTP, client: FlaskClient, arrival: ManualClock
) -> None:
    for step, subject in [(0, "1"), (0, "2"), (0, "3"), (-60, "4"), (120, "5")]:
        arrival.advance(timedelta(seconds=step))
        smtp.send_message(mail(subject))
    assert [shown["subject"] for shown in listed(client)] == ["5", "4", "3", "2", "1"]
    assert [shown["subject"] for shown in listed(client, "?limit=2")] == ["5", "4"]


def test_filters(smtp: smtplib.SMTP, client: FlaskClient, arrival: ManualClock) -> None:
    smtp.send_message(mail("Verify Your Email", "bob@example.com"))
    arrival.advance(timedelta(hours=1))
    smtp.send_message(mail("License Expired", "notbob@example.com"))
    arrival.advance(timedelta(hours=1))
    smtp.send_message(mail("License Expired", "Bob@Example.com, ann@example.com"))

    def found(query: str) -> list[tuple[str, list[str]]]:
        return [(shown["subject"], shown["to"]) for shown in listed(client, query)]

    first, second, third = (
        ("Verify Your Email", ["bob@example.com"]),
        ("License Expired", ["notbob@example.com"]),
        ("License Expired", ["Bob@Example.com", "ann@example.com"]),
    )
    assert found("?to=bob@EXAMPLE.com") == [third, first]
    assert found("?subject=expired") == [third, second]
    assert found("?since=2026-11-21T23:00:00Z") == [third, second]
    assert found("?since=2026-11-22T01:00:00.000001+02:00") == [third]
    assert found("?since=2026-11-23") == []
    assert found("?to=bob@example.com&subject=license&since=2026-11-21T22:00:00") == [third]
    assert found("?to=nobody@example.com") == []


@pytest.mark.parametrize("query", ["?since=yesterday", "?since=2026-13-01", "?limit=x", "?limit=-1"])
def test_bad_filter_is_refused(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/mailbox/api/messages{query}")
    assert (answer.status_code, set(json.loads(answer.text))) == (400, {"message"})


def test_hidden_recipients_count(smtp: smtplib.SMTP, client: FlaskClient) -> None:
    smtp.sendmail("a@example.com", ["hidden@example.com", '"x, y"@example.com'], b"Subject: s\r\n\r\nbody\r\n")
    (shown,) = listed(client, "?to=hidden@example.com")
    assert shown["to"] == ["hidden@example.com", '"x, y"@example.com']
    assert shown["from"] == "a@example.com"
    assert shown["date"] is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no header at all\r\n",
        b"Subject: =?utf-9?b?////?=\r\nFrom: @@@<\r\nTo: <<>>\r\nDate: never\r\n\r\nx",
        b"Content-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!",
    ],
)
def test_broken_mail_is_shown_as_far_as_it_goes(smtp: smtplib.SMTP, client: FlaskClient, content: bytes) -> None:
    smtp.sendmail("a@example.com", ["b@example.com"], content)
    (shown,) = listed(client)
    assert shown["to"] == ["b@example.com"]
    assert client.get(f"/mailbox/messages/{shown['id']}").status_code == 200


def test_delete_empties_the_mailbox(smtp: smtplib.SMTP, client: FlaskClient, directory: Path) -> None:
    smtp.send_message(mail())
    smtp.send_message(mail())
    assert client.delete("/mailbox/api/messages").json == {"deleted": 2}
    assert listed(client) == []
    assert list(directory.glob("*.eml")) == []


def subjects(client: FlaskClient) -> list[str]:
    return [shown["subject"] for shown in listed(client)]


def test_files_that_are_removed_or_put_back_by_hand_are_seen(
    smtp: smtplib.SMTP, client: FlaskClient, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_CLOCK_STEP", 0)
    for subject in "12":
        smtp.send_message(mail(subject))
    for _ in range(3):  # also when the list has not looked at the folder for a while
        assert subjects(client) == ["2", "1"]
    first, second = sorted(directory.glob("*.eml"))
    content = first.read_bytes()
    first.unlink()
    assert subjects(client) == ["2"]
    first.write_bytes(content)
    second.unlink()
    assert subjects(client) == ["1"]


@pytest.mark.parametrize("damage", ["none", "gone", "garbage"])
def test_mails_are_still_there_after_a_restart(smtp: smtplib.SMTP, directory: Path, damage: str) -> None:
    smtp.send_message(mail("1"))
    smtp.send_message(mail("2", to="ann@example.com", html="<p>公司</p>"))
    before = listed(create_desk(directory).test_client())
    for path in (directory / FOLDER).iterdir():
        if damage == "gone":
            path.unlink()
        elif damage == "garbage":
            path.write_bytes(b"not a database, but long enough to be looked at" * 100)
    again = create_desk(directory).test_client()
    assert listed(again) == before
    assert listed(again, "?to=ANN@example.com&subject=2") == before[:1]


def test_lists_are_right_while_mails_arrive(smtp: smtplib.SMTP, directory: Path) -> None:
    apps = [create_desk(directory) for _ in range(2)]
    arrived = 0

    def looks(number: int) -> None:
        known = arrived
        assert len(listed(apps[number % 2].test_client())) >= known

    with ThreadPoolExecutor(4) as pool:
        looking = []
        for number in range(20):
            smtp.send_message(mail(str(number)))
            arrived += 1
            looking += [pool.submit(looks, each) for each in range(2)]
        for each in looking:
            each.result()
    assert subjects(apps[0].test_client()) == [str(number) for number in reversed(range(20))]


def test_a_list_reads_each_mail_once(smtp: smtplib.SMTP, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    smtp.send_message(mail())
    listed(client)
    monkeypatch.delattr(store, "parse")
    assert len(listed(client)) == 1
    assert client.get("/mailbox").status_code == 200


def test_mails_are_whole_private_files(smtp: smtplib.SMTP, directory: Path) -> None:
    smtp.send_message(mail())
    (path,) = (each for each in directory.iterdir() if each.is_file())
    assert path.suffix == ".eml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_half_written_and_foreign_files_are_not_mails(client: FlaskClient, directory: Path) -> None:
    for name in (".20261121T220000000000Z-" + "0" * 32 + ".eml.k3x9", "notes.eml", "x.txt"):
        (directory / name).write_bytes(b"x")
    assert listed(client) == []
    client.delete("/mailbox/api/messages")
    assert (directory / "notes.eml").exists()


@pytest.mark.parametrize("mail_id", ["x", "..%2f..%2fetc%2fpasswd", "20261121T220000000000Z-" + "0" * 32])
def test_unknown_mail(client: FlaskClient, mail_id: str) -> None:
    answer = client.get(f"/mailbox/api/messages/{mail_id}")
    assert answer.status_code == 404
    assert client.get(f"/mailbox/messages/{mail_id}").status_code == 404
    assert client.get(f"/mailbox/messages/{mail_id}/html").status_code == 404


def test_pages_escape_and_confine_a_hostile_mail(smtp: smtplib.SMTP, client: FlaskClient) -> None:
    script = "<script>alert(1)</script>"
    smtp.send_message(mail(script, html=f'<a href="https://v/">x</a>{script}', text=f"{script}\n"))
    mail_id = listed(client)[0]["id"]
    shown = f"/mailbox/messages/{mail_id}"
    index, page, part = (client.get(path) for path in ("/mailbox", shown, f"{shown}/html"))
    for answer in (index, page):
        assert script not in answer.text
        assert "&lt;script&gt;" in answer.text
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
    assert f'sandbox="allow-popups allow-popups-to-escape-sandbox" src="{shown}/html"></iframe>' in page.text
    assert 'href="https://v/"' in page.text
    assert script in part.text
    assert part.text.startswith('<base target="_blank">')
    policy = part.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'")
    assert {answer.headers["Referrer-Policy"] for answer in (index, page, part)} == {"no-referrer"}
    assert part.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_subject_is_searched_and_only_a_form_of_the_page_empties_the_mailbox(
    smtp: smtplib.SMTP, client: FlaskClient
) -> None:
    for subject in ("Redeem your offer", "Verify Your Email"):
        smtp.send_message(mail(subject))
    assert "Verify Your Email" not in client.get("/mailbox?subject=redeem").text
    assert client.post("/mailbox/clear").status_code == 400
    assert len(listed(client)) == 2
    token = re.search(r'name="__RequestVerificationToken" value="([^"]+)"', client.get("/mailbox").text)
    assert token is not None
    assert client.post("/mailbox/clear", data={"__RequestVerificationToken": token[1]}).location == "/mailbox"
    assert listed(client) == []


def test_empty_mailbox_says_so(client: FlaskClient) -> None:
    assert "No mail yet" in client.get("/mailbox", headers={"Accept-Language": "en"}).text
    assert client.get("/mailbox/alive").json == "ok"


def start(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "common.desk", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_until_alive(process: "subprocess.Popen[str]", base: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if requests.get(f"{base}/mailbox/alive", timeout=1).ok:
                return
        except requests.RequestException:
            time.sleep(0.05)
    process.kill()
    pytest.fail(f"The mailbox did not start:\n{process.communicate()[0]}")


@pytest.mark.processes
def test_process_takes_mail_shows_it_and_ends_cleanly(directory: Path) -> None:
    smtp_port, http_port = free_port(), free_port()
    base = f"http://127.0.0.1:{http_port}"
    process = start("--smtp-port", str(smtp_port), "--http-port", str(http_port), "--directory", str(directory))
    try:
        wait_until_alive(process, base)
        with smtplib.SMTP("127.0.0.1", smtp_port, "localhost", timeout=PATIENCE) as connection:
            connection.send_message(mail("Over the wire"))
        (shown,) = requests.get(f"{base}/mailbox/api/messages", timeout=PATIENCE).json()["data"]
        assert shown["subject"] == "Over the wire"
        process.terminate()
        output, _ = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert process.returncode == 0, output
    assert "Traceback" not in output
    for port in (smtp_port, http_port):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=1)


def test_it_ends_with_an_error_when_its_smtp_port_is_taken(directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        taken_port = taken.getsockname()[1]
        ports = ("--smtp-port", str(taken_port), "--http-port", str(free_port()))
        ended = CliRunner().invoke(desk, [*ports, "--directory", str(directory)])
    assert ended.exit_code == 1
    assert ended.output.startswith(f"Error: Cannot accept mail at 127.0.0.1:{taken_port}: Address already in use")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "mail.example.com"])
def test_it_refuses_to_listen_on_the_network(directory: Path, host: str) -> None:
    ended = CliRunner().invoke(desk, ["--directory", str(directory), "--host", host])
    assert ended.exit_code == 2
    assert "not loopback" in ended.output


def test_sink_can_offer_starttls(directory: Path, arrival: ManualClock) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    sink = Sink(directory, clock=arrival, ids=SeededIds(7))
    door = MailDoor(speaker(sink, tls=context), "127.0.0.1", port := free_port())
    door.start()
    with smtplib.SMTP("127.0.0.1", port, "localhost", timeout=PATIENCE) as connection:
        connection.ehlo()
        assert connection.has_extn("starttls")
    door.stop()


def test_a_mail_is_unread_until_somebody_opens_it_and_can_be_thrown_away(
    smtp: smtplib.SMTP, client: FlaskClient
) -> None:
    for number in range(2):
        smtp.send_message(mail(f"Number {number}"))
    unread = client.get("/mailbox/api/unread?to=bob@example.com").json
    newest, older = listed(client)
    assert unread == {"unread": 2, "newest": {"id": newest["id"], "subject": "Number 1"}}
    assert client.get("/mailbox").text.count('data-state="unread"') == 2
    page = client.get(f"/mailbox/messages/{newest['id']}").text
    assert json.loads(client.get("/mailbox/api/unread?to=bob@example.com").text)["unread"] == 1
    assert client.get("/mailbox").text.count('data-state="read"') == 1
    token = str(re.findall(r'name="__RequestVerificationToken" value="([^"]+)"', page)[0])
    assert client.post(f"/mailbox/messages/{newest['id']}/delete").status_code == 400
    client.post(f"/mailbox/messages/{newest['id']}/delete", data={"__RequestVerificationToken": token})
    assert [each["id"] for each in listed(client)] == [older["id"]]
    assert client.get("/mailbox/api/unread?to=else@example.com").json == {"unread": 0, "newest": None}


def test_mails_are_found_by_any_word_in_them(smtp: smtplib.SMTP, client: FlaskClient) -> None:
    smtp.send_message(mail("Hello", text="你好 Wärme\n"))
    smtp.send_message(mail("Other"))
    for word in ("hello", "你好", "WÄRME"):
        assert client.get("/mailbox", query_string={"text": word}).text.count('data-testid="x.mail"') == 1


def test_the_links_of_a_mail_say_which_server_sent_it() -> None:
    stack = {"cloud_us": "http://127.0.0.1:8401", "cloud_eu": "http://127.0.0.1:84010", "selfhost": "https://s/x"}
    assert server_of(["http://127.0.0.1:8401/#/a"], stack) == "us"
    assert server_of(["http://127.0.0.1:84010/b"], stack) == "eu"
    assert server_of(["https://elsewhere/", "https://s/x#c"], stack) == "selfhost"
    assert server_of(["http://127.0.0.1:84/"], stack) is None
