"""Refusals of the forge. Pure."""

from collections.abc import Sequence

from common.errors import Refusal, bad_request
from common.license.files import UnreadableLicense
from common.license.forging import UnknownDefect


def unknown_defect(error: UnknownDefect) -> Refusal:
    """400 with the defects that there are, or the two that cannot be combined."""
    return bad_request(str(error), rule="sim.forge.defect")


def no_license(error: UnreadableLicense) -> Refusal:
    """400: the file that was brought is none."""
    return bad_request(f"The file is no license: {error}.", rule="sim.forge.file")


def which_organization(text: str | None, names: Sequence[str]) -> Refusal:
    """400: none of this id or name, or several."""
    if text is None:
        found = f"Say which organization: {', '.join(names)}." if names else "There is no organization here yet."
    else:
        found = f"{len(names) or 'No'} organizations here have the id or name {text!r}."
    return bad_request(found, rule="sim.forge.organization")


def which_installation() -> Refusal:
    """400: nothing was downloaded, and no installation is registered."""
    return bad_request("No installation is registered here, so give its id.", rule="sim.forge.installation")
