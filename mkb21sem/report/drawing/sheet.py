"""A scene, or several panels of one, on paper: title above, key and notes below; and the file it is saved in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mkb21sem.errors import Mkb21Error, one_of
from mkb21sem.report.drawing.canvas import Theme, draw_scene
from mkb21sem.report.drawing.legend import LINE, WORDS, Entry, draw_key, entries, even, rows, wrap
from mkb21sem.report.drawing.picture import Picture
from mkb21sem.report.drawing.scene import Scene
from mkb21sem.report.drawing.typeset import NOTE_SIZE, PANEL_SIZE, TITLE_SIZE, font, measure

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
        """Height of a panel's heading."""
        return 15.0 if any(self.heads) else 0.0

    def draw(self) -> Figure:
        """Stack head, panels, key and notes."""
        words = WORDS[self.lang]
        stamp = words["synthetic"] if self.synthetic else ""
        beside = measure(stamp, TITLE_SIZE, bold=True)[0] + 20 if stamp else 0.0
        title = even(self.title, TITLE_SIZE, self.width - beside, bold=True)
        key = rows(entries(self.pictures, self.labels, self.lang), self.width)
        notes = [*self.notes, *([words["meaning"]] if self.synthetic else [])]
        ended = [note if note.endswith((".", "!", "?")) else f"{note}." for note in notes]
        lines = wrap(" ".join(ended), NOTE_SIZE, self.width)
        head = max(15.0 * len(title), 17.0 if stamp else 0.0) + (12 if title or stamp else 0)
        foot = LINE * (len(key) + len(lines)) + (2 if key else 0)
        down = -(-len(self.pictures) // self.columns)
        panels = down * (self.scene.size[1] + self.over) + (down - 1) * BETWEEN
        figure, axes = _paper(self.width, head + panels + 10 + foot, self.theme)
        _head(axes, title, stamp, self.width, head + panels + 10 + foot, self.theme)
        self._panels(axes, panels + 10 + foot)
        _foot(axes, key, lines, foot, self.theme)
        return figure

    def _panels(self, axes: Axes, top: float) -> None:
        wide, high = self.scene.size[0] + BETWEEN, self.scene.size[1] + self.over + BETWEEN
        for i, drawn in enumerate(self.pictures):
            x = (i % self.columns) * wide + (self.width - self.inner) / 2
            y = top - (i // self.columns) * high
            if self.over:
                bold = font(PANEL_SIZE * self.theme.scale, bold=True)
                colour = self.theme.ink
                axes.text(
                    x,
                    y - 7,
                    self.heads[i],
                    fontproperties=bold,
                    color=colour,
                    va="center",
                    gid=f"panel:{i}",
                    parse_math=False,
                )
            corner = np.array([x, y - self.over - self.scene.size[1]])
            draw_scene(axes, self.scene, drawn, self.theme, corner, self.highlight)


def save(figure: Figure, path: str | Path) -> None:
    """Write a drawing as .svg, .pdf or .png; the same drawing gives the same bytes.

    Text is drawn as outlines in SVG and embedded in PDF, so that no font has to be installed.

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
            figure.savefig(unfinished, metadata=METADATA[suffix])
        unfinished.replace(target)
    except OSError as error:
        raise Mkb21Error(f"{target} can't be written: {error.strerror}.") from error
    finally:
        unfinished.unlink(missing_ok=True)


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


def _head(axes: Axes, title: Sequence[str], stamp: str, width: float, top: float, theme: Theme) -> None:
    bold = font(TITLE_SIZE * theme.scale, bold=True)
    for k, line in enumerate(title):
        axes.text(
            0,
            top - 15 * k - 7.5,
            line,
            fontproperties=bold,
            color=theme.ink,
            va="center",
            gid=f"title:{k}",
            parse_math=False,
        )
    if stamp:
        axes.text(
            width - 4,
            top - 8,
            stamp,
            fontproperties=bold,
            color=theme.paper,
            ha="right",
            va="center",
            gid="stamp:",
            bbox={"boxstyle": "square,pad=0.3", "facecolor": theme.ink, "edgecolor": "none"},
        )


def _foot(axes: Axes, key: Sequence[Sequence[Entry]], lines: Sequence[str], top: float, theme: Theme) -> None:
    draw_key(axes, key, 0.0, top, theme)
    below = top - LINE * len(key) - (2 if key else 0)
    for k, line in enumerate(lines):
        axes.text(0, below - LINE * (k + 0.5), line, fontproperties=font(NOTE_SIZE * theme.scale), color=theme.ink,
                  va="center", gid=f"note:{k}", parse_math=False)  # fmt: skip
