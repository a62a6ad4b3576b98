"""The PDF is tagged, the same every time, says on every page that data are synthetic, and stays on its pages."""

from __future__ import annotations

import ctypes

import pandas as pd
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from markupsafe import Markup

from mkb21sem.report.documents import typst
from mkb21sem.report.documents.flow import Heading, flow, sheets
from mkb21sem.report.documents.parts import Document, Paragraph, Section, Tabled
from mkb21sem.report.table import Column, Table
from mkb21sem.report.words import Words
from tests.report.documents import sample

CM = 72 / 2.54


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    made = tmp_path_factory.mktemp("pdf") / "report.pdf"
    typst.pdf(sample.document("nl"), sample.worded("nl"), made)
    return made


def outside(path, margin=1.5):
    """What is printed nearer to the edge of a page than so many cm; header and footer stand further out."""
    file, found = pypdfium2.PdfDocument(path), []
    for number, page in enumerate(file, start=1):
        wide, high = page.get_size()
        for at in range(pdfium.FPDFPage_CountObjects(page.raw)):
            one = pdfium.FPDFPage_GetObject(page.raw, at)
            if pdfium.FPDFPageObj_GetType(one) != pdfium.FPDF_PAGEOBJ_TEXT:
                continue
            left, low, right, top = (ctypes.c_float() for _ in range(4))
            pdfium.FPDFPageObj_GetBounds(one, left, low, right, top)
            edge = margin * CM
            if left.value < edge or right.value > wide - edge or low.value < 0.6 * CM or top.value > high - 0.6 * CM:
                found.append((number, round(left.value), round(low.value), round(right.value), round(top.value)))
    file.close()
    return found


def test_the_same_document_gives_the_same_bytes(path, tmp_path):
    typst.pdf(sample.document("nl"), sample.worded("nl"), tmp_path / "again.pdf")
    assert path.read_bytes() == (tmp_path / "again.pdf").read_bytes()


def test_it_says_that_it_is_accessible_and_is_tagged(path):
    raw = path.read_bytes()
    assert b"<pdfuaid:part>1</pdfuaid:part>" in raw
    assert pypdfium2.PdfDocument(path).is_tagged()


def test_every_page_says_synthetic_and_has_its_number(path):
    file = pypdfium2.PdfDocument(path)
    assert len(file) > 10
    for number, page in enumerate(file, start=1):
        text = page.get_textpage().get_text_range()
        assert "Synthetische data: hieruit volgt niets over echte bedrijven." in text
        assert f"{number} / {len(file)}" in text


def test_nothing_runs_off_a_page(path):
    assert outside(path) == []


def tall(rows):
    """A table of a few rows that are many lines high."""
    frame = pd.DataFrame({"a": [f"row {at}" for at in range(rows)], "b": ["many words " * 60] * rows})
    table = Table("software", frame, (Column("=a", of=("a",)), Column("=b", of=("b",))))
    section = Section("one", Markup("One"), (Paragraph(Markup("Before.")), Tabled(table)))
    return Document("Tall", "", "en", (section,), "", "")


def test_a_table_higher_than_a_page_goes_on_over_the_next_one(tmp_path):
    typst.pdf(tall(15), Words(), tmp_path / "tall.pdf")
    assert outside(tmp_path / "tall.pdf") == []
    file = pypdfium2.PdfDocument(tmp_path / "tall.pdf")
    pages = [page.get_textpage().get_text_range() for page in file]
    assert len(pages) > 1
    assert sum(page.count("row ") for page in pages) == 15


def test_the_measure_sees_what_runs_off_a_page(tmp_path):
    """A block that may not be broken and is higher than the page: what the measure is for."""
    source = typst.source(tall(15), Words()).replace('#figure(kind: "long"', '#figure(kind: "table"')
    (tmp_path / "main.typ").write_text(source, encoding="utf-8")
    typst.typst.compile(str(tmp_path / "main.typ"), str(tmp_path / "cut.pdf"))
    assert outside(tmp_path / "cut.pdf")


def test_a_heading_goes_along_to_a_turned_page():
    document = sample.short()
    pieces = list(flow(document))
    turned = sheets(pieces, lambda piece: isinstance(piece, Tabled) and piece.table.name == "correlations")
    assert [across for across, _ in turned] == [False, True]
    assert [piece for _, group in turned for piece in group] == pieces
    first = Section("x", Markup("X"), tuple(b for b in document.blocks() if isinstance(b, Tabled))[-1:])
    alone = sheets([*pieces[:3], Heading(first, 1), *first.blocks], lambda piece: piece in first.blocks)
    assert isinstance(alone[1][1][0], Heading)
    assert sheets(list(flow(Document("", "", "en", (first,)))), lambda piece: piece in first.blocks)[0][0]
