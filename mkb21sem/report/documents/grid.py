"""How wide the columns of a table are on paper, in which size of type, and whether the page is turned for it.

Letters are measured as Times and Libertinus set them, near enough; numbers are never broken, words between spaces only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mkb21sem.linalg import Array
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
LEADING, BETWEEN = 1.2, 0.75
"""Height of a line, and room between two rows, in em."""
TOGETHER = 11.0
"""Higher tables may go on over the next page."""
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
    0.68: "BCRΔΓΛΞΠΣΘαβ",
    0.73: "ADGHKNOQUVXYwΦ",
    0.79: "mΨΩωψφ",
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
    height
        Of heads and rows, in cm, about.
    """

    size: float
    widths: tuple[float, ...]
    turned: bool
    height: float

    @property
    def together(self) -> bool:
        """Whether the table is kept on one page."""
        return self.height <= TOGETHER


def grid(table: Printed, paper: tuple[float, float] = (UPRIGHT, TURNED)) -> Grid:
    """The largest type in which a table fits between the margins; the page is turned only if it has to be.

    Parameters
    ----------
    table
        Rounded.
    paper
        Width between the margins of a page as it is and of one that is turned, in cm.
    """
    lines = [table.heads, *table.rows]
    texts = np.array([[ems(plain(cell.text)) for cell in row] for row in lines])
    least = np.array([[_least(cell) for cell in row] for row in lines]).max(axis=0)
    roomy = np.maximum(least, np.minimum(texts.max(axis=0), COMFORT))
    for turned, at_ease, sizes in TRIES:
        for size in sizes:
            room = paper[turned] * CM / size
            if _across(roomy if at_ease else least) <= room:
                return _grid(size, _spread(texts, least, room), texts, turned, paper[turned])
    size = max(paper[True] * CM / _across(least), SMALLEST)
    return _grid(size, least, texts, True, paper[True])


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


def _across(columns: Array) -> float:
    """Width of a table in em."""
    return float(columns.sum()) + PAD * 2 * len(columns)


def _spread(texts: Array, least: Array, room: float) -> Array:
    """Widths in em: what is left on the line goes, em by em, to the column whose widening saves most lines."""
    widths = least.copy()
    wordy = np.flatnonzero(texts.max(axis=0) > least)
    while (left := room - _across(widths)) > 0.01:
        wider = [widths + min(left, 1.0) * (np.arange(len(widths)) == at) for at in wordy]
        saved = [_lines(texts, widths).sum() - _lines(texts, each).sum() for each in wider]
        if not saved or max(saved) <= 0:
            break
        widths = wider[int(np.argmax(saved))]
    return widths


def _lines(texts: Array, widths: Array) -> Array:
    """How many lines each row takes, about: a text that is broken loses a third of a line."""
    many = texts / np.maximum(widths, 0.1)
    wrapped: Array = np.where(many > 1, many + 0.3, 1).max(axis=1)
    return wrapped


def _grid(size: float, widths: Array, texts: Array, turned: bool, paper: float) -> Grid:
    cm = (widths + 2 * PAD) * size / CM
    cm *= min(1.0, paper / cm.sum())
    height = float((np.ceil(_lines(texts, widths)) * LEADING + BETWEEN).sum()) * size / CM
    return Grid(size, tuple(round(float(width), 3) for width in cm), turned, round(height, 2))
