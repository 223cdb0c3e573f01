"""What control and pages of the desk share: made once, with the first of both."""

from flask import Flask

from common.clock import SystemClock
from common.desk.faults.routes import MAIL_FAULTS
from common.desk.keys import MAILS
from common.desk.mailbox.faults import MailFaults
from common.desk.overview.routes import FOLLOWED, followed
from common.desk.time.courses import Courses
from common.desk.time.routes import COURSES
from common.ids import SystemIds


def give(app: Flask) -> None:
    """Only while a section is loaded: one at a time."""
    if COURSES not in app.extensions:
        app.extensions[COURSES] = Courses(SystemClock(), SystemIds())
        app.extensions[MAIL_FAULTS] = MailFaults(app.config[MAILS], SystemIds())
        app.extensions[FOLLOWED] = followed(app)
