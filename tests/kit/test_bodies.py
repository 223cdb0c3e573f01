"""What a refusal says when a page was answered in place of what was asked for."""

import pytest
import responses

from wardenloop import Refused
from wardenloop.bodies import in_short
from wardenloop.http import Http

PAGE = """<!doctype html>
<html><head><style>body { color: red }</style><title>502 Bad&nbsp;Gateway</title></head>
<body><h1>Bad Gateway</h1><p>Somewhere on the way.</p></body></html>"""


@responses.activate
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (PAGE, "502 Bad\N{NO-BREAK SPACE}Gateway (a page)"),
        (
            '{"message": "The model state is invalid.", "validationErrors": {"A": ["b"]}}',
            "The model state is invalid. b",
        ),
        ("first\nsecond", "first\nsecond"),
    ],
)
def test_its_message_is_short_and_its_body_whole(body: str, message: str) -> None:
    responses.get("http://here.test/api/a", body=body, status=502)
    with pytest.raises(Refused) as refused:
        Http("http://here.test", None).get("/api/a")
    assert (refused.value.message, refused.value.body) == (message, body)
    assert str(refused.value) == f"GET /api/a: 502 {message}"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("<html><body>\n <p>Only <b>this</b></p>\n<p>and that</p></body></html>", "Only"),
        ("<!DOCTYPE html><title> </title><h1>Here &amp; there</h1>", "Here & there"),
        ("\n  plain \nmore", "plain"),
        ('{"a": 1}', '{"a": 1}'),
        ("", ""),
        ("x" * 500, "x" * 160 + "..."),
    ],
)
def test_a_line_of_a_body(text: str, line: str) -> None:
    assert in_short(text) == line
