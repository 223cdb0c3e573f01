"""One authenticated request against its own SQL and one signature check."""

import io
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from werkzeug.test import EnvironBuilder

from bench.measure import Result, alternate, timed
from common.server.transaction import db, reader_of
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
    with app.app_context():
        dialect: Any = reader_of(db.engine).dialect
    execute = dialect.do_execute

    def note(cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        found.append((statement, parameters))
        execute(cursor, statement, parameters, context)

    dialect.do_execute = note  # no event, because an engine that ever had one is slower from then on
    call()
    dialect.do_execute = execute
    return found
