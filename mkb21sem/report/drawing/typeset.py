"""How large text is and how it is broken into lines, so that shapes and labels can be sized before drawing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

FONT = "DejaVu Sans"
"""Comes with matplotlib, so a drawing is the same on every machine."""

NAME_SIZE, R2_SIZE, LABEL_SIZE, ITEM_SIZE, LOADING_SIZE = 8.0, 7.5, 8.0, 7.0, 7.0
TITLE_SIZE, PANEL_SIZE, NOTE_SIZE = 10.0, 9.0, 7.5
LEADING = 1.22
TAG_SIZE, TAG_RISE = 6.0, 0.32
"""Of the evidence letter: its size, and its rise above the middle of the line as a share of the line's size."""
_SHARPNESS = 4


def font(size: float, bold: bool = False, italic: bool = False) -> FontProperties:
    """The font of every text in a drawing."""
    return FontProperties(
        family=FONT, size=size, weight="bold" if bold else "normal", style="italic" if italic else "normal"
    )


@cache
def _easel() -> Figure:
    figure = Figure(figsize=(4, 1), dpi=72 * _SHARPNESS)
    FigureCanvasAgg(figure)
    return figure


@cache
def measure(text: str, size: float, bold: bool = False) -> tuple[float, float]:
    """Width and height of text in points, as the renderer sets it."""
    if not text:
        return 0.0, 0.0
    figure = _easel()
    artist = figure.text(0, 0, text, parse_math=False, fontproperties=font(size, bold), linespacing=LEADING)
    extent = artist.get_window_extent(figure.canvas.get_renderer())  # type: ignore[attr-defined]
    artist.remove()
    return extent.width / _SHARPNESS, extent.height / _SHARPNESS


def measure_tagged(text: str, tag: str, size: float) -> tuple[float, float]:
    """Width and height of a label whose first line ends in a raised letter."""
    width, height = measure(text, size)
    first = measure(text.partition("\n")[0], size)[0]
    return max(width, first + measure(tag, TAG_SIZE)[0]), max(height, measure(tag, TAG_SIZE)[1])


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text in a node: its size, its width, and where its middle stands above the middle of all lines."""

    text: str
    size: float
    bold: bool
    width: float
    rise: float

    @property
    def edges(self) -> tuple[float, float]:
        """Lower and upper edge."""
        return self.rise - self.size * LEADING / 2, self.rise + self.size * LEADING / 2


@dataclass(frozen=True, slots=True)
class Lettering:
    """The lines in a node.

    Attributes
    ----------
    name
        The text of the name, line by line.
    lines
        The same as set, with R² below where there is one.
    """

    name: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def width(self) -> float:
        """Of the longest line, in points."""
        return max(line.width for line in self.lines)

    @property
    def height(self) -> float:
        """Of all lines, in points."""
        return sum(line.size for line in self.lines) * LEADING

    def half_width(self, b: float) -> float:
        """Half axis a of the ellipse with half axis b that holds every line: (w/2a)² + (y/b)² ≤ 1."""
        corners = [(line.width / 2, max(abs(edge) - 1.2, 0.0)) for line in self.lines for edge in line.edges]
        return float(max(w / np.sqrt(max(1 - (y / b) ** 2, 1e-3)) for w, y in corners))


def words(texts: tuple[str, ...], size: float, last: str = "", bold: bool = False) -> Lettering:
    """Lines stacked around a common middle; `last` is set in the size of R²."""
    rows = [(text, size, bold) for text in texts] + ([(last, R2_SIZE, False)] if last else [])
    top = sum(row[1] for row in rows) * LEADING / 2
    lines = []
    for text, points, strong in rows:
        lines.append(Line(text, points, strong, measure(text, points, strong)[0], top - points * LEADING / 2))
        top -= points * LEADING
    return Lettering(texts, tuple(lines))


@cache
def broken(text: str, size: float, last: str = "", bold: bool = False, widest: float = 90.0) -> Lettering:
    """Text broken where the box around it is smallest; `last` is a further line below (R²).

    Parameters
    ----------
    text
        A name; newlines in it stay.
    size
        Of the font, in points.
    last
        Written below in the size of R².
    bold
        Weight of the name.
    widest
        A line is wider than this only if one word is.
    """
    options = [words(tuple(lines), size, last, bold) for lines in _breaks(text)]
    return min(options, key=lambda w: w.width + 1.7 * w.height + 10 * max(w.width - widest, 0))


def _breaks(text: str) -> list[list[str]]:
    """The text over one, two, … lines, each as even as its words allow."""
    if "\n" in text:
        return [text.split("\n")]
    parts = [p for p in re.split(r"\s+|(?<=[-/])", text) if p] or [text]
    found = []
    for count in range(1, len(parts) + 1):
        limit = max(max(map(len, parts)), int(np.ceil(len(text) / count)))
        while len(lines := _filled(parts, limit, text)) > count:
            limit += 1
        found.append(lines)
    return found


def _filled(parts: list[str], limit: int, text: str) -> list[str]:
    lines = [parts[0]]
    for word in parts[1:]:
        glue = "" if lines[-1].endswith(("-", "/")) and f"{lines[-1].split()[-1]}{word}" in text else " "
        if len(lines[-1]) + len(glue) + len(word) <= limit:
            lines[-1] += glue + word
        else:
            lines.append(word)
    return lines
