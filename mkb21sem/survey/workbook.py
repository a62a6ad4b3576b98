"""An Excel workbook → cells of the first sheet that holds anything."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import python_calamine

from mkb21sem.errors import WaveError
from mkb21sem.survey.cells import Cells, assembled

LARGEST = 500 * 2**20
"""Bytes that a workbook may unpack to."""


def workbook(file: Path, content: bytes) -> Cells:
    """Read the first sheet that holds anything; formulas by the values Excel saved with them.

    Raises
    ------
    WaveError
        It can't be read, unpacks to more than 500 MB, or holds nothing.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > LARGEST:
            raise WaveError(
                f"{file} unpacks to {size / 2**20:.0f} MB; at most 500 MB is read. Save the answers as CSV."
            )
        book = python_calamine.load_workbook(io.BytesIO(content))
        sheets = {name: _records(book.get_sheet_by_name(name)) for name in book.sheet_names}
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


def _records(sheet: python_calamine.CalamineSheet) -> list[tuple[int, Sequence[Any]]]:
    """Rows that hold anything, with their numbers."""
    rows = sheet.to_python(skip_empty_area=False)
    return [(number, row) for number, row in enumerate(rows, start=1) if any(cell != "" for cell in row)]
