"""The questionnaire as a Word document, to print, discuss or fill in by hand; every answer carries its code."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.item import Item
from mkb21sem.survey.questionnaire.form import NONE, Block, blocks, needs_none, texts

BOX = "☐"
GREY = RGBColor(0x59, 0x59, 0x59)
ORIGIN = {"S": "stated", "S*": "wording_lost", "R": "reconstruction", "": "own"}


def word(codebook: Codebook, lang: str) -> bytes:
    """Return the questionnaire as a .docx file."""
    say, document = texts(lang), _blank(lang)
    document.core_properties.title = say["title"]
    document.add_heading(say["title"], level=0)
    document.add_paragraph(say["welcome"])
    number = 0
    for (construct, asked), group in groupby(blocks(codebook), key=lambda block: (block.construct, block.asked)):
        document.add_heading(codebook.label(construct, lang) or say["title"], level=1)
        if asked != "all":
            document.add_paragraph().add_run(say[f"only_{asked}"]).italic = True
        for block in group:
            number += 1
            _put(document, block, number, lang)
    document.add_paragraph(say["end"])
    _for_the_researcher(document, codebook, lang)
    content = io.BytesIO()
    document.save(content)
    return content.getvalue()


def _blank(lang: str) -> Any:
    """An A4 page of one font, in the reader's language."""
    document = Document()
    page = document.sections[0]
    page.orientation = WD_ORIENT.PORTRAIT
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2)
    page.top_margin = page.bottom_margin = Cm(2)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(10.5)
    spoken = OxmlElement("w:lang")
    spoken.set(qn("w:val"), {"nl": "nl-NL", "en": "en-GB"}[lang])
    normal.element.get_or_add_rPr().append(spoken)
    return document


def _put(document: Any, block: Block, number: int, lang: str) -> None:
    heading = document.add_paragraph()
    heading.paragraph_format.keep_with_next = True
    heading.paragraph_format.space_before = Pt(10)
    heading.add_run(f"{number}. {block.stem(lang)}").bold = True
    if block.kind == "boxes":
        heading.add_run(f" {texts(lang)['several']}").italic = True
        for item, words in zip(block.items, block.rows(lang), strict=True):
            _answer(document, f"{BOX}  {words}", item.id)
        if needs_none(block):
            _answer(document, f"{BOX}  {texts(lang)['none']}", NONE)
    elif block.kind == "choice":
        item = block.items[0]
        _small(heading, f"  {item.id}")
        for code in item.codes:
            _answer(document, f"{BOX}  {item.code_label(code, lang)}", str(code))
    else:
        _grid(document, block, lang)


def _answer(document: Any, words: str, code: str) -> None:
    line = document.add_paragraph()
    line.paragraph_format.left_indent = Cm(0.8)
    line.paragraph_format.space_after = Pt(1)
    line.add_run(words)
    _small(line, f"  {code}")


def _small(paragraph: Any, words: str) -> None:
    run = paragraph.add_run(words)
    run.font.size, run.font.color.rgb = Pt(8), GREY


def _grid(document: Any, block: Block, lang: str) -> None:
    """Questions down, answers across; the head is repeated on every page and no row is broken."""
    scale = block.items[0]
    table = document.add_table(rows=1, cols=1 + len(scale.codes))
    table.style, table.autofit = "Table Grid", False
    repeated = OxmlElement("w:tblHeader")
    table.rows[0]._tr.get_or_add_trPr().append(repeated)
    for cell, code in zip(table.rows[0].cells[1:], scale.codes, strict=True):
        _centred(cell, scale.code_label(code, lang), Pt(8))
    for item, words in zip(block.items, block.rows(lang), strict=True):
        cells = table.add_row().cells
        cells[0].paragraphs[0].add_run(words)
        _small(cells[0].paragraphs[0], f"  {item.id}")
        for cell, code in zip(cells[1:], scale.codes, strict=True):
            _centred(cell, f"{BOX} {code}", Pt(9))
    for row in table.rows:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    across = min(2.1, 10.5 / len(scale.codes))
    _widths(table, (17 - across * len(scale.codes), *(across for _ in scale.codes)))


def _widths(table: Any, widths: Sequence[float]) -> None:
    """Column widths in cm, for the table and for each of its cells: some programs heed one, some the other."""
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
        for cell in column.cells:
            cell.width = Cm(width)


def _centred(cell: Any, words: str, size: Pt) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.add_run(words).font.size = size


def _for_the_researcher(document: Any, codebook: Codebook, lang: str) -> None:
    """How to enter the answers, and which questions the whitepaper names and which are a reconstruction."""
    say = texts(lang)
    document.add_page_break()
    document.add_heading(say["evidence"], level=1)
    document.add_paragraph(say["how_to_code"])
    document.add_paragraph(say["own_sentences"])
    table = document.add_table(rows=0, cols=2)
    table.style = "Table Grid"
    for status, key in ORIGIN.items():
        items: list[Item] = [item for item in codebook.items if item.status == status]
        if items:
            cells = table.add_row().cells
            cells[0].text, cells[1].text = say[key], ", ".join(item.id for item in items)
    _widths(table, (5, 12))
