"""What the XML of a workbook says and its cells don't: its extent, formulas without a value, errors, doubled cells."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

Place = tuple[int, int]
"""Row and column, from 0."""

WORKBOOK = "xl/workbook.xml"
ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
STEP = 2**20
COLUMNS = 2**14
"""As many as a sheet can have."""
_REFERENCE = re.compile(rb"""\sr=["']([A-Z]{1,3}\d{1,7})["']""")
_STRICTLY = re.compile(rb"""<(?:\w+:)?c\s(?:[^>]*?\s)?r=["']([A-Z]{1,3}\d{1,7})["']""")
_ODD = re.compile(rb"""<(?:\w+:)?f[\s>/]|\st=["']e["']""")
_CELL = re.compile(
    rb"""<(?:\w+:)?c\s([^>]*[^/>])>((?:(?!</(?:\w+:)?c>).)*?(?:<(?:\w+:)?f\b|#[A-Z/0!?]+).*?)</(?:\w+:)?c>""", re.DOTALL
)
_ROW = re.compile(rb"""<(?:\w+:)?row\s(?:[^>]*?\s)?r=["'](\d{1,7})["']""")
_FAR = re.compile(rb"""\sr=["'](?:[A-Z]{1,3}\d{6}|(?:[A-Z]{3}|[J-Z][A-Z]|I[Q-Z])\d)""")
"""A row from 100,000 on or a column beyond IP, the 250th: without one a sheet can be read whatever it spans."""
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)</")
_FORMULA = re.compile(rb"<(?:\w+:)?f\b[^>]*>([^<]*)")


@dataclass(frozen=True, slots=True)
class Marks:
    """What there is to know of a sheet beside its values.

    Parameters
    ----------
    cells
        Rows times columns that the sheet spans; 0 where that is few enough not to be counted.
    doubled
        A cell that stands twice, such as B4; empty if there is none.
    odd
        Errors (#REF!) and formulas without a saved value, as they would be typed, by place.
    """

    cells: int
    doubled: str
    odd: Mapping[Place, str]


def unpacked(content: bytes, limit: int) -> dict[str, bytes] | None:
    """The XML parts of an archive by name; None if they unpack to more than `limit` bytes.

    A part that is larger than the archive says is read no further, and refused by its checksum.

    Raises
    ------
    zipfile.BadZipFile
        It is no archive, or a broken one.
    """
    parts: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > limit:
            return None
        for entry in archive.infolist():
            if not entry.filename.endswith((".xml", ".rels")):
                continue
            part = bytearray()
            with archive.open(entry) as file:
                # In small steps: asked for much at once, zipfile unpacks it before it looks at the size it was told.
                while step := file.read(STEP):
                    part += step
            parts[entry.filename] = bytes(part)
    return parts


def sheet_parts(parts: Mapping[str, bytes]) -> dict[str, bytes]:
    """The XML of every sheet by the sheet's name.

    Raises
    ------
    KeyError
        A part is absent that the others name.
    xml.etree.ElementTree.ParseError
        The list of sheets is no XML.
    """
    links = ElementTree.fromstring(parts["xl/_rels/workbook.xml.rels"])
    targets = {link.get("Id"): posixpath.normpath(posixpath.join("/xl", link.get("Target", ""))) for link in links}
    found = {}
    for element in ElementTree.fromstring(parts[WORKBOOK]).iter():
        if element.tag.rpartition("}")[2] == "sheet":
            link = next((value for key, value in element.attrib.items() if key.endswith("}id")), "")
            part = targets[link].lstrip("/")
            if part in parts:
                found[element.get("name", "")] = parts[part]
    return found


def marks(xml: bytes) -> Marks:
    """Look through a sheet's XML."""
    references = _REFERENCE.findall(xml)
    odd: dict[Place, str] = {}
    if _ODD.search(xml):
        for attributes, inside in _CELL.findall(xml):
            words = _odd(attributes, inside)
            place = re.search(rb"""\br=["']([A-Z]+)(\d+)["']""", attributes)
            if words and place:
                odd[int(place[2]) - 1, _column(place[1])] = words
    different = set(references)
    if len(different) < len(references):
        references = _STRICTLY.findall(xml)
        different = set(references)
    doubled = ""
    if len(different) < len(references):
        seen: set[bytes] = set()
        doubled = next(each for each in references if each in seen or seen.add(each)).decode()  # type: ignore[func-returns-value]
    return Marks(_span(xml, references, different), doubled, odd)


def _span(xml: bytes, references: list[bytes], different: set[bytes]) -> int:
    """Rows times columns, or a number that is small enough; cells and rows may or may not name their places."""
    tags = sum(xml.count(start + end) for start in (b"<c", b":c") for end in (b" ", b">", b"/", b"\t", b"\n", b"\r"))
    bare = min(max(tags - len(references), 0), COLUMNS)
    if not bare and not _FAR.search(xml):
        return 0
    columns = {_column(each.rstrip(b"0123456789")) + 1 for each in different}
    rows = {int(each.lstrip(ALPHABET)) for each in different} | {int(number) for number in _ROW.findall(xml)}
    return max(rows, default=1) * max(max(columns, default=0), bare)


def _odd(attributes: bytes, inside: bytes) -> str:
    """The error a cell shows, or its formula if it has no value."""
    value = _VALUE.search(inside)
    shown = value[1].decode("utf-8", "replace").strip() if value else ""
    if re.search(rb"""\bt=["']e["']""", attributes):
        return shown or "#VALUE!"
    formula = _FORMULA.search(inside)
    if formula is None or shown or re.search(rb"""\bt=["'](?:str|inlineStr)["']""", attributes):
        return ""
    return f"={formula[1].decode('utf-8', 'replace').strip()}"


def _column(letters: bytes) -> int:
    """A column's number from 0: A is 0, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
