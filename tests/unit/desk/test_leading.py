"""A refusal in a browser names no command that a page does as well: it leads to that page."""

import pytest

from common.desk.leading import Lead, without_commands
from common.server.locale.texts import CHINESE, ENGLISH, Texts

LED = {
    "x.story.noTalk": "/worlds",
    "wire.said.silent": "/inspector?only=failed#exchanges",
    "wire.said.silent-instance": "/#places",
    "wire.said.snapshot-configuration": "/#places",
    "wire.said.time-over": "/simulation",
}
VALUES = {"text": "Organization sync failed.", "name": "selfhost", "path": "/a.b", "why": "no", "moment": "2027-01-01"}


@pytest.mark.parametrize("language", [ENGLISH, CHINESE])
@pytest.mark.parametrize("key", LED)
def test_a_command_becomes_the_page_that_does_it(key: str, language: str) -> None:
    said = Texts(language)(key, **VALUES)
    assert "`wardenloop" in said
    left, lead = without_commands(said)
    assert isinstance(lead, Lead) and lead.href == LED[key]
    assert left and "wardenloop" not in left and "`" not in left
    assert said.startswith(left[:12])


@pytest.mark.parametrize(
    "said", ["", "Nothing was changed.", "There is none. `wardenloop up --fresh` makes a new one."]
)
def test_what_no_page_does_stays_as_it_is(said: str) -> None:
    assert without_commands(said) == (said, None)
