"""A table for print: a frame of unrounded numbers, and how each column is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from mkb21sem.report import numbers
from mkb21sem.report.words import Words

FORMS: dict[str, tuple[Any, int]] = {
    "number1": (numbers.number, 1),
    "number2": (numbers.number, 2),
    "number3": (numbers.number, 3),
    "bounded2": (numbers.bounded, 2),
    "bounded3": (numbers.bounded, 3),
}
"""Numbers with their places; `interval` columns take one of these for both ends."""

PERCENTAGES = {"percent": (1, 0), "percent1": (1, 1), "points1": (100, 1)}
"""Shares and percentages: what one hundred percent is, and the places."""

LONG = ("path", "label", "label_rhs", "indicator")
"""Columns of text that need room."""

SIGNS = {"blank": "", "dash": numbers.ABSENT, "secret": numbers.CONFIDENTIAL}
"""What stands in a cell that shows no number."""

HIDDEN = "hidden"
"""A column of the frame that says in which rows numbers were left out to protect respondents."""

OPERATORS = frozenset({"=~", "~", "~~", "~1"})
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Column:
    """One column in print.

    Parameters
    ----------
    id
        Its heading is the text ``col.<id>``; also the frame's column unless ``of`` says otherwise.
    form
        A key of `FORMS` or `SIGNS`, or "text", "word" (the text ``<id>.<value>``), "count", "p",
        a key of `PERCENTAGES`, or "interval" with a key of `FORMS` after a space. A tuple gives every row its own form.
    of
        The frame's columns that it shows: two for an interval.
    """

    id: str
    form: str | tuple[str, ...] = "text"
    of: tuple[str, ...] = ()

    @property
    def source(self) -> tuple[str, ...]:
        """The frame's columns behind it."""
        return self.of or (self.id,)


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one cell: text, whether it is a number, and classes for its looks."""

    text: str
    number: bool = False
    tag: str = ""
    look: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A numbered table.

    Parameters
    ----------
    name
        Caption and note are the texts ``table.<name>`` and, if there is one, ``note.<name>``; the CSV file is
        called so too.
    frame
        Unrounded, with column names that don't depend on the language.
    columns
        What is shown of it.
    facts
        What is filled in in caption and note.
    rows
        Places of the rows that are shown; None for all. The CSV has all.
    wide
        Whether it needs small print.
    remarks
        Sentences after the note.
    """

    name: str
    frame: pd.DataFrame
    columns: tuple[Column, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[int, ...] | None = None
    wide: bool = False
    remarks: tuple[str, ...] = ()

    def cells(self, words: Words) -> list[list[Cell]]:
        """The shown rows, formatted."""
        shown = range(len(self.frame)) if self.rows is None else self.rows
        return [[_cell(self.frame, column, at, words) for column in self.columns] for at in shown]

    def heads(self, words: Words) -> list[Cell]:
        """Column headings, which are aligned as their columns; ``=x`` is a heading x that needs no translation."""
        return [
            Cell(column.id[1:] if column.id.startswith("=") else words(f"col.{column.id}"), _numeric(column))
            for column in self.columns
        ]


def write(frame: pd.DataFrame, path: Path, lang: str = "en", spreadsheet: bool = True) -> None:
    """Write a frame as CSV, unrounded.

    Parameters
    ----------
    lang
        Dutch spreadsheets get semicolons and decimal commas.
    spreadsheet
        Whether to begin with the mark by which a spreadsheet recognises UTF-8.
    """
    between, decimal = (";", ",") if lang == "nl" else (",", ".")
    safe = frame.map(neutralised)
    encoding = "utf-8-sig" if spreadsheet else "utf-8"
    safe.to_csv(path, index=False, sep=between, decimal=decimal, encoding=encoding, lineterminator="\n")


def neutralised(cell: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets an apostrophe before it; numbers and operators stay."""
    risky = isinstance(cell, str) and cell.startswith(FORMULA) and cell not in OPERATORS
    return f"'{cell}" if risky else cell


def _numeric(column: Column) -> bool:
    return column.form not in ("text", "word")


def _cell(frame: pd.DataFrame, column: Column, at: int, words: Words) -> Cell:
    values = [frame[name].iloc[at] for name in column.source]
    form = column.form if isinstance(column.form, str) else column.form[at]
    if form == "text":
        return Cell("" if pd.isna(values[0]) else str(values[0]), look="long" if column.id in LONG else "")
    if form == "word":
        value = str(values[0])
        key = f"{column.id}.{value}" if value else ""
        return Cell(words.plain(key), tag=f"{column.id} {value.replace(' ', '-')}") if key else Cell(numbers.ABSENT)
    if HIDDEN in frame and frame[HIDDEN].iloc[at] and pd.isna(values).all() and form not in SIGNS:
        return Cell(numbers.CONFIDENTIAL, number=True, look="number")
    return Cell(formatted(form, [_float(value) for value in values], words.lang), number=True, look="number")


def _float(value: Any) -> float:
    return float("nan") if pd.isna(value) else float(value)


def formatted(form: str, values: list[float], lang: str) -> str:
    """Numbers as a form shows them."""
    kind, _, inner = form.partition(" ")
    if kind in SIGNS:
        return SIGNS[kind]
    if kind == "interval":
        show, places = FORMS[inner]
        return numbers.interval(values[0], values[1], show, places, lang)
    if kind == "p":
        return numbers.p_value(values[0], lang)
    if kind == "count":
        return numbers.count(values[0], lang)
    if kind in PERCENTAGES:
        unit, places = PERCENTAGES[kind]
        return numbers.percent(values[0] / unit, places, lang)
    show, places = FORMS[kind]
    return str(show(values[0], places, lang))
