"""An Excel workbook → cells of the first sheet that holds anything."""

from __future__ import annotations

import io
import zipfile
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import python_calamine

from mkb21sem.errors import WaveError
from mkb21sem.survey.cells import Cells, assembled
from mkb21sem.survey.sheetxml import WORKBOOK, Marks, Place, marks, sheet_parts, unpacked

LARGEST = 500 * 2**20
"""Bytes that a workbook may unpack to."""
MOST = 25_000_000
"""Cells that a sheet may span: a hundred questions of a quarter of a million respondents."""

Records = list[tuple[int, Sequence[Any]]]


def workbook(file: Path, content: bytes) -> Cells:
    """Read the first visible sheet that holds anything; formulas by the values Excel saved with them.

    What a cell doesn't show stands in it as text, to be refused among answers: an error, a formula without a
    saved value, and which cell a merged one is part of.

    Raises
    ------
    WaveError
        It can't be read, unpacks to more than 500 MB, spans too many cells, or holds nothing.
    """
    try:
        parts = unpacked(content, LARGEST)
        if parts is None:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                size = max(sum(entry.file_size for entry in archive.infolist()), LARGEST)
            raise WaveError(
                f"{file} unpacks to {size / 2**20:.0f} MB; at most 500 MB is read. Save the answers as CSV."
            )
        if WORKBOOK not in parts:
            raise WaveError(
                f"{file} can't be read as an Excel workbook (it holds no {WORKBOOK}). Save it as .xlsx in Excel."
            )
        seen = {name: _bounded(file, name, marks(xml)) for name, xml in sheet_parts(parts).items()}
        del parts
        book = python_calamine.load_workbook(io.BytesIO(content))
        sheets = {
            meta.name: _records(file, book.get_sheet_by_name(meta.name), seen.get(meta.name))
            for meta in _visible_first(book)
            if meta.typ == python_calamine.SheetTypeEnum.WorkSheet
        }
    except WaveError:
        raise
    except Exception as error:
        raise WaveError(
            f"{file} can't be read as an Excel workbook ({error}). Open it in Excel and save it again."
        ) from error
    full = [title for title, records in sheets.items() if records]
    if not full:
        raise WaveError(f"{file}: no sheet holds anything. Export the answers again.")
    notes = (f"sheet '{full[0]}' was read; not read: {', '.join(full[1:])}",) if len(full) > 1 else ()
    return assembled(str(file), sheets[full[0]], notes, fixed_width=False)


def _visible_first(book: python_calamine.CalamineWorkbook) -> Iterable[python_calamine.SheetMetadata]:
    return sorted(book.sheets_metadata, key=lambda meta: meta.visible != python_calamine.SheetVisibleEnum.Visible)


def _bounded(file: Path, name: str, found: Marks) -> Marks:
    """Refuse what can't be a sheet of answers, before memory is asked for all its cells."""
    if found.cells > MOST:
        raise WaveError(
            f"{file}, sheet '{name}': it spans {found.cells:,} cells, blank ones too; at most {MOST:,} are read. "
            "Delete the rows and columns behind the answers, or save it as CSV."
        )
    if found.doubled:
        raise WaveError(
            f"{file}, sheet '{name}': the cell {found.doubled} stands in it twice. Open it in Excel and save it again."
        )
    return found


def _records(file: Path, sheet: python_calamine.CalamineSheet, found: Marks | None) -> Records:
    """Rows that hold anything, with their numbers."""
    rows = sheet.to_python(skip_empty_area=False)
    records: Records = [(number, row) for number, row in enumerate(rows, start=1) if any(cell != "" for cell in row)]
    odd = {**_merged(file, sheet, records), **(found.odd if found else {})}
    if not odd:
        return records
    lines = {number: list(row) for number, row in records}
    for (row, column), words in odd.items():
        line = lines.get(row + 1)
        if line is not None and column < len(line) and line[column] == "":
            line[column] = words
    return list(lines.items())


def _merged(file: Path, sheet: python_calamine.CalamineSheet, records: Records) -> dict[Place, str]:
    """Every cell below the header that shows the value of another one, and of which.

    Raises
    ------
    WaveError
        Merged cells overlap, which no program writes.
    """
    found: dict[Place, str] = {}
    numbers = [number - 1 for number, _ in records]
    first, width = numbers[0] if numbers else 0, max((len(row) for _, row in records), default=0)
    left_over = len(records) * width
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        inside = range(left, min(right + 1, width))
        shown = numbers[bisect_left(numbers, max(top, first + 1)) : bisect_right(numbers, bottom)]
        left_over -= len(inside) * len(shown)
        if left_over < 0:
            raise WaveError(f"{file}, sheet '{sheet.name}': its merged cells overlap. Unmerge them in Excel.")
        words = f"(merged with row {top + 1})" if bottom > top else "(merged with the cell before it)"
        found |= {(row, column): words for row in shown for column in inside if (row, column) != (top, left)}
    return found
