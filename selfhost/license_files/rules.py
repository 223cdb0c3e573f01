"""Why a stored licence does not carry its owner any more, and the refusal of what is no licence file. Pure."""

from common.errors import Refusal, bad_request
from common.license.canonical import UNSUPPORTED_VERSION

NO_LICENSE_FILE = "No license file."
MULTIPLE_ORGANIZATIONS = "Multiple organizations."
INVALID_DATA = "Invalid data."
INVALID_SIGNATURE = "Invalid signature."


def unreadable(text: str = "Invalid license") -> Refusal:
    """The upload is no licence file: no length, too long, or no JSON object."""
    return bad_request(text, rule="license.unreadable")


def version_untold() -> Refusal:
    """The refusal of a version by releases that have no words for it. Source: fidelity.md: deployment.releases."""
    return Refusal(500, "An unhandled server error has occurred.", rule=UNSUPPORTED_VERSION)
