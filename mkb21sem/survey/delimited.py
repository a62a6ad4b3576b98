"""Delimited text → cells: encoding and delimiter are found out, and what was assumed is said."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mkb21sem.errors import WaveError
from mkb21sem.survey.cells import Cells, assembled

DELIMITERS = (",", ";", "\t")
LONGEST_HEADER = 2**20

logger = logging.getLogger(__name__)


def delimited(file: Path, content: bytes) -> Cells:
    """Read the cells of a text file parted by commas, semicolons or tabs.

    Raises
    ------
    WaveError
        The text can't be decoded or parted.
    """
    text, notes = _decoded(file, content)
    if not text.strip(" ,;\t\r\n\"'"):
        raise WaveError(f"{file} is empty. Export the answers again.")
    start = 0
    if text[:4].lower() == "sep=":
        text, start = text.partition("\n")[2], 1
    delimiter = _delimiter(file, text)
    records: list[tuple[int, Sequence[Any]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, record in enumerate(reader, start=1):
            if any(cell and not cell.isspace() for cell in record):
                records.append((number, record))
    except csv.Error as error:
        raise WaveError(
            f"{file}, line {reader.line_num + start}: a quotation mark is opened and not closed, or stands "
            f"inside a cell ({error}). Remove it, or write it twice."
        ) from error
    return assembled(str(file), records, notes, fixed_width=True)


def _decoded(file: Path, content: bytes) -> tuple[str, tuple[str, ...]]:
    """Decode the text and say what had to be assumed about its encoding."""
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            return content.decode("utf-16"), ("read as UTF-16, as its first bytes say",)
        if b"\0" in content:
            raise WaveError(
                f"{file} is not a text file (it holds NUL bytes), or is UTF-16 without its mark. Save it as CSV UTF-8."
            )
        return content.decode("utf-8-sig"), ()
    except UnicodeDecodeError as error:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise WaveError(f"{file} is broken UTF-16. Save it as CSV UTF-8.") from error
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError as error:
        raise WaveError(
            f"{file}: its encoding is neither UTF-8 nor Windows-1252 (byte {error.start + 1}). Save it as CSV UTF-8."
        ) from error
    note = "not UTF-8: read as Windows-1252; check that é and ë came through in names and labels"
    logger.warning("%s: %s", file, note)
    return text, (note,)


def _delimiter(file: Path, text: str) -> str:
    """Find the delimiter that parts the header into most columns."""
    counts = {delimiter: _header_width(text[:LONGEST_HEADER], delimiter) for delimiter in DELIMITERS}
    best = max(counts, key=lambda delimiter: counts[delimiter])
    if counts[best] < 2:
        header = text.strip().splitlines()[0]
        other = next((mark for mark in "|:^~ " if mark in header), "")
        seen = f" The header seems to be parted by '{other}'." if other else ""
        raise WaveError(
            f"{file}, row 1: only one column found, '{header[:60]}'; expected a comma, semicolon or tab "
            f"between columns.{seen} Export it again as CSV."
        )
    return best


def _header_width(text: str, delimiter: str) -> int:
    """Count the cells in the first row that holds anything, 0 if its quotation marks don't close."""
    try:
        records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        return next((len(record) for record in records if any(record)), 0)
    except csv.Error:
        return 0
