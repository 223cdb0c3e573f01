"""Quirks are switched on by their labels, and a misspelt one stops the start."""

import pytest

from cloud_sim.settings import from_environment
from common.quirks import Quirk, UnknownQuirk, checked_quirks


def test_a_cloud_takes_quirks_by_their_labels() -> None:
    settings = from_environment({"WARDENLOOP_QUIRKS": "orphan-offer, trial-billing-sync,"})
    assert settings.quirks == {Quirk.ORPHAN_OFFER, Quirk.TRIAL_BILLING_SYNC}
    assert settings.quirk(Quirk.ORPHAN_OFFER)
    assert not settings.quirk(Quirk.SILENT_MAIL_DROP)


def test_a_misspelt_quirk_stops_a_cloud_and_says_which_there_are() -> None:
    with pytest.raises(UnknownQuirk) as stopped:
        from_environment({"WARDENLOOP_QUIRKS": "orphan-offers"})
    text = str(stopped.value)
    assert text.startswith("WARDENLOOP_QUIRKS: Unknown quirk: orphan-offers. Known: ")
    assert all((quirk.label in text) == (quirk.side != "selfhost") for quirk in Quirk)


@pytest.mark.parametrize(("side", "other"), [("cloud", "selfhost"), ("selfhost", "cloud")])
def test_a_quirk_of_the_other_side_would_do_nothing_and_is_refused(side: str, other: str) -> None:
    theirs = next(quirk.label for quirk in Quirk if quirk.side == other)
    with pytest.raises(UnknownQuirk, match=theirs):
        checked_quirks([theirs], side)
