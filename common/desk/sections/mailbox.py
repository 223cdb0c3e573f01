"""The mailbox: what programs ask it, and its pages."""

from flask import Flask

from common.desk.frame import give_frame
from common.desk.keys import MAILBOX
from common.desk.mailbox import pages, routes


def mount(app: Flask) -> None:
    """Have the desk answer it."""
    give_frame(app)
    for part in (routes, pages):
        app.register_blueprint(part.bp, url_prefix=MAILBOX)
