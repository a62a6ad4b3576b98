"""Pictures of a document: number and title stand above them, and so not in them."""

from __future__ import annotations

import base64
import re

import pandas as pd
import pytest

from mkb21sem.report.charts import titles
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
    titles.take(bare.figure)
    assert list(bare.figure.get_size_inches()) == list(before)
    assert titles.cut(b"<svg/>", "") == b"<svg/>"


def test_a_page_shows_a_chart_below_its_title_and_the_file_keeps_it(tmp_path):
    alone = chart()
    saved = next(path for path in alone.save(tmp_path) if path.suffix == ".svg").read_bytes()
    held = base64.b64decode(re.search(r"base64,([\w+/=]+)", alone.image()).group(1))
    assert alone.figure.get_suptitle() == alone.caption
    (across, down), (left, top, wide, high) = size_of(saved)[2:], size_of(held)
    assert (left, wide) == (0, across)
    assert top + high == pytest.approx(down)
    title = alone.figure._suptitle.get_window_extent()
    below = down - title.y0 * 72 / alone.figure.dpi
    first = max(panel.get_tightbbox().y1 for panel in alone.figure.axes) * 72 / alone.figure.dpi
    assert below - 0.5 <= top < down - first


def size_of(svg):
    return [float(x) for x in re.search(rb'viewBox="([^"]*)"', svg).group(1).split()]
