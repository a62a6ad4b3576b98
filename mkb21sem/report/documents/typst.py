"""A document as PDF, by typst: tagged for screen readers, with its fonts in it, made without a network."""

from __future__ import annotations

import re
import string
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import typst

from mkb21sem.report.documents.flow import Heading, Piece, flow, sheets
from mkb21sem.report.documents.grid import TALLEST, UPRIGHT, Grid, broken, grid
from mkb21sem.report.documents.parts import Document, Drawn, Listing, Numbering, Paragraph, Tabled, Verbatim, numbering
from mkb21sem.report.documents.pictures import height
from mkb21sem.report.documents.printed import Printed, printed
from mkb21sem.report.documents.runs import Run, clean, plain, runs
from mkb21sem.report.words import Words

SPECIAL = frozenset("\\#[]*_$@<>`~-+=/'\"^&|{}")
"""Signs that typst reads as something else than themselves."""
STANDARD: Literal["ua-1"] = "ua-1"
"""PDF/UA-1: every picture described, every table and heading tagged."""

LOOK = "stroke: none, inset: (x: 0pt, y: 0.36em), column-gutter: 1.1em"
ALONE = """\
#show figure.caption: it => block(sticky: true, width: 100%, below: 0.7em, align(left, it.body))
#show figure: set figure.caption(position: top)
#show figure: set block(breakable: true)
"""
"""What a table needs that stands in somebody else's document."""
PREAMBLE = """\
#set text(font: ("Libertinus Serif", "New Computer Modern Math", "DejaVu Sans Mono"), size: 10.5pt, hyphenate: false)
#set par(leading: 0.62em, spacing: 0.95em)
#set heading(numbering: none)
#show heading: set block(above: 1.5em, below: 0.8em, sticky: true)
#show heading.where(level: 1): set text(size: 15pt)
#show heading.where(level: 2): set text(size: 12.5pt)
#show heading.where(level: 3): set text(size: 11pt)
#show link: set text(fill: rgb("#174a7c"))
#show figure: set block(above: 1.6em, below: 1.6em)
#show figure.where(kind: "table"): set figure.caption(position: top)
#show figure.where(kind: "picture"): set figure.caption(position: top)
#show figure.caption: it => block(sticky: true, width: 100%, below: 0.7em, align(left, it.body))
#show figure.where(kind: "long"): set block(breakable: true)
#show figure.where(kind: "long"): set figure.caption(position: top)
#let verbatim(body) = block(width: 100%, inset: 7pt, stroke: 0.5pt + luma(200), text(size: 8pt, raw(body, block: true)))
"""


def source(document: Document, words: Words) -> str:
    """The document in typst's language; pictures are read from files called ``<name>.svg`` or ``<name>.png``."""
    at = numbering(document)
    tables = {
        name: printed(block.table, at.table[name], words, block.note)
        for block in document.blocks()
        if isinstance(block, Tabled) and (name := block.table.name)
    }
    grids = {name: grid(table) for name, table in tables.items()}

    def turned(piece: Piece) -> bool:
        return isinstance(piece, Tabled) and grids[piece.table.name].turned

    def said(piece: Piece) -> str:
        if isinstance(piece, Tabled):
            name = piece.table.name
            return table(tables[name], words, grids[name])
        return _piece(piece, at, words)

    parts = [_head(document, words)]
    for across, pieces in sheets(list(flow(document)), turned):
        body = "\n\n".join(said(piece) for piece in pieces)
        parts.append(f"#page(flipped: true)[\n{body}\n]" if across else body)
    return "\n\n".join(parts) + "\n"


def pdf(document: Document, words: Words, path: Path) -> None:
    """Write the document as PDF: the same document gives the same file.

    It meets PDF/UA-1 unless a text has signs that no font at hand can show; such signs are printed as boxes.
    """
    with tempfile.TemporaryDirectory() as folder:
        for block in document.blocks():
            if isinstance(block, Drawn):
                _picture_file(block, Path(folder))
        main = Path(folder) / "main.typ"
        main.write_text(source(document, words), encoding="utf-8")
        try:
            typst.compile(str(main), str(path), root=folder, ignore_system_fonts=True, pdf_standards=[STANDARD])
        except typst.TypstError as error:
            if "could not be displayed" not in error.message:
                raise
            typst.compile(str(main), str(path), root=folder, ignore_system_fonts=True)


def table(each: Printed, words: Words, on: Grid | None = None) -> str:
    """A table in typst's language, in APA style: number, title, rules above and below the heads and at the end, note.

    Parameters
    ----------
    each
        Rounded.
    words
        Language.
    on
        Widths of the columns and size of the letters; None leaves both to typst.
    """
    aligned = ", ".join("right + bottom" if head.number else "left + bottom" for head in each.heads)
    below = ", ".join("right" if head.number else "left" for head in each.heads)
    widths = ", ".join(f"{width}cm" for width in _less_gutter(on)) if on else str(len(each.heads))
    cells = [
        "  table.hline(stroke: 0.8pt),",
        "  table.header(repeat: true, "
        + ", ".join(
            f"table.cell(align: {side})[{_cell(head.text)}]"
            for side, head in zip(aligned.split(", "), each.heads, strict=True)
        )
        + ", table.hline(stroke: 0.5pt)),",
        *("  " + " ".join(f"[{_cell(cell.text)}]," for cell in row) for row in each.rows),
        "  table.hline(stroke: 0.8pt),",
    ]
    columns = f"({widths},)" if on else widths
    size = f"#set text(size: {on.size}pt)\n" if on else ""
    title = f"*{text((Run(plain(words('table', number=each.number))),))}* \\ #emph[{text(runs(each.caption))}]"
    note = _note(each, words)
    kind = "table" if (on or grid(each)).together else "long"
    return (
        f'#figure(kind: "{kind}", supplement: none, numbering: none, caption: [{title}])[\n'
        f"#set align(left)\n#set par(leading: 0.5em)\n#set table.cell(breakable: false)\n{size}"
        f"#table(columns: {columns}, align: ({below},), {LOOK},\n"
        + "\n".join(cells)
        + f"\n){note}\n] <table.{label(each.name)}>"
    )


def alone(each: Printed, words: Words) -> str:
    """A table for somebody else's document, with the rules that it needs: ``#include "table03_verdicts.typ"``."""
    return f"#[\n{ALONE}{table(each, words, grid(each))}\n]\n"


def text(pieces: Iterable[Run]) -> str:
    """Runs in typst's language, everything escaped."""
    return "".join(_run(piece) for piece in pieces)


def escaped(plain_text: str) -> str:
    """Plain text as typst prints it, sign by sign."""
    made, before = [], ""
    for at, letter in enumerate(plain_text):
        if letter in "\r\n\t":
            letter = " "
        ends = plain_text[at + 1 : at + 2].strip() == ""
        counts = letter in ".)" and (before == "." or (ends and plain_text[:at].strip().isdigit()))
        doubtful = letter in string.punctuation and (at == 0 or counts)
        made.append(f"\\{letter}" if letter in SPECIAL or doubtful else letter)
        before = letter
    return "".join(made)


def label(name: str) -> str:
    """A name as typst's labels allow it."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", name)


def quoted(plain_text: str) -> str:
    """Text as a string of typst's language."""
    body = clean(plain_text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{body}"'


def _less_gutter(on: Grid) -> list[float]:
    """Widths without the space between the columns, which typst adds itself."""
    gap = 1.1 * on.size / 28.346
    return [round(max(width - gap, 0.1), 3) for width in on.widths]


def _run(piece: Run) -> str:
    made = escaped(piece.text if piece.link else broken(piece.text))
    lead = made[: len(made) - len(made.lstrip())]
    trail = made[len(made.rstrip()) :] if made.strip() else ""
    made = made.strip()
    for call, there in (("emph", piece.italic), ("strong", piece.bold), (_script(piece), bool(piece.script))):
        made = f"#{call}[{made}]" if there and made else made
    if piece.target:
        kind, _, name = piece.target.partition(".")
        made = f"#link(<{kind}.{label(name)}>)[{made}]"
    elif piece.link:
        made = f"#link({quoted(piece.link)})[{made}]"
    return lead + made + trail


def _script(piece: Run) -> str:
    return {"sub": "sub", "sup": "super"}.get(piece.script, "")


def _cell(content: object) -> str:
    return text(runs(content))


def _note(each: Printed, words: Words) -> str:
    if not each.notes:
        return ""
    said = " ".join(text(runs(note)) for note in each.notes)
    return f"\n#block(above: 0.8em, width: 100%, text(size: 9pt, par[#emph[{text(runs(words('note')))}] {said}]))"


def _piece(piece: Piece, at: Numbering, words: Words) -> str:
    match piece:
        case Heading():
            return f"#heading(level: {min(piece.level, 4)})[{text(runs(piece.section.heading, at, words))}]"
        case Paragraph():
            said = text(runs(piece.text, at, words))
            return _looking(said, piece.look)
        case Listing(look="references"):
            hung = (f"#par(hanging-indent: 1.27cm)[{text(runs(entry.text, at, words))}]" for entry in piece.entries)
            return "\n\n".join(hung)
        case Listing():
            kind = "enum" if piece.ordered else "list"
            entries = ", ".join(f"[{text(runs(entry.text, at, words))}]" for entry in piece.entries)
            return f"#{kind}({entries})"
        case Drawn():
            return _picture(piece, at, words)
        case Verbatim():
            return f"#verbatim({quoted(piece.text)})"
        case _:
            raise TypeError(f"nothing is known of a {type(piece).__name__} in a document")


def _looking(said: str, look: str) -> str:
    # A paragraph in a block: of a block in a paragraph typst prints nothing.
    if look in ("banner", "warning"):
        return f"#block(fill: luma(235), inset: 6pt, width: 100%)[#par[{said}]]"
    if look == "quotation":
        return f"#block(inset: (left: 1em, y: 2pt), stroke: (left: 1.5pt + luma(180)))[#par[{said}]]"
    return f"#par[#text(size: 9.5pt)[{said}]]" if look == "note" else f"#par[{said}]"


def _picture(piece: Drawn, at: Numbering, words: Words) -> str:
    number = at.figure[piece.name]
    title = f"*{text((Run(plain(words('figure', number=number))),))}* \\ #emph[{text(runs(piece.caption, at, words))}]"
    width = min(piece.width, UPRIGHT, TALLEST * piece.width / height(piece))
    file = f"{label(piece.name)}.{'svg' if piece.svg else 'png'}"
    shown = f"image({quoted(file)}, width: {width:.2f}cm, alt: {quoted(piece.alternative)})"
    about = f'kind: "picture", supplement: none, numbering: none, caption: [{title}]'
    return f"#figure({about}, {shown}) <figure.{label(piece.name)}>"


def _picture_file(block: Drawn, folder: Path) -> None:
    if block.svg:
        (folder / f"{label(block.name)}.svg").write_text(block.svg, encoding="utf-8")
    else:
        (folder / f"{label(block.name)}.png").write_bytes(block.png)


def _head(document: Document, words: Words) -> str:
    title, subtitle = clean(document.title), clean(document.subtitle)
    banner, foot = escaped(clean(document.banner)), escaped(clean(document.foot))
    above = (
        f"block(width: 100%, fill: luma(235), inset: 4pt, radius: 2pt)[#set text(size: 8.5pt)\n*{banner}*]"
        if banner
        else f"align(right, text(size: 8.5pt, fill: luma(80))[{escaped(title)}])"
    )
    region = {"nl": "nl", "en": "gb"}[words.lang]
    return "\n".join(
        [
            f"#set document(title: {quoted(title)}, author: (), date: none)",
            f'#set text(lang: "{words.lang}", region: "{region}")',
            f'#show raw: set text(lang: "{words.lang}", region: "{region}")',
            f'#set page(paper: "a4", margin: (x: 2cm, top: 2.6cm, bottom: 2.2cm), header: {above},',
            f"  footer: context [#set text(size: 8.5pt, fill: luma(80))\n{foot} #h(1fr) ",
            '#counter(page).display("1 / 1", both: true)])',
            PREAMBLE,
            '#text(size: 20pt, weight: "bold")[#title()]' if title else "",
            f"#text(size: 12pt)[{escaped(subtitle)}]" if subtitle else "",
            f"#outline(title: [{text(runs(words('contents')))}], depth: 2)",
        ]
    )
