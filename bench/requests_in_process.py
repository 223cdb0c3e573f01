"""One authenticated request against its own SQL and one signature check."""

import io
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from werkzeug.test import EnvironBuilder

from bench.measure import Result, alternate, timed
from common.server.transaction import db
from tests.support.harness import Person


def authenticated_request(person: Person) -> Result:
    """`GET /api/accounts/revision-date` through the whole app, without sockets and client library."""
    app = person.side.app
    headers = {"Authorization": f"Bearer {person.token['access_token']}"}
    environ = EnvironBuilder("/api/accounts/revision-date", headers=headers).get_environ()

    def ours() -> None:
        """What a WSGI server does; no client library in the number."""
        answer = app.wsgi_app(environ | {"wsgi.input": io.BytesIO()}, lambda *_: None)
        b"".join(answer)
        answer.close()

    statements = _recorded(app, ours)
    key = app.extensions["wardenloop"].signing_key
    message = b"m" * 900
    signature = key.private.sign(message, padding.PKCS1v15(), hashes.SHA256())

    def reference() -> None:
        key.public.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        with app.app_context(), db.engine.begin() as connection:
            for statement, parameters in statements:
                result = connection.exec_driver_sql(statement, parameters)
                if result.returns_rows:
                    result.fetchall()

    mine, theirs = alternate(timed(ours), timed(reference), 400)
    return Result("one authenticated API request in process", mine, 2.0, theirs, "its SQL + one RS256 verify, bare")


def _recorded(app: Any, call: Callable[[], object]) -> list[tuple[str, Any]]:
    """The SQL that a call sends, without transaction control."""
    found: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            found.append((statement, parameters))

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    call()
    sa.event.remove(engine, "before_cursor_execute", note)
    return found
