"""Printed documents read again, and held against the unrounded numbers that they were made of.

`differences(document, words, of_html(text))` is empty if every number of every cell and sentence is the one that was
found, rounded; so with `of_docx(path)` and `of_pdf(path)`.
"""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import docx
import lxml.html
import pypdfium2
import pypdfium2.raw as pdfium
from docx.oxml.ns import qn

from mkb21sem.report.documents.parts import Drawn, Tabled
from tests.report.documents import expected
from tests.report.documents.expected import squeezed


@dataclass
class Grid:
    """A table as it was read."""

    caption: str = ""
    heads: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    note: str = ""
    said_before: int = 0
    """How much was said before the table."""


@dataclass
class Read:
    """A document as it was read; ``said`` is its headings, paragraphs and entries of lists in order."""

    title: str = ""
    lang: str = ""
    tables: list[Grid] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    verbatim: list[str] = field(default_factory=list)
    sparse: bool = False
    """Whether cells without text can't be seen."""
    turned: list[int] = field(default_factory=list)
    """What was said first on a page: it may belong to what was said last on the page before."""


def differences(document, words, read: Read) -> list[str]:
    """Where a printed document isn't what it was made of."""
    read = _over_pages(document, words, read)
    return [
        *_properties(document, read),
        *_sentences(document, read),
        *_tables(document, words, read),
        *_pictures(document, read),
        *_unlike("verbatim", map(squeezed, expected.verbatim(document)), map(squeezed, read.verbatim)),
    ]


def tampered(document, table: str = ""):
    """The document with one number changed by a tenth: of a table, or else of the first sentence that has one."""
    changed = []

    def block(one):
        if changed:
            return one
        if table and isinstance(one, Tabled) and one.table.name == table:
            changed.append(one)
            return replace(one, table=_nudged(one.table))
        numbers = getattr(one, "numbers", ())
        if not table and numbers:
            changed.append(one)
            first = replace(numbers[0], value=numbers[0].value + 0.1)
            return replace(one, numbers=(first, *numbers[1:]))
        return one

    def section(one):
        return replace(
            one, blocks=tuple(map(block, one.blocks)), sections=tuple(section(inner) for inner in one.sections)
        )

    made = replace(document, sections=tuple(map(section, document.sections)))
    assert changed, "nothing to change"
    return made


def _nudged(table):
    shown = next(c for c in table.columns if isinstance(c.form, str) and c.form.startswith(("number", "bounded")))
    at = 0 if table.rows is None else table.rows[0]
    frame = table.frame.copy()
    frame.loc[frame.index[at], shown.source[0]] += 0.1
    return replace(table, frame=frame)


# --- comparing -------------------------------------------------------------------------------------------------------


def _properties(document, read):
    found = [f"title: {read.title!r}, not {document.title!r}"] if read.title != document.title else []
    return found + ([f"language: {read.lang!r}"] if read.lang.partition("-")[0] != document.lang else [])


def _over_pages(document, words, read):
    """What goes on over the end of a page, put together as it was meant: tags alone don't tell."""
    wanted = {squeezed(said) for said, _ in expected.sentences(document)}
    said, tables = list(read.said), [replace(grid) for grid in read.tables]
    for at in reversed(read.turned):
        if 0 < at < len(said) and squeezed(said[at - 1]) not in wanted and squeezed(said[at - 1] + said[at]) in wanted:
            said[at - 1 : at + 1] = [said[at - 1] + said[at]]
    blocks = [block for block in document.blocks() if isinstance(block, Tabled)]
    if read.turned and len(blocks) == len(tables):
        for block, grid in reversed(list(zip(blocks, tables, strict=True))):
            note, found = squeezed(_note(block, document, words)), squeezed(grid.note)
            if found != note and found.startswith(note):
                grid.note, rest = found[: len(note)], found[len(note) :]
                said.insert(grid.said_before, rest)
    return replace(read, said=said, tables=tables)


def _sentences(document, read):
    wanted = expected.sentences(document)
    found = _unlike("sentence", [squeezed(said) for said, _ in wanted], map(squeezed, read.said))
    if found:
        return found
    return [
        f"sentence {at}: {said!r} lacks {lacking}"
        for at, (said, (_, numbers)) in enumerate(zip(read.said, wanted, strict=True), start=1)
        for lacking in expected.lacking(" ".join(said.replace("\u200b", "").split()), numbers, document.lang)
    ]


def _tables(document, words, read):
    called = expected.KINDS[document.lang][0]
    blocks = [block for block in document.blocks() if isinstance(block, Tabled)]
    if len(blocks) != len(read.tables):
        return [f"{len(read.tables)} tables, not {len(blocks)}"]
    found = []
    for at, (block, grid) in enumerate(zip(blocks, read.tables, strict=True), start=1):
        table, where = block.table, f"table {at} ({block.table.name})"
        title = f"{called} {at} {words.plain(f'table.{table.name}', **table.facts)}"
        found += _unlike(f"{where}, caption", [squeezed(title)], [squeezed(grid.caption)])
        seen = list if not read.sparse else _filled
        heads = seen(map(squeezed, expected.heads(table, words)))
        found += _unlike(f"{where}, head", heads, map(squeezed, grid.heads))
        rows = expected.rows(table, words)
        if len(rows) != len(grid.rows):
            found.append(f"{where}: {len(grid.rows)} rows, not {len(rows)}")
            continue
        for line, (wanted, row) in enumerate(zip(rows, grid.rows, strict=True), start=1):
            found += _unlike(f"{where}, row {line}", seen(map(squeezed, wanted)), seen(map(squeezed, row)))
        found += _unlike(f"{where}, note", [squeezed(_note(block, document, words))], [squeezed(grid.note)])
    return found


def _note(block, document, words):
    """What has to stand below a table."""
    table, key = block.table, block.note or f"note.{block.table.name}"
    notes = [words.plain(key, **table.facts)] if words.has(key) else []
    notes += [expected.spoken(remark, {"table": {}, "figure": {}}, document.lang) for remark in table.remarks]
    if "hidden" in table.frame and table.frame["hidden"].any():
        notes.append(words.plain("privacy.hidden"))
    return "".join([expected.KINDS[document.lang][2], *notes]) if notes else ""


def _filled(texts):
    return [text for text in texts if text]


def _pictures(document, read):
    called, at = expected.KINDS[document.lang][1], expected.counted(document)
    drawn = [block for block in document.blocks() if isinstance(block, Drawn)]
    titles = [
        f"{called} {number} {expected.spoken(block.caption, at, document.lang)}"
        for number, block in enumerate(drawn, start=1)
    ]
    found = _unlike("picture in words", [squeezed(block.alternative) for block in drawn], map(squeezed, read.pictures))
    return found + _unlike("caption of picture", map(squeezed, titles), map(squeezed, read.captions))


def _unlike(where, wanted, found):
    wanted, found = list(wanted), list(found)
    if len(wanted) != len(found):
        odd = [text for text in (*found, *wanted) if (text in found) != (text in wanted)][:2]
        return [f"{where}: {len(found)} of them, not {len(wanted)}; for instance {odd}"]
    return [
        f"{where}, {at}: {one!r}, not {other!r}"
        for at, (one, other) in enumerate(zip(found, wanted, strict=True), start=1)
        if one != other
    ]


# --- HTML ------------------------------------------------------------------------------------------------------------


def of_html(text: str) -> Read:
    """A page as a reader finds it."""
    page = lxml.html.document_fromstring(text)
    made = Read(page.findtext(".//h1"), page.get("lang"))
    main = page.find(".//main")
    marks = main.xpath(".//span[@class='synthetic']")
    for mark in marks:
        mark.drop_tree()
    for one in main.iter():
        inside = next((up for up in one.iterancestors() if up.tag in ("figure", "li", "td", "th")), None)
        if one.tag == "figure":
            made.tables += [_html_table(one)] if "table" in one.get("class").split() else []
            made.captions += [one.find("figcaption").text_content()] if "picture" in one.get("class") else []
        elif one.tag == "img":
            made.pictures.append(one.get("alt"))
        elif one.tag == "pre":
            made.verbatim.append(one.text_content())
        elif inside is None and one.tag in ("p", "h2", "h3", "h4", "h5", "h6", "li"):
            made.said.append(one.text_content())
    return made


def _html_table(figure):
    note = figure.find("p")
    return Grid(
        figure.find("figcaption").text_content(),
        [head.text_content() for head in figure.iterfind(".//thead/tr/th")],
        [[cell.text_content() for cell in row] for row in figure.iterfind(".//tbody/tr")],
        "" if note is None else note.text_content(),
    )


# --- Word ------------------------------------------------------------------------------------------------------------

SAID = re.compile(r"Heading \d|Body Text|List Bullet|Numbered|Bibliography|Note|Quote|Warning")


def of_docx(path: Path) -> Read:
    """A Word file as python-docx finds it, by its styles; nothing is updated."""
    file = docx.Document(str(path))
    made = Read(file.core_properties.title, file.core_properties.language)
    caption = ""
    for part in file.element.body:
        if part.tag == qn("w:tbl"):
            lines = [[_letters(cell) for cell in row.findall(qn("w:tc"))] for row in part.findall(qn("w:tr"))]
            made.tables.append(Grid(caption, lines[0], lines[1:]))
        if part.tag != qn("w:p"):
            continue
        style, text = docx.text.paragraph.Paragraph(part, file).style.name, _letters(part)
        made.pictures += [drawn.get("descr") for drawn in part.iter(qn("wp:docPr"))]
        made.captions += [caption] if style == "Picture" else []
        if style == "Caption":
            caption = text
        elif style == "Table Note":
            made.tables[-1].note = text
        elif style == "Verbatim":
            made.verbatim.append(text)
        elif SAID.fullmatch(style):
            made.said.append(text.split("\t", 1)[1] if style == "Numbered" else text)
    return made


def _letters(part):
    """What Word shows: text, tabs and breaks; not the codes of fields."""
    signs = {qn("w:tab"): "\t", qn("w:br"): "\n"}
    within = [one for one in part.iter() if one.getparent().tag == qn("w:r")]
    return "".join((one.text or "") if one.tag == qn("w:t") else signs.get(one.tag, "") for one in within)


# --- PDF -------------------------------------------------------------------------------------------------------------


@dataclass
class Node:
    """An element of a PDF's structure: what it is, what it says, and what is in it."""

    kind: str
    said: str
    alternative: str
    inside: list[Node]

    def all(self, *kinds):
        return [found for one in self.inside for found in ([one] if one.kind in kinds else one.all(*kinds))]

    def text(self):
        return self.said + "".join(one.text() for one in self.inside)


def of_pdf(path: Path) -> Read:
    """A PDF by its tags, as a screen reader finds it; what is repeated on every page is no part of it."""
    file = pypdfium2.PdfDocument(path)
    try:
        made = Read(file.get_metadata_dict()["Title"], _catalogue_language(path), sparse=True)
        parts = [(part, at == 0) for page in file for at, part in enumerate(_page(page))]
    finally:
        file.close()
    contents = next(at for at, (part, _) in enumerate(parts) if part.kind == "TOC")
    for part, first in _joined(parts[contents + 1 :]):
        made.turned += [len(made.said)] if first else []
        _take(part, made)
    return made


def _take(part, made):
    if part.kind in ("P", "BlockQuote") or re.fullmatch(r"H\d?", part.kind):
        made.said.append(part.text())
    elif part.kind == "L":
        made.said += [entry.text() for entry in part.all("LBody")]
    elif part.kind == "Code":
        made.verbatim.append(part.text())
    else:
        captions = [one.text() for one in part.all("Caption")]
        figures = [part] if part.kind == "Figure" else part.all("Figure")
        if part.all("Table"):
            made.tables.append(_pdf_table(part, captions))
            made.tables[-1].said_before = len(made.said)
        elif figures:
            made.pictures += [one.alternative for one in figures]
            made.captions += captions
        else:
            for one in part.inside:
                _take(one, made)


def _pdf_table(part, captions):
    grid = Grid(captions[0])
    for table in part.all("Table"):
        grid.heads += [head.text() for row in table.all("THead") for head in row.all("TH")]
        lines = [row for body in table.all("TBody") for row in body.all("TR")]
        grid.rows += [[cell.text() for cell in row.inside] for row in lines]
    below = Node("", "", "", [one for one in part.inside if one.kind != "Caption"])
    grid.note = "".join(note.text() for note in below.all("P"))
    return grid


def _joined(parts):
    """Parts, and whether they stand first on a page; code goes on with code, a table with one that has no caption."""
    made = []
    for part, first in parts:
        if part.kind == "Table":
            part = Node("Div", "", "", [part])
        before = made[-1][0] if made and first else Node("", "", "", [])
        table_goes_on = part.kind == "Div" and not part.all("Caption", "Figure") and before.all("Table")
        if table_goes_on or part.kind == before.kind == "Code":
            before.inside += part.inside
        else:
            made.append((part, first))
    return made


def _page(page):
    spoken = _spoken(page)
    tree = pdfium.FPDF_StructTree_GetForPage(page.raw)
    try:
        roots = [
            _node(pdfium.FPDF_StructTree_GetChildAtIndex(tree, at), spoken)
            for at in range(pdfium.FPDF_StructTree_CountChildren(tree))
        ]
        return [part for root in roots for part in root.inside]
    finally:
        pdfium.FPDF_StructTree_Close(tree)


def _node(element, spoken):
    """An element with what is in it on this page; marked content of other pages has no number here."""
    inside = []
    for at in range(pdfium.FPDF_StructElement_CountChildren(element)):
        child = pdfium.FPDF_StructElement_GetChildAtIndex(element, at)
        mark = pdfium.FPDF_StructElement_GetChildMarkedContentID(element, at)
        if child:
            inside.append(_node(child, spoken))
        elif mark >= 0:
            inside.append(Node("", spoken.get(mark, ""), "", []))
    kind = _string(pdfium.FPDF_StructElement_GetType, element)
    return Node(kind, "", _string(pdfium.FPDF_StructElement_GetAltText, element), inside)


def _spoken(page):
    """Text by the number of its marked content."""
    letters, made = page.get_textpage(), {}
    for at in range(pdfium.FPDFPage_CountObjects(page.raw)):
        one = pdfium.FPDFPage_GetObject(page.raw, at)
        if pdfium.FPDFPageObj_GetType(one) == pdfium.FPDF_PAGEOBJ_TEXT:
            mark = pdfium.FPDFPageObj_GetMarkedContentID(one)
            size = pdfium.FPDFTextObj_GetText(one, letters.raw, None, 0)
            held = ctypes.create_string_buffer(size)
            pdfium.FPDFTextObj_GetText(one, letters.raw, ctypes.cast(held, ctypes.POINTER(pdfium.FPDF_WCHAR)), size)
            made[mark] = made.get(mark, "") + _decoded(held)
    return made


def _string(call, element):
    size = call(element, None, 0)
    if size <= 0:
        return ""
    held = ctypes.create_string_buffer(size)
    call(element, held, size)
    return _decoded(held)


def _decoded(held):
    """Text from pdfium, which tells a hyphen at the end of a line from others."""
    return held.raw.decode("utf-16-le").rstrip("\0").replace("\x02", "-")


def _catalogue_language(path):
    found = re.search(rb"/Type\s*/Catalog(?:(?!endobj).)*?/Lang\s*\(([\w-]+)\)", path.read_bytes(), re.DOTALL)
    return found.group(1).decode() if found else ""
