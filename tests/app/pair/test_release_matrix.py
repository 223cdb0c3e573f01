"""The table of releases in the documentation is what a run gives."""

import pytest

from tests.support.harness import Workshop
from tests.support.release_matrix import BEGIN, DOCUMENT, END, run, table


@pytest.mark.sweep
def test_the_table_is_what_a_run_gives(workshop: Workshop) -> None:
    results = run(workshop)
    assert DOCUMENT.read_text().partition(BEGIN)[2].partition(END)[0] == table(results)
