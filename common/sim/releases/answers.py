"""The table of releases as it is told."""

from common.errors import Refusal, bad_request
from common.releases import NOT_SIMULATED, Release, ReleaseChange, UnknownRelease, release_changes
from common.server.locale.texts import CHINESE, ENGLISH, Texts
from common.wire.releases import ReleaseRow, Releases, ToldChange

_ENGLISH, _CHINESE = Texts(ENGLISH), Texts(CHINESE)


def releases_answer(release: str) -> Releases:
    """All releases that changed something. release: the one that is simulated."""
    return Releases(release=release, data=tuple(_row(each) for each in release_changes()))


def read_release(text: str) -> Release:
    """Errors: 400 no release of the table."""
    try:
        return Release.parse(text)
    except UnknownRelease as error:
        raise unknown_release(error) from error


def unknown_release(error: UnknownRelease) -> Refusal:
    """400 that says from where to where the table goes."""
    return bad_request(str(error), rule="sim.release")


def _row(change: ReleaseChange) -> ReleaseRow:
    able = change.abilities
    return ReleaseRow(
        release=str(change.release),
        accepts=able.accepts,
        issues=able.issues,
        reads_tokens=able.reads_tokens,
        writes_tokens=able.writes_tokens,
        fields=change.fields,
        changes=tuple(_told(each) for each in change.also),
    )


def _told(name: str) -> ToldChange:
    key = f"x.release.{name}"
    return ToldChange(name=name, en=_ENGLISH(key), zh=_CHINESE(key), simulated=name not in NOT_SIMULATED)
