"""Every number of the page, the Word file and the PDF is parsed back and equals what was found, rounded."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from mkb21sem.report.documents import files
from mkb21sem.report.documents.parts import Num, Tabled
from tests.report.documents import expected, readback, sample

READERS = {
    "html": lambda path: readback.of_html(path.read_text(encoding="utf-8")),
    "docx": readback.of_docx,
    "pdf": readback.of_pdf,
}


@pytest.fixture(scope="module", params=["en", "nl"])
def printed(request, tmp_path_factory):
    """Document, words and the folder that it was printed into."""
    folder = tmp_path_factory.mktemp(request.param)
    document, words = sample.document(request.param), sample.worded(request.param)
    files.write(document, words, folder, READERS)
    return document, words, folder


@pytest.mark.parametrize("form", READERS)
def test_every_number_is_the_one_that_was_found(printed, form):
    document, words, folder = printed
    read = READERS[form](folder / f"report.{form}")
    assert readback.differences(document, words, read) == []
    assert sum(len(row) for grid in read.tables for row in grid.rows) > 1500
    assert sum(len(numbers) for _, numbers in expected.sentences(document)) > 50


@pytest.mark.parametrize("form", READERS)
@pytest.mark.parametrize("table", ["paths", "correlations", ""])
def test_a_number_that_was_changed_is_seen(tmp_path, form, table):
    """The printed document has one number more than it should: the comparison has to say so."""
    document, words = sample.short(), sample.worded("en")
    other = readback.tampered(document, table)
    files.write(other, words, tmp_path, [form])
    found = readback.differences(document, words, READERS[form](tmp_path / f"report.{form}"))
    if table:
        assert len(found) == 1
        assert table in found[0]
    else:  # the sentence is the same, but not its number: printed right, it lacks what the other claims
        assert found == []
        found = readback.differences(other, words, READERS[form](tmp_path / f"report.{form}"))
        assert len(found) == 1
        assert "lacks" in found[0]


@pytest.mark.parametrize(
    "change", ["digit missing", "digit more", "cell gone", "row gone", "sentence gone", "minus gone"]
)
def test_a_page_that_was_tampered_with_is_seen(change):
    document, words = sample.short(), sample.worded("en")
    page = files.html.page(document, words)
    if change == "row gone":
        other = re.sub(r"<tr>\s*<th scope=\"row\">A3</th>.*?</tr>", "", page, count=1, flags=re.DOTALL)
    else:
        old, new = {
            "digit missing": ('<td class="number">0.183</td>', '<td class="number">0.18</td>'),
            "digit more": ('<td class="number">0.183</td>', '<td class="number">0.1834</td>'),
            "cell gone": ('<td class="number">0.183</td>', ""),
            "sentence gone": ("<p>Number of hypotheses: 1,234.</p>", ""),
            "minus gone": ('<td class="number">−0.002</td>', '<td class="number">0.002</td>'),
        }[change]
        other = page.replace(old, new, 1)
    assert other != page
    assert readback.differences(document, words, readback.of_html(page)) == []
    assert readback.differences(document, words, readback.of_html(other))


@pytest.mark.parametrize(
    ("form", "values", "en", "nl"),
    [
        ("number2", [0.125], "0.12", "0,12"),
        ("number2", [-0.004], "0.00", "0,00"),
        ("number3", [12345.6789], "12,345.679", "12.345,679"),
        ("bounded2", [-0.5], "−.50", "−,50"),
        ("bounded3", [1.0], "1.000", "1,000"),
        ("p", [0.0004], "< .001", "< ,001"),
        ("p", [0.9999], "> .999", "> ,999"),
        ("equals_p", [0.0321], "= .032", "= ,032"),
        ("count", [1234.0], "1,234", "1.234"),
        ("percent", [0.625], "62%", "62%"),
        ("points1", [62.54], "62.5%", "62,5%"),
        ("interval bounded3", [-0.1, 0.25], "[−.100, .250]", "[−,100; ,250]"),
        ("interval number2", [float("nan"), float("nan")], "–", "–"),
        ("number1", [float("inf")], "∞", "∞"),
    ],
)
def test_the_expectation_itself(form, values, en, nl):
    """Worked out by hand: what the other tests compare with."""
    assert expected.shown(form, values, "en") == en
    assert expected.shown(form, values, "nl") == nl


def test_numbers_of_a_sentence_are_told_apart():
    numbers = (Num(0.12, "bounded2"), Num(0.3, "bounded2"), Num(-0.12, "bounded2"))
    assert expected.lacking("from .12 to .30, −.12", numbers, "en") == []
    assert expected.lacking("from .12 to .30", numbers, "en") == ["−.12 (bounded2 of -0.12)"]
    assert expected.lacking("from .123 to .30, −.12", numbers, "en")
    assert expected.lacking("from 1.12 to .30, −.12", numbers, "en")


def test_a_table_that_is_left_out_is_seen():
    document, words = sample.short(), sample.worded("en")
    fewer = replace(
        document,
        sections=tuple(
            replace(section, blocks=tuple(b for b in section.blocks if not isinstance(b, Tabled)))
            for section in document.sections
        ),
    )
    found = readback.differences(document, words, readback.of_html(files.html.page(fewer, words)))
    assert "0 tables, not 4" in found
