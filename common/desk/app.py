"""The desk as a Flask application: start page at `/`, mailbox at `/mailbox`."""

from pathlib import Path

from flask import Flask, Response

from common.desk import pages
from common.desk.mailbox import pages as mailbox_pages
from common.desk.mailbox import routes as mailbox
from common.desk.mailbox.store import MailStore
from common.ui import routes as ui
from common.ui.pages import PAGE_HEADERS

MAILBOX = "/mailbox"
LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"]


def create_desk(mails: Path, home: Path | None = None, *, tls: bool = False, local: bool = True) -> Flask:
    """mails: folder of the mailbox (made when missing). home: of the stack that the start page is about.

    local: refuse requests for another host name than this machine's own: a page elsewhere could have pointed its name
    here to read the passwords.
    """
    app = Flask(__name__, static_folder=None)
    app.config |= {pages.HOME: home, "DESK_TLS": tls, "TRUSTED_HOSTS": LOOPBACK_NAMES if local else None}
    app.extensions[mailbox.STORE] = MailStore(mails)
    app.register_blueprint(ui.assets)
    app.register_blueprint(pages.bp)
    app.register_blueprint(mailbox.bp, url_prefix=MAILBOX)
    app.register_blueprint(mailbox_pages.bp, url_prefix=MAILBOX)
    app.after_request(_harden)
    return app


def _harden(response: Response) -> Response:
    for name, value in PAGE_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
