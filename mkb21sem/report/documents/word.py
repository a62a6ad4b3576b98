"""A document as a Word file: styles, captions that count themselves, APA tables, described pictures."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import docx
from docx.oxml.ns import qn
from docx.shared import Cm

from mkb21sem.report.documents import word_xml as xml
from mkb21sem.report.documents.flow import Heading, Piece, flow, headings, sheets
from mkb21sem.report.documents.grid import TALLEST, UPRIGHT, grid
from mkb21sem.report.documents.parts import Document, Drawn, Listing, Numbering, Paragraph, Tabled, Verbatim, numbering
from mkb21sem.report.documents.pictures import height
from mkb21sem.report.documents.printed import Printed, printed
from mkb21sem.report.documents.runs import Run, clean, plain, runs
from mkb21sem.report.documents.word_styles import dress, new_sheet
from mkb21sem.report.words import Words

EPOCH = (1980, 1, 1, 0, 0, 0)
"""When every file inside the Word file was made: the same document gives the same bytes."""
LOOKS = {"": "BodyText", "note": "Note", "quotation": "Quote", "banner": "Warning", "warning": "Warning"}


@dataclass(slots=True)
class _Desk:
    """The Word file that is being written."""

    file: Any
    words: Words
    at: Numbering
    marks: Any = field(default_factory=lambda: count(1))
    pictures: Any = field(default_factory=lambda: count(1))

    def put(self, *elements: Any) -> None:
        """Add to the end, before the properties of the last section."""
        for one in elements:
            self.file.element.body.sectPr.addprevious(one)


def write(document: Document, words: Words, path: Path) -> None:
    """Write the document as .docx: the same document gives the same file.

    Parameters
    ----------
    document
        What it consists of.
    words
        Language and labels.
    path
        Of the file.
    """
    path.write_bytes(_document(document, words))


def table_alone(each: Printed, words: Words, path: Path) -> None:
    """Write one table as .docx."""
    desk = _Desk(docx.Document(), words, Numbering())
    dress(desk.file, words, "", "")
    _properties(desk.file, plain(each.caption), words)
    on = grid(each)
    new_sheet(desk.file, on.turned, first=True)
    _table(each, desk)
    path.write_bytes(_packed(desk.file))


def _document(document: Document, words: Words) -> bytes:
    desk = _Desk(docx.Document(), words, numbering(document))
    dress(desk.file, words, document.banner, document.foot)
    _properties(desk.file, document.title, words)
    tables = {
        name: printed(block.table, desk.at.table[name], words, block.note)
        for block in document.blocks()
        if isinstance(block, Tabled) and (name := block.table.name)
    }
    wide = {name for name, table in tables.items() if grid(table).turned}

    def turned(piece: Piece) -> bool:
        return isinstance(piece, Tabled) and piece.table.name in wide

    desk.put(xml.paragraph("Title", xml.run(Run(clean(document.title)))))
    if document.subtitle:
        desk.put(xml.paragraph("Subtitle", xml.run(Run(clean(document.subtitle)))))
    _contents(document, desk)
    before = False
    for across, pieces in sheets(list(flow(document)), turned):
        if across != before:
            new_sheet(desk.file, across)
        before = across
        for piece in pieces:
            if isinstance(piece, Tabled):
                _table(tables[piece.table.name], desk)
            else:
                _piece(piece, desk)
    return _packed(desk.file)


def _contents(document: Document, desk: _Desk) -> None:
    """The list of contents, filled in: readable before Word has updated it."""
    named = headings(document)
    desk.put(xml.paragraph("ContentsHeading", xml.run(Run(desk.words.plain("contents")))))
    for place, heading in enumerate(named):
        shown = xml.run(Run(plain(heading.section.heading, desk.at, desk.words)))
        inside = xml.link(f"s.{heading.section.name}", shown)
        inside = (xml.field_start('TOC \\o "1-2" \\h \\z \\n') if place == 0 else "") + inside
        inside += xml.field_end() if place == len(named) - 1 else ""
        desk.put(xml.paragraph(f"TOC{heading.level}", inside))


def _piece(piece: Piece, desk: _Desk) -> None:
    at, words = desk.at, desk.words
    match piece:
        case Heading():
            inside = xml.bookmark(
                f"s.{piece.section.name}", next(desk.marks), xml.text(runs(piece.section.heading, at, words))
            )
            desk.put(xml.paragraph(f"Heading{min(piece.level, 4)}", inside))
        case Paragraph():
            desk.put(xml.paragraph(LOOKS.get(piece.look, "BodyText"), xml.text(runs(piece.text, at, words))))
        case Listing():
            _listing(piece, desk)
        case Drawn():
            _picture(piece, desk)
        case Verbatim():
            lines = clean(piece.text).rstrip("\n").split("\n")
            inside = "<w:r><w:br/></w:r>".join(xml.run(Run(line.replace("\t", "    "))) for line in lines)
            desk.put(xml.paragraph("Verbatim", inside))


def _listing(piece: Listing, desk: _Desk) -> None:
    for number, entry in enumerate(piece.entries, start=1):
        said = runs(entry.text, desk.at, desk.words)
        if piece.look == "references":
            desk.put(xml.paragraph("Bibliography", xml.text(said)))
        elif piece.ordered:
            desk.put(xml.paragraph("Numbered", f"{xml.run(Run(f'{number}.'))}<w:r><w:tab/></w:r>{xml.text(said)}"))
        else:
            desk.put(xml.paragraph("ListBullet", xml.text(said)))


def _caption(kind: str, name: str, number: int | str, title: object, desk: _Desk) -> None:
    """Table 3 in bold, where 3 is a field that Word counts, and the title in italics on the next line."""
    before = "Figure" if kind == "figure" else "Table"
    called, _, _ = desk.words.plain(kind, number="\0").partition("\0")
    count_field = xml.field(f"SEQ {before} \\* ARABIC", xml.run(Run(str(number), bold=True)), "<w:b/>")
    counted = xml.bookmark(f"{kind}.{name}", next(desk.marks), xml.run(Run(called, bold=True)) + count_field)
    said = "".join(
        xml.run(Run(one.text, not one.italic, one.bold, one.script)) for one in runs(title, desk.at, desk.words)
    )
    desk.put(xml.paragraph("Caption", f"{counted}<w:r><w:br/></w:r>{said}"))


def _table(each: Printed, desk: _Desk) -> None:
    _caption("table", each.name, each.number, each.caption, desk)
    desk.put(xml.table(each, grid(each), plain(each.caption)))
    said = "".join(xml.text(runs(note)) + xml.run(Run(" ")) for note in each.notes)
    lead = xml.run(Run(f"{desk.words.plain('note')} ", italic=True))
    desk.put(xml.paragraph("TableNote", lead + said if each.notes else ""))


def _picture(piece: Drawn, desk: _Desk) -> None:
    _caption("figure", piece.name, desk.at.figure[piece.name], piece.caption, desk)
    width = min(piece.width, UPRIGHT, TALLEST * piece.width / height(piece))
    paragraph = desk.file.add_paragraph(style="Picture")
    shape = paragraph.add_run().add_picture(io.BytesIO(piece.png), width=Cm(width))
    described = shape._inline.docPr
    described.set("descr", clean(piece.alternative))
    described.set("name", clean(piece.name))
    described.set("id", str(next(desk.pictures)))


def _properties(file: Any, title: str, words: Words) -> None:
    """What the file says of itself: title and language, no author, no date."""
    own = file.core_properties
    own.title, own.language = clean(title), {"nl": "nl-NL", "en": "en-GB"}[words.lang]
    own.author, own.comments, own.last_modified_by = "mkb21sem", "", "mkb21sem"
    own.revision = 1
    root = file.part.package.core_properties._element
    for name in ("dcterms:created", "dcterms:modified"):
        for found in root.findall(qn(name)):
            root.remove(found)


def _packed(file: Any) -> bytes:
    """The file's bytes, its parts in a fixed order and without a date."""
    raw, packed = io.BytesIO(), io.BytesIO()
    file.save(raw)
    with zipfile.ZipFile(raw) as parts, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        names = sorted(parts.namelist(), key=lambda name: (name != "[Content_Types].xml", name))
        for name in names:
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            made.writestr(entry, parts.read(name))
    return packed.getvalue()
