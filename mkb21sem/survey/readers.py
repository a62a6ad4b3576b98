"""Files of answers (.csv, .xlsx, .sav) → columns of cells with the row numbers that the user sees."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
from numpy.typing import NDArray

from mkb21sem.errors import WaveError
from mkb21sem.survey.cells import Cells, cells_of
from mkb21sem.survey.columns import among, numbers
from mkb21sem.survey.delimited import delimited
from mkb21sem.survey.problems import BadWaveError, Problem, by_value
from mkb21sem.survey.workbook import workbook

MISSING = (-7, -8, -9)
LARGEST = 500 * 2**20
"""Bytes of the largest file that is read."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Any table of numbers read from a file.

    Parameters
    ----------
    frame
        Numeric columns as float with NaN for missing; other columns as text. Rows in file order.
    rows : (n,)
        Row numbers as a spreadsheet shows them.
    file, sha256
        Where it came from, and the hash of the file's bytes.
    notes
        What was assumed while reading.
    """

    frame: pd.DataFrame
    rows: NDArray[np.int64]
    file: str
    sha256: str
    notes: tuple[str, ...] = ()


def read_table(path: str | Path, missing_codes: Iterable[float] = (), needed: Iterable[str] | None = None) -> Table:
    """Any table: numeric columns parsed, the given codes and SPSS user-missing values made NaN.

    Parameters
    ----------
    path
        A .csv, .tsv, .txt, .xlsx or .sav file with column names in its first row.
    missing_codes
        Values that mean "no answer" in every numeric column, such as −99.
    needed
        Columns that must be numeric throughout. Without it, a column of which at least half the filled
        cells are numbers must be; text anywhere else is left as it is.

    Raises
    ------
    WaveError
        The file can't be read, or a numeric column holds text: every such cell is named.
    """
    cells = read_cells(path)
    wanted = None if needed is None else set(needed)
    missing = tuple(float(code) for code in missing_codes)
    problems = list(cells.problems)
    columns: dict[str, Any] = {}
    for name, column in zip(cells.names, cells.columns, strict=True):
        columns[name], wrong = _numeric(cells, name, column, missing, wanted)
        problems += wrong
    if problems:
        raise BadWaveError(problems)
    return Table(pd.DataFrame(columns), cells.rows, cells.file, cells.sha256, cells.notes)


def read_cells(path: str | Path) -> Cells:
    """Read a file's cells, untouched but for SPSS user-missing values, by the file name's ending.

    Raises
    ------
    WaveError
        There is no such file, it is empty, or it is not what its name says.
    """
    file = Path(path)
    content = _bytes(file)
    suffix = file.suffix.lower()
    _refuse_disguise(file, content, suffix)
    if suffix in {".csv", ".tsv", ".txt", ".tab"}:
        cells = delimited(file, content)
    elif suffix in {".xlsx", ".xlsm"}:
        cells = workbook(file, content)
    else:
        cells = _spss(file)
    if len(cells.rows) == 0 and not cells.problems:
        raise WaveError(f"{file}: there is a header but no answers under it. Export the file again with its rows.")
    return replace(cells, sha256=hashlib.sha256(content).hexdigest())


def _numeric(
    cells: Cells, name: str, column: NDArray[Any], missing: tuple[float, ...], wanted: set[str] | None
) -> tuple[Any, list[Problem]]:
    """Parse a column as floats, or leave it as it stands when it is text; and list its problems."""
    found = numbers(column)
    count = int((~np.isnan(found.values)).sum())
    must = name in wanted if wanted is not None else count > 0 and count >= found.text.sum()
    if found.text.any() and not must:
        return pd.array(["" if cell is None else str(cell) for cell in column], dtype="str"), []
    values = found.values.copy()
    values[among(values, (*missing, *cells.declared.get(name, ())))] = np.nan
    remedy = "Correct the cell, leave it blank, or give the answer's code"
    problems = by_value(
        cells.file,
        name,
        column,
        found.text,
        cells.rows,
        "is not a number, in a column of numbers",
        f"{remedy}.",
    )
    if found.grouped:
        commas = np.array([isinstance(cell, str) and "," in cell for cell in column])
        what = "may be a decimal comma or part thousands"
        remedy = "Write the column without thousands separators, or with more or fewer than three decimals."
        problems += by_value(cells.file, name, column, commas, cells.rows, what, remedy)
    return values, problems


def _bytes(file: Path) -> bytes:
    if file.is_dir():
        raise WaveError(f"{file} is a folder, not a file. Name the .csv, .xlsx or .sav file in it.")
    if not file.exists():
        beside = [other.name for other in file.parent.iterdir()] if file.parent.is_dir() else []
        near = get_close_matches(file.name, beside, n=3, cutoff=0.5)
        hint = f" Closest: {', '.join(near)}." if near else " Check the name and the folder."
        raise WaveError(f"{file}: there is no such file.{hint}")
    if not file.is_file():
        raise WaveError(f"{file} is a device or a pipe, not a file. Save the answers as .csv, .xlsx or .sav.")
    try:
        size = file.stat().st_size
        if size > LARGEST:
            raise WaveError(
                f"{file} is {size / 2**20:,.0f} MB; at most {LARGEST // 2**20} MB is read, which holds a million "
                "respondents. Leave out columns that are no questions, or save it as CSV."
            )
        content = file.read_bytes()
    except OSError as error:
        raise WaveError(
            f"{file} can't be opened ({error.strerror}). Close it elsewhere or check its rights."
        ) from error
    if not content.strip():
        raise WaveError(f"{file} is empty. Export the answers again.")
    return content


def _refuse_disguise(file: Path, content: bytes, suffix: str) -> None:
    """Refuse a file whose first bytes say something else than its name."""
    kinds = {b"PK\x03\x04": ".xlsx", b"$FL2": ".sav", b"$FL3": ".sav", b"\xd0\xcf\x11\xe0": ".xls"}
    kind = next((kind for start, kind in kinds.items() if content.startswith(start)), "")
    known = {".csv", ".tsv", ".txt", ".tab", ".xlsx", ".xlsm", ".sav", ".zsav"}
    if kind == ".xls":
        raise WaveError(
            f"{file} is an old Excel workbook (.xls) or one with a password. "
            "Save it as .xlsx without password, or as .csv."
        )
    if suffix not in known:
        raise WaveError(
            f"{file}: the ending {suffix or '(none)'} is not one of .csv, .tsv, .txt, .xlsx, .sav. "
            "Save it as one of these."
        )
    same = {".xlsm": ".xlsx", ".zsav": ".sav"}.get(suffix, suffix)
    if same in {".xlsx", ".sav"} and kind != same:
        what = "an Excel workbook" if same == ".xlsx" else "an SPSS file"
        raise WaveError(f"{file} is not {what}, whatever its ending says. Export it again, or rename it to what it is.")
    if kind and kind != same:
        raise WaveError(f"{file} is a {kind} file by its content. Rename it to {file.stem}{kind}.")


def _spss(file: Path) -> Cells:
    try:
        try:
            frame, meta = pyreadstat.read_sav(str(file), user_missing=True)
            notes: tuple[str, ...] = ()
        except pyreadstat.ReadstatError:
            frame, meta = pyreadstat.read_sav(str(file), user_missing=True, encoding="WINDOWS-1252")
            notes = ("text read as Windows-1252",)
            logger.warning("%s: %s", file, notes[0])
    except Exception as error:
        raise WaveError(
            f"{file} can't be read as an SPSS file ({error}). Save it again from SPSS, or as CSV."
        ) from error
    cells = cells_of(frame, str(file))
    columns, declared = [], {}
    for name, column in zip(cells.names, cells.columns, strict=True):
        ranges = meta.missing_ranges.get(name, [])
        if ranges:
            column, declared[name] = _without_user_missing(column, ranges)
        columns.append(column)
    labels = {name: dict(labels) for name, labels in meta.variable_value_labels.items()}
    titles = {name: title for name, title in meta.column_names_to_labels.items() if title}
    return replace(cells, columns=tuple(columns), notes=notes, declared=declared, labels=labels, titles=titles)


def _without_user_missing(
    column: NDArray[Any], ranges: Sequence[Mapping[str, Any]]
) -> tuple[NDArray[Any], tuple[float, ...]]:
    """User-missing values blanked, but −7, −8, −9 kept; and which of these three were declared."""
    if column.dtype.kind != "f":
        words = {str(bounds["lo"]).strip() for bounds in ranges}
        return np.array(["" if str(cell).strip() in words else cell for cell in column], dtype=object), ()
    inside = np.zeros(len(column), dtype=bool)
    for bounds in ranges:
        inside |= (column >= float(bounds["lo"])) & (column <= float(bounds["hi"]))
    kept = among(column, MISSING)
    return np.where(inside & ~kept, np.nan, column), tuple(np.unique(column[inside & kept]).tolist())
