"""What is wrong in a file of answers, cell by cell, and the one error that lists all of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mkb21sem.errors import WaveError

ROWS_SHOWN = 12
PROBLEMS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that has to be put right before the file can be used.

    Parameters
    ----------
    file
        Name of the file or wave.
    what
        What stands there and what was expected, without the place.
    remedy
        What to do about it.
    rows
        Every row it occurs in, numbered as the spreadsheet numbers them.
    column
        The column's name; empty where the problem isn't in one column.
    value
        The value as the file shows it; empty where there is none.
    """

    file: str
    what: str
    remedy: str
    rows: tuple[int, ...] = ()
    column: str = ""
    value: str = ""

    def __str__(self) -> str:
        place = [self.file, named_rows(self.rows), f"column {self.column}" if self.column else ""]
        what = f"value {self.value} {self.what}" if self.value else self.what
        return f"{', '.join(part for part in place if part)}: {what}. {self.remedy}".strip()


class BadWaveError(WaveError):
    """A wave or codebook with problems; the message lists all of them, `problems` holds them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(listing(self.problems))


def named_rows(rows: Sequence[int]) -> str:
    """Rows in words: "row 17", "rows 3, 5 and 9", or the first twelve and how many more there are."""
    if not rows:
        return ""
    if len(rows) == 1:
        return f"row {rows[0]}"
    shown = [str(row) for row in rows[:ROWS_SHOWN]]
    if len(rows) > ROWS_SHOWN:
        return f"rows {', '.join(shown)} and {len(rows) - ROWS_SHOWN} more"
    return f"rows {', '.join(shown[:-1])} and {shown[-1]}"


def listing(problems: Sequence[Problem]) -> str:
    """All problems, one a line; past 200 lines only how many are left."""
    lines = [str(problem) for problem in problems[:PROBLEMS_SHOWN]]
    if len(problems) == 1:
        return lines[0]
    if len(problems) > PROBLEMS_SHOWN:
        lines.append(f"… and {len(problems) - PROBLEMS_SHOWN} more problems of this kind or another.")
    return "\n".join([f"{len(problems)} problems:", *(f"  {line}" for line in lines)])


def problem_frame(problems: Iterable[Problem]) -> pd.DataFrame:
    """Problems as a table with one line a cell: file, row, column, value, problem, remedy."""
    lines = [
        (problem.file, row, problem.column, problem.value, problem.what, problem.remedy)
        for problem in problems
        for row in (problem.rows or (None,))
    ]
    frame = pd.DataFrame(lines, columns=["file", "row", "column", "value", "problem", "remedy"])
    return frame.astype({"row": "Int64"})


def by_value(
    file: str,
    column: str,
    values: NDArray[Any],
    wrong: NDArray[np.bool_],
    rows: NDArray[np.int64],
    what: str,
    remedy: str,
) -> list[Problem]:
    """One problem for each different value among the wrong cells of a column.

    Parameters
    ----------
    values : (n,)
        The column as the file shows it.
    wrong : (n,)
        Which cells are wrong.
    rows : (n,)
        Row numbers in the spreadsheet.
    what, remedy
        May hold `{value}`, which is filled in.
    """
    if not wrong.any():
        return []
    shown = np.array([show(value) for value in values[wrong]], dtype=object)
    which, different = pd.factorize(shown)
    order = np.argsort(which, kind="stable")
    at = np.split(rows[wrong][order], np.cumsum(np.bincount(which))[:-1])
    return [
        Problem(
            file=file,
            what=what.replace("{value}", value),
            remedy=remedy.replace("{value}", value),
            rows=tuple(int(row) for row in places),
            column=column,
            value=value,
        )
        for value, places in zip(different, at, strict=True)
    ]


def show(value: object) -> str:
    """Spell a cell as its reader knows it: 7 and not 7.0, text between quotation marks, shortened."""
    if isinstance(value, (float, np.floating)):
        return f"{float(value):.15g}"
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    text = " ".join(str(value).split())
    return f"'{text[:57]}…'" if len(text) > 60 else f"'{text}'"


def one_typo(word: str, meant: str) -> bool:
    """Whether one letter dropped, added, changed or swapped with its neighbour parts the two words.

    Case and surrounding spaces don't count; equal words are no typo apart.
    """
    a, b = word.strip().casefold(), meant.strip().casefold()
    if a == b or abs(len(a) - len(b)) > 1:
        return False
    if len(a) > len(b):
        a, b = b, a
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
    if len(a) < len(b):
        return a[at:] == b[at + 1 :]
    swapped = a[at : at + 2] == b[at : at + 2][::-1] and a[at + 2 :] == b[at + 2 :]
    return swapped or a[at + 1 :] == b[at + 1 :]
