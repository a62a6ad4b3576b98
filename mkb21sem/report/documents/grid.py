"""How wide the columns of a table are on paper, in which size of type, and whether the page is turned for it.

Letters are measured as Times and Libertinus set them, near enough; numbers are never broken, words between spaces only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mkb21sem.report.documents.printed import Printed
from mkb21sem.report.documents.runs import plain
from mkb21sem.report.table import Cell

UPRIGHT, TURNED = 17.0, 25.7
"""Width of A4 between its margins, in cm: as it is and turned."""
TALLEST = 23.0
"""Height of A4 between margins, header and footer, less a caption, in cm."""
CM = 28.346
"""Points in a centimetre."""
PAD = 0.55
"""Room between two columns, in em."""
COMFORT = 8.0
"""Below so many em a column of words becomes unpleasant to read."""
LONGEST = 26
"""Longer words may be broken anywhere."""
TRIES = ((False, True, (9.0, 8.5, 8.0, 7.5)), (True, True, (9.0, 8.5, 8.0, 7.5)), (True, False, (7.5, 7.0, 6.5, 6.0)))
"""What is tried in turn: whether the page is turned, whether words get room, and sizes in points."""
SMALLEST = 3.5

WIDTHS = {
    0.28: "ijlt:;!|/.,' \u00a0’",
    0.34: "frI[]()-J²³·",
    0.4: "sJ",
    0.45: "aceza",
    0.57: "FPS<>=+−×~≤≥≈",
    0.62: "ELTZ",
    0.68: "BCR",
    0.73: "ADGHKNOQUVXYw",
    0.79: "m",
    0.9: "M%✓✗",
    1.0: "W@→↔…—",
}
"""Letters by width in em, in Times; others are half an em wide."""
EMS = {letter: width for width, letters in WIDTHS.items() for letter in letters}
SAFE = 1.04
"""Fonts differ: so much more room is kept."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Where a table stands.

    Attributes
    ----------
    size
        Of its letters, in points.
    widths
        Of its columns, in cm.
    turned
        Whether it stands on a page that is turned.
    """

    size: float
    widths: tuple[float, ...]
    turned: bool


def grid(table: Printed) -> Grid:
    """The largest type in which a table fits between the margins; the page is turned only if it has to be."""
    columns = [[head, *(row[at] for row in table.rows)] for at, head in enumerate(table.heads)]
    full = [max(ems(plain(cell.text)) for cell in column) for column in columns]
    least = [max(_least(cell) for cell in column) for column in columns]
    roomy = [max(low, min(high, COMFORT)) for low, high in zip(least, full, strict=True)]
    for turned, at_ease, sizes in TRIES:
        for size in sizes:
            wanted = roomy if at_ease else least
            if _points(wanted, size) <= (TURNED if turned else UPRIGHT) * CM:
                return Grid(size, _shared(wanted, full, size, turned), turned)
    size = max(TURNED * CM / _points(least, 1.0), SMALLEST)
    return Grid(size, _shared(least, full, size, True), True)


def ems(text: str) -> float:
    """Width of a line of text, in em."""
    return SAFE * sum(EMS.get(letter, 0.5 if ord(letter) < 0x2E80 else 1.0) for letter in text)


def broken(text: str) -> str:
    """Text in which words that are too long for any column may be broken (by a space of no width)."""
    return " ".join(
        "\u200b".join(word[at : at + LONGEST] for at in range(0, len(word), LONGEST)) if len(word) > LONGEST else word
        for word in text.split(" ")
    )


def _least(cell: Cell) -> float:
    """The narrowest that a cell can be; heads may be broken between words, numbers not."""
    text = plain(cell.text)
    if cell.number and cell.look == "number":
        return ems(text)
    return max((ems(word[:LONGEST]) for word in text.split()), default=0.0)


def _points(columns: Sequence[float], size: float) -> float:
    return (sum(columns) + PAD * 2 * len(columns)) * size


def _shared(wanted: Sequence[float], full: Sequence[float], size: float, turned: bool) -> tuple[float, ...]:
    """Widths in cm: what is left on the line goes to the columns that have more to say."""
    room = (TURNED if turned else UPRIGHT) * CM - _points(wanted, size)
    short = [high - low for low, high in zip(wanted, full, strict=True)]
    part = min(1.0, max(room, 0.0) / (sum(short) * size)) if sum(short) > 0 else 0.0
    widths = [(low + part * more + 2 * PAD) * size / CM for low, more in zip(wanted, short, strict=True)]
    squeeze = min(1.0, (TURNED if turned else UPRIGHT) / sum(widths))
    return tuple(round(width * squeeze, 3) for width in widths)
