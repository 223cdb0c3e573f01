"""JSON interface of the mailbox, for tests and tools."""

from datetime import UTC, datetime
from itertools import islice
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from common.desk.mailbox.store import MailStore, ReceivedMail

bp = Blueprint("mailbox_api", __name__)

STORE = "mailbox_store"


def store() -> MailStore:
    """The mails of the running application."""
    mails: MailStore = current_app.extensions[STORE]
    return mails


@bp.get("/alive")
def alive() -> Response:
    """Says that the process serves."""
    return jsonify("ok")


@bp.get("/api/messages")
def list_messages() -> Response | tuple[Response, int]:
    """Mails, newest first. `to` (exact address), `subject` (part of it), `since` (ISO 8601, arrival), `limit`."""
    try:
        since = _moment(request.args.get("since", ""))
        limit = int(request.args["limit"]) if request.args.get("limit") else None
        mails = store().newest_first(request.args.get("to", ""), request.args.get("subject", ""), since)
        return jsonify(data=[as_json(mail) for mail in islice(mails, limit)])
    except ValueError:
        return _error("since must be an ISO 8601 moment, limit a number.", 400)


@bp.get("/api/messages/<mail_id>")
def show_message(mail_id: str) -> Response | tuple[Response, int]:
    """One mail."""
    mail = store().get(mail_id)
    return _error("No such message.", 404) if mail is None else jsonify(as_json(mail))


@bp.delete("/api/messages")
def delete_messages() -> Response:
    """Empty the mailbox."""
    return jsonify(deleted=store().clear())


def as_json(mail: ReceivedMail) -> dict[str, Any]:
    """A mail on the wire; moments in ISO 8601, UTC."""
    return {
        "id": mail.id,
        "to": list(mail.to),
        "from": mail.sender,
        "subject": mail.subject,
        "date": _iso(mail.date) if mail.date else None,
        "received": _iso(mail.received),
        "text": mail.text,
        "html": mail.html,
        "links": list(mail.links),
    }


def _error(message: str, status: int) -> tuple[Response, int]:
    return jsonify(message=message), status


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    # In a query a bare "+" of the UTC offset arrives as a blank.
    moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
