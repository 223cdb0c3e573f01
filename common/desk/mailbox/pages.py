"""Pages of the mailbox: a list, and one mail whose HTML part is shown where it can do nothing.

Source: fidelity.md: pages.own.
"""

from collections.abc import Iterable

from flask import Blueprint, Response, abort, current_app, make_response, request
from flask.typing import ResponseReturnValue

from common.desk.control import HOME
from common.desk.frame import ask, render, stay
from common.desk.mailbox.parsing import ReceivedMail, server_of
from common.desk.mailbox.routes import store
from common.files import read_json
from common.ui.standalone import require_own_form, texts

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
    """The newest mails: all, those to one address (`to`), those with a word in them (`text`) or in their subject."""
    to, subject, text = (request.args.get(name, "").strip() for name in ("to", "subject", "text"))
    found = store().newest_first(to, subject, limit=_LIST_LENGTH, text=text)
    mails = [ReceivedMail.from_json(each) for each in found]
    return render(
        "mailbox/list.html", to=to, text=text or subject, mails=mails, seen=store().seen(), servers=_senders(mails)
    )


@bp.get("/clear")
def ask_to_clear() -> ResponseReturnValue:
    """Whether all mails shall be thrown away."""
    t = texts()
    return ask(t("x.mailClearAsk"), t("x.goneForGood"), t("x.mailClear"), "/mailbox/clear", "/mailbox")


@bp.post("/clear")
def clear() -> ResponseReturnValue:
    """Empty the mailbox."""
    require_own_form()
    store().clear()
    return stay("/mailbox")


@bp.get("/messages/<mail_id>")
def message(mail_id: str) -> ResponseReturnValue:
    """One mail with its links outside of the frame, so that they can be followed. From now on it is read."""
    mail = _mail(mail_id)
    store().see(mail_id)
    source = (store().source(mail_id) or b"").decode("utf-8", "replace")
    return render("mailbox/message.html", mail=mail, sandbox=_SANDBOX, servers=_senders([mail]), source=source)


@bp.get("/messages/<mail_id>/delete")
def ask_to_delete(mail_id: str) -> ResponseReturnValue:
    """Whether one mail shall be thrown away."""
    t, mail = texts(), _mail(mail_id)
    here, question = f"/mailbox/messages/{mail.id}", t("x.deleteAsk", name=mail.subject or "-")
    return ask(question, t("x.goneForGood"), t("delete"), f"{here}/delete", here)


@bp.post("/messages/<mail_id>/delete")
def delete(mail_id: str) -> ResponseReturnValue:
    """Throw one mail away."""
    require_own_form()
    store().remove(mail_id)
    return stay("/mailbox")


@bp.get("/messages/<mail_id>/html")
def message_html(mail_id: str) -> Response:
    """The HTML part alone."""
    response = make_response('<base target="_blank">' + _mail(mail_id).html)
    response.headers["Content-Security-Policy"] = _MAIL_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _senders(mails: Iterable[ReceivedMail]) -> dict[str, str]:
    """Mail -> the server that sent it, as far as its links say so: `us`, `eu`, `selfhost`."""
    home = current_app.config[HOME]
    stack = (read_json(home / "stack.json") or {}) if home else {}
    return {mail.id: server for mail in mails if (server := server_of(mail.links, stack))}


def _mail(mail_id: str) -> ReceivedMail:
    mail = store().get(mail_id)
    if mail is None:
        abort(404)
    return mail
