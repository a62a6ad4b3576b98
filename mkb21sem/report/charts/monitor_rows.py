"""Charts of the monitor that have a row for every answer or question: bars of shares, dots of means."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from mkb21sem.report import numbers
from mkb21sem.report.charts import style
from mkb21sem.report.drawing.typeset import measure
from mkb21sem.report.words import Words

ROW, EDGES, SMALLEST = 0.27, 1.15, 1.9
"""Inches: of a row, of title and notes, and of the smallest chart."""
LABEL_WIDTH, DIAMOND = 150.0, 5.0
MARGIN = 0.1
"""Inches left and right of everything, so that no file format cuts a label that it sets a little wider."""
BAR, MARK = "#9dbbd9", "#ffffff"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a chart.

    Parameters
    ----------
    label
        Left of the axis.
    value, low, high
        Of the wave; limits NaN where there are none.
    texts
        What stands in the columns on the right.
    published
        The printed number; NaN where none is printed.
    strong
        Whether it sums the others up, and is set apart.
    """

    label: str
    value: float
    low: float
    high: float
    texts: tuple[str, ...]
    published: float = math.nan
    strong: bool = False


def bars(rows: Sequence[Row], heads: Sequence[str], words: Words, title: str, note: str, synthetic: bool) -> Figure:
    """Percentages with their intervals and, as diamonds, the published ones."""
    figure, axes = _paper(rows, words, title, note, synthetic)
    at = np.arange(len(rows))
    hatches = ["////" if row.strong else "" for row in rows]
    values = [row.value for row in rows]
    axes.barh(at, values, height=0.66, color=BAR, edgecolor=style.INK, linewidth=0.5, hatch=hatches)
    _limits(axes, rows)
    _diamonds(axes, rows, DIAMOND, MARK)
    top = max(
        [row.high for row in rows if not math.isnan(row.high)] + [row.value for row in rows if row.value >= 0] + [10.0]
    )
    axes.set_xlim(0, min(100.0, 10 * math.ceil(top / 10 + 0.2)))
    axes.set_xlabel(words.plain("monitor.axis.percent"))
    style.ticks(axes.xaxis, words.lang, numbers.number, 0)
    columns(axes, [row.texts for row in rows], heads)
    return figure


def dots(rows: Sequence[Row], heads: Sequence[str], words: Words, title: str, note: str, synthetic: bool) -> Figure:
    """Means on a scale of 1 to 5 with their intervals and, as diamonds, the published ones."""
    figure, axes = _paper(rows, words, title, note, synthetic)
    for at, row in enumerate(rows):
        axes.plot([1, row.value], [at, at], color=style.LINE, linewidth=0.8, zorder=1)
        colour = style.PALETTE[0] if row.strong else style.INK
        axes.plot(row.value, at, "s" if row.strong else "o", color=colour, markersize=5, zorder=3)
    _limits(axes, rows)
    _diamonds(axes, rows, 2 * DIAMOND, "none")
    scale(axes, words)
    columns(axes, [row.texts for row in rows], heads)
    return figure


def scale(axes: Axes, words: Words) -> None:
    """An axis from 1 to 5."""
    axes.set_xlim(1, 5)
    axes.set_xticks([1, 2, 3, 4, 5])
    axes.set_xlabel(words.plain("monitor.axis.scale"))
    style.ticks(axes.xaxis, words.lang, numbers.number, 0)
    axes.grid(axis="x")
    axes.set_axisbelow(True)


def key_above(axes: Axes, keys: Sequence[Artist], lines: int, ncols: int) -> None:
    """A legend from the left edge of the figure on, above the heads of the columns, which have so many lines."""
    figure = axes.get_figure()
    assert figure is not None
    up = ScaledTranslation(0, (lines * style.TICK_SIZE * 1.3 + 6) / 72, figure.dpi_scale_trans)
    place = blended_transform_factory(figure.transFigure, axes.transAxes) + up
    axes.legend(
        handles=list(keys),
        loc="lower left",
        bbox_to_anchor=(0.005, 1),
        bbox_transform=place,
        ncols=ncols,
        handlelength=1.4,
        columnspacing=1.2,
        borderaxespad=0,
        borderpad=0,
    )


def label_rows(axes: Axes, labels: Sequence[str]) -> None:
    """Labels on the left, the first row on top, lines broken where they are long."""
    axes.set_yticks(np.arange(len(labels)))
    axes.set_yticklabels(
        [style.fitted(label[:1].upper() + label[1:], style.TICK_SIZE, LABEL_WIDTH) for label in labels]
    )
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    engine = figure.get_layout_engine()
    assert isinstance(engine, ConstrainedLayoutEngine)
    engine.set(w_pad=MARGIN)


def columns(axes: Axes, texts: Sequence[Sequence[str]], heads: Sequence[str]) -> None:
    """Columns of text right of the axis, each as wide as its longest entry."""
    offset = 8.0
    for j, head in enumerate(heads):
        entries = [row[j] for row in texts]
        lines = [line for entry in (*entries, head) for line in entry.split("\n")]
        width = max(measure(line, style.TICK_SIZE, line == head)[0] for line in lines)
        right = offset + width
        place: dict[str, Any] = {
            "xycoords": ("axes fraction", "data"),
            "textcoords": "offset points",
            "annotation_clip": False,
        }
        for at, entry in enumerate(entries):
            axes.annotate(entry, (1, at), xytext=(right, 0), ha="right", va="center", fontsize=style.TICK_SIZE, **place)
        axes.annotate(
            head,
            (1, 1),
            xycoords="axes fraction",
            xytext=(right, 3),
            textcoords="offset points",
            ha="right",
            va="bottom",
            fontsize=style.TICK_SIZE,
            color=style.SOFT,
            annotation_clip=False,
        )
        offset = right + 12


def _paper(rows: Sequence[Row], words: Words, title: str, note: str, synthetic: bool) -> tuple[Figure, Axes]:
    lines = sum(max(style.fitted(row.label, style.TICK_SIZE, LABEL_WIDTH).count("\n") * 0.6 + 1, 1) for row in rows)
    figure = style.paper(style.PAGE, max(SMALLEST, EDGES + 0.16 * math.ceil(len(note) / 105) + ROW * lines))
    axes = figure.add_subplot()
    label_rows(axes, [row.label for row in rows])
    style.head(figure, title, words, synthetic, note)
    return figure, axes


def _limits(axes: Axes, rows: Sequence[Row]) -> None:
    """Whiskers."""
    for at, row in enumerate(rows):
        if not math.isnan(row.low):
            axes.plot([row.low, row.high], [at, at], color=style.INK, linewidth=1.1, zorder=2, solid_capstyle="butt")
            for end in (row.low, row.high):
                axes.plot([end, end], [at - 0.13, at + 0.13], color=style.INK, linewidth=1.1, zorder=2)


def _diamonds(axes: Axes, rows: Sequence[Row], size: float, fill: str) -> None:
    """Published numbers."""
    at = [i for i, row in enumerate(rows) if not math.isnan(row.published)]
    values = [rows[i].published for i in at]
    axes.plot(values, at, "D", markersize=size, markerfacecolor=fill, markeredgecolor=style.INK, zorder=4)
