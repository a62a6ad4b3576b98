"""A scene, or several panels of one, on paper: title above, key and notes below; and the file it is saved in."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from mkb21sem.errors import Mkb21Error, one_of
from mkb21sem.report.drawing.canvas import Theme, draw_scene
from mkb21sem.report.drawing.geometry import Array
from mkb21sem.report.drawing.legend import LINE, Entry, draw_key, entries, even, rows, wrap
from mkb21sem.report.drawing.picture import Edge, Picture
from mkb21sem.report.drawing.scene import Scene
from mkb21sem.report.drawing.typeset import NOTE_SIZE, PANEL_SIZE, TITLE_SIZE, font, measure
from mkb21sem.report.words import Words

MARGIN, BETWEEN, NARROW = 7.0, 26.0, 230.0
METADATA: dict[str, dict[str, str | None]] = {
    ".svg": {"Date": None, "Creator": "mkb21sem"},
    ".pdf": {"CreationDate": None, "Creator": "mkb21sem"},
    ".png": {"Software": None},
}
"""Suffixes that can be written, without the time of writing: the same drawing gives the same bytes."""


@dataclass(frozen=True)
class Sheet:
    """Panels over one scene, and what stands around them.

    Attributes
    ----------
    pictures, heads
        What each panel shows, and what is written above it.
    scene
        Where everything stands in each panel.
    labels, lang
        What the numbers are, and the language of key and notes.
    title, notes
        Above and below.
    columns
        Panels in a row.
    highlight
        Arrows that don't stand back; None if none does.
    synthetic
        Whether the stamp is set.
    """

    pictures: Sequence[Picture]
    heads: Sequence[str]
    scene: Scene
    theme: Theme
    labels: str
    lang: str
    title: str = ""
    notes: Sequence[str] = ()
    columns: int = 1
    highlight: frozenset[tuple[str, str]] | None = field(default=None)
    synthetic: bool = False

    @property
    def inner(self) -> float:
        """Width of the panels in points."""
        return float(self.columns * self.scene.size[0] + (self.columns - 1) * BETWEEN)

    @property
    def width(self) -> float:
        """Of the whole, in points, without margins."""
        return max(self.inner, NARROW)

    @property
    def over(self) -> float:
        """Height of the panels' headings."""
        return 13.0 * max(map(len, self.head_lines)) + 2 if any(self.heads) else 0.0

    @cached_property
    def head_lines(self) -> list[list[str]]:
        """The heading of each panel, broken to its width."""
        wide = self.width if self.columns == 1 else float(self.scene.size[0])
        return [even(head, PANEL_SIZE, wide, bold=True) for head in self.heads]

    @property
    def stamp(self) -> str:
        """What is stamped on it; "" for nothing."""
        return Words(self.lang).plain("drawing.synthetic") if self.synthetic else ""

    @property
    def sentences(self) -> str:
        """All notes in one text."""
        notes = [*self.notes, *([Words(self.lang).plain("drawing.meaning")] if self.synthetic else [])]
        return " ".join(note if note.endswith((".", "!", "?")) else f"{note}." for note in notes)

    @property
    def alternative(self) -> str:
        """In words, for those who can't see it: what is drawn, and every arrow with its number."""
        words = Words(self.lang)
        told = []
        for head, picture in zip(self.heads, self.pictures, strict=True):
            names = {name: node.text.replace("\n", " ") for name, node in picture.nodes.items()}
            arrows = [
                f"{names[e.tail]} → {names[e.head]} {e.text.replace(chr(10), ' ')}".rstrip()
                for e in picture.edges
                if e.kind == "path"
            ]
            told.append(f"{head}: {'; '.join(arrows)}." if head else f"{'; '.join(arrows)}.")
        title = words.plain("drawing.alternative", title=self.title or self.heads[0])
        return " ".join([*([f"{self.stamp}."] if self.stamp else []), title, *told])

    @cached_property
    def title_lines(self) -> list[str]:
        """The title, broken beside the stamp."""
        beside = measure(self.stamp, TITLE_SIZE, bold=True)[0] + 20 if self.stamp else 0.0
        return even(self.title, TITLE_SIZE, self.width - beside, bold=True)

    @cached_property
    def key(self) -> list[list[Entry]]:
        """The key to the signs, row by row."""
        return rows(entries(self.pictures, self.labels, self.lang), self.width)

    @cached_property
    def note_lines(self) -> list[str]:
        """The notes, line by line."""
        return wrap(self.sentences, NOTE_SIZE, self.width)

    @property
    def head(self) -> float:
        """Height of title and stamp."""
        stands = bool(self.title_lines or self.stamp)
        return max(15.0 * len(self.title_lines), 17.0 if self.stamp else 0.0) + (12 if stands else 0)

    @property
    def foot(self) -> float:
        """Height of key and notes."""
        return LINE * (len(self.key) + len(self.note_lines)) + (2 if self.key else 0)

    @property
    def height(self) -> float:
        """Of the whole, in points, without margins."""
        down = -(-len(self.pictures) // self.columns)
        panels = down * (float(self.scene.size[1]) + self.over) + (down - 1) * BETWEEN
        return self.head + panels + 10 + self.foot

    def greyed(self, edge: Edge) -> bool:
        """Whether an arrow stands back beside the highlighted path."""
        return self.highlight is not None and (edge.two_headed or (edge.tail, edge.head) not in self.highlight)

    def greyed_node(self, name: str) -> bool:
        """Whether a node stands back beside the highlighted path."""
        return self.highlight is not None and all(name not in pair for pair in self.highlight)

    def corner(self, i: int) -> Array:
        """Lower left corner (2,) of the scene of panel i; its heading stands above the scene."""
        row, column = divmod(i, self.columns)
        wide, high = self.scene.size + np.array([BETWEEN, BETWEEN + self.over])
        x = column * wide + (self.width - self.inner) / 2
        return np.array([x, self.height - self.head - row * high - self.over - self.scene.size[1]])

    def heading(self, i: int, k: int) -> tuple[float, float]:
        """Left end of line k of the heading of panel i."""
        x, y = self.corner(i)
        return float(x), float(y + self.scene.size[1] + self.over - 7 - 13 * k)

    def draw(self) -> Figure:
        """The figure: head, panels, key and notes."""
        figure, axes = _paper(self.width, self.height, self.theme)
        _head(axes, self.title_lines, self.stamp, self.width, self.height, self.theme)
        for i, drawn in enumerate(self.pictures):
            corner = self.corner(i)
            bold = font(PANEL_SIZE * self.theme.scale, bold=True)
            for k, line in enumerate(self.head_lines[i]):
                _write(axes, f"panel:{i}:{k}", line, self.heading(i, k), bold, self.theme.ink)
            draw_scene(axes, self.scene, drawn, self.theme, corner, self.highlight)
        _foot(axes, self.key, self.note_lines, self.foot, self.theme)
        figure.set_label(self.alternative)
        return figure


def save(figure: Figure, path: str | Path) -> None:
    """Write a drawing as .svg, .pdf or .png; the same drawing gives the same bytes.

    Text is drawn as outlines in SVG and embedded in PDF, so that no font has to be installed. The figure's label goes
    along as the title that is read aloud.

    Raises
    ------
    OptionError
        Another suffix.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    one_of("the suffix of the picture", suffix, METADATA)
    unfinished = target.with_name(f".{target.name}.part{suffix}")
    settings = {"svg.hashsalt": "mkb21sem", "svg.fonttype": "path", "pdf.fonttype": 42}
    try:
        with mpl.rc_context(settings):
            title = {"Title": str(figure.get_label())} if figure.get_label() else {}
            figure.savefig(unfinished, metadata=METADATA[suffix] | title)
        unfinished.replace(target)
    except OSError as error:
        raise Mkb21Error(f"{target} can't be written: {error.strerror}.") from error
    finally:
        with suppress(OSError):
            unfinished.unlink()


def _paper(width: float, height: float, theme: Theme) -> tuple[Figure, Axes]:
    """A figure whose one set of axes counts in points of the drawing."""
    size = np.array([width, height]) + 2 * MARGIN
    figure = Figure(figsize=tuple(size * theme.scale / 72), dpi=300 / theme.scale, facecolor=theme.paper)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(-MARGIN, width + MARGIN)
    axes.set_ylim(-MARGIN, height + MARGIN)
    return figure, axes


def _write(
    axes: Axes, name: str, text: str, at: tuple[float, float], how: FontProperties, colour: str, **more: Any
) -> None:
    """A line of text, left and centred in height unless told otherwise."""
    axes.text(*at, text, fontproperties=how, color=colour, va="center", gid=name, parse_math=False, **more)


def _head(axes: Axes, title: Sequence[str], stamp: str, width: float, top: float, theme: Theme) -> None:
    bold = font(TITLE_SIZE * theme.scale, bold=True)
    for k, line in enumerate(title):
        _write(axes, f"title:{k}", line, (0, top - 15 * k - 7.5), bold, theme.ink)
    if stamp:
        box = {"boxstyle": "square,pad=0.3", "facecolor": theme.ink, "edgecolor": "none"}
        _write(axes, "stamp:", stamp, (width - 4, top - 8), bold, theme.paper, ha="right", bbox=box)


def _foot(axes: Axes, key: Sequence[Sequence[Entry]], lines: Sequence[str], top: float, theme: Theme) -> None:
    draw_key(axes, key, 0.0, top, theme)
    below = top - LINE * len(key) - (2 if key else 0)
    for k, line in enumerate(lines):
        _write(axes, f"note:{k}", line, (0, below - LINE * (k + 0.5)), font(NOTE_SIZE * theme.scale), theme.ink)
