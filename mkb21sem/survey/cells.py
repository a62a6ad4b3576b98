"""Columns of cells as a file holds them: what every reader makes, and what is wrong with a table's shape."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mkb21sem.errors import WaveError
from mkb21sem.survey.columns import filled, numbers
from mkb21sem.survey.problems import Problem


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A file's columns as they stand there, in the file's order.

    Parameters
    ----------
    file
        The file as the user named it.
    names, columns
        Column names and, for each, its cells (n,): text or numbers, blank as "", None or NaN.
    rows : (n,)
        Row numbers as a spreadsheet shows them (the header is row 1); case numbers for .sav.
    sha256
        Of the file's bytes.
    problems, notes
        What is wrong with the file's shape; what was assumed while reading it.
    declared
        SPSS user-missing codes among −7, −8, −9, which are kept as they are, by column.
    labels
        SPSS value labels by column and code.
    titles
        What a column asks, where the file says so beside its name: SPSS variable labels, Qualtrics' second row.
    """

    file: str
    names: tuple[str, ...]
    columns: tuple[NDArray[Any], ...]
    rows: NDArray[np.int64]
    sha256: str = ""
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    declared: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    labels: Mapping[str, Mapping[float, str]] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)


def cells_of(frame: pd.DataFrame, name: str) -> Cells:
    """Turn a frame's columns into cells; rows are counted from 1."""
    columns = tuple(_plain(frame.iloc[:, at]) for at in range(frame.shape[1]))
    names = tuple(str(column).strip() for column in frame.columns)
    return Cells(
        name,
        names,
        columns,
        np.arange(1, len(frame) + 1),
        problems=shape_problems(name, names, range(len(names))),
    )


def _plain(column: pd.Series[Any]) -> NDArray[Any]:
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        return column.to_numpy(dtype=float, na_value=np.nan)
    return column.to_numpy(dtype=object)


def assembled(
    file: str, records: Sequence[tuple[int, Sequence[Any]]], notes: tuple[str, ...], fixed_width: bool
) -> Cells:
    """Header and rows → columns; rows of another length than the header are problems and left out.

    Parameters
    ----------
    file
        The file as the user named it.
    records
        Row number and cells of every row that holds anything; the first is the header.
    notes
        What was assumed while reading.
    fixed_width
        Whether a row shorter than the header is a mistake (delimited text) or only ends early (a sheet).
    """
    first, header = records[0]
    names = [
        "" if cell is None else f"{cell:.15g}" if isinstance(cell, float) else str(cell).strip() for cell in header
    ]
    while not names[-1]:
        names.pop()
    if not np.isnan(numbers(np.array(names, dtype=object)).values).any():
        raise WaveError(
            f"{file}, row {first}: numbers where names were expected. Put the column names in the first row."
        )
    width = len(names)
    lengths = {len(record) for _, record in records[1:]}
    allowed = {len(header), *lengths} if len(lengths) == 1 or not fixed_width else {len(header)}
    fits = [_fits(record, width, allowed, fixed_width) for _, record in records[1:]]
    kept = [record for record, fit in zip(records[1:], fits, strict=True) if fit]
    padded = [(*record, *[None] * (width - len(record)))[:width] for _, record in kept]
    columns = [np.array(column, dtype=object) for column in zip(*padded, strict=True)]
    columns = columns or [np.array([], dtype=object) for _ in names]
    used = [at for at, name in enumerate(names) if name or filled(columns[at])]
    ragged = [record for record, fit in zip(records[1:], fits, strict=True) if not fit]
    return Cells(
        file,
        tuple(names[at] for at in used),
        tuple(columns[at] for at in used),
        np.array([number for number, _ in kept], dtype=np.int64),
        problems=(*shape_problems(file, names, used), *_ragged(file, ragged, width, fixed_width)),
        notes=notes,
    )


def shape_problems(file: str, names: Sequence[str], used: Sequence[int]) -> tuple[Problem, ...]:
    """Columns without a name, or with the same name; `used` are the columns that count."""
    where: dict[str, list[str]] = {}
    for at in used:
        where.setdefault(names[at], []).append(_letters(at))
    problems = []
    for name, places in where.items():
        if not name:
            what = f"column {' and '.join(places)} holds answers but has no name"
            problems.append(Problem(file, what, "Name it in the first row, or delete it.", (1,)))
        elif len(places) > 1:
            what = f"the name stands above {len(places)} columns ({', '.join(places)})"
            problems.append(Problem(file, what, "Rename or delete all but one.", (1,), name))
    return tuple(problems)


def _fits(record: Sequence[Any], width: int, allowed: Collection[int], fixed_width: bool) -> bool:
    """Whether a row has a cell for each column; blank ones beyond the last only where every row has them.

    In delimited text a single longer row is one with a stray delimiter, its answers a column further on.
    """
    if len(record) <= width:
        return len(record) == width or not fixed_width
    return len(record) in allowed and all(cell is None or cell == "" for cell in record[width:])


def _ragged(file: str, records: Sequence[tuple[int, Sequence[Any]]], width: int, fixed_width: bool) -> list[Problem]:
    """One problem for each wrong row length."""
    rows: dict[int, list[int]] = {}
    for number, record in records:
        rows.setdefault(len(record), []).append(number)
    remedy = (
        "Look for a missing or extra delimiter, or a decimal comma outside quotation marks."
        if fixed_width
        else "Give the extra column a name, or empty it."
    )
    return [
        Problem(file, f"{length} cells, but the header names {width} columns", remedy, tuple(at))
        for length, at in sorted(rows.items())
    ]


def _letters(at: int) -> str:
    """Spell column `at`, counted from 0, as a spreadsheet does: A to Z, then AA."""
    text = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        text = chr(65 + rest) + text
    return text
