"""A mapping file: which column is which question and which answer has which code, said by the user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mkb21sem.errors import closest
from mkb21sem.survey.cells import Cells
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.exports.spelling import folded, spelled
from mkb21sem.survey.problems import BadWaveError, Problem
from mkb21sem.survey.questionnaire.form import boxed
from mkb21sem.survey.readers import read_cells

COLUMNS = ("column", "item", "answer", "code")
MISSING = (-7, -8, -9)


@dataclass(frozen=True, slots=True)
class Given:
    """What a mapping file says.

    Parameters
    ----------
    items
        The question of a column; empty for a column to leave out.
    codes
        For each column, codes by folded answer.
    boxes
        For each column with several boxes in a cell, the question of a box by folded answer; empty to pass over it.
    """

    items: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    boxes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def read_mapping(path: str | Path, cells: Cells, codebook: Codebook) -> Given:
    """Read a mapping file for a file of answers.

    Parameters
    ----------
    path
        A .csv or .xlsx file with the columns column, item, answer and code; others are passed over. A line without
        answer says which question a column is (blank: none). A line with one says which code the answer has; of
        several boxes in one cell, which box it is.
    cells
        The file of answers.
    codebook
        The questions.

    Raises
    ------
    WaveError
        All that is wrong with the mapping at once, row by row.
    """
    table = read_cells(path)
    lacking = [name for name in COLUMNS if name not in table.names]
    if lacking:
        expected = f"Expected the columns {', '.join(COLUMNS)}; `mkb21sem mapping FILE` drafts one."
        raise BadWaveError([Problem(table.file, f"the mapping has no column `{name}`", expected) for name in lacking])
    columns = [table.columns[table.names.index(name)] for name in COLUMNS]
    lines = [tuple(spelled(cell) for cell in line) for line in zip(*columns, strict=True)]
    found = _Reading(table.file, cells.names, codebook)
    for row, line in zip(table.rows.tolist(), lines, strict=True):
        found.take(row, line)
    if found.problems:
        raise BadWaveError(found.problems)
    return Given(found.items, found.codes, found.boxes)


class _Reading:
    """The lines read so far, and what is wrong with them."""

    def __init__(self, file: str, names: Sequence[str], codebook: Codebook) -> None:
        self.file, self.names, self.codebook = file, names, codebook
        self.batteries = boxed(codebook)
        self.items: dict[str, str] = {}
        self.codes: dict[str, dict[str, int]] = {}
        self.boxes: dict[str, dict[str, str]] = {}
        self.problems: list[Problem] = []

    def take(self, row: int, line: Sequence[str]) -> None:
        """Take one line."""
        column, item, answer, code = line
        if column not in self.names:
            remedy = f"Write a column as the file names it, or delete the line.{closest(column, self.names)}"
            self._complain(row, "column", column, "is no column of the file", remedy)
        elif item and item not in self.codebook and item not in self.batteries:
            remedy = f"Write an id such as GEB03, or letters such as NIE.{closest(item, self.codebook)}"
            self._complain(row, "item", item, "is no question of the codebook", remedy)
        elif answer:
            self._answer(row, column, item, answer, code)
        elif self.items.setdefault(column, item) != item:
            remedy = "Keep one of the two lines."
            self._complain(
                row, "item", item, f"contradicts an earlier line: `{column}` is {self.items[column]}", remedy
            )

    def _answer(self, row: int, column: str, item: str, answer: str, code: str) -> None:
        question = self.items.get(column, item)
        if question in self.batteries:
            if item == question and not code:
                return
            self.boxes.setdefault(column, {})[folded(answer)] = "" if item == question else item
        elif code and item:
            try:
                number = int(code)
            except ValueError:
                number = None
            allowed = (*self.codebook[item].codes, *MISSING)
            if number is None or number not in allowed:
                expected = f"Write one of {', '.join(map(str, allowed))}."
                self._complain(row, "code", code, f"is no code of {item}", expected)
            elif self.codes.setdefault(column, {}).setdefault(folded(answer), number) != number:
                what = f"contradicts an earlier line for the answer '{answer}' of `{column}`"
                self._complain(row, "code", code, what, "Keep one of the two lines.")

    def _complain(self, row: int, column: str, value: str, what: str, remedy: str) -> None:
        self.problems.append(Problem(self.file, what, remedy, (row,), column, f"'{value}'"))
