"""What python-docx has no call for: fields, bookmarks, links, tables with rules, descriptions of pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.oxml.xmlchemy import BaseOxmlElement

from mkb21sem.report.documents.grid import CM, PAD, Grid
from mkb21sem.report.documents.printed import Printed
from mkb21sem.report.documents.runs import Run, plain, runs
from mkb21sem.report.table import Cell

TWIPS = 20
"""Parts of a point in which Word measures."""
THICK, THIN = 12, 6
"""Rules, in eighths of a point."""


def element(xml: str) -> BaseOxmlElement:
    """An element of a Word file; its outermost tag has to be of the namespace w."""
    head, gap, rest = xml.partition(" ") if xml.index(" ") < xml.index(">") else (xml[: xml.index(">")], "", "")
    if not gap:
        rest = xml[xml.index(">") :]
        return parse_xml(f"{head} {nsdecls('w')}{rest}")
    return parse_xml(f"{head} {nsdecls('w')} {rest}")


def run(piece: Run, extra: str = "") -> str:
    """Letters of one look; ``extra`` is further properties."""
    scripts = {"sub": '<w:vertAlign w:val="subscript"/>', "sup": '<w:vertAlign w:val="superscript"/>', "": ""}
    look = ("<w:b/>" if piece.bold else "") + ("<w:i/>" if piece.italic else "") + extra + scripts[piece.script]
    properties = f"<w:rPr>{look}</w:rPr>" if look else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{escape(piece.text)}</w:t></w:r>'


def text(pieces: Iterable[Run]) -> str:
    """Runs; references are fields that follow the number of what they name."""
    return "".join(map(_leading, pieces))


def _leading(piece: Run) -> str:
    """A run, as a field where it leads to something in the file or to an address."""
    if piece.target:
        return field(f"REF {bookmark_name(piece.target)} \\h \\* MERGEFORMAT", run(piece))
    return field(f'HYPERLINK "{piece.link}"', run(piece)) if piece.link else run(piece)


def field(code: str, shown: str, look: str = "") -> str:
    """A field and what it shows before Word updates it; ``look`` is the properties of its letters."""
    return f"{field_start(code, look)}{shown}{field_end(look)}"


def field_start(code: str, look: str = "") -> str:
    """The beginning of a field; what it shows comes after it, and then `field_end`."""
    start = f"<w:r><w:rPr>{look}</w:rPr>" if look else "<w:r>"
    return (
        f'{start}<w:fldChar w:fldCharType="begin"/></w:r>'
        f'{start}<w:instrText xml:space="preserve"> {escape(code)} </w:instrText></w:r>'
        f'{start}<w:fldChar w:fldCharType="separate"/></w:r>'
    )


def field_end(look: str = "") -> str:
    """The end of a field; LibreOffice gives the whole field its look."""
    return f'<w:r>{f"<w:rPr>{look}</w:rPr>" if look else ""}<w:fldChar w:fldCharType="end"/></w:r>'


def link(name: str, shown: str) -> str:
    """What leads to a bookmark."""
    return f'<w:hyperlink w:anchor="{bookmark_name(name)}" w:history="1">{shown}</w:hyperlink>'


def bookmark(name: str, number: int, inside: str) -> str:
    """A place that fields and links can name."""
    return f'<w:bookmarkStart w:id="{number}" w:name="{bookmark_name(name)}"/>{inside}<w:bookmarkEnd w:id="{number}"/>'


def bookmark_name(name: str) -> str:
    """A name as Word allows it: letters, figures and underscores, at most forty."""
    made = "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in name)
    return f"m_{made}"[:40]


def paragraph(style: str, inside: str, properties: str = "") -> BaseOxmlElement:
    """A paragraph of a style, by the style's id."""
    return element(f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{properties}</w:pPr>{inside}</w:p>')


def table(each: Printed, on: Grid, title: str) -> BaseOxmlElement:
    """A table in APA style: rules above and below the heads and at the end; heads repeated, no row broken.

    Parameters
    ----------
    each
        Rounded.
    on
        Widths of the columns and size of the letters.
    title
        What programs that read aloud call it.
    """
    widths = [round(width * CM * TWIPS) for width in on.widths]
    pad = round(PAD * on.size * TWIPS)
    together = on.together
    body = [
        _row(row, widths, on.size, stays=together or at < 2 or at >= len(each.rows) - 3)
        for at, row in enumerate(each.rows)
    ]
    edges = f'<w:top w:val="single" w:sz="{THICK}" w:space="0" w:color="000000"/>'
    edges += f'<w:bottom w:val="single" w:sz="{THICK}" w:space="0" w:color="000000"/>'
    return element(
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblBorders>{edges}</w:tblBorders>'
        '<w:tblLayout w:type="fixed"/>'
        f'<w:tblCellMar><w:left w:w="{pad}" w:type="dxa"/><w:right w:w="{pad}" w:type="dxa"/></w:tblCellMar>'
        '<w:tblLook w:val="0620" w:firstRow="1" w:lastRow="0" w:firstColumn="1" w:lastColumn="0" w:noHBand="1" '
        f'w:noVBand="1"/><w:tblCaption w:val={_quoted(title)}/></w:tblPr>'
        f"<w:tblGrid>{''.join(f'<w:gridCol w:w={_quoted(str(width))}/>' for width in widths)}</w:tblGrid>"
        f"{_row(each.heads, widths, on.size, stays=True, head=True)}{''.join(body)}</w:tbl>"
    )


def _row(cells: Sequence[Cell], widths: Sequence[int], size: float, *, stays: bool, head: bool = False) -> str:
    """A row; ``stays`` keeps it on the page of what follows."""
    rule = f'<w:tcBorders><w:bottom w:val="single" w:sz="{THIN}" w:space="0" w:color="000000"/></w:tcBorders>'
    box = (rule if head else "") + ('<w:vAlign w:val="bottom"/>' if head else "")
    letters = f'<w:sz w:val="{round(size * 2)}"/><w:szCs w:val="{round(size * 2)}"/>'
    made = []
    for cell, width in zip(cells, widths, strict=True):
        side = "right" if cell.number else "left"
        look = f'<w:pStyle w:val="TableText"/>{"<w:keepNext/>" if stays else ""}<w:jc w:val="{side}"/>'
        inside = "".join(run(piece, letters) for piece in runs(cell.text))
        made.append(
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{box}</w:tcPr>'
            f"<w:p><w:pPr>{look}</w:pPr>{inside}</w:p></w:tc>"
        )
    repeated = "<w:tblHeader/>" if head else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{repeated}</w:trPr>{''.join(made)}</w:tr>"


def _quoted(value: str) -> str:
    body = escape(plain(value), {'"': "&quot;", "\n": " ", "\t": " "})
    return f'"{body}"'
