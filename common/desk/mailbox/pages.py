"""Pages of the mailbox: a list, and one mail whose HTML part is shown where it can do nothing.

Source: fidelity.md: pages.own.
"""

from flask import Blueprint, Response, abort, make_response, request
from flask.typing import ResponseReturnValue

from common.desk.frame import render, stay
from common.desk.mailbox.parsing import ReceivedMail
from common.desk.mailbox.routes import store
from common.ui.standalone import require_own_form

bp = Blueprint("mailbox", __name__, template_folder="templates")

# The mail itself: no script, no form, nothing loaded from anywhere; only our own page may frame it. Its links open in a
# window of their own, which is as free as any other.
_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
_MAIL_POLICY = "; ".join(
    (
        f"sandbox {_SANDBOX}",
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "base-uri 'none'",
        "frame-ancestors 'self'",
    )
)
_LIST_LENGTH = 200


@bp.get("")
def index() -> ResponseReturnValue:
    """The newest mails: all, those to one address (`to`), those with a word in their subject (`subject`)."""
    to, subject = request.args.get("to", "").strip(), request.args.get("subject", "").strip()
    mails = [ReceivedMail.from_json(each) for each in store().newest_first(to, subject, limit=_LIST_LENGTH)]
    return render("mailbox/list.html", to=to, subject=subject, mails=mails)


@bp.post("/clear")
def clear() -> ResponseReturnValue:
    """Empty the mailbox."""
    require_own_form()
    store().clear()
    return stay("/mailbox")


@bp.get("/messages/<mail_id>")
def message(mail_id: str) -> ResponseReturnValue:
    """One mail with its links outside of the frame, so that they can be followed."""
    return render("mailbox/message.html", mail=_mail(mail_id), sandbox=_SANDBOX)


@bp.get("/messages/<mail_id>/html")
def message_html(mail_id: str) -> Response:
    """The HTML part alone."""
    response = make_response('<base target="_blank">' + _mail(mail_id).html)
    response.headers["Content-Security-Policy"] = _MAIL_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _mail(mail_id: str) -> ReceivedMail:
    mail = store().get(mail_id)
    if mail is None:
        abort(404)
    return mail
