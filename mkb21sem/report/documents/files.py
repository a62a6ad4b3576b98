"""A document as files: page, Word, PDF, Markdown, with its pictures and tables beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from mkb21sem.errors import one_of
from mkb21sem.report.documents import html, markdown, tables, typst, word
from mkb21sem.report.documents.parts import Document, Drawn
from mkb21sem.report.words import Words

FORMATS = ("html", "docx", "pdf", "md")
PICTURES = "pictures"


def write(
    document: Document,
    words: Words,
    folder: Path,
    formats: Iterable[str] = FORMATS,
    name: str = "report",
    step: Callable[[str], object] = lambda step: None,
) -> list[Path]:
    """Write a document in several formats into a folder that is there.

    Parameters
    ----------
    document
        What it consists of.
    words
        Language and labels.
    folder
        Where to.
    formats
        Of `FORMATS`; Markdown has its pictures in a folder of their own.
    name
        Of the files, before the dot.
    step
        Called with the name of each format as it begins.

    Raises
    ------
    OptionError
        An unknown format.
    """
    made = []
    for form in formats:
        one_of("formats", form, FORMATS)
        step(form)
        path = folder / f"{name}.{form}"
        if form == "html":
            path.write_text(html.page(document, words), encoding="utf-8")
        elif form == "docx":
            word.write(document, words, path)
        elif form == "pdf":
            typst.pdf(document, words, path)
        else:
            path.write_text(markdown.source(document, words, PICTURES), encoding="utf-8")
            save_pictures(document, folder / PICTURES)
        made.append(path)
    return made


def save_tables(document: Document, words: Words, folder: Path, formats: Iterable[str] = tables.FORMATS) -> list[Path]:
    """Write every table of a document into a folder, made if need be; see `mkb21sem.report.documents.tables.save`."""
    folder.mkdir(parents=True, exist_ok=True)
    return tables.save_all(document, words, folder, formats)


def save_pictures(document: Document, folder: Path) -> list[Path]:
    """Write every picture of a document into a folder, made if need be, as SVG and PNG."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for block in document.blocks():
        if isinstance(block, Drawn):
            for suffix, content in ((".svg", block.svg.encode("utf-8")), (".png", block.png)):
                if content:
                    made.append(folder / f"{block.name}{suffix}")
                    made[-1].write_bytes(content)
    return made
