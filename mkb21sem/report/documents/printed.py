"""A table as it is printed, whatever it is printed with: its number, title, heads, rounded cells and notes."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from mkb21sem.report.table import HIDDEN, Cell, Table
from mkb21sem.report.words import Words


@dataclass(frozen=True, slots=True, eq=False)
class Printed:
    """A numbered table with its cells rounded.

    Attributes
    ----------
    name
        Of its anchor and file.
    number
        Where it stands among the tables.
    caption
        Its title.
    heads, rows
        Cells of the head, and of every row.
    notes
        Sentences below it, of which some may have marks.
    wide
        Whether it needs small print.
    """

    name: str
    number: int | str
    caption: Markup
    heads: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[Markup | str, ...]
    wide: bool


def printed(table: Table, number: int | str, words: Words, note: str = "") -> Printed:
    """A table in print.

    Parameters
    ----------
    table
        What is shown.
    number
        Of the table in its document.
    words
        Language and labels.
    note
        Key of its note; by default ``note.<name>``, if there is such a text.
    """
    key = note or f"note.{table.name}"
    hides = HIDDEN in table.frame and bool(table.frame[HIDDEN].any())
    return Printed(
        table.name,
        number,
        words(f"table.{table.name}", **table.facts),
        tuple(table.heads(words)),
        tuple(tuple(row) for row in table.cells(words)),
        (
            *((words(key, **table.facts),) if words.has(key) else ()),
            *table.remarks,
            *((words("privacy.hidden"),) if hides else ()),
        ),
        table.wide,
    )
