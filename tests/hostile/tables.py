"""A good wave as text cells, and ways to write cells to a file."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Sequence
from functools import cache
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pandas as pd

from mkb21sem.survey.synthetic import synthetic_wave

Rows = list[list[str]]
RESPONDENTS = 40


@cache
def answers() -> pd.DataFrame:
    """Forty respondents of a synthetic wave, indexed by respondent."""
    return synthetic_wave(7).answers.iloc[:RESPONDENTS]


def rows() -> Rows:
    """The same as cells of text, the header first."""
    frame = answers().reset_index()
    return [list(map(str, frame.columns)), *frame.astype(str).to_numpy().tolist()]


def text(
    of: Rows, delimiter: str = ",", encoding: str = "utf-8", newline: str = "\n", quoting: int = csv.QUOTE_MINIMAL
) -> bytes:
    """Cells as delimited text; what an encoding lacks becomes a question mark."""
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator=newline, quoting=quoting).writerows(of)
    return file.getvalue().encode(encoding, errors="replace")


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def letters(at: int) -> str:
    """Column `at`, counted from 0, as a spreadsheet names it."""
    found = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        found = chr(65 + rest) + found
    return found


def cell(place: str, value: str) -> str:
    """A cell as a number if it is one, else as text; XML that begins with `<c` as it stands."""
    if value.startswith("<c"):
        return value.replace("<c", f'<c r="{place}"', 1)
    number = value.lstrip("-").replace(".", "", 1).isdecimal() and value.isascii()
    kept = "".join(mark for mark in value if mark >= " " or mark in "\t\n")
    if number:
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(kept)}</t></is></c>' if kept else ""


def sheet(of: Rows, behind: str = "", first: int = 1) -> str:
    """The XML of a sheet; `behind` comes after the rows (merged cells and the like)."""
    lines = []
    for number, row in enumerate(of, start=first):
        cells = "".join(cell(f"{letters(at)}{number}", value) for at, value in enumerate(row))
        lines.append(f'<row r="{number}">{cells}</row>')
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData>{behind}</worksheet>'


def workbook(sheets: dict[str, str], states: Sequence[str] = (), compress: bool = True, **extra: bytes) -> bytes:
    """An .xlsx of sheets given as XML, with further parts if asked for."""
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{KIND}.worksheet+xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    named = "".join(
        f"<sheet name={quoteattr(name)} sheetId={quoteattr(str(i))} {_state(states, i)} r:id={quoteattr(f'r{i}')}/>"
        for i, name in enumerate(sheets, start=1)
    )
    related = "".join(
        f'<Relationship Id="r{i}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType='
        f'"application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>{types}'
        "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type='
        f'"{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{related}</Relationships>',
        **{f"xl/worksheets/sheet{i}.xml": xml for i, xml in enumerate(sheets.values(), start=1)},
        **extra,
    }
    content = io.BytesIO()
    how = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    with zipfile.ZipFile(content, "w", how) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name.replace("__", "/"), (2012, 10, 1, 0, 0, 0)), part, how)
    return content.getvalue()


def bomb(claimed: int, size: int = 600 * 2**20) -> bytes:
    """A workbook with a part that unpacks to `size` bytes, whose size the archive gives as `claimed`."""
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = squeezer.compress(b" " * 2**20) + squeezer.flush(zlib.Z_FULL_FLUSH)
    name, content = "xl/sharedStrings.xml", io.BytesIO(workbook({"a": sheet([["x", "y"], ["1", "2"]])}))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr(name, block * (size // 2**20) + squeezer.flush())
        entry = archive.getinfo(name)
        entry.compress_type, entry.file_size = zipfile.ZIP_DEFLATED, claimed
    return content.getvalue()


def _state(states: Sequence[str], at: int) -> str:
    return f'state="{states[at - 1]}"' if at <= len(states) and states[at - 1] else ""


def spoiled_bytes(content: bytes, rng: np.random.Generator, most: int = 4) -> bytes:
    """A few bytes changed, put in, left out, doubled or cut off."""
    spoiled = bytearray(content)
    for _ in range(int(rng.integers(1, most + 1))):
        at = int(rng.integers(0, max(len(spoiled), 1)))
        odd = (0, 9, 10, 13, 34, 39, 44, 59, 61, 92, 128, 255, int(rng.integers(0, 256)))
        match int(rng.integers(0, 6)):
            case 0:
                spoiled[at : at + 1] = bytes([odd[int(rng.integers(0, len(odd)))]])
            case 1:
                spoiled[at:at] = bytes([odd[int(rng.integers(0, len(odd)))]]) * int(rng.integers(1, 4))
            case 2:
                del spoiled[at : at + int(rng.integers(1, 20))]
            case 3:
                spoiled[at:at] = spoiled[at : at + int(rng.integers(1, 200))]
            case 4 if rng.random() < 0.4:
                del spoiled[at:]
            case _:
                spoiled[at : at + 1] = bytes([spoiled[at] ^ (1 << int(rng.integers(0, 8)))]) if spoiled else b""
    return bytes(spoiled)
