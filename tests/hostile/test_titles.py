"""Titles and labels of words that fit no line."""

import pytest

from mkb21sem.report.drawing.legend import even


@pytest.mark.parametrize("words", [1, 2, 3, 30])
def test_a_title_of_words_wider_than_the_page_has_an_end(words):
    """Each stands on a line of its own, however narrow the lines are tried."""
    text = " ".join(["<script>document.title='x'</script>" * 9] * words)
    assert len(even(text, 11, 300)) == words
