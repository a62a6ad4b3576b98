"""A document as one HTML page that needs nothing from elsewhere."""

from __future__ import annotations

import base64
import re
from typing import Any

from markupsafe import Markup, escape

from mkb21sem.report.documents.great import element
from mkb21sem.report.documents.parts import Block, Document, Drawn, Tabled, numbering
from mkb21sem.report.documents.printed import Printed, printed
from mkb21sem.report.documents.runs import Run, clean, runs
from mkb21sem.report.pages import rendered
from mkb21sem.report.words import Words

ENLARGED, READABLE = 1.35, 13.0
"""How much a picture is enlarged at most, and the width in cm below which it scrolls instead of shrinking."""


def page(document: Document, words: Words) -> str:
    """The document as one page: styles, tables and pictures are all in it.

    Parameters
    ----------
    document
        What it consists of.
    words
        Language and labels.
    """
    at = numbering(document)
    spoken = words.plain("banner")

    def table(block: Tabled) -> Printed:
        return printed(block.table, at.table[block.table.name], words, block.note)

    def filled(text: object) -> Markup:
        return marked(runs(text, at, words))

    page: dict[str, Any] = {
        "title": clean(document.title),
        "subtitle": clean(document.subtitle),
        "kicker": words("report"),
        "synthetic": bool(document.banner),
        "said": document.banner,
        "usual": document.banner == spoken,
        "margin": Markup(_quoted(document.banner)),
        "first": next((section.name for section in document.sections if section.filled), "contents"),
        "sections": document.sections,
        "foot": clean(document.foot),
        "at": at,
        "filled": filled,
        "printed": table,
        "element": element,
        "image": image,
        "kind": _kind,
        "listed": True,
    }
    return rendered("document.html", page, words)


def marked(pieces: tuple[Run, ...]) -> Markup:
    """Runs as mark-up; references lead to what they name."""
    return Markup("").join(_marked(piece) for piece in pieces)


def image(block: Drawn) -> Markup:
    """A picture as an element that holds the picture itself and its alternative text."""
    held = base64.b64encode(block.svg.encode()).decode("ascii") if block.svg else base64.b64encode(block.png).decode()
    kind = "svg+xml" if block.svg else "png"
    wide, narrow = ENLARGED * block.width, min(READABLE, block.width)
    style = f"width:{wide:.1f}cm;max-width:100%;min-width:{narrow:.1f}cm;height:auto"
    return Markup('<img alt="{}" style="{}" src="data:image/{};base64,{}">').format(
        block.alternative, style, Markup(kind), Markup(held)
    )


def _marked(piece: Run) -> Markup:
    made = escape(piece.text)
    marks = [("i", piece.italic), ("b", piece.bold), (piece.script, bool(piece.script))]
    for mark, there in marks:
        made = Markup(f"<{mark}>{made}</{mark}>") if there else made
    if piece.link:
        return Markup('<a href="{}">{}</a>').format(piece.link, made)
    return Markup('<a href="#{}">{}</a>').format(piece.target.replace(".", "-", 1), made) if piece.target else made


def _kind(block: Block) -> str:
    return type(block).__name__


def _quoted(text: str) -> str:
    """Text between quotation marks in a style sheet."""
    return re.sub(r"[^\w .,:;()–-]", lambda found: f"\\{ord(found.group()):x} ", text)
