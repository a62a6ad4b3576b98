"""Pictures of a document: number and title stand above them, and so not in them."""

from __future__ import annotations

import pandas as pd
import pytest

from mkb21sem.report.charts.leftover import leftover
from mkb21sem.report.documents.pictures import height, of_chart
from mkb21sem.report.drawing.typeset import TITLE_SIZE, measure
from mkb21sem.report.words import Words

PAIRS = pd.DataFrame({"lhs": ["B", "C", "C"], "rhs": ["A", "A", "B"], "residual": [0.1, -0.2, 0.3]})


def chart():
    return leftover(PAIRS, ["A", "B", "C"], Words(), synthetic=True)


def test_a_chart_in_a_document_has_its_title_above_and_its_note_below_it():
    alone, held = chart(), chart()
    picture = of_chart(held)
    assert alone.figure.get_suptitle() == alone.caption == picture.caption == "Residual correlations"
    assert held.figure.get_suptitle() == ""
    assert "Synthetic data" in held.figure.get_supxlabel()
    lower = alone.figure.get_size_inches()[1] - held.figure.get_size_inches()[1]
    assert lower * 72 == pytest.approx(measure(alone.caption, TITLE_SIZE, bold=True)[1])
    assert height(picture) / 2.54 == pytest.approx(held.figure.get_size_inches()[1], abs=0.01)


def test_a_chart_without_a_title_stays_as_it_is():
    bare = chart()
    bare.figure.suptitle("")
    before = bare.figure.get_size_inches().copy()
    assert list(bare.untitled().figure.get_size_inches()) == list(before)
