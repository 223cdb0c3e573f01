"""JSON interface of the mailbox, for tests and tools."""

import json
from datetime import datetime

from flask import Blueprint, Flask, Response, current_app, jsonify, request

from common.clock import moment_of
from common.desk.keys import MAIL_STORE
from common.desk.mailbox.store import MailStore

bp = Blueprint("mailbox_api", __name__)


def store() -> MailStore:
    """The mails of the running application."""
    return mails_of(current_app)


def mails_of(app: Flask) -> MailStore:
    """The mails of an application."""
    mails: MailStore = app.extensions[MAIL_STORE]
    return mails


@bp.get("/api/messages")
def list_messages() -> Response | tuple[Response, int]:
    """Mails, newest first. `to` (exact address), `subject` (part of it), `since` (ISO 8601, arrival), `limit`."""
    try:
        since = _moment(request.args.get("since", ""))
        limit = int(request.args["limit"]) if request.args.get("limit") else None
        if limit is not None and limit < 0:
            raise ValueError("limit")
        mails = store().newest_first(request.args.get("to", ""), request.args.get("subject", ""), since, limit)
        return _answer(f'{{"data":[{",".join(mails)}]}}')
    except (ValueError, OverflowError):
        return _error("since must be an ISO 8601 moment, limit a number.", 400)


@bp.get("/api/unread")
def show_unread() -> Response:
    """How many mails to an address (`to`) nobody has opened, and the newest one to it."""
    to = request.args.get("to", "")
    newest = [json.loads(each) for each in store().newest_first(to, limit=1)] if to else []
    told = {"id": newest[0]["id"], "subject": newest[0]["subject"]} if newest else None
    return jsonify(unread=store().unread(to) if to else 0, newest=told)


@bp.get("/api/messages/<mail_id>")
def show_message(mail_id: str) -> Response | tuple[Response, int]:
    """One mail."""
    mail = store().get(mail_id)
    return _error("No such message.", 404) if mail is None else _answer(mail.to_json())


@bp.delete("/api/messages")
def delete_messages() -> Response:
    """Empty the mailbox."""
    return jsonify(deleted=store().clear())


def _answer(document: str) -> Response:
    return Response(document + "\n", mimetype="application/json")


def _error(message: str, status: int) -> tuple[Response, int]:
    return jsonify(message=message), status


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    # In a query a bare "+" of the UTC offset arrives as a blank.
    return moment_of(text.replace(" ", "+") if "T" in text else text)
