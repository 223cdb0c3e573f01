"""What the command line reads of the portal's pages, and which syncs and chapters it makes of them."""

import pytest

from common.cli.loop.script import chapters
from common.cli.portal import read_page
from common.cli.sponsorships import outcome_of

PAGE = """<!DOCTYPE html><html><head><title>Acme &amp; Co</title></head><body>
<form method="post" action="/out"><input type="hidden" name="t" value="1"><span>me</span><button>Log Out</button></form>
<a href="/admin/organizations/view/7?a=1&amp;b=2">Acme
 &amp; Co</a>
<form method="post" action="/sync"><input type="hidden" name="t" value="2&quot;"><input type="email" name="Email">
<button>Manually Sync</button></form><button disabled>Idle</button>
<dl><dt>Error</dt><dd class="bad">Organization <b>sync</b> failed</dd>
<dt>What to do</dt><dd>Ask. <code>timeout</code></dd></dl>
</body></html>"""


def test_a_button_belongs_to_the_form_around_it() -> None:
    form = read_page(PAGE).button("Manually Sync")
    assert form is not None
    assert (form.action, form.fields) == ("/sync", {"t": '2"'})
    assert read_page(PAGE).button("Idle") is None


def test_links_and_labelled_texts_are_read_as_people_see_them() -> None:
    page = read_page(PAGE)
    assert page.links == {"Acme & Co": "/admin/organizations/view/7?a=1&b=2"}
    assert page.facts == {"Error": "Organization sync failed", "What to do": "Ask. timeout"}
    assert page.text.startswith("Acme & Co me Log Out")


RUN = {"error": None, "finishedAt": "x", "chunksTotal": 2, "chunksDone": 2, "sent": 3, "removed": 1, "active": 2}
FAILED = {"error": "Organization sync failed", "advice": "Ask.", "reason": "timeout"}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "3 sent, 1 removed, 2 active"),
        ({"finishedAt": None, "chunksDone": 1}, "under way, 1 of 2 requests answered"),
        ({"chunksTotal": 0}, "nothing to sync: this organization has no sponsorships"),
        (FAILED, "Organization sync failed: Ask. (timeout)"),
    ],
)
def test_outcome_of_a_run(changes: dict[str, object], text: str) -> None:
    assert outcome_of(RUN | changes) == text


def test_chapters_are_chosen_by_document_and_region() -> None:
    def played(*documents: str, regions: tuple[str, ...] = ("US", "EU")) -> list[tuple[str, str]]:
        return [(chapter.document, chapter.region) for chapter in chapters(documents, regions)]

    assert played("000", "002") == [("002", "US"), ("000", "US"), ("000", "EU")]
    assert played("002", regions=("EU",)) == [("002", "US")]
    assert played("000", regions=("EU",)) == [("000", "EU")]
