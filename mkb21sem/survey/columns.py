"""A column of cells as numbers: which cells are numbers, which are blank, which are text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
BLANK = frozenset({"", ".", "NA", "N/A", "NaN", "nan", "NULL", "#NULL!"})


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A column read as numbers.

    Parameters
    ----------
    values : (n,)
        The numbers; NaN where the cell is blank or text.
    text : (n,)
        Which cells hold something that is not a number.
    grouped
        Whether every comma in the column could as well part thousands as mark decimals (1,234).
    """

    values: NDArray[np.float64]
    text: NDArray[np.bool_]
    grouped: bool = False

    @property
    def blank(self) -> NDArray[np.bool_]:
        """Which cells hold nothing, (n,)."""
        return np.isnan(self.values) & ~self.text


def numbers(cells: NDArray[Any]) -> Numbers:
    """Numbers in a column of cells; every different cell is looked at once.

    A decimal comma is read as such unless another cell of the same column has a decimal point: then
    the cells with a comma count as text, since one of the two must be a mistake.

    Parameters
    ----------
    cells : (n,)
        Text, numbers, None or NaN.
    """
    if cells.dtype.kind in "fiub":
        values = cells.astype(float)
        return Numbers(values, np.isinf(values))
    which, different = pd.factorize(_truths_apart(cells))
    spelled = [cell.strip().replace("−", "-") if isinstance(cell, str) else cell for cell in different]
    numeric = [cell for cell in spelled if isinstance(cell, str) and NUMBER.fullmatch(cell)]
    comma = [cell for cell in numeric if "," in cell]
    mixed = bool(comma) and any("." in cell for cell in numeric)
    parsed = np.array([_number(cell, mixed) for cell in spelled] + [np.nan])
    blank = np.array([_blank(cell) for cell in spelled] + [True])
    values = parsed[which]
    return Numbers(
        values,
        np.isnan(values) & ~blank[which],
        grouped=bool(comma) and all(THOUSANDS.fullmatch(cell) for cell in comma),
    )


def truths(cells: NDArray[Any]) -> NDArray[np.bool_]:
    """Which cells are TRUE or FALSE, as a spreadsheet knows them beside numbers, (n,)."""
    return np.array([isinstance(cell, (bool, np.bool_)) for cell in cells], dtype=bool)


def _truths_apart(cells: NDArray[Any]) -> NDArray[Any]:
    """TRUE and FALSE as text where they stand among other answers: only a column of nothing else is one of 1 and 0."""
    true = truths(cells)
    if not true.any() or all(each or _blank(cell) for cell, each in zip(cells, true, strict=True)):
        return cells
    return np.array([str(cell).upper() if each else cell for cell, each in zip(cells, true, strict=True)], dtype=object)


def among(values: NDArray[np.float64], codes: Iterable[float]) -> NDArray[np.bool_]:
    """Which values are one of the codes, (n,)."""
    return np.isin(values, np.fromiter((float(code) for code in codes), dtype=float))


def filled(cells: NDArray[Any]) -> bool:
    """Whether a column holds anything at all."""
    return any(not _blank(cell) for cell in pd.unique(pd.Series(cells, dtype=object)))


def _number(cell: object, comma_is_text: bool) -> float:
    if isinstance(cell, str):
        if not NUMBER.fullmatch(cell) or (comma_is_text and "," in cell):
            return np.nan
        return float(cell.replace(",", "."))
    if isinstance(cell, (bool, int, float, np.number, np.bool_)) and np.isfinite(cell):
        return float(cell)
    return np.nan


def _blank(cell: object) -> bool:
    if isinstance(cell, str):
        return cell.strip() in BLANK
    return cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and np.isnan(cell))
