"""The in-process adapter: what the application sees and what the client gets back."""

import gzip
import io
import json
from typing import Any

import pytest
import requests
from flask import Flask, Response, jsonify, make_response, redirect, request

from common.server.http.session import chunked_json, create_session
from common.server.http.wsgi import WsgiAdapter

BASE = "http://cloud.test/"


def echo_app() -> Flask:
    app = Flask(__name__)

    @app.route("/echo/<path:rest>", methods=["GET", "POST", "PUT", "DELETE"])
    def echo(rest: str) -> Response:
        return jsonify(
            method=request.method,
            rest=rest,
            query=request.query_string.decode(),
            headers=dict(request.headers),
            body=request.get_data(as_text=True),
            length=request.content_length,
            form=request.form.to_dict(),
            url=request.url,
            remote=request.remote_addr,
            raw=request.environ["RAW_URI"],
        )

    @app.get("/upload")
    @app.post("/upload")
    def upload() -> str:
        return request.files["license"].read().decode()

    @app.get("/plain")
    def plain() -> Response:
        response = make_response("äöü", 418)
        response.headers["X-Two"] = "a"
        response.headers.add("X-Two", "b")
        return response

    @app.get("/login")
    def login() -> Any:
        response = redirect("/whoami")
        response.set_cookie("session", "s1")
        response.set_cookie("other", "o1")
        return response

    @app.get("/whoami")
    def whoami() -> Response:
        return jsonify(request.cookies)

    @app.post("/nothing")
    def nothing() -> tuple[str, int]:
        return "", 204

    @app.get("/gzip")
    def zipped() -> Response:
        return Response(gzip.compress(b"large"), headers={"Content-Encoding": "gzip"})

    @app.get("/stream")
    def stream() -> Response:
        return Response(f"{number}," for number in range(3))

    return app


@pytest.fixture
def session() -> requests.Session:
    session = create_session(5)
    session.mount(BASE, WsgiAdapter(echo_app()))
    return session


def test_request_line_headers_and_query(session: requests.Session) -> None:
    seen = session.get(f"{BASE}echo/a%20b/%E5%85%AC?q=1&q=%26&e=", headers={"X-Api-Key": "k", "Accept": "a/b"}).json()
    assert (seen["method"], seen["rest"], seen["query"]) == ("GET", "a b/公", "q=1&q=%26&e=")
    assert seen["headers"] == {"Host": "cloud.test", "X-Api-Key": "k", "Accept": "a/b"}
    assert seen["raw"] == "/echo/a%20b/%E5%85%AC?q=1&q=%26&e="
    assert seen["remote"] == "127.0.0.1"


def test_port_and_scheme_reach_the_application() -> None:
    session = create_session(5)
    session.mount("https://localhost:8443/", WsgiAdapter(echo_app(), remote_addr="10.0.0.9"))
    seen = session.get("https://localhost:8443/echo/x").json()
    assert seen["url"] == "https://localhost:8443/echo/x"
    assert seen["remote"] == "10.0.0.9"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_chunked_body_on_any_method(session: requests.Session, method: str) -> None:
    body = {"name": "公司", "rows": list(range(5000))}
    seen = session.request(method, f"{BASE}echo/x", data=chunked_json(body)).json()
    assert json.loads(seen["body"]) == body
    assert seen["length"] is None
    assert seen["headers"]["Transfer-Encoding"] == "chunked"


def test_body_with_length_also_on_get(session: requests.Session) -> None:
    seen = session.get(f"{BASE}echo/x", json={"a": "ä"}).json()
    assert json.loads(seen["body"]) == {"a": "ä"}
    assert seen["length"] == len(seen["body"].encode())


def test_form_and_multipart_and_file_bodies(session: requests.Session) -> None:
    form = {"grant_type": "client_credentials", "client_secret": "a&b=c"}
    assert session.post(f"{BASE}echo/x", data=form).json()["form"] == form
    assert session.post(f"{BASE}upload", files={"license": ("l.json", b'{"Version":15}')}).text == '{"Version":15}'
    assert session.post(f"{BASE}echo/x", data=io.BytesIO(b"from a file")).json()["body"] == "from a file"


def test_status_headers_and_body_come_back(session: requests.Session) -> None:
    response = session.get(f"{BASE}plain")
    assert (response.status_code, response.reason, response.text) == (418, "I'M A TEAPOT", "äöü")
    assert response.headers["x-two"] == "a, b"
    assert response.url == f"{BASE}plain"
    assert not response.ok


def test_redirect_is_followed_and_cookies_are_kept(session: requests.Session) -> None:
    response = session.get(f"{BASE}login")
    assert response.json() == {"session": "s1", "other": "o1"}
    assert [step.status_code for step in response.history] == [302]
    assert session.get(f"{BASE}login", allow_redirects=False).headers["Location"] == "/whoami"


def test_answers_without_body(session: requests.Session) -> None:
    assert session.post(f"{BASE}nothing").content == b""
    head = session.head(f"{BASE}plain")
    assert (head.status_code, head.content) == (418, b"")


def test_encoded_and_streamed_answers(session: requests.Session) -> None:
    assert session.get(f"{BASE}gzip").text == "large"
    assert session.get(f"{BASE}stream").text == "0,1,2,"


def test_other_addresses_do_not_reach_the_application(session: requests.Session) -> None:
    with pytest.raises(requests.ConnectionError):
        session.get("http://127.0.0.1:1/echo/x")


class PlainWsgi:
    """An application that uses the rarer corners of PEP 3333."""

    def __init__(self) -> None:
        self.closed = False

    def __call__(self, environ: dict[str, Any], start_response: Any) -> "PlainWsgi":
        write = start_response("200 OK", [("Content-Type", "text/plain")])
        write(b"written ")
        return self

    def __iter__(self) -> Any:
        return iter([b"and ", b"yielded"])

    def close(self) -> None:
        self.closed = True


def test_write_callable_and_close_are_honoured() -> None:
    app, session = PlainWsgi(), create_session(5)
    session.mount(BASE, WsgiAdapter(app))
    assert session.get(BASE).text == "written and yielded"
    assert app.closed


def test_exception_of_the_application_reaches_the_caller() -> None:
    def broken(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        raise ZeroDivisionError

    session = create_session(5)
    session.mount(BASE, WsgiAdapter(broken))
    with pytest.raises(ZeroDivisionError):
        session.get(BASE)
