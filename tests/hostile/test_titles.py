"""Titles and labels of words that fit no line."""

import pytest

from mkb21sem.report.drawing.legend import even
from mkb21sem.report.monitor.monitor_tables import _what
from mkb21sem.report.words import Words


@pytest.mark.parametrize("words", [1, 2, 3, 30])
def test_a_title_of_words_wider_than_the_page_has_an_end(words):
    """Each stands on a line of its own, however narrow the lines are tried."""
    text = " ".join(["<script>document.title='x'</script>" * 9] * words)
    assert len(even(text, 11, 300)) == words


def test_a_published_figure_whose_question_was_changed_is_called_by_its_name():
    """A codebook with other answers to the question of the province; the figure has no answer to be named by."""
    line = {"label": "Located in the East", "level": "", "kind": "share"}
    assert _what(line, Words("en", lambda name: name)) == "Located in the East"
