"""Single tables as files, for a manuscript that is written elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from mkb21sem.errors import one_of
from mkb21sem.report.documents import great, latex, markdown, typst, word
from mkb21sem.report.documents.parts import Document, Tabled, numbering
from mkb21sem.report.documents.printed import Printed, printed
from mkb21sem.report.table import Table
from mkb21sem.report.table import write as write_csv
from mkb21sem.report.words import Words

PRINTED: dict[str, Callable[[Printed, Words], str]] = {
    "html": great.alone,
    "tex": latex.table,
    "md": lambda each, words: markdown.table(each, words) + "\n",
    "typ": typst.alone,
}
"""Formats that are text."""
FORMATS = ("csv", "docx", *PRINTED)


def save(
    table: Table, words: Words, number: int, folder: Path, formats: Iterable[str] = FORMATS, note: str = ""
) -> list[Path]:
    """Write one table in several formats, as ``table03_verdicts.docx``; CSV is unrounded and whole.

    Parameters
    ----------
    table
        What is shown.
    words
        Language and labels.
    number
        Of the table in its document.
    folder
        Where to; it has to be there.
    formats
        Of `FORMATS`.
    note
        Key of its note, if another than ``note.<name>``.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    OptionError
        An unknown format.
    """
    each = printed(table, number, words, note)
    made = []
    for form in formats:
        one_of("tables", form, FORMATS)
        path = folder / f"table{number:02d}_{table.name}.{form}"
        if form == "csv":
            write_csv(table.frame, path, words.lang)
        elif form == "docx":
            word.table_alone(each, words, path)
        else:
            path.write_text(PRINTED[form](each, words), encoding="utf-8")
        made.append(path)
    return made


def save_all(document: Document, words: Words, folder: Path, formats: Iterable[str] = FORMATS) -> list[Path]:
    """Write every table of a document, numbered as there."""
    at, asked = numbering(document), tuple(formats)
    tabled = [block for block in document.blocks() if isinstance(block, Tabled)]
    return [
        path
        for block in tabled
        for path in save(block.table, words, at.table[block.table.name], folder, asked, block.note)
    ]
