"""Residual correlations of all variables as a heat map: darker is larger, the sign is written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from mkb21sem.linalg import Array
from mkb21sem.report import numbers
from mkb21sem.report.charts import style
from mkb21sem.report.charts.style import Chart
from mkb21sem.report.words import Words

WRITTEN, DARKEST = 0.05, 0.20
"""Residual correlations from here on are written, and from here on are as dark as it gets."""
NAMED = 5
"""Largest ones that the alternative text names."""
ROW, MOST = 0.235, 40
"""Inches of a row, and variables above which the cells have no numbers."""


def leftover(residuals: pd.DataFrame, variables: Sequence[str], words: Words, synthetic: bool = False) -> Chart:
    """The lower triangle of residual correlations.

    Parameters
    ----------
    residuals
        lhs rhs residual, and more, of pairs of different variables in one group.
    variables
        In the order of print.
    words
        Language and labels.
    synthetic
        Whether the answers were made up.
    """
    names = [name for name in variables if name in {*residuals["lhs"], *residuals["rhs"]}]
    values = _triangle(residuals, names)
    title = words.plain("back.chart.residuals")
    with style.styled():
        figure = style.paper(style.PAGE, min(ROW * len(names) + 1.5, style.TALLEST))
        axes = figure.subplots()
        _cells(axes, values, words.lang, len(names) <= MOST)
        axes.set_xticks(range(len(names) - 1), names[:-1], rotation=90, fontsize=style.CELL_SIZE)
        axes.set_yticks(range(len(names) - 1), names[1:], fontsize=style.CELL_SIZE)
        note = words.plain(
            "back.chart.residuals.note",
            written=numbers.bounded(WRITTEN, 2, words.lang),
            darkest=numbers.bounded(DARKEST, 2, words.lang),
        )
        style.head(figure, title, words, synthetic, note)
    return Chart("residuals", figure, title, words.plain("back.chart.residuals.alt", pairs=_named(residuals, words)))


def _triangle(residuals: pd.DataFrame, names: Sequence[str]) -> Array:
    """Residual correlations (k − 1, k − 1): rows from the second variable on, columns up to the last but one."""
    place = {name: at for at, name in enumerate(names)}
    values = np.full((len(names), len(names)), np.nan)
    for one, other, value in zip(residuals["lhs"], residuals["rhs"], residuals["residual"], strict=True):
        low, high = sorted((place[one], place[other]))
        values[high, low] = value
    return values[1:, :-1]


def _cells(axes: Axes, values: Array, lang: str, written: bool) -> None:
    axes.imshow(np.abs(values), cmap=style.HEAT, vmin=0, vmax=DARKEST, aspect="auto")
    for i, j in zip(*np.nonzero(np.abs(values) >= WRITTEN), strict=True):
        if not written:
            break
        x = float(values[i, j])
        shade = style.HEAT(min(abs(x) / DARKEST, 1.0))
        text = numbers.bounded(x, 2, lang)
        axes.text(j, i, text, ha="center", va="center", fontsize=style.CELL_SIZE - 1.0, color=style.ink_on(shade))
    style.bare(axes)


def _named(residuals: pd.DataFrame, words: Words) -> str:
    order = np.argsort(-residuals["residual"].abs().to_numpy(), kind="stable")[:NAMED]
    return "; ".join(
        f"{row['lhs']} ↔ {row['rhs']} {numbers.bounded(float(row['residual']), 2, words.lang)}"
        for row in residuals.iloc[order].to_dict("records")
    )
