"""The mailbox as a Flask application."""

from pathlib import Path

from flask import Flask, Response

from common.mailbox import pages, routes
from common.mailbox.store import MailStore

_PAGE_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "frame-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


def create_mailbox(directory: Path) -> Flask:
    """An application that shows the mails in `directory` (made when missing)."""
    app = Flask(__name__, static_folder=None)
    app.extensions[routes.STORE] = MailStore(directory)
    app.register_blueprint(routes.bp)
    app.register_blueprint(pages.bp)
    app.after_request(_harden)
    return app


def _harden(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", _PAGE_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"  # mail links carry tokens
    response.headers["Cache-Control"] = "no-store"
    return response
