"""The list of references of a document or a page: what it cites, in the order of APA, each with a hanging indent."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace

from markupsafe import Markup

from mkb21sem.report.documents.parts import Block, Document, Drawn, Listing, Paragraph, Section, Tabled, Verbatim
from mkb21sem.report.documents.printed import printed
from mkb21sem.report.documents.runs import plain
from mkb21sem.report.references.citations import Citation, cited
from mkb21sem.report.words import Words

NAME, LOOK = "references", "references"
_INLINE = re.compile(r"</?(?:i|em|b|strong|sub|sup|a|span|code)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")


def with_references(document: Document, words: Words) -> Document:
    """The document, with the works that it cites as its last section; as it is where it cites none."""
    listed, unknown = cited(said(document, words))
    if not listed and not unknown:
        return document
    blocks: list[Block] = []
    if listed:
        blocks.append(Listing(tuple(Paragraph(work.printed(words.lang)) for work in listed), look=LOOK))
    if unknown:
        blocks.append(Paragraph(elsewhere(unknown, words), look="note"))
    return replace(document, sections=(*document.sections, Section(NAME, words("references.title"), tuple(blocks))))


def elsewhere(unknown: tuple[Citation, ...], words: Words) -> Markup:
    """That some citations are of works that this program has no record of."""
    return words("references.unknown", cited="; ".join(map(str, unknown)))


def said(document: Document, words: Words) -> Iterator[str]:
    """Everything that a document says, piece by piece and without mark-up."""
    for section in document.walk():
        yield plain(section.heading)
        for block in section.blocks:
            yield from _said(block, words)


def on_page(main: str, words: Words) -> tuple[tuple[Markup, ...], Markup]:
    """The entries for a page, and a sentence on what it cites beside them; empty for nothing.

    Parameters
    ----------
    main
        What the page says, as HTML.
    words
        Language.
    """
    listed, unknown = cited(html.unescape(_TAG.sub("\n", _INLINE.sub("", main))).splitlines())
    entries = tuple(work.printed(words.lang) for work in listed)
    return entries, elsewhere(unknown, words) if unknown else Markup("")


def _said(block: Block, words: Words) -> Iterator[str]:
    match block:
        case Paragraph():
            yield plain(block.text)
        case Listing():
            yield from (plain(entry.text) for entry in block.entries)
        case Tabled():
            shown = printed(block.table, 0, words, block.note)
            yield plain(shown.caption)
            yield from map(plain, shown.notes)
            yield from (plain(cell.text) for row in (shown.heads, *shown.rows) for cell in row)
        case Drawn():
            yield plain(block.caption)
        case Verbatim():
            yield from block.text.splitlines()
