"""Heat maps with their numbers: loadings of items on factors, ratios of constructs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from mkb21sem.linalg import Array
from mkb21sem.report import numbers
from mkb21sem.report.charts import style
from mkb21sem.report.charts.style import Chart
from mkb21sem.report.words import Words

ROW_INCHES, NAME_INCHES, LONG_INCHES = 0.22, 2.1, 3.0
MANY = 15
"""More rows than this have one line each for their names."""
COLUMN = 46.0
"""Width of a column's heading in points."""
CLEAR = 0.30
"""A smaller loading is printed small."""


def loadings(
    name: str,
    panels: Mapping[str, pd.DataFrame],
    labels: Mapping[str, str],
    own: Mapping[str, str],
    words: Words,
    title: str,
    note: str,
    synthetic: bool = False,
) -> Chart:
    """Loadings of items (rows) on factors (columns), panels side by side.

    Parameters
    ----------
    name
        Of the file.
    panels
        Heading → (items, factors) frame.
    labels
        What is written for an item.
    own
        Item → the column it belongs to; its cell is framed. Empty for exploratory factors.
    words, title, note, synthetic
        Language, heading, what stands below, and whether the answers were made up.
    """
    first = next(iter(panels.values()))
    with style.styled():
        most = max(len(panel) for panel in panels.values())
        height = min(1.25 + ROW_INCHES * most * (1 if most > MANY else 1.3), style.TALLEST)
        figure = style.paper(style.PAGE, height)
        widths = [panel.shape[1] for panel in panels.values()]
        axes = figure.subplots(1, len(panels), squeeze=False, width_ratios=widths)[0]
        for at, (heading, panel) in enumerate(panels.items()):
            _cells(axes[at], panel.to_numpy(float), words.lang, True)
            axes[at].set_title(heading if len(panels) > 1 else "")
            heads = [style.fitted(str(c), style.TICK_SIZE, COLUMN) for c in panel.columns]
            axes[at].set_xticks(range(panel.shape[1]), heads)
            crowded = len(panel) > MANY
            size, wide = (style.CELL_SIZE, LONG_INCHES) if crowded else (style.TICK_SIZE, NAME_INCHES)
            one_line = style.shortened if crowded else style.fitted
            names = [one_line(str(labels.get(i, i)), size, 72 * wide) for i in panel.index]
            again = [str(i) for i in panel.index] if at and [*panel.index] != [*first.index] else [""] * len(panel)
            axes[at].set_yticks(range(len(panel)), again if at else names, fontsize=size)
            _frame(axes[at], panel, own)
        style.head(figure, title, words, synthetic, note)
    said = [_highest(heading, panel, words) for heading, panel in panels.items()]
    return Chart(name, figure, title, words.plain("alt.loadings", loadings="; ".join(said)))


def square(
    name: str,
    panels: Mapping[str, pd.DataFrame],
    words: Words,
    title: str,
    note: str,
    limit: float,
    synthetic: bool = False,
) -> Chart:
    """Lower triangles of (q, q) frames, groups side by side; cells above the limit are framed.

    Parameters
    ----------
    name
        Of the file.
    panels
        Heading → square frame with NaN where there is nothing.
    words, title, note, limit, synthetic
        Language, heading, what stands below, the limit, and whether the answers were made up.
    """
    q = max(len(panel) for panel in panels.values())
    with style.styled():
        figure = style.paper(style.PAGE, min(1.5 + 0.42 * q, style.TALLEST))
        axes = figure.subplots(1, len(panels), squeeze=False)[0]
        for at, (heading, panel) in enumerate(panels.items()):
            values = panel.to_numpy(float).copy()
            values[np.triu_indices(len(values))] = math.nan
            _cells(axes[at], values[1:, :-1], words.lang, False)
            axes[at].set_title(heading if len(panels) > 1 else "")
            shown = [style.fitted(words.short(str(c)), style.TICK_SIZE, 75 / len(panels) + 20) for c in panel.columns]
            axes[at].set_xticks(range(len(panel) - 1), shown[:-1], rotation=90 if len(panels) > 1 else 0)
            axes[at].set_yticks(range(len(panel) - 1), shown[1:] if not at else [""] * (len(panel) - 1))
            for i, j in zip(*np.where(values[1:, :-1] >= limit), strict=True):
                axes[at].add_patch(
                    Rectangle((j - 0.46, i - 0.46), 0.92, 0.92, fill=False, edgecolor=style.PALETTE[2], lw=2)
                )
        style.head(figure, title, words, synthetic, note)
    return Chart(name, figure, title, words.plain("alt.ratios", ratios="; ".join(_pairs(panels, words))))


def _cells(axes: Axes, values: Array, lang: str, small: bool) -> None:
    """Shade by size, and print every number."""
    axes.imshow(np.abs(values), cmap=style.HEAT, vmin=0, vmax=1, aspect="auto")
    for i, j in np.ndindex(*values.shape):
        x = float(values[i, j])
        if math.isnan(x):
            continue
        faint = small and abs(x) < CLEAR
        axes.text(
            j,
            i,
            numbers.bounded(x, 2, lang),
            ha="center",
            va="center",
            fontsize=style.CELL_SIZE - (0.8 if faint else 0),
            color=style.SOFT if faint else style.ink_on(style.HEAT(min(abs(x), 1.0))),
        )
    style.bare(axes)
    if small:
        axes.xaxis.tick_top()


def _frame(axes: Axes, panel: pd.DataFrame, own: Mapping[str, str]) -> None:
    columns = [str(column) for column in panel.columns]
    for i, item in enumerate(panel.index):
        if own.get(str(item)) in columns:
            j = columns.index(own[str(item)])
            axes.add_patch(Rectangle((j - 0.47, i - 0.45), 0.94, 0.9, fill=False, edgecolor=style.INK, lw=1.1))


def _highest(heading: str, panel: pd.DataFrame, words: Words) -> str:
    """Where each item loads most."""
    sizes = panel.abs()
    parts = [
        f"{item} {sizes.columns[int(row.argmax())]} {numbers.bounded(float(row.max()), 2, words.lang)}"
        for item, row in zip(sizes.index, sizes.to_numpy(float), strict=True)
    ]
    return (f"{heading}: " if heading else "") + ", ".join(parts)


def _pairs(panels: Mapping[str, pd.DataFrame], words: Words) -> list[str]:
    said = []
    for heading, panel in panels.items():
        names: Sequence[str] = [str(c) for c in panel.columns]
        values = panel.to_numpy(float)
        parts = [
            f"{words.short(names[j])}–{words.short(names[i])} {numbers.bounded(float(values[i, j]), 2, words.lang)}"
            for i in range(len(names))
            for j in range(i)
            if not math.isnan(values[i, j])
        ]
        said.append((f"{heading}: " if heading else "") + ", ".join(parts))
    return said
